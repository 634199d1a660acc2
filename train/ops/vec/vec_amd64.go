//go:build !noasm

package vec

import "golang.org/x/sys/cpu"

// width is how many bits the vectors of this processor have that are used: 512, 256, or 0 for plain Go.
var width = widest()

func widest() int {
	switch {
	case cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL:
		return 512
	case cpu.X86.HasAVX2 && cpu.X86.HasFMA:
		return 256
	}
	return 0
}

// whole is how many of n numbers go to assembly.
func whole(n int) int {
	if width == 0 {
		return 0
	}
	return n &^ (lanes - 1)
}

// Each function below does as many numbers as fill vectors and returns how many these are.

func maxOf(x []float32, l *[lanes]float32) int {
	n := whole(len(x))
	switch {
	case n == 0:
	case width == 512:
		max512(n, &x[0], l)
	default:
		max256(n, &x[0], l)
	}
	return n
}

func dot(x, y []float32, l *[lanes]float32) int {
	n := whole(len(x))
	switch {
	case n == 0:
	case width == 512:
		dot512(n, &x[0], &y[0], l)
	default:
		dot256(n, &x[0], &y[0], l)
	}
	return n
}

func scale(x []float32, by float32) int {
	n := whole(len(x))
	switch {
	case n == 0:
	case width == 512:
		scale512(n, &x[0], by)
	default:
		scale256(n, &x[0], by)
	}
	return n
}

func exps(dst, x []float32, shift, by float32, l *[lanes]float32) int {
	n := whole(len(dst))
	switch {
	case n == 0:
	case width == 512:
		exps512(n, &dst[0], &x[0], l, shift, by)
	default:
		exps256(n, &dst[0], &x[0], l, shift, by)
	}
	return n
}

func sumExp(x []float32, shift float32, s, m *[lanes]float32) int {
	n := whole(len(x))
	switch {
	case n == 0:
	case width == 512:
		sumExp512(n, &x[0], s, m, shift)
	default:
		sumExp256(n, &x[0], s, m, shift)
	}
	return n
}

func softmaxBack(p, d []float32, lse, scale, mean float32) int {
	n := whole(len(p))
	switch {
	case n == 0:
	case width == 512:
		softmaxBack512(n, &p[0], &d[0], lse, scale, mean)
	default:
		softmaxBack256(n, &p[0], &d[0], lse, scale, mean)
	}
	return n
}

func swiglu(out, gate, up []float32) int {
	n := whole(len(out))
	switch {
	case n == 0:
	case width == 512:
		swiglu512(n, &out[0], &gate[0], &up[0])
	default:
		swiglu256(n, &out[0], &gate[0], &up[0])
	}
	return n
}

func swigluBack(dgate, dup, dout, gate, up []float32) int {
	n := whole(len(dgate))
	switch {
	case n == 0:
	case width == 512:
		swigluBack512(n, &dgate[0], &dup[0], &dout[0], &gate[0], &up[0])
	default:
		swigluBack256(n, &dgate[0], &dup[0], &dout[0], &gate[0], &up[0])
	}
	return n
}

func gelu(out, x []float32) int {
	n := whole(len(out))
	switch {
	case n == 0:
	case width == 512:
		gelu512(n, &out[0], &x[0])
	default:
		gelu256(n, &out[0], &x[0])
	}
	return n
}

func geluBack(dx, dout, x []float32) int {
	n := whole(len(dx))
	switch {
	case n == 0:
	case width == 512:
		geluBack512(n, &dx[0], &dout[0], &x[0])
	default:
		geluBack256(n, &dx[0], &dout[0], &x[0])
	}
	return n
}

// The functions of tiles are called with width > 0 only.

func toInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func across(kc int, a *float32, step int, b, c *float32, ldc int, add bool) {
	if width == 512 {
		across512(kc, a, step*4, b, c, ldc*4, toInt(add))
	} else {
		across256(kc, a, step*4, b, c, ldc*4, toInt(add))
	}
}

func along(kc int, a, b, c *float32, ldc int, add bool) {
	if width == 512 {
		along512(kc, a, b, c, ldc*4, toInt(add))
	} else {
		along256(kc, a, b, c, ldc*4, toInt(add))
	}
}

func softmaxRows(panels int, s *float32, step int, top, sum, scale *float32) {
	if width == 512 {
		softmaxRows512(Rows, panels, s, step*4, top, sum, scale)
	} else {
		softmaxRows256(Rows, panels, s, step*4, top, sum, scale)
	}
}

func softmaxRowsBack(panels int, s, d *float32, step int, lse, mean *float32) {
	if width == 512 {
		softmaxRowsBack512(Rows, panels, s, d, step*4, lse, mean)
	} else {
		softmaxRowsBack256(Rows, panels, s, d, step*4, lse, mean)
	}
}

func scaleRows(panels int, x *float32, step int, by *float32) {
	if width == 512 {
		scaleRows512(Rows, panels, x, step*4, by)
	} else {
		scaleRows256(Rows, panels, x, step*4, by)
	}
}

func packRows(n int, src *float32, ld int, dst *float32, by float32) {
	if width == 512 {
		packRows512(n, src, ld*4, dst, &by)
	} else {
		packRows256(n, src, ld*4, dst, &by)
	}
}

func transposeRows(k4 int, src *float32, ld int, dst *float32) {
	if width == 512 {
		transposeRows512(k4, src, ld*4, dst)
	} else {
		transposeRows256(k4, src, ld*4, dst)
	}
}
