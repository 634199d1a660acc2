package tokenize

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
)

// decoder is a decoder of a tokenizer.json. It makes text of the spellings of tokens as they come, so that a stream of ids and all of them at once give the
// same text by construction.
type decoder interface{ stream() step }

// step is a decoder at work. What it appends is valid until the next call; it does not change tok.
type step interface {
	next(dst [][]byte, tok []byte) [][]byte
	end(dst [][]byte) [][]byte
}

func newDecoder(p *hfPart) (decoder, error) {
	switch p.Type {
	case "Sequence":
		var all decoders
		for i := range p.Decoders {
			d, err := newDecoder(&p.Decoders[i])
			if err != nil {
				return nil, err
			}
			all = append(all, d)
		}
		return all.lean(), nil
	case "ByteLevel":
		return eachToken(byteLevelText), nil
	case "Replace":
		m, err := p.Pattern.matcher()
		return replaceDecoder{m, []byte(p.Content)}, err
	case "ByteFallback":
		return fallbackDecoder{}, nil
	case "Fuse":
		return fuseDecoder{}, nil
	case "Strip":
		return stripDecoder{[]byte(p.Content), p.Start, p.Stop}, nil
	case "Metaspace":
		m, err := newMetaspace(p)
		return m, err
	case "WordPiece":
		d := wordPieceDecoder{[]byte("##"), p.Cleanup == nil || *p.Cleanup}
		if p.Prefix != nil {
			d.prefix = []byte(*p.Prefix)
		}
		return d, nil
	case "BPEDecoder":
		d := suffixDecoder("</w>")
		if p.Suffix != nil {
			d = suffixDecoder(*p.Suffix)
		}
		return d, nil
	case "CTC":
		return newCTC(p), nil
	}
	return nil, fmt.Errorf("tokenize: unknown decoder %q", p.Type)
}

type decoders []decoder

// lean takes out what only holds text back: a Fuse at the end, or one before nothing but a Strip of the start.
func (ds decoders) lean() decoders {
	if i := slices.Index(ds, decoder(fuseDecoder{})); i >= 0 {
		if i == len(ds)-1 {
			return ds[:i]
		}
		if s, ok := ds[i+1].(stripDecoder); ok && s.stop == 0 && i+2 == len(ds) {
			return append(slices.Clone(ds[:i]), startDecoder(s))
		}
	}
	return ds
}

func (ds decoders) stream() step {
	s := &chain{}
	for _, d := range ds {
		s.steps = append(s.steps, d.stream())
	}
	return s
}

// chain puts tokens through one step after the other.
type chain struct {
	steps   []step
	in, out [][]byte
}

func (c *chain) next(dst [][]byte, tok []byte) [][]byte {
	return append(dst, c.from(0, append(c.in[:0], tok))...)
}

// from puts tokens through the steps from i on.
func (c *chain) from(i int, tokens [][]byte) [][]byte {
	c.in = tokens
	for ; i < len(c.steps); i++ {
		c.out = c.out[:0]
		if len(c.in) == 1 {
			c.out = c.steps[i].next(c.out, c.in[0])
		} else {
			for _, t := range c.in {
				n := len(c.out)
				c.out = c.steps[i].next(c.out, t)
				for k := n; k < len(c.out); k++ { // what the step has given is its own until it is called again
					c.out[k] = bytes.Clone(c.out[k])
				}
			}
		}
		c.in, c.out = c.out, c.in
	}
	return c.in
}

func (c *chain) end(dst [][]byte) [][]byte {
	for i := range c.steps {
		var tail [][]byte
		tail = c.steps[i].end(tail)
		for k := range tail {
			tail[k] = bytes.Clone(tail[k])
		}
		for _, t := range c.from(i+1, tail) {
			dst = append(dst, bytes.Clone(t))
		}
	}
	return dst
}

// noEnd is what a step is that holds nothing back.
type noEnd struct{}

func (noEnd) end(dst [][]byte) [][]byte { return dst }

// eachToken gives one token for another, whatever stands around.
type eachToken func(tok []byte) []byte

func (f eachToken) stream() step { return &eachStream{f: f} }

type eachStream struct {
	noEnd
	f func([]byte) []byte
}

func (s *eachStream) next(dst [][]byte, tok []byte) [][]byte { return append(dst, s.f(tok)) }

