package tokenize

import (
	"sync"
	"unicode/utf8"
)

//go:generate go run gen.go

// Character classes. A byte that is no UTF-8 is cOther, one byte wide.
const (
	cOther = iota // all that is left: punctuation, symbols, unassigned
	cSpace        // white space that is no line break
	cBreak        // \r \n
	cNumber
	cLower
	cUpper // upper and title case
	cCaseless
	cMark
)

// classTable is a two-stage table: the class of r is pages[index[r>>8]][r&255].
type classTable struct {
	ascii [128]uint8
	index [0x1100]uint16
	pages [][256]uint8
	masks [256]uint64 // see maskBits
}

// unicodeClasses expands the generated runs once, when the first rule is made.
var unicodeClasses = sync.OnceValue(func() *classTable {
	all := make([]uint8, 0, utf8.MaxRune+1)
	for i := 0; i < len(classRuns); {
		c := classOfLetter(classRuns[i])
		n := 0
		for i++; i < len(classRuns) && classRuns[i] <= '9'; i++ {
			n = 10*n + int(classRuns[i]-'0')
		}
		for range max(n, 1) {
			all = append(all, c)
		}
	}
	t := &classTable{}
	copy(t.ascii[:], all)
	t.masks = maskBits(&t.ascii)
	seen := map[[256]uint8]uint16{}
	for p := range t.index {
		page := [256]uint8(all[p<<8:])
		k, ok := seen[page]
		if !ok {
			k = uint16(len(t.pages))
			seen[page] = k
			t.pages = append(t.pages, page)
		}
		t.index[p] = k
	}
	return t
})

func classOfLetter(c byte) uint8 {
	switch c {
	case 's':
		return cSpace
	case 'r':
		return cBreak
	case 'n':
		return cNumber
	case 'l':
		return cLower
	case 'u':
		return cUpper
	case 'c':
		return cCaseless
	case 'm':
		return cMark
	}
	return cOther
}

func (t *classTable) rune(r rune) uint8 { return t.pages[t.index[r>>8]][r&255] }

// at gives the class of the character at text[i] and its width in bytes.
func (t *classTable) at(text []byte, i int) (uint8, int) {
	if b := text[i]; b < 128 {
		return t.ascii[b], 1
	}
	r, w := utf8.DecodeRune(text[i:])
	if w == 1 {
		return cOther, 1
	}
	return t.rune(r), w
}

func isLetter(c uint8) bool { return c >= cLower && c <= cCaseless }
func isSymbol(c uint8) bool { return c == cOther || c == cMark }
