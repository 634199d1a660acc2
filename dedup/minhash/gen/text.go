//go:build ignore

package main

// simplify rules on 64 bytes at a time. Letters become small, numbers one 0, anything else in ASCII one space. It stops before a byte
// that is not ASCII, and before a number of three parts or of as many digits as a block has; a number that may go on in the next block
// is left to it.
func simplify(wide int) {
	begin(sized("simplify", wide), `simplifies blocks of 64 of the n bytes at src, and stops before what plain code must rule on. It writes
// up to 64 bytes more than it tells. space says whether a space came last; comma is the point of numbers beside the dot.`,
		"(dst, src *byte, n int, space, comma uint64) (consumed, written int, last uint64)", map[int]int{512: 0, 256: 64}[wide], 64)
	args("dst", "DI", "src", "SI", "n", "CX", "space", "BX")
	for i, c := range []uint64{0x20, 'a', '0', '.'} {
		fill(wide, 10+i, 1, c)
	}
	if wide == 512 {
		fill(wide, 15, 1, 26)
		fill(wide, 16, 1, 10)
		p("MOVQ comma+32(FP), AX")
		p("VPBROADCASTB AX, Z14")
	} else {
		fill(wide, 15, 1, 25)
		fill(wide, 9, 1, 9)
		p("MOVQ comma+32(FP), AX")
		p("MOVQ AX, X14")
		p("VPBROADCASTB X14, Y14")
		p("LEAQ pack<>(SB), R15")
	}
	label("loop")
	p("CMPQ CX, $64")
	p("JLT done")
	if wide == 512 {
		masks512()
	} else {
		masks256()
	}
	rule()
	if wide == 512 {
		p("KMOVQ R11, K5")
		p("VPCOMPRESSB.Z Z1, K5, Z2")
		p("VMOVDQU64 Z2, (DI)")
		p("POPCNTQ R11, R11")
		p("ADDQ R11, DI")
	} else {
		for i := range 8 {
			p("MOVBLZX R11B, R12")
			p("VMOVQ bytes-%d(SP), X2", 64-8*i)
			p("VMOVQ (R15)(R12*8), X3")
			p("VPSHUFB X3, X2, X2")
			p("VMOVQ X2, (DI)")
			p("POPCNTL R12, R12")
			p("ADDQ R12, DI")
			if i < 7 {
				p("SHRQ $8, R11")
			}
		}
	}
	p("JMP loop")
	label("done")
	p("SUBQ src+8(FP), SI")
	p("MOVQ SI, consumed+40(FP)")
	p("SUBQ dst+0(FP), DI")
	p("MOVQ DI, written+48(FP)")
	p("MOVQ BX, last+56(FP)")
	end()
}

// masks512 leaves masks of letters in AX, digits in DX and points in R10, how many bytes of ASCII come first in R9, and in Z1 what
// each byte becomes.
func masks512() {
	p("VMOVDQU64 (SI), Z0")
	p("VPMOVB2M Z0, K1")
	p("KMOVQ K1, AX")
	p("TZCNTQ AX, R9") // 64 if none is high
	p("TESTQ R9, R9")
	p("JEQ done")
	p("VPORQ Z10, Z0, Z1")
	p("VPSUBB Z11, Z1, Z2")
	p("VPCMPUB $1, Z15, Z2, K2")
	p("VPSUBB Z12, Z0, Z3")
	p("VPCMPUB $1, Z16, Z3, K3")
	p("VPCMPEQB Z13, Z0, K4")
	p("VPCMPEQB Z14, Z0, K5")
	p("KORQ K4, K5, K4")
	p("KMOVQ K2, AX")
	p("KMOVQ K3, DX")
	p("KMOVQ K4, R10")
	p("KNOTQ K2, K2")
	p("VMOVDQU8 Z10, K2, Z1")
	p("VMOVDQU8 Z12, K3, Z1")
}

// masks256 does it by halves; what bytes become goes to the stack.
func masks256() {
	for h := range 2 {
		p("VMOVDQU %d(SI), Y0", 32*h)
		or := func(from, to string) {
			if h == 0 {
				p("MOVL %s, %s", from, to)
			} else {
				p("SHLQ $32, %s", from)
				p("ORQ %s, %s", from, to)
			}
		}
		p("VPMOVMSKB Y0, R11")
		or("R11", "R9")
		p("VPOR Y10, Y0, Y1")
		p("VPSUBB Y11, Y1, Y2")
		p("VPMINUB Y15, Y2, Y3")
		p("VPCMPEQB Y2, Y3, Y2") // letters
		p("VPMOVMSKB Y2, R11")
		or("R11", "AX")
		p("VPSUBB Y12, Y0, Y3")
		p("VPMINUB Y9, Y3, Y4")
		p("VPCMPEQB Y3, Y4, Y3") // digits
		p("VPMOVMSKB Y3, R11")
		or("R11", "DX")
		p("VPCMPEQB Y13, Y0, Y4")
		p("VPCMPEQB Y14, Y0, Y5")
		p("VPOR Y4, Y5, Y4")
		p("VPMOVMSKB Y4, R11")
		or("R11", "R10")
		p("VPBLENDVB Y2, Y1, Y10, Y1")
		p("VPBLENDVB Y3, Y12, Y1, Y1")
		p("VMOVDQU Y1, bytes-%d(SP)", 64-32*h)
	}
	p("TZCNTQ R9, R9")
	p("TESTQ R9, R9")
	p("JEQ done")
}