// byteLevelText reads characters as the bytes that they spell; a token with another character is text.
func byteLevelText(tok []byte) []byte {
	if b, ok := fromByteLevel(string(tok)); ok {
		return b
	}
	return tok
}

type replaceDecoder struct {
	pattern matcher
	content []byte
}

func (d replaceDecoder) text(tok []byte) []byte {
	a, err := replace(d).normalize(aligned{text: tok})
	if err != nil { // a pattern of the file that never ends: what it was to replace stays
		return tok
	}
	return a.text
}

func (d replaceDecoder) stream() step { return &eachStream{f: d.text} }

// stripDecoder takes up to so many of a character off either end of each token.
type stripDecoder struct {
	char        []byte
	start, stop int
}

func (d stripDecoder) text(t []byte) []byte {
	for n := 0; n < d.start && len(d.char) > 0 && bytes.HasPrefix(t, d.char); n++ {
		t = t[len(d.char):]
	}
	for n := 0; n < d.stop && len(d.char) > 0 && bytes.HasSuffix(t, d.char); n++ {
		t = t[:len(t)-len(d.char)]
	}
	return t
}

func (d stripDecoder) stream() step { return &eachStream{f: d.text} }

// fallbackDecoder makes bytes of tokens such as <0x41>. Of a run of them that is no UTF-8 each becomes U+FFFD, so that it is known only at its end.
type fallbackDecoder struct{}

func (fallbackDecoder) stream() step { return &fallbackStream{} }

type fallbackStream struct{ run, done []byte }

func (s *fallbackStream) next(dst [][]byte, tok []byte) [][]byte {
	if c, ok := spelledByte(tok); ok {
		s.run = append(s.run, c)
		return dst
	}
	return append(s.end(dst), tok)
}

var replacementChar = []byte("\uFFFD")

func (s *fallbackStream) end(dst [][]byte) [][]byte {
	if len(s.run) == 0 {
		return dst
	}
	s.run, s.done = s.done[:0], s.run
	if utf8.Valid(s.done) {
		return append(dst, s.done)
	}
	for range s.done {
		dst = append(dst, replacementChar)
	}
	return dst
}

func spelledByte(t []byte) (byte, bool) {
	if len(t) != 6 || t[5] != '>' || string(t[:3]) != "<0x" {
		return 0, false
	}
	c, err := strconv.ParseUint(string(t[3:5]), 16, 8)
	return byte(c), err == nil
}

// fuseDecoder makes one token of all.
type fuseDecoder struct{}

func (fuseDecoder) stream() step { return &fuseStream{} }

type fuseStream struct{ all []byte }

func (s *fuseStream) next(dst [][]byte, tok []byte) [][]byte {
	s.all = append(s.all, tok...)
	return dst
}

func (s *fuseStream) end(dst [][]byte) [][]byte { return append(dst, s.all) }

// startDecoder takes up to so many of a character off the start of the whole text.
type startDecoder stripDecoder

func (d startDecoder) stream() step { return &startStream{d: d, left: d.start} }

type startStream struct {
	d    startDecoder
	left int
	held []byte // what may be the start of the character
}

func (s *startStream) next(dst [][]byte, tok []byte) [][]byte {
	if s.left == 0 || len(s.d.char) == 0 {
		return append(dst, tok)
	}
	s.held = append(s.held, tok...)
	for s.left > 0 && bytes.HasPrefix(s.held, s.d.char) {
		s.held = append(s.held[:0], s.held[len(s.d.char):]...)
		s.left--
	}
	if s.left > 0 && bytes.HasPrefix(s.d.char, s.held) {
		return dst
	}
	s.left = 0
	return append(dst, s.held)
}

func (s *startStream) end(dst [][]byte) [][]byte {
	if s.left == 0 || len(s.held) == 0 {
		return dst
	}
	s.left = 0
	return append(dst, s.held)
}

// firstStream tells a function whether a token is the first.
type firstStream struct {
	noEnd
	f    func(tok []byte, first bool) []byte
	more bool
}

func (s *firstStream) next(dst [][]byte, tok []byte) [][]byte {
	tok = s.f(tok, !s.more)
	s.more = true
	return append(dst, tok)
}

func (m *metaspace) stream() step {
	return &firstStream{f: func(tok []byte, first bool) []byte {
		space := []byte(" ")
		if first && m.scheme != "never" {
			space = nil
		}
		return bytes.ReplaceAll(tok, m.mark, space)
	}}
}
