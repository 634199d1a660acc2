package tokenize

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// UnicodeVersion is the version of Unicode that the character classes are pinned to: the one that tiktoken 0.14 and Hugging Face's
// tokenizers 0.23 have (testdata/unicode.json). What a later version adds is cOther.
const UnicodeVersion = "16.0.0"

// classRuns is, behind a line with the version, the class of every code point from 0 as runs: a letter, and how often if more than once.
// cmd/versus/unicode.py writes it.
//
//go:embed classes.txt
var classRuns string

// Character classes.
const (
	cOther  = iota // all that is left: control and format characters, private use, unassigned
	cSymbol        // punctuation and symbols; a byte that is no UTF-8, as U+FFFD in its place would be
	cSpace         // white space that is no line break
	cBreak         // \r \n
	cNumber
	cLower
	cUpper    // upper and title case
	cCaseless // letters without case, modifiers
	cMark
	classCount
)

var classOfLetter = [256]uint8{'o': cOther, 'p': cSymbol, 's': cSpace, 'r': cBreak, 'n': cNumber, 'l': cLower, 'u': cUpper, 'c': cCaseless,
	'm': cMark}

// page holds what belongs to 64 code points that follow each other: characters whose UTF-8 differs in its last byte only.
type page [64]uint8

const pageCount = (utf8.MaxRune + 1) / 64

// classTable is a two-stage table: the class of r is pages[index[r>>6]][r&63].
type classTable struct {
	ascii [128]uint8
	index [pageCount]uint16
	pages []page
}

// unicodeClasses expands the runs once, when the first rule is made.
var unicodeClasses = sync.OnceValue(func() *classTable {
	_, runs, _ := strings.Cut(classRuns, "\n")
	runs = strings.ReplaceAll(runs, "\n", "")
	all := make([]uint8, 0, utf8.MaxRune+1)
	for at := 0; at < len(runs); {
		c, n := classOfLetter[runs[at]], 0
		for at++; at < len(runs) && runs[at] <= '9'; at++ {
			n = 10*n + int(runs[at]-'0')
		}
		for range max(n, 1) {
			all = append(all, c)
		}
	}
	return newClassTable(all)
})

// newClassTable packs the classes of all code points.
func newClassTable(all []uint8) *classTable {
	t := &classTable{}
	ids := map[page]uint16{}
	for k := range t.index {
		p := page(all[64*k:])
		id, ok := ids[p]
		if !ok {
			id = uint16(len(t.pages))
			ids[p] = id
			t.pages = append(t.pages, p)
		}
		t.index[k] = id
	}
	copy(t.ascii[:], all)
	return t
}

// markClasses are classes that count marks as letters.
var markClasses = sync.OnceValue(func() *classTable {
	t := *unicodeClasses()
	t.pages = slices.Clone(t.pages)
	for i := range t.pages {
		for j, c := range t.pages[i] {
			if c == cMark {
				t.pages[i][j] = cCaseless
			}
		}
	}
	return &t
})

func (t *classTable) rune(r rune) uint8 { return t.pages[t.index[r>>6]][r&63] }

// at gives the class of the character at text[i] and its width in bytes.
func (t *classTable) at(text []byte, i int) (uint8, int) {
	if b := text[i]; b < utf8.RuneSelf {
		return t.ascii[b], 1
	}
	r, w := utf8.DecodeRune(text[i:])
	if w == 1 {
		return cSymbol, 1
	}
	return t.rune(r), w
}

func isLetter(c uint8) bool { return c >= cLower && c <= cCaseless }
func isSymbol(c uint8) bool { return c <= cSymbol || c == cMark }
func isNumber(c uint8) bool { return c == cNumber }
func isUpward(c uint8) bool { return c == cUpper || c == cCaseless || c == cMark }
func isLowly(c uint8) bool  { return c == cLower || c == cCaseless || c == cMark }
