package tokenize

import (
	"fmt"
	"math"
	"unicode/utf8"
)

// stream is what an encoder needs for a flow.
type stream struct {
	valid   []byte // the text, if some of it was no UTF-8
	normal  []byte // what a .model makes of it
	lead    []byte // the first piece with the space that is put before it
	pages   [0x1100]*[256]uint16
	pieces  []aligned
	symbols []byte
}

// maxText bounds a text in bytes: places in it are kept as 32-bit numbers.
const maxText = math.MaxInt32 / 4

// appendValid appends b as UTF-8: for each start of a character that is not finished, as far as it could still become one, and for each byte that cannot
// be part of one there is a U+FFFD. This is what the Unicode standard recommends (section 3.9, maximal subparts) and what Rust's and Python's decoders do.
func appendValid(dst, b []byte) []byte {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			n = brokenLen(b[i:])
			dst = append(dst, "\uFFFD"...)
		} else {
			dst = append(dst, b[i:i+n]...)
		}
		i += n
	}
	return dst
}

// brokenLen is how many bytes at the start of b, which are no character, are one U+FFFD together.
func brokenLen(b []byte) int {
	lo, hi, n := byte(0x80), byte(0xBF), 0 // the bounds of the second byte, and how many bytes the first one asks for
	switch c := b[0]; {
	case c >= 0xC2 && c <= 0xDF:
		n = 2
	case c == 0xE0:
		lo, n = 0xA0, 3
	case c == 0xED:
		hi, n = 0x9F, 3
	case c >= 0xE1 && c <= 0xEF:
		n = 3
	case c == 0xF0:
		lo, n = 0x90, 4
	case c == 0xF4:
		hi, n = 0x8F, 4
	case c >= 0xF1 && c <= 0xF3:
		n = 4
	}
	i := 1
	for ; i < n && i < len(b) && b[i] >= lo && b[i] <= hi; i++ {
		lo, hi = 0x80, 0xBF
	}
	return i
}

// flow is Append by a flow.
func (e *Encoder) flow(dst []uint32, text []byte) []uint32 {
	if len(text) > maxText {
		e.err = fmt.Errorf("tokenize: a text of %d bytes, at most %d", len(text), maxText)
		return dst
	}
	if !utf8.Valid(text) {
		e.stream.valid = appendValid(e.stream.valid[:0], text)
		text = e.stream.valid
	}
	added := &e.t.plain.raw
	if len(added.tokens) == 0 {
		return e.flowSegment(dst, text, true)
	}
	at := 0
	for {
		a, m := added.next(text, at, nil)
		if a == nil {
			return e.flowSegment(dst, text[at:], at == 0)
		}
		dst = e.flowSegment(dst, text[at:m.from], at == 0)
		dst = append(dst, a.ID)
		at = m.to
	}
}

// flowSegment encodes what stands between added tokens; first tells that nothing stands before it.
func (e *Encoder) flowSegment(dst []uint32, text []byte, first bool) []uint32 {
	if len(text) == 0 {
		return dst
	}
	f := e.t.flow
	if f.before != nil {
		e.stream.normal = f.before.Append(e.stream.normal[:0], nil, text)
		if text = e.stream.normal; f.joins == nil {
			e.scratch = e.t.model.tokens(e.scratch[:0], text, &e.work)
			for _, k := range e.scratch {
				dst = append(dst, k.id)
			}
			return dst
		}
	}
	pos := 0
	if lead := f.leadOf(e, text, first); lead != leadNone {
		end, _ := e.flowSplit(text, 0, 1)
		e.listed = e.listed[:0]
		if lead == leadSlow {
			dst = e.flowSlow(dst, text[:end], first)
		} else {
			e.stream.lead = append(append(e.stream.lead[:0], ' '), text[:end]...)
			q := soughtOf(e.stream.lead)
			dst = e.appendValue(dst, e.resolve(e.stream.lead, &q))
		}
		pos = end
	}
	for pos < len(text) {
		next, n := e.flowSplit(text, pos, batch)
		dst = e.append(dst, text, pos, n)
		pos = next
	}
	return dst
}

// leadOf decides what is done to the start of a text: a space is put before it, the slow path takes its first piece, or nothing.
func (f *flow) leadOf(e *Encoder, text []byte, first bool) lead {
	switch f.lead {
	case leadNone, leadSpace, leadSlow:
		return f.lead
	case leadFirst:
		if !first {
			return leadNone
		}
	}
	r, _ := utf8.DecodeRune(text)
	if f.joins != nil {
		if r == ' ' || r == markRune {
			return leadNone
		}
		return leadSpace
	}
	// A character that stands for itself and is no space: what it becomes has one put before it.
	if a := e.attr(r); a&attrEnds != 0 && a&attrBegin != 0 && !f.spaced(a) {
		return leadSpace
	}
	return leadSlow
}

// spaced reports whether a character becomes something that begins with a space.
func (f *flow) spaced(a uint16) bool { return uint8(a&(1<<maxClass-1)) == f.classes.of(' ') }

// flowSlow is what the whole file makes of a first piece.
func (e *Encoder) flowSlow(dst []uint32, piece []byte, first bool) []uint32 {
	a := aligned{text: piece, asIs: true}
	if !first {
		a.from = 1
	}
	tokens, err := e.pieces(nil, a)
	if err != nil {
		e.err = err
	}
	for _, t := range tokens {
		dst = append(dst, t.id)
	}
	return dst
}

