//go:build ignore

package main

import (
	"fmt"
	"strings"
)

// A panel is 32 columns of a matrix, row after row: 128 bytes a row. Tiles of attention are cut into panels, and the kernels here take
// eight rows at a time, so that both widths of vectors divide all and no operand ever has an edge.
const (
	panelRow = 128
	tileRows = 8
)

// begin prints the head of a function and its declaration; args are "name type" pairs of 8 bytes each.
func begin(name, doc, args string) {
	full := fmt.Sprintf("%s%d", name, wide*8)
	fmt.Fprintf(asm, "\n// func %s(%s)\nTEXT ·%s(SB), NOSPLIT, $0-%d\n", full, args, full, 8*(strings.Count(args, ",")+1))
	fmt.Fprintf(stubs, "\n// %s %s\n//\n//go:noescape\nfunc %s(%s)\n", full, doc, full, args)
}

func label(format string, a ...any) { fmt.Fprintf(asm, format+":\n", a...) }

func end() { p("VZEROUPPER"); p("RET") }

// tiles prints all kernels of one width.
func tiles() {
	product("across", true)
	product("along", false)
	softmaxRows()
	softmaxRowsBack()
	scaleRows()
	packRows()
	transposeRows()
}

// product is a block of 8×32 numbers of c. A row of a is read across its columns, which lie in panels, or along its rows. Every lane
// is one chain of fused multiply-adds in the order of k, which c begins or goes on with.
func product(name string, across bool) {
	doc := "is c[i,j] = Σ_k a[k·32+i]·b[k·32+j] for 8×32 numbers of c, ldc bytes a row; c goes on from what it is if add is not 0."
	args := "kc int, a, b, c *float32, ldc, add int"
	names := []string{"kc", "a", "b", "c", "ldc", "add"}
	if across {
		doc = "is c[i,j] = Σ_k a[i·32+k]·b[k·32+j] for 8×32 numbers of c, ldc bytes a row; the columns of a beyond each 32 are step bytes further. c goes on from what it is if add is not 0."
		args = "kc int, a *float32, step int, b, c *float32, ldc, add int"
		names = []string{"kc", "a", "step", "b", "c", "ldc", "add"}
	}
	begin(name, doc, args)
	off := func(name string) int {
		for i, n := range names {
			if n == name {
				return 8 * i
			}
		}
		panic(name)
	}
	arg := func(name, reg string) { p("MOVQ %s+%d(FP), %s", name, off(name), reg) }
	rows, vectors := tileRows, panelRow/64
	if wide == 32 {
		rows = tileRows / 2 // 16 registers: four blocks of 4×16
	}
	for block := range tileRows / rows * panelRow / (vectors * wide) {
		row, col := block%(tileRows/rows)*rows, block/(tileRows/rows)*vectors*wide
		arg("kc", "CX")
		arg("a", "SI")
		arg("b", "DI")
		arg("c", "DX")
		arg("ldc", "R8")
		if across {
			arg("step", "R10")
			p("SUBQ $%d, R10", 32*4)
		}
		for range row {
			p("ADDQ R8, DX")
		}
		acc := func(i, v int) string { return r(i*vectors + v) }
		arg("add", "AX")
		p("TESTQ AX, AX")
		p("JNZ go%d", block)
		for i := range rows * vectors {
			p("VXORPS %s, %s, %s", xy(i), xy(i), xy(i))
		}
		p("JMP sum%d", block)
		label("go%d", block)
		p("MOVQ DX, R9")
		for i := range rows {
			for v := range vectors {
				p("VMOVUPS %d(R9), %s", col+v*wide, acc(i, v))
			}
			if i < rows-1 {
				p("ADDQ R8, R9")
			}
		}
		label("sum%d", block)
		first := rows * vectors
		step := func(u int) {
			b := first + u%2*vectors
			for v := range vectors {
				p("VMOVUPS %d(DI), %s", u*panelRow+col+v*wide, r(b+v))
			}
			for i := range rows {
				t := first + 2*vectors + (u*rows+i)%4
				at := (row+i)*panelRow + u*4
				if !across {
					at = u*panelRow + (row+i)*4
				}
				p("VBROADCASTSS %d(SI), %s", at, r(t))
				for v := range vectors {
					p("VFMADD231PS %s, %s, %s", r(b+v), r(t), acc(i, v))
				}
			}
		}
		advance := func(steps int) {
			if across {
				p("ADDQ $%d, SI", steps*4)
			} else {
				p("ADDQ $%d, SI", steps*panelRow)
			}
			p("ADDQ $%d, DI", steps*panelRow)
		}
		if across {
			label("panel%d", block)
			p("MOVQ CX, BX")
			p("CMPQ BX, $32")
			p("JLE part%d", block)
			p("MOVQ $32, BX")
			label("part%d", block)
			p("SUBQ BX, CX")
		} else {
			p("MOVQ CX, BX")
			p("XORQ CX, CX")
		}
		p("MOVQ BX, AX")
		p("SHRQ $2, BX")
		p("JZ tail%d", block)
		label("loop%d", block)
		for u := range 4 {
			step(u)
		}
		advance(4)
		p("DECQ BX")
		p("JNZ loop%d", block)
		label("tail%d", block)
		p("ANDQ $3, AX")
		p("JZ next%d", block)
		label("one%d", block)
		step(0)
		advance(1)
		p("DECQ AX")
		p("JNZ one%d", block)
		label("next%d", block)
		if across {
			p("ADDQ R10, SI")
			p("TESTQ CX, CX")
			p("JNZ panel%d", block)
		}
		for i := range rows {
			for v := range vectors {
				p("VMOVUPS %s, %d(DX)", acc(i, v), col+v*wide)
			}
			if i < rows-1 {
				p("ADDQ R8, DX")
			}
		}
	}
	end()
}

