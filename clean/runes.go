package clean

import (
	"sync"
	"unicode"
	"unicode/utf8"
)

// cell is what the rune table knows of a code point: a class in the low three bits, and flags.
type cell uint16

const (
	classOther  cell = iota // punctuation, symbols, controls
	classSpace              // what Python's str.isspace says
	classLetter             // letters but Han and Hiragana
	classIdeo               // Han and Hiragana letters: each is a word
	classDigit              // decimal digits
	classMark               // marks and other numbers: part of a word
	classMask   = 7
)

const (
	flagPunct cell = 8 << iota // in the peer's punctuation set: a word of such characters alone is a symbol
	flagEnd                    // in the peer's set of terminal punctuation
	flagBreak                  // ends a line for Python's str.splitlines
	flagAffix                  // a token of its own at either end of a run of non-space
	flagSolo                   // a token of its own wherever it stands
)

// affixes are signs beyond ASCII that spaCy strips from both ends: its punctuation, quotes, currencies (of which it strips the back ones
// only behind digits) and two dashes (lang/char_classes.py).
const affixes = "¿؟¡。？！，、；：～·।،۔؛٪”“‘´’‚„»«「」『』（）〔〕【】《》〈〉⟦⟧£€¥฿₽﷼₴₠₡₢₣₤₥₦₧₨₩₪₫₭₮₯₰₱₲₳₵₶₷₸₹₺₻₼₾₿§–—"

// terminal are the characters that end a sentence in some script, after datatrove's TERMINAL_PUNCTUATION.
const terminal = "᪩？⁈𑩂．꩞𑅃﹗𑂾\u1b7d፧𑅂꡶꘎⁉࠾᪨𑊩𑱂᱿𖩮᥅\U00011f43\U00011f44﹒𑈹𑈸።܂؞꛳\U00010f88𑗍𐩖𑙂\u061d꩟᠉\u1b7e𑗗᰼𑻸؟𑪜꧉𑗉𐽙𖫵𖬷܀꓿᜵𑗏𑁇𑗓𑥄៖𑥆𑗑𑗒꯫۔𐩗\U00010f86꡷\u2e54｡៕߹⸮.𑇅࠹𛲟꫰꤯𐽗᭞𑜼፨𑃁꣏𑇟𖬸𑪛𑜾࠷𝪈?𑃀𑗃！։꣎॥𑗖᭛᠃!၊𖺘⁇𑗌𑑋𖭄᭟𑅁𑙁⸼꩝𑗋。꧈꫱𑜽𐽖𑂿᙮។꛷\U00010f89៚᥄𑗕𑗎᪪᭚࠽𑇞𑗊𐽘\u2e53𑗔𖩯𑇍𑻷𐽕𑩃।𑗂𑇆𑁈။᱾𑱁꘏܁᜶‼𑈻‽᪫﹖𑑌𑈼\U00010f87𑗐៙᰻"

// symbols are the characters that datatrove's PUNCTUATION has besides terminal and controls. U+FF11, a digit, is in it there too.
const symbols = "!/—”:％１〈&(、━\\【#%「」，】；+^]~“《„';’{|∶´[=-`*．（–？！：$～«〉,><》)?）。…@_.\"}►»"

// runeTable is a two-stage table of classes and flags by code point.
type runeTable struct {
	pages [0x1100]uint16
	cells [][256]cell
}

func (t *runeTable) of(r rune) cell { return t.cells[t.pages[r>>8]][r&255] }

// runes is built on first use (a few milliseconds), from Go's Unicode tables.
var runes = sync.OnceValue(func() *runeTable {
	flat := make([]cell, unicode.MaxRune+1)
	each := func(t *unicode.RangeTable, f func(r rune)) {
		for _, s := range t.R16 {
			for r := rune(s.Lo); r <= rune(s.Hi); r += rune(s.Stride) {
				f(r)
			}
		}
		for _, s := range t.R32 {
			for r := rune(s.Lo); r <= rune(s.Hi); r += rune(s.Stride) {
				f(r)
			}
		}
	}
	for _, c := range []struct {
		table *unicode.RangeTable
		class cell
	}{{unicode.M, classMark}, {unicode.N, classMark}, {unicode.Nd, classDigit}, {unicode.L, classLetter}} {
		each(c.table, func(r rune) { flat[r] = c.class })
	}
	for _, t := range []*unicode.RangeTable{unicode.Han, unicode.Hiragana} {
		each(t, func(r rune) {
			if flat[r] == classLetter {
				flat[r] = classIdeo
			}
		})
	}
	for r := range rune(0x3001) {
		if pythonSpace(r) {
			flat[r] = classSpace
		}
		if pythonBreak(r) {
			flat[r] |= flagBreak
		}
		if r < 32 && r != '\t' && r != '\n' || r >= 127 && r < 160 {
			flat[r] |= flagPunct
		}
	}
	for _, r := range symbols {
		flat[r] |= flagPunct
	}
	for _, r := range terminal {
		flat[r] |= flagPunct | flagEnd
	}
	for _, r := range affixes {
		flat[r] |= flagAffix
	}
	each(unicode.So, func(r rune) { flat[r] |= flagSolo })
	t, seen := new(runeTable), map[[256]cell]uint16{}
	for p := range t.pages {
		page := [256]cell(flat[p<<8:])
		k, ok := seen[page]
		if !ok {
			k = uint16(len(t.cells))
			t.cells = append(t.cells, page)
			seen[page] = k
		}
		t.pages[p] = k
	}
	return t
})

func pythonSpace(r rune) bool {
	switch {
	case r >= 9 && r <= 13, r >= 0x1C && r <= 0x20, r == 0x85, r == 0xA0, r == 0x1680, r >= 0x2000 && r <= 0x200A, r == 0x2028,
		r == 0x2029, r == 0x202F, r == 0x205F, r == 0x3000:
		return true
	}
	return false
}

func pythonBreak(r rune) bool {
	return r >= 10 && r <= 13 || r >= 0x1C && r <= 0x1E || r == 0x85 || r == 0x2028 || r == 0x2029
}

// spaceAt tells whether a space begins at i, and the length of the character there.
func spaceAt(text []byte, i int) (bool, int) {
	if c := text[i]; c < utf8.RuneSelf {
		return c == ' ' || c-'\t' < 5 || c-0x1C < 4, 1
	}
	r, n := utf8.DecodeRune(text[i:])
	return pythonSpace(r), n
}
