package decon

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080

	mul0 = 0x9E3779B97F4A7C15
	mul1 = 0xA0761D6478BD642F
	mul2 = 0xE7037ED1A0B428DB
)

// padding is how many bytes behind the end of a text are read.
const padding = 72

// wordList is a text cut into words: the identity of each, and where it stands.
type wordList struct {
	hash     []uint64
	from, to []uint32

	text       []byte   // the text and padding zeros
	begin, end []uint32 // of runs of letters and digits, and of bytes beyond ASCII
	folded     []byte   // the word at hand
}

// len is the number of words.
func (w *wordList) len() int { return len(w.hash) }

// split cuts a text. What it gave for the text before is overwritten.
func (w *wordList) split(text []byte) {
	w.text = grow(w.text, len(text)+padding)
	copy(w.text, text)
	clear(w.text[len(text):])
	w.runs(len(text))
	n := len(w.begin)
	w.hash, w.from, w.to = grow(w.hash, n)[:0], grow(w.from, n)[:0], grow(w.to, n)[:0]
	t := w.text
	for i, from := range w.begin {
		to := w.end[i]
		x := binary.LittleEndian.Uint64(t[from:]) & lengthMask[min(to-from, 8)]
		if x&highs == 0 && to-from <= 8 {
			w.hash = append(w.hash, mixWord(x|lower&lengthMask[to-from]))
			w.from, w.to = append(w.from, from), append(w.to, to)
			continue
		}
		if isASCII(t[from:to]) {
			w.hash = append(w.hash, hashASCII(t, from, to))
			w.from, w.to = append(w.from, from), append(w.to, to)
			continue
		}
		w.foreign(int(from), int(to))
	}
}

// lower is the bit that makes capitals small; digits have it.
const lower = 0x2020202020202020

// lengthMask keeps the first n bytes of eight.
var lengthMask = [9]uint64{0, 1<<8 - 1, 1<<16 - 1, 1<<24 - 1, 1<<32 - 1, 1<<40 - 1, 1<<48 - 1, 1<<56 - 1, 1<<64 - 1}

func mixWord(x uint64) uint64 {
	h, l := bits.Mul64(x^mul0, mul1)
	return h ^ l
}

// hashASCII is the identity of a word of letters and digits; t reaches 8 bytes past its end.
func hashASCII(t []byte, from, to uint32) uint64 {
	h := uint64(0)
	for ; to-from > 8; from += 8 {
		hi, lo := bits.Mul64(h^(binary.LittleEndian.Uint64(t[from:])|lower)^mul2, mul0)
		h = hi ^ lo
	}
	m := lengthMask[to-from]
	return mixWord(h ^ (binary.LittleEndian.Uint64(t[from:])|lower)&m)
}

// hashFolded is the same of a word that is folded already, where every letter and digit of ASCII has the bit that makes it small.
func hashFolded(b []byte) uint64 {
	h := uint64(0)
	for ; len(b) > 8; b = b[8:] {
		hi, lo := bits.Mul64(h^binary.LittleEndian.Uint64(b)^mul2, mul0)
		h = hi ^ lo
	}
	var last [8]byte
	copy(last[:], b)
	return mixWord(h ^ binary.LittleEndian.Uint64(last[:]))
}

func isASCII(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] {
		if binary.LittleEndian.Uint64(b)&highs != 0 {
			return false
		}
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// runs finds the runs of bytes that may be of words, 64 bytes at a time.
func (w *wordList) runs(n int) {
	w.begin, w.end = grow(w.begin, n/2+flattenRoom), grow(w.end, n/2+flattenRoom)
	begins, ends := 0, 0
	carry := uint64(0)
	for at := 0; at <= n; at += 64 {
		var m uint64
		for k := range 8 {
			if at+8*k < n { // behind it are zeros
				m |= wordBytes(binary.LittleEndian.Uint64(w.text[at+8*k:])) << (8 * k)
			}
		}
		shifted := m<<1 | carry
		carry = m >> 63
		begins += flatten(w.begin[begins:], m&^shifted, uint32(at))
		ends += flatten(w.end[ends:], shifted&^m, uint32(at))
	}
	w.begin, w.end = w.begin[:begins], w.end[:ends]
}

// wordBytes has a bit for each of eight bytes that is a letter or a digit of ASCII, or beyond ASCII.
func wordBytes(x uint64) uint64 {
	plain := x &^ highs
	small := plain | lower
	letter := (small + ones*(0x80-'a')) &^ (small + ones*(0x7f-'z'))
	digit := (plain + ones*(0x80-'0')) &^ (plain + ones*(0x7f-'9'))
	return ((letter | digit | x) & highs >> 7) * 0x0102040810204080 >> 56
}

// flattenRoom is how much more room than there are bits flatten needs: it writes four numbers at a time.
const flattenRoom = 40

// flatten writes the numbers of the set bits of m, and base, to dst, and tells how many they are.
func flatten(dst []uint32, m uint64, base uint32) int {
	n := bits.OnesCount64(m)
	for k := 0; m != 0; k += 4 {
		q := (*[4]uint32)(dst[k:])
		q[0] = base + uint32(bits.TrailingZeros64(m))
		m &= m - 1
		q[1] = base + uint32(bits.TrailingZeros64(m))
		m &= m - 1
		q[2] = base + uint32(bits.TrailingZeros64(m))
		m &= m - 1
		q[3] = base + uint32(bits.TrailingZeros64(m))
		m &= m - 1
	}
	return n
}

// foreign cuts a run that has bytes beyond ASCII.
func (w *wordList) foreign(from, to int) {
	table := folds()
	w.folded = w.folded[:0]
	start, last := from, from
	flush := func(next int) {
		if len(w.folded) > 0 {
			w.add(start, last)
		}
		start = next
	}
	for i := from; i < to; {
		c := w.text[i]
		if c < utf8.RuneSelf {
			if len(w.folded) == 0 {
				start = i
			}
			w.folded = append(w.folded, c|0x20)
			i++
			last = i
			continue
		}
		r, n := utf8.DecodeRune(w.text[i:to])
		f := foldOf(table, r)
		switch {
		case f == foldApart:
			flush(i + n)
		case f == foldSkip:
		case aloneRune(f):
			flush(i)
			w.folded = utf8.AppendRune(w.folded, f)
			w.add(i, i+n)
		default:
			if len(w.folded) == 0 {
				start = i
			}
			w.folded = utf8.AppendRune(w.folded, f)
			last = i + n
		}
		i += n
	}
	flush(to)
}

// add takes the folded word.
func (w *wordList) add(from, to int) {
	w.hash = append(w.hash, hashFolded(w.folded))
	w.from, w.to = append(w.from, uint32(from)), append(w.to, uint32(to))
	w.folded = w.folded[:0]
}

// grow gives a slice of n elements, the old memory if it reaches. The contents are whatever they were.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4+64)
	}
	return s[:n]
}
