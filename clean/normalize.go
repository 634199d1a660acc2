package clean

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/seed-83c59573/quern"
)

const (
	notUTF8 quern.Verdict = "clean.normalize.not_utf8"
	empty   quern.Verdict = "clean.normalize.empty"
)

// Normalize brings every text to one form, so that later rules see one kind of line end and one spelling of a letter. A text that
// is clean already passes as it is, uncopied.
type Normalize struct {
	Form      string `yaml:"form"`       // Unicode normalization form: nfc, nfkc (ﬁ, ２ and ㎏ become fi, 2 and kg as well) or none
	Invalid   string `yaml:"invalid"`    // a text with bytes that are not UTF-8: drop it, or replace each stretch of them by U+FFFD
	Controls  bool   `yaml:"controls"`   // remove C0 and C1 controls except tab and line feed
	ZeroWidth bool   `yaml:"zero_width"` // remove U+FEFF, U+200B, U+2060 and U+00AD; joiners (U+200C, U+200D) carry meaning and stay
	Bidi      bool   `yaml:"bidi"`       // remove embeddings, overrides and isolates (U+202A–202E, U+2066–2069); the marks U+200E, U+200F, U+061C stay
	Breaks    bool   `yaml:"breaks"`     // CR, CRLF, VT, FF, U+0085, U+2028, U+2029 become line feeds
	Spaces    bool   `yaml:"spaces"`     // tab, U+00A0 and every other space that is not a line end become plain spaces
	MaxMarks  int    `yaml:"max_marks"`  // at most this many combining marks on a letter, further ones are cut; 0 = any number
	MaxRun    int    `yaml:"max_run"`    // at most this many of one character in a row, white space apart; 0 = any number
	MaxBlank  int    `yaml:"max_blank"`  // at most this many blank lines in a row; negative = any number
	Trim      bool   `yaml:"trim"`       // remove blank lines at the start, space at the end; the first line keeps its indentation
}

// DefaultNormalize gives form C without controls, with one kind of line end and two blank lines in a row at most. Eight marks are
// more than any script stacks: pointed and cantillated Hebrew has five.
func DefaultNormalize() Normalize {
	return Normalize{Form: "nfc", Invalid: "drop", Controls: true, ZeroWidth: true, Breaks: true, MaxMarks: 8, MaxBlank: 2, Trim: true}
}

// Stage builds the rule. It gives "clean.normalize.not_utf8" and, for a text of which nothing is left that
// one could see, "clean.normalize.empty".
func (o Normalize) Stage() (quern.Stage, error) {
	if o.MaxBlank > 1<<20 {
		return nil, errors.New("clean: normalize: max_blank is beyond any text; use -1 for no limit")
	}
	if o.MaxMarks < 0 || o.MaxMarks > 24 {
		return nil, fmt.Errorf("clean: normalize: max_marks is %d, want 1 to 24, or 0 for no limit", o.MaxMarks)
	}
	if o.MaxRun < 0 {
		return nil, fmt.Errorf("clean: normalize: max_run is %d, must not be negative", o.MaxRun)
	}
	if o.Invalid != "" && o.Invalid != "drop" && o.Invalid != "replace" {
		return nil, fmt.Errorf("clean: normalize: invalid is %q, want drop or replace", o.Invalid)
	}
	s := &normalize{opt: o, form: norm.NFC}
	switch o.Form {
	case "nfc":
	case "nfkc":
		s.form = norm.NFKC
	case "", "none":
		s.opt.Form = ""
	default:
		return nil, fmt.Errorf("clean: normalize: form is %q, want nfc, nfkc or none", o.Form)
	}
	s.buildTable()
	return s, nil
}

type normalize struct {
	opt   Normalize
	form  norm.Form
	table []uint8 // what may have to be done, by code point below U+10000
	iter  norm.Iter
	one   [utf8.UTFMax]byte
	buf   [3][]byte
}

