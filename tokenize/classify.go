package tokenize

import (
	"encoding/binary"
	"math/bits"
)

// classifyGo makes the masks of a window, all of it, whatever its end may cut in two.
func (a *alphabet) classifyGo(p *[64]byte, m *masks) {
	var rows [8]uint64
	tab := &a.spread
	for g := range rows {
		w := binary.LittleEndian.Uint64(p[8*g : 8*g+8])
		rows[g] = tab[w&255] | tab[w>>8&255]<<1 | tab[w>>16&255]<<2 | tab[w>>24&255]<<3 |
			tab[w>>32&255]<<4 | tab[w>>40&255]<<5 | tab[w>>48&255]<<6 | tab[w>>56]<<7
	}
	transpose(&rows)
	if rows[7] == 0 {
		m.set(&rows)
		m.first, m.cut = ^uint64(0), 0
		return
	}
	a.beyond(p, m, &rows)
}

func (m *masks) set(rows *[8]uint64) {
	m.letter, m.number, m.breaks, m.space = rows[0], rows[1], rows[2], rows[3]
	m.fourth, m.fifth, m.sixth, m.high = rows[4], rows[5], rows[6], rows[7]
}

// transpose turns bit b of byte k of word g into bit b of byte g of word k.
func transpose(a *[8]uint64) {
	const m1, m2, m4 = 0x00FF00FF00FF00FF, 0x0000FFFF0000FFFF, 0x00000000FFFFFFFF
	for i := 0; i < 8; i += 2 {
		t := (a[i]>>8 ^ a[i+1]) & m1
		a[i+1] ^= t
		a[i] ^= t << 8
	}
	for _, i := range [4]int{0, 1, 4, 5} {
		t := (a[i]>>16 ^ a[i+2]) & m2
		a[i+2] ^= t
		a[i] ^= t << 16
	}
	for i := range 4 {
		t := (a[i]>>32 ^ a[i+4]) & m4
		a[i+4] ^= t
		a[i] ^= t << 32
	}
}

// beyond makes the masks of a window with characters beyond ASCII. of are the masks of its bytes as alphabet.spread has them.
func (a *alphabet) beyond(p *[64]byte, m *masks, of *[8]uint64) {
	high := of[7]
	inner, three, four, bulk := of[1]&high, of[2]&high, of[3]&high, of[4]&high
	lead := high &^ inner
	whole := lead & (inner >> 1) & (inner>>2 | ^three) & (inner>>3 | ^four)
	bulk &= whole
	var rows [8]uint64
	var bad uint64
	add := func(i int, key uint32, ok bool, last byte) {
		if !ok {
			bad |= 1 << i
			return
		}
		rows[i>>3&7] |= a.bits[a.pages[a.index[key]][last&63]] << (i & 7)
	}
	for x := whole &^ three; x != 0; x &= x - 1 {
		i := bits.TrailingZeros64(x)
		key := uint32(p[i&63] & 31)
		add(i, key, key > 1, p[(i+1)&63])
	}
	for x := whole & three &^ four &^ bulk; x != 0; x &= x - 1 {
		i := bits.TrailingZeros64(x)
		key := uint32(p[i&63])&15<<6 | uint32(p[(i+1)&63])&63
		add(i, key, key >= firstThree && key>>5 != surrogates>>5, p[(i+2)&63])
	}
	for x := whole & four; x != 0; x &= x - 1 {
		i := bits.TrailingZeros64(x)
		key := uint32(p[i&63])&15<<12 | uint32(p[(i+1)&63])&63<<6 | uint32(p[(i+2)&63])&63
		add(i, key, key >= firstFour && key < pageCount, p[(i+3)&63])
	}
	whole &^= bad
	transpose(&rows)
	m.first = ^(whole<<1 | (whole&three)<<2 | (whole&four)<<3)
	m.cut = lead&(1<<63) | three&(3<<62) | four&(7<<61)
	m.squeeze = newSqueeze(m.first)
	for k := range rows[:7] {
		x := rows[k] | of[k]&^high | bulk&-uint64(a.bulk>>k&1)
		if x != 0 {
			x = m.squeeze.pack(x)
		}
		rows[k] = x
	}
	rows[7] = m.squeeze.pack(high)
	m.set(&rows)
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
