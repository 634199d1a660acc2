package minhash

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Letters beyond the basic plane are folded one by one: rare Han, historic and mathematical ones.

func (t *rule) digit(r rune) bool {
	if r <= 0xFFFF {
		return t.base[r] == asZero
	}
	return unicode.Is(unicode.Nd, r)
}

// appendBeyond writes a letter without its marks; spaces is 1 if a space was written last.
func (t *rule) appendBeyond(out []byte, n, spaces int, r rune) (int, int) {
	var src [utf8.UTFMax]byte
	b := src[:utf8.EncodeRune(src[:], r)]
	if d := norm.NFD.Properties(b).Decomposition(); d != nil {
		b = d
	}
	for len(b) > 0 {
		x, size := utf8.DecodeRune(b)
		single := size == len(b)
		b = b[size:]
		if unicode.Is(unicode.Mn, x) {
			continue
		}
		if single && t.cjkAlone && isAlone(x) {
			out[n] = ' '
			n += 1 - spaces
			n += utf8.EncodeRune(out[n:], x)
			out[n] = ' '
			return n + 1, 1
		}
		n += utf8.EncodeRune(out[n:], x)
		spaces = 0
	}
	return n, spaces
}
