package dedup

import "github.com/seed-83c59573/quern"

// family is a set of hash functions x -> (x xor s) * a over 32 bits, a odd: each is a permutation, multiplying costs one cycle, and
// the rate at which bands collide follows 1-(1-s^r)^b (a chain of additions and xors, cheaper still, does not).
type family struct {
	bands, rows int
	xor, mul    []uint32 // padded to a multiple of four
	min         []uint32
	keys        []uint64
}

func newFamily(bands, rows int, seed uint64) *family {
	n := (bands*rows + 3) &^ 3
	f := &family{bands: bands, rows: rows, xor: make([]uint32, n), mul: make([]uint32, n), min: make([]uint32, n), keys: make([]uint64, bands)}
	state := quern.Seed(seed, "dedup.minhash", quern.ID{})
	for i := range n {
		f.xor[i] = uint32(splitmix(&state) >> 32)
		f.mul[i] = uint32(splitmix(&state)>>32) | 1
	}
	return f
}

// splitmix is the generator SplitMix64 (Steele, Lea, Flood 2014).
func splitmix(state *uint64) uint64 {
	*state += 0x9E3779B97F4A7C15
	z := *state
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// sign returns one key per band of a set of shingles, valid until the next call; all zero, which stands for "none", if it is empty.
func (f *family) sign(shingles []uint64) []uint64 {
	if len(shingles) == 0 {
		clear(f.keys)
		return f.keys
	}
	// for i := range f.min { f.min[i] = min over x of (uint32(x) ^ f.xor[i]) * f.mul[i] }, four at a time to stay in registers
	for i := 0; i < len(f.min); i += 4 {
		s0, s1, s2, s3 := f.xor[i], f.xor[i+1], f.xor[i+2], f.xor[i+3]
		a0, a1, a2, a3 := f.mul[i], f.mul[i+1], f.mul[i+2], f.mul[i+3]
		m0, m1, m2, m3 := ^uint32(0), ^uint32(0), ^uint32(0), ^uint32(0)
		for _, x := range shingles {
			v := uint32(x)
			m0 = min(m0, (v^s0)*a0)
			m1 = min(m1, (v^s1)*a1)
			m2 = min(m2, (v^s2)*a2)
			m3 = min(m3, (v^s3)*a3)
		}
		f.min[i], f.min[i+1], f.min[i+2], f.min[i+3] = m0, m1, m2, m3
	}
	for b := range f.keys {
		h := uint64(b) + 0x9E3779B97F4A7C15
		for _, m := range f.min[b*f.rows : (b+1)*f.rows] {
			h = (h ^ uint64(m)) * 0xD6E8FEB86659FD93
			h ^= h >> 32
		}
		f.keys[b] = max(h, 1)
	}
	return f.keys
}
