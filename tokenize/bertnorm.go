package tokenize

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// newBert is BERT's own cleaning.
func newBert(p *hfPart) normalizer {
	on := func(b *bool, otherwise bool) bool {
		if b == nil {
			return otherwise
		}
		return *b
	}
	lower := on(p.Lowercase, true)
	var steps sequence
	if on(p.CleanText, true) {
		steps = append(steps, rewrite(cleanBert))
	}
	if on(p.ChineseChars, true) {
		steps = append(steps, rewrite(spaceOut))
	}
	if on(p.StripAccents, lower) {
		steps = append(steps, unicodeForm{norm.NFD}, without{isAccent})
	}
	if lower {
		steps = append(steps, lowercase{})
	}
	return steps
}

// rewrite is a normalizer that cannot fail.
type rewrite func(aligned) aligned

func (f rewrite) normalize(a aligned) (aligned, error) { return f(a), nil }

// spellBytes writes each byte as the character that stands for it in byte-level vocabularies.
func spellBytes(a aligned) aligned {
	r := newRewriter(a)
	var buf []byte
	for r.at < len(a.text) {
		_, n := utf8.DecodeRune(r.rest())
		buf = appendByteLevel(buf[:0], r.rest()[:n])
		r.replace(buf, n)
	}
	return r.done()
}

func cleanBert(a aligned) aligned {
	r := newRewriter(a)
	for r.at < len(a.text) {
		c, n := utf8.DecodeRune(r.rest())
		switch {
		case c == '\t' || c == '\n' || c == '\r':
			r.replace([]byte{' '}, n)
		case c == utf8.RuneError || isControl(c): // before white space: U+0085 and \f are both
			r.drop(n)
		case unicode.IsSpace(c):
			r.replace([]byte{' '}, n)
		default:
			r.keep(n)
		}
	}
	return r.done()
}

// spaceOut puts spaces around Chinese characters.
func spaceOut(a aligned) aligned {
	r := newRewriter(a)
	for r.at < len(a.text) {
		c, n := utf8.DecodeRune(r.rest())
		if !isChinese(c) {
			r.keep(n)
			continue
		}
		r.prepend([]byte{' '})
		r.keep(n)
		r.insert([]byte{' '})
	}
	return r.done()
}

func isChinese(c rune) bool {
	return c >= 0x4E00 && c <= 0x9FFF || c >= 0x3400 && c <= 0x4DBF || c >= 0x20000 && c <= 0x2A6DF || c >= 0x2A700 && c <= 0x2B73F ||
		c >= 0x2B740 && c <= 0x2B81F || c >= 0x2B920 && c <= 0x2CEAF || c >= 0xF900 && c <= 0xFAFF || c >= 0x2F800 && c <= 0x2FA1F
}
