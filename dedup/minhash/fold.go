package minhash

import (
	"slices"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A fold says what a rune becomes in the simplified text. Usually it is the UTF-8 of one rune in the lower three bytes, their number
// in the two bits above and perhaps the bit alone. Where the number is 0 the lower bits are one of the kinds below.
type fold uint32

const (
	asSpace   fold = iota
	asNothing      // the marks of letters
	asZero         // a digit: the number is one 0
	asHangul       // a syllable: its letters, by arithmetic
	asSigma        // final or not: the neighbors decide
	asSeveral      // runes; which, is in the list of the rule at the number above kindBits
	asLetter       // one that stays, without its marks

	kindBits      = 3
	lenShift      = 24
	symbol   fold = 1 << 30 // English words are cut at it
	alone    fold = 1 << 31 // a word of its own
)

func (f fold) size() int { return int(f >> lenShift & 3) }

// foldAs is the fold to one rune of the basic plane.
func foldAs(r rune) fold {
	var f fold
	b := utf8.AppendRune(nil, r)
	for i, c := range b {
		f |= fold(c) << (8 * i)
	}
	return f | fold(len(b))<<lenShift
}

// A rule is a way to simplify.
type rule struct {
	base     [1 << 16]fold // of the basic plane, so that folding a rune is one load
	ascii    [128]byte     // the same for ASCII: a letter, 0 or a space
	several  [][]byte      // for asSeveral
	points   []rune        // may stand between the digits of one number
	comma    bool          // is one of points; the other ASCII point is the dot
	cjkAlone bool          // each Han, Hiragana or Katakana letter is a word
	judge    judge
	wide     beyondASCII
	kernels  bool // know what is beyond ASCII
}

// beyondASCII is what kernels know of a rule, all of it as planned or nothing.
type beyondASCII struct {
	cyrillic [2][128]byte // U+0400 to 047F become runes of two bytes: these
	general  [64]byte     // 0x80 for those of U+2000 to 203F that become a space
}

// tabulate fills in what kernels know, and reports whether the rule is as they have it.
func (t *rule) tabulate() bool {
	for i := range 128 {
		f := t.base[0x400+i]
		if f.size() != 2 || f&alone != 0 {
			return false
		}
		t.wide.cyrillic[0][i], t.wide.cyrillic[1][i] = byte(f), byte(f>>8)
	}
	for i := range t.wide.general {
		if t.base[0x2000+i] == asSpace {
			t.wide.general[i] = 0x80
		}
	}
	for _, r := range "\u00a0«»" {
		if t.base[r] != asSpace {
			return false
		}
	}
	for r := rune(0x4E00); r <= 0x9FFF; r++ {
		f := t.base[r]
		if f&^alone != foldAs(r) || (f&alone != 0) != t.cjkAlone {
			return false
		}
	}
	return true
}

// A judge tells the kind of a rune and what it is in lower case.
type judge func(r rune) (kind fold, small rune)

// newRule tabulates a rule, 256 KiB.
func newRule(j judge, points string, cjkAlone bool) *rule {
	t := &rule{points: []rune(points), comma: slices.Contains([]rune(points), ','), cjkAlone: cjkAlone, judge: j}
	for r := range rune(1 << 16) {
		kind, small := j(r)
		if kind != asLetter {
			t.base[r] = kind
			continue
		}
		bare := decompose(small)
		switch {
		case len(bare) == 0:
			t.base[r] = asNothing
		case r >= 0xAC00 && r <= 0xD7A3:
			t.base[r] = asHangul
		case len(bare) > 1:
			t.base[r] = asSeveral | fold(len(t.several))<<kindBits
			t.several = append(t.several, []byte(string(bare)))
		default:
			t.base[r] = foldAs(bare[0])
			if cjkAlone && isAlone(bare[0]) {
				t.base[r] |= alone
			}
			if symbolClass(bare[0]) != 0 {
				t.base[r] |= symbol
			}
		}
	}
	for c := range t.ascii {
		switch f := t.base[c]; f {
		case asSpace:
			t.ascii[c] = ' '
		case asZero:
			t.ascii[c] = '0'
		default:
			t.ascii[c] = byte(f)
		}
	}
	t.kernels = t.tabulate()
	return t
}

func isAlone(r rune) bool { return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) }

// own is quern's rule.
var own = sync.OnceValue(func() *rule { return newRule(judgeOwn, ".", true) })

func judgeOwn(r rune) (kind fold, small rune) {
	l := lower(r)
	switch {
	case !utf8.ValidRune(r):
		return asSpace, l
	case unicode.Is(unicode.Nd, l):
		return asZero, l
	case unicode.IsSpace(l) || unicode.IsControl(l) || unicode.IsPunct(l) || unicode.IsSymbol(l):
		return asSpace, l
	case unicode.In(l, unicode.Mn, unicode.Cf):
		return asNothing, l
	}
	return asLetter, l
}

// lower maps the letters that differ by case only to one, final sigma and long s included, so that texts which are equal but for case
// have equal shingles.
func lower(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }

// decompose is r without its marks.
func decompose(r rune) []rune {
	return slices.DeleteFunc([]rune(norm.NFD.String(string(r))), func(x rune) bool { return unicode.Is(unicode.Mn, x) })
}
