//go:build !amd64 || noasm

package vec

// width is 0: plain Go does all.
var width = 0

// Each function below leaves all numbers to plain Go.

func maxOf(x []float32, l *[lanes]float32) int { return 0 }

func dot(x, y []float32, l *[lanes]float32) int { return 0 }

func scale(x []float32, by float32) int { return 0 }

func exps(dst, x []float32, shift, by float32, l *[lanes]float32) int { return 0 }

func sumExp(x []float32, shift float32, s, m *[lanes]float32) int { return 0 }

func softmaxBack(p, d []float32, lse, scale, mean float32) int { return 0 }

func swiglu(out, gate, up []float32) int { return 0 }

func swigluBack(dgate, dup, dout, gate, up []float32) int { return 0 }

func gelu(out, x []float32) int { return 0 }

func geluBack(dx, dout, x []float32) int { return 0 }

// The functions of tiles are not called: width is 0.

func across(kc int, a *float32, step int, b, c *float32, ldc int, add bool)   {}
func along(kc int, a, b, c *float32, ldc int, add bool)                       {}
func softmaxRows(panels int, s *float32, step int, top, sum, scale *float32)  {}
func softmaxRowsBack(panels int, s, d *float32, step int, lse, mean *float32) {}
func scaleRows(panels int, x *float32, step int, by *float32)                 {}
func packRows(n int, src *float32, ld int, dst *float32, by float32)          {}
func transposeRows(k4 int, src *float32, ld int, dst *float32)                {}
