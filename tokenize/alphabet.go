package tokenize

import "sync"

// An alphabet says, for each character, which masks it is in: bit k is the k-th mask of the struct masks. Masks are taken from it by
// table look-ups of bytes; it is shared and never changes.
//
//	bit  common               DeepSeek's          beyond ASCII
//	0    letter               letter or mark
//	1    number               number
//	2    \r \n                \r \n
//	3    other white space    other white space
//	4    ' '                  ' '                 letter without case; -
//	5    '                    control             mark; control
//	6    upper or title case  -                   as in ASCII; Chinese and Japanese
//	7    -                    -                   always
type alphabet struct {
	ascii  [128]uint8
	spread [256]uint64 // of bytes, bit k in byte k; bytes beyond ASCII have other bits
	bits   [256]uint64 // of bits, bit k in byte k

	// Pages of characters that differ in their last byte. Those whose characters are all alike come first.
	index [pageCount]uint16
	pages []page
	plain int // how many pages are of characters that are all alike

	// Of three-byte characters: the bits of those that are alike whatever follows this first byte, else 0.
	lead page
	// Of three-byte characters by first and second byte: the number of the page if its characters are all alike, else notPlain.
	second [16]page
	bulk   uint8 // what lead has for most Chinese characters

	// The masks of bytes by halves: bit h of nibbles[k][l] is bit k of spread for byte h<<4|l; from 7 on bits 1 to 4 of it for the
	// byte 128 above.
	nibbles [11][16]uint8
}

const (
	bitLetter = 1 << iota
	bitNumber
	bitBreak
	bitSpace
	bitFourth
	bitFifth
	bitSixth
	bitBeyond
)

const (
	notPlain   = 255
	firstThree = 0x800 >> 6   // the first page that takes three bytes
	surrogates = 0xD800 >> 6  // the first page of surrogates, which UTF-8 does not have; there are 32
	firstFour  = 0x10000 >> 6 // the first page that takes four bytes
)

var (
	commonAlphabet = sync.OnceValue(func() *alphabet { return newAlphabet(unicodeClasses(), commonBits) })
	markAlphabet   = sync.OnceValue(func() *alphabet { return newAlphabet(markClasses(), commonBits) })
)

func commonBits(r rune, c uint8) uint8 {
	switch r {
	case ' ':
		return bitSpace | bitFourth
	case '\'':
		return bitFifth
	}
	return [classCount]uint8{cSpace: bitSpace, cBreak: bitBreak, cNumber: bitNumber, cLower: bitLetter, cUpper: bitLetter | bitSixth,
		cCaseless: bitLetter | bitFourth, cMark: bitFifth}[c]
}

var deepSeekAlphabet = sync.OnceValue(func() *alphabet {
	return newAlphabet(unicodeClasses(), func(r rune, c uint8) uint8 {
		b := [classCount]uint8{cOther: bitFifth, cSpace: bitSpace, cBreak: bitBreak, cNumber: bitNumber, cLower: bitLetter, cUpper: bitLetter,
			cCaseless: bitLetter, cMark: bitLetter}[c]
		switch {
		case r == ' ':
			b |= bitFourth
		case hanKana(r):
			b |= bitSixth
		}
		return b
	})
})

func newAlphabet(classes *classTable, of func(r rune, class uint8) uint8) *alphabet {
	a := &alphabet{}
	for b := range a.spread {
		if b < len(a.ascii) {
			a.ascii[b] = of(rune(b), classes.ascii[b])
			a.spread[b] = spreadBits(a.ascii[b])
		}
	}
	a.makePages(classes, func(r rune) uint8 { return of(r, classes.rune(r)) | bitBeyond })
	for i := range a.second {
		for j := range a.second[i] {
			a.second[i][j] = notPlain
			k := i<<6 | j
			if id := a.index[k]; int(id) < a.plain && k >= firstThree && k>>5 != surrogates>>5 {
				a.second[i][j] = uint8(id)
			}
		}
		if s := &a.second[i]; s[0] != notPlain && *s == repeated(s[0]) {
			a.lead[0xE0&63+i] = a.pages[s[0]][0]
		}
	}
	a.bulk = a.lead[0xE5&63]
	for b := range 128 {
		a.spread[128+b] = spreadBits(a.bytesBeyond(uint8(128 + b)))
	}
	for b := range 128 {
		for k := range a.nibbles {
			bit := a.spread[b] >> (8 * k)
			if k >= 7 {
				bit = a.spread[128+b] >> (8 * (k - 6))
			}
			a.nibbles[k][b&15] |= uint8(bit&1) << (b >> 4)
		}
	}
	for b := range a.bits {
		a.bits[b] = spreadBits(uint8(b))
	}
	return a
}

// What spread has for bytes beyond ASCII.
const (
	byteInner = 1 << 1 // is not the first of its character
	byteThree = 1 << 2 // begins a character of three bytes or more
	byteFour  = 1 << 3 // of four
	byteBulk  = 1 << 4 // begins one whose bits are bulk
)

func (a *alphabet) bytesBeyond(b uint8) (v uint8) {
	v = bitBeyond
	if b < 0xC0 {
		v |= byteInner
	}
	if b >= 0xE0 {
		v |= byteThree
	}
	if b >= 0xF0 {
		v |= byteFour
	}
	if b >= 0xC0 && a.bulk != 0 && a.lead[b&63] == a.bulk {
		v |= byteBulk
	}
	return v
}

// spreadBits puts bit k into byte k.
func spreadBits(v uint8) (w uint64) {
	for k := range 8 {
		w |= uint64(v>>k&1) << (8 * k)
	}
	return w
}

// makePages numbers the different pages, plain ones first.
func (a *alphabet) makePages(classes *classTable, of func(r rune) uint8) {
	alike := make([]bool, len(classes.pages))
	for i := range alike {
		alike[i] = classes.pages[i] == repeated(classes.pages[i][0])
	}
	ids := map[page]uint16{}
	for _, plain := range [2]bool{true, false} {
		for k := range a.index {
			p := repeated(of(rune(k << 6)))
			// Where all classes are alike, so are all bits, or those of a first part of the page.
			if last := of(rune(k<<6 | 63)); !alike[classes.index[k]] || last != p[0] {
				for i := range p {
					p[i] = of(rune(k<<6 | i))
				}
			}
			if (p == repeated(p[0])) != plain {
				continue
			}
			id, ok := ids[p]
			if !ok {
				id = uint16(len(a.pages))
				ids[p] = id
				a.pages = append(a.pages, p)
			}
			a.index[k] = id
		}
		if plain {
			a.plain = len(a.pages)
		}
	}
}

func repeated(b uint8) (p page) {
	for i := range p {
		p[i] = b
	}
	return p
}
