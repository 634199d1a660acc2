//go:build ignore

package main

// rows prints what norms, optimizers, residuals and rotary positions do to rows of numbers: all of it waits for memory.
func rows() {
	kernel("add", "out = x + y.", "out x y", "", "", func(load loads, store stores, lane laneOf) {
		load(0, 1)
		load(1, 2)
		op("VADDPS", 0, 0, 1)
		store(0, 0)
	})
	kernel("blend", "out = a·x + b·y.", "out x y", "a b", "", func(load loads, store stores, lane laneOf) {
		load(0, 1)
		load(1, 2)
		op("VMULPS", 0, 0, 10)
		op("VMULPS", 1, 1, 11)
		op("VADDPS", 0, 0, 1)
		store(0, 0)
	})
	kernel("sum", "lanes += x.", "x", "", "l", func(load loads, store stores, lane laneOf) {
		load(0, 0)
		op("VADDPS", lane(0), lane(0), 0)
	})
	kernel("spread", "lanes += (x-mean)².", "x", "mean", "l", func(load loads, store stores, lane laneOf) {
		load(0, 0)
		op("VSUBPS", 0, 0, 10)
		op("VMULPS", 0, 0, 0)
		op("VADDPS", lane(0), lane(0), 0)
	})
	kernel("sumExps", "lanes += e^(x-shift).", "x", "shift", "l", func(load loads, store stores, lane laneOf) {
		load(0, 0)
		op("VSUBPS", 0, 0, 10)
		exp(1, 0, 2, 3)
		op("VADDPS", lane(0), lane(0), 1)
	})
	kernel("entropyBack", "e = x-lse; x = -e^e·(dlogp + dentropy·(e+entropy)).", "x", "lse entropy dlogp dentropy", "", func(load loads, store stores, lane laneOf) {
		load(0, 0)
		op("VSUBPS", 0, 0, 10)
		exp(1, 0, 2, 3)
		op("VADDPS", 0, 0, 11)
		op("VMULPS", 0, 0, 13)
		op("VADDPS", 0, 0, 12)
		op("VMULPS", 0, 1, 0)
		minus(0, 0)
		store(0, 0)
	})
	norms()
	rotary("rotate", "x, y = x·cos - y·sin, y·cos + x·sin.", "VSUBPS", "VADDPS")
	rotary("rotateBack", "x, y = x·cos + y·sin, y·cos - x·sin.", "VADDPS", "VSUBPS")
	kernel("adamW", "g = dw·scale; m = b1·m + c1·g; v = b2·v + c2·g²; w = keep·w - rate·m/(√v+eps).", "w dw m v", "scale b1 c1 b2 c2 keep rate eps", "", func(load loads, store stores, lane laneOf) {
		scale, b1, c1, b2, c2, keep, rate, eps := number(0), number(1), number(2), number(3), number(4), number(5), number(6), number(7)
		load(0, 1)
		op("VMULPS", 0, 0, scale)
		load(1, 2)
		op("VMULPS", 1, 1, b1)
		op("VMULPS", 2, 0, c1)
		op("VADDPS", 1, 1, 2)
		store(1, 2)
		load(2, 3)
		op("VMULPS", 2, 2, b2)
		op("VMULPS", 3, 0, c2)
		op("VMULPS", 3, 3, 0)
		op("VADDPS", 2, 2, 3)
		store(2, 3)
		p("VSQRTPS %s, %s", r(2), r(2))
		op("VADDPS", 2, 2, eps)
		op("VMULPS", 1, 1, rate)
		op("VDIVPS", 1, 1, 2)
		load(0, 0)
		op("VMULPS", 0, 0, keep)
		op("VSUBPS", 0, 0, 1)
		store(0, 0)
	})
	sumSquares()
}