func (s *normalize) Apply(d *quern.Doc) (quern.Verdict, error) {
	text := d.Text
	found, at := s.survey(text)
	if found&foundInvalid != 0 {
		if s.opt.Invalid != "replace" {
			return d.Fail(notUTF8, float64(at), 0), nil
		}
		s.buf[2] = appendValid(s.buf[2][:0], text)
		text = s.buf[2]
		found, at = s.survey(text)
	}
	if found&(foundChange|foundMark) != 0 {
		s.buf[0] = s.sweep(append(s.buf[0][:0], text[:at]...), text, at)
		text = s.buf[0]
	}
	if found&foundForm != 0 {
		text = s.normal(text)
	}
	if s.opt.MaxRun > 0 {
		text = s.shortenRuns(text)
	}
	if s.opt.MaxBlank >= 0 {
		text = s.squeezeBlank(text)
	}
	if s.opt.Trim {
		text = trimBlank(text)
	}
	if !visible(text) {
		return d.Fail(empty, 0, 1), nil
	}
	d.Text = text
	return quern.Keep, nil
}

// normal brings text to the form. The library's own Append asks for memory at each call, its iterator does not.
func (s *normalize) normal(text []byte) []byte {
	n := s.form.QuickSpan(text)
	if n == len(text) {
		return text
	}
	s.buf[1] = append(s.buf[1][:0], text[:n]...)
	for s.iter.Init(s.form, text[n:]); !s.iter.Done(); {
		s.buf[1] = append(s.buf[1], s.iter.Next()...)
	}
	return s.buf[1]
}

// appendValid appends text with every stretch of bytes that are not UTF-8 replaced by one U+FFFD.
func appendValid(dst, text []byte) []byte {
	from, bad := 0, false
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			i, bad = i+1, false
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if r != utf8.RuneError || n > 1 {
			i, bad = i+n, false
			continue
		}
		dst = append(dst, text[from:i]...)
		if !bad {
			dst = append(dst, "\uFFFD"...)
		}
		i++
		from, bad = i, true
	}
	return append(dst, text[from:]...)
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

// sweep appends text[from:] to dst without what the options remove. Stretches of clean bytes are copied whole.
func (s *normalize) sweep(dst, text []byte, from int) []byte {
	_, n := utf8.DecodeLastRune(text[:from])
	marks, last := 0, from-n // combining marks on the letter at hand, and where that letter begins
	for i := from; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf && s.table[c]&foundChange == 0 {
			last, marks = i, 0
			i++
			continue
		}
		r, n := rune(c), 1
		if c >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(text[i:])
		}
		put := r
		switch flags := s.flags(r); {
		case flags&foundChange != 0:
			put = s.replace(r)
		case flags&foundMark != 0:
			if m := nonStarters(text[i:], n); m > 0 {
				if marks == 0 && last < i {
					marks = trailingMarks(text[last:i])
				}
				if marks += m; marks > s.opt.MaxMarks {
					put = -1
				}
			} else {
				last, marks = i, 0
			}
		default:
			last, marks = i, 0
		}
		if put == r {
			i += n
			continue
		}
		dst = append(dst, text[from:i]...)
		if put >= 0 {
			dst = append(dst, byte(put))
			last, marks = i, 0
		}
		i += n
		if r == '\r' && put == '\n' && i < len(text) && text[i] == '\n' {
			i++
		}
		from = i
	}
	return append(dst, text[from:]...)
}

// nonStarters is how many marks a mark of n bytes at the start of b stands for: U+0344 is two. It is 0 for marks that do not stack,
// such as the vowel signs and subjoined letters of Indic scripts.
func nonStarters(b []byte, n int) int {
	p := norm.NFD.Properties(b[:n])
	if p.CCC() == 0 {
		return 0
	}
	return max(1, utf8.RuneCount(p.Decomposition()))
}

// trailingMarks counts the marks that are part of a composed letter: two in ế. The letter is the first of b.
func trailingMarks(b []byte) int {
	p := norm.NFD.Properties(b)
	if p.TrailCCC() == 0 {
		return 0
	}
	return utf8.RuneCount(p.Decomposition()) - 1
}

// replace says what becomes of a rune that the options change: a line feed, a space, or nothing (-1).
func (s *normalize) replace(r rune) rune {
	switch {
	case s.opt.Breaks && isBreak(r):
		return '\n'
	case s.opt.Spaces && isWideSpace(r):
		return ' '
	}
	return -1
}

func isBreak(r rune) bool {
	return r == '\r' || r == '\v' || r == '\f' || r == 0x85 || r == 0x2028 || r == 0x2029
}

// isWideSpace is every space but the plain one and line ends: Unicode's category Zs and the tab.
func isWideSpace(r rune) bool {
	return r == '\t' || r == 0xA0 || r == 0x1680 || r >= 0x2000 && r <= 0x200A || r == 0x202F || r == 0x205F || r == 0x3000
}

func isBidi(r rune) bool { return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 }
