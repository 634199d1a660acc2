package model

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-83c59573/quern/train/ops/cpu"
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
		for _, rows := range []int{1, 2, 100} {
			for prompt := 1; prompt <= len(tokens); prompt++ {
				cache := NewCache(m, 1, rows)
				logits := cache.Next(0, tokens[:prompt])
				for n := prompt; ; n++ {
					compare(t, name, m, tokens[:n], logits)
					if n == len(tokens) {
						break
					}
					logits = cache.Next(0, tokens[n:n+1])
				}
				if cache.Len(0) != len(tokens) {
					t.Errorf("%s: the cache has %d tokens", name, cache.Len(0))
				}
				cache.Cut(0, 2)
				compare(t, name, m, []int32{3, 1, 4}, cache.Next(0, []int32{4}))
				cache.Cut(0, 0)
				compare(t, name, m, tokens[:1], cache.Next(0, tokens[:1]))
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

// Sequences of different lengths that enter and leave at different times have the logits, bit for bit, that each has alone, token by
// token or in pieces.
func TestCacheOfManyIsTheCacheOfOne(t *testing.T) {
	for name, c := range kinds() {
		c.Context, c.Vocab = 60, 50
		m, err := New(c, cpu.New(2), 1)
		if err != nil {
			t.Fatal(err)
		}
		m.Init(1)
		r := rand.New(rand.NewPCG(1, 1))
		alone, many := NewCache(m, 1, 1), NewCache(m, 7, 32)
		seqs, want := make([][]int32, 20), make([][][]float32, 20)
		for i := range seqs {
			for range 1 + r.IntN(c.Context) {
				seqs[i] = append(seqs[i], int32(r.IntN(c.Vocab)))
				want[i] = append(want[i], slices.Clone(alone.Next(0, seqs[i][len(seqs[i])-1:])))
			}
			alone.Cut(0, 0)
		}
		next, at := 0, make([]int, 7)
		for slot := range at {
			at[slot] = next
			next++
		}
		for range 300 {
			var parts []Part
			var owner [][2]int
			for slot, seq := range at {
				if past := many.Len(slot); seq >= 0 && past == len(seqs[seq]) {
					many.Cut(slot, 0)
					if at[slot] = -1; next < len(seqs) {
						at[slot], next = next, next+1
					}
				}
				if seq = at[slot]; seq < 0 || r.IntN(3) == 0 {
					continue
				}
				past := many.Len(slot)
				n := min(1+r.IntN(3), len(seqs[seq])-past)
				parts = append(parts, Part{slot, seqs[seq][past : past+n]})
				for i := range n {
					owner = append(owner, [2]int{seq, past + i})
				}
			}
			if len(parts) == 0 {
				continue
			}
			many.Step(parts...)
			logits := many.Logits(0, len(owner))
			for i, o := range owner {
				if !slices.Equal(logits[i*c.Vocab:(i+1)*c.Vocab], want[o[0]][o[1]]) {
					t.Fatalf("%s: sequence %d, token %d: other logits among %d rows than alone", name, o[0], o[1], len(owner))
				}
			}
		}
		if next < len(seqs) {
			t.Fatalf("%s: %d sequences were never entered", name, len(seqs)-next)
		}
	}
}

func TestCacheAllocatesNothing(t *testing.T) {
	c := small(Llama, true, 0)
	c.Context = 400
	m, err := New(c, cpu.New(2), 1)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	cache := NewCache(m, 2, 2)
	cache.Reserve(0, 400)
	cache.Reserve(1, 400)
	parts := []Part{{0, []int32{1}}, {1, []int32{2}}}
	step := func() {
		cache.Step(parts...)
		cache.Logits(0, 2)
	}
	for range 300 { // scratch space grows with the sequences
		step()
	}
	if n := testing.AllocsPerRun(50, step); n != 0 {
		t.Errorf("%g allocations a step", n)
	}
}

func TestCacheRefuses(t *testing.T) {
	m := build(t, small(GPT2, true, 0), ref.Ops{}, 1)
	f := func(past int, tokens ...int32) {
		t.Helper()
		c := NewCache(m, 1, 1)
		if past > 0 {
			c.Next(0, make([]int32, past))
		}
		defer func() {
			if recover() == nil {
				t.Errorf("no panic on %v after %d", tokens, past)
			}
		}()
		c.Next(0, tokens)
	}
	f(0)
	f(6, 1)
	f(0, 7)
	f(0, -1)
}
