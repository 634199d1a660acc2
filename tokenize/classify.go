package tokenize

import (
	"encoding/binary"
	"math/bits"
)

// classifyGo makes the masks of a window, all of it, whatever its end may cut in two.
func (a *alphabet) classifyGo(p *[64]byte, m *masks) {
	t := &a.spread
	var r [8]uint64 // bit b of byte k of row g is bit k of what the table has for byte b of group g
	for g := range r {
		w := binary.LittleEndian.Uint64(p[8*g : 8*g+8])
		r[g] = t[w&255] | t[w>>8&255]<<1 | t[w>>16&255]<<2 | t[w>>24&255]<<3 |
			t[w>>32&255]<<4 | t[w>>40&255]<<5 | t[w>>48&255]<<6 | t[w>>56]<<7
	}
	m.letter, m.number, m.breaks, m.space, m.fourth, m.fifth, m.sixth, m.high = transpose(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7])
	a.characters(p, m)
}

// characters turns masks of bytes, as alphabet.spread has them, into those of characters.
func (a *alphabet) characters(p *[64]byte, m *masks) {
	m.first, m.cut = ^uint64(0), 0
	if m.high != 0 {
		a.beyond(p, m)
	}
}

// transpose turns byte k of word g into byte g of word k: two by two, four by four, and all.
func transpose(a0, a1, a2, a3, a4, a5, a6, a7 uint64) (uint64, uint64, uint64, uint64, uint64, uint64, uint64, uint64) {
	const m1, m2, m4 = 0x00FF00FF00FF00FF, 0x0000FFFF0000FFFF, 0x00000000FFFFFFFF
	a0, a1 = a0&m1|a1&m1<<8, a0>>8&m1|a1&^m1
	a2, a3 = a2&m1|a3&m1<<8, a2>>8&m1|a3&^m1
	a4, a5 = a4&m1|a5&m1<<8, a4>>8&m1|a5&^m1
	a6, a7 = a6&m1|a7&m1<<8, a6>>8&m1|a7&^m1
	a0, a2 = a0&m2|a2&m2<<16, a0>>16&m2|a2&^m2
	a1, a3 = a1&m2|a3&m2<<16, a1>>16&m2|a3&^m2
	a4, a6 = a4&m2|a6&m2<<16, a4>>16&m2|a6&^m2
	a5, a7 = a5&m2|a7&m2<<16, a5>>16&m2|a7&^m2
	return a0&m4 | a4<<32, a1&m4 | a5<<32, a2&m4 | a6<<32, a3&m4 | a7<<32,
		a0>>32 | a4&^m4, a1>>32 | a5&^m4, a2>>32 | a6&^m4, a3>>32 | a7&^m4
}

// beyond makes the masks of a window with characters beyond ASCII. m are those of its bytes, as alphabet.spread has them.
func (a *alphabet) beyond(p *[64]byte, m *masks) {
	high := m.high
	inner, three, four := m.number&high, m.breaks&high, m.space&high
	lead := high &^ inner
	whole := lead & (inner >> 1) & (inner>>2 | ^three) & (inner>>3 | ^four)
	bulk := m.fourth & whole
	m.cut = lead&(1<<63) | three&(3<<62) | four&(7<<61)
	var rows [8]uint64
	bad := a.lookUp(p, &rows, whole&^three, whole&three&^four&^bulk, whole&four)
	whole &^= bad
	m.squeeze = newSqueeze(^(whole<<1 | (whole&three)<<2 | (whole&four)<<3))
	m.first = m.squeeze.mask
	b0, b1, b2, b3, b4, b5, b6, _ := transpose(rows[0], rows[1], rows[2], rows[3], rows[4], rows[5], rows[6], rows[7])
	for k, f := range [7]*uint64{&m.letter, &m.number, &m.breaks, &m.space, &m.fourth, &m.fifth, &m.sixth} {
		x := [7]uint64{b0, b1, b2, b3, b4, b5, b6}[k] | *f&^high | bulk&-uint64(a.bulk>>k&1)
		if x != 0 {
			x = m.squeeze.pack(x)
		}
		*f = x
	}
	m.high = m.squeeze.pack(high)
}

// lookUp puts the bits of characters into rows, as classifyGo does; the masks tell where those of two, three and four bytes begin. It returns
// those that are none: spelled too long, a surrogate, or beyond the last code point.
func (a *alphabet) lookUp(p *[64]byte, rows *[8]uint64, two, three, four uint64) (bad uint64) {
	for x := two; x != 0; x &= x - 1 {
		i := bits.TrailingZeros64(x)
		key := uint32(p[i&63] & 31)
		if key < 2 {
			bad |= 1 << i
			continue
		}
		rows[i>>3&7] |= a.bits[a.pages[a.index[key]][p[(i+1)&63]&63]] << (i & 7)
	}
	for x := three; x != 0; x &= x - 1 {
		i := bits.TrailingZeros64(x)
		key := uint32(p[i&63])&15<<6 | uint32(p[(i+1)&63])&63
		if key < firstThree || key>>5 == surrogates>>5 {
			bad |= 1 << i
			continue
		}
		rows[i>>3&7] |= a.bits[a.pages[a.index[key]][p[(i+2)&63]&63]] << (i & 7)
	}
	for x := four; x != 0; x &= x - 1 {
		i := bits.TrailingZeros64(x)
		key := uint32(p[i&63])&15<<12 | uint32(p[(i+1)&63])&63<<6 | uint32(p[(i+2)&63])&63
		if key < firstFour || key >= pageCount {
			bad |= 1 << i
			continue
		}
		rows[i>>3&7] |= a.bits[a.pages[a.index[key]][p[(i+3)&63]&63]] << (i & 7)
	}
	return bad
}

// squeeze moves the bits of a mask together, and apart again (Warren, Hacker's Delight, 7-4 and 7-5): what BMI2 has instructions for.
type squeeze struct {
	mask uint64
	move [6]uint64 // the bits that move by 1, 2, 4, … in each step
}

func newSqueeze(mask uint64) (s squeeze) {
	s.mask = mask
	gaps := ^mask << 1
	for i := range s.move {
		// Bit b of odd tells whether an odd number of gaps is below it.
		odd := gaps ^ gaps<<1
		odd ^= odd << 2
		odd ^= odd << 4
		odd ^= odd << 8
		odd ^= odd << 16
		odd ^= odd << 32
		move := odd & mask
		s.move[i] = move
		mask = mask ^ move | move>>(1<<i)
		gaps &^= odd
	}
	return s
}

func (s *squeeze) pack(x uint64) uint64 {
	x &= s.mask
	for i, move := range s.move {
		t := x & move
		x = x ^ t | t>>(1<<i)
	}
	return x
}

func (s *squeeze) spread(x uint64) uint64 {
	for i := len(s.move) - 1; i >= 0; i-- {
		move := s.move[i]
		x = x&^move | x<<(1<<i)&move
	}
	return x & s.mask
}

// emitGo writes where the pieces end that the starts behind the first one end, and tells how many these are. What stands in ends behind
// them is overwritten.
func emitGo(ends *[64]int, pos int, starts uint64) int {
	starts &= starts - 1
	n := bits.OnesCount64(starts)
	for i := 0; i < n; i += 4 {
		four := (*[4]int)(ends[i&60:])
		for k := range four {
			four[k] = pos + bits.TrailingZeros64(starts)
			starts &= starts - 1
		}
	}
	return n
}
