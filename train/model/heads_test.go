package model

import (
	"math"
	"slices"
	"testing"

	"github.com/seed-83c59573/quern/train/ops/ref"
)

// Logits of tokens without a target are not computed unless their entropy is wanted, which changes neither signals nor gradients.
func TestHeadSkipsWhatNobodyWants(t *testing.T) {
	for _, chunk := range []int{24, 5} {
		for name, wanted := range map[string]func(i int) bool{
			"none": func(int) bool { return false }, "first": func(i int) bool { return i == 0 }, "last": func(i int) bool { return i == 23 },
			"some": func(i int) bool { return i%5 < 2 }, "all": func(int) bool { return true },
		} {
			c := small(Llama, false, 2)
			b, g := randomBatch(c, 4, 6, false, 1), &Grads{LogP: make([]float64, 24)}
			for i := range b.Targets {
				g.LogP[i] = 0.1*float64(i) - 1
				if b.Targets[i] = b.Tokens[i]; !wanted(i) {
					b.Targets[i] = -1
				}
			}
			model := func() *Decoder[float64] {
				m := build(t, c, ref.Ops{}, 24)
				m.acts.chunk = chunk
				return m
			}
			few, all, one := model(), model(), model()
			s, s2, s3 := &Signals{LogP: slices.Repeat([]float64{7}, 24)}, signals(24), &Signals{LogP: make([]float64, 24)}
			few.Forward(b, s)
			few.Backward(g)
			all.Forward(b, s2)
			all.Backward(g)
			one.ForwardBackward(b, s3, g)
			if !slices.Equal(s.LogP, s2.LogP) || !slices.Equal(s.LogP, s3.LogP) || !slices.Equal(few.g, one.g) {
				t.Errorf("%s, chunks of %d: other signals, or other gradients in one pass", name, chunk)
			}
			for i, x := range few.g {
				if y := all.g[i]; !(math.Abs(x-y) <= 1e-12*(1+math.Abs(y))) {
					t.Errorf("%s, chunks of %d: gradient %d is %g, %g where all logits are computed", name, chunk, i, x, y)
					break
				}
			}
		}
	}
}

func TestBackwardOfWhatForwardWasNotAskedFor(t *testing.T) {
	m := build(t, small(Llama, true, 2), ref.Ops{}, 24)
	m.Forward(randomBatch(m.cfg, 4, 6, false, 1), &Signals{LogP: make([]float64, 24)})
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	m.Backward(&Grads{Entropy: make([]float64, 24)})
}
