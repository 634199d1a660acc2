//go:build ignore

package main

// The kernels below are of AVX-512 alone: without 64-bit products and gathers plain Go is as fast.

// collapse copies text for the exact hash: each run of white space becomes one space, letters of ASCII become small. It stops before
// what is not ASCII if that matters: white space of Unicode, or anything if case is folded.
func collapse() {
	begin("collapse512", `copies blocks of 64 of the n bytes at src, where runs of white space become one space under the mask spaces,
// and letters small under the mask small; it reads two bytes beyond a block and leaves the last 65 bytes at least. space says whether
// a space came last. It writes up to 64 bytes more than it tells.`,
		"(dst, src *byte, n int, space, spaces, small uint64) (consumed, written int, last uint64)", 0, 72)
	args("dst", "DI", "src", "SI", "n", "CX", "space", "BX", "spaces", "R14", "small", "R15")
	for i, c := range []uint64{0x20, 9, 5, 'A', 26} {
		fill(512, 10+i, 1, c)
	}
	for i, c := range []uint64{0xC2, 0xE1, 0xE2, 0xE3, 0x80, 0x81, 0x85, 0xA0, 0x9A, 0x9F, 0xA8, 0xAF, 0x0B, 2} {
		fill(512, 16+i, 1, c)
	}
	label("loop")
	p("CMPQ CX, $66")
	p("JLT done")
	p("VMOVDQU64 (SI), Z0")
	p("VPCMPEQB Z10, Z0, K1")
	p("VPSUBB Z11, Z0, Z1")
	p("VPCMPUB $1, Z12, Z1, K2")
	p("KORQ K1, K2, K1")
	p("KMOVQ K1, AX")
	p("ANDQ R14, AX")
	p("MOVQ $64, R9")
	p("VPMOVB2M Z0, K3")
	p("KTESTQ K3, K3")
	p("JEQ rule")
	p("KMOVQ K3, R9")
	p("TESTQ R15, R15")
	p("JNE stop")
	// white space of Unicode: U+0085, 00A0, 1680, 2000-200A, 2028, 2029, 202F, 205F, 3000
	p("VMOVDQU64 1(SI), Z2")
	p("VMOVDQU64 2(SI), Z3")
	p("VPCMPEQB Z16, Z0, K2") // C2
	p("VPCMPEQB Z22, Z2, K2, K3")
	p("VPCMPEQB Z23, Z2, K2, K4")
	p("KORQ K3, K4, K7")
	p("VPCMPEQB Z17, Z0, K2") // E1 9A 80
	p("VPCMPEQB Z24, Z2, K2, K2")
	p("VPCMPEQB Z20, Z3, K2, K2")
	p("KORQ K2, K7, K7")
	p("VPCMPEQB Z19, Z0, K2") // E3 80 80
	p("VPCMPEQB Z20, Z2, K2, K2")
	p("VPCMPEQB Z20, Z3, K2, K2")
	p("KORQ K2, K7, K7")
	p("VPCMPEQB Z18, Z0, K2") // E2 81 9F
	p("VPCMPEQB Z21, Z2, K2, K3")
	p("VPCMPEQB Z25, Z3, K3, K3")
	p("KORQ K3, K7, K7")
	p("VPCMPEQB Z20, Z2, K2, K2") // E2 80 and 80..8A, A8, A9, AF
	p("VPSUBB Z20, Z3, Z4")
	p("VPCMPUB $1, Z28, Z4, K2, K3")
	p("KORQ K3, K7, K7")
	p("VPSUBB Z26, Z3, Z4")
	p("VPCMPUB $1, Z29, Z4, K2, K3")
	p("KORQ K3, K7, K7")
	p("VPCMPEQB Z27, Z3, K2, K3")
	p("KORQ K3, K7, K7")
	p("KMOVQ K7, R9")
	p("ANDQ R14, R9")
	label("stop")
	p("TZCNTQ R9, R9")
	p("TESTQ R9, R9")
	p("JEQ done")
	label("rule")
	p("MOVQ $-1, R10")
	p("BZHIQ R9, R10, R10")
	p("ANDQ R10, AX")
	p("LEAQ (BX)(AX*2), R11")
	p("ANDNQ AX, R11, R11") // the first of each run
	p("ANDNQ R10, AX, R12") // no white space
	p("ORQ R12, R11")
	p("LEAQ -1(R9), R13")
	p("SHRXQ R13, AX, BX")
	p("ANDQ $1, BX")
	p("VPSUBB Z13, Z0, Z1")
	p("VPCMPUB $1, Z14, Z1, K2")
	p("KMOVQ R15, K3")
	p("KANDQ K2, K3, K2")
	p("VPORQ Z10, Z0, Z1")
	p("VMOVDQU8 Z1, K2, Z0")
	p("KMOVQ AX, K3")
	p("VMOVDQU8 Z10, K3, Z0")
	p("KMOVQ R11, K4")
	p("VPCOMPRESSB.Z Z0, K4, Z1")
	p("VMOVDQU64 Z1, (DI)")
	p("POPCNTQ R11, R11")
	p("ADDQ R11, DI")
	p("ADDQ R9, SI")
	p("SUBQ R9, CX")
	p("JMP loop")
	label("done")
	p("SUBQ src+8(FP), SI")
	p("MOVQ SI, consumed+48(FP)")
	p("SUBQ dst+0(FP), DI")
	p("MOVQ DI, written+56(FP)")
	p("MOVQ BX, last+64(FP)")
	end()
}

