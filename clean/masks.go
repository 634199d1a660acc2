package clean

import "encoding/binary"

// block holds, for 64 bytes of text, one bit per byte and property. Bit i stands for byte i.
type block struct {
	letter, upper, digit, space     uint64
	newline, dot, affix, apostrophe uint64 // \n | . | stripped from the ends of a run of non-space | '
	end, hyphen, infix, dollar      uint64 // . ! ? | - | splits between letters: , : < > = / | $
	lineEnd, math, money, equals    uint64 // ends a line for splitlines, \n aside | + * | $ % | =
	high, tail                      uint64 // 0x80 and above | UTF-8 continuation
	han, cyrillic                   uint64 // lead bytes E5–E9 and D0–D1: letters without decoding
	phrase                          uint64 // { or [ or two letters that some phrase of C4 has
	// Made by tokenize.
	prefix, suffix uint64 // may be stripped from the front | is stripped from the back
	cut            uint64 // a contraction begins: the n of n't, the ' of 's
	from, to       uint64 // a token begins | the byte behind one
	sentence       uint64 // the byte behind the first word of a sentence that is not the line's first
	start          uint64 // a run of non-space begins
}

// wide holds what only characters beyond ASCII need.
type wide struct {
	ideo, ideoStart uint64 // Han and Hiragana
	affix, solo     uint64 // stripped from the ends | a token wherever it stands
	sign, noSign    uint64 // neither letter nor digit, but not in the punctuation set | in it, though a letter or digit
	lineEnd, end    uint64 // end: the last byte of a character that ends sentences
	cut             uint64
}

const (
	bitLetter = 1 << iota
	bitUpper
	bitDigit
	bitSpace
	bitNewline
	bitDot
	bitAffix
	bitApostrophe
	bitEnd
	bitHyphen
	bitInfix
	bitDollar
	bitLineEnd
	bitMath
	bitMoney
	bitEquals
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
			if c <= 'Z' {
				t[c] |= bitUpper
			}
		}
		if c == '\n' {
			t[c] |= bitNewline
		} else if pythonBreak(c) {
			t[c] |= bitLineEnd
		}
	}
	for _, p := range []struct {
		bit   uint16
		chars string
	}{{bitDot, "."}, {bitAffix, ",:;!?()[]{}<>_#*&'\"`"}, {bitApostrophe, "'"}, {bitEnd, ".!?"}, {bitHyphen, "-"}, {bitInfix, ",:<>=/"},
		{bitDollar, "$"}, {bitMath, "+*"}, {bitMoney, "$%"}, {bitEquals, "="}} {
		for _, c := range p.chars {
			t[c] |= p.bit
		}
	}
	return t
}()

// Two letters that stand in each phrase that C4 looks for, and rarely elsewhere: ja[va]script, pri[va]cy policy, coo[ki]e,
// ter[ms] of use, lorem i[ps]um. The last bit is for { and [, whatever follows.
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
	a['{'], a['['] = 8, 8
	for i := range b {
		b[i] |= 8
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
			var a, b, p uint64
			for k := range 8 {
				c := q[j+1+k]
				e := asciiBits[c]
				a |= uint64(e&0xFF) << (8 * k)
				b |= uint64(e>>8) << (8 * k)
				p |= uint64(phraseFirst[c]&phraseSecond[q[j+2+k]]) << (8 * k)
			}
			if p != 0 {
				p |= p>>1 | p>>2 | p>>3
				o.phrase |= (p & lowBits) << 7 * gather >> 56 << j
			}
			t := transpose(a)
			o.letter |= t & 255 << j
			o.upper |= t >> 8 & 255 << j
			o.digit |= t >> 16 & 255 << j
			o.space |= t >> 24 & 255 << j
			o.newline |= t >> 32 & 255 << j
			o.dot |= t >> 40 & 255 << j
			o.affix |= t >> 48 & 255 << j
			o.apostrophe |= t >> 56 << j
			if b != 0 {
				t = transpose(b)
				o.end |= t & 255 << j
				o.hyphen |= t >> 8 & 255 << j
				o.infix |= t >> 16 & 255 << j
				o.dollar |= t >> 24 & 255 << j
				o.lineEnd |= t >> 32 & 255 << j
				o.math |= t >> 40 & 255 << j
				o.money |= t >> 48 & 255 << j
				o.equals |= t >> 56 << j
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
