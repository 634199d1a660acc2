//go:build ignore

// This program prints the assembly of the matrix kernels and its Go declarations: one description of each kernel, two outputs, both
// pure functions of this file.
//
//	go run gen.go asm   > kernels_amd64.s
//	go run gen.go stubs > stubs_amd64.go
package main

import (
	"bytes"
	"fmt"
	"os"
)

var (
	out   bytes.Buffer // assembly
	stubs bytes.Buffer // Go declarations
)

func p(format string, a ...any) { fmt.Fprintf(&out, "\t"+format+"\n", a...) }
func label(s string)            { fmt.Fprintf(&out, "%s:\n", s) }

func begin(name, what, args string, size int) {
	fmt.Fprintf(&out, "\n// func %s(%s)\nTEXT ·%s(SB), NOSPLIT, $0-%d\n", name, args, name, size)
	fmt.Fprintf(&stubs, "\n// %s %s\n//\n//go:noescape\nfunc %s(%s)\n", name, what, name, args)
}

func end() { p("VZEROUPPER"); p("RET") }

// maskTo loads a mask register.
func maskTo(m uint32, k string) { p("MOVL $0x%x, AX", m); p("KMOVW AX, %s", k) }

type kern struct {
	name   string
	mr, nv int // rows of A, vectors of B
	vb     int // bytes of a vector: 64 or 32
}

func (k kern) reg(i int) string {
	if k.vb == 64 {
		return fmt.Sprintf("Z%d", i)
	}
	return fmt.Sprintf("Y%d", i)
}

// gen: mode 0 stores alpha*acc, mode 1 stores fma(alpha, acc, C). Every lane
// sums its k products in order from zero, so tile shape never shows in the bits.
func (k kern) gen() {
	begin(k.name, fmt.Sprintf("is a block of c, %d×%d, from packed panels of kc steps: alpha·a·b in mode 0, c + alpha·a·b in mode 1.", k.mr, k.nv*k.vb/4), "kc int, a, b, c *float32, ldc int, alpha float32, mode int", 56)
	nreg := 32
	if k.vb == 32 {
		nreg = 16
	}
	nacc := k.mr * k.nv
	acc := func(i, v int) string { return k.reg(i*k.nv + v) }
	free := nreg - nacc
	nb := k.nv // B registers, double-buffered when there is room
	if free >= 2*k.nv+2 {
		nb = 2 * k.nv
	}
	nt := free - nb // registers for broadcasts
	nr := k.nv * k.vb

	p("MOVQ kc+0(FP), CX")
	p("MOVQ a+8(FP), SI")
	p("MOVQ b+16(FP), DI")
	p("MOVQ c+24(FP), DX")
	p("MOVQ ldc+32(FP), R8")
	p("SHLQ $2, R8")
	p("MOVQ DX, R9")
	for i := 0; i < k.mr; i++ { // C is used ~kc*mr cycles later
		for off := 0; off < nr; off += 64 {
			p("PREFETCHT0 %d(R9)", off)
		}
		if i < k.mr-1 {
			p("ADDQ R8, R9")
		}
	}
	for i := 0; i < nacc; i++ {
		if k.vb == 64 {
			p("VPXORD Z%d, Z%d, Z%d", i, i, i)
		} else {
			p("VXORPS Y%d, Y%d, Y%d", i, i, i)
		}
	}
	t := 0
	step := func(u int) {
		b0 := nacc
		if nb > k.nv {
			b0 += (u & 1) * k.nv
		}
		for v := 0; v < k.nv; v++ {
			p("VMOVUPS %d(DI), %s", u*nr+v*k.vb, k.reg(b0+v))
		}
		for i := 0; i < k.mr; i++ {
			// A walks its panel from L1/L2, B comes from L2: stay ahead of both.
			if off := 768 + u*64; i == 3 && off < 768+4*k.mr*4 {
				p("PREFETCHT0 %d(SI)", off)
			}
			if v := i - 4; v >= 0 && v < nr/64 {
				p("PREFETCHT0 %d(DI)", 1024+u*nr+v*64)
			}
			r := nacc + nb + t%nt
			t++
			p("VBROADCASTSS %d(SI), %s", (u*k.mr+i)*4, k.reg(r))
			for v := 0; v < k.nv; v++ {
				p("VFMADD231PS %s, %s, %s", k.reg(b0+v), k.reg(r), acc(i, v))
			}
		}
	}
	const unroll = 4
	p("MOVQ CX, BX")
	p("SHRQ $2, BX")
	p("JZ tail")
	p("PCALIGN $64")
	label("loop")
	for u := 0; u < unroll; u++ {
		step(u)
	}
	p("ADDQ $%d, SI", unroll*k.mr*4)
	p("ADDQ $%d, DI", unroll*nr)
	p("DECQ BX")
	p("JNZ loop")
	label("tail")
	p("ANDQ $3, CX")
	p("JZ write")
	label("tail1")
	step(0)
	p("ADDQ $%d, SI", k.mr*4)
	p("ADDQ $%d, DI", nr)
	p("DECQ CX")
	p("JNZ tail1")
	label("write")
	al := k.reg(nreg - 1)
	p("VBROADCASTSS alpha+40(FP), %s", al)
	p("MOVQ mode+48(FP), AX")
	p("TESTQ AX, AX")
	p("JNZ add")
	for i := 0; i < k.mr; i++ {
		for v := 0; v < k.nv; v++ {
			p("VMULPS %s, %s, %s", al, acc(i, v), acc(i, v))
			p("VMOVUPS %s, %d(DX)", acc(i, v), v*k.vb)
		}
		p("ADDQ R8, DX")
	}
	end()
	label("add")
	for i := 0; i < k.mr; i++ {
		for v := 0; v < k.nv; v++ {
			p("VFMADD213PS %d(DX), %s, %s", v*k.vb, al, acc(i, v))
			p("VMOVUPS %s, %d(DX)", acc(i, v), v*k.vb)
		}
		p("ADDQ R8, DX")
	}
	end()
}