// hashWords is hash16 of 8 words at a time, by gathers.
func hashWords() {
	begin("hashWords512", "sets out[i] to hash16 of the n words of buf of which word i ends at ends[i+1]. longs gets the numbers of the groups of 8 that hold\n// a longer word; it returns how many these are.",
		"(buf *byte, ends *uint32, n int, out *uint64, longs *uint32) (groups int)", 0, 48)
	args("buf", "SI", "ends", "BX", "n", "CX", "out", "DI", "longs", "R8")
	p("XORQ R9, R9")
	fill(512, 20, 4, 1)
	for i, v := range []uint64{1, 64, 16, 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 0xC2B2AE3D27D4EB4F} {
		fill(512, 21+i, 8, v)
	}
	p("MOVQ $0xff, DX")
	label("loop")
	p("CMPQ CX, $8")
	p("JGE full")
	p("MOVQ $-1, DX")
	p("BZHIQ CX, DX, DX")
	label("full")
	p("VMOVDQU (BX), Y0")
	p("VPADDD Y20, Y0, Y0")
	p("VPMOVZXDQ Y0, Z1") // where words begin
	p("VPMOVZXDQ 4(BX), Z2")
	p("VPSUBQ Z1, Z2, Z3") // their bytes
	for _, k := range []string{"K1", "K2", "K4"} {
		p("KMOVQ DX, %s", k)
	}
	for i := range 2 {
		p("VPXORQ Z%d, Z%d, Z%d", 4+i, 4+i, 4+i)
		p("VPGATHERQQ %d(SI)(Z1*1), K%d, Z%d", 8*i, 1+i, 4+i)
	}
	p("VPCMPUQ $6, Z23, Z3, K4, K3")
	p("VPSLLQ $3, Z3, Z6")
	p("VPSLLVQ Z6, Z21, Z7") // 0 from 64 bits on
	p("VPSUBQ Z21, Z7, Z7")
	p("VPANDQ Z7, Z4, Z4")
	p("VPMAXUQ Z22, Z6, Z6")
	p("VPSUBQ Z22, Z6, Z6")
	p("VPSLLVQ Z6, Z21, Z7")
	p("VPSUBQ Z21, Z7, Z7")
	p("VPANDQ Z7, Z5, Z5")
	p("VPADDQ Z24, Z4, Z4")
	p("VPMULLQ Z25, Z4, Z4")
	p("VPSRLQ $32, Z4, Z6")
	p("VPXORQ Z6, Z4, Z4")
	p("VPADDQ Z5, Z4, Z4")
	p("VPMULLQ Z26, Z4, Z4")
	p("VPSRLQ $32, Z4, Z6")
	p("VPXORQ Z6, Z4, Z4")
	p("VMOVDQU64 Z4, (DI)")
	p("KTESTQ K3, K3")
	p("JEQ short")
	p("MOVL R9, (R8)")
	p("ADDQ $4, R8")
	label("short")
	p("ADDQ $8, R9")
	p("ADDQ $32, BX")
	p("ADDQ $64, DI")
	p("SUBQ $8, CX")
	p("JGT loop")
	p("SUBQ longs+32(FP), R8")
	p("SHRQ $2, R8")
	p("MOVQ R8, groups+40(FP)")
	end()
}

