package minhash

import (
	"math/bits"
	"math/rand/v2"
	"testing"
)

// A bit is the majority of the shingles, each as often as it occurs.
func TestSimHashVote(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	s := newSimHash(6, 4)
	for n := 1; n < 200; n++ {
		x := make([]uint64, n)
		for i := range x {
			x[i] = r.Uint64() & r.Uint64()
			if i > 0 && r.IntN(3) == 0 {
				x[i] = x[i-1]
			}
		}
		var want uint64
		for b := range 64 {
			count := 0
			for _, v := range x {
				count += int(v >> b & 1)
			}
			if 2*count > n {
				want |= 1 << b
			}
		}
		if got := s.vote(x); got != want {
			t.Fatalf("%d shingles: %x, want %x", n, got, want)
		}
	}
}

// Every pair within the distance shares a key, whatever bits differ; the keys are choose(blocks, distance).
func TestSimHashKeysMissNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for _, c := range []struct{ blocks, distance, keys int }{{6, 4, 15}, {2, 1, 2}, {4, 3, 4}, {5, 2, 10}, {16, 3, 560}} {
		s := newSimHash(c.blocks, c.distance)
		if len(s.masks) != c.keys || choose(c.blocks, c.distance) != c.keys {
			t.Errorf("%+v: %d keys", c, len(s.masks))
		}
		a, b := make([]uint64, c.keys), make([]uint64, c.keys)
		far := 0
		for range 2000 {
			x := r.Uint64()
			y := x
			for range c.distance {
				y ^= 1 << r.IntN(64)
			}
			s.keysOf(x, a)
			s.keysOf(y, b)
			if !shareKey(a, b) {
				t.Fatalf("%+v: %x and %x differ in %d bits and share no key", c, x, y, Distance(x, y))
			}
			s.keysOf(r.Uint64(), b)
			if shareKey(a, b) {
				far++
			}
		}
		if c.blocks == 6 && far > 10 {
			t.Errorf("%+v: %d of 2000 pairs that have nothing in common share a key", c, far)
		}
	}
	var all uint64
	for _, m := range newSimHash(6, 5).masks { // single blocks
		if all&m != 0 || bits.OnesCount64(m) < 10 || bits.OnesCount64(m) > 11 {
			t.Errorf("a block of %d bits, or two that overlap", bits.OnesCount64(m))
		}
		all |= m
	}
	if all != ^uint64(0) {
		t.Errorf("the blocks leave bits out: %x", ^all)
	}
}

func shareKey(a, b []uint64) bool {
	for i := range a {
		if a[i] == b[i] {
			return true
		}
	}
	return false
}

func TestSimHashOfTexts(t *testing.T) {
	s, err := New(Options{Shingle: 2, Family: SimHash, Blocks: 6, Distance: 4})
	if err != nil {
		t.Fatal(err)
	}
	f := func(text string) uint64 {
		t.Helper()
		sig := s.Signature(s.Shingles([]byte(text)))
		if len(sig) != 1 {
			t.Fatalf("%q: %d numbers", text, len(sig))
		}
		return sig[0]
	}
	long := "the mill stands at the river where water turns the wheel and the wheel turns the stone that grinds the grain of the whole valley into flour for bread "
	a, b, c := f(long+long+long), f(long+long+long+"and cake"), f("an essay on quite another thing that shares no run of two words with it at all")
	if Distance(a, a) != 0 || Distance(a, b) > 8 || Distance(a, c) < 16 {
		t.Errorf("distances %d, %d, %d", Distance(a, a), Distance(a, b), Distance(a, c))
	}
	if len(s.Signature(s.Shingles([]byte("one")))) != 0 {
		t.Error("a text of fewer words than a shingle has a SimHash")
	}
}
