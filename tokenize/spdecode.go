package tokenize

import (
	"bytes"
	"unicode/utf8"

	"github.com/seed-83c59573/quern/tokenize/sentencepiece"
)

// pieceDecoder makes text of pieces as SentencePiece does.
type pieceDecoder struct {
	text    [][]byte // by id: spaces for marks; of control pieces nothing, of unknown ones what the file says
	kind    []sentencepiece.Kind
	prefix  bool // the space at the start goes
	squeeze bool // … and more of it
}

func newPieceDecoder(f *sentencepiece.File) *pieceDecoder {
	d := &pieceDecoder{prefix: f.Prefix, squeeze: f.Squeeze}
	for _, p := range f.Pieces {
		text := bytes.ReplaceAll(p.Text, []byte(spaceMark), []byte(" "))
		switch p.Kind {
		case sentencepiece.Control:
			text = nil
		case sentencepiece.Unknown:
			text = []byte(f.Surface)
		case sentencepiece.Byte:
			c, _ := spelledByte(p.Text)
			text = []byte{c}
		}
		d.text, d.kind = append(d.text, text), append(d.kind, p.Kind)
	}
	return d
}

// pieceStream is a pieceDecoder at work.
type pieceStream struct {
	t     *Tokenizer
	d     *pieceDecoder
	run   []byte // bytes that pieces spell
	start bool   // the next piece may lose the space that it begins with
	took  bool   // the last one did
	wrote bool
}

func (s *pieceStream) next(dst []byte, id uint32) []byte {
	if int64(id) >= int64(len(s.d.text)) {
		return dst
	}
	text := s.d.text[id]
	if s.d.kind[id] == sentencepiece.Byte {
		s.run = append(s.run, text[0])
		return s.flush(dst, false)
	}
	if len(s.run) > 0 {
		dst = s.flush(dst, true)
	}
	if s.took || s.wrote {
		s.start = false
	}
	s.took = false
	if s.start && (s.d.prefix || s.d.squeeze) && s.d.kind[id] != sentencepiece.Unknown && bytes.HasPrefix(s.t.tokens[id], []byte(spaceMark)) && len(text) > 0 {
		text, s.took = text[1:], !s.d.squeeze
	}
	s.wrote = s.wrote || len(text) > 0
	return append(dst, text...)
}

// flush writes bytes that are characters, and U+FFFD for each byte that is none; all of them, or up to what may still become a character.
func (s *pieceStream) flush(dst []byte, all bool) []byte {
	i := 0
	for i < len(s.run) && (all || utf8.FullRune(s.run[i:])) {
		r, n := utf8.DecodeRune(s.run[i:])
		dst = utf8.AppendRune(dst, r)
		i += n
		s.wrote = true
	}
	s.run = append(s.run[:0], s.run[i:]...)
	return dst
}

func (s *pieceStream) end(dst []byte) []byte { return s.flush(dst, true) }
