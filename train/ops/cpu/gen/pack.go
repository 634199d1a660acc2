package main

import "fmt"

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
