package tokenize

import (
	"bytes"
	"strings"
)

// wordPieceDecoder joins what has the prefix to what is before it and puts spaces before all else; with cleanup it takes the spaces before punctuation
// and English contractions out again.
type wordPieceDecoder struct {
	prefix  []byte
	cleanup bool
}

func (d wordPieceDecoder) stream() step { return &wordPieceStream{d: d} }

type wordPieceStream struct {
	noEnd
	d    wordPieceDecoder
	more bool
	buf  []byte
}

func (s *wordPieceStream) next(dst [][]byte, t []byte) [][]byte {
	if s.more {
		if rest, ok := bytes.CutPrefix(t, s.d.prefix); ok {
			t = rest
		} else {
			s.buf = append(append(s.buf[:0], ' '), t...)
			t = s.buf
		}
	}
	s.more = true
	if s.d.cleanup {
		t = cleanup(t)
	}
	return append(dst, t)
}

// cleanups are what the WordPiece decoder of Hugging Face's library takes out, in its order.
var cleanups = [...][2]string{{" .", "."}, {" ?", "?"}, {" !", "!"}, {" ,", ","}, {" ' ", "'"}, {" n't", "n't"}, {" 'm", "'m"},
	{" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}}

func cleanup(t []byte) []byte {
	i := bytes.IndexByte(t, ' ')
	if i < 0 || i+1 == len(t) || !strings.ContainsRune(".?!,'nd", rune(t[i+1])) && bytes.IndexByte(t[i+1:], ' ') < 0 {
		return t // no space that stands before what is looked for
	}
	for _, c := range cleanups {
		t = bytes.ReplaceAll(t, []byte(c[0]), []byte(c[1]))
	}
	return t
}

// suffixDecoder makes a space of the suffix that ends a word, and nothing of it at the end of the text.
type suffixDecoder string

func (d suffixDecoder) stream() step { return &suffixStream{d: d} }

type suffixStream struct {
	d          suffixDecoder
	last, done []byte // last is held back: it may be the end
	any        bool
}

func (s *suffixStream) next(dst [][]byte, tok []byte) [][]byte {
	if s.any {
		s.done = bytes.ReplaceAll(s.last, []byte(s.d), []byte(" "))
		dst = append(dst, s.done)
	}
	s.last, s.any = append(s.last[:0], tok...), true
	return dst
}

func (s *suffixStream) end(dst [][]byte) [][]byte {
	if !s.any {
		return dst
	}
	s.any = false
	return append(dst, bytes.ReplaceAll(s.last, []byte(s.d), nil))
}

// ctcDecoder is the decoder of speech models: a token that is repeated is one, and padding parts two of a kind.
type ctcDecoder struct {
	pad, delimiter []byte
	cleanup        bool
}

func newCTC(p *hfPart) ctcDecoder {
	return ctcDecoder{[]byte(orElse(p.PadToken, "<pad>")), []byte(orElse(p.Words, "|")), p.Cleanup == nil || *p.Cleanup}
}

func orElse(s *string, otherwise string) string {
	if s == nil {
		return otherwise
	}
	return *s
}

func (d ctcDecoder) stream() step { return &ctcStream{d: d} }

type ctcStream struct {
	noEnd
	d    ctcDecoder
	last []byte
	any  bool
}

func (s *ctcStream) next(dst [][]byte, tok []byte) [][]byte {
	if s.any && bytes.Equal(s.last, tok) {
		return dst
	}
	s.last, s.any = append(s.last[:0], tok...), true
	if len(s.d.pad) > 0 {
		tok = bytes.ReplaceAll(tok, s.d.pad, nil)
	}
	if s.d.cleanup {
		if tok = cleanup(tok); len(s.d.delimiter) > 0 {
			tok = bytes.ReplaceAll(tok, s.d.delimiter, []byte(" "))
		}
	}
	if len(tok) == 0 {
		return dst
	}
	return append(dst, tok)
}
