package tokenize

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// addMarked counts the words of a text as SentencePiece's trainers do: a space begins a word and is its mark, so is one set before the text;
// where the script changes a new piece begins, with digits and punctuation as one script of their own. Spaces before spaces, tabs and line
// breaks are pieces apart. Bytes that are no UTF-8, and zeros, are left out.
func (c *Counter) addMarked(text []byte) {
	scripts := unicodeScripts()
	b := c.marked[:0]
	end := func() {
		if len(b) > 0 {
			c.addPiece(b)
			b = b[:0]
		}
	}
	const none = 255
	last := uint8(none) // script of the piece
	b = append(b, spaceMark...)
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		switch {
		case r == ' ':
			if string(b) != spaceMark {
				end()
			}
			for ; i < len(text) && text[i] == ' '; i++ {
				b = append(b, spaceMark...)
			}
			if more := len(b) - len(spaceMark); more > 0 && i < len(text) && text[i] > ' ' {
				c.addPiece(b[:more])
				b = b[more:]
			}
			last = none
			continue
		case r == '\n' || r == '\r' || r == '\t':
			end()
			for ; i < len(text) && text[i] == byte(r); i++ {
				b = append(b, byte(r))
			}
			end()
			last = none
			continue
		case r == 0 || r == utf8.RuneError && n == 1:
			end()
			last = none
		default:
			s := scripts.at(r)
			if s == scriptInherited {
				s = last
			}
			if last != none && s != last {
				end()
			}
			b = append(b, text[i:i+n]...)
			last = s
		}
		i += n
	}
	end()
	c.marked = b
}

func (c *Counter) addPiece(piece []byte) {
	switch {
	case len(piece) <= maxShort:
		c.addHot(key(piece))
	case len(piece) <= maxPiece:
		c.add(piece, 1)
	default:
		c.tooLong(len(piece))
	}
}

// alphabet is the characters that become tokens, the most frequent first, and how often each was met.
func (c *Counter) alphabet() (chars []rune, counts []int64, err error) {
	met := map[rune]int64{}
	var low [utf8.RuneSelf]int64
	total := int64(0)
	if err := c.pieces(func(piece []byte, count int64) error {
		for i := 0; i < len(piece); {
			if b := piece[i]; b < utf8.RuneSelf {
				low[b] += count
				i++
				total += count
				continue
			}
			r, n := utf8.DecodeRune(piece[i:])
			met[r] += count
			total += count
			i += n
		}
		return nil
	}); err != nil {
		return nil, nil, err
	}
	for b, n := range low {
		if n > 0 {
			met[rune(b)] = n
		}
	}
	wanted := map[rune]bool{markRune: true}
	met[markRune] += 0
	for _, r := range c.learn.Alphabet {
		wanted[r] = true
		met[r] += 0
	}
	for r := range met {
		chars = append(chars, r)
	}
	slices.SortFunc(chars, func(a, b rune) int {
		return cmp.Or(cmp.Compare(met[b], met[a]), cmp.Compare(a, b))
	})
	sum, kept := int64(0), chars[:0]
	for _, r := range chars {
		if wanted[r] || float64(sum) < c.learn.Coverage*float64(total) {
			kept = append(kept, r)
			counts = append(counts, met[r])
		}
		sum += met[r]
	}
	return kept, counts, nil
}

// symbolTable numbers characters.
type symbolTable struct {
	low  [utf8.RuneSelf]int32 // -1 = none
	high map[rune]int32
}

func newSymbolTable(chars []rune) *symbolTable {
	t := &symbolTable{high: make(map[rune]int32, len(chars))}
	for i := range t.low {
		t.low[i] = -1
	}
	for i, r := range chars {
		if r < utf8.RuneSelf {
			t.low[r] = int32(i)
		} else {
			t.high[r] = int32(i)
		}
	}
	return t
}

// spans calls f with the symbols of each stretch of a piece that has no character beside the table's.
func (t *symbolTable) spans(piece []byte, scratch []int32, f func(symbols []int32) error) ([]int32, error) {
	scratch = scratch[:0]
	for i := 0; i < len(piece); {
		r, n := rune(piece[i]), 1
		s := int32(-1)
		if r < utf8.RuneSelf {
			s = t.low[r]
		} else {
			r, n = utf8.DecodeRune(piece[i:])
			if k, ok := t.high[r]; ok {
				s = k
			}
		}
		i += n
		if s >= 0 {
			scratch = append(scratch, s)
			continue
		}
		if err := f(scratch); err != nil {
			return scratch, err
		}
		scratch = scratch[:0]
	}
	return scratch, f(scratch)
}
