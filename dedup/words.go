package dedup

import (
	"slices"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"
	"golang.org/x/text/unicode/norm"
)

// What a rune becomes in the simplified text; any other value is the rune that stands for it.
const (
	asSpace = iota
	asNothing
	asZero
	asMany           // more than one rune: decompose it
	alone  = 1 << 31 // a word of its own
)

// foldTable maps the basic plane, so that folding a rune is one load. It is 256 KiB and built on first use.
var foldTable = sync.OnceValue(func() *[1 << 16]uint32 {
	t := new([1 << 16]uint32)
	for r := range rune(1 << 16) {
		t[r] = foldRune(r)
	}
	return t
})

func foldRune(r rune) uint32 {
	if !utf8.ValidRune(r) {
		return asSpace
	}
	l := lower(r)
	switch {
	case unicode.Is(unicode.Nd, l):
		return asZero
	case unicode.IsSpace(l) || unicode.IsControl(l) || unicode.IsPunct(l) || unicode.IsSymbol(l):
		return asSpace
	case unicode.Is(unicode.Mn, l) || unicode.Is(unicode.Cf, l):
		return asNothing
	}
	bare := decompose(l)
	switch {
	case len(bare) == 0:
		return asNothing
	case len(bare) > 1:
		return asMany
	case unicode.In(bare[0], unicode.Han, unicode.Hiragana, unicode.Katakana):
		return uint32(bare[0]) | alone
	}
	return uint32(bare[0])
}

// lower maps the letters that differ by case only to one, final sigma and long s included, so that texts which are equal under Exact
// have equal shingles.
func lower(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }

// decompose is r without its marks.
func decompose(r rune) []rune {
	return slices.DeleteFunc([]rune(norm.NFD.String(string(r))), func(x rune) bool { return unicode.Is(unicode.Mn, x) })
}

// words is the scratch space in which a text becomes shingles. The zero value is ready.
type words struct {
	buf    []byte
	hashes []uint64
	out    []uint64
}

// shingles returns one 64-bit hash per run of k words of the simplified text, repeats included; none for a text of fewer words.
// The result is valid until the next call.
func (w *words) shingles(text []byte, k int) []uint64 {
	w.simplify(text)
	w.hashes = w.hashes[:0]
	from := 0
	for i, c := range w.buf {
		if c == ' ' {
			w.hashes = append(w.hashes, xxhash.Sum64(w.buf[from:i]))
			from = i + 1
		}
	}
	w.out = w.out[:0]
	const roll, last = 0x9FB21C651E98DF25, 0xA0761D6478BD642F // odd constants of xxh3 and wyhash
	for i := 0; i+k <= len(w.hashes); i++ {
		var h uint64
		for _, v := range w.hashes[i : i+k] {
			h = h*roll + v
		}
		h *= last
		w.out = append(w.out, h^h>>32)
	}
	return w.out
}

// simplify writes the words of text to w.buf, each followed by one space.
func (w *words) simplify(text []byte) {
	table := foldTable()
	out := w.buf[:0]
	space := true // the last byte written is a space, or nothing is written
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(text[i:])
		}
		i += size
		f := foldOf(table, r)
		switch {
		case f == asSpace:
			if !space {
				out = append(out, ' ')
				space = true
			}
			continue
		case f == asNothing:
			continue
		case f == asZero:
			out = append(out, '0')
			i = afterNumber(table, text, i)
		case f == asMany:
			for _, x := range decompose(lower(r)) {
				out = utf8.AppendRune(out, x)
			}
		case f&alone != 0:
			if !space {
				out = append(out, ' ')
			}
			out = utf8.AppendRune(out, rune(f&^alone))
			out = append(out, ' ')
			space = true
			continue
		case f < utf8.RuneSelf:
			out = append(out, byte(f))
		default:
			out = utf8.AppendRune(out, rune(f))
		}
		space = false
	}
	if !space {
		out = append(out, ' ')
	}
	w.buf = out
}

func foldOf(table *[1 << 16]uint32, r rune) uint32 {
	if r < 1<<16 {
		return table[r]
	}
	return foldRune(r)
}

// afterNumber skips the rest of a number of which text[i-1] is a digit: digits, and one decimal point between digits.
func afterNumber(table *[1 << 16]uint32, text []byte, i int) int {
	i = afterDigits(table, text, i)
	if i < len(text) && text[i] == '.' {
		if j := afterDigits(table, text, i+1); j > i+1 {
			return j
		}
	}
	return i
}

func afterDigits(table *[1 << 16]uint32, text []byte, i int) int {
	for i < len(text) {
		r, size := utf8.DecodeRune(text[i:])
		if foldOf(table, r) != asZero {
			break
		}
		i += size
	}
	return i
}

// digest128 hashes text under e with XXH64 under two seeds; it uses w.buf.
func (w *words) digest128(text []byte, e Exact) (h [2]uint64) {
	if e.Spaces || e.Case {
		text = w.canonical(text, e)
	}
	for i, seed := range [2]uint64{0x71756572, 0x65786163} {
		var d xxhash.Digest
		d.ResetWithSeed(seed)
		d.Write(text)
		h[i] = d.Sum64()
	}
	return h
}

func (w *words) canonical(text []byte, e Exact) []byte {
	out := w.buf[:0]
	gap := false // white space was passed over since the last byte written
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(text[i:])
		}
		at := i
		i += size
		if e.Spaces {
			if unicode.IsSpace(r) {
				gap = len(out) > 0
				continue
			}
			if gap {
				out = append(out, ' ')
				gap = false
			}
		}
		switch {
		case size == 1 && e.Case && r-'A' < 26 && r >= 'A':
			out = append(out, byte(r)|0x20)
		case size == 1:
			out = append(out, text[at])
		case e.Case && r != utf8.RuneError:
			out = utf8.AppendRune(out, lower(r))
		default:
			out = append(out, text[at:i]...)
		}
	}
	w.buf = out
	return out
}
