package clean

import (
	"bytes"
	"errors"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/seed-83c59573/quern"
)

const (
	notUTF8 quern.Verdict = "clean.normalize.not_utf8"
	empty   quern.Verdict = "clean.normalize.empty"
)

// Normalize brings every text to one form, so that later rules see one kind of line end and one spelling of a letter. A text that
// is not UTF-8 is dropped: repairing it is the business of whoever decoded it.
type Normalize struct {
	NFC       bool `yaml:"nfc"`        // Unicode normalization form C
	Controls  bool `yaml:"controls"`   // remove C0 and C1 controls except tab and line feed
	ZeroWidth bool `yaml:"zero_width"` // remove U+FEFF, U+200B, U+2060 and U+00AD; joiners (U+200C, U+200D) carry meaning and stay
	Breaks    bool `yaml:"breaks"`     // CR, CRLF, VT, FF, U+0085, U+2028, U+2029 become line feeds
	MaxBlank  int  `yaml:"max_blank"`  // at most this many blank lines in a row; negative = any number
	Trim      bool `yaml:"trim"`       // remove blank lines at the start, space at the end; the first line keeps its indentation
}

// DefaultNormalize turns everything on and allows two blank lines in a row.
func DefaultNormalize() Normalize {
	return Normalize{NFC: true, Controls: true, ZeroWidth: true, Breaks: true, MaxBlank: 2, Trim: true}
}

// Stage builds the rule. It gives "clean.normalize.not_utf8" and, for a text of which nothing is left, "clean.normalize.empty".
func (o Normalize) Stage() (quern.Stage, error) {
	if o.MaxBlank > 1<<20 {
		return nil, errors.New("clean: normalize: max_blank is beyond any text; use -1 for no limit")
	}
	return &normalize{opt: o}, nil
}

type normalize struct {
	opt       Normalize
	buf, form []byte
}

func (s *normalize) Apply(d *quern.Doc) (quern.Verdict, error) {
	text := d.Text
	ascii, dirty := survey(text)
	if !ascii && !utf8.Valid(text) {
		return d.Fail(notUTF8, float64(firstInvalid(text)), 0), nil
	}
	if dirty || !ascii {
		s.buf = s.sweep(s.buf[:0], text)
		text = s.buf
		if s.opt.NFC && !ascii && !norm.NFC.IsNormal(text) {
			s.form = norm.NFC.Append(s.form[:0], text...)
			text = s.form
		}
	}
	if s.opt.MaxBlank >= 0 && bytes.Contains(text, newlines) {
		// In place: squeezing never grows the text. The source's own bytes are not ours to change, so copy first.
		if len(text) > 0 && len(d.Text) > 0 && &text[0] == &d.Text[0] {
			s.buf = append(s.buf[:0], text...)
			text = s.buf
		}
		text = squeezeBlank(text, s.opt.MaxBlank)
	}
	if s.opt.Trim {
		text = trimBlank(text)
	}
	if len(text) == 0 {
		return d.Fail(empty, 0, 1), nil
	}
	d.Text = text
	return quern.Keep, nil
}

var newlines = []byte("\n\n")

// survey tells whether a text is ASCII and whether it has a control character other than tab and line feed.
func survey(text []byte) (ascii, dirty bool) {
	var or byte
	for _, c := range text {
		or |= c
		if c < ' ' && c != '\n' && c != '\t' || c == 0x7F {
			dirty = true
		}
	}
	return or < 0x80, dirty
}

func firstInvalid(text []byte) int {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(text)
}

// sweep copies text to dst without what the options remove. Stretches of clean bytes are copied whole.
func (s *normalize) sweep(dst, text []byte) []byte {
	from := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c >= ' ' && c < 0x7F || c == '\n' || c == '\t' {
			i++
			continue
		}
		r, n := rune(c), 1
		if c >= 0x80 {
			r, n = utf8.DecodeRune(text[i:])
		}
		put := s.replace(r)
		if put == r {
			i += n
			continue
		}
		dst = append(dst, text[from:i]...)
		if put >= 0 {
			dst = append(dst, byte(put))
		}
		i += n
		if r == '\r' && put == '\n' && i < len(text) && text[i] == '\n' {
			i++
		}
		from = i
	}
	return append(dst, text[from:]...)
}

// replace says what becomes of a rune: itself, a line feed, or nothing (-1).
func (s *normalize) replace(r rune) rune {
	switch {
	case r == '\r' || r == '\v' || r == '\f' || r == 0x85 || r == 0x2028 || r == 0x2029:
		if s.opt.Breaks {
			return '\n'
		}
		if s.opt.Controls && r == 0x85 {
			return -1
		}
	case r < ' ' || r >= 0x7F && r < 0xA0:
		if s.opt.Controls && r != '\n' && r != '\t' {
			return -1
		}
	case r == 0xFEFF || r == 0x200B || r == 0x2060 || r == 0xAD:
		if s.opt.ZeroWidth {
			return -1
		}
	}
	return r
}

// squeezeBlank shortens runs of blank lines in place. A line of spaces and tabs is blank and is written as an empty one when it
// belongs to a run.
func squeezeBlank(text []byte, limit int) []byte {
	out, blank := text[:0], 0
	for i := 0; i < len(text); {
		end := bytes.IndexByte(text[i:], '\n')
		if end < 0 {
			return append(out, text[i:]...)
		}
		line := text[i : i+end+1]
		i += end + 1
		if len(bytes.Trim(line, " \t\n")) > 0 {
			blank = 0
			out = append(out, line...)
			continue
		}
		if blank++; blank <= limit {
			out = append(out, '\n')
		}
	}
	return out
}

// trimBlank removes leading blank lines and trailing white space.
func trimBlank(text []byte) []byte {
	text = bytes.TrimRight(text, " \t\n\v\f\r")
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\n', '\r', '\v', '\f':
			text, i = text[i+1:], -1
		case ' ', '\t':
		default:
			return text
		}
	}
	return text
}
