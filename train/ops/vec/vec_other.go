//go:build !amd64 || noasm

package vec

// width is 0: plain Go does all.
var width = 0

// The functions of tiles are not called: width is 0.

func across(kc int, a *float32, step int, b, c *float32, ldc int, add bool)   {}
func along(kc int, a, b, c *float32, ldc int, add bool)                       {}
func softmaxRows(panels int, s *float32, step int, top, sum, scale *float32)  {}
func softmaxRowsBack(panels int, s, d *float32, step int, lse, mean *float32) {}
func scaleRows(panels int, x *float32, step int, by *float32)                 {}
func packRows(n int, src *float32, ld int, dst *float32, by float32)          {}
func transposeRows(k4 int, src *float32, ld int, dst *float32)                {}

func sumSquares512(n int, x *float32, lanes *[16]float64) {}
func sumSquares256(n int, x *float32, lanes *[16]float64) {}

// whole is how many of n numbers go to assembly.
func whole(n int) int { return 0 }
