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
	w.hash, w.from, w.to = w.hash[:0], w.from[:0], w.to[:0]
	w.reserve(len(w.begin))
	t, begin, end := w.text, w.begin, w.end[:len(w.begin)]
	hash, froms, tos, n := w.hash[:cap(w.hash)], w.from[:cap(w.hash)], w.to[:cap(w.hash)], 0
	for i, from := range begin {
		to := end[i]
		size := to - from
		mask := lengthMask[min(size, 8)]
		switch x := binary.LittleEndian.Uint64(t[from:]); {
		case size <= 8 && x&mask&highs == 0:
			hash[n] = mixWord((x | lower) & mask)
		case isASCII(t[from:to]):
			hash[n] = hashASCII(t, from, to)
		default:
			w.hash, w.from, w.to = hash[:n], froms[:n], tos[:n]
			w.foreign(int(from), int(to))
			w.reserve(len(begin) - i)
			hash, froms, tos, n = w.hash[:cap(w.hash)], w.from[:cap(w.hash)], w.to[:cap(w.hash)], len(w.hash)
			continue
		}
		froms[n], tos[n] = from, to
		n++
	}
	w.hash, w.from, w.to = hash[:n], froms[:n], tos[:n]
}

// reserve makes room for n more words, in all three lists alike.
func (w *wordList) reserve(n int) {
	if len(w.hash)+n <= min(cap(w.hash), cap(w.from), cap(w.to)) {
		return
	}
	room := len(w.hash) + n + (len(w.hash)+n)/4 + 64
	w.hash = append(make([]uint64, 0, room), w.hash...)
	w.from = append(make([]uint32, 0, room), w.from...)
	w.to = append(make([]uint32, 0, room), w.to...)
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
		t := (*[64]byte)(w.text[at:])
		m := wordBytes(binary.LittleEndian.Uint64(t[:])) | wordBytes(binary.LittleEndian.Uint64(t[8:]))<<8 |
			wordBytes(binary.LittleEndian.Uint64(t[16:]))<<16 | wordBytes(binary.LittleEndian.Uint64(t[24:]))<<24 |
			wordBytes(binary.LittleEndian.Uint64(t[32:]))<<32 | wordBytes(binary.LittleEndian.Uint64(t[40:]))<<40 |
			wordBytes(binary.LittleEndian.Uint64(t[48:]))<<48 | wordBytes(binary.LittleEndian.Uint64(t[56:]))<<56
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
		if c >= 0xE4 && c < 0xEA && i+3 <= to { // most of Han, which counts as it is
			if r := rune(c&15)<<12 | rune(w.text[i+1]&63)<<6 | rune(w.text[i+2]&63); r >= 0x4E00 && w.text[i+1]&0xC0 == 0x80 && w.text[i+2]&0xC0 == 0x80 {
				flush(i)
				w.reserve(1)
				w.hash = append(w.hash, mixWord(uint64(c)|uint64(w.text[i+1])<<8|uint64(w.text[i+2])<<16))
				w.from, w.to = append(w.from, uint32(i)), append(w.to, uint32(i+3))
				i += 3
				continue
			}
		}
		r, n := utf8.DecodeRune(w.text[i:to])
		f := foldOf(table, r)
		switch {
		case f == foldApart:
			flush(i + n)
		case f == foldSkip:
			if len(w.folded) > 0 {
				last = i + n // an accent stands with its letter
			}
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
	w.reserve(1)
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
