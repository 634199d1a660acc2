package pdf

// ttFont is what a TrueType font says about the meaning of its glyphs.
type ttFont struct {
	runes map[int]rune // by the glyph's number, from the Unicode table, else from the glyphs' names
	codes map[int]int  // numbers of glyphs by code, from the table of a symbol font or of the Macintosh
}

func parseTrueType(b []byte) *ttFont {
	f := &ttFont{runes: map[int]rune{}, codes: map[int]int{}}
	f.readNames(sfntTable(b, "post"))
	t := sfntTable(b, "cmap")
	r := cffReader{b: t, pos: 2}
	for range min(r.num(2), 64) {
		platform, encoding, off := r.num(2), r.num(2), r.num(4)
		if r.bad || off >= len(t) {
			break
		}
		switch {
		case platform == 0 || platform == 3 && (encoding == 1 || encoding == 10):
			ttSubtable(t[off:], func(c, g int) {
				if old, ok := f.runes[g]; goodRune(rune(c)) && (!ok || rune(c) < old) {
					f.runes[g] = rune(c)
				}
			})
		case platform == 1 || platform == 3 && encoding == 0:
			ttSubtable(t[off:], func(c, g int) {
				if c&^0xff == 0xf000 || c < 256 {
					f.codes[c&0xff] = g
				}
			})
		}
	}
	return f
}

// ttSubtable calls put for every code and its glyph.
func ttSubtable(b []byte, put func(c, g int)) {
	r := cffReader{b: b}
	switch format := r.num(2); format {
	case 0:
		r.pos = 6
		for c := range 256 {
			if g := r.num(1); g > 0 {
				put(c, g)
			}
		}
	case 4:
		ttSegments(b, put)
	case 6:
		r.pos = 6
		first, n := r.num(2), r.num(2)
		for i := 0; i < n && !r.bad; i++ {
			if g := r.num(2); g > 0 {
				put(first+i, g)
			}
		}
	case 12:
		r.pos = 12
		n, left := r.num(4), 1<<17
		for i := 0; i < n && !r.bad; i++ {
			lo, hi, g := r.num(4), r.num(4), r.num(4)
			for c := lo; c <= hi && left > 0 && !r.bad; c++ {
				put(c, g+c-lo)
				left--
			}
		}
	}
}

func ttSegments(b []byte, put func(c, g int)) {
	r := cffReader{b: b, pos: 6}
	n := r.num(2) / 2
	left := 1 << 17
	at := func(pos int) int { x := cffReader{b: b, pos: pos}; return x.num(2) }
	for i := range n {
		hi, lo := at(14+2*i), at(16+2*n+2*i)
		delta, off := at(16+4*n+2*i), at(16+6*n+2*i)
		for c := lo; c <= hi && c < 0xffff && left > 0; c++ {
			left--
			g := c + delta
			if off != 0 {
				if g = at(16 + 6*n + 2*i + off + 2*(c-lo)); g != 0 {
					g += delta
				}
			}
			if g &= 0xffff; g != 0 {
				put(c, g)
			}
		}
	}
}

// readNames reads the names of glyphs. Of the 258 names that are not spelled out only those of ASCII are known here.
func (f *ttFont) readNames(b []byte) {
	r := cffReader{b: b}
	if r.num(4) != 0x20000 {
		return
	}
	r.pos = 32
	n := r.num(2)
	if n*2 > len(b) {
		return
	}
	index := make([]int, n)
	for i := range index {
		index[i] = r.num(2)
	}
	var names []string
	for r.pos < len(b) && len(names) < 1<<16 {
		k := r.num(1)
		if k > len(b)-r.pos {
			break
		}
		names = append(names, string(b[r.pos:r.pos+k]))
		r.pos += k
	}
	for g, i := range index {
		switch {
		case i >= 3 && i < 98:
			f.runes[g] = rune(i + 29)
		case i >= 258 && i-258 < len(names):
			if s := []rune(glyphText(names[i-258])); len(s) == 1 {
				f.runes[g] = s[0]
			}
		}
	}
}
