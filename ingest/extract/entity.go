package extract

import (
	"html"
	"unicode/utf8"
)

// windows1252 is what the numeric references 0x80 to 0x9F mean by the HTML standard.
var windows1252 = [32]rune{
	0x20AC, 0x81, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160, 0x2039, 0x152, 0x8D, 0x17D, 0x8F,
	0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x2DC, 0x2122, 0x161, 0x203A, 0x153, 0x9D, 0x17E, 0x178,
}

// entities decodes character references. It remembers the names it has met, of which the standard has 2231, so that the
// library's table is asked once a name.
type entities map[string]string

// maxEntity is longer than the longest name of the standard, CounterClockwiseContourIntegral.
const maxEntity = 33

// append decodes the reference that s begins with and returns how many bytes of s it took. What is no reference is "&".
func (e entities) append(out, s []byte) ([]byte, int) {
	if len(s) < 3 {
		return append(out, '&'), 1
	}
	if s[1] == '#' {
		return appendNumeric(out, s)
	}
	i := 1
	for i < len(s) && i < maxEntity && bclass[s[i]]&(cAlpha|cDigit) != 0 {
		i++
	}
	if i == 1 {
		return append(out, '&'), 1
	}
	if i < len(s) && s[i] == ';' {
		i++
	}
	if text, ok := e[string(s[:i])]; ok {
		return append(out, text...), i
	}
	ref := string(s[:i])
	text := html.UnescapeString(ref) // also resolves a prefix, as in "&notit" or "&copy2020"
	if text != ref && len(e) < 4096 {
		e[ref] = text
	}
	return append(out, text...), i
}

// appendNumeric decodes "&#…;", whose semicolon may be missing.
func appendNumeric(out, s []byte) ([]byte, int) {
	i, base := 2, rune(10)
	if s[i] == 'x' || s[i] == 'X' {
		i, base = 3, 16
	}
	first := i
	var r rune
	for ; i < len(s); i++ {
		c := lower[s[i]]
		var v rune
		switch {
		case c >= '0' && c <= '9':
			v = rune(c - '0')
		case base == 16 && c >= 'a' && c <= 'f':
			v = rune(c-'a') + 10
		default:
			v = -1
		}
		if v < 0 {
			break
		}
		if r <= utf8.MaxRune {
			r = r*base + v
		}
	}
	if i == first {
		return append(out, '&'), 1
	}
	if i < len(s) && s[i] == ';' {
		i++
	}
	switch {
	case r >= 0x80 && r < 0xA0:
		r = windows1252[r-0x80]
	case r == 0 || r > utf8.MaxRune || r >= 0xD800 && r < 0xE000:
		r = utf8.RuneError
	}
	return utf8.AppendRune(out, r), i
}
