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
