package pdf

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// words remembers which words a document has inside its lines, by their hashes: with a hyphen in them, and without. They decide whether a
// hyphen at a line's end belongs to the word.
type words map[uint64]bool

// learn notes the words of a line. Its first word may be the end of one that was broken, and one that ends in a hyphen is the begin.
func (w words) learn(text []byte) {
	h, n := fnvStart, 0
	last, first := rune(' '), true
	for i := 0; i <= len(text); {
		r, k := ' ', 1
		if i < len(text) {
			r, k = utf8.DecodeRune(text[i:])
		}
		i += k
		switch {
		case unicode.IsLetter(r):
			h, n = fnv(h, unicode.ToLower(r)), n+1
		case r == '\u00ad':
		case isHyphen(r) && n > 0:
			h, n = fnv(h, '-'), n+1
		default:
			if n > 1 && !isHyphen(last) && !first {
				w[h] = true
			}
			first = first && n == 0
			h, n = fnvStart, 0
		}
		last = r
	}
}

func isHyphen(r rune) bool { return r == '-' || r == '‐' || r == '‑' }

func (w words) has(parts ...[]byte) bool {
	h := fnvStart
	for _, p := range parts {
		for len(p) > 0 {
			r, k := utf8.DecodeRune(p)
			p = p[k:]
			h = fnv(h, unicode.ToLower(r))
		}
	}
	return w[h]
}

// prefixes are words that often begin a longer one without a hyphen.
var prefixes = map[string]bool{"over": true, "under": true, "inter": true, "with": true, "some": true, "every": true, "through": true, "fore": true,
	"there": true, "here": true, "where": true, "counter": true, "super": true, "trans": true, "micro": true, "multi": true, "hyper": true, "back": true}

// compounds are words that often begin a longer one with a hyphen.
var compounds = map[string]bool{"self": true, "well": true, "high": true, "low": true, "long": true, "short": true, "two": true, "three": true, "one": true,
	"open": true, "end": true, "half": true, "large": true, "small": true, "real": true, "cross": true, "new": true, "web": true, "non": true}

// join adds a line to a text that goes on with it, and makes the word whole that the line's end has broken.
func (w words) join(text, next []byte) []byte {
	if len(text) == 0 {
		return append(text, next...)
	}
	last, n := utf8.DecodeLastRune(text)
	first, _ := utf8.DecodeRune(next)
	switch {
	case last == '\u00ad':
		return append(text[:len(text)-n], next...)
	case isHyphen(last):
		before, _ := utf8.DecodeLastRune(text[:len(text)-n])
		switch {
		case inLink(text):
			return append(text, next...)
		case unicode.IsLetter(before) && unicode.IsLower(first):
			if !w.keeps(text[:len(text)-n], next) {
				text = text[:len(text)-n]
			}
			return append(text, next...)
		case unicode.IsLetter(before) || unicode.IsDigit(before):
			return append(text, next...)
		}
	case cjk(last) && cjk(first):
		return append(text, next...)
	case last == '—' && len(text) > n && text[len(text)-n-1] != ' ':
		return append(text, next...)
	case linkGoesOn(text, next):
		return append(text, next...)
	}
	return append(append(text, ' '), next...)
}

// inLink reports a text that ends inside an address.
func inLink(text []byte) bool {
	i := bytes.LastIndexByte(text, ' ') + 1
	return bytes.Contains(text[i:], []byte("://")) || bytes.HasPrefix(text[i:], []byte("www.")) || bytes.HasPrefix(text[i:], []byte("doi.org"))
}

// linkGoesOn reports an address that was broken at one of its signs.
func linkGoesOn(text, next []byte) bool {
	if len(text) == 0 || len(next) == 0 || !inLink(text) {
		return false
	}
	last := text[len(text)-1]
	return bytes.IndexByte([]byte("/_=?&"), last) >= 0 || next[0] == '/' || last == '.' && next[0] >= 'a' && next[0] <= 'z'
}

// keeps reports a compound whose own hyphen stands at the line's end: the document has it elsewhere, or it has both parts as words and
// not the two as one.
func (w words) keeps(text, next []byte) bool {
	a := len(text)
	for a > 0 {
		r, n := utf8.DecodeLastRune(text[:a])
		if !unicode.IsLetter(r) && !isHyphen(r) {
			break
		}
		a -= n
	}
	b := 0
	for b < len(next) {
		r, n := utf8.DecodeRune(next[b:])
		if !unicode.IsLetter(r) {
			break
		}
		b += n
	}
	head, tail := text[a:], next[:b]
	if w.has(head, tail) {
		return false
	}
	if utf8.RuneCount(head) == 1 || w.has(head, []byte("-"), tail) || bytes.ContainsAny(head, "-‐") {
		return true
	}
	lower := bytes.ToLower(head)
	return len(tail) >= 4 && w.has(tail) && (compounds[string(lower)] || len(head) >= 4 && !prefixes[string(lower)] && w.has(head))
}
