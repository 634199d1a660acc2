package dedup

import (
	"math/bits"
	"unicode"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"

	"github.com/seed-83c59573/quern/dedup/minhash"

	"github.com/seed-83c59573/quern"
)

// An n-gram's ordinal is that of its paragraph, which is a line with words in it; or, if it spans more than one, spans and the first
// of them and how many follow.
const (
	spans     = 1 << 31
	spanShift = 26
	maxLines  = 1 << spanShift // of a document that are looked at
)

// ngrams makes the n-grams of a text, as BFF does: of the words of a paragraph, of a document, or of a document with paragraphs told
// apart. It is used by one goroutine.
type ngrams struct {
	opt   Bloom
	words minhash.Simplifier
	ring  [maxNgram]uint64 // hashes of the last words
	line  [maxNgram]uint32 // and where they stand
	n     int              // words in a row
	sum   uint64           // of the words in the ring: Σ hash·roll^(age)
	top   uint64           // roll^Ngram
	any   bool             // an n-gram was made
}

const roll = 0x9FB21C651E98DF25

func newNgrams(opt Bloom) *ngrams {
	g := &ngrams{opt: opt, top: 1}
	for range opt.Ngram {
		g.top *= roll
	}
	return g
}

// keys calls emit with every n-gram of a text.
func (g *ngrams) keys(text []byte, emit func(ordinal uint32, key uint64)) {
	g.n, g.sum, g.any = 0, 0, false
	line := uint32(0)
	for from := 0; from < len(text) && line < maxLines; {
		to := lineEnd(text, from)
		if g.lineWords(text[from:to], line, emit) {
			if g.opt.Remove == removeParagraph {
				g.finish(line, emit)
			}
			line++
		}
		from = to
	}
	if g.opt.Remove != removeParagraph {
		g.finish(0, emit)
	}
}

// finish makes a short unit one n-gram.
func (g *ngrams) finish(ordinal uint32, emit func(ordinal uint32, key uint64)) {
	if !g.any && g.n >= g.opt.MinNgram {
		if g.opt.Remove == removeBoth {
			ordinal = spans
		}
		emit(ordinal, mixNgram(g.sum))
	}
	g.n, g.sum, g.any = 0, 0, false
}

// lineWords adds the words of a line and reports whether it has any.
func (g *ngrams) lineWords(text []byte, line uint32, emit func(ordinal uint32, key uint64)) (some bool) {
	if g.opt.Normalize == normWords {
		simple := g.words.Simplify(text)
		from := 0
		for i, c := range simple {
			if c == ' ' {
				g.word(hashWord(simple[from:i]), line, emit)
				from, some = i+1, true
			}
		}
		return some
	}
	for i := 0; i < len(text); {
		from, to := nextWord(text, i)
		if from < to {
			g.word(hashWord(text[from:to]), line, emit)
			some = true
		}
		i = to
	}
	return some
}

func (g *ngrams) word(hash uint64, line uint32, emit func(ordinal uint32, key uint64)) {
	size := g.opt.Ngram
	at := g.n % size
	if g.n >= size {
		g.sum -= g.ring[at] * g.top
	}
	g.sum = (g.sum + hash) * roll
	g.ring[at], g.line[at] = hash, line
	g.n++
	if g.n < size {
		return
	}
	g.any = true
	ordinal := line
	switch first := g.line[g.n%size]; {
	case g.opt.Remove == removeDocument:
		ordinal = 0
	case first != line:
		ordinal = spans | first | (line-first)<<spanShift
	}
	emit(ordinal, mixNgram(g.sum))
}

// hashWord is XXH64 of a word, or of a short one a product.
func hashWord(b []byte) uint64 {
	if len(b) > 8 {
		return xxhash.Sum64(b)
	}
	v := uint64(0)
	for i, c := range b {
		v |= uint64(c) << (8 * i)
	}
	hi, lo := bits.Mul64(v^0x9FB21C651E98DF25, uint64(len(b))^0xA0761D6478BD642F)
	return hi ^ lo
}

func mixNgram(sum uint64) uint64 {
	hi, lo := bits.Mul64(sum^0xE7037ED1A0B428DB, 0xA0761D6478BD642F)
	return hi ^ lo
}

// Classes of bytes of nextWord.
const (
	wordOther = iota // a word of its own
	wordSpace
	wordLetter
	wordDigit
	wordHigh
)

