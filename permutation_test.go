package quern

import (
	"fmt"
	"math"
	"testing"
)

func TestPermutation(t *testing.T) {
	for _, n := range []int64{1, 2, 3, 5, 64, 1000, 4097} {
		base := NewPermutation(n, 7, "test", "x")
		same := int64(0)
		var first []int64
		for e := range int64(3) {
			p := base.Epoch(e)
			seen := make([]bool, n)
			moved := int64(0)
			for i := range n {
				j := p.At(i)
				if seen[j] {
					t.Fatalf("n = %d: %d is hit twice", n, j)
				}
				seen[j] = true
				if j != i {
					moved++
				}
				if e == 0 {
					first = append(first, j)
				} else if first[i] == j {
					same++
				}
			}
			if n > 50 && moved < n*9/10 {
				t.Errorf("n = %d: only %d moved", n, moved)
			}
		}
		if n > 50 && same > n/5 {
			t.Errorf("n = %d: epochs agree on %d places", n, same)
		}
	}
}

// TestPermutationsLookRandom: where neighbors go, and where a number goes under many keys, passes a chi-squared test.
func TestPermutationsLookRandom(t *testing.T) {
	const bins = 16
	f := func(what string, n int, at func(i int) (x, y int)) {
		t.Helper()
		var count [bins * bins]int
		for i := range n {
			x, y := at(i)
			count[x*bins+y]++
		}
		chi, want := 0.0, float64(n)/(bins*bins)
		for _, c := range count {
			chi += (float64(c) - want) * (float64(c) - want) / want
		}
		if chi > 255+5*math.Sqrt(2*255) || chi < 255-5*math.Sqrt(2*255) {
			t.Errorf("%s: chi squared is %.0f with 255 degrees of freedom", what, chi)
		}
	}
	for _, n := range []int64{1000, 1 << 16, 100_003, 3_000_000} {
		base := NewPermutation(n, 3, "test", "chi")
		p := base.Epoch(1)
		bin := func(j int64) int { return int(j * bins / n) }
		samples := int(min(n-1, 200_000))
		if n > 10_000 { // of all places, few are left to be far from what is due
			f(fmt.Sprintf("neighbors of %d", n), samples, func(i int) (int, int) { return bin(p.At(int64(i))), bin(p.At(int64(i) + 1)) })
			f(fmt.Sprintf("distances of 64 in %d", n), samples-64, func(i int) (int, int) { return bin(p.At(int64(i))), bin(p.At(int64(i) + 64)) })
		}
		f(fmt.Sprintf("epochs of %d", n), 50_000, func(i int) (int, int) {
			e, g := base.Epoch(int64(i)), base.Epoch(int64(i)+1)
			return bin(e.At(n / 3)), bin(g.At(n / 3))
		})
		f(fmt.Sprintf("seeds of %d", n), 20_000, func(i int) (int, int) {
			e := NewPermutation(n, uint64(i), "test", "chi")
			return bin(e.At(0)), bin(e.At(1))
		})
	}
}