// roll combines the hashes of k units, 8 shingles at a time.
func roll() {
	begin("roll512", "sets out[i] to the hash of the k units from hashes[i] on, for n shingles. It reads and writes up to 7 numbers beyond.",
		"(hashes *uint64, n, k int, out *uint64)", 0, 32)
	args("hashes", "SI", "n", "CX", "k", "R8", "out", "DI")
	fill(512, 20, 8, 0x9FB21C651E98DF25)
	fill(512, 21, 8, 0xA0761D6478BD642F)
	p("LEAQ -1(R8), R8")
	label("loop")
	p("VMOVDQU64 (SI), Z0")
	p("LEAQ 8(SI), R9")
	p("MOVQ R8, R10")
	p("JMP test")
	label("unit")
	p("VPMULLQ Z20, Z0, Z0")
	p("VPADDQ (R9), Z0, Z0")
	p("ADDQ $8, R9")
	p("DECQ R10")
	label("test")
	p("TESTQ R10, R10")
	p("JNE unit")
	p("VPMULLQ Z21, Z0, Z0")
	p("VPSRLQ $32, Z0, Z1")
	p("VPXORQ Z1, Z0, Z0")
	p("VMOVDQU64 Z0, (DI)")
	p("ADDQ $64, SI")
	p("ADDQ $64, DI")
	p("SUBQ $8, CX")
	p("JGT loop")
	end()
}

// Constants of XXH64.
var prime = [5]uint64{0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5}

