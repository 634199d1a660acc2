package clean

import "encoding/binary"

// block holds, for 64 bytes of text, one bit per byte and property. Bit i stands for byte i.
type block struct {
	letter, digit, space, newline uint64
	end, dot, joiner, comma       uint64 // . ! ? | . | ' | ,
	hash, brace, bracket, lineEnd uint64 // # | { | [ | ends a line for splitlines, \n aside
	closer                        uint64 // " ' ) ]
	same                          uint64 // equal to the byte before
	high, tail                    uint64 // 0x80 and above | UTF-8 continuation
	han, cyrillic                 uint64 // lead bytes E5–E9 and D0–D1: letters without decoding
	phrase                        uint64 // two letters here that some phrase of C4 has
	sentence, start               uint64 // a sentence ends | a run of non-space starts; these and the next two are made by tokenize
	from, to                      uint64 // a token begins | the byte behind one
}

// wide holds what only characters beyond ASCII need.
type wide struct {
	ideo, ideoStart    uint64 // Han and Hiragana
	mark, joined       uint64 // class mark | U+2019 between letters
	otherStart, noSign uint64 // start of a run of one other character | not in the punctuation set
	lineEnd, sentence  uint64
}

const (
	bitLetter = 1 << iota
	bitDigit
	bitSpace
	bitNewline
	bitEnd
	bitDot
	bitJoiner
	bitComma
	bitHash
	bitBrace
	bitBracket
	bitLineEnd
	bitCloser
)

// asciiBits are the properties of the ASCII bytes; bytes from 0x80 have none.
var asciiBits = func() (t [256]uint16) {
	for c := range rune(0x80) {
		switch {
		case pythonSpace(c):
			t[c] |= bitSpace
		case c >= '0' && c <= '9':
			t[c] |= bitDigit
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			t[c] |= bitLetter
		}
		if c == '\n' {
			t[c] |= bitNewline
		} else if pythonBreak(c) {
			t[c] |= bitLineEnd
		}
	}
	for c, b := range map[byte]uint16{'.': bitEnd | bitDot, '!': bitEnd, '?': bitEnd, '\'': bitJoiner | bitCloser, ',': bitComma,
		'#': bitHash, '{': bitBrace, '[': bitBracket, '"': bitCloser, ')': bitCloser, ']': bitCloser} {
		t[c] |= b
	}
	return t
}()

// Two letters that stand in each phrase that C4 looks for, and rarely elsewhere: ja[va]script, pri[va]cy policy, coo[ki]e,
// ter[ms] of use, lorem i[ps]um.
var phraseFirst, phraseSecond = func() (a, b [256]uint8) {
	for _, p := range []struct {
		bit uint8
		two string
	}{{1, "va"}, {2, "ki"}, {4, "ms"}, {4, "ps"}} {
		for _, capital := range []byte{0, 0x20} {
			a[p.two[0]&^capital] |= p.bit
			b[p.two[1]&^capital] |= p.bit
		}
	}
	return a, b
}()

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
	gather   = 0x0002040810204081 // moves bits 7, 15, …, 63 to the top byte
)

// transpose turns eight bytes into eight bit planes: bit j of byte i goes to bit i of byte j.
func transpose(x uint64) uint64 {
	t := (x ^ x>>7) & 0x00AA00AA00AA00AA
	x = x ^ t ^ t<<7
	t = (x ^ x>>14) & 0x0000CCCC0000CCCC
	x = x ^ t ^ t<<14
	t = (x ^ x>>28) & 0x00000000F0F0F0F0
	return x ^ t ^ t<<28
}

// classifyPlain fills blocks from padded text: text[from:] holds 64 bytes for each block, and one byte stands before and after.
func classifyPlain(text []byte, from int, blocks []block) (anyHigh bool) {
	var high uint64
	for i := range blocks {
		q := (*[66]byte)(text[from+64*i-1:])
		o := &blocks[i]
		*o = block{}
		for j := 0; j < 64; j += 8 {
			x := binary.LittleEndian.Uint64(q[j+1 : j+9])
			if h := x & highBits; h != 0 {
				classifyHigh(o, x, j)
			}
			// A byte is zero where it equals the one before it.
			y := x ^ binary.LittleEndian.Uint64(q[j:j+8])
			y = ^((y&^highBits + 0x7F7F7F7F7F7F7F7F) | y) & highBits
			o.same |= y * gather >> 56 << j
			var a, b, p uint64
			for k := range 8 {
				c := q[j+1+k]
				e := asciiBits[c]
				a |= uint64(e&0xFF) << (8 * k)
				b |= uint64(e>>8) << (8 * k)
				p |= uint64(phraseFirst[c]&phraseSecond[q[j+2+k]]) << (8 * k)
			}
			if p != 0 {
				p |= p>>1 | p>>2
				o.phrase |= (p & lowBits) << 7 * gather >> 56 << j
			}
			t := transpose(a)
			o.letter |= t & 255 << j
			o.digit |= t >> 8 & 255 << j
			o.space |= t >> 16 & 255 << j
			o.newline |= t >> 24 & 255 << j
			o.end |= t >> 32 & 255 << j
			o.dot |= t >> 40 & 255 << j
			o.joiner |= t >> 48 & 255 << j
			o.comma |= t >> 56 << j
			if b != 0 {
				t = transpose(b)
				o.hash |= t & 255 << j
				o.brace |= t >> 8 & 255 << j
				o.bracket |= t >> 16 & 255 << j
				o.lineEnd |= t >> 24 & 255 << j
				o.closer |= t >> 32 & 255 << j
			}
		}
		high |= o.high
	}
	return high != 0
}

// classifyHigh sorts the eight bytes of x at bit j of a block that has bytes beyond ASCII.
func classifyHigh(o *block, x uint64, j int) {
	o.high |= (x & highBits) * gather >> 56 << j
	for k := range 8 {
		switch c := byte(x >> (8 * k)); {
		case c < 0x80:
		case c < 0xC0:
			o.tail |= 1 << (j + k)
		case c-0xE5 <= 4:
			o.han |= 1 << (j + k)
		case c-0xD0 <= 1:
			o.cyrillic |= 1 << (j + k)
		}
	}
}
