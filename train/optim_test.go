package train

import (
	"math"
	"testing"

	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/ops/cpu"
)

// The reference is the formula of the paper in float64, with v divided by its bias.
func TestAdamWIsThePapers(t *testing.T) {
	o := Optim{Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, WeightDecay: 0.1}
	w := []float32{0.5, -1, 2}
	p := []model.Param{{Name: "decayed", W: w, G: make([]float32, 3), Decay: true}, {Name: "free", W: []float32{1}, G: make([]float32, 1)}}
	a := newAdamW(o, cpu.New(1), p)
	ref, m, v := []float64{0.5, -1, 2, 1}, make([]float64, 4), make([]float64, 4)
	for step := 1; step <= 20; step++ {
		lr := 0.01 * float64(step)
		for i := range ref {
			g := math.Sin(float64(step*7 + i))
			if i < 3 {
				p[0].G[i] = float32(g)
			} else {
				p[1].G[0] = float32(g)
			}
			m[i] = 0.9*m[i] + 0.1*g
			v[i] = 0.95*v[i] + 0.05*g*g
			mh, vh := m[i]/(1-math.Pow(0.9, float64(step))), v[i]/(1-math.Pow(0.95, float64(step)))
			decay := 0.1
			if i == 3 {
				decay = 0
			}
			ref[i] -= lr * (mh/(math.Sqrt(vh)+1e-8) + decay*ref[i])
		}
		a.update(lr, a.norm())
	}
	for i, want := range ref {
		got := float64(p[1].W[0])
		if i < 3 {
			got = float64(w[i])
		}
		if math.Abs(got-want) > 1e-4 {
			t.Errorf("weight %d is %g, want %g", i, got, want)
		}
	}
}

func TestClipBoundsTheGradient(t *testing.T) {
	p := []model.Param{{W: make([]float32, 2), G: []float32{3, 4}}}
	a := newAdamW(Optim{Clip: 1, Eps: 1e-8}, cpu.New(1), p) // with both betas 0, m is the clipped gradient
	norm := a.norm()
	a.update(1, norm)
	if math.Abs(norm-5) > 1e-6 {
		t.Errorf("norm %g, want 5", norm)
	}
	if math.Abs(float64(a.m[0][0])-0.6) > 1e-6 || math.Abs(float64(a.m[0][1])-0.8) > 1e-6 {
		t.Errorf("clipped gradient %v, want [0.6 0.8]", a.m[0])
	}
}
