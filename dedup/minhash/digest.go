package minhash

import (
	"encoding/binary"
	"math/bits"
	"sync"
	"unicode"
	"unicode/utf8"
)

// A Digester hashes whole texts. The zero value is ready; it is for one goroutine.
type Digester struct {
	buf []byte
	n   int
	gap bool // the last byte written is a space for white space, or nothing is written
}

// Seeds of the two halves of a digest.
const seed0, seed1 = 0x71756572, 0x65786163

// Digest128 is XXH64 of text under two seeds. With spaces any run of white space counts as one space, at the ends as none; with anyCase
// letters count as the same in either case. Broken bytes are not made alike.
func (d *Digester) Digest128(text []byte, spaces, anyCase bool) [2]uint64 {
	if spaces || anyCase {
		text = d.collapse(text, spaces, anyCase)
	}
	return xxh64Two(text, seed0, seed1)
}

// normalize is what is hashed under both; valid until the next call.
func (d *Digester) normalize(text []byte) []byte { return d.collapse(text, true, true) }

// smallTable maps the basic plane to lower case, and white space to a space, 256 KiB.
var smallTable = sync.OnceValue(func() *[1 << 16]fold {
	t := new([1 << 16]fold)
	for r := range rune(1 << 16) {
		switch {
		case unicode.IsSpace(r):
			t[r] = asSpace
		case utf8.ValidRune(r):
			t[r] = foldAs(lower(r))
		}
	}
	return t
})

func (d *Digester) collapse(text []byte, spaces, anyCase bool) []byte {
	d.n, d.gap = 0, true
	var small *[1 << 16]fold
	if anyCase {
		small = smallTable()
	}
	for i := 0; i < len(text); {
		// 2 bytes may become 3
		if need := d.n + len(text) - i + step + 2*block; len(d.buf) < need {
			d.buf = append(d.buf, make([]byte, max(need, 2*len(d.buf))-len(d.buf))...)
		}
		if width == 512 {
			consumed, written, gap := collapse(d.buf[d.n:], text[i:], d.gap, spaces, anyCase)
			i, d.n, d.gap = i+consumed, d.n+written, gap
		}
		i = d.plain(text, i, min(len(text), i+step), spaces, small)
	}
	if spaces && d.gap && d.n > 0 {
		d.n--
	}
	return d.buf[:d.n]
}

const (
	low7 = 0x7F7F7F7F7F7F7F7F
	each = 0x0101010101010101
)

// plain copies text[i:stop] and returns where it stopped: where kernels can go on, it is earlier. Eight bytes are copied at once if
// collapsing leaves them alone: without small they may be parts of runes, except of those among which white space is, which begin
// with C2 or E0 to E3.
func (d *Digester) plain(text []byte, i, stop int, spaces bool, small *[1 << 16]fold) int {
	out, n := d.buf, d.n
	gap := uint64(0) // 0x80 if a space is the last byte written, or nothing is
	if d.gap {
		gap = 0x80
	}
	clean := 0 // groups of eight copied in a row
	for i < stop {
		if stop-i >= 8 {
			v := binary.LittleEndian.Uint64(text[i:])
			if v&highBits == 0 || small == nil && zeroBytes(v^0xC2*each)|zeroBytes(v&^(3*each)^0xE0*each) == 0 || small == nil && !spaces {
				var none, blank uint64 // bytes up to the space, and spaces
				if spaces {
					none, blank = ^(v&low7+(0x80-0x21)*each|v)&highBits, zeroBytes(v^' '*each)
				}
				if none == blank && none&(none<<8|gap) == 0 {
					if clean++; clean == 2 && width == 512 && len(text)-i >= block+2 {
						break
					}
					if small != nil {
						v |= (v + (0x80-'A')*each) &^ (v + (0x7F-'Z')*each) & highBits >> 2
					}
					binary.LittleEndian.PutUint64(out[n:], v)
					i, n, gap = i+8, n+8, none>>56
					continue
				}
			}
		}
		clean = 0
		i, n, gap = collapseRunes(out, n, gap, text, i, min(stop, i+8), spaces, small)
		if width == 512 && small == nil && len(text)-i >= block+2 {
			break
		}
	}
	d.n, d.gap = n, gap != 0
	return i
}