func norms() {
	kernel("rms", "out = x·inv·gain.", "out x gain", "inv", "", func(load loads, store stores, lane laneOf) {
		load(0, 1)
		load(1, 2)
		op("VMULPS", 0, 0, 10)
		op("VMULPS", 0, 0, 1)
		store(0, 0)
	})
	kernel("rmsMean", "lanes += dout·gain·x.", "dout gain x", "", "l", func(load loads, store stores, lane laneOf) {
		load(0, 0)
		load(1, 1)
		op("VMULPS", 0, 0, 1)
		load(1, 2)
		op("VMULPS", 0, 0, 1)
		op("VADDPS", lane(0), lane(0), 0)
	})
	// 0 is dout, 1 x; 1 becomes y and 0 becomes inv·(dout·gain - y·mean), while dgain takes its part.
	back := func(load loads, store stores, dgain, gain int) {
		op("VMULPS", 1, 1, 10)
		op("VMULPS", 2, 0, 1)
		load(3, dgain)
		op("VADDPS", 3, 3, 2)
		store(3, dgain)
		load(2, gain)
		op("VMULPS", 0, 0, 2)
		op("VMULPS", 1, 1, 11)
		op("VSUBPS", 0, 0, 1)
		op("VMULPS", 0, 0, 10)
	}
	kernel("rmsBack", "y = x·inv; dgain += dout·y; dx += inv·(dout·gain - y·mean).", "dx dgain dout x gain", "inv mean", "", func(load loads, store stores, lane laneOf) {
		load(0, 2)
		load(1, 3)
		back(load, store, 1, 4)
		load(1, 0)
		op("VADDPS", 0, 1, 0)
		store(0, 0)
	})
	kernel("rmsTurn", "y = x·inv; dgain += dx·y; dx = inv·(dx·gain - y·mean).", "dx dgain x gain", "inv mean", "", func(load loads, store stores, lane laneOf) {
		load(0, 0)
		load(1, 2)
		back(load, store, 1, 3)
		store(0, 0)
	})
	kernel("layer", "out = (x-mean)·inv·gain + bias.", "out x gain bias", "mean inv", "", func(load loads, store stores, lane laneOf) {
		load(0, 1)
		op("VSUBPS", 0, 0, 10)
		op("VMULPS", 0, 0, 11)
		load(1, 2)
		op("VMULPS", 0, 0, 1)
		load(1, 3)
		op("VADDPS", 0, 0, 1)
		store(0, 0)
	})
	kernel("layerMeans", "h = dout·gain; first += h; second += h·(x-mean)·inv.", "dout gain x", "mean inv", "first second", func(load loads, store stores, lane laneOf) {
		load(0, 0)
		load(1, 1)
		op("VMULPS", 0, 0, 1)
		op("VADDPS", lane(0), lane(0), 0)
		load(1, 2)
		op("VSUBPS", 1, 1, 10)
		op("VMULPS", 0, 0, 1)
		op("VMULPS", 0, 0, 11)
		op("VADDPS", lane(1), lane(1), 0)
	})
	kernel("layerBack", "y = (x-mean)·inv; dgain += dout·y; dbias += dout; dx += inv·(dout·gain - first - y·second).", "dx dgain dbias dout x gain", "mean inv first second", "", func(load loads, store stores, lane laneOf) {
		load(0, 3)
		load(1, 4)
		op("VSUBPS", 1, 1, 10)
		op("VMULPS", 1, 1, 11)
		op("VMULPS", 2, 0, 1)
		load(3, 1)
		op("VADDPS", 3, 3, 2)
		store(3, 1)
		load(3, 2)
		op("VADDPS", 3, 3, 0)
		store(3, 2)
		load(2, 5)
		op("VMULPS", 0, 0, 2)
		op("VSUBPS", 0, 0, 12)
		op("VMULPS", 1, 1, 13)
		op("VSUBPS", 0, 0, 1)
		op("VMULPS", 0, 0, 11)
		load(1, 0)
		op("VADDPS", 0, 1, 0)
		store(0, 0)
	})
}

func rotary(name, doc, first, second string) {
	kernel(name, doc, "x y cos sin", "", "", func(load loads, store stores, lane laneOf) {
		load(0, 0)
		load(1, 1)
		load(2, 2)
		load(3, 3)
		op("VMULPS", 4, 0, 2)
		op("VMULPS", 5, 1, 3)
		op(first, 4, 4, 5)
		store(4, 0)
		op("VMULPS", 1, 1, 2)
		op("VMULPS", 0, 0, 3)
		op(second, 1, 1, 0)
		store(1, 1)
	})
}

// sumSquares has lanes of float64, where no square of a float32 overflows.
func sumSquares() {
	begin("sumSquares", "is, for n numbers, a multiple of 16, lanes += x².", "n int, x *float32, lanes *[16]float64")
	p("MOVQ n+0(FP), CX")
	p("MOVQ x+8(FP), SI")
	p("MOVQ lanes+16(FP), DI")
	parts := 128 / wide
	for i := range parts {
		p("VMOVUPS %d(DI), %s", i*wide, r(i))
	}
	label("loop")
	for i := range parts {
		p("VCVTPS2PD %d(SI), %s", i*wide/2, r(4+i))
	}
	for i := range parts {
		op("VMULPD", 4+i, 4+i, 4+i)
		op("VADDPD", i, i, 4+i)
	}
	p("ADDQ $64, SI")
	p("SUBQ $16, CX")
	p("JNZ loop")
	for i := range parts {
		p("VMOVUPS %s, %d(DI)", r(i), i*wide)
	}
	end()
}

// number is the register of a kernel's i-th number.
func number(i int) int {
	if i < 6 {
		return 10 + i
	}
	return 15 - i // 9, 8: free where there are no lanes
}
