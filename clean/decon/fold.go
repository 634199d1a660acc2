package decon

import (
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// What becomes of a character that is no letter and no digit.
const (
	foldApart rune = 0 // it parts words
	foldSkip  rune = 1 // it is not there: accents, joiners, soft hyphens
)

// folds says for every character of the basic plane beyond ASCII which letter it counts as: small, without accents, of common width.
// It takes some milliseconds and is made on first use.
var folds = sync.OnceValue(func() *[0x10000]uint16 {
	t := new([0x10000]uint16)
	for r := rune(0x80); r < 0x10000; r++ {
		if r < 0xD800 || r >= 0xE000 {
			t[r] = uint16(foldRune(r))
		}
	}
	return t
})

func foldRune(r rune) rune {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return foldSkip
	case !unicode.In(r, unicode.L, unicode.N, unicode.Mc):
		return foldApart
	}
	base := rune(0)
	for _, d := range string(norm.NFKD.PropertiesString(string(r)).Decomposition()) {
		switch {
		case unicode.Is(unicode.Mn, d):
		case base == 0 && unicode.In(d, unicode.L, unicode.N) && d < 0x10000 && !hangulPart(d):
			base = d
		default:
			return unicode.ToLower(r) // it is several letters, as ﬁ is
		}
	}
	if base == 0 {
		base = r
	}
	return unicode.ToLower(base)
}

// hangulPart tells the letters of which a Hangul syllable is made: the syllable stays one.
func hangulPart(r rune) bool { return r >= 0x1100 && r < 0x1200 }

func foldOf(t *[0x10000]uint16, r rune) rune {
	switch {
	case r < 0x10000:
		if r == unicode.ReplacementChar {
			return foldApart
		}
		return rune(t[r])
	case r < 0x1F000 || r >= 0x20000:
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return unicode.ToLower(r)
		}
	}
	return foldApart
}

// aloneRune tells the letters that are words: those of scripts that are written without spaces.
func aloneRune(r rune) bool {
	switch {
	case r < 0xE00:
		return false
	case r < 0xF00, r >= 0x1000 && r < 0x10A0, r >= 0x1780 && r < 0x1800: // Thai, Lao; Burmese; Khmer
		return true
	}
	return r >= 0x3005 && r <= 0x3007 || r >= 0x3041 && r < 0x3100 || r >= 0x31F0 && r < 0x3200 || r >= 0x3400 && r < 0x4DC0 || r >= 0x4E00 && r < 0xA000 ||
		r >= 0xF900 && r < 0xFB00 || r >= 0x20000 && r < 0x40000
}
