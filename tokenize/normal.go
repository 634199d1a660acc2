package tokenize

import (
	"encoding/binary"
	"math/bits"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// isNormal is form.IsNormal, ten times as fast on text beyond ASCII: masks find the few characters that may combine or change, and only
// what is around them is looked at.
func isNormal(form norm.Form, text []byte) bool {
	pos := 0
	for ; pos+8 <= len(text) && binary.LittleEndian.Uint64(text[pos:])&0x8080808080808080 == 0; pos += 8 {
	}
	if pos+8 <= len(text) || !ascii(text[pos:]) {
		if a := restlessAlphabet(form); a != nil {
			return a.settled(form, text, pos)
		}
		return form.IsNormal(text)
	}
	return true
}

func ascii(text []byte) bool {
	for _, b := range text {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// restlessAlphabet has one mask, letter: characters that a form changes, that may combine with what is before them, or whose order among
// others of their kind matters. All other characters are normal, next to whatever others of them (Unicode Standard Annex 15, section 9).
func restlessAlphabet(form norm.Form) *alphabet {
	switch form {
	case norm.NFC:
		return restlessNFC()
	case norm.NFKC:
		return restlessNFKC()
	}
	return nil
}

var (
	restlessNFC  = sync.OnceValue(func() *alphabet { return newRestless(norm.NFC) })
	restlessNFKC = sync.OnceValue(func() *alphabet { return newRestless(norm.NFKC) })
)

// lastRestless is the last code point that any form changes or that combines: the compatibility ideographs of plane 2. A test looks at all.
const lastRestless = 0x2FFFF

func newRestless(form norm.Form) *alphabet {
	all := make([]uint8, utf8.MaxRune+1)
	var b [utf8.UTFMax]byte
	for r := rune(utf8.RuneSelf); r <= lastRestless; r++ {
		if restless(form, b[:utf8.EncodeRune(b[:], r)]) {
			all[r] = 1
		}
	}
	return newAlphabet(newClassTable(all), func(_ rune, restless uint8) uint8 { return restless * bitLetter })
}

func restless(form norm.Form, char []byte) bool {
	p := form.Properties(char)
	return p.CCC() != 0 || !p.BoundaryBefore() || p.Decomposition() != nil && !form.IsNormal(char)
}

// settled is isNormal for a text that is ASCII up to pos.
func (a *alphabet) settled(form norm.Form, text []byte, pos int) bool {
	var m masks
	var tail [64]byte
	checked := pos // the text is normal up to here, which may be ahead of pos
	for pos < len(text) {
		p, size := &tail, len(text)-pos
		if size >= 64 {
			p, size = (*[64]byte)(text[pos:]), 64
		} else {
			clear(tail[copy(tail[:], text[pos:]):])
		}
		a.classify(p, &m)
		m.measure(size, pos+size == len(text))
		for x := m.bytes(m.letter); x != 0; x &= x - 1 {
			at := pos + bits.TrailingZeros64(x)
			if at < checked {
				continue
			}
			_, before := utf8.DecodeLastRune(text[:at])
			checked = at
			for checked < len(text) && a.restlessAt(text[checked:]) {
				_, n := utf8.DecodeRune(text[checked:])
				checked += n
			}
			if !form.IsNormal(text[at-before : checked]) {
				return false
			}
		}
		if !m.last && m.cut != 0 {
			size = bits.TrailingZeros64(m.cut)
		}
		pos += size
	}
	return true
}

// restlessAt reports whether the first character of text is one.
func (a *alphabet) restlessAt(text []byte) bool {
	r, n := utf8.DecodeRune(text)
	return n > 1 && a.pages[a.index[r>>6]][r&63]&bitLetter != 0
}
