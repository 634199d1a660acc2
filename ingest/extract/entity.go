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

// entities decodes character references. It remembers the names it has met, of which the standard has 2231, and what is none, so that
// the library's table is asked once a name.
type entities map[string]string

const (
	// maxEntity is longer than the longest name of the standard, CounterClockwiseContourIntegral.
	maxEntity = 33
	// maxEntities bounds what is remembered; then it is forgotten.
	maxEntities = 4096
)

// append decodes the reference that s begins with and returns how many bytes of s it took. What is no reference is "&". In the value
// of an attribute a name without a semicolon counts only where nothing follows that could be part of it, or of a URL.
func (e entities) append(out, s []byte, attribute bool) ([]byte, int) {
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
	ended := i < len(s) && s[i] == ';'
	if ended {
		i++
	}
	switch string(s[:i]) {
	case "&amp;":
		return append(out, '&'), i
	case "&lt;":
		return append(out, '<'), i
	case "&gt;":
		return append(out, '>'), i
	case "&quot;":
		return append(out, '"'), i
	}
	text := e.decode(s[:i])
	if attribute && !wholeName(text, ended) || attribute && !ended && i < len(s) && s[i] == '=' {
		return append(out, s[:i]...), i
	}
	return append(out, text...), i
}

// decode resolves a name with the library's table, which also knows what is a prefix, as in "&notit" or "&copy2020".
func (e entities) decode(name []byte) string {
	text, ok := e[string(name)]
	if !ok {
		if len(e) >= maxEntities {
			clear(e)
		}
		key := string(name)
		text = html.UnescapeString(key)
		e[key] = text
	}
	return text
}

// wholeName reports whether the text that a reference stands for holds nothing of its name: what is left of a name ends in a letter, a
// digit or the semicolon.
func wholeName(text string, ended bool) bool {
	if last := text[len(text)-1]; ended {
		return last != ';' || text == ";"
	}
	return bclass[text[len(text)-1]]&(cAlpha|cDigit) == 0
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
