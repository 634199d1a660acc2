package clean

import (
	"math/bits"
	"unicode/utf8"
)

// classifyWide decodes what is beyond ASCII, except the Han and Cyrillic letters that their lead bytes give away.
func (s *scanner) classifyWide() {
	s.wide = grow(s.wide, len(s.blocks)+1)
	clear(s.wide)
	table := runes()
	lastOther, lastEnd := rune(-1), -1
	var overHan, overCyrillic uint64 // bits that spill into the next block
	for b := range s.blocks {
		k, x := &s.blocks[b], &s.wide[b]
		if k.high == 0 && overHan|overCyrillic == 0 {
			continue
		}
		han := k.han | k.han<<1 | k.han<<2 | overHan
		overHan = k.han>>62&1 | k.han>>63*3
		cyrillic := k.cyrillic | k.cyrillic<<1 | overCyrillic
		overCyrillic = k.cyrillic >> 63
		k.letter |= han | cyrillic
		x.ideo |= han
		x.ideoStart |= k.han
		for m := k.high &^ (k.tail | k.han | k.cyrillic); m != 0; m &= m - 1 {
			at := 64*b + bits.TrailingZeros64(m)
			r, size := utf8.DecodeRune(s.text[padding+at:])
			cell := table.of(r)
			if cell&classMask != classOther {
				s.setWide(b, at, size, cell)
				continue
			}
			low, over := spread(at, size)
			y := &s.wide[b+1]
			if r == '’' && s.betweenLetters(table, at, size) {
				x.joined |= low
				y.joined |= over
				continue
			}
			if r == '…' {
				s.ellipses++
			}
			if r != lastOther || lastEnd != at {
				x.otherStart |= 1 << (at & 63)
			}
			lastOther, lastEnd = r, at+size
			if cell&flagPunct == 0 {
				x.noSign |= low
				y.noSign |= over
			}
			if cell&flagSentence != 0 {
				last := at + size - 1
				s.wide[last>>6].sentence |= 1 << (last & 63)
			}
		}
	}
}

// spread is the bits of a character of size bytes at offset at: in its block and in the next.
func spread(at, size int) (low, over uint64) {
	all, shift := uint64(1)<<size-1, uint(at&63)
	return all << shift, all >> (64 - shift)
}

// setWide enters a letter, digit, mark or space.
func (s *scanner) setWide(b, at, size int, cell uint8) {
	low, over := spread(at, size)
	k, x, y := &s.blocks[b], &s.wide[b], &s.wide[b+1]
	next := &block{}
	if b+1 < len(s.blocks) {
		next = &s.blocks[b+1]
	}
	switch cell & classMask {
	case classIdeo:
		x.ideo |= low
		y.ideo |= over
		x.ideoStart |= 1 << (at & 63)
		fallthrough
	case classLetter:
		k.letter |= low
		next.letter |= over
	case classDigit:
		k.digit |= low
		next.digit |= over
	case classMark:
		x.mark |= low
		y.mark |= over
	case classSpace:
		k.space |= low
		next.space |= over
		if cell&flagBreak != 0 {
			x.lineEnd |= 1 << (at & 63)
		}
	}
	if cell&flagPunct != 0 && cell&classMask != classSpace {
		s.oddSign = true
	}
}

func (s *scanner) betweenLetters(table *runeTable, at, size int) bool {
	if at == 0 || at+size >= s.n {
		return false
	}
	doc := s.text[padding : padding+s.n]
	before, _ := utf8.DecodeLastRune(doc[:at])
	after, _ := utf8.DecodeRune(doc[at+size:])
	return table.of(before)&classMask == classLetter && table.of(after)&classMask == classLetter
}

// recountSigns counts the words that are not symbols one by one. It runs only on texts with a punctuation character that the
// masks take for part of a word, such as U+FF11.
func (s *scanner) recountSigns() {
	table := runes()
	s.signWords, s.signChars = 0, 0
	for i, from := range s.from {
		word := s.text[padding+int(from) : padding+int(s.to[i])]
		for j := 0; j < len(word); {
			r, size := utf8.DecodeRune(word[j:])
			if c := table.of(r); c&flagPunct == 0 && (r >= 0x80 || c&classMask != classOther) {
				s.signWords++
				s.signChars += utf8.RuneCount(word)
				break
			}
			j += size
		}
	}
}