// packT512 packs `rows` (<=16) rows that are contiguous along k: it reads 4 k of
// 4*lanes rows, builds one register per row-in-lane with masked broadcasts,
// transposes 4x4 inside each 128-bit lane and stores one vector per k. k4 = number of groups of four k.
func packT512(name string, rows int) {
	begin(name, fmt.Sprintf("packs 4·k4 steps of %d rows that run along k, ld bytes apart, as one vector a step, stride bytes apart.", rows), "k4 int, src *float32, ld int, dst *float32, stride int", 40)
	lanes := (rows + 3) / 4
	p("MOVQ k4+0(FP), CX")
	p("MOVQ src+8(FP), R9")
	p("MOVQ ld+16(FP), R8")
	p("MOVQ dst+24(FP), DI")
	p("MOVQ stride+32(FP), BX")
	p("LEAQ (R8)(R8*2), R13")
	for l := 1; l < lanes; l++ {
		p("LEAQ (R%d)(R8*4), R%d", 8+l, 9+l)
	}
	for l := 1; l < lanes; l++ {
		maskTo(0xf<<(4*l), fmt.Sprintf("K%d", l))
	}
	maskTo(1<<rows-1, "K5")
	label("loop")
	idx := []string{"", "(R8*1)", "(R8*2)", "(R13*1)"}
	for i := 0; i < 4; i++ {
		p("VMOVUPS (R9)%s, X%d", idx[i], i)
		for l := 1; l < lanes; l++ {
			p("VBROADCASTF32X4 (R%d)%s, K%d, Z%d", 9+l, idx[i], l, i)
		}
	}
	p("VUNPCKLPS Z1, Z0, Z4")
	p("VUNPCKHPS Z1, Z0, Z5")
	p("VUNPCKLPS Z3, Z2, Z6")
	p("VUNPCKHPS Z3, Z2, Z7")
	p("VUNPCKLPD Z6, Z4, Z8")
	p("VUNPCKHPD Z6, Z4, Z9")
	p("VUNPCKLPD Z7, Z5, Z10")
	p("VUNPCKHPD Z7, Z5, Z11")
	store := func(r int) {
		if rows == 16 {
			p("VMOVUPS Z%d, (DI)", r)
		} else {
			p("VMOVUPS Z%d, K5, (DI)", r)
		}
		p("ADDQ BX, DI")
	}
	for i := 8; i < 12; i++ {
		store(i)
	}
	for l := 0; l < lanes; l++ {
		p("ADDQ $16, R%d", 9+l)
	}
	p("DECQ CX")
	p("JNZ loop")
	end()
}

