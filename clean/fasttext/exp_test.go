package fasttext

import (
	"math"
	"slices"
	"testing"
)

func TestExpAndLog(t *testing.T) {
	off := 0
	for i := range 400_000 {
		x := float64(i)*5e-4 - 110
		if got, want := float32(exp(x)), float32(math.Exp(x)); got != want {
			off++
			if math.Abs(float64(got)/float64(want)-1) > 1.3e-7 && want > 1e-38 {
				t.Fatalf("exp(%v) is %v, want %v", x, got, want)
			}
		}
		y := math.Exp(x / 8)
		if got, want := log(y), math.Log(y); math.Abs(got-want) > 1e-15*math.Max(1, math.Abs(want)) {
			t.Fatalf("log(%v) is %v, want %v", y, got, want)
		}
	}
	if off > 5 {
		t.Errorf("exp is not the nearest float32 %d times", off)
	}
	for _, x := range []float64{math.Inf(-1), -1e300, -800, -708} {
		if got := exp(x); got > 1e-300 || got < 0 {
			t.Errorf("exp(%v) is %v", x, got)
		}
	}
	if exp(0) != 1 || !math.IsInf(exp(1e9), 1) {
		t.Error("exp of 0 or of 1e9")
	}
}

func TestLogAbove(t *testing.T) {
	for i := range 1 << 20 {
		p := float32(i) / (1 << 20)
		for _, p := range []float32{p, p * p * p * p, 1 - p*p*p} {
			if above := logAbove(p) - logOf(p); above < 1e-4 || above > 0.2 {
				t.Fatalf("logAbove(%v) is %v above", p, above)
			}
		}
	}
}

// The heap must keep the k greatest; among equals nothing is promised here, fastText's own order stands in the goldens.
func TestBest(t *testing.T) {
	state := uint32(1)
	for n := range 200 {
		var all []float32
		for range n {
			state = state*1664525 + 1013904223
			all = append(all, float32(state>>28))
		}
		for _, k := range []int{1, 2, 3, 7, n + 1} {
			p := Predictor{}
			for i, v := range all {
				p.keep(k, scored{v, int32(i)})
			}
			p.best.sort()
			want := slices.Clone(all)
			slices.Sort(want)
			slices.Reverse(want)
			want = want[:min(k, n)]
			for i, b := range p.best {
				if b.score != want[i] || all[b.label] != b.score {
					t.Fatalf("%d best of %v: %v", k, all, p.best)
				}
			}
			if len(p.best) != len(want) {
				t.Fatalf("%d best of %v: %v", k, all, p.best)
			}
		}
	}
}