// xy names a register to be cleared: the upper part is cleared with the lower one.
func xy(i int) string { return fmt.Sprintf("Y%d", i) }

// fold reduces the lanes of a register, or of two, pairwise: 8 apart, 4, 2, 1. The result stands in lane 0 of X a.
func fold(name string, a, b int) {
	if wide == 64 {
		p("VEXTRACTF64X4 $1, Z%d, Y%d", a, b)
	}
	p("%s Y%d, Y%d, Y%d", name, b, a, a)
	p("VEXTRACTF128 $1, Y%d, X%d", a, b)
	p("%s X%d, X%d, X%d", name, b, a, a)
	p("VPERMILPS $0x4e, X%d, X%d", a, b)
	p("%s X%d, X%d, X%d", name, b, a, a)
	p("VPERMILPS $0xb1, X%d, X%d", a, b)
	p("%s X%d, X%d, X%d", name, b, a, a)
}

// overPanels prints a loop over the pieces of a row, DI the first of them, with the body of each vector at DI and an offset.
func overPanels(name string, body func(off, lane int)) {
	p("MOVQ SI, DI")
	p("MOVQ panels+8(FP), BX")
	label(name)
	for off := 0; off < panelRow; off += wide {
		body(off, off%64/wide)
	}
	p("ADDQ R8, DI")
	p("DECQ BX")
	p("JNZ %s", name)
}

func softmaxRows() {
	begin("softmaxRows", "is, for each of rows rows of s, whose pieces of 32 numbers are step bytes apart, with t = max(top, s): scale = e^(top-t); s = e^(s-t); sum = sum·scale + Σ s; top = t.",
		"rows, panels int, s *float32, step int, top, sum, scale *float32")
	p("MOVQ rows+0(FP), CX")
	p("MOVQ s+16(FP), SI")
	p("MOVQ step+24(FP), R8")
	p("MOVQ top+32(FP), R9")
	p("MOVQ sum+40(FP), R10")
	p("MOVQ scale+48(FP), R11")
	label("row")
	p("VBROADCASTSS (R9), %s", r(4))
	p("VMOVAPS %s, %s", r(4), r(5))
	overPanels("max", func(off, _ int) {
		a := 4 + off/wide%2
		p("VMAXPS %d(DI), %s, %s", off, r(a), r(a))
	})
	if wide == 64 {
		op("VMAXPS", 4, 4, 5)
	}
	fold("VMAXPS", 4, 5)
	p("VBROADCASTSS X4, %s", r(6)) // t
	p("VBROADCASTSS (R9), %s", r(0))
	op("VSUBPS", 0, 0, 6)
	exp(7, 0, 2, 3) // scale
	p("VMOVSS X4, (R9)")
	p("VMOVSS X7, (R11)")
	p("VXORPS Y4, Y4, Y4")
	p("VXORPS Y5, Y5, Y5")
	overPanels("exps", func(off, lane int) {
		p("VMOVUPS %d(DI), %s", off, r(0))
		op("VSUBPS", 0, 0, 6)
		exp(1, 0, 2, 3)
		p("VMOVUPS %s, %d(DI)", r(1), off)
		op("VADDPS", 4+lane, 4+lane, 1)
	})
	fold("VADDPS", 4, 5)
	p("VMULSS (R10), X7, X7")
	p("VADDSS X4, X7, X7")
	p("VMOVSS X7, (R10)")
	p("ADDQ $%d, SI", panelRow)
	for _, reg := range []string{"R9", "R10", "R11"} {
		p("ADDQ $4, %s", reg)
	}
	p("DECQ CX")
	p("JNZ row")
	end()
}

