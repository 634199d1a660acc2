package clean

import (
	"encoding/binary"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// What survey finds in a text. Most texts have nothing of it and are passed on as they are.
const (
	foundChange  = 1 << iota // a character that sweep removes or replaces
	foundMark                // a combining mark: there may be too many
	foundForm                // a character that the normal form may change
	foundInvalid             // bytes that are not UTF-8
)

// buildTable says for every code point of the basic plane what survey must report.
func (s *normalize) buildTable() {
	o := &s.opt
	s.table = make([]uint8, 0x10000)
	known := formClasses[s.form]()
	for r := range rune(0x10000) {
		s.table[r] = known[r] & s.wanted()
		switch {
		case isBreak(r) && o.Breaks, o.Spaces && isWideSpace(r), o.Bidi && isBidi(r),
			o.ZeroWidth && (r == 0xFEFF || r == 0x200B || r == 0x2060 || r == 0xAD):
			s.table[r] |= foundChange
		case o.Controls && (r == 0x85 || !isBreak(r) && unicode.Is(unicode.Cc, r) && r != '\n' && r != '\t'):
			s.table[r] |= foundChange
		}
	}
}

// wanted are the flags of formClass that the options ask for.
func (s *normalize) wanted() (flags uint8) {
	if s.opt.MaxMarks > 0 {
		flags |= foundMark
	}
	if s.opt.Form != "" {
		flags |= foundForm
	}
	return flags
}

// formClasses are what formClass says of the basic plane, built on first use: some milliseconds each.
var formClasses = map[norm.Form]func() *[0x10000]uint8{
	norm.NFC:  sync.OnceValue(func() *[0x10000]uint8 { return classes(norm.NFC) }),
	norm.NFKC: sync.OnceValue(func() *[0x10000]uint8 { return classes(norm.NFKC) }),
}

func classes(form norm.Form) *[0x10000]uint8 {
	t, b := new([0x10000]uint8), make([]byte, utf8.UTFMax)
	for r := range rune(0x10000) {
		if r >= 0xA0 && (r < 0xD800 || r >= 0xE000) {
			t[r] = formClass(form, r, b)
		}
	}
	return t
}

// formClass tells what only Unicode's own tables know of a code point; b is scratch for its bytes.
func formClass(form norm.Form, r rune, b []byte) (flags uint8) {
	p := form.Properties(b[:utf8.EncodeRune(b, r)])
	if p.CCC() != 0 {
		flags |= foundMark
	}
	// A character may change if it decomposes for good, or composes with one before it. Those that do either are few; composed
	// letters such as é are safe as long as none of the few stands in the text.
	// Beyond the basic plane whatever decomposes is one of them: nothing is asked for memory while a text is scanned.
	if p.CCC() != 0 || !p.BoundaryBefore() || r >= 0x10000 && p.Decomposition() != nil || r < 0x10000 && !form.IsNormal(b[:utf8.RuneLen(r)]) {
		flags |= foundForm
	}
	return flags
}

func (s *normalize) flags(r rune) uint8 {
	if r < 0x10000 {
		return s.table[r]
	}
	if r >= 0x1F300 && r < 0x1FB00 || r >= 0x20000 && r < 0x2F800 { // pictures and Han
		return 0
	}
	return formClass(s.form, r, s.one[:]) & s.wanted()
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// odd tells whether a word of eight bytes may hold anything but printable ASCII. It is never wrong when it says no.
func odd(w uint64) bool { return (w|(w-ones*0x20)|(w+ones))&highs != 0 }

// survey tells in one pass what is to be done with a text, and where the first thing of it that is not foundForm stands.
func (s *normalize) survey(text []byte) (found uint8, at int) {
	table := s.table
	at = len(text)
	note := func(flags uint8, i int) {
		if found |= flags; flags&(foundChange|foundMark) != 0 && i < at {
			at = i
		}
	}
	for i := 0; i < len(text); {
		for i+8 <= len(text) && !odd(binary.LittleEndian.Uint64(text[i:])) {
			i += 8
		}
		// At most a few odd bytes stand between stretches of plain ones.
		for end := min(i+8, len(text)); i < end; {
			c := text[i]
			if c < utf8.RuneSelf {
				if table[c] != 0 {
					note(table[c], i)
				}
				i++
				continue
			}
			var r rune
			n := 0
			switch {
			case c >= 0xC2 && c < 0xE0 && i+1 < len(text) && text[i+1]&0xC0 == 0x80:
				r, n = rune(c&0x1F)<<6|rune(text[i+1]&0x3F), 2
			case c > 0xE0 && c < 0xED && i+2 < len(text) && text[i+1]&0xC0 == 0x80 && text[i+2]&0xC0 == 0x80:
				r, n = rune(c&0x0F)<<12|rune(text[i+1]&0x3F)<<6|rune(text[i+2]&0x3F), 3
			default:
				if r, n = utf8.DecodeRune(text[i:]); r == utf8.RuneError && n == 1 {
					return found | foundInvalid, i
				}
			}
			if f := s.flags(r); f != 0 {
				note(f, i)
			}
			i += n
		}
	}
	return found, at
}
