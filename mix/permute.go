package mix

import (
	"fmt"
	"math/bits"

	"github.com/seed-83c59573/quern"
)

// permutation is a keyed shuffle of [0, n) that is computed, not stored: a Feistel network over the next even power of two, walked
// until it lands inside (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002).
type permutation struct {
	n    uint64
	half uint
	keys [6]uint64
}

func newPermutation(n int64, seed uint64, name string) permutation {
	p := permutation{n: uint64(n), half: uint(bits.Len64(uint64(max(n, 2)-1))+1) / 2}
	for i := range p.keys {
		p.keys[i] = quern.Seed(seed, "mix", quern.NewID(name, fmt.Sprint(i)))
	}
	return p
}

// at is where i goes.
func (p *permutation) at(i int64) int64 {
	x := uint64(i)
	mask := uint64(1)<<p.half - 1
	for {
		l, r := x>>p.half, x&mask
		for _, k := range p.keys {
			l, r = r, l^mixBits(r^k)&mask
		}
		if x = l<<p.half | r; x < p.n {
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
