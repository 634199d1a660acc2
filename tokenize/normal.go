package tokenize

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Unicode normal forms as Hugging Face's tokenizers have them, which differ from Go's in two ways: characters that are newer than Unicode 9
// stay as they are (unicode-normalization-alignments 0.1.12, tables.rs), and any number of marks may stand on one letter.

// isNormal reports whether a text is in a form. Masks find the few characters that may combine or change, and only what is around them is
// looked at.
func isNormal(form norm.Form, text []byte) bool {
	normal := true
	restlessAlphabet(form).stretches(text, func(from, to int) bool {
		normal = form.IsNormal(text[from:to])
		return normal
	})
	return normal
}

// appendNormal appends the form of a text to dst.
func appendNormal(form norm.Form, dst, text []byte) []byte {
	done := 0
	restlessAlphabet(form).stretches(text, func(from, to int) bool {
		dst = append(dst, text[done:from]...)
		dst = appendStretch(form, dst, text[from:to])
		done = to
		return true
	})
	return append(dst, text[done:]...)
}

// appendStretch is appendNormal for a text without newer characters. It does not look at what dst ends with.
func appendStretch(form norm.Form, dst, text []byte) []byte {
	const few = 8 // characters, which are less than 30 marks: from there on Go's package puts a joiner between them
	for len(text) > 0 {
		n := combined(form, text)
		if utf8.RuneCount(text[:n]) > few {
			dst = appendLong(form, dst, text[:n])
		} else {
			dst = append(dst, form.Append(dst[len(dst):], text[:n]...)...)
		}
		text = text[n:]
	}
	return dst
}

// appendLong is appendStretch by the book (Unicode Standard 3.11): decompose, order, compose. The first byte may be no UTF-8.
func appendLong(form norm.Form, dst, text []byte) []byte {
	if r, n := utf8.DecodeRune(text); r == utf8.RuneError && n == 1 {
		dst, text = append(dst, text[0]), text[1:]
	}
	apart := norm.NFD
	if form == norm.NFKC || form == norm.NFKD {
		apart = norm.NFKD
	}
	var chars []rune
	for _, r := range string(text) {
		chars = append(chars, []rune(apart.String(string(r)))...)
	}
	class := func(r rune) int { return int(norm.NFD.PropertiesString(string(r)).CCC()) }
	for i := 0; i < len(chars); {
		n := i
		for n < len(chars) && class(chars[n]) != 0 {
			n++
		}
		slices.SortStableFunc(chars[i:n], func(a, b rune) int { return class(a) - class(b) })
		i = n + 1
	}
	if form == norm.NFC || form == norm.NFKC {
		chars = compose(chars, class)
	}
	return append(dst, string(chars)...)
}

// compose joins letters with what follows them, unless something of the same class is between.
func compose(chars []rune, class func(rune) int) []rune {
	out := chars[:0]
	starter, last := -1, 0 // its place in out, and the class of what came last behind it
	for _, r := range chars {
		c := class(r)
		if starter >= 0 && (last < c || starter == len(out)-1) {
			if pair := []rune(norm.NFC.String(string([]rune{out[starter], r}))); len(pair) == 1 {
				out[starter] = pair[0]
				continue
			}
		}
		if last = c; c == 0 {
			starter = len(out)
		}
		out = append(out, r)
	}
	return out
}

// combined is the length of the first character of a text and of what may combine with it.
func combined(form norm.Form, text []byte) int {
	r, n := utf8.DecodeRune(text)
	if isNewer(r) {
		return n
	}
	for n < len(text) && combines(form, text[n:]) {
		_, size := utf8.DecodeRune(text[n:])
		n += size
	}
	return n
}

// combines reports whether the first character of text, or what it becomes, may combine with what is before it.
func combines(form norm.Form, text []byte) bool {
	if r, _ := utf8.DecodeRune(text); isNewer(r) {
		return false
	}
	p := form.Properties(text)
	d := p.Decomposition()
	return !p.BoundaryBefore() || d != nil && !form.Properties(d).BoundaryBefore()
}

