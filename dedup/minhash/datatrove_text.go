package minhash

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// datatrovePunctuation is what becomes a space in datatrove's simplify_text (utils/text.py, PUNCTUATION), control characters aside.
const datatrovePunctuation = "!/—”:％１〈&(、━\\【#%「」，】；+^]~“《„';’{|∶´[=-`*．（–？！：$～«〉,><》)?）。…@_.\"}►»"

// datatrove is the rule of its simplify_text: lower case, then numbers, then punctuation, then NFD without marks. What is neither
// stays, symbols and other punctuation included.
var datatrove = sync.OnceValue(func() *rule { return newRule(judgeDatatrove, ".,،٫⎖⎗⎘", false) })

func judgeDatatrove(r rune) (kind fold, small rune) {
	l := unicode.ToLower(r)
	switch {
	case r == 'Σ':
		return asSigma, l
	case !utf8.ValidRune(r):
		return asLetter, utf8.RuneError
	case unicode.Is(unicode.Nd, l):
		return asZero, l
	case unicode.IsSpace(l) || unicode.IsControl(l) || strings.ContainsRune(datatrovePunctuation, l):
		return asSpace, l
	}
	return asLetter, l
}

// sigma is the lower case of the Σ before text[i], of two bytes, as Python finds it: final after a letter with case and not before
// one, where what case ignores is looked through (Unicode, SpecialCasing, Final_Sigma).
func sigma(text []byte, i int) rune {
	after := false
	for j := i - 2; j > 0; {
		r, size := utf8.DecodeLastRune(text[:j])
		j -= size
		if !caseIgnorable(r) {
			after = cased(r)
			break
		}
	}
	if !after {
		return 'σ'
	}
	for j := i; j < len(text); {
		r, size := utf8.DecodeRune(text[j:])
		j += size
		if !caseIgnorable(r) {
			if cased(r) {
				return 'σ'
			}
			break
		}
	}
	return 'ς'
}

func cased(r rune) bool {
	return unicode.In(r, unicode.Lu, unicode.Ll, unicode.Lt, unicode.Other_Lowercase, unicode.Other_Uppercase)
}

func caseIgnorable(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk) || strings.ContainsRune("'.:··՟״‧︓︔﹒﹕＇．：’‘․", r)
}
