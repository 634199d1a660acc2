package pdf

import (
	"slices"
	"strings"
	"unicode/utf16"
)

// cmap maps codes of a font to texts or to numbers of glyphs, as the file's own tables say.
type cmap struct {
	space [5][]codeRange // by the number of bytes
	texts []textRange
	cids  []cidRange
	down  bool // written from top to bottom
}

type codeRange struct{ lo, hi uint32 }

type textRange struct {
	codeRange
	units []uint16 // of the first code; the last unit counts up
}

type cidRange struct {
	codeRange
	first int
}

const maxRanges = 1 << 17

// parseCMap reads a CMap. What it does not understand it skips.
func parseCMap(data []byte) *cmap {
	m := &cmap{}
	l := lexer{data: data}
	var prev value
	for {
		v := l.next()
		switch {
		case v.kind == end:
			m.sort()
			return m
		case v.is("begincodespacerange"):
			m.spaces(&l)
		case v.is("beginbfchar"):
			m.read(&l, 2, m.bfchar)
		case v.is("beginbfrange"):
			m.read(&l, 3, m.bfrange)
		case v.is("begincidchar"):
			m.read(&l, 2, func(v []value) { m.cid(v[0], v[0], v[1]) })
		case v.is("begincidrange"):
			m.read(&l, 3, func(v []value) { m.cid(v[0], v[1], v[2]) })
		case v.kind == number && prev.named("WMode"):
			m.down = v.num == 1
		}
		prev = v
	}
}

// read takes n values at a time until the end of the section.
func (m *cmap) read(l *lexer, n int, take func([]value)) {
	var v [3]value
	for i := 0; ; i++ {
		x := l.next()
		if x.kind == end || x.kind == keyword {
			return
		}
		v[i%n] = x
		if i%n == n-1 && len(m.texts) < maxRanges && len(m.cids) < maxRanges {
			take(v[:n])
		}
	}
}

func (m *cmap) spaces(l *lexer) {
	m.read(l, 2, func(v []value) {
		n := len(v[0].s)
		if v[0].kind == str && v[1].kind == str && n >= 1 && n <= 4 && len(m.space[n]) < 256 {
			m.space[n] = append(m.space[n], codeRange{code(v[0].s), code(v[1].s)})
		}
	})
}

func code(s []byte) (c uint32) {
	for _, b := range s[:min(len(s), 4)] {
		c = c<<8 | uint32(b)
	}
	return c
}

func units(s []byte) []uint16 {
	u := make([]uint16, 0, len(s)/2)
	for ; len(s) >= 2; s = s[2:] {
		u = append(u, uint16(s[0])<<8|uint16(s[1]))
	}
	if len(s) == 1 && len(u) == 0 {
		u = append(u, uint16(s[0]))
	}
	return u[:min(len(u), 32)]
}

func (m *cmap) bfchar(v []value) {
	if v[1].kind == name {
		m.texts = append(m.texts, textRange{codeRange{code(v[0].s), code(v[0].s)}, utf16.Encode([]rune(glyphText(string(v[1].s))))})
		return
	}
	m.texts = append(m.texts, textRange{codeRange{code(v[0].s), code(v[0].s)}, units(v[1].s)})
}

func (m *cmap) bfrange(v []value) {
	lo, hi := code(v[0].s), code(v[1].s)
	if v[2].kind != array {
		if hi >= lo {
			m.texts = append(m.texts, textRange{codeRange{lo, hi}, units(v[2].s)})
		}
		return
	}
	for i, e := range v[2].a {
		c := lo + uint32(i)
		if c > hi || len(m.texts) >= maxRanges {
			break
		}
		m.texts = append(m.texts, textRange{codeRange{c, c}, units(e.s)})
	}
}

func (m *cmap) cid(lo, hi, first value) {
	a, b := code(lo.s), code(hi.s)
	if b >= a && first.isInt() {
		m.cids = append(m.cids, cidRange{codeRange{a, b}, int(first.num)})
	}
}

func (m *cmap) sort() {
	slices.SortStableFunc(m.texts, func(a, b textRange) int { return int(int64(a.lo) - int64(b.lo)) })
	slices.SortStableFunc(m.cids, func(a, b cidRange) int { return int(int64(a.lo) - int64(b.lo)) })
}

// text tells what a code stands for.
func (m *cmap) text(c uint32) (string, bool) {
	i, _ := slices.BinarySearchFunc(m.texts, c, func(r textRange, c uint32) int {
		if r.lo <= c {
			return -1
		}
		return 1
	})
	if i == 0 || c > m.texts[i-1].hi || len(m.texts[i-1].units) == 0 {
		return "", false
	}
	r := m.texts[i-1]
	u := slices.Clone(r.units)
	u[len(u)-1] += uint16(c - r.lo)
	return strings.ReplaceAll(string(utf16.Decode(u)), "\x00", ""), true
}

// cidOf gives the number of the glyph for a code.
func (m *cmap) cidOf(c uint32) int {
	i, _ := slices.BinarySearchFunc(m.cids, c, func(r cidRange, c uint32) int {
		if r.lo <= c {
			return -1
		}
		return 1
	})
	if i == 0 || c > m.cids[i-1].hi {
		return 0
	}
	return m.cids[i-1].first + int(c-m.cids[i-1].lo)
}

// next splits the first code off a string.
func (m *cmap) next(s []byte) (c uint32, n int) {
	for n = 1; n <= 4 && n <= len(s); n++ {
		c = c<<8 | uint32(s[n-1])
		for _, r := range m.space[n] {
			if inRange(c, r, n) {
				return c, n
			}
		}
	}
	n = min(2, len(s))
	if len(m.space[1]) > 0 && len(m.space[2]) == 0 {
		n = 1
	}
	return code(s[:n]), n
}

// inRange compares byte by byte, as codespace ranges are meant.
func inRange(c uint32, r codeRange, n int) bool {
	for k := range n {
		b, lo, hi := byte(c>>(8*k)), byte(r.lo>>(8*k)), byte(r.hi>>(8*k))
		if b < lo || b > hi {
			return false
		}
	}
	return true
}
