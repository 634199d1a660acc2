package tokenize

import (
	"unicode"
	"unicode/utf8"
)

// fixedLength cuts every so many characters.
type fixedLength int

func (n fixedLength) cut(dst []aligned, a aligned) ([]aligned, error) {
	for at := 0; at < len(a.text); {
		size := runesLen(a.text[at:], int(n))
		dst = append(dst, a.slice(at, at+size))
		at += size
	}
	return dst, nil
}

// scriptCutter cuts where the script changes. A space, and what has no script, belongs to what is before it, and is lost where that is nothing, as in Hugging Face's
// library (pre_tokenizers/unicode_scripts).
type scriptCutter struct{}

func (scriptCutter) cut(dst []aligned, a aligned) ([]aligned, error) {
	const unseen = -2
	last, from := unseen, -1
	for i := 0; i < len(a.text); {
		r, n := utf8.DecodeRune(a.text[i:])
		if s := scriptOf(r); s != anyScript {
			if s != last {
				if from >= 0 {
					dst = append(dst, a.slice(from, i))
				}
				from = i
			}
			last = s
		}
		i += n
	}
	if from >= 0 {
		dst = append(dst, a.slice(from, len(a.text)))
	}
	return dst, nil
}

const anyScript = -1

// scriptOf is the script of a character that the peer knows, anyScript if it has none. Common and Inherited are scripts here.
func scriptOf(r rune) int {
	if r == ' ' || !unicode.Is(unicode9(), r) {
		return anyScript
	}
	s := unicodeScripts().at(r)
	if s == scriptCommon && !unicode.Is(unicode.Common, r) {
		return anyScript
	}
	return int(s)
}
