//go:build !amd64 || noasm

package fasttext

// width is 0: plain Go does all.
var width = 0

func sumRowsWide(sums, data []float32, rows []int32, dim int) {}

func addToRowsWide(data []float32, rows []int32, x []float32, dim int) {}

func mulRowsWide(out, x, data []float32) {}

func dotWide(x, y []float32, sums *[lanes]float32) int { return 0 }

func addScaledWide(y []float32, a float32, x []float32) int { return 0 }
