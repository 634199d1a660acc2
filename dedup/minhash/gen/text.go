//go:build ignore

package main

// simplify rules on 64 bytes at a time. Letters become small, numbers one 0, anything else in ASCII one space. It stops before what is
// not ASCII, and before a number of three parts or of as many digits as a block has; a number that may go on in the next block is left
// to it. At 512 bits it rules on Cyrillic, and on some white space and punctuation beyond ASCII, too.
func simplify(wide int) {
	begin(sized("simplify", wide), `simplifies blocks of 64 of the n bytes at src, and stops before what plain code must rule on. It writes
// up to 64 bytes more than it tells. space says whether a space came last; comma is the point of numbers beside the dot; wide
// is used at 512 bits alone.`,
		"(dst, src *byte, n int, space, comma uint64, wide *beyondASCII) (consumed, written int, last uint64)", map[int]int{512: 0, 256: 64}[wide], 72)
	args("dst", "DI", "src", "SI", "n", "CX", "space", "BX")
	for i, c := range []uint64{0x20, 'a', '0', '.'} {
		fill(wide, 10+i, 1, c)
	}
	if wide == 512 {
		fill(wide, 15, 1, 26)
		fill(wide, 16, 1, 10)
		p("MOVQ comma+32(FP), AX")
		p("VPBROADCASTB AX, Z14")
		p("MOVQ wide+40(FP), R14")
		for i := range 5 {
			p("VMOVDQU64 %d(R14), Z%d", 64*i, 17+i)
		}
		p("VMOVDQU64 count<>(SB), Z22")
		ones(512, 23)
		p("VPSUBB Z23, Z22, Z24") // the next byte
		p("VPSUBB Z23, Z24, Z25") // the one after
		p("VPADDB Z23, Z22, Z23") // the one before
		for i, c := range []uint64{0x3F, 0x40, 0xFE, 0xD0, 0xC0, 0x80} {
			fill(512, 26+i, 1, c)
		}
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
	p("MOVQ SI, consumed+48(FP)")
	p("SUBQ dst+0(FP), DI")
	p("MOVQ DI, written+56(FP)")
	p("MOVQ BX, last+64(FP)")
	end()
}

// masks512 leaves masks of letters in AX, digits in DX and points in R10, how many bytes to rule on come first in R9, and in Z1 what
// each byte becomes.
func masks512() {
	p("VMOVDQU64 (SI), Z0")
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
	p("MOVQ $64, R9")
	p("VPMOVB2M Z0, K1")
	p("KTESTQ K1, K1")
	p("JEQ rule")
	beyond()
	label("rule")
}

// beyond finds in a block what is not ASCII and known: pairs of Cyrillic, U+0400 to 047F, which become pairs, and spaces of two and
// three bytes, of which every byte counts as space. R9 becomes the first byte that is neither.
func beyond() {
	p("VPERMB Z0, Z24, Z2") // next bytes
	p("VPERMB Z0, Z25, Z3")
	// pairs: D0 or D1, and a byte of the form 10......
	p("VPANDQ Z28, Z0, Z4")
	p("VPCMPEQB Z29, Z4, K2")
	p("VPANDQ Z30, Z0, Z4")
	p("VPCMPEQB Z31, Z4, K3")
	p("KMOVQ K3, R11")
	p("KMOVQ K2, R12")
	p("MOVQ R11, R13")
	p("SHRQ $1, R13")
	p("ANDQ R13, R12") // leads of pairs
	p("KMOVQ R12, K2")
	p("LEAQ (R12)(R12*1), R8")
	p("KMOVQ R8, K3")
	p("ORQ R12, R8")
	p("ORQ R8, AX") // letters
	// spaces of two bytes: C2 and A0, AB, BB
	p("VPCMPEQB allc2<>(SB), Z0, K4")
	for i, name := range []string{"a0", "ab", "bb"} {
		p("VPCMPEQB all%s<>(SB), Z2, K4, K%d", name, 5+i)
	}
	p("KORQ K5, K6, K5")
	p("KORQ K5, K7, K5")
	p("KMOVQ K5, R11")
	p("SHLQ $1, R11") // of bit 63 the next byte is not in the block
	p("MOVQ R11, R13")
	p("SHRQ $1, R13")
	p("ORQ R11, R8")
	p("ORQ R13, R8")
	// spaces of three bytes: E2 80 and what the table says
	p("VPCMPEQB alle2<>(SB), Z0, K4")
	p("VPCMPEQB Z31, Z2, K4, K4")
	p("VPANDQ Z30, Z3, Z4")
	p("VPCMPEQB Z31, Z4, K4, K4")
	p("VPERMB Z21, Z3, Z4")
	p("VPMOVB2M Z4, K5")
	p("KANDQ K4, K5, K4")
	p("KMOVQ K4, R11")
	p("SHLQ $2, R11")
	p("ORQ R11, R8")
	p("SHRQ $1, R11")
	p("ORQ R11, R8")
	p("SHRQ $1, R11")
	p("ORQ R11, R8")
	p("KMOVQ K1, R9")
	p("ANDNQ R9, R8, R9")
	p("TZCNTQ R9, R9")
	p("TESTQ R9, R9")
	p("JEQ done")
	// what pairs become
	p("KTESTQ K2, K2")
	p("JEQ rule")
	p("VPANDQ Z26, Z2, Z4")
	p("VPSLLW $6, Z0, Z5")
	p("VPANDQ Z27, Z5, Z5")
	p("VPORQ Z5, Z4, Z4")
	p("VPERMI2B Z18, Z17, Z4")
	p("VMOVDQU8 Z4, K2, Z1")
	p("VPERMB Z0, Z23, Z4")
	p("VPSLLW $6, Z4, Z4")
	p("VPANDQ Z27, Z4, Z4")
	p("VPANDQ Z26, Z0, Z5")
	p("VPORQ Z5, Z4, Z4")
	p("VPERMI2B Z20, Z19, Z4")
	p("VMOVDQU8 Z4, K3, Z1")
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

// han copies a run of Han letters.
func han() {
	begin("han512", `copies the letters U+4E00 to 9FFF at src, whole blocks of 64 of n bytes, up to the first that is none; with apart, a mask,
// each is followed by a space. It writes up to 64 bytes more than it tells.`,
		"(dst, src *byte, n int, apart uint64) (consumed, written int)", 0, 48)
	args("dst", "DI", "src", "SI", "n", "CX", "apart", "R14")
	for i, c := range []uint64{0xE4, 6, 0xB8, 0xC0, 0x80, 0x20} {
		fill(512, 10+i, 1, c)
	}
	p("VMOVDQU64 count<>(SB), Z16")
	ones(512, 17)
	p("VPSUBB Z17, Z16, Z16")
	p("MOVQ $0x7777777777777777, AX")
	p("KMOVQ AX, K7")
	p("MOVQ $0x9249249249249249, R8")
	label("loop")
	p("CMPQ CX, $64")
	p("JLT done")
	p("VMOVDQU64 (SI), Z0")
	p("VPSUBB Z10, Z0, Z1")
	p("VPCMPUB $1, Z11, Z1, K1") // E4 to E9
	p("VPERMB Z0, Z16, Z1")
	p("VPCMPEQB Z10, Z0, K2")
	p("VPCMPUB $1, Z12, Z1, K2, K2") // E4 and less than B8
	p("KANDNQ K1, K2, K1")
	p("VPANDQ Z13, Z0, Z1")
	p("VPCMPEQB Z14, Z1, K3")
	p("KMOVQ K1, AX")
	p("KMOVQ K3, BX")
	p("ANDQ R8, AX")
	p("SHRQ $1, BX")
	p("ANDQ BX, AX")
	p("SHRQ $1, BX")
	p("ANDQ BX, AX")
	p("MOVQ AX, BX")
	p("LEAQ (BX)(AX*2), BX")
	p("LEAQ (BX)(AX*4), BX")
	p("NOTQ BX")
	p("TZCNTQ BX, BX") // bytes of the run
	p("TESTQ BX, BX")
	p("JEQ done")
	p("TESTQ R14, R14")
	p("JEQ copy")
	p("MOVQ $48, AX") // 16 letters fill a block
	p("CMPQ BX, AX")
	p("CMOVQGT AX, BX")
	p("VMOVDQA64 Z15, Z1")
	p("VPEXPANDB Z0, K7, Z1")
	p("VMOVDQU64 Z1, (DI)")
	p("IMUL3Q $43, BX, AX")
	p("SHRQ $7, AX") // a third of it
	p("ADDQ AX, DI")
	p("JMP next")
	label("copy")
	p("VMOVDQU64 Z0, (DI)")
	label("next")
	p("ADDQ BX, DI")
	p("ADDQ BX, SI")
	p("SUBQ BX, CX")
	p("CMPQ BX, $48")
	p("JGE loop")
	label("done")
	p("SUBQ src+8(FP), SI")
	p("MOVQ SI, consumed+32(FP)")
	p("SUBQ dst+0(FP), DI")
	p("MOVQ DI, written+40(FP)")
	end()
}
