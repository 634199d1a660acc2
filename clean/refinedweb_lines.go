package clean

import (
	"unicode"
	"unicode/utf8"
)

// shareOf is the share of a line's code points that are of a kind: bytes of ASCII by a bit of wordBytes, others by a function.
func shareOf(line []byte, bit uint8, kind func(r rune) bool) float64 {
	n, all, high := 0, len(line), uint8(0)
	for _, c := range line {
		k := wordBytes[c]
		high |= k
		all -= int(k >> 7)
		if k&bit != 0 {
			n++
		}
	}
	if high&hasHigh != 0 {
		for i := 0; i < len(line); {
			if line[i] < utf8.RuneSelf {
				i++
				continue
			}
			r, size := utf8.DecodeRune(line[i:])
			if kind(r) {
				n++
			}
			i += size
		}
	}
	return ratio(n, all)
}

// isUpper is Python's str.isupper of one character.
func isUpper(r rune) bool {
	if r < utf8.RuneSelf {
		return uint32(r)-'A' < 26
	}
	return unicode.IsUpper(r) || unicode.Is(unicode.Other_Uppercase, r)
}

// isDigit is Python's str.isdigit of one character: decimal digits, and those that stand for a digit in other shapes.
func isDigit(r rune) bool {
	if r < utf8.RuneSelf {
		return uint32(r)-'0' < 10
	}
	return unicode.Is(unicode.Nd, r) || unicode.Is(shapedDigits, r)
}

// shapedDigits have Unicode's Numeric_Type Digit: superscripts, circled digits and so on.
var shapedDigits = &unicode.RangeTable{
	R16: []unicode.Range16{{0xB2, 0xB3, 1}, {0xB9, 0xB9, 1}, {0x1369, 0x1371, 1}, {0x19DA, 0x19DA, 1}, {0x2070, 0x2070, 1},
		{0x2074, 0x2079, 1}, {0x2080, 0x2089, 1}, {0x2460, 0x2468, 1}, {0x2474, 0x247C, 1}, {0x2488, 0x2490, 1}, {0x24EA, 0x24EA, 1},
		{0x24F5, 0x24FD, 1}, {0x24FF, 0x24FF, 1}, {0x2776, 0x277E, 1}, {0x2780, 0x2788, 1}, {0x278A, 0x2792, 1}},
	R32:         []unicode.Range32{{0x10A40, 0x10A43, 1}, {0x10E60, 0x10E68, 1}, {0x11052, 0x1105A, 1}, {0x1F100, 0x1F10A, 1}},
	LatinOffset: 2,
}

// isWordSign is what \w matches in the peers' regular expressions.
func isWordSign(r rune) bool {
	if r < utf8.RuneSelf {
		return r == '_' || wordBytes[r]&(hasLetter|hasDigit) != 0
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r)
}

var socialCounts = []string{"likes", "shares", "comments", "retweets", "reposts", "quotes", "bookmarks", "upvotes", "downvotes", "downloads",
	"views", "followers"}

// isCounter tells whether a line is a number, perhaps of thousands, millions or billions, and what a social page counts, in signs
// of any kind.
func isCounter(line []byte) bool {
	i := skipSigns(line, 0)
	r, size := utf8.DecodeRune(line[i:])
	if !unicode.Is(unicode.Nd, r) {
		return false
	}
	for unicode.Is(unicode.Nd, r) || r == ',' || r == '.' {
		i += size
		r, size = utf8.DecodeRune(line[i:])
	}
	switch r | 0x20 {
	case 'k', 'm', 'b':
		i++
	}
	space := i
	for i < len(line) {
		is, size := spaceAt(line, i)
		if !is {
			break
		}
		i += size
	}
	if i == space {
		return false
	}
	for _, what := range socialCounts {
		if foldedAt(line, i, what) {
			return skipSigns(line, i+len(what)) == len(line)
		}
	}
	return false
}

// skipSigns skips what is neither letter nor number nor "_".
func skipSigns(line []byte, i int) int {
	for i < len(line) {
		r, size := utf8.DecodeRune(line[i:])
		if isWordSign(r) {
			break
		}
		i += size
	}
	return i
}
