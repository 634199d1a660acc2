package tokenize

import (
	"bytes"
	"unicode/utf8"
)

// shownTokens is the decoder of Llama and Gemma in one: replacements within tokens, bytes that tokens spell, spaces off the start. What each id is shown as is
// worked out once.
type shownTokens struct {
	text  [][]byte // by id; nil = none
	byte  []bool   // by id: text is a byte
	strip int      // so many of char go from the start
	char  byte
}

// newShown gives the tokens as shown if the decoder is no more than that, else nil.
func newShown(t *Tokenizer) *shownTokens {
	ds, ok := t.decoder.(decoders)
	if !ok {
		return nil
	}
	var each []eachToken
	fallback := false
	s := &shownTokens{}
	for i, d := range ds {
		switch d := d.(type) {
		case replaceDecoder:
			if fallback {
				return nil
			}
			each = append(each, d.text)
		case fallbackDecoder:
			fallback = true
		case startDecoder:
			if i != len(ds)-1 || len(d.char) != 1 {
				return nil
			}
			s.strip, s.char = d.start, d.char[0]
		default:
			return nil
		}
	}
	if !fallback {
		return nil
	}
	s.text, s.byte = make([][]byte, len(t.tokens)), make([]bool, len(t.tokens))
	for id, w := range t.tokens {
		if w == nil {
			continue
		}
		for _, f := range each {
			w = f(w)
		}
		if c, ok := spelledByte(w); ok {
			s.text[id], s.byte[id] = []byte{c}, true
		} else {
			s.text[id] = w
		}
	}
	return s
}

func (s *shownTokens) stream() textStream { return &shownStream{s: s, strip: s.strip} }

type shownStream struct {
	s     *shownTokens
	run   []byte
	strip int
}

func (w *shownStream) next(dst []byte, id uint32) []byte {
	s := w.s
	if int64(id) >= int64(len(s.text)) {
		return dst
	}
	text := s.text[id]
	if s.byte[id] {
		w.run = append(w.run, text[0])
		return dst
	}
	if len(w.run) > 0 && text != nil {
		dst = w.end(dst)
	}
	for w.strip > 0 && len(text) > 0 {
		if text[0] != s.char {
			w.strip = 0
			break
		}
		text = text[1:]
		w.strip--
	}
	return append(dst, text...)
}

func (w *shownStream) end(dst []byte) []byte {
	run := w.run
	w.run = w.run[:0]
	if len(run) == 0 {
		return dst
	}
	if !utf8.Valid(run) {
		w.strip = 0
		return append(dst, bytes.Repeat(replacementChar, len(run))...)
	}
	for w.strip > 0 && len(run) > 0 {
		if run[0] != w.s.char {
			w.strip = 0
			break
		}
		run = run[1:]
		w.strip--
	}
	return append(dst, run...)
}

// firstTokens is the decoder of T5 or of BERT: what a token is shown as depends on nothing but whether it is the first.
type firstTokens struct{ first, more [][]byte } // by id; nil = none

// newFirst gives the tokens as shown by such a decoder, else nil.
func newFirst(t *Tokenizer) *firstTokens {
	d := t.decoder
	if all, ok := d.(decoders); ok && len(all) == 1 {
		d = all[0]
	}
	switch d.(type) {
	case *metaspace, wordPieceDecoder:
	default:
		return nil
	}
	f := &firstTokens{make([][]byte, len(t.tokens)), make([][]byte, len(t.tokens))}
	for id, w := range t.tokens {
		if w == nil {
			continue
		}
		s := d.stream()
		for _, to := range [2][][]byte{f.first, f.more} {
			to[id] = append([]byte{}, bytes.Join(s.next(nil, w), nil)...)
		}
	}
	return f
}

type firstTokenStream struct {
	f    *firstTokens
	more bool
}

func (s *firstTokenStream) next(dst []byte, id uint32) []byte {
	switch {
	case int64(id) >= int64(len(s.f.more)) || s.f.more[id] == nil:
		return dst
	case s.more:
		return append(dst, s.f.more[id]...)
	}
	s.more = true
	return append(dst, s.f.first[id]...)
}

func (s *firstTokenStream) end(dst []byte) []byte { return dst }