// packC512 packs a panel of width columns whose rows are contiguous along the panel.
func packC512(name string, width int) {
	begin(name, fmt.Sprintf("packs k steps, ld bytes apart, of a panel of %d numbers side by side.", width), "k int, src *float32, ld int, dst *float32", 32)
	p("MOVQ k+0(FP), CX")
	p("MOVQ src+8(FP), SI")
	p("MOVQ ld+16(FP), R8")
	p("MOVQ dst+24(FP), DI")
	rem, vectors := width%16, (width+15)/16
	if rem != 0 {
		maskTo(1<<rem-1, "K1")
	}
	move := func(from, to string, v int) {
		if v < vectors-1 || rem == 0 {
			p("VMOVUPS %s, %s", from, to)
		} else {
			p("VMOVUPS %s, K1, %s", from, to) // masked lanes keep old junk, which is never stored
		}
	}
	p("VPXORD Z0, Z0, Z0")
	label("loop")
	for v := range vectors {
		move(fmt.Sprintf("%d(SI)", v*64), fmt.Sprintf("Z%d", v), v)
		move(fmt.Sprintf("Z%d", v), fmt.Sprintf("%d(DI)", v*64), v)
	}
	p("ADDQ R8, SI")
	p("ADDQ $%d, DI", width*4)
	p("DECQ CX")
	p("JNZ loop")
	end()
}

// packT256: as packT512 with 8 rows and AVX only; rows is 8 or 6.
func packT256(name string, rows int) {
	begin(name, fmt.Sprintf("packs 4·k4 steps of %d rows that run along k, ld bytes apart, as one vector a step, stride bytes apart.", rows), "k4 int, src *float32, ld int, dst *float32, stride int", 40)
	p("MOVQ k4+0(FP), CX")
	p("MOVQ src+8(FP), R9")
	p("MOVQ ld+16(FP), R8")
	p("MOVQ dst+24(FP), DI")
	p("MOVQ stride+32(FP), BX")
	p("LEAQ (R8)(R8*2), R13")
	p("LEAQ (R9)(R8*4), R10")
	label("loop")
	idx := []string{"", "(R8*1)", "(R8*2)", "(R13*1)"}
	for i := 0; i < 4; i++ {
		p("VMOVUPS (R9)%s, X%d", idx[i], i)
		p("VINSERTF128 $1, (R10)%s, Y%d, Y%d", idx[i], i, i)
	}
	p("VUNPCKLPS Y1, Y0, Y4")
	p("VUNPCKHPS Y1, Y0, Y5")
	p("VUNPCKLPS Y3, Y2, Y6")
	p("VUNPCKHPS Y3, Y2, Y7")
	p("VUNPCKLPD Y6, Y4, Y8")
	p("VUNPCKHPD Y6, Y4, Y9")
	p("VUNPCKLPD Y7, Y5, Y10")
	p("VUNPCKHPD Y7, Y5, Y11")
	for i := 8; i < 12; i++ {
		if rows == 8 {
			p("VMOVUPS Y%d, (DI)", i)
		} else {
			p("VMOVUPS X%d, (DI)", i)
			p("VEXTRACTF128 $1, Y%d, X0", i)
			p("VMOVQ X0, 16(DI)")
		}
		p("ADDQ BX, DI")
	}
	p("ADDQ $16, R9")
	p("ADDQ $16, R10")
	p("DECQ CX")
	p("JNZ loop")
	end()
}

func packC256(name string, width int) {
	begin(name, fmt.Sprintf("packs k steps, ld bytes apart, of a panel of %d numbers side by side.", width), "k int, src *float32, ld int, dst *float32", 32)
	p("MOVQ k+0(FP), CX")
	p("MOVQ src+8(FP), SI")
	p("MOVQ ld+16(FP), R8")
	p("MOVQ dst+24(FP), DI")
	label("loop")
	if width == 16 {
		p("VMOVUPS (SI), Y0")
		p("VMOVUPS 32(SI), Y1")
		p("VMOVUPS Y0, (DI)")
		p("VMOVUPS Y1, 32(DI)")
	} else {
		p("VMOVUPS (SI), X0")
		p("VMOVQ 16(SI), X1")
		p("VMOVUPS X0, (DI)")
		p("VMOVQ X1, 16(DI)")
	}
	p("ADDQ R8, SI")
	p("ADDQ $%d, DI", width*4)
	p("DECQ CX")
	p("JNZ loop")
	end()
}

func main() {
	const note = "// Code generated by gen.go; DO NOT EDIT.\n\n//go:build !noasm\n\n"
	out.WriteString(note + "#include \"textflag.h\"\n")
	stubs.WriteString(note + "package cpu\n")
	kern{"mul12x32", 12, 2, 64}.gen()
	kern{"mul6x16", 6, 2, 32}.gen()
	packT512("packT12", 12)
	packT512("packT16", 16)
	packC512("packC12", 12)
	packC512("packC32", 32)
	packT256("packT6", 6)
	packT256("packT8", 8)
	packC256("packC6", 6)
	packC256("packC16", 16)
	if len(os.Args) > 1 && os.Args[1] == "stubs" {
		os.Stdout.Write(stubs.Bytes())
	} else {
		os.Stdout.Write(out.Bytes())
	}
}