// appendValue appends the ids of a value that resolve gave, the first since listed was emptied.
func (e *Encoder) appendValue(dst []uint32, v uint64) []uint32 {
	ids := [2]uint32{uint32(v & idMask), uint32(v >> idBits & idMask)}
	if n := v >> counted; n > 0 {
		return append(dst, ids[:n]...)
	}
	return append(dst, e.listed...)
}

// flowPiece encodes a piece that is none of the first.
func (e *Encoder) flowPiece(piece []byte) []uint32 {
	f, t := e.t.flow, e.t
	tokens := e.scratch[:0]
	if f.unmark {
		e.stream.symbols = appendMarked(e.stream.symbols[:0], piece)
		tokens = t.model.tokens(tokens, e.stream.symbols, &e.work)
	} else if f.joins != nil {
		tokens = t.model.tokens(tokens, piece, &e.work)
	} else if s, ok := f.plain.word(e.stream.symbols[:0], piece); ok {
		e.stream.symbols = s
		tokens = t.model.tokens(tokens, s, &e.work)
	} else {
		all, err := e.through(f.normalizer, f.cutter, aligned{text: piece, from: 1})
		if err != nil {
			e.err = err
		}
		for _, p := range all {
			if len(p.text) > 0 {
				tokens = t.model.tokens(tokens, p.text, &e.work)
			}
		}
	}
	e.scratch = tokens
	for _, k := range tokens {
		e.outer = append(e.outer, k.id)
	}
	return e.outer
}

// appendMarked appends a text with marks for spaces.
func appendMarked(dst, text []byte) []byte {
	for _, c := range text {
		if c == ' ' {
			dst = append(dst, spaceMark...)
		} else {
			dst = append(dst, c)
		}
	}
	return dst
}

// attr is flow.attr, remembered.
func (e *Encoder) attr(r rune) uint16 {
	p := e.stream.pages[r>>8]
	if p == nil {
		p = new([256]uint16)
		e.stream.pages[r>>8] = p
	}
	if p[r&255] == 0 {
		p[r&255] = e.t.flow.attr(r)
	}
	return p[r&255]
}

// flowSplit fills ends with the ends of at most limit pieces from pos on, and gives where the last one ends and how many there are.
func (e *Encoder) flowSplit(text []byte, pos, limit int) (next, n int) {
	f := e.t.flow
	if f.joins != nil {
		return f.joins.split(text, pos, &e.ends, limit)
	}
	ends := &e.ends
	r, w := utf8.DecodeRune(text[pos:])
	a := e.attr(r)
	for i := pos + w; i < len(text) && n < limit; {
		if c := text[i]; c < utf8.RuneSelf && r < utf8.RuneSelf {
			ends[n] = i
			n += int(f.ascii[r<<7|rune(c)])
			r = rune(c)
			i++
			continue
		}
		if r < utf8.RuneSelf {
			a = e.attr(r)
		}
		r, w = utf8.DecodeRune(text[i:])
		b := e.attr(r)
		ends[n] = i
		if f.apart(a, b) {
			n++
		}
		a = b
		i += w
	}
	if n < limit {
		ends[n] = len(text)
		n++
	}
	return ends[n-1], n
}

// plainBytes is how pieces of ASCII that hold nothing special become words, without a look at each part of the file.
type plainBytes struct {
	space []byte               // what a space before a word becomes
	to    [utf8.RuneSelf]uint8 // what a byte becomes; 0 = a word with it is none of these
	class [utf8.RuneSelf]uint8 // of to
	joint [1 << (2 * maxClass)]bool
}

// newPlainBytes tries what becomes of bytes; nil if the cutter cuts where neighbors do not tell.
func newPlainBytes(t *Tokenizer, f *flow) *plainBytes {
	if !f.classes.exact {
		return nil
	}
	p := &plainBytes{}
	e := &Encoder{t: t}
	one := func(text string) []byte {
		all, err := e.through(f.normalizer, f.cutter, aligned{text: []byte(text), from: 1})
		if err != nil || len(all) != 1 {
			return nil
		}
		return all[0].text
	}
	s := one(" x")
	if len(s) == 0 || s[len(s)-1] != 'x' {
		return nil
	}
	p.space = s[:len(s)-1]
	for c := rune(1); c < utf8.RuneSelf; c++ {
		a := f.attr(c)
		if a&attrEnds == 0 || a&attrBegin == 0 || f.spaced(a) {
			continue
		}
		if s := one(string(c)); len(s) == 1 && s[0] < utf8.RuneSelf {
			p.to[c], p.class[c] = s[0], f.classes.of(rune(s[0]))
		}
	}
	for i, parts := range f.parts {
		p.joint[i] = !parts
	}
	return p
}

// word appends the one word that a piece is to dst.
func (p *plainBytes) word(dst, piece []byte) ([]byte, bool) {
	if p == nil {
		return dst, false
	}
	if piece[0] == ' ' {
		piece = piece[1:]
		dst = append(dst, p.space...)
	}
	if len(piece) == 0 {
		return dst, false
	}
	last := -1
	for _, c := range piece {
		if c >= utf8.RuneSelf || p.to[c] == 0 {
			return dst, false
		}
		class := int(p.class[c])
		if last >= 0 && !p.joint[last<<maxClass|class] {
			return dst, false
		}
		last = class
		dst = append(dst, p.to[c])
	}
	return dst, true
}