// newer are the first and last of ranges of characters that came after Unicode 9 and that any form would change, or order.
var newer = [...][2]rune{
	{0x07FD, 0x07FD}, {0x0898, 0x089F}, {0x08CA, 0x08D3}, {0x09FE, 0x09FE}, {0x0C3C, 0x0C3C}, {0x0D3B, 0x0D3C}, {0x0EBA, 0x0EBA}, {0x1715, 0x1715},
	{0x1ABF, 0x1ACE}, {0x1DF6, 0x1DFA}, {0x32FF, 0x32FF}, {0xA7F2, 0xA7F4}, {0xA82C, 0xA82C}, {0xAB69, 0xAB69}, {0x10781, 0x107BA}, {0x10D24, 0x10D27},
	{0x10EAB, 0x10EAC}, {0x10EFD, 0x10EFF}, {0x10F46, 0x10F50}, {0x10F82, 0x10F85}, {0x11070, 0x11070}, {0x1133B, 0x1133B}, {0x1145E, 0x1145E},
	{0x11839, 0x1183A}, {0x11930, 0x11930}, {0x11938, 0x11938}, {0x1193D, 0x1193E}, {0x11943, 0x11943}, {0x119E0, 0x119E0}, {0x11A34, 0x11A34}, {0x11A47, 0x11A47},
	{0x11A99, 0x11A99}, {0x11D42, 0x11D45}, {0x11D97, 0x11D97}, {0x11F41, 0x11F42}, {0x16FF0, 0x16FF1}, {0x1E030, 0x1E06D}, {0x1E08F, 0x1E08F},
	{0x1E130, 0x1E136}, {0x1E2AE, 0x1E2AE}, {0x1E2EC, 0x1E2EF}, {0x1E4EC, 0x1E4EF}, {0x1F16C, 0x1F16C}, {0x1FBF0, 0x1FBF9},
}

func isNewer(r rune) bool {
	i, found := slices.BinarySearchFunc(newer[:], r, func(a [2]rune, r rune) int { return int(a[0] - r) })
	return found || i > 0 && r <= newer[i-1][1]
}

// restlessAlphabet has one mask, letter: characters that a form changes, that may combine with what is before them, or whose order among
// others of their kind matters. All other characters are normal, next to whatever others of them (Unicode Standard Annex 15, section 9).
func restlessAlphabet(form norm.Form) *alphabet {
	return restlessAlphabets[form]()
}

var restlessAlphabets = [...]func() *alphabet{
	norm.NFC:  sync.OnceValue(func() *alphabet { return newRestless(norm.NFC) }),
	norm.NFD:  sync.OnceValue(func() *alphabet { return newRestless(norm.NFD) }),
	norm.NFKC: sync.OnceValue(func() *alphabet { return newRestless(norm.NFKC) }),
	norm.NFKD: sync.OnceValue(func() *alphabet { return newRestless(norm.NFKD) }),
}

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
	if r, _ := utf8.DecodeRune(char); isNewer(r) {
		return false
	}
	p := form.Properties(char)
	return p.CCC() != 0 || !p.BoundaryBefore() || !form.IsNormal(char)
}

// stretches finds the restless characters of a text, each with the one before it and those right behind it, until yield returns false. All
// else is normal.
func (a *alphabet) stretches(text []byte, yield func(from, to int) bool) {
	var m masks
	var tail [64]byte
	to := 0 // where the last stretch ended, which may be ahead of pos
	for pos := skipASCII(text, 0); pos < len(text); {
		p, size := &tail, len(text)-pos
		if size >= 64 {
			p, size = (*[64]byte)(text[pos:]), 64
		} else {
			clear(tail[copy(tail[:], text[pos:]):])
		}
		a.classify(p, &m)
		m.measure(size, pos+size == len(text))
		for x := m.bytes(m.letter); x != 0; x &= x - 1 {
			from := pos + bits.TrailingZeros64(x)
			if from < to {
				continue
			}
			r, before := utf8.DecodeLastRune(text[:from])
			if isNewer(r) {
				before = 0
			}
			for to = from; to < len(text) && a.restlessAt(text[to:]); {
				_, n := utf8.DecodeRune(text[to:])
				to += n
			}
			if !yield(from-before, to) {
				return
			}
		}
		if !m.last && m.cut != 0 {
			size = bits.TrailingZeros64(m.cut)
		}
		pos += size
	}
}

// skipASCII passes over whole words of ASCII from text[pos] on.
func skipASCII(text []byte, pos int) int {
	for pos+8 <= len(text) && binary.LittleEndian.Uint64(text[pos:])&0x8080808080808080 == 0 {
		pos += 8
	}
	return pos
}

// restlessAt reports whether the first character of text is one.
func (a *alphabet) restlessAt(text []byte) bool {
	r, n := utf8.DecodeRune(text)
	return n > 1 && a.pages[a.index[r>>6]][r&63]&bitLetter != 0
}
