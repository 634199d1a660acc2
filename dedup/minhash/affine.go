package minhash

// prime is the Mersenne prime 2^61-1.
const prime = 1<<61 - 1

// affine is the set of hash functions x -> (a·x+b mod 2^64) mod 2^61-1 of datatrove (pipeline/dedup/minhash.py: the product wraps).
type affine struct {
	n    int      // functions
	a, b []uint64 // padded to a multiple of lanes64
	min  []uint64
}

// newAffine draws the parameters as NumPy's RandomState(seed).randint does: every a first, in [1, prime), then every b in [0, prime).
func newAffine(n int, seed uint32) *affine {
	size := (n + lanes64 - 1) / lanes64 * lanes64
	f := &affine{n: n, a: make([]uint64, size), b: make([]uint64, size), min: make([]uint64, size)}
	r := newTwister(seed)
	for i := range n {
		f.a[i] = 1 + r.upTo(prime-2)
	}
	for i := range n {
		f.b[i] = r.upTo(prime - 1)
	}
	return f
}

// sign returns the least value of each function over shingles, of which there is one at least.
//
// The sum s = (t mod 2^61) + t/2^61 is t modulo the prime, or that plus the prime. s-prime wraps around where s is less, and so
// stands above all that do not; the order among either kind is right. Only if a set had values of both kinds below 8 would the least
// be the wrong one, which has a chance of about 2^-116 a pair of shingles.
func (f *affine) sign(shingles []uint64) []uint64 {
	if width == 0 {
		f.signGo(shingles)
	} else {
		f.signWide(shingles)
	}
	for i, m := range f.min {
		if m > 7 {
			f.min[i] = m + prime
		}
	}
	return f.min[:f.n]
}

func (f *affine) signGo(shingles []uint64) {
	for i := 0; i < f.n; i += 4 {
		a0, a1, a2, a3 := f.a[i], f.a[i+1], f.a[i+2], f.a[i+3]
		b0, b1, b2, b3 := f.b[i], f.b[i+1], f.b[i+2], f.b[i+3]
		m0, m1, m2, m3 := ^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)
		for _, x := range shingles {
			t0, t1, t2, t3 := x*a0+b0, x*a1+b1, x*a2+b2, x*a3+b3
			m0 = min(m0, t0&prime+t0>>61-prime)
			m1 = min(m1, t1&prime+t1>>61-prime)
			m2 = min(m2, t2&prime+t2>>61-prime)
			m3 = min(m3, t3&prime+t3>>61-prime)
		}
		f.min[i], f.min[i+1], f.min[i+2], f.min[i+3] = m0, m1, m2, m3
	}
}

// twister is the generator MT19937 (Matsumoto, Nishimura 1998) as NumPy seeds and reads it.
type twister struct {
	state [624]uint32
	next  int
}

func newTwister(seed uint32) *twister {
	t := &twister{next: len(twister{}.state)}
	t.state[0] = seed
	for i := 1; i < len(t.state); i++ {
		t.state[i] = 1812433253*(t.state[i-1]^t.state[i-1]>>30) + uint32(i)
	}
	return t
}

func (t *twister) uint32() uint32 {
	n := len(t.state)
	if t.next == n {
		for k := range t.state {
			y := t.state[k]&0x80000000 | t.state[(k+1)%n]&0x7FFFFFFF
			v := t.state[(k+397)%n] ^ y>>1
			if y&1 != 0 {
				v ^= 0x9908B0DF
			}
			t.state[k] = v
		}
		t.next = 0
	}
	y := t.state[t.next]
	t.next++
	y ^= y >> 11
	y ^= y << 7 & 0x9D2C5680
	y ^= y << 15 & 0xEFC60000
	return y ^ y>>18
}

// upTo is NumPy's masked rejection: a number in [0, most], where most+1 has 61 bits.
func (t *twister) upTo(most uint64) uint64 {
	for {
		high := uint64(t.uint32())
		if v := (high<<32 | uint64(t.uint32())) & prime; v <= most {
			return v
		}
	}
}
