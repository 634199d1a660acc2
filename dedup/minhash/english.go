package minhash

import (
	"encoding/binary"
	"strings"
	"sync"
)

// English words that datatrove's tokenizer, spaCy's of English, takes apart once apostrophes are gone (spaCy 3.8,
// lang/en/tokenizer_exceptions.py). Words with symbols beyond ASCII, of which it cuts the symbols, are left as they are.
const contractions = `
ai nt, are nt, ca nt, ca nt ve, can not, could nt, could nt ve, could ve, dare nt, did nt, did nt ve, do nt, do nt ve,
does nt, does nt ve, gon na, got ta, had nt, had nt ve, has nt, have nt, he d, he d ve, he ll ve, he s, how d, how d ve,
how ll, how ll ve, how re, how s, how ve, i d, i d ve, i ll ve, i m, i m a, i ve, is nt, it d, it d ve, it ll, it ll ve,
may nt, may nt ve, might nt, might nt ve, might ve, must nt, must nt ve, must ve, need nt, need nt ve, not ve, ought nt,
ought nt ve, sha nt, sha nt ve, she d ve, she ll ve, she s, should nt, should nt ve, should ve, that d, that d ve, that
ll, that ll ve, that s, there d, there d ve, there ll, there ll ve, there re, there s, there ve, these d, these d ve,
these ll, these ll ve, these re, these ve, they d, they d ve, they ll, they ll ve, they re, they ve, this d, this d ve,
this ll, this ll ve, this s, those d, those d ve, those ll, those ll ve, those re, those ve, was nt, we d, we d ve, we
ll ve, we ve, were nt, what d, what d ve, what ll, what ll ve, what re, what s, what ve, when d, when d ve, when ll,
when ll ve, when re, when s, when ve, where d, where d ve, where ll, where ll ve, where re, where s, where ve, who d,
who d ve, who ll, who ll ve, who s, who ve, why d, why d ve, why ll, why ll ve, why re, why s, why ve, wo nt, wo nt ve,
would nt, would nt ve, would ve, y all, you d, you d ve, you ll, you ll ve, you re, you ve
`

// units are cut from the number before them (lang/units.py).
var units = [...]string{"km", "m", "dm", "cm", "mm", "ha", "nm", "yd", "in", "ft", "kg", "g", "mg", "t", "lb", "oz", "kmh", "mph", "mb", "kb", "gb", "tb"}

// english finds contractions by a hash of their first eight bytes and their length; equal hashes stand one after the other.
type english struct {
	slots [1 << 9]struct {
		word string
		cuts []int // where a space goes, the last first
	}
}

var englishTable = sync.OnceValue(func() *english {
	e := &english{}
	for _, apart := range strings.Split(contractions, ",") {
		parts := strings.Fields(apart)
		word := strings.Join(parts, "")
		var cuts []int
		for i, at := len(parts)-1, len(word); i > 0; i-- {
			at -= len(parts[i])
			cuts = append(cuts, at)
		}
		var b [16]byte
		copy(b[:], word)
		i := englishSlot(b[:], len(word))
		for e.slots[i].word != "" {
			i = (i + 1) % len(e.slots)
		}
		e.slots[i].word, e.slots[i].cuts = word, cuts
	}
	return e
})

func englishSlot(b []byte, n int) int {
	v := binary.LittleEndian.Uint64(b)
	if n < 8 {
		v &= 1<<(8*uint(n)) - 1
	}
	return int((v + uint64(n)) * wordAdd >> 55)
}

const longestContraction = 11

// splitEnglish takes words of w.buf apart, of which findEnds has found the ends, and finds the ends again if there are more now.
func (w *words) splitEnglish() {
	e := englishTable()
	w.cuts = w.cuts[:0]
	from := 0
	for _, end := range w.ends[1 : w.count+1] {
		word := w.buf[from:end]
		if len(word) <= longestContraction {
			for i := englishSlot(w.buf[from:], len(word)); e.slots[i].word != ""; i = (i + 1) % len(e.slots) {
				if string(word) == e.slots[i].word {
					for k := len(e.slots[i].cuts) - 1; k >= 0; k-- {
						w.cuts = append(w.cuts, uint32(from+e.slots[i].cuts[k]))
					}
					break
				}
			}
		}
		if at := unitOf(word); at > 0 {
			w.cuts = append(w.cuts, uint32(from+at))
		}
		from = int(end) + 1
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

// unitOf is where the unit begins that ends a word, right after a digit; 0 is nowhere.
func unitOf(word []byte) int {
	for i := len(word) - 1; i >= max(0, len(word)-4); i-- {
		if word[i] != '0' {
			continue
		}
		for _, u := range units {
			if string(word[i+1:]) == u {
				return i + 1
			}
		}
		return 0
	}
	return 0
}