// xxh64 hashes 8 pieces of text at a time, each in a lane of its own; and one text under two seeds.
func xxh64() {
	begin("xxh64x8", "sets out[i] to XXH64 of buf[ends[i]+1:ends[i+k]] for n pieces. It reads up to 8 bytes and 8+k numbers beyond, and writes up to 7.",
		"(buf *byte, ends *uint32, n, k int, out *uint64)", 0, 40)
	args("buf", "SI", "ends", "BX", "n", "CX", "k", "R8", "out", "DI")
	p("LEAQ (BX)(R8*4), R8")
	p0, p1 := prime[0], prime[1]
	for i, v := range append(prime[:], 32, 8, 4, 0xffffffff, 0xff, p0+p1, -p0) {
		fill(512, 20+i, 8, v)
	}
	fill(512, 19, 4, 1)
	fill(512, 18, 8, 1)
	p("MOVQ $0xff, DX")
	label("loop")
	p("CMPQ CX, $8")
	p("JGE full")
	p("MOVQ $-1, DX")
	p("BZHIQ CX, DX, DX")
	label("full")
	p("KMOVQ DX, K6")
	p("VMOVDQU (BX), Y0")
	p("VPADDD Y19, Y0, Y0")
	p("VPMOVZXDQ Y0, Z1")
	p("VPMOVZXDQ (R8), Z2")
	p("VPSUBQ.Z Z1, Z2, K6, Z2") // bytes
	p("VMOVDQA64 Z2, Z3")        // bytes left
	p("VMOVDQA64 Z24, Z4")
	p("VPCMPUQ $5, Z25, Z3, K1")
	p("KTESTQ K1, K1")
	p("JEQ short")
	p("KMOVQ K1, K5")
	p("VMOVDQA64 Z30, Z5")
	p("VMOVDQA64 Z21, Z6")
	p("VPXORQ Z7, Z7, Z7")
	p("VMOVDQA64 Z31, Z8")
	label("stripe")
	for j := range 4 {
		p("KMOVQ K1, K2")
		p("VPXORQ Z%d, Z%d, Z%d", 9+j, 9+j, 9+j)
		p("VPGATHERQQ %d(SI)(Z1*1), K2, Z%d", 8*j, 9+j)
	}
	for j := range 4 {
		p("VPMULLQ Z21, Z%d, Z%d", 9+j, 9+j)
		p("VPADDQ Z%d, Z%d, Z%d", 5+j, 9+j, 9+j)
		p("VPROLQ $31, Z%d, Z%d", 9+j, 9+j)
		p("VPMULLQ Z20, Z%d, K1, Z%d", 9+j, 5+j)
	}
	p("VPADDQ Z25, Z1, K1, Z1")
	p("VPSUBQ Z25, Z3, K1, Z3")
	p("VPCMPUQ $5, Z25, Z3, K1")
	p("KTESTQ K1, K1")
	p("JNE stripe")
	for j, by := range []int{1, 7, 12, 18} {
		p("VPROLQ $%d, Z%d, Z%d", by, 5+j, 9+j)
	}
	p("VPADDQ Z9, Z10, Z9")
	p("VPADDQ Z11, Z12, Z11")
	p("VPADDQ Z9, Z11, Z9")
	for j := range 4 {
		p("VPMULLQ Z21, Z%d, Z10", 5+j)
		p("VPROLQ $31, Z10, Z10")
		p("VPMULLQ Z20, Z10, Z10")
		p("VPXORQ Z10, Z9, Z9")
		p("VPMULLQ Z20, Z9, Z9")
		p("VPADDQ Z23, Z9, Z9")
	}
	p("VMOVDQA64 Z9, K5, Z4")
	label("short")
	p("VPADDQ Z2, Z4, Z4")
	p("VPCMPUQ $5, Z26, Z3, K1")
	p("KTESTQ K1, K1")
	p("JEQ four")
	label("eight")
	p("KMOVQ K1, K2")
	p("VPXORQ Z9, Z9, Z9")
	p("VPGATHERQQ (SI)(Z1*1), K2, Z9")
	p("VPMULLQ Z21, Z9, Z9")
	p("VPROLQ $31, Z9, Z9")
	p("VPMULLQ Z20, Z9, Z9")
	p("VPXORQ Z4, Z9, Z9")
	p("VPROLQ $27, Z9, Z9")
	p("VPMULLQ Z20, Z9, Z9")
	p("VPADDQ Z23, Z9, K1, Z4")
	p("VPADDQ Z26, Z1, K1, Z1")
	p("VPSUBQ Z26, Z3, K1, Z3")
	p("VPCMPUQ $5, Z26, Z3, K1")
	p("KTESTQ K1, K1")
	p("JNE eight")
	label("four")
	p("VPCMPUQ $5, Z27, Z3, K1")
	p("VPTESTMQ Z3, Z3, K2")
	p("VPXORQ Z9, Z9, Z9")
	p("VPGATHERQQ (SI)(Z1*1), K2, Z9") // the last bytes, up to 7
	p("VPANDQ Z28, Z9, Z10")
	p("VPMULLQ Z20, Z10, Z10")
	p("VPXORQ Z4, Z10, Z10")
	p("VPROLQ $23, Z10, Z10")
	p("VPMULLQ Z21, Z10, Z10")
	p("VPADDQ Z22, Z10, K1, Z4")
	p("VPSUBQ Z27, Z3, K1, Z3")
	p("VPSRLQ $32, Z9, K1, Z9")
	for j := range 3 {
		p("VPTESTMQ Z3, Z3, K2")
		p("VPANDQ Z29, Z9, Z10")
		p("VPMULLQ Z24, Z10, Z10")
		p("VPXORQ Z4, Z10, Z10")
		p("VPROLQ $11, Z10, Z10")
		p("VPMULLQ Z20, Z10, K2, Z4")
		if j < 2 {
			p("VPSRLQ $8, Z9, Z9")
			p("VPSUBQ Z18, Z3, K2, Z3")
		}
	}
	for i, by := range []int{33, 29, 32} {
		p("VPSRLQ $%d, Z4, Z9", by)
		p("VPXORQ Z9, Z4, Z4")
		if i < 2 {
			p("VPMULLQ Z%d, Z4, Z4", 21+i)
		}
	}
	p("VMOVDQU64 Z4, (DI)")
	p("ADDQ $32, BX")
	p("ADDQ $32, R8")
	p("ADDQ $64, DI")
	p("SUBQ $8, CX")
	p("JGT loop")
	end()

	begin("xxh64Pair", "takes n > 0 stripes of 32 bytes into the four sums of XXH64 under one seed and the four under another.", "(sums *[8]uint64, text *byte, n int)", 0, 24)
	args("sums", "DI", "text", "SI", "n", "CX")
	fill(512, 20, 8, p0)
	fill(512, 21, 8, p1)
	p("VMOVDQU64 (DI), Z0")
	label("loop")
	p("VBROADCASTI64X4 (SI), Z1")
	p("VPMULLQ Z21, Z1, Z1")
	p("VPADDQ Z1, Z0, Z0")
	p("VPROLQ $31, Z0, Z0")
	p("VPMULLQ Z20, Z0, Z0")
	p("ADDQ $32, SI")
	p("DECQ CX")
	p("JNZ loop")
	p("VMOVDQU64 Z0, (DI)")
	end()
}
