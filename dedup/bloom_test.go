package dedup

import (
	"math/rand/v2"
	"testing"
)

func TestFilterRate(t *testing.T) {
	for _, fp := range []float64{0.5, 0.01, 1e-3, 1e-6, 1e-9} {
		n, _ := FilterBytes(1e6, fp)
		s, _ := filterSize(1e6, fp)
		t.Logf("%v: %.1f bits a key, twice %v", fp, float64(n)*8/1e6, s.twice)
	}
	for _, c := range []struct {
		fp   float64
		keys int
	}{{0.01, 1 << 20}, {1e-3, 1 << 20}, {1e-5, 1 << 22}} {
		f, err := NewFilter(int64(c.keys), c.fp)
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(1, 2))
		for range c.keys {
			f.Add(r.Uint64())
		}
		n, seen := 4<<20, 0
		for range n {
			if f.Has(r.Uint64()) {
				seen++
			}
		}
		t.Logf("asked %v: measured %v", c.fp, float64(seen)/float64(n))
	}
}

func BenchmarkFilterAddAll(b *testing.B) {
	const n = 32 << 20
	keys := make([]uint64, n)
	seen := make([]bool, n)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range keys {
		keys[i] = r.Uint64()
	}
	for b.Loop() {
		b.StopTimer()
		f, err := NewFilter(n, 1e-6)
		if err != nil {
			b.Fatal(err)
		}
		clear(f.words)
		b.StartTimer()
		f.AddAll(keys, seen)
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mkeys/s")
}
