package main

import "fmt"

// few is a kernel for few rows of a, whose time is that of reading b once: b is not packed but turned in registers. Sums run in the
// same order as in mul, so that a row has the same bits alone and among others.
type few struct{ bytes, rows int }

const fewArgs = "kc int, a, b *float32, ldb int, c *float32, ldc int, bias *float32, alpha float32, mode int"

func (f few) start() {
	p("MOVQ kc+0(FP), CX")
	p("MOVQ a+8(FP), SI")
	p("MOVQ c+32(FP), DX")
	for i := range f.rows * f.vectors() {
		zero(f.bytes, i)
	}
}

func (f few) finish(vectors int) {
	alpha := f.bytes/2 - 1
	p("MOVQ ldc+40(FP), R8")
	p("SHLQ $2, R8")
	p("MOVQ bias+48(FP), R10")
	p("VBROADCASTSS alpha+56(FP), %s", vector(f.bytes, alpha))
	p("MOVQ mode+64(FP), AX")
	write(f.bytes, "PS", f.rows, vectors, alpha, alpha-1)
}

// vectors are as many as leave room for the sums of all rows.
func (f few) vectors() int { return f.bytes / 16 }

// across takes b whose columns run along k, ldb bytes apart, one vector of columns at a time; kc is a multiple of 4.
func (f few) across() {
	begin(fmt.Sprintf("few%dT%d", f.rows, f.bytes/4), fmt.Sprintf("is %d×%d of c from a of kc×%d and columns of b that run along k, ldb bytes apart; kc is a multiple of 4. See write for mode.", f.rows, f.bytes/4, f.rows), fewArgs, 72)
	f.start()
	p("MOVQ b+16(FP), R9")
	p("MOVQ ldb+24(FP), R8")
	p("LEAQ (R8)(R8*2), R13")
	lanes := f.bytes / 16
	for l := 1; l < lanes; l++ {
		p("LEAQ (R%d)(R8*4), R%d", 8+l, 9+l)
		if f.bytes == 64 {
			maskTo(0xf<<(4*l), fmt.Sprintf("K%d", l))
		}
	}
	base := f.bytes/2 - 12 // sums lie below
	r := func(i int) string { return vector(f.bytes, base+i) }
	p("SHRQ $2, CX")
	label("loop")
	for i, idx := range []string{"", "(R8*1)", "(R8*2)", "(R13*1)"} {
		p("VMOVUPS (R9)%s, X%d", idx, base+i)
		for l := 1; l < lanes; l++ {
			if f.bytes == 64 {
				p("VBROADCASTF32X4 (R%d)%s, K%d, Z%d", 9+l, idx, l, base+i)
			} else {
				p("VINSERTF128 $1, (R%d)%s, Y%d, Y%d", 9+l, idx, base+i, base+i)
			}
		}
	}
	p("VUNPCKLPS %s, %s, %s", r(1), r(0), r(4))
	p("VUNPCKHPS %s, %s, %s", r(1), r(0), r(5))
	p("VUNPCKLPS %s, %s, %s", r(3), r(2), r(6))
	p("VUNPCKHPS %s, %s, %s", r(3), r(2), r(7))
	p("VUNPCKLPD %s, %s, %s", r(6), r(4), r(8))
	p("VUNPCKHPD %s, %s, %s", r(6), r(4), r(9))
	p("VUNPCKLPD %s, %s, %s", r(7), r(5), r(10))
	p("VUNPCKHPD %s, %s, %s", r(7), r(5), r(11))
	for u := range 4 {
		for i := range f.rows {
			f.fma((u*f.rows+i)*4, r(8+u), i, r(i))
		}
	}
	for l := range lanes {
		p("ADDQ $16, R%d", 9+l)
	}
	p("ADDQ $%d, SI", 16*f.rows)
	p("DECQ CX")
	p("JNZ loop")
	f.finish(1)
}

// fma adds a number of a, at an offset from SI, times a vector to sum i.
func (f few) fma(off int, b string, i int, free string) {
	if f.bytes == 64 {
		p("VFMADD231PS.BCST %d(SI), %s, Z%d", off, b, i)
		return
	}
	p("VBROADCASTSS %d(SI), %s", off, free)
	p("VFMADD231PS %s, %s, Y%d", b, free, i)
}

// along takes b whose rows run along the columns, ldb bytes apart, some vectors at a time.
func (f few) along() {
	n := f.vectors()
	begin(fmt.Sprintf("few%dN%d", f.rows, n*f.bytes/4), fmt.Sprintf("is %d×%d of c from a of kc×%d and rows of b ldb bytes apart. See write for mode.", f.rows, n*f.bytes/4, f.rows), fewArgs, 72)
	f.start()
	p("MOVQ b+16(FP), DI")
	p("MOVQ ldb+24(FP), R8")
	base := f.bytes/2 - 6
	label("loop")
	for v := range n {
		p("VMOVUPS %d(DI), %s", v*f.bytes, vector(f.bytes, base+v))
		if v*f.bytes%64 == 0 {
			p("PREFETCHT0 %d(DI)(R8*8)", v*f.bytes)
		}
	}
	for i := range f.rows {
		for v := range n {
			f.fma(i*4, vector(f.bytes, base+v), i*n+v, vector(f.bytes, base+n))
		}
	}
	p("ADDQ R8, DI")
	p("ADDQ $%d, SI", 4*f.rows)
	p("DECQ CX")
	p("JNZ loop")
	f.finish(n)
}
