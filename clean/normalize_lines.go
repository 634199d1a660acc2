package clean

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// squeezeBlank shortens runs of blank lines. A line of spaces and tabs is blank and is written as an empty one, where any line of
// the text is empty. A text without such lines comes back as it is; else the result is in s.buf.
func (s *normalize) squeezeBlank(text []byte) []byte {
	if !bytes.Contains(text, newlines) {
		return text
	}
	at := firstExcess(text, s.opt.MaxBlank)
	if at == len(text) {
		return text
	}
	out, blank := s.own(text)[:at], 0
	for i := at; i < len(text); {
		end := bytes.IndexByte(text[i:], '\n')
		if end < 0 {
			return append(out, text[i:]...)
		}
		line := text[i : i+end+1]
		i += end + 1
		if !isBlank(line) {
			blank = 0
			out = append(out, line...) // never beyond i: squeezing does not grow the text
			continue
		}
		if blank++; blank <= s.opt.MaxBlank {
			out = append(out, '\n')
		}
	}
	return out
}

var newlines = []byte("\n\n")

func isBlank(line []byte) bool {
	for _, c := range line {
		if c != ' ' && c != '\t' && c != '\n' {
			return false
		}
	}
	return true
}

// firstExcess finds the start of the first run of blank lines that squeezing changes; len(text) if there is none.
func firstExcess(text []byte, limit int) int {
	blank, from := 0, 0
	for i := 0; i < len(text); {
		end := bytes.IndexByte(text[i:], '\n')
		if end < 0 {
			break
		}
		if c := text[i]; c == '\n' || (c == ' ' || c == '\t') && isBlank(text[i:i+end]) {
			if blank++; blank == 1 {
				from = i
			}
			if end > 0 || blank > limit {
				return from
			}
		} else {
			blank = 0
		}
		i += end + 1
	}
	return len(text)
}

// own gives text in memory of the stage: what was lent to it is not its to change.
func (s *normalize) own(text []byte) []byte {
	for i := range s.buf {
		if b := s.buf[i][:cap(s.buf[i])]; len(b) > 0 && len(text) > 0 && &b[0] == &text[0] {
			return text
		}
	}
	s.buf[0] = append(s.buf[0][:0], text...)
	return s.buf[0]
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

// visible tells whether a text has any character to see. Most texts begin with one.
func visible(text []byte) bool {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if !pythonSpace(r) && !unicode.In(r, unicode.Cc, unicode.Cf, unicode.Variation_Selector) && !containsRune("\u034F\u115F\u1160\u17B4\u17B5\u2800\u3164\uFFA0", r) {
			return true
		}
		i += n
	}
	return false
}

// shortenRuns cuts what is too much of one character in a row. White space is not counted: it is layout.
func (s *normalize) shortenRuns(text []byte) []byte {
	var out []byte
	from, run := 0, 0
	last := rune(-1)
	for i := 0; i < len(text); {
		r, n := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(text[i:])
		}
		if r != last {
			last, run = r, 0
		}
		if run++; run > s.opt.MaxRun && !pythonSpace(r) {
			if out == nil {
				text = s.own(text)
				out = text[:0]
			}
			out = append(out, text[from:i]...)
			from = i + n
		}
		i += n
	}
	if out == nil {
		return text
	}
	return append(out, text[from:]...)
}
