//go:build !noasm

package clean

import (
	"sync"

	"golang.org/x/sys/cpu"
)

// has512 tells whether the processor looks up and compresses bytes in vectors of 64 (AVX-512 VBMI and VBMI2, from Ice Lake and Zen 4).
var has512 = cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VBMI && cpu.X86.HasAVX512VBMI2

// classify512 is classifyPlain of n blocks from text[0]; high is the union of their bytes beyond ASCII.
//
//go:noescape
func classify512(text *byte, blocks *block, n int, table *[2][128]uint8) (high uint64)

// flatten512 writes the numbers of the set bits of n masks, which stand one in each block, and returns how many there are.
//
//go:noescape
func flatten512(mask *uint64, n int, out *uint32) (count int)

// asciiBytes are asciiBits as two tables of a byte each.
var asciiBytes = sync.OnceValue(func() *[2][128]uint8 {
	var t [2][128]uint8
	for c := range 128 {
		t[0][c], t[1][c] = uint8(asciiBits[c]), uint8(asciiBits[c]>>8)
	}
	return &t
})

func classify(text []byte, from int, blocks []block) (anyHigh bool) {
	if !has512 || len(blocks) == 0 {
		return classifyPlain(text, from, blocks)
	}
	_ = text[from-1 : from+64*len(blocks)+1]
	return classify512(&text[from], &blocks[0], len(blocks), asciiBytes()) != 0
}

// flatten puts the numbers of the bits set in the mask m of all blocks into dst; count says how many there are at most.
func flatten(dst []uint32, blocks []block, m maskOf, count int) []uint32 {
	if !has512 || len(blocks) == 0 {
		return flattenPlain(dst, blocks, m, count)
	}
	dst = grow(dst, count+flattenRoom)
	return dst[:flatten512(m.of(&blocks[0]), len(blocks), &dst[0])]
}
