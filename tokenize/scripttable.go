package tokenize

import (
	"maps"
	"slices"
	"sync"
	"unicode"
)

// Scripts of characters; further ones are numbered in the order of their names.
const (
	scriptCommon    = iota // punctuation, digits, symbols, and what is unassigned
	scriptInherited        // marks, which have the script of what is before them
	scriptFirst
)

// scriptTable is a two-stage table: the script of r is pages[index[r>>8]][r&255].
type scriptTable struct {
	index [0x1100]uint16
	pages [][256]uint8
}

func (t *scriptTable) at(r rune) uint8 { return t.pages[t.index[r>>8]][r&255] }

// unicodeScripts is made when the first text is cut. Hiragana, Katakana and the sign for long vowels count as Han, with which they are mixed
// (google/sentencepiece, src/trainer_interface.cc).
var unicodeScripts = sync.OnceValue(func() *scriptTable {
	all := make([]uint8, unicode.MaxRune+1)
	fill := func(t *unicode.RangeTable, script uint8) {
		for _, r := range t.R16 {
			for c := uint32(r.Lo); c <= uint32(r.Hi); c += uint32(r.Stride) {
				all[c] = script
			}
		}
		for _, r := range t.R32 {
			for c := r.Lo; c <= r.Hi; c += r.Stride {
				all[c] = script
			}
		}
	}
	han, next := uint8(0), uint8(scriptFirst)
	for _, name := range slices.Sorted(maps.Keys(unicode.Scripts)) {
		switch name {
		case "Common":
			continue
		case "Inherited":
			fill(unicode.Inherited, scriptInherited)
			continue
		case "Han":
			han = next
		}
		fill(unicode.Scripts[name], next)
		next++
	}
	fill(unicode.Hiragana, han)
	fill(unicode.Katakana, han)
	all[0x30FC] = han
	t := &scriptTable{}
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