// rule makes of the masks which bytes stay, in R11, moves on, and keeps in BX whether a space came last.
func rule() {
	// held back: trailing digits, points between them, and a point right after a digit
	p("LEAQ (DX)(DX*1), R8")
	p("ANDQ R10, R8")
	p("MOVQ R8, R11")
	p("ORQ DX, R11")
	p("MOVQ $64, R13")
	p("SUBQ R9, R13")
	p("SHLXQ R13, R11, R11")
	p("NOTQ R11")
	p("LZCNTQ R11, R12")
	p("MOVQ R9, R13")
	p("SUBQ R12, R13") // bytes to rule on
	p("JLE done")
	p("MOVQ $-1, R9")
	p("BZHIQ R13, R9, R9")
	p("ANDQ R9, AX")
	p("ANDQ R9, DX")
	p("ANDQ R9, R8")
	// points between digits; two in one number are not for us: adding a point to its run carries to the next
	p("MOVQ DX, R12")
	p("SHRQ $1, R12")
	p("ANDQ R12, R8")
	p("ORQ R8, DX")
	p("LEAQ (DX)(R8*1), R12")
	p("TESTQ R8, R12")
	p("JNE done")
	p("LEAQ (DX)(DX*1), R11")
	p("ANDNQ DX, R11, R11") // where numbers begin
	p("MOVQ AX, R10")
	p("ORQ DX, R10")
	p("ANDNQ R9, R10, R10") // anything else
	p("LEAQ (BX)(R10*2), R12")
	p("ANDNQ R10, R12, R12") // the first of it
	p("ORQ AX, R11")
	p("ORQ R12, R11")
	p("LEAQ -1(R13), R12")
	p("SHRXQ R12, R10, BX")
	p("ANDQ $1, BX")
	p("ADDQ R13, SI")
	p("SUBQ R13, CX")
}

// ends writes where spaces stand.
func ends(wide int) {
	begin(sized("ends", wide), "writes where spaces stand in the n bytes at buf, n > 0, and returns how many there are. It reads whole blocks of 64 bytes and writes up to\n// 32 numbers more.",
		"(buf *byte, n int, out *uint32) (count int)", 0, 32)
	args("buf", "SI", "n", "CX", "out", "DI")
	p("MOVQ DI, R8")
	fill(wide, 10, 1, 0x20)
	if wide == 512 {
		p("VMOVDQU64 count<>(SB), Z11")
		p("VPXORQ Z12, Z12, Z12")
		fill(wide, 13, 4, 64)
	} else {
		p("XORL BX, BX")
	}
	label("loop")
	if wide == 512 {
		p("VPCMPEQB (SI), Z10, K1")
		p("KMOVQ K1, AX")
		p("POPCNTQ AX, AX")
		p("VPCOMPRESSB.Z Z11, K1, Z0")
		p("VPMOVZXBD X0, Z1")
		p("VPADDD Z12, Z1, Z1")
		p("VMOVDQU32 Z1, (DI)")
		p("CMPQ AX, $16")
		p("JLE next")
		p("VEXTRACTI32X4 $1, Z0, X2")
		p("VPMOVZXBD X2, Z1")
		p("VPADDD Z12, Z1, Z1")
		p("VMOVDQU32 Z1, 64(DI)")
		label("next")
		p("LEAQ (DI)(AX*4), DI")
		p("VPADDD Z13, Z12, Z12")
	} else {
		p("VPCMPEQB (SI), Y10, Y0")
		p("VPCMPEQB 32(SI), Y10, Y1")
		p("VPMOVMSKB Y0, AX")
		p("VPMOVMSKB Y1, DX")
		p("SHLQ $32, DX")
		p("ORQ DX, AX")
		p("POPCNTQ AX, R9")
		p("LEAQ (DI)(R9*4), R9")
		p("JMP test")
		label("four") // writes past the last: later ones overwrite it
		for i := range 4 {
			p("TZCNTQ AX, DX")
			p("ADDQ BX, DX")
			p("MOVL DX, %d(DI)", 4*i)
			p("LEAQ -1(AX), R10")
			p("ANDQ R10, AX")
		}
		p("ADDQ $16, DI")
		label("test")
		p("CMPQ DI, R9")
		p("JLT four")
		p("MOVQ R9, DI")
		p("ADDQ $64, BX")
	}
	p("ADDQ $64, SI")
	p("SUBQ $64, CX")
	p("JGT loop")
	p("SUBQ R8, DI")
	p("SHRQ $2, DI")
	p("MOVQ DI, count+24(FP)")
	end()
}
