package dedup

import (
	"bytes"
	"math/bits"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"

	"github.com/seed-83c59573/quern/dedup/minhash"
)

// normalizer brings a part into the form in which parts are compared. It is used by one goroutine.
type normalizer struct {
	kind  string
	words minhash.Simplifier
	buf   []byte
}

// key is 128 bits of hash of the normalized part; ok is false if nothing of it is left.
func (n *normalizer) key(part []byte) (key [2]uint64, ok bool) {
	b := n.apply(part)
	return hash128(b), len(b) > 0
}

// apply returns the normalized part, valid until the next call.
func (n *normalizer) apply(part []byte) []byte {
	switch n.kind {
	case normSpaces:
		return n.spaces(part)
	case normCCNet:
		return n.ccnet(part)
	case normWords:
		return n.words.Simplify(part)
	}
	return part
}

func (n *normalizer) spaces(part []byte) []byte {
	out := n.buf[:0]
	gap := false
	for i := 0; i < len(part); {
		word := i
		for i < len(part) && part[i] > ' ' && part[i] < utf8.RuneSelf {
			i++
		}
		r, size, space := rune(0), 0, false
		if i < len(part) {
			r, size = utf8.DecodeRune(part[i:])
			if space = unicode.IsSpace(r); !space {
				i += size
			}
		}
		if word < i {
			if gap {
				out = append(out, ' ')
			}
			out = append(out, part[word:i]...)
			gap = false
		}
		if space {
			gap = len(out) > 0
			i += size
		}
	}
	n.buf = out
	return out
}

// ccnetASCII is what a byte below 0x80 becomes; 0 is nothing.
var ccnetASCII = func() (t [128]byte) {
	for c := byte(' '); c < 127; c++ {
		t[c] = c
		switch {
		case c-'A' < 26:
			t[c] = c | 0x20
		case c-'0' < 10:
			t[c] = '0'
		}
	}
	return t
}()

// ccnetPunctuation are the characters beyond ASCII that CCNet takes away, among them a full-width 1, which is none.
var ccnetPunctuation = sync.OnceValue(func() map[rune]bool {
	m := map[rune]bool{}
	for _, r := range "，。、„”“«»１」「《》´∶：？！（）；–—．～’…━〈〉【】％►" {
		m[r] = true
	}
	return m
})

func (n *normalizer) ccnet(part []byte) []byte {
	part = trimPython(part)
	out := n.buf[:0]
	for i := 0; i < len(part); {
		if c := part[i]; c < utf8.RuneSelf {
			if m := ccnetASCII[c]; m != 0 {
				out = append(out, m)
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(part[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			out = append(out, part[i])
		case r < 0xA0 || ccnetPunctuation()[r]:
		case unicode.Is(unicode.Nd, r):
			out = append(out, '0')
		default:
			out = utf8.AppendRune(out, unicode.ToLower(r))
		}
		i += size
	}
	n.buf = out
	return out
}

// trimPython takes white space off the ends as Python's strip does: the separators 0x1C to 0x1F count as space.
func trimPython(b []byte) []byte {
	return bytes.TrimFunc(b, func(r rune) bool { return unicode.IsSpace(r) || r >= 0x1C && r <= 0x1F })
}

// hash128 is XXH64 and a second hash of another make: a folded multiplication for each 8 bytes, as wyhash has it.
func hash128(b []byte) [2]uint64 {
	const c0, c1, c2 = 0xA0761D6478BD642F, 0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3
	n := uint64(len(b))
	h := n ^ c2
	p := b
	for len(p) >= 16 {
		hi, lo := bits.Mul64(le64(p)^c0, le64(p[8:])^h)
		h = hi ^ lo
		p = p[16:]
	}
	if len(p) >= 8 {
		hi, lo := bits.Mul64(le64(p)^c1, h^c0)
		h = hi ^ lo
		p = p[8:]
	}
	last := uint64(0)
	for i, c := range p {
		last |= uint64(c) << (8 * i)
	}
	hi, lo := bits.Mul64(last^c1^n, h^c2)
	hi, lo = bits.Mul64(hi^c0, lo^c1)
	return [2]uint64{xxhash.Sum64(b), hi ^ lo}
}

func le64(b []byte) uint64 {
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 | uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// blank reports whether a line holds white space only.
func blank(line []byte) bool {
	for i := 0; i < len(line); {
		c := line[i]
		switch {
		case c == ' ' || c >= '\t' && c <= '\r':
			i++
		case c < utf8.RuneSelf:
			return false
		default:
			r, size := utf8.DecodeRune(line[i:])
			if !unicode.IsSpace(r) {
				return false
			}
			i += size
		}
	}
	return true
}

// countWords counts what stands between white space, each Han, Hiragana or Katakana letter for itself, up to a limit.
func countWords(text []byte, limit int) int {
	n := 0
	inside := false
	for i := 0; i < len(text) && n < limit; {
		c := text[i]
		if c < utf8.RuneSelf {
			space := c == ' ' || c >= '\t' && c <= '\r'
			if !space && !inside {
				n++
			}
			inside = !space
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		i += size
		switch {
		case unicode.IsSpace(r):
			inside = false
		case r >= 0x2E80 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
			n++
			inside = false
		case !inside:
			n++
			inside = true
		}
	}
	return n
}
