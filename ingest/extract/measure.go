package extract

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// Eight bytes at a time (Lamport, Multiple byte processing with full-word instructions, 1975): a word of eight bytes in which the
// high bit of a byte says whether something holds for it.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
	lows  = ^uint64(highs)
)

// bytesEqual marks the bytes of x that are c.
func bytesEqual(x uint64, c byte) uint64 {
	x ^= ones * uint64(c)
	return ^(x&lows + lows | x) & highs
}

// bytesBelow marks the bytes of x that are below c, of ASCII. c is at most 0x80.
func bytesBelow(x uint64, c byte) uint64 {
	return ^(x&lows + ones*uint64(0x80-c) | x) & highs
}

// spaces marks the ASCII white space in x, a vertical tab included.
func spaces(x uint64) uint64 { return bytesEqual(x, ' ') | bytesBelow(x, 14)&^bytesBelow(x, 9) }

// measure counts the words, characters and sentence ends of source text. Han, kana and Hangul count a word each character.
func measure(s []byte, nd *node) {
	var m meter
	i := 0
	for ; i+8 <= len(s); i += 8 {
		x := binary.LittleEndian.Uint64(s[i:])
		if gap := bytesEqual(x, '&') | bytesEqual(x, 0xC2); gap != 0 && hasGap(s[i:], gap) {
			i = m.slow(s, i, i+8) - 8
			continue
		}
		m.fast(x)
	}
	if rest := len(s) - i; rest > 0 && len(s) >= 8 && bytes.IndexByte(s[i:], '&') < 0 && bytes.IndexByte(s[i:], 0xC2) < 0 {
		x := binary.LittleEndian.Uint64(s[len(s)-8:])
		m.fast(x>>(8*(8-rest)) | ones*' '<<(8*rest)) // filled up with spaces
	} else if rest > 0 {
		m.slow(s, i, len(s))
	}
	nd.words, nd.chars, nd.sents = int32(m.words), int32(m.chars), int32(m.sents)
}

// hasGap reports whether one of the marked bytes at the start of s begins a no-break space.
func hasGap(s []byte, marks uint64) bool {
	for ; marks != 0; marks &= marks - 1 {
		if spaceLength(s[bits.TrailingZeros64(marks)/8:]) > 0 {
			return true
		}
	}
	return false
}

type meter struct {
	words, chars, sents int
	inWord              uint64 // 0x80 where the last byte was part of a word
}

// fast takes eight bytes without no-break spaces.
func (m *meter) fast(x uint64) {
	word := ^spaces(x) & highs
	begin := word &^ (word<<8 | m.inWord)
	m.inWord = word >> 56
	m.words += bits.OnesCount64(begin)
	m.sents += bits.OnesCount64(bytesEqual(x, '.') | bytesEqual(x, '!') | bytesEqual(x, '?'))
	if x&highs == 0 {
		m.chars += bits.OnesCount64(word)
		return
	}
	m.chars += bits.OnesCount64(word &^ (x & highs &^ (x << 1)))
	if wide := x & (x << 1) & (x << 2) & highs; wide != 0 { // 0xE0 and above
		y := x ^ wide // without the high bit: 0x63 to 0x6D are wanted
		m.words += bits.OnesCount64(bytesBelow(y, 0x6E) &^ bytesBelow(y, 0x63) & wide &^ begin)
	}
}

// slow takes the bytes of s from i up to end, or a little more where a no-break space stands across it, and returns where it stopped.
func (m *meter) slow(s []byte, i, end int) int {
	for ; i < end; i++ {
		b := s[i]
		c := bclass[b]
		if c&cSpace != 0 || b == '\v' {
			m.inWord = 0
			continue
		}
		if c&cEntity != 0 {
			if w := spaceLength(s[i:]); w > 0 {
				i += w - 1
				m.inWord = 0
				continue
			}
		}
		if b&0xC0 != 0x80 {
			m.chars++
		}
		if m.inWord == 0 {
			m.inWord = 0x80
			m.words++
		} else if b >= 0xE3 && b <= 0xED {
			m.words++
		}
		if c&cSent != 0 {
			m.sents++
		}
	}
	return i
}

// spaceLength is how many bytes a no-break space at the start of s takes, written out or as "&nbsp;"; 0 if there is none.
func spaceLength(s []byte) int {
	if len(s) >= 2 && s[0] == 0xC2 && s[1] == 0xA0 {
		return 2
	}
	if len(s) >= 5 && s[0] == '&' && s[1] == 'n' && s[2] == 'b' && s[3] == 's' && s[4] == 'p' {
		if len(s) > 5 && s[5] == ';' {
			return 6
		}
		return 5
	}
	return 0
}