var wordClass = func() (t [256]uint8) {
	for c := range t {
		switch b := byte(c); {
		case b == ' ' || b >= '\t' && b <= '\r':
			t[c] = wordSpace
		case b|0x20 >= 'a' && b|0x20 <= 'z' && b < 0x80, b == '_':
			t[c] = wordLetter
		case b >= '0' && b <= '9':
			t[c] = wordDigit
		case b >= 0x80:
			t[c] = wordHigh
		}
	}
	return t
}()

// nextWord finds the first word from i on; from = to if there is none. Words are as Unicode's annex 29 has them, in short: runs of
// letters, marks, digits and low lines, which one of ' . : may join between letters and one of ' . , ; between digits; any other
// character stands alone, and so do ideographs.
func nextWord(text []byte, i int) (from, to int) {
	for i < len(text) {
		if text[i] == ' ' {
			i++
			continue
		}
		class, size := classOf(text, i)
		if class != wordSpace {
			from, i = i, i+size
			if class == wordOther {
				return from, i
			}
			return from, wordEnd(text, i, class)
		}
		i += size
	}
	return i, i
}

// wordEnd is where a word ends of which the letter before i is of a class.
func wordEnd(text []byte, i int, class uint8) int {
	for i < len(text) {
		next, size := wordClass[text[i]], 1
		if next == wordHigh {
			next, size = classOf(text, i)
		}
		if next == wordLetter || next == wordDigit {
			class, i = next, i+size
			continue
		}
		if next == wordSpace {
			return i
		}
		c := text[i]
		joins := c == '\'' || c == '.' || class == wordLetter && c == ':' || class == wordDigit && (c == ',' || c == ';')
		if !joins || i+1 >= len(text) || text[i-1] == '_' || text[i+1] == '_' {
			return i
		}
		if after, size := classOf(text, i+1); after == class {
			i += 1 + size
			continue
		}
		return i
	}
	return i
}

func classOf(text []byte, i int) (class uint8, size int) {
	if class = wordClass[text[i]]; class != wordHigh {
		return class, 1
	}
	r, size := utf8.DecodeRune(text[i:])
	switch {
	case unicode.IsSpace(r):
		return wordSpace, size
	case r >= 0x2E80 && unicode.In(r, unicode.Han, unicode.Hiragana):
		return wordOther, size
	case unicode.IsLetter(r) || unicode.IsMark(r):
		return wordLetter, size
	case unicode.Is(unicode.Nd, r):
		return wordDigit, size
	}
	return wordOther, size
}

// ngramEditor cuts paragraphs of which enough n-grams were seen, and tells why documents go.
type ngramEditor struct {
	opt  Bloom
	cuts []Cut
}

func (e *ngramEditor) edit(text []byte, ordinals []uint32) ([]Cut, quern.Drop) {
	e.cuts = e.cuts[:0]
	lineSplitter{e.opt.Normalize}.each(text, func(ordinal uint32, from, to int) {
		if len(ordinals) > 0 && ordinals[0] == ordinal {
			ordinals = ordinals[1:]
			if n := len(e.cuts); n > 0 && e.cuts[n-1].To == from {
				e.cuts[n-1].To = to
			} else {
				e.cuts = append(e.cuts, Cut{from, to})
			}
		}
	})
	e.cuts = closeGaps(text, e.cuts)
	return e.cuts, judgeLeft(DroppedBloom, text, e.cuts, e.opt.LeftWords, e.opt.LeftShare)
}

// lineSplitter yields the lines that have words.
type lineSplitter struct{ normalize string }

func (s lineSplitter) each(text []byte, yield func(ordinal uint32, from, to int)) {
	g := ngrams{opt: Bloom{Normalize: s.normalize, Ngram: maxNgram, Remove: removeParagraph}}
	ordinal := uint32(0)
	for from := 0; from < len(text); {
		to := lineEnd(text, from)
		has := false
		if s.normalize == normWords {
			has = g.lineWords(text[from:to], 0, func(uint32, uint64) {})
		} else {
			has = !blank(text[from:to]) // what is no space is a word
		}
		if has {
			yield(ordinal, from, to)
			ordinal++
		}
		from = to
	}
}

func (s lineSplitter) split(text []byte, yield func(key [2]uint64, from, to int)) {
	s.each(text, func(_ uint32, from, to int) { yield([2]uint64{}, from, to) })
}
