//go:build ignore

package main

// variants prints a kernel for each number of vectors that stay in registers, most first; R10 holds the number.
func variants(most int, body func(v int)) {
	for v := 1; v < most; v++ {
		p("CMPQ R10, $%d", v)
		p("JEQ vecs%d", v)
	}
	for v := most; v > 0; v-- {
		if v < most {
			label("vecs%d", v)
		}
		body(v)
	}
}

// nextShingle ends a loop.
func nextShingle(v int) {
	p("ADDQ $8, SI")
	p("DECQ CX")
	p("JNZ loop%d", v)
}

const doc32 = "sets min[i] to the least (x ^ xor[i])·mul[i] over the lower halves x of n shingles, for vecs (1 to 8) vectors of functions i."

// xorMul keeps the least values of up to 8 vectors of functions in registers, and at 512 bits their parameters too.
func xorMul(wide int) {
	begin(sized("xorMul", wide), doc32, "(min *uint32, x *uint64, n int, xor, mul *uint32, vecs int)", 0, 48)
	args("min", "DI", "x", "SI", "n", "CX", "xor", "R8", "mul", "R9", "vecs", "R10")
	size := wide / 8
	variants(8, func(v int) {
		for g := range v {
			ones(wide, g)
			if wide == 512 {
				p("VMOVDQU64 %d(R8), Z%d", g*size, 8+g)
				p("VMOVDQU64 %d(R9), Z%d", g*size, 16+g)
			}
		}
		label("loop%d", v)
		if wide == 512 {
			p("VPBROADCASTD (SI), Z24")
			for g := range v {
				t := 25 + g%7
				p("VPXORD Z%d, Z24, Z%d", 8+g, t)
				p("VPMULLD Z%d, Z%d, Z%d", 16+g, t, t)
				p("VPMINUD Z%d, Z%d, Z%d", t, g, g)
			}
		} else {
			p("VPBROADCASTD (SI), Y8")
			for g := range v {
				t := 9 + g%7
				p("VPXOR %d(R8), Y8, Y%d", g*size, t)
				p("VPMULLD %d(R9), Y%d, Y%d", g*size, t, t)
				p("VPMINUD Y%d, Y%d, Y%d", t, g, g)
			}
		}
		nextShingle(v)
		for g := range v {
			store(wide, g, g*size)
		}
		end()
	})
}

func sized(name string, wide int) string {
	if wide == 512 {
		return name + "512"
	}
	return name + "256"
}

func store(wide, r, off int) {
	if wide == 512 {
		p("VMOVDQU64 Z%d, %d(DI)", r, off)
	} else {
		p("VMOVDQU Y%d, %d(DI)", r, off)
	}
}

const doc64 = "sets min[i] to the least s-prime, s being t mod 2^61 + t/2^61 and t = a[i]·x+b[i], over n shingles x, "

func affine(wide int) {
	if wide == 512 {
		affine512()
	} else {
		affine256()
	}
}

func affine512() {
	const most = 14
	begin("affine512", doc64+"for vecs (1 to 14) times 8 functions i.", "(min, x *uint64, n int, a, b *uint64, vecs int)", 0, 48)
	args("min", "DI", "x", "SI", "n", "CX", "a", "R8", "b", "R9", "vecs", "R10")
	fill(512, 30, 8, 1<<61-1)
	variants(most, func(v int) {
		for g := range v {
			ones(512, g)
		}
		label("loop%d", v)
		p("VPBROADCASTQ (SI), Z14")
		for g := range v {
			t := 16 + g%7*2
			s := t + 1
			p("VPMULLQ %d(R8), Z14, Z%d", g*64, t)
			p("VPADDQ %d(R9), Z%d, Z%d", g*64, t, t)
			p("VPSRLQ $61, Z%d, Z%d", t, s)
			p("VPANDQ Z30, Z%d, Z%d", t, t)
			p("VPSUBQ Z30, Z%d, Z%d", s, s)
			p("VPADDQ Z%d, Z%d, Z%d", s, t, t)
			p("VPMINUQ Z%d, Z%d, Z%d", t, g, g)
		}
		nextShingle(v)
		for g := range v {
			store(512, g, g*64)
		}
		end()
	})
}

// affine256 multiplies by halves, and compares as signed numbers from which 2^63 is taken.
func affine256() {
	begin("affine256", doc64+"for 8 functions i.", "(min, x *uint64, n int, a, b *uint64)", 0, 40)
	args("min", "DI", "x", "SI", "n", "CX", "a", "R8", "b", "R9")
	fill(256, 15, 8, 1<<61-1)
	fill(256, 14, 8, 1<<63-(1<<61-1))
	for k := range 2 {
		p("VMOVDQU %d(R8), Y%d", k*32, k)
		p("VPSRLQ $32, Y%d, Y%d", k, 2+k)
		p("VMOVDQU %d(R9), Y%d", k*32, 4+k)
		ones(256, 6+k)
		p("VPSRLQ $1, Y%d, Y%d", 6+k, 6+k)
	}
	label("loop")
	p("VPBROADCASTQ (SI), Y8")
	p("VPSRLQ $32, Y8, Y9")
	for k := range 2 {
		t, s := 10+2*k, 11+2*k
		p("VPMULUDQ Y%d, Y8, Y%d", 2+k, t)
		p("VPMULUDQ Y%d, Y9, Y%d", k, s)
		p("VPADDQ Y%d, Y%d, Y%d", s, t, t)
		p("VPMULUDQ Y%d, Y8, Y%d", k, s)
		p("VPSLLQ $32, Y%d, Y%d", t, t)
		p("VPADDQ Y%d, Y%d, Y%d", 4+k, s, s)
		p("VPADDQ Y%d, Y%d, Y%d", s, t, t)
		p("VPSRLQ $61, Y%d, Y%d", t, s)
		p("VPAND Y15, Y%d, Y%d", t, t)
		p("VPADDQ Y14, Y%d, Y%d", s, s)
		p("VPADDQ Y%d, Y%d, Y%d", s, t, t)
		p("VPCMPGTQ Y%d, Y%d, Y%d", t, 6+k, s)
		p("VBLENDVPD Y%d, Y%d, Y%d, Y%d", s, t, 6+k, 6+k)
	}
	p("ADDQ $8, SI")
	p("DECQ CX")
	p("JNZ loop")
	ones(256, 0)
	p("VPSLLQ $63, Y0, Y0")
	for k := range 2 {
		p("VPXOR Y0, Y%d, Y%d", 6+k, 6+k)
		store(256, 6+k, k*32)
	}
	end()
}
