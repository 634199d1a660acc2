package tokenize

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// decoder makes text of the spellings of tokens, step by step.
type decoder interface {
	decode(tokens [][]byte) ([][]byte, error)
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
			if many, ok := d.(decoders); ok {
				all = append(all, many...)
			} else {
				all = append(all, d)
			}
		}
		return all, nil
	case "ByteLevel":
		return byteLevelDecoder{}, nil
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
	}
	return nil, fmt.Errorf("tokenize: unknown decoder %q", p.Type)
}

type decoders []decoder

func (ds decoders) decode(tokens [][]byte) ([][]byte, error) {
	most := grown(size(tokens))
	for _, d := range ds {
		var err error
		if tokens, err = d.decode(tokens); err != nil {
			return nil, err
		}
		if n := size(tokens); n > most {
			return nil, fmt.Errorf("tokenize: the decoder makes %d bytes of tokens, more than the %d that are allowed for their length", n, most)
		}
	}
	return tokens, nil
}

// size is the bytes of all tokens; each counts as one more.
func size(tokens [][]byte) (n int) {
	for _, t := range tokens {
		n += len(t) + 1
	}
	return n
}

// byteLevelDecoder reads characters as the bytes that they spell; a token with another character is text.
type byteLevelDecoder struct{}

func (byteLevelDecoder) decode(tokens [][]byte) ([][]byte, error) {
	var out []byte
	for _, t := range tokens {
		if b, ok := fromByteLevel(string(t)); ok {
			out = append(out, b...)
		} else {
			out = append(out, t...)
		}
	}
	return [][]byte{out}, nil
}

type replaceDecoder struct {
	pattern matcher
	content []byte
}

func (d replaceDecoder) decode(tokens [][]byte) ([][]byte, error) {
	r := replace(d)
	out := make([][]byte, len(tokens))
	for i, t := range tokens {
		a, err := r.normalize(aligned{text: t})
		if err != nil {
			return nil, err
		}
		out[i] = a.text
	}
	return out, nil
}

// fallbackDecoder makes bytes of tokens such as <0x41>. Bytes that are no UTF-8 become one U+FFFD each.
type fallbackDecoder struct{}

func (fallbackDecoder) decode(tokens [][]byte) ([][]byte, error) {
	var out [][]byte
	var run []byte
	flush := func() {
		switch {
		case len(run) == 0:
		case utf8.Valid(run):
			out = append(out, bytes.Clone(run))
		default:
			for range run {
				out = append(out, []byte("\uFFFD"))
			}
		}
		run = run[:0]
	}
	for _, t := range tokens {
		if c, ok := spelledByte(t); ok {
			run = append(run, c)
			continue
		}
		flush()
		out = append(out, t)
	}
	flush()
	return out, nil
}

func spelledByte(t []byte) (byte, bool) {
	if len(t) != 6 || !bytes.HasPrefix(t, []byte("<0x")) || t[5] != '>' {
		return 0, false
	}
	c, err := strconv.ParseUint(string(t[3:5]), 16, 8)
	return byte(c), err == nil
}

type fuseDecoder struct{}

func (fuseDecoder) decode(tokens [][]byte) ([][]byte, error) {
	return [][]byte{bytes.Join(tokens, nil)}, nil
}

// stripDecoder takes up to so many of a character off either end of each token.
type stripDecoder struct {
	char        []byte
	start, stop int
}

func (d stripDecoder) decode(tokens [][]byte) ([][]byte, error) {
	out := make([][]byte, len(tokens))
	for i, t := range tokens {
		for n := 0; n < d.start && len(d.char) > 0 && bytes.HasPrefix(t, d.char); n++ {
			t = t[len(d.char):]
		}
		for n := 0; n < d.stop && len(d.char) > 0 && bytes.HasSuffix(t, d.char); n++ {
			t = t[:len(t)-len(d.char)]
		}
		out[i] = t
	}
	return out, nil
}

func (m *metaspace) decode(tokens [][]byte) ([][]byte, error) {
	out := make([][]byte, len(tokens))
	for i, t := range tokens {
		space := []byte(" ")
		if i == 0 && m.scheme != "never" {
			space = nil
		}
		out[i] = bytes.ReplaceAll(t, m.mark, space)
	}
	return out, nil
}

// wordPieceDecoder joins what has the prefix to what is before it and puts spaces before all else; with cleanup it takes the spaces before punctuation
// and English contractions out again.
type wordPieceDecoder struct {
	prefix  []byte
	cleanup bool
}

func (d wordPieceDecoder) decode(tokens [][]byte) ([][]byte, error) {
	out := make([][]byte, len(tokens))
	for i, t := range tokens {
		if i > 0 {
			if rest, ok := bytes.CutPrefix(t, d.prefix); ok && len(d.prefix) > 0 {
				t = rest
			} else {
				t = append([]byte(" "), t...)
			}
		}
		if d.cleanup {
			t = cleanup(t)
		}
		out[i] = t
	}
	return out, nil
}

// cleanups are what the WordPiece decoder of Hugging Face's library takes out, in its order.
var cleanups = [...][2]string{{" .", "."}, {" ?", "?"}, {" !", "!"}, {" ,", ","}, {" ' ", "'"}, {" n't", "n't"}, {" 'm", "'m"},
	{" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}}

func cleanup(t []byte) []byte {
	for _, c := range cleanups {
		t = bytes.ReplaceAll(t, []byte(c[0]), []byte(c[1]))
	}
	return t
}

// suffixDecoder makes a space of the suffix that ends a word, and nothing of it at the end of the text.
type suffixDecoder string

func (d suffixDecoder) decode(tokens [][]byte) ([][]byte, error) {
	out := make([][]byte, len(tokens))
	for i, t := range tokens {
		with := " "
		if i == len(tokens)-1 {
			with = ""
		}
		out[i] = bytes.ReplaceAll(t, []byte(d), []byte(with))
	}
	return out, nil
}