func softmaxRowsBack() {
	begin("softmaxRowsBack", "is, for each of rows rows of s and d, whose pieces of 32 numbers are step bytes apart, s = e^(s-lse); d = s·(d-mean).",
		"rows, panels int, s, d *float32, step int, lse, mean *float32")
	p("MOVQ rows+0(FP), CX")
	p("MOVQ s+16(FP), SI")
	p("MOVQ d+24(FP), R12")
	p("MOVQ step+32(FP), R8")
	p("MOVQ lse+40(FP), R9")
	p("MOVQ mean+48(FP), R10")
	p("SUBQ SI, R12")
	label("row")
	p("VBROADCASTSS (R9), %s", r(6))
	p("VBROADCASTSS (R10), %s", r(7))
	overPanels("exps", func(off, _ int) {
		p("VMOVUPS %d(DI), %s", off, r(0))
		op("VSUBPS", 0, 0, 6)
		exp(1, 0, 2, 3)
		p("VMOVUPS %s, %d(DI)", r(1), off)
		p("VMOVUPS %d(DI)(R12*1), %s", off, r(0))
		op("VSUBPS", 0, 0, 7)
		op("VMULPS", 1, 1, 0)
		p("VMOVUPS %s, %d(DI)(R12*1)", r(1), off)
	})
	p("ADDQ $%d, SI", panelRow)
	p("ADDQ $4, R9")
	p("ADDQ $4, R10")
	p("DECQ CX")
	p("JNZ row")
	end()
}

func scaleRows() {
	begin("scaleRows", "multiplies each of rows rows of x, whose pieces of 32 numbers are step bytes apart, by its number in by.",
		"rows, panels int, x *float32, step int, by *float32")
	p("MOVQ rows+0(FP), CX")
	p("MOVQ x+16(FP), SI")
	p("MOVQ step+24(FP), R8")
	p("MOVQ by+32(FP), R9")
	label("row")
	p("VBROADCASTSS (R9), %s", r(1))
	overPanels("piece", func(off, _ int) {
		p("VMULPS %d(DI), %s, %s", off, r(1), r(0))
		p("VMOVUPS %s, %d(DI)", r(0), off)
	})
	p("ADDQ $%d, SI", panelRow)
	p("ADDQ $4, R9")
	p("DECQ CX")
	p("JNZ row")
	end()
}

func packRows() {
	begin("packRows", "copies n rows of 32 numbers, ld bytes apart, times by, to rows of a panel.", "n int, src *float32, ld int, dst, by *float32")
	p("MOVQ n+0(FP), CX")
	p("MOVQ src+8(FP), SI")
	p("MOVQ ld+16(FP), R8")
	p("MOVQ dst+24(FP), DI")
	p("MOVQ by+32(FP), R9")
	p("VBROADCASTSS (R9), %s", r(4))
	label("row")
	for off := 0; off < panelRow; off += wide {
		p("VMULPS %d(SI), %s, %s", off, r(4), r(off/wide))
		p("VMOVUPS %s, %d(DI)", r(off/wide), off)
	}
	p("ADDQ R8, SI")
	p("ADDQ $%d, DI", panelRow)
	p("DECQ CX")
	p("JNZ row")
	end()
}

// transposeRows reads four numbers of each of four rows for every 128 bits of a vector, and transposes 4×4 within these.
func transposeRows() {
	rows := wide / 4
	begin("transposeRows", fmt.Sprintf("is dst[k·32+i] = src[i,k] for %d rows, ld bytes apart, and 4·k4 numbers of each.", rows), "k4 int, src *float32, ld int, dst *float32")
	p("MOVQ k4+0(FP), CX")
	p("MOVQ src+8(FP), R9")
	p("MOVQ ld+16(FP), R8")
	p("MOVQ dst+24(FP), DI")
	p("LEAQ (R8)(R8*2), R13")
	for l := 1; l < rows/4; l++ {
		p("LEAQ (R%d)(R8*4), R%d", 8+l, 9+l)
	}
	label("four")
	for i, index := range []string{"", "(R8*1)", "(R8*2)", "(R13*1)"} {
		p("VMOVUPS (R9)%s, X%d", index, i)
		p("VINSERTF128 $1, (R10)%s, Y%d, Y%d", index, i, i)
		if wide == 64 {
			p("VINSERTF32X4 $2, (R11)%s, Z%d, Z%d", index, i, i)
			p("VINSERTF32X4 $3, (R12)%s, Z%d, Z%d", index, i, i)
		}
	}
	op("VUNPCKLPS", 4, 0, 1)
	op("VUNPCKHPS", 5, 0, 1)
	op("VUNPCKLPS", 6, 2, 3)
	op("VUNPCKHPS", 7, 2, 3)
	op("VUNPCKLPD", 8, 4, 6)
	op("VUNPCKHPD", 9, 4, 6)
	op("VUNPCKLPD", 10, 5, 7)
	op("VUNPCKHPD", 11, 5, 7)
	for i := range 4 {
		p("VMOVUPS %s, %d(DI)", r(8+i), i*panelRow)
	}
	p("ADDQ $%d, DI", 4*panelRow)
	for l := range rows / 4 {
		p("ADDQ $16, R%d", 9+l)
	}
	p("DECQ CX")
	p("JNZ four")
	end()
}