// collapseRunes is plain rune by rune.
func collapseRunes(out []byte, n int, gap uint64, text []byte, i, stop int, spaces bool, small *[1 << 16]fold) (int, int, uint64) {
	for i < stop {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = decode(text, i)
		}
		at := i
		i += size
		f := asLetter // stays as it is
		switch {
		case small != nil && r <= 0xFFFF:
			f = small[r]
		case spaces && unicode.IsSpace(r):
			f = asSpace
		}
		switch {
		case f == asSpace && spaces:
			out[n] = ' '
			if gap == 0 {
				n++
			}
			gap = 0x80
			continue
		case small != nil && r > 0xFFFF:
			n += utf8.EncodeRune(out[n:], lower(r))
		case f.size() == 0 || r == utf8.RuneError: // broken bytes stay, too
			n += copy(out[n:], text[at:i])
		default:
			binary.LittleEndian.PutUint32(out[n:], uint32(f))
			n += f.size()
		}
		gap = 0
	}
	return i, n, gap
}

// zeroBytes marks the bytes that are 0 by their highest bit.
func zeroBytes(x uint64) uint64 { return ^(x&low7 + low7 | x) & highBits }

// Constants of XXH64.
const (
	xxPrime1 = 0x9E3779B185EBCA87
	xxPrime2 = 0xC2B2AE3D27D4EB4F
	xxPrime3 = 0x165667B19E3779F9
	xxPrime4 = 0x85EBCA77C2B2AE63
	xxPrime5 = 0x27D4EB2F165667C5
)

// xxh64Two is XXH64 of b under two seeds in one pass.
func xxh64Two(b []byte, s, t uint64) [2]uint64 {
	n := uint64(len(b))
	h := [2]uint64{s + xxPrime5, t + xxPrime5}
	if len(b) >= 32 {
		v := [8]uint64{s, s, s, s, t, t, t, t}
		for i := range v {
			v[i] += [4]uint64{(xxPrime1 + xxPrime2) & (1<<64 - 1), xxPrime2, 0, 1<<64 - xxPrime1}[i%4]
		}
		if width == 512 {
			stripes(&v, b)
		} else {
			stripesGo(&v, b)
		}
		b = b[len(b)&^31:]
		for i := range h {
			v := v[4*i:]
			x := bits.RotateLeft64(v[0], 1) + bits.RotateLeft64(v[1], 7) + bits.RotateLeft64(v[2], 12) + bits.RotateLeft64(v[3], 18)
			for _, v := range v[:4] {
				x = (x^xxRound(0, v))*xxPrime1 + xxPrime4
			}
			h[i] = x
		}
	}
	for i, x := range h {
		h[i] = xxTail(x+n, b)
	}
	return h
}

func stripesGo(v *[8]uint64, b []byte) {
	v0, v1, v2, v3, v4, v5, v6, v7 := v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]
	for len(b) >= 32 {
		x := binary.LittleEndian.Uint64(b) * xxPrime2
		v0, v4 = bits.RotateLeft64(v0+x, 31)*xxPrime1, bits.RotateLeft64(v4+x, 31)*xxPrime1
		x = binary.LittleEndian.Uint64(b[8:]) * xxPrime2
		v1, v5 = bits.RotateLeft64(v1+x, 31)*xxPrime1, bits.RotateLeft64(v5+x, 31)*xxPrime1
		x = binary.LittleEndian.Uint64(b[16:]) * xxPrime2
		v2, v6 = bits.RotateLeft64(v2+x, 31)*xxPrime1, bits.RotateLeft64(v6+x, 31)*xxPrime1
		x = binary.LittleEndian.Uint64(b[24:]) * xxPrime2
		v3, v7 = bits.RotateLeft64(v3+x, 31)*xxPrime1, bits.RotateLeft64(v7+x, 31)*xxPrime1
		b = b[32:]
	}
	*v = [8]uint64{v0, v1, v2, v3, v4, v5, v6, v7}
}

func xxRound(acc, x uint64) uint64 { return bits.RotateLeft64(acc+x*xxPrime2, 31) * xxPrime1 }

func xxTail(h uint64, b []byte) uint64 {
	for ; len(b) >= 8; b = b[8:] {
		h = bits.RotateLeft64(h^xxRound(0, binary.LittleEndian.Uint64(b)), 27)*xxPrime1 + xxPrime4
	}
	if len(b) >= 4 {
		h = bits.RotateLeft64(h^uint64(binary.LittleEndian.Uint32(b))*xxPrime1, 23)*xxPrime2 + xxPrime3
		b = b[4:]
	}
	for _, c := range b {
		h = bits.RotateLeft64(h^uint64(c)*xxPrime5, 11) * xxPrime1
	}
	h = (h ^ h>>33) * xxPrime2
	h = (h ^ h>>29) * xxPrime3
	return h ^ h>>32
}
