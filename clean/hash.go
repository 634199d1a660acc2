package clean

import (
	"encoding/binary"
	"math/bits"
)

// Multipliers of the identity hash, odd numbers without pattern.
const (
	mul0 = 0x9E3779B97F4A7C15
	mul1 = 0xA0761D6478BD642F
	mul2 = 0xE7037ED1A0B428DB
)

func fold(a, b uint64) uint64 {
	h, l := bits.Mul64(a, b)
	return h ^ l
}

// hashBytes is a 64-bit identity of b[i:i+n]; b must reach 8 bytes past the end. Identity is by hash alone: a text made to
// collide can be judged to repeat itself where it does not, which harms nobody but its author.
func hashBytes(b []byte, i, n int) uint64 {
	if n <= 16 {
		return hashShort(b[i:], n)
	}
	h := uint64(n) * mul2
	end := i + n - 16
	h2 := h
	for end-i > 16 {
		p := b[i : i+32]
		h = fold(binary.LittleEndian.Uint64(p)^mul0, binary.LittleEndian.Uint64(p[8:])^h)
		h2 = fold(binary.LittleEndian.Uint64(p[16:])^mul2, binary.LittleEndian.Uint64(p[24:])^h2)
		i += 32
	}
	if i < end {
		h = fold(binary.LittleEndian.Uint64(b[i:])^mul0, binary.LittleEndian.Uint64(b[i+8:])^h)
	}
	return fold(binary.LittleEndian.Uint64(b[end:])^mul1, binary.LittleEndian.Uint64(b[end+8:])^h^bits.RotateLeft64(h2, 23))
}

// hashShort is hashBytes of b[:n] for n up to 16.
func hashShort(b []byte, n int) uint64 {
	over := n - 8
	short := over & (over >> 63) // n-8 where n < 8, else 0, without a jump
	shift := uint(-short) * 8 & 127
	x := binary.LittleEndian.Uint64(b) << shift
	y := binary.LittleEndian.Uint64(b[over-short:]) << shift
	return fold(x^mul0, y^(mul1+uint64(n)*mul2))
}

// hashWord is hashBytes of a string, for tables made ahead.
func hashWord(w string) uint64 {
	b := make([]byte, len(w)+16)
	copy(b, w)
	return hashBytes(b, 0, len(w))
}

// table is an open-addressing table of indices that need not be cleared: a slot is base + index, and what is below base is old.
type table struct {
	slots []uint32
	base  uint32
	shift uint8
}

// reset makes room for n keys at a load of a quarter at most.
func (t *table) reset(n int) {
	want := 64
	for want < 4*n {
		want <<= 1
	}
	if len(t.slots) < want {
		t.slots = make([]uint32, want)
		t.base = 1
	}
	t.shift = uint8(64 - bits.TrailingZeros(uint(want)))
	if uint64(t.base)+uint64(n)+2 > 1<<32-1 {
		clear(t.slots)
		t.base = 1
	}
}

// done makes the n keys of this use old.
func (t *table) done(n int) { t.base += uint32(n) + 1 }

// insert tells whether key is among keys[:n], and if not stores it as keys[n].
func (t *table) insert(keys []uint64, n int, key, spread uint64) bool {
	mask := uint64(1)<<(64-t.shift) - 1
	for s := key * spread >> t.shift; ; s = (s + 1) & mask {
		g := t.slots[s] - t.base
		if g >= uint32(n) { // empty or old: both wrap to a large number
			t.slots[s] = t.base + uint32(n)
			keys[n] = key
			return false
		}
		if keys[g] == key {
			return true
		}
	}
}

// grow gives a slice of n elements, the old memory if it reaches. The contents are whatever they were.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4+64)
	}
	return s[:n]
}
