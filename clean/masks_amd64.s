//go:build !noasm

#include "go_asm.h"
#include "textflag.h"

// MASK writes to a field of the block which bytes of a register of properties have a property.
#define MASK(properties, property, field) \
	VPTESTMB property, properties, K3 \
	KMOVQ    K3, field(DI)

// BYTES fills a register with a byte.
#define BYTES(value, register) \
	MOVL         $value, AX \
	VPBROADCASTB AX, register

// func classify512(text *byte, blocks *block, n int, table *[2][128]uint8) (high uint64)
//
// Two tables of 128 bytes, looked up by VPERMI2B, give 16 properties of ASCII; the others are comparisons.
TEXT ·classify512(SB), NOSPLIT, $0-40
	MOVQ text+0(FP), SI
	MOVQ blocks+8(FP), DI
	MOVQ n+16(FP), CX
	MOVQ table+24(FP), BX
	VMOVDQU64 (BX), Z16
	VMOVDQU64 64(BX), Z17
	VMOVDQU64 128(BX), Z18
	VMOVDQU64 192(BX), Z19
	BYTES(1, Z20)
	BYTES(2, Z21)
	BYTES(4, Z22)
	BYTES(8, Z23)
	BYTES(16, Z24)
	BYTES(32, Z25)
	BYTES(64, Z26)
	BYTES(128, Z27)
	BYTES(0xC0, Z28)
	BYTES(0xE5, Z29)
	BYTES(0xD0, Z31)
	BYTES(0x76, Z8)  // v
	BYTES(0x61, Z9)  // a
	BYTES(0x6B, Z10) // k
	BYTES(0x69, Z11) // i
	BYTES(0x6D, Z12) // m
	BYTES(0x70, Z13) // p
	BYTES(0x73, Z14) // s
	BYTES(0x7B, Z1)  // {
	BYTES(0x5B, Z15) // [
	XORQ DX, DX

loop:
	VMOVDQU64 (SI), Z0
	VMOVDQU64 1(SI), Z2
	VPMOVB2M  Z0, K1
	KMOVQ     K1, R8
	ORQ       R8, DX
	MOVQ      R8, block_high(DI)
	KNOTQ     K1, K2

	VMOVDQA64  Z0, Z3
	VPERMI2B.Z Z17, Z16, K2, Z3
	VMOVDQA64  Z0, Z4
	VPERMI2B.Z Z19, Z18, K2, Z4
	MASK(Z3, Z20, block_letter)
	MASK(Z3, Z21, block_upper)
	MASK(Z3, Z22, block_digit)
	MASK(Z3, Z23, block_space)
	MASK(Z3, Z24, block_newline)
	MASK(Z3, Z25, block_dot)
	MASK(Z3, Z26, block_affix)
	MASK(Z3, Z27, block_apostrophe)
	MASK(Z4, Z20, block_end)
	MASK(Z4, Z21, block_hyphen)
	MASK(Z4, Z22, block_infix)
	MASK(Z4, Z23, block_dollar)
	MASK(Z4, Z24, block_lineEnd)
	MASK(Z4, Z25, block_math)
	MASK(Z4, Z26, block_money)
	MASK(Z4, Z27, block_equals)

	// { or [ or two letters of a phrase, in either case: v and a, k and i, m or p and s.
	VPORQ    Z25, Z0, Z6
	VPORQ    Z25, Z2, Z7
	VPCMPEQB Z8, Z6, K3
	VPCMPEQB Z9, Z7, K3, K3
	VPCMPEQB Z10, Z6, K4
	VPCMPEQB Z11, Z7, K4, K4
	VPCMPEQB Z12, Z6, K5
	VPCMPEQB Z13, Z6, K6
	KORQ     K3, K4, K3
	KORQ     K5, K6, K5
	VPCMPEQB Z14, Z7, K5, K5
	VPCMPEQB Z1, Z0, K4
	VPCMPEQB Z15, Z0, K6
	KORQ     K3, K5, K3
	KORQ     K4, K6, K4
	KORQ     K3, K4, K3
	KMOVQ    K3, block_phrase(DI)

	// Bytes beyond ASCII: 80 to BF, E5 to E9, D0 and D1.
	XORQ  R9, R9
	XORQ  R10, R10
	XORQ  R11, R11
	TESTQ R8, R8
	JZ    store
	VPCMPB  $1, Z28, Z0, K3
	KMOVQ   K3, R9
	VPSUBB  Z29, Z0, Z5
	VPCMPUB $2, Z22, Z5, K4
	KMOVQ   K4, R10
	VPSUBB  Z31, Z0, Z5
	VPCMPUB $2, Z20, Z5, K3
	KMOVQ   K3, R11

store:
	MOVQ R9, block_tail(DI)
	MOVQ R10, block_han(DI)
	MOVQ R11, block_cyrillic(DI)
	ADDQ $64, SI
	ADDQ $block__size, DI
	DECQ CX
	JNZ  loop
	VZEROUPPER
	MOVQ DX, high+32(FP)
	RET

// iota are the numbers 0 to 63.
DATA iota<>+0(SB)/8, $0x0706050403020100
DATA iota<>+8(SB)/8, $0x0f0e0d0c0b0a0908
DATA iota<>+16(SB)/8, $0x1716151413121110
DATA iota<>+24(SB)/8, $0x1f1e1d1c1b1a1918
DATA iota<>+32(SB)/8, $0x2726252423222120
DATA iota<>+40(SB)/8, $0x2f2e2d2c2b2a2928
DATA iota<>+48(SB)/8, $0x3736353433323130
DATA iota<>+56(SB)/8, $0x3f3e3d3c3b3a3938
GLOBL iota<>(SB), RODATA|NOPTR, $64

// func flatten512(mask *uint64, n int, out *uint32) (count int)
//
// The masks stand one in each block. Sixteen numbers are written at a time: out must have room for 16 more than there are bits.
TEXT ·flatten512(SB), NOSPLIT, $0-32
	MOVQ mask+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ out+16(FP), DI
	MOVQ DI, R8
	VMOVDQU64 iota<>(SB), Z0
	MOVL $64, AX
	VPBROADCASTD AX, Z1
	VPXORQ Z2, Z2, Z2 // number of the block's first bit

next:
	MOVQ  (SI), AX
	ADDQ  $block__size, SI
	TESTQ AX, AX
	JZ    done
	KMOVQ AX, K1
	POPCNTQ AX, BX
	VPCOMPRESSB.Z Z0, K1, Z3
	VPMOVZXBD X3, Z4
	VPADDD    Z2, Z4, Z4
	VMOVDQU64 Z4, (DI)
	CMPQ BX, $16
	JLE  step
	VEXTRACTI32X4 $1, Z3, X5
	VPMOVZXBD X5, Z4
	VPADDD    Z2, Z4, Z4
	VMOVDQU64 Z4, 64(DI)
	CMPQ BX, $32
	JLE  step
	VEXTRACTI32X4 $2, Z3, X5
	VPMOVZXBD X5, Z4
	VPADDD    Z2, Z4, Z4
	VMOVDQU64 Z4, 128(DI)
	VEXTRACTI32X4 $3, Z3, X5
	VPMOVZXBD X5, Z4
	VPADDD    Z2, Z4, Z4
	VMOVDQU64 Z4, 192(DI)

step:
	LEAQ (DI)(BX*4), DI

done:
	VPADDD Z1, Z2, Z2
	DECQ   CX
	JNZ    next
	VZEROUPPER
	SUBQ R8, DI
	SHRQ $2, DI
	MOVQ DI, count+24(FP)
	RET
