package dedup

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// rollingHash hashes the windows of a text to 122 bits: two polynomials modulo 2^61-1, whose bases the seed gives (Karp and Rabin 1987). Two
// windows of 100 bytes that differ have the same hash with a chance of less than 2^-108.
type rollingHash struct {
	size, length int
	base         [2]uint64
	out          [2][256]uint64 // what takes the oldest symbol out of the sum, if it is that byte; [1] times the symbol does for any
}

const mersenne = 1<<61 - 1

// mulMod is the product, below 2^62 + 2^61 if a is below 2^61 + 8 and b is reduced.
func mulMod(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return lo&mersenne + (lo>>61 | hi<<3)
}

// fold brings a sum under 2^61 + 8.
func fold(x uint64) uint64 { return x&mersenne + x>>61 }

// reduce ends with the one representative below the modulus.
func reduce(x uint64) uint64 {
	x = fold(x)
	if x >= mersenne {
		x -= mersenne
	}
	return x
}

func newRoll(length, symbol int, seed uint64) *rollingHash {
	r := &rollingHash{size: symbol, length: length}
	for i := range r.base {
		seed = seed*6364136223846793005 + 1442695040888963407
		r.base[i] = 1<<32 + bits.RotateLeft64(seed*gramMult, 32)%(1<<60)
		power := uint64(1)
		for range length {
			power = reduce(mulMod(power, r.base[i]))
		}
		for c := range r.out[i] {
			r.out[i][c] = reduce(mulMod(mersenne-power, uint64(c)))
		}
	}
	return r
}

func (r *rollingHash) symbol(text []byte, i int) uint64 {
	if r.size == 1 {
		return uint64(text[i])
	}
	return uint64(binary.LittleEndian.Uint32(text[4*i:]))
}

// windows is the hash of each window of a text, in dst if it is large enough.
func (r *rollingHash) windows(dst [][2]uint64, text []byte) [][2]uint64 {
	n := len(text) / r.size
	dst = slices.Grow(dst[:0], n-r.length+1)[:n-r.length+1]
	var a, b uint64
	for i := range r.length {
		x := r.symbol(text, i)
		a, b = fold(mulMod(a, r.base[0])+x), fold(mulMod(b, r.base[1])+x)
	}
	dst[0] = [2]uint64{reduce(a), reduce(b)}
	rest := dst[1:]
	if r.size > 1 {
		for i := range rest {
			x, y := r.symbol(text, i+r.length), r.symbol(text, i)
			a = fold(mulMod(a, r.base[0]) + x + fold(mulMod(r.out[0][1], y)))
			b = fold(mulMod(b, r.base[1]) + x + fold(mulMod(r.out[1][1], y)))
			rest[i] = [2]uint64{reduce(a), reduce(b)}
		}
		return dst
	}
	old, text := text[:len(rest)], text[r.length:r.length+len(rest)]
	for i, x := range text {
		y := old[i]
		a = fold(mulMod(a, r.base[0]) + uint64(x) + r.out[0][y])
		b = fold(mulMod(b, r.base[1]) + uint64(x) + r.out[1][y])
		rest[i] = [2]uint64{reduce(a), reduce(b)}
	}
	return dst
}

// content is what is known of all places of one content, of a window or of a run.
type content struct {
	a, b  uint64 // its hash
	first uint64 // the lowest place of all: rank, and where in the document
	times uint64 // 0 = an empty slot
}

const contentBytes = 32

// contents finds them by hash: open addressing, a power of two of slots.
type contents struct {
	slots []content
	used  int
}

// reset makes room for n contents, or for as many as fit in the slots that are allowed.
func (t *contents) reset(n int64, most int) {
	size := 1 << 10
	for size < most && int64(size)*3/4 < n {
		size *= 2
	}
	t.slots = slices.Grow(t.slots[:0], size)[:size]
	clear(t.slots)
	t.used = 0
}

// find is the slot of a content, or the empty one where it belongs.
func (t *contents) find(a, b uint64) uint64 {
	mask := uint64(len(t.slots) - 1)
	for i := a * gramMult >> 20 & mask; ; i = (i + 1) & mask {
		if s := &t.slots[i]; s.times == 0 || s.a == a && s.b == b {
			return i
		}
	}
}

func (t *contents) slot(a, b uint64) *content { return &t.slots[t.find(a, b)] }

// add counts a content that stands at a place, and so many times in all, in its slot; it reports false if there is no room.
func (t *contents) add(a, b, place, times uint64) (slot uint32, ok bool) {
	i := t.find(a, b)
	s := &t.slots[i]
	if s.times == 0 {
		if t.used*8 >= len(t.slots)*7 {
			return 0, false
		}
		t.used++
		*s = content{a, b, place, times}
		return uint32(i), true
	}
	s.first = min(s.first, place)
	s.times += times
	return uint32(i), true
}
