package gram

import (
	"sync"
	"unicode"
)

// A Script is a script that serves several languages, so that letters alone do not tell them apart.
type Script uint8

// The scripts that have a model.
const (
	Latin Script = iota
	Cyrillic
	Arabic
	Devanagari
	Scripts // their number
)

// codeLimit bounds the table of letters: every letter of these scripts that prose uses lies below it.
const codeLimit = 0x2000

// codeBits is the width of a letter in a gram; five of them fit one word. The lower 12 bits of a letter below codeLimit are unique
// within its script.
const codeBits = 12

// edge stands for the start and the end of a word.
const edge = 0x20

var blocks = [Scripts][]struct{ lo, hi rune }{
	Latin:      {{'A', 'Z'}, {'a', 'z'}, {0xC0, 0x24F}, {0x250, 0x2AF}, {0x300, 0x36F}, {0x1E00, 0x1EFF}},
	Cyrillic:   {{0x400, 0x481}, {0x48A, 0x52F}},
	Arabic:     {{0x620, 0x63F}, {0x641, 0x64A}, {0x66E, 0x6D3}, {0x6FA, 0x6FF}, {0x750, 0x77F}},
	Devanagari: {{0x904, 0x939}, {0x958, 0x961}, {0x971, 0x97F}},
}

// letters gives the script, plus one, in the upper 4 bits and the lower-case letter's code below; 0 is no letter. Signs of vowels
// are no letters here, as they are none in the tables that the models were learned from.
var letters = sync.OnceValue(func() *[codeLimit]uint16 {
	t := new([codeLimit]uint16)
	for s, list := range blocks {
		for _, b := range list {
			for r := b.lo; r <= b.hi; r++ {
				low := unicode.ToLower(r)
				if low >= codeLimit || r == 0xD7 || r == 0xF7 {
					continue
				}
				t[r] = uint16(s+1)<<codeBits | uint16(low)&(1<<codeBits-1)
			}
		}
	}
	return t
})
