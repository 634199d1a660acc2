package minhash

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// splitEnglish takes words of w.buf apart, of which findEnds has found the ends, and finds the ends again if there are more now. It is
// what spaCy's tokenizer of English does to a text that datatrove has simplified (spaCy 3.8, tokenizer.pyx): symbols at either end
// and units after a number are cut off until none is left, then a contraction is halved, or else icons within cut the rest.
func (w *words) splitEnglish() {
	e := englishTable()
	w.cuts = w.cuts[:0]
	text := w.buf[:w.n]
	from, unit, sign := 0, nextUnit(text, 0), w.n
	if w.symbols {
		sign = e.nextSymbol(text, 0)
	}
	for _, end := range w.ends[1 : w.count+1] {
		to := int(end)
		if unit < to || sign < to || to-from <= longestContraction && e.slots[englishSlot(w.buf[from:], to-from)] != 0 {
			e.split(w, from, to)
			if unit < to {
				unit = nextUnit(text, to)
			}
			if sign < to {
				sign = e.nextSymbol(text, to)
			}
		}
		from = to + 1
	}
	if len(w.cuts) == 0 {
		return
	}
	w.reserve(w.n + len(w.cuts) + slack)
	for i, to := len(w.cuts)-1, w.n; i >= 0; i-- {
		at := int(w.cuts[i])
		copy(w.buf[at+i+1:], w.buf[at:to])
		w.buf[at+i] = ' '
		to = at
	}
	w.n += len(w.cuts)
	clear(w.buf[w.n : w.n+block])
	w.findEnds()
}

// nextUnit is where the next 0 stands that a space or another 0 does not follow.
func nextUnit(text []byte, i int) int {
	for {
		j := bytes.IndexByte(text[i:], '0')
		if j < 0 {
			return len(text)
		}
		i += j + 1
		if text[i] != ' ' && text[i] != '0' { // a space follows the last word
			return i - 1
		}
	}
}

// nextSymbol is where the next symbol stands at which words are cut.
func (e *english) nextSymbol(text []byte, i int) int {
	for {
		if i = nextHigh(text, i); i == len(text) {
			return i
		}
		r, size := decode(text, i)
		if e.class(r) != 0 {
			return i
		}
		i += size
	}
}

// nextHigh is where the next byte stands that is not ASCII.
func nextHigh(text []byte, i int) int {
	for ; len(text)-i >= 8; i += 8 {
		if v := binary.LittleEndian.Uint64(text[i:]) & highBits; v != 0 {
			return i + bits.TrailingZeros64(v)/8
		}
	}
	for i < len(text) && text[i] < utf8.RuneSelf {
		i++
	}
	return i
}

// split finds where the word at w.buf[lo:hi] is cut.
func (e *english) split(w *words, lo, hi int) {
	first, from, to := len(w.cuts), lo, hi
	cut := func(at int) { w.cuts = append(w.cuts, uint32(at)) }
	for {
		if c := e.contraction(w.buf, from, to); c != nil {
			for _, at := range c {
				cut(from + at)
			}
			break
		}
		front, back := 0, 0
		if w.symbols && from < to {
			if r, size := utf8.DecodeRune(w.buf[from:to]); e.class(r)&atFront != 0 {
				front = size
			}
		}
		if from+front < to {
			back = e.suffix(w.buf[from+front:to], w.symbols)
		}
		if front > 0 && from+front < to {
			cut(from + front)
		}
		if back > 0 && from+front < to-back {
			cut(to - back)
		}
		from, to = from+front, to-back
		if front+back == 0 || from == to {
			if w.symbols {
				e.icons(w, from, to)
			}
			break
		}
	}
	if len(w.cuts) > first+1 {
		slices.Sort(w.cuts[first:])
		w.cuts = w.cuts[:first+len(slices.Compact(w.cuts[first:]))]
	}
}

// icons cuts around each icon within.
func (e *english) icons(w *words, from, to int) {
	for i := from; i < to; {
		r, size := utf8.DecodeRune(w.buf[i:to])
		if e.class(r)&within != 0 {
			if i > from {
				w.cuts = append(w.cuts, uint32(i))
			}
			if i+size < to {
				w.cuts = append(w.cuts, uint32(i+size))
			}
		}
		i += size
	}
}

// suffix is how many bytes are cut off the end of a word.
func (e *english) suffix(word []byte, symbols bool) int {
	if symbols {
		r, size := utf8.DecodeLastRune(word)
		c := e.class(r)
		if c&atBack != 0 || c&afterDigit != 0 && len(word) > size && word[len(word)-size-1] == '0' {
			return size
		}
	}
	for i := len(word) - 1; i >= max(0, len(word)-longestUnit-1); i-- {
		if word[i] != '0' {
			continue
		}
		if i+1 < len(word) && strings.Contains(units, " "+string(word[i+1:])+" ") {
			return len(word) - i - 1
		}
		break
	}
	return 0
}

// english finds contractions by a hash of their first eight bytes and their length.
type english struct {
	slots   [1 << 12]uint8 // 1 + the number of the first contraction of this hash
	words   []contraction
	classes [1 << 16]uint8
}

type contraction struct {
	word string
	cuts []int
	next uint8 // 1 + the number of another of the same hash
}

// Where a symbol is cut off.
const (
	atFront = 1 << iota
	atBack
	afterDigit
	within
)

var englishTable = sync.OnceValue(func() *english {
	e := &english{}
	for apart := range strings.SplitSeq(contractions, ",") {
		parts := strings.Fields(apart)
		word := strings.Join(parts, "")
		var cuts []int
		for i, at := 0, 0; i < len(parts)-1; i++ {
			at += len(parts[i])
			cuts = append(cuts, at)
		}
		var b [16]byte
		copy(b[:], word)
		slot := &e.slots[englishSlot(b[:], len(word))]
		e.words = append(e.words, contraction{word, cuts, *slot})
		*slot = uint8(len(e.words))
	}
	for r := range e.classes {
		e.classes[r] = symbolClass(rune(r))
	}
	return e
})

func englishSlot(b []byte, n int) int {
	v := binary.LittleEndian.Uint64(b)
	if n < 8 {
		v &= 1<<(8*uint(n)) - 1
	}
	return int((v + uint64(n)) * wordAdd >> 52)
}

// contraction is where buf[from:to] is cut if it is one.
func (e *english) contraction(buf []byte, from, to int) []int {
	n := to - from
	if n < 2 || n > longestContraction {
		return nil
	}
	for i := e.slots[englishSlot(buf[from:], n)]; i != 0; i = e.words[i-1].next {
		if c := &e.words[i-1]; c.word == string(buf[from:to]) {
			return c.cuts
		}
	}
	return nil
}

func (e *english) class(r rune) uint8 {
	if r > 0xFFFF {
		return symbolClass(r)
	}
	return e.classes[r]
}
