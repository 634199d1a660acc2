package model

import (
	"math"
	"testing"

	"github.com/seed-83c59573/quern/train/ops/ref"
)

// Whatever the pieces, the cache says what the full forward pass says.
func TestCacheIsTheForwardPass(t *testing.T) {
	for name, c := range kinds() {
		m := build(t, c, ref.Ops{}, c.Context)
		for i := range m.w {
			m.w[i] += 0.3 * math.Sin(float64(i))
		}
		tokens := []int32{3, 1, 6, 0, 2, 5}
		for _, piece := range []int{1, 2, 100} {
			for prompt := 1; prompt <= len(tokens); prompt++ {
				cache := NewCache(m, piece)
				logits := cache.Next(tokens[:prompt])
				for n := prompt; ; n++ {
					compare(t, name, m, tokens[:n], logits)
					if n == len(tokens) {
						break
					}
					logits = cache.Next(tokens[n : n+1])
				}
				if cache.Len() != len(tokens) {
					t.Errorf("%s: the cache has %d tokens", name, cache.Len())
				}
				cache.Reset()
				compare(t, name, m, tokens[:1], cache.Next(tokens[:1]))
			}
		}
	}
}

// compare holds logits to the log-probabilities of every possible next token.
func compare(t *testing.T, name string, m *Decoder[float64], tokens []int32, logits []float64) {
	t.Helper()
	sum := 0.0
	for _, l := range logits {
		sum += math.Exp(l)
	}
	n := len(tokens)
	b, s := &Batch{Rows: 1, Cols: n, Tokens: tokens, Targets: make([]int32, n)}, signals(n)
	for next, l := range logits {
		b.Targets[n-1] = int32(next)
		m.Forward(b, s)
		if got, want := l-math.Log(sum), s.LogP[n-1]; math.Abs(got-want) > 1e-9 {
			t.Fatalf("%s: after %v, token %d has %g, forward %g", name, tokens, next, got, want)
		}
	}
}

func TestCacheRefuses(t *testing.T) {
	m := build(t, small(GPT2, true, 0), ref.Ops{}, 1)
	f := func(past int, tokens ...int32) {
		t.Helper()
		c := NewCache(m, 1)
		if past > 0 {
			c.Next(make([]int32, past))
		}
		defer func() {
			if recover() == nil {
				t.Errorf("no panic on %v after %d", tokens, past)
			}
		}()
		c.Next(tokens)
	}
	f(0)
	f(6, 1)
	f(0, 7)
	f(0, -1)
}
