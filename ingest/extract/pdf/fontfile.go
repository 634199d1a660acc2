package pdf

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// type1Encoding reads the encoding that a Type 1 font program has built in, from its part that is plain text.
func type1Encoding(b []byte) (names [256]string, ok bool) {
	i := bytes.Index(b, []byte("/Encoding"))
	if i < 0 {
		return names, false
	}
	b = b[i+len("/Encoding"):]
	if e := bytes.Index(b, []byte("eexec")); e >= 0 {
		b = b[:e]
	}
	l := lexer{data: b[:min(len(b), 1<<16)]}
	if l.next().is("StandardEncoding") {
		return names, false
	}
	for {
		v := l.next()
		switch {
		case v.kind == end || v.is("def") || v.is("readonly"):
			return names, ok
		case v.is("dup"):
			c, n := l.next(), l.next()
			if c.isInt() && c.num < 256 && n.kind == name {
				names[int(c.num)], ok = string(n.s), true
			}
		}
	}
}

// cffFont is what a font in the Compact Font Format says about names.
type cffFont struct {
	glyphs []string // names by the glyph's number; nil if the font is keyed by CIDs
	cids   []int    // of such a font, by the glyph's number
	codes  [256]int // the built-in encoding: numbers of glyphs; 0 = nothing
	std    bool     // the built-in encoding is the standard one
}

// cffReader reads big-endian numbers; past the end it gives zeros.
type cffReader struct {
	b   []byte
	pos int
	bad bool
}

func (r *cffReader) num(n int) (x int) {
	if r.pos < 0 || n > len(r.b)-r.pos {
		r.bad = true
		return 0
	}
	for _, c := range r.b[r.pos : r.pos+n] {
		x = x<<8 | int(c)
	}
	r.pos += n
	return x
}

// index reads an INDEX; at most limit of its elements are given.
func (r *cffReader) index(limit int) (elems [][]byte, count int) {
	count = r.num(2)
	if count == 0 {
		return nil, 0
	}
	size := r.num(1)
	if size < 1 || size > 4 || (count+1)*size > len(r.b)-r.pos {
		r.bad = true
		return nil, 0
	}
	base := r.pos + (count+1)*size - 1
	prev := r.num(size)
	for i := range count {
		next := r.num(size)
		if prev < 1 || next < prev || next > len(r.b)-base {
			r.bad = true
			return nil, 0
		}
		if i < limit {
			elems = append(elems, r.b[base+prev:base+next])
		}
		prev = next
	}
	r.pos = base + prev
	return elems, count
}

// topDict gives the integer operands that matter.
func topDict(b []byte) (charset, encoding, charStrings int, cid bool) {
	r := cffReader{b: b}
	var last int
	for r.pos < len(b) {
		c := r.num(1)
		switch {
		case c == 12:
			if r.num(1) == 30 {
				cid = true
			}
		case c == 15:
			charset = last
		case c == 16:
			encoding = last
		case c == 17:
			charStrings = last
		case c == 28:
			last = int(int16(r.num(2)))
		case c == 29:
			last = int(int32(r.num(4)))
		case c == 30:
			for r.pos < len(b) && b[r.pos]&15 != 15 && b[r.pos]>>4 != 15 {
				r.pos++
			}
			r.pos++
		case c >= 32 && c <= 246:
			last = c - 139
		case c >= 247 && c <= 250:
			last = (c-247)*256 + r.num(1) + 108
		case c >= 251 && c <= 254:
			last = -(c-251)*256 - r.num(1) - 108
		}
	}
	return charset, encoding, charStrings, cid
}

var cffStandard = strings.Fields(cffStrings)

func parseCFF(b []byte) *cffFont {
	if len(b) < 4 {
		return nil
	}
	r := cffReader{b: b, pos: int(b[2])}
	r.index(0)
	tops, _ := r.index(1)
	strs, _ := r.index(1 << 16)
	if r.bad || len(tops) == 0 {
		return nil
	}
	charset, encoding, charStrings, cid := topDict(tops[0])
	r.pos = charStrings
	_, n := r.index(0)
	if r.bad || n == 0 {
		return nil
	}
	sids := cffCharset(b, charset, n)
	f := &cffFont{}
	if cid {
		f.cids = sids
		return f
	}
	for _, s := range sids {
		switch {
		case s < len(cffStandard):
			f.glyphs = append(f.glyphs, cffStandard[s])
		case s-len(cffStandard) < len(strs):
			f.glyphs = append(f.glyphs, string(strs[s-len(cffStandard)]))
		default:
			f.glyphs = append(f.glyphs, "")
		}
	}
	f.readEncoding(b, encoding)
	return f
}

func cffCharset(b []byte, off, n int) []int {
	sids := make([]int, 1, n)
	if off <= 2 {
		for len(sids) < n {
			sids = append(sids, len(sids))
		}
		return sids
	}
	r := cffReader{b: b, pos: off}
	format := r.num(1)
	for len(sids) < n && !r.bad {
		first, more := r.num(2), 0
		switch format {
		case 1:
			more = r.num(1)
		case 2:
			more = r.num(2)
		}
		for k := 0; k <= more && len(sids) < n; k++ {
			sids = append(sids, first+k)
		}
	}
	return sids
}

func (f *cffFont) readEncoding(b []byte, off int) {
	if off <= 1 {
		f.std = true
		return
	}
	r := cffReader{b: b, pos: off}
	format, n := r.num(1), r.num(1)
	gid := 1
	for range n {
		c, more := r.num(1), 0
		if format&127 == 1 {
			more = r.num(1)
		}
		for k := 0; k <= more && c+k < 256 && !r.bad; k++ {
			f.codes[c+k] = gid
			gid++
		}
	}
	if format&128 != 0 {
		for range r.num(1) {
			c, sid := r.num(1), r.num(2)
			for g, nm := range f.glyphs {
				if sid < len(cffStandard) && nm == cffStandard[sid] && !r.bad {
					f.codes[c] = g
					break
				}
			}
		}
	}
}

// sfntTable finds a table of a TrueType or OpenType font.
func sfntTable(b []byte, tag string) []byte {
	if len(b) < 12 {
		return nil
	}
	n := int(binary.BigEndian.Uint16(b[4:]))
	for i := range n {
		at := 12 + 16*i
		if at+16 > len(b) {
			return nil
		}
		if string(b[at:at+4]) == tag {
			off, size := int(binary.BigEndian.Uint32(b[at+8:])), int(binary.BigEndian.Uint32(b[at+12:]))
			if off > len(b) {
				return nil
			}
			return b[off:min(len(b), off+size)]
		}
	}
	return nil
}
