package minhash

import (
	"encoding/binary"
	"unicode/utf8"
)

// words is the scratch space in which a text becomes shingles. Its zero value needs a rule.
type words struct {
	rule    *rule
	buf     []byte      // the words of the simplified text, each followed by one space; then slack for kernels
	n       int         // bytes of them
	space   bool        // the last byte written is a space, or nothing is written
	tail    [block]byte // the end of the text, and spaces
	ends    []uint32    // ends[0] is -1 and ends[i] where word i ends
	count   int         // words
	cuts    []uint32    // where words are taken apart
	symbols bool        // some rune is cut off English words
	hashes  []uint64    // of words
	longs   []uint32
	out     []uint64
}

const (
	block = 64      // bytes that a kernel simplifies at a time
	step  = 4 << 10 // bytes of text after which plain code looks at its room again
	slack = 2 * block
	most  = 3 // bytes that one byte of text may become: a syllable of Hangul is taken apart, a broken byte becomes U+FFFD
)

// simplify writes the words of text to w.buf[:w.n].
func (w *words) simplify(text []byte) {
	t := w.rule
	w.n, w.space, w.symbols = 0, true, false
	w.reserve(len(text) + most*step + slack)
	for i := 0; i < len(text); {
		if width != 0 {
			i = w.advance(t, text, i)
		} else {
			i = w.plain(t, text, i, min(len(text), i+step), false)
		}
	}
	if !w.space {
		w.buf[w.n] = ' '
		w.n++
	}
	clear(w.buf[w.n : w.n+slack/2])
}

// reserve makes room for n bytes.
func (w *words) reserve(n int) {
	if len(w.buf) < n {
		w.buf = append(w.buf, make([]byte, max(n, 2*len(w.buf))-len(w.buf))...)
		w.buf = w.buf[:cap(w.buf)]
	}
}

// advance simplifies some of text[i:] by kernels and, where they stop, by plain code, and returns where it stopped.
func (w *words) advance(t *rule, text []byte, i int) int {
	end := len(text)
	from := text[i:]
	if len(from) < block { // the last of it stands in front of spaces
		n := copy(w.tail[:], from)
		for j := range w.tail[n:] {
			w.tail[n+j] = ' '
		}
		from = w.tail[:]
	}
	w.reserve(w.n + len(from) + slack)
	whole := end-i >= block
	if i += w.blocks(t, from); i >= end || whole && end-i < block {
		return min(i, end)
	}
	if text[i] < utf8.RuneSelf { // a number that no block rules on
		return w.plain(t, text, i, min(end, i+block), false)
	}
	return w.plain(t, text, i, min(end, i+step), true)
}

const highBits = 0x8080808080808080

// plain simplifies text[i:stop], and the rest of a number that goes on beyond, and returns where it stopped; with leave it stops
// where 16 bytes begin that kernels rule on.
func (w *words) plain(t *rule, text []byte, i, stop int, leave bool) int {
	w.reserve(w.n + most*(stop-i) + slack)
	out, n := w.buf, w.n
	spaces := 0 // 1 if a space is the last byte written, or nothing is
	if w.space {
		spaces = 1
	}
	var seen fold
	vectors, from := width == 512 && t.kernels, i
loop:
	for i < stop {
		c := text[i]
		if c < utf8.RuneSelf {
			if leave && len(text)-i >= 16 && (binary.LittleEndian.Uint64(text[i:])|binary.LittleEndian.Uint64(text[i+8:]))&highBits == 0 {
				break loop
			}
			i++
			m := t.ascii[c]
			out[n] = m
			switch {
			case m > '0':
				n++
				spaces = 0
			case m == ' ':
				n += 1 - spaces
				spaces = 1
			default:
				n++
				spaces = 0
				i = t.afterNumber(text, i)
			}
			continue
		}
		if leave && vectors && c&0xFE == 0xD0 && i > from && len(text)-i >= 16 && cyrillic(text[i:]) {
			break loop
		}
		if vectors && c >= 0xE4 && c <= 0xE9 && stop-i >= block {
			if t.cjkAlone {
				out[n] = ' '
				n += 1 - spaces
			}
			consumed, written := han(out[n:], text[i:stop], t.cjkAlone)
			if consumed > 0 {
				i, n, spaces = i+consumed, n+written, 0
				if t.cjkAlone {
					spaces = 1
				}
				continue
			}
			if t.cjkAlone {
				n -= 1 - spaces
			}
		}
		var r rune
		size := 0
		if len(text)-i >= 4 { // decode, which is not inlined
			v := binary.LittleEndian.Uint32(text[i:])
			if v&0xC0E0 == 0x80C0 && v&0x1E != 0 {
				r, size = rune(v&0x1F<<6|v>>8&0x3F), 2
			} else if v&0xC0C0F0 == 0x8080E0 {
				if r = rune(v&0x0F<<12 | v>>8&0x3F<<6 | v>>16&0x3F); r>>11 != 0 && r>>11 != 0xD800>>11 {
					size = 3
				}
			}
		}
		if size == 0 {
			r, size = utf8.DecodeRune(text[i:])
		}
		i += size
		f := asLetter
		if r <= 0xFFFF {
			f = t.base[r]
		} else {
			f, r = t.judge(r)
			seen |= symbol
		}
		seen |= f
		if size := f.size(); size != 0 {
			if f&alone != 0 {
				out[n] = ' '
				n += 1 - spaces
				binary.LittleEndian.PutUint32(out[n:], uint32(f))
				n += size
				out[n] = ' '
				n++
				spaces = 1
				continue
			}
			binary.LittleEndian.PutUint32(out[n:], uint32(f))
			n += size
			spaces = 0
			continue
		}
		switch f & (1<<kindBits - 1) {
		case asSpace:
			out[n] = ' '
			n += 1 - spaces
			spaces = 1
			continue
		case asNothing:
			continue
		case asZero:
			out[n] = '0'
			n++
			i = t.afterNumber(text, i)
		case asHangul:
			n = appendHangul(out, n, r)
		case asSigma:
			n += utf8.EncodeRune(out[n:], sigma(text, i))
		case asSeveral:
			n += copy(out[n:], t.several[f>>kindBits])
		case asLetter:
			n, spaces = t.appendBeyond(out, n, spaces, r)
			continue
		}
		spaces = 0
	}
	w.n, w.space = n, spaces == 1
	w.symbols = w.symbols || seen&symbol != 0
	return i
}

