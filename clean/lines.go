package clean

import "math/bits"

// line is a piece of a text between line ends, [from, to) in bytes, and [trimFrom, trimTo) without space at its ends.
type line struct {
	from, to, trimFrom, trimTo int32
	chars                      int32 // code points of the whole line; set where lines end at "\n"
	dup                        bool  // the same line stood before; set where lines end at "\n"
}

// splitLines finds lines and paragraphs and counts those that repeat. The peer has four rules for what a line is: "\n" alone,
// runs of "\n", two or more "\n" (paragraphs, of the trimmed text), and every line end that Python knows.
func (s *scanner) splitLines() {
	n := s.n
	s.lines = s.lines[:0]
	s.paragraphs, s.dupParas, s.dupParaChar, s.splits, s.dupSplits, s.dupSplitChr = 0, 0, 0, 0, 0, 0
	ends := append(s.newlines, uint32(n))
	s.newlines = ends[:len(ends)-1]
	s.lineTable.reset(len(ends))
	s.paraTable.reset(len(ends))
	s.lineKeys, s.paraKeys = grow(s.lineKeys, len(ends)), grow(s.paraKeys, len(ends))
	textFrom, textTo := s.trim(0, n)
	text := s.text[padding:]
	from, unique := 0, 0
	p := paragraph{from: -1}
	for _, end := range ends {
		to := int(end)
		if to == from {
			s.closeParagraph(&p)
			if to < n {
				s.lines = append(s.lines, line{from: int32(from), to: int32(to), trimFrom: int32(from), trimTo: int32(to)})
			}
			from = to + 1
			continue
		}
		h := hashBytes(text, from, to-from)
		l := line{from: int32(from), to: int32(to), chars: int32(s.runesIn(from, to))}
		a, b := s.trim(from, to)
		l.trimFrom, l.trimTo = int32(a), int32(b)
		l.dup = s.lineTable.insert(s.lineKeys, unique, h, s.spread)
		s.splits++
		if l.dup {
			s.dupSplits++
			s.dupSplitChr += int(l.chars)
		} else {
			unique++
		}
		s.lines = append(s.lines, l)
		if to > textFrom && from < textTo {
			a, b := max(from, textFrom), min(to, textTo)
			if a != from || b != to {
				h = hashBytes(text, a, b-a)
			}
			if p.from < 0 {
				p.from = a
			}
			p.to = b
			p.hash = fold(p.hash^h^mul2, mul1)
		}
		from = to + 1
	}
	s.closeParagraph(&p)
	s.paragraphs = max(s.paragraphs, 1) // splitting an empty text gives one empty piece
	s.emptySplits()
	s.lineTable.done(len(ends))
	s.paraTable.done(len(ends))
	s.splitBreaks()
}

// paragraph is one being read; unique counts the different ones so far.
type paragraph struct {
	from, to, unique int
	hash             uint64
}

func (s *scanner) closeParagraph(p *paragraph) {
	if p.from < 0 {
		return
	}
	s.paragraphs++
	if s.paraTable.insert(s.paraKeys, p.unique, p.hash, s.spread) {
		s.dupParas++
		s.dupParaChar += s.runesIn(p.from, p.to)
	} else {
		p.unique++
	}
	p.from, p.hash = -1, 0
}

// emptySplits counts the empty pieces that splitting on runs of "\n" gives before a leading and after a trailing run.
func (s *scanner) emptySplits() {
	if s.n == 0 {
		s.splits = 1
		return
	}
	first, last := s.text[padding] == '\n', s.text[padding+s.n-1] == '\n'
	if first {
		s.splits++
	}
	if last {
		s.splits++
	}
	if first && last {
		s.dupSplits++
	}
}

// splitBreaks finds the lines of Python's splitlines.
func (s *scanner) splitBreaks() {
	var others uint64
	for i := range s.blocks {
		others |= s.blocks[i].lineEnd
	}
	if s.anyHigh {
		for i := range s.wide {
			others |= s.wide[i].lineEnd
		}
	}
	if others == 0 {
		s.breaks = s.lines
		return
	}
	s.others = s.others[:0]
	from := 0
	for i := 0; i < s.n; {
		k := &s.blocks[i>>6]
		m := k.newline | k.lineEnd
		if s.anyHigh {
			m |= s.wide[i>>6].lineEnd
		}
		if m &= ^uint64(0) << (uint(i) & 63); m == 0 {
			i = i&^63 + 64
			continue
		}
		end := i&^63 + bits.TrailingZeros64(m)
		if end >= s.n {
			break
		}
		s.addBreak(from, end)
		c := s.text[padding+end]
		i = end + 1
		switch {
		case c == '\r' && i < s.n && s.text[padding+i] == '\n':
			i++
		case c >= 0xE0:
			i += 2
		case c >= 0xC0:
			i++
		}
		from = i
	}
	if from < s.n {
		s.addBreak(from, s.n)
	}
	s.breaks = s.others
}

func (s *scanner) addBreak(from, to int) {
	a, b := s.trim(from, to)
	s.others = append(s.others, line{from: int32(from), to: int32(to), trimFrom: int32(a), trimTo: int32(b)})
}

func (s *scanner) isSpace(at int) bool { return s.blocks[at>>6].space>>(uint(at)&63)&1 != 0 }

// trim narrows [from, to) to what stands between space.
func (s *scanner) trim(from, to int) (int, int) {
	for from < to && s.isSpace(from) {
		from++
	}
	for from < to && s.isSpace(to-1) {
		to--
	}
	return from, to
}
