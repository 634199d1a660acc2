package minhash

// xorMul is a set of hash functions x -> (x xor s)·a over 32 bits, a odd: each is a permutation, multiplying costs one cycle, and the
// rate at which bands collide follows 1-(1-s^r)^b (a chain of additions and xors, cheaper still, does not).
type xorMul struct {
	n        int      // functions
	xor, mul []uint32 // padded to a multiple of lanes32
	min      []uint32
}

// lanes32 and lanes64 are what numbers of functions are padded to, so that kernels work on whole vectors.
const (
	lanes32 = 16
	lanes64 = 8
)

func newXorMul(n int, seed uint64) *xorMul {
	size := (n + lanes32 - 1) / lanes32 * lanes32
	f := &xorMul{n: n, xor: make([]uint32, size), mul: make([]uint32, size), min: make([]uint32, size)}
	for i := range n {
		f.xor[i] = uint32(splitMix(&seed) >> 32)
		f.mul[i] = uint32(splitMix(&seed)>>32) | 1
	}
	return f
}

// splitMix is the generator SplitMix64 (Steele, Lea, Flood 2014).
func splitMix(state *uint64) uint64 {
	*state += 0x9E3779B97F4A7C15
	z := *state
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// sign returns the least value of each function over the lower halves of shingles, of which there is one at least.
func (f *xorMul) sign(shingles []uint64) []uint32 {
	if width == 0 {
		f.signGo(shingles)
	} else {
		f.signWide(shingles)
	}
	return f.min[:f.n]
}

// signGo is
//
//	for i := range f.min { f.min[i] = min over x of (uint32(x) ^ f.xor[i]) * f.mul[i] }
//
// four at a time, which stay in registers.
func (f *xorMul) signGo(shingles []uint64) {
	for i := 0; i < f.n; i += 4 {
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
}
