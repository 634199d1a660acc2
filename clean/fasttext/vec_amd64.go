//go:build !noasm

package fasttext

import "golang.org/x/sys/cpu"

// width is how many bits the vectors of this processor have that are used: 512, 256, or 0 for plain Go.
var width = widest()

func widest() int {
	switch {
	case cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL && cpu.X86.HasBMI2:
		return 512
	case cpu.X86.HasAVX2:
		return 256
	}
	return 0
}

const most = 8 // vectors of sums in registers

func sumRowsWide(sums, data []float32, rows []int32, dim int) {
	n := width / 32
	for c := 0; c < dim; c += most * n {
		vecs, last := cover(min(dim-c, most*n), n)
		if width == 512 {
			sumRows512(&sums[c], &data[c], &rows[0], len(rows), dim*4, vecs, last)
		} else {
			sumRows256(&sums[c], &data[c], &rows[0], len(rows), dim*4, vecs, last)
		}
	}
}

func addToRowsWide(data []float32, rows []int32, x []float32, dim int) {
	n := width / 32
	for c := 0; c < dim; c += most * n {
		vecs, last := cover(min(dim-c, most*n), n)
		if width == 512 {
			addToRows512(&x[c], &data[c], &rows[0], len(rows), dim*4, vecs, last)
		} else {
			addToRows256(&x[c], &data[c], &rows[0], len(rows), dim*4, vecs, last)
		}
	}
}

// cover tells how many vectors of n numbers hold so many columns, and how many are in the last.
func cover(cols, n int) (vecs, last int) {
	vecs = (cols + n - 1) / n
	return vecs, cols - (vecs-1)*n
}

func mulRowsWide(out, x, data []float32) {
	n := width / 32
	for c := 0; c < len(out); c += most * n {
		vecs := min(len(out)-c, most*n) / n
		if width == 512 {
			mulRows512(&out[c], &x[0], &data[c], len(x), len(out)*4, vecs)
		} else {
			mulRows256(&out[c], &x[0], &data[c], len(x), len(out)*4, vecs)
		}
	}
}

// dotWide and addScaledWide do as many numbers as fill vectors and return how many these are.

func dotWide(x, y []float32, sums *[lanes]float32) int {
	n := len(x) &^ (lanes - 1)
	switch {
	case n == 0 || width == 0:
		return 0
	case width == 512:
		dot512(n, &x[0], &y[0], sums)
	default:
		dot256(n, &x[0], &y[0], sums)
	}
	return n
}

func addScaledWide(y []float32, a float32, x []float32) int {
	n := len(x) &^ (lanes - 1)
	switch {
	case n == 0 || width == 0:
		return 0
	case width == 512:
		addScaled512(n, &y[0], &x[0], a)
	default:
		addScaled256(n, &y[0], &x[0], a)
	}
	return n
}
