package clean

import (
	"bytes"
	"fmt"
	"math/bits"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
)

// wordScan holds a text as an array of words, for the dialects that count on words and not on the masks of scanner. All its memory
// is kept for the next text. What a word is, each dialect says by the method that it calls.
type wordScan struct {
	text     []byte // the text and some zero bytes behind it
	n        int    // length of the text
	words    int    // how many there are; the arrays may be longer
	from, to []uint32
	chars    []uint32 // code points in the words before each; one more entry for all of them
	has      []uint8  // what stands in each word: bits of wordBytes
	hash     []uint64 // set by identify
	gram     [11]gramFacts
	ladder   ladder
}

const (
	hasLetter  = 1 << iota // an ASCII letter
	hasCapital             // an ASCII capital
	hasDigit               // an ASCII digit
	hasHash                // '#'
	hasHigh                // a byte beyond ASCII
	isSpace                // the byte is a space
	maybeSpace             // the byte may begin a space beyond ASCII
	isTail                 // the byte continues a character
)

var wordBytes = func() (t [256]uint8) {
	for c := range t {
		switch b := byte(c); {
		case b-'A' < 26:
			t[c] = hasLetter | hasCapital
		case b-'a' < 26:
			t[c] = hasLetter
		case b-'0' < 10:
			t[c] = hasDigit
		case b == '#':
			t[c] = hasHash
		case b < 0x80 && pythonSpace(rune(b)):
			t[c] = isSpace
		case b >= 0x80 && b < 0xC0:
			t[c] = hasHigh | isTail
		case b == 0xC2 || b >= 0xE1 && b <= 0xE3:
			t[c] = hasHigh | maybeSpace
		case b >= 0x80:
			t[c] = hasHigh
		}
	}
	return t
}()

func (w *wordScan) reset(text []byte) {
	w.n, w.words = len(text), 0
	w.text = grow(w.text, w.n+32)
	clear(w.text[copy(w.text, text):])
	w.room(w.n/4 + 16)
}

// room makes the arrays hold n words at least.
func (w *wordScan) room(n int) {
	w.from, w.to, w.has = resize(w.from, n), resize(w.to, n), resize(w.has, n)
	w.chars = resize(w.chars, n+1)
	w.chars[0] = 0
}

// resize gives a slice of n elements at least that begins with what s holds.
func resize[T any](s []T, n int) []T {
	if n <= cap(s) {
		return s[:max(n, len(s))]
	}
	more := make([]T, n+n/4)
	copy(more, s)
	return more
}

// add appends the word text[from:to], of so many code points.
func (w *wordScan) add(from, to, chars int, has uint8) {
	i := w.words
	if i >= len(w.from) || i >= len(w.to) || i >= len(w.has) || i+1 >= len(w.chars) {
		w.room(2*i + 16)
	}
	w.from[i], w.to[i], w.has[i] = uint32(from), uint32(to), has
	w.chars[i+1] = w.chars[i] + uint32(chars)
	w.words = i + 1
}

// identify gives the words their identities.
func (w *wordScan) identify() {
	w.hash = grow(w.hash, w.words)
	to, hash := w.to[:w.words], w.hash[:w.words]
	for i, from := range w.from[:w.words] {
		hash[i] = hashBytes(w.text, int(from), int(to[i]-from))
	}
}

// splitSpace cuts at white space, as Python's str.split does.
func (w *wordScan) splitSpace(text []byte) {
	w.reset(text)
	b := w.text[:w.n]
	for i := 0; i < len(b); {
		if k := wordBytes[b[i]]; k&(isSpace|maybeSpace) != 0 {
			if is, size := spaceAt(b, i); is {
				i += size
				continue
			}
		}
		from, chars, has := i, 0, uint8(0)
		for i < len(b) {
			k := wordBytes[b[i]]
			if k&(isSpace|maybeSpace) != 0 {
				if is, _ := spaceAt(b, i); is {
					break
				}
			}
			has |= k
			chars += int(1 - k>>7)
			i++
		}
		w.add(from, i, chars, has)
	}
}

// splitUnicode cuts by Unicode's word boundaries (UAX 29, default rules) and keeps the words that begin with a letter or a number,
// so that neither space nor punctuation is a word. It also counts the runs between ASCII spaces and NULs that begin so.
func (w *wordScan) splitUnicode(text []byte) (runs int) {
	w.reset(text)
	b := w.text[:w.n]
	for i := 0; i < len(b); {
		if asciiGap(b[i]) {
			i++
			continue
		}
		from, has := i, uint8(0)
		for i < len(b) && !asciiGap(b[i]) {
			has |= wordBytes[b[i]]
			i++
		}
		if beginsWord(b[from:]) {
			runs++
		}
		if has&hasHigh == 0 {
			w.splitASCII(from, i)
			continue
		}
		// No boundary rule looks across a space, so that the run can be cut on its own.
		for run := b[from:i]; len(run) > 0; {
			n, _, _ := words.SplitFunc(run, true)
			at := i - len(run)
			if beginsWord(b[at:]) {
				w.add(at, at+n, codePoints(run[:n]), hasHigh)
			}
			run = run[n:]
		}
	}
	return runs
}