// cyrillic tells whether 16 bytes are ASCII and Cyrillic: no byte from C0 on but D0 and D1.
func cyrillic(text []byte) bool {
	v, w := binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[8:])
	return (v&(v<<1)&^zeroBytes(v&^each^0xD0*each)|w&(w<<1)&^zeroBytes(w&^each^0xD0*each))&highBits == 0
}

// decode is utf8.DecodeRune of text[i:], which begins with no ASCII, with a short way for runes of two and three bytes.
func decode(text []byte, i int) (r rune, size int) {
	if len(text)-i >= 4 {
		v := binary.LittleEndian.Uint32(text[i:])
		if v&0xC0E0 == 0x80C0 && v&0x1E != 0 {
			return rune(v&0x1F<<6 | v>>8&0x3F), 2
		}
		if v&0xC0C0F0 == 0x8080E0 {
			r := rune(v&0x0F<<12 | v>>8&0x3F<<6 | v>>16&0x3F)
			if r>>11 != 0 && r>>11 != 0xD800>>11 {
				return r, 3
			}
		}
	}
	return utf8.DecodeRune(text[i:])
}

// appendHangul writes the letters of a syllable (Unicode, section 3.12).
func appendHangul(out []byte, n int, r rune) int {
	s := r - 0xAC00
	n += utf8.EncodeRune(out[n:], 0x1100+s/588)
	n += utf8.EncodeRune(out[n:], 0x1161+s%588/28)
	if s%28 != 0 {
		n += utf8.EncodeRune(out[n:], 0x11A7+s%28)
	}
	return n
}

// afterNumber skips the rest of a number of which a digit ends before text[i]: digits, and one point between digits.
func (t *rule) afterNumber(text []byte, i int) int {
	i = t.afterDigits(text, i)
	r, size := decodeRune(text, i)
	for _, p := range t.points {
		if r == p {
			if j := t.afterDigits(text, i+size); j > i+size {
				return j
			}
			break
		}
	}
	return i
}

func (t *rule) afterDigits(text []byte, i int) int {
	for {
		r, size := decodeRune(text, i)
		if size == 0 || !t.digit(r) {
			return i
		}
		i += size
	}
}

// decodeRune is utf8.DecodeRune at i, of size 0 at the end.
func decodeRune(text []byte, i int) (rune, int) {
	if i < len(text) && text[i] < utf8.RuneSelf {
		return rune(text[i]), 1
	}
	return utf8.DecodeRune(text[min(i, len(text)):])
}

// A Simplifier gives texts as shingles of Words see them. It is for one goroutine; the zero value is ready.
type Simplifier struct{ words words }

// Simplify gives the words of text, each followed by one space: lower case, numbers as 0, no punctuation, no marks. The result is valid until the next
// call. Of a text of more than a GiB the first GiB counts.
func (s *Simplifier) Simplify(text []byte) []byte {
	if s.words.rule == nil {
		s.words.rule = own()
	}
	s.words.simplify(text[:min(len(text), 1<<30)])
	return s.words.buf[:s.words.n]
}
