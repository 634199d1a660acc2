package pdf

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Pages that read from right to left. What was shown stands from left to right by now; the text is put into the order of reading, and
// the page is mirrored, so that all that follows may think from left to right.

// isRTL reports letters of the scripts that are written from right to left.
func isRTL(r rune) bool {
	return r >= 0x590 && r < 0x900 || r >= 0xfb1d && r < 0xfe00 || r >= 0xfe70 && r < 0xff00
}

// rightToLeft mirrors a page on which most letters are of such scripts.
func (c *chunker) rightToLeft(s *sheet) {
	rtl, ltr := 0, 0
	for i := range s.chunks {
		for t := c.text[s.chunks[i].a:s.chunks[i].b]; len(t) > 0; {
			r, k := utf8.DecodeRune(t)
			t = t[k:]
			if isRTL(r) {
				rtl++
			} else if unicode.IsLetter(r) {
				ltr++
			}
		}
	}
	if rtl <= ltr {
		return
	}
	for i := range s.chunks {
		q := &s.chunks[i]
		q.x0, q.x1 = -q.x1, -q.x0
		at := len(c.text)
		c.text = appendLogical(c.text, []rune(string(c.text[q.a:q.b])))
		q.a, q.b = int32(at), int32(len(c.text))
	}
}

// appendLogical writes what stands from left to right in the order in which it is read: from the end, but for numbers and foreign words.
func appendLogical(dst []byte, t []rune) []byte {
	for i := len(t); i > 0; {
		if !isLTR(t[i-1]) {
			dst = norm.NFKC.AppendString(dst, string(mirrored(t[i-1])))
			i--
			continue
		}
		k := i
		for n := i; n > 0 && !isRTL(t[n-1]); n-- {
			if isLTR(t[n-1]) {
				k = n - 1
			}
		}
		dst = append(dst, string(t[k:i])...)
		i = k
	}
	return dst
}

// isLTR reports letters and digits that run from left to right even there.
func isLTR(r rune) bool {
	return !isRTL(r) && (unicode.IsLetter(r) || unicode.IsDigit(r)) || r >= 0x660 && r < 0x66a || r >= 0x6f0 && r < 0x6fa
}

func mirrored(r rune) rune {
	switch r {
	case '(':
		return ')'
	case ')':
		return '('
	case '[':
		return ']'
	case ']':
		return '['
	case '«':
		return '»'
	case '»':
		return '«'
	}
	return r
}