func asciiGap(c byte) bool { return c == ' ' || c-'\t' < 5 || c == 0 }

// beginsWord tells whether b, which is not empty, begins with a letter or a number, as Python's isalnum says.
func beginsWord(b []byte) bool {
	if c := b[0]; c < utf8.RuneSelf {
		return wordBytes[c]&(hasLetter|hasDigit) != 0
	}
	r, _ := utf8.DecodeRune(b)
	c := runes().of(r) & classMask
	return c == classLetter || c == classIdeo || c == classDigit || c == classMark && unicode.Is(unicode.N, r)
}

// splitASCII cuts text[from:to], which is ASCII without space, by the rules that can apply there: letters, digits and "_" hold
// together, "'" "." ":" join letters, "'" "." "," ";" join digits.
func (w *wordScan) splitASCII(from, to int) {
	b := w.text
	for i := from; i < to; {
		begin, k := i, wordBytes[b[i]]
		if k&(hasLetter|hasDigit) == 0 && b[i] != '_' {
			i++
			continue
		}
		has := k
		for i++; i < to; i++ {
			c := b[i]
			if k = wordBytes[c]; k&(hasLetter|hasDigit) == 0 && c != '_' {
				before, after := wordBytes[b[i-1]], uint8(0)
				if i+1 < to {
					after = wordBytes[b[i+1]]
				}
				letters, digits := before&after&hasLetter != 0, before&after&hasDigit != 0
				if !(letters && (c == '\'' || c == '.' || c == ':') || digits && (c == '\'' || c == '.' || c == ',' || c == ';')) {
					break
				}
			}
			has |= k
		}
		if b[begin] != '_' {
			w.add(begin, i, i-begin, has)
		}
	}
}

// word is the i-th word.
func (w *wordScan) word(i int) []byte { return w.text[w.from[i]:w.to[i]] }

// length is the i-th word's number of code points.
func (w *wordScan) length(i int) int { return int(w.chars[i+1] - w.chars[i]) }

// letters is the number of code points in all words.
func (w *wordScan) letters() int { return int(w.chars[w.words]) }

// withLetter counts the words that hold a letter of any script.
func (w *wordScan) withLetter() (n int) {
	for i, has := range w.has[:w.words] {
		if has&hasLetter != 0 {
			n++
		} else if has&hasHigh != 0 && bytes.IndexFunc(w.word(i), unicode.IsLetter) >= 0 {
			n++
		}
	}
	return n
}

// grams measures the n-grams for n = 2 to 10: gram[n].
func (w *wordScan) grams() {
	w.identify()
	w.ladder.climb(w.hash, w.chars[:w.words+1], &w.gram)
}

// wordSet is a set of words by identity.
type wordSet struct {
	slots   []uint64 // 0 = free
	shift   uint
	longest int // bytes
}

// maxListed bounds the words of a set, in bytes.
const maxListed = 64

// newWordSet takes at most 1024 words.
func newWordSet(rule string, list []string) (s wordSet, err error) {
	if len(list) > 1024 {
		return s, fmt.Errorf("clean: %s: %d words are listed, at most 1024 are allowed", rule, len(list))
	}
	size := 8
	for size < 4*len(list) {
		size <<= 1
	}
	s = wordSet{make([]uint64, size), uint(64 - bits.TrailingZeros(uint(size))), 0}
	for _, word := range list {
		if len(word) > maxListed {
			return s, fmt.Errorf("clean: %s: %q is longer than %d bytes", rule, word, maxListed)
		}
		if len(word) == 0 || bytes.IndexFunc([]byte(word), pythonSpace) >= 0 {
			return s, fmt.Errorf("clean: %s: %q is not one word", rule, word)
		}
		h := hashWord(word)
		if s.has(h) {
			return s, fmt.Errorf("clean: %s: %q is listed twice", rule, word)
		}
		at := h >> s.shift
		for s.slots[at] != 0 {
			at = (at + 1) % uint64(size)
		}
		s.slots[at], s.longest = h, max(s.longest, len(word))
	}
	return s, nil
}

func (s *wordSet) has(h uint64) bool {
	for at := h >> s.shift; s.slots[at] != 0; at = (at + 1) % uint64(len(s.slots)) {
		if s.slots[at] == h {
			return true
		}
	}
	return false
}

// count is the number of words that are in the set, every occurrence. With fold, ASCII capitals count as small letters.
func (w *wordScan) count(s *wordSet, fold bool) (n int) {
	var low [maxListed + 8]byte
	to, has := w.to[:w.words], w.has[:w.words]
	for i, from := range w.from[:w.words] {
		size := int(to[i] - from)
		if size > s.longest {
			continue
		}
		var h uint64
		if fold && has[i]&hasCapital != 0 {
			for j, c := range w.text[from:to[i]] {
				if c-'A' < 26 {
					c |= 0x20
				}
				low[j] = c
			}
			h = hashBytes(low[:], 0, size)
		} else {
			h = hashBytes(w.text, int(from), size)
		}
		if s.has(h) {
			n++
		}
	}
	return n
}
