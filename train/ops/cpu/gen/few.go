package main

import "fmt"

// few is a kernel for few rows of a, whose time is that of reading b once: b is not packed but turned in registers. Sums run in the
// same order as in mul, so that a row has the same bits alone and among others.
type few struct{ bytes, rows int }

// across takes one vector of columns of b that run along k, ldb bytes apart; kc is a multiple of 4.
func (f few) across() {
	begin(fmt.Sprintf("few%dx%d", f.rows, f.bytes/4), fmt.Sprintf("is %d×%d of c from a of kc×%d and columns of b that run along k, ldb bytes apart; kc is a multiple of 4. See write for mode.", f.rows, f.bytes/4, f.rows),
		"kc int, a, b *float32, ldb int, c *float32, ldc int, bias *float32, alpha float32, mode int", 72)
	p("MOVQ kc+0(FP), CX")
	p("MOVQ a+8(FP), SI")
	p("MOVQ c+32(FP), DX")
	for i := range f.rows {
		zero(f.bytes, i)
	}
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
	p("MOVQ CX, BX")
	p("SHRQ $4, BX")
	p("JZ rest")
	label("loop") // one cache line of each column
	for u := range 4 {
		f.four(u)
	}
	f.advance(lanes, 64)
	p("DECQ BX")
	p("JNZ loop")
	label("rest")
	p("ANDQ $15, CX")
	p("JZ write")
	label("four")
	f.four(0)
	f.advance(lanes, 16)
	p("SUBQ $4, CX")
	p("JNZ four")
	label("write")
	alpha := f.bytes/2 - 1
	p("MOVQ ldc+40(FP), R8")
	p("SHLQ $2, R8")
	p("MOVQ bias+48(FP), R10")
	p("VBROADCASTSS alpha+56(FP), %s", vector(f.bytes, alpha))
	p("MOVQ mode+64(FP), AX")
	write(f.bytes, "PS", f.rows, 1, alpha, alpha-1)
}

func (f few) advance(lanes, bytes int) {
	for l := range lanes {
		p("ADDQ $%d, R%d", bytes, 9+l)
	}
	p("ADDQ $%d, SI", bytes*f.rows)
}

// four takes four steps of k, u times four beyond where the registers point, and fetches ahead a quarter of the columns.
func (f few) four(u int) {
	base := f.bytes/2 - 12 // sums lie below
	r := func(i int) string { return vector(f.bytes, base+i) }
	lanes := f.bytes / 16
	for i, idx := range []string{"", "(R8*1)", "(R8*2)", "(R13*1)"} {
		p("VMOVUPS %d(R9)%s, X%d", u*16, idx, base+i)
		for l := 1; l < lanes; l++ {
			if f.bytes == 64 {
				p("VBROADCASTF32X4 %d(R%d)%s, K%d, Z%d", u*16, 9+l, idx, l, base+i)
			} else {
				p("VINSERTF128 $1, %d(R%d)%s, Y%d, Y%d", u*16, 9+l, idx, base+i, base+i)
			}
		}
		if u < lanes {
			p("PREFETCHT0 512(R%d)%s", 9+u, idx)
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
	for k := range 4 {
		for i := range f.rows {
			off := ((4*u+k)*f.rows + i) * 4
			if f.bytes == 64 {
				p("VFMADD231PS.BCST %d(SI), %s, Z%d", off, r(8+k), i)
				continue
			}
			p("VBROADCASTSS %d(SI), %s", off, r(i%4))
			p("VFMADD231PS %s, %s, Y%d", r(8+k), r(i%4), i)
		}
	}
}

// along adds rows of b, which run along the columns, to sums that stand in memory: four at a time, so that a sum is read and written
// once for four steps of k.
func along(bytes int) {
	begin(fmt.Sprintf("along%d", bytes/4), fmt.Sprintf("is sum[j] = fma(a[l], b[l,j], sum[j]) for l from 0 to 3 and j below n, a multiple of %d, rows of b ldb bytes apart.", bytes/4), "n int, a, b *float32, ldb int, sum *float32", 40)
	p("MOVQ n+0(FP), CX")
	p("MOVQ a+8(FP), SI")
	p("MOVQ b+16(FP), DI")
	p("MOVQ ldb+24(FP), R8")
	p("MOVQ sum+32(FP), DX")
	p("LEAQ (R8)(R8*2), R13")
	p("LEAQ (DI)(R8*4), R9")
	for l := range 4 {
		p("VBROADCASTSS %d(SI), %s", l*4, vector(bytes, l))
	}
	label("loop")
	p("VMOVUPS (DX), %s", vector(bytes, 4))
	for l, idx := range []string{"", "(R8*1)", "(R8*2)", "(R13*1)"} {
		p("PREFETCHT0 (R9)%s", idx) // the next four rows
		p("VFMADD231PS (DI)%s, %s, %s", idx, vector(bytes, l), vector(bytes, 4))
	}
	p("VMOVUPS %s, (DX)", vector(bytes, 4))
	for _, r := range []string{"DX", "DI", "R9"} {
		p("ADDQ $%d, %s", bytes, r)
	}
	p("SUBQ $%d, CX", bytes/4)
	p("JG loop")
	end()
}
