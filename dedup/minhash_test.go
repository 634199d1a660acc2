package dedup

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestCollisionCurve holds the rate at which two sets share a band to 1-(1-s^rows)^bands. Only many pairs show a weak family; the
// short form has 20,000 at each similarity.
func TestCollisionCurve(t *testing.T) {
	pairs := 20_000
	if testing.Short() {
		pairs = 3_000
	}
	const union, bands, rows = 100, 14, 8
	f, g := newFamily(bands, rows, 1), newFamily(bands, rows, 1)
	r := rand.New(rand.NewPCG(9, union))
	x := make([]uint64, union)
	for _, s := range []float64{.5, .7, .8, .9} {
		common := int(union*s + .5)
		hits := 0
		for range pairs {
			for i := range x {
				x[i] = r.Uint64()
			}
			own := (union - common) / 2
			a, b := f.sign(x[:common+own]), g.sign(x[own:])
			for i := range a {
				if a[i] == b[i] {
					hits++
					break
				}
			}
		}
		p := 1 - math.Pow(1-math.Pow(float64(common)/union, rows), bands)
		n := float64(pairs)
		z := (float64(hits) - n*p) / math.Sqrt(n*p*(1-p))
		t.Logf("s = %.1f: %.4f of %d pairs collide, theory %.4f, z = %+.1f", s, float64(hits)/n, pairs, p, z)
		if math.Abs(z) > 3.5 {
			t.Errorf("s = %.1f: z = %+.1f, the family does not follow the curve", s, z)
		}
	}
}

func TestFamily(t *testing.T) {
	f := newFamily(3, 5, 1) // 15 hashes, not a multiple of four
	x := []uint64{1, 2, 3, 1 << 40}
	a := append([]uint64(nil), f.sign(x)...)
	for b, k := range a {
		min := make([]uint32, 5)
		for i := range min {
			min[i] = math.MaxUint32
			for _, v := range x {
				h := (uint32(v) ^ f.xor[b*5+i]) * f.mul[b*5+i]
				if h < min[i] {
					min[i] = h
				}
			}
			if min[i] != f.min[b*5+i] {
				t.Errorf("hash %d of band %d is %d, its definition gives %d", i, b, f.min[b*5+i], min[i])
			}
		}
		if k == 0 {
			t.Errorf("band %d has no key", b)
		}
	}
	for _, k := range f.sign(nil) {
		if k != 0 {
			t.Error("no shingles, but a key")
		}
	}
	if b := newFamily(3, 5, 2).sign(x); b[0] == a[0] {
		t.Error("two seeds give one key")
	}
}

func BenchmarkSign(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	var s strings.Builder
	for s.Len() < 4<<10 {
		for range 2 + r.IntN(8) {
			s.WriteByte('a' + byte(r.IntN(26)))
		}
		s.WriteByte(' ')
	}
	text := []byte(s.String())
	var w words
	n := DefaultNear()
	f := newFamily(n.Bands, n.Rows, 1)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		w.digest128(text, DefaultExact())
		f.sign(w.shingles(text, n.Shingle))
	}
}
