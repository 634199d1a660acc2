package model

import (
	"slices"
	"testing"

	"github.com/seed-83c59573/quern/train/ops/cpu"
)

// Weights that are held give the same bits, and the next Hold sees that they changed.
func TestHoldChangesNoBit(t *testing.T) {
	for _, precision := range []cpu.Precision{cpu.FP32, cpu.BF16} {
		for _, arch := range []string{GPT2, Llama} {
			c := Config{Arch: arch, Layers: 2, Width: 40, Heads: 4, Hidden: 50, Context: 10, Vocab: 70, Tied: true, RopeTheta: 100, NormEps: 1e-4}
			step := func(hold bool) []float32 {
				m := build(t, c, cpu.NewIn(precision, 2), 40)
				var out []float32
				for range 3 {
					if hold {
						m.Hold()
					}
					b := randomBatch(c, 4, 10, true, 1)
					s := Signals{LogP: make([]float64, 40)}
					for range 2 {
						m.Forward(b, &s)
						g := Grads{LogP: make([]float64, 40)}
						for i := range g.LogP {
							g.LogP[i] = -1
						}
						m.Backward(&g)
					}
					m.Release()
					for _, p := range m.Params() {
						for i, g := range p.G {
							p.W[i] -= 0.01 * g
						}
						out = append(out, p.W...)
					}
				}
				return out
			}
			if !slices.Equal(step(true), step(false)) {
				t.Errorf("%s, %s: other bits", precision, arch)
			}
		}
	}
}
