package clean

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// charset is a table of one byte a character that UTF-8 is known to have been read by.
type charset struct {
	name string
	m    *charmap.Charmap
}

// charsetOrder is from the most to the least common; where two tell the same, the first does. The names and the list are those of
// ftfy (chardata.py), where Latin-1 is a charset of its own; here the C1 controls are bytes of every Windows charset.
var charsetOrder = [...]charset{
	{"windows-1252", charmap.Windows1252}, {"windows-1251", charmap.Windows1251}, {"windows-1250", charmap.Windows1250},
	{"windows-1253", charmap.Windows1253}, {"windows-1254", charmap.Windows1254}, {"windows-1257", charmap.Windows1257},
	{"iso-8859-2", charmap.ISO8859_2}, {"macroman", charmap.Macintosh}, {"cp437", charmap.CodePage437},
}

const nCharsets = len(charsetOrder)

func charsetNames() (names []string) {
	for _, c := range charsetOrder {
		names = append(names, c.name)
	}
	return names
}

func charsetList() string { return strings.Join(charsetNames(), ", ") }

// Kinds of characters that the upper half of a charset has, as evidence.
const (
	kindNone  = iota
	kindLower // letters
	kindUpper
	kindOpen   // punctuation that stands before a word
	kindClose  // punctuation that stands behind a word
	kindRaised // small signs that stand behind a word or a number: ² ™ °
	kindSign   // all other signs: they do not touch words
	kindBox    // box drawings
	kindC1     // controls
	kindLost   // U+FFFD: a byte that had no character
)

// charsetTables know each character that any charset has by a small number, its cell. Cell 0 is every other character.
type charsetTables struct {
	cells  [0x2600]uint16 // by code point
	others map[rune]uint16
	kind   []uint8
	byte   [nCharsets][]byte // by cell; 0 = the charset has no such character beyond ASCII
	lead   []uint16          // by cell: charsets, as bits, in which it is the first byte of a character of UTF-8
	cont   []uint16          // likewise a further byte
}

// charsets is built on first use.
var charsets = sync.OnceValue(func() *charsetTables {
	t := &charsetTables{others: map[rune]uint16{}}
	t.add(0)
	t.add(utf8.RuneError)
	t.kind[1] = kindLost
	for k := range charsetOrder {
		for b := 0x80; b <= 0xFF; b++ {
			r := charsetOrder[k].m.DecodeByte(byte(b))
			if r == utf8.RuneError || k == 0 && b < 0xA0 {
				t.set(k, rune(b), byte(b)) // a byte without a character mostly stays what it was; Latin-1 keeps all of these
			}
			if r != utf8.RuneError {
				t.set(k, r, byte(b))
			}
		}
		t.cont[1] |= 1 << k
	}
	return t
})

func (t *charsetTables) find(name string) int {
	for k := range charsetOrder {
		if charsetOrder[k].name == name {
			return k
		}
	}
	return -1
}

func (t *charsetTables) add(r rune) uint16 {
	c := uint16(len(t.kind))
	if int(r) < len(t.cells) {
		t.cells[r] = c
	} else {
		t.others[r] = c
	}
	t.kind = append(t.kind, kindOf(r))
	t.lead, t.cont = append(t.lead, 0), append(t.cont, 0)
	for k := range t.byte {
		t.byte[k] = append(t.byte[k], 0)
	}
	return c
}

func (t *charsetTables) set(k int, r rune, b byte) {
	c := t.cell(r)
	if c == 0 {
		c = t.add(r)
	}
	t.byte[k][c] = b
	switch {
	case b < 0xC0:
		t.cont[c] |= 1 << k
	case b >= 0xC2 && b < 0xF5:
		t.lead[c] |= 1 << k
	}
}

func (t *charsetTables) cell(r rune) uint16 {
	if int(r) < len(t.cells) {
		return t.cells[r]
	}
	if r >= 0xF8FF {
		return t.others[r]
	}
	return 0
}

func kindOf(r rune) uint8 {
	switch {
	case r >= 0x80 && r < 0xA0:
		return kindC1
	case r >= 0x2500 && r < 0x25A0:
		return kindBox
	case strings.ContainsRune("«“‘„‚‹¡¿", r):
		return kindOpen
	case strings.ContainsRune("»”’›…–—―·•\u00a0\u00ad", r):
		return kindClose
	case strings.ContainsRune("ªº°²³¹™®©", r):
		return kindRaised
	case strings.ContainsRune("ƒµˆˇ", r):
		return kindSign
	case unicode.IsLower(r):
		return kindLower
	case unicode.IsUpper(r):
		return kindUpper
	case r < 0x80:
		return kindNone
	}
	return kindSign
}
