package main

import "fmt"

// Rounding to bf16 is to the nearest, ties to even; what is smaller than the smallest normal number becomes 0 and NaN stays NaN, as
// the processor's own instruction does it.
var roundConst = []uint32{1, 0x7fff, 0xffff0000, 0x7f800000, 0x80000000, 0x400000}

// round512 rounds numbers in place and leaves them as float32.
func round512() {
	begin("round512", "rounds n numbers to bf16, in place.", "n int, x *float32", 16)
	p("MOVQ n+0(FP), CX")
	p("MOVQ x+8(FP), DI")
	for i, v := range roundConst {
		p("MOVL $0x%x, AX", v)
		p("VPBROADCASTD AX, Z%d", 24+i)
	}
	maskTo(0xffff, "K1")
	label("loop")
	p("CMPQ CX, $16")
	p("JGE body")
	p("TESTQ CX, CX")
	p("JZ done")
	p("MOVL $1, AX")
	p("SHLL CX, AX")
	p("DECL AX")
	p("KMOVW AX, K1")
	label("body")
	p("VMOVUPS.Z (DI), K1, Z0")
	p("VCMPPS $3, Z0, Z0, K2")  // NaN
	p("VPTESTNMD Z27, Z0, K3")  // below the normal numbers
	p("VPSRLD $16, Z0, Z1")     //
	p("VPANDD Z24, Z1, Z1")     // the last bit that stays
	p("VPADDD Z25, Z1, Z1")     //
	p("VPADDD Z1, Z0, Z1")      //
	p("VPORD Z29, Z0, K2, Z1")  // quiet
	p("VPANDD Z26, Z1, Z1")     //
	p("VPANDD Z28, Z0, K3, Z1") // the sign of 0
	p("VMOVUPS Z1, K1, (DI)")
	p("ADDQ $64, DI")
	p("SUBQ $16, CX")
	p("JG loop")
	label("done")
	end()
}

// round256 is round512 for lengths that are a multiple of 4.
func round256() {
	begin("round256", "rounds n numbers, a multiple of 4, to bf16, in place.", "n int, x *float32", 16)
	p("MOVQ n+0(FP), CX")
	p("MOVQ x+8(FP), DI")
	for i, v := range roundConst {
		p("MOVL $0x%x, AX", v)
		p("VMOVD AX, X%d", 8+i)
		p("VPBROADCASTD X%d, Y%d", 8+i, 8+i)
	}
	body := func(r string) {
		p("VMOVUPS (DI), %s0", r)
		p("VCMPPS $3, %s0, %s0, %s2", r, r, r) // NaN
		p("VPAND %s11, %s0, %s3", r, r, r)
		p("VPXOR %s4, %s4, %s4", r, r, r)
		p("VPCMPEQD %s4, %s3, %s3", r, r, r) // below the normal numbers
		p("VPSRLD $16, %s0, %s1", r, r)
		p("VPAND %s8, %s1, %s1", r, r, r)
		p("VPADDD %s9, %s1, %s1", r, r, r)
		p("VPADDD %s1, %s0, %s1", r, r, r)
		p("VPOR %s13, %s0, %s4", r, r, r) // quiet
		p("VBLENDVPS %s2, %s4, %s1, %s1", r, r, r, r)
		p("VPAND %s10, %s1, %s1", r, r, r)
		p("VPAND %s12, %s0, %s4", r, r, r) // the sign of 0
		p("VBLENDVPS %s3, %s4, %s1, %s1", r, r, r, r)
		p("VMOVUPS %s1, (DI)", r)
	}
	label("loop")
	p("CMPQ CX, $8")
	p("JLT half")
	body("Y")
	p("ADDQ $32, DI")
	p("SUBQ $8, CX")
	p("JMP loop")
	label("half")
	p("TESTQ CX, CX")
	p("JZ done")
	body("X")
	label("done")
	end()
}

// interleave is VPERMW's table that takes half-words i and 16+i to 2i and 2i+1.
func interleave() {
	fmt.Fprintf(&out, "\n")
	for i := range 16 {
		fmt.Fprintf(&out, "DATA interleave<>+%d(SB)/4, $0x%08x\n", i*4, (16+i)<<16|i)
	}
	fmt.Fprintf(&out, "GLOBL interleave<>(SB), RODATA|NOPTR, $64\n")
}

// pair512 makes pairs of bf16 of two steps of a panel.
func pair512(name string, width int) {
	begin(name, fmt.Sprintf("rounds 2·pairs steps of %d numbers to bf16 and lays the two of each pair side by side.", width), "pairs int, src, dst *float32", 24)
	p("MOVQ pairs+0(FP), CX")
	p("MOVQ src+8(FP), SI")
	p("MOVQ dst+16(FP), DI")
	p("VMOVDQU32 interleave<>(SB), Z30")
	vectors := (width + 15) / 16
	if width%16 != 0 {
		maskTo(1<<(width%16)-1, "K1")
	} else {
		maskTo(0xffff, "K1")
	}
	label("loop")
	for v := range vectors {
		p("VMOVUPS.Z %d(SI), K1, Z%d", v*64, v*4)
		p("VMOVUPS.Z %d(SI), K1, Z%d", width*4+v*64, v*4+1)
		vcvtne2ps2bf16(v*4+2, v*4+1, v*4)
		p("VPERMW Z%d, Z30, Z%d", v*4+2, v*4+2)
		p("VMOVUPS Z%d, K1, %d(DI)", v*4+2, v*64)
	}
	p("ADDQ $%d, SI", width*8)
	p("ADDQ $%d, DI", width*4)
	p("DECQ CX")
	p("JNZ loop")
	end()
}
