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
		x.sign |= han | cyrillic
		for m := k.high &^ (k.tail | k.han | k.cyrillic); m != 0; m &= m - 1 {
			at := 64*b + bits.TrailingZeros64(m)
			r, size := utf8.DecodeRune(s.text[padding+at:])
			s.setWide(table, table.of(r), r, at, size)
		}
	}
}

// manyIdeographs tells whether at least one letter in four is Han or Hiragana: a text in Chinese or Japanese, not one that quotes it.
func (s *scanner) manyIdeographs() bool {
	ideographs, letters := 0, 0
	for b := range s.blocks {
		ideographs += bits.OnesCount64(s.wide[b].ideoStart)
		letters += bits.OnesCount64(s.blocks[b].letter &^ s.blocks[b].tail)
	}
	return ideographs > 0 && 4*ideographs >= letters
}

// joinIdeographs makes them letters as others are.
func (s *scanner) joinIdeographs() {
	for b := range s.wide {
		s.wide[b].ideo, s.wide[b].ideoStart = 0, 0
	}
}

// spread is the bits of a character of size bytes at offset at: in its block and in the next.
func spread(at, size int) (low, over uint64) {
	all, shift := uint64(1)<<size-1, uint(at&63)
	return all << shift, all >> (64 - shift)
}

// setWide enters a character of size bytes at offset at.
func (s *scanner) setWide(table *runeTable, cell cell, r rune, at, size int) {
	b := at >> 6
	low, over := spread(at, size)
	k, x, y := &s.blocks[b], &s.wide[b], &s.wide[b+1]
	next := &block{}
	if b+1 < len(s.blocks) {
		next = &s.blocks[b+1]
	}
	switch cell & classMask {
	case classSpace:
		k.space |= low
		next.space |= over
		if cell&flagBreak != 0 {
			x.lineEnd |= 1 << (at & 63)
		}
		return
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
	case classOther:
		s.setSign(table, cell, r, at, size)
	}
	if cell&flagPunct != 0 {
		x.noSign |= low
		y.noSign |= over
	} else {
		x.sign |= low
		y.sign |= over
	}
	if cell&flagEnd != 0 {
		last := at + size - 1
		s.wide[last>>6].end |= 1 << (last & 63)
	}
}

// setSign enters what is neither space nor part of words.
func (s *scanner) setSign(table *runeTable, cell cell, r rune, at, size int) {
	low, over := spread(at, size)
	x, y := &s.wide[at>>6], &s.wide[at>>6+1]
	switch {
	case r == '…':
		s.ellipses++
		fallthrough
	case cell&flagSolo != 0 || (r == '–' || r == '—') && s.between(table, at, size, true):
		x.solo |= low
		y.solo |= over
	case cell&flagAffix != 0:
		x.affix |= low
		y.affix |= over
		if r == '’' && s.between(table, at, size, false) {
			if cut := s.contraction(at, size); cut >= 0 {
				s.wide[cut>>6].cut |= 1 << (cut & 63)
			}
		}
	}
}

// between tells whether a character stands between a letter (or a digit) and a letter.
func (s *scanner) between(table *runeTable, at, size int, orDigit bool) bool {
	if at == 0 || at+size >= s.n {
		return false
	}
	doc := s.text[padding : padding+s.n]
	before, _ := utf8.DecodeLastRune(doc[:at])
	after, _ := utf8.DecodeRune(doc[at+size:])
	letter := func(r rune) bool { c := table.of(r) & classMask; return c == classLetter || c == classIdeo }
	return (letter(before) || orDigit && table.of(before)&classMask == classDigit) && letter(after)
}
