package quern

import (
	"fmt"
	"math/bits"
)

// Permutation is a keyed shuffle of [0, Len) that is computed, not stored: a Feistel network over the next power of two, whose halves
// may differ by a bit, walked until it lands inside (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002). A round takes
// the high bits of a product. It is a value: copies and Epochs share nothing.
type Permutation struct {
	n    uint64
	a, b uint // bits of the left and the right half
	keys [6]uint64
}

// NewPermutation shuffles n numbers by the run's seed, the step that asks, and a name.
func NewPermutation(n int64, seed uint64, step, name string) Permutation {
	size := uint(bits.Len64(uint64(max(n, 2) - 1)))
	p := Permutation{n: uint64(n), a: size / 2, b: size - size/2}
	for i := range p.keys {
		p.keys[i] = Seed(seed, step, NewID(name, fmt.Sprint(i)))
	}
	return p
}

// Len is how many numbers it shuffles.
func (p *Permutation) Len() int64 { return int64(p.n) }

// Epoch is another permutation of the same numbers for each e.
func (p Permutation) Epoch(e int64) Permutation {
	for i, k := range p.keys {
		p.keys[i] = mixBits(k + uint64(e)*golden)
	}
	return p
}

const golden = 0x9e3779b97f4a7c15 // odd, 2^64 over the golden ratio

// At is where i goes, for i in [0, Len).
func (p *Permutation) At(i int64) int64 {
	x := uint64(i)
	for {
		l, r := x>>p.b, x&(1<<p.b-1)
		for k := 0; k < len(p.keys); k += 2 { // l has a bits and r has b at the beginning of each pair
			l ^= (r ^ p.keys[k]) * golden >> (64 - p.a)
			r ^= (l ^ p.keys[k+1]) * golden >> (64 - p.b)
		}
		if x = l<<p.b | r; x < p.n {
			return int64(x)
		}
	}
}

// mixBits is the finalizer of SplitMix64.
func mixBits(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
