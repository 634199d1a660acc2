package tokenize

import (
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/rangetable"
)

// The parts of Hugging Face's library know characters by tables of different age (0.23.3): the categories of BERT's parts are of Unicode 8, the marks that StripAccents
// drops and the scripts of Unicode 9, normal forms of 11, and letters, numbers and lower case of 16 and 17, newer than Go's. What differs was found by trying
// every character.
var (
	unicode8 = sync.OnceValue(func() *unicode.RangeTable { return rangetable.Assigned("8.0.0") })
	unicode9 = sync.OnceValue(func() *unicode.RangeTable { return rangetable.Assigned("9.0.0") })
)

// isControl are the characters that BERT's cleaning drops: of the categories Cc, Cf and Co.
func isControl(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co) && unicode.Is(unicode8(), r)
}

// isMark are the marks that StripAccents drops.
func isMark(r rune) bool {
	switch r {
	case 0x1CF2, 0x1CF3: // a letter now
		return true
	case 0x111C9: // punctuation then
		return false
	}
	return unicode.Is(unicode.M, r) && unicode.Is(unicode9(), r)
}

// isAccent are the marks that BERT's normalizer drops.
func isAccent(r rune) bool {
	switch r {
	case 0x1734: // a spacing mark now
		return true
	case 0x1885, 0x1886, 0xA9BD, 0x111C9:
		return false
	}
	return unicode.Is(unicode.Mn, r) && unicode.Is(unicode8(), r)
}

// isPunctuation counts the symbols of ASCII in.
func isPunctuation(r rune) bool {
	if r < 0x80 {
		return r > ' ' && r < 0x7F && !(r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z')
	}
	switch r {
	case 0x166D, 0x111C9: // a symbol and a mark now
		return true
	}
	return unicode.IsPunct(r) && unicode.Is(unicode8(), r)
}

// isWord is \w of Unicode's regular expressions: letters, marks, decimal digits, connectors and joiners.
func isWord(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M, unicode.Nd, unicode.Nl, unicode.Pc, unicode.Other_Alphabetic) || r == 0x200C || r == 0x200D || within(laterWords[:], r)
}

func isNumeric(r rune) bool { return unicode.IsNumber(r) || within(laterNumbers[:], r) }

func within(runs [][2]rune, r rune) bool {
	if r < runs[0][0] {
		return false
	}
	for _, x := range runs {
		if r >= x[0] && r <= x[1] {
			return true
		}
	}
	return false
}

var laterNumbers = [...][2]rune{{0x10D40, 0x10D49}, {0x116D0, 0x116E3}, {0x11BF0, 0x11BF9}, {0x11DE0, 0x11DE9}, {0x16130, 0x16139}, {0x16D70, 0x16D79},
	{0x16FF4, 0x16FF6}, {0x1CCF0, 0x1CCF9}, {0x1E5F1, 0x1E5FA}}

var laterWords = [...][2]rune{{0x0897, 0x0897}, {0x1C89, 0x1C8A}, {0xA7CB, 0xA7CD}, {0xA7DA, 0xA7DC}, {0x105C0, 0x105F3}, {0x10D40, 0x10D65}, {0x10D69, 0x10D6D},
	{0x10D6F, 0x10D85}, {0x10EC2, 0x10EC4}, {0x10EFC, 0x10EFC}, {0x11380, 0x11389}, {0x1138B, 0x1138B}, {0x1138E, 0x1138E}, {0x11390, 0x113B5}, {0x113B7, 0x113C0},
	{0x113C2, 0x113C2}, {0x113C5, 0x113C5}, {0x113C7, 0x113CA}, {0x113CC, 0x113D3}, {0x113E1, 0x113E2}, {0x116D0, 0x116E3}, {0x11BC0, 0x11BE0}, {0x11BF0, 0x11BF9},
	{0x11F5A, 0x11F5A}, {0x13460, 0x143FA}, {0x16100, 0x16139}, {0x16D40, 0x16D6C}, {0x16D70, 0x16D79}, {0x18CFF, 0x18CFF}, {0x1CCF0, 0x1CCF9}, {0x1E5D0, 0x1E5FA},
	{0x2EBF0, 0x2EE5D}}

// toLower is the lower case of a character.
func toLower(r rune) string {
	switch {
	case r == 'İ': // the one letter that has two in lower case
		return "i̇"
	case r < 0x1C89:
	case r == 0x1C89, r == 0xA7CC, r == 0xA7CE, r == 0xA7D2, r == 0xA7D4, r == 0xA7DA:
		return string(r + 1)
	case r == 0xA7CB:
		return "\u0264"
	case r == 0xA7DC:
		return "\u019B"
	case r >= 0x10D50 && r <= 0x10D65:
		return string(r + 0x20)
	case r >= 0x16EA0 && r <= 0x16EB8:
		return string(r + 0x1B)
	}
	return strings.ToLower(string(r))
}
