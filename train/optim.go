package train

import (
	"math"

	"github.com/seed-83c59573/quern/train/model"
)

// adamW is Adam with decoupled weight decay (Loshchilov and Hutter, 2019). State is m and v, one value a parameter, and the number
// of steps taken.
type adamW struct {
	o      Optim
	params []model.Param
	m, v   [][]float32
	step   int
}

func newAdamW(o Optim, params []model.Param) *adamW {
	a := &adamW{o: o, params: params}
	for _, p := range params {
		a.m = append(a.m, make([]float32, len(p.W)))
		a.v = append(a.v, make([]float32, len(p.W)))
	}
	return a
}

// norm is the Euclidean norm of all gradients, summed in float64 in the order of the parameters.
func (a *adamW) norm() float64 {
	sum := 0.0
	for _, p := range a.params {
		for _, g := range p.G {
			sum += float64(g) * float64(g)
		}
	}
	return math.Sqrt(sum)
}

// update takes one step at a learning rate, with gradients scaled so that their norm is at most Clip. It returns the norm before.
func (a *adamW) update(lr float64) float64 {
	norm := a.norm()
	scale := float32(1)
	if a.o.Clip > 0 && norm > a.o.Clip {
		scale = float32(a.o.Clip / norm)
	}
	a.step++
	b1, b2 := float32(a.o.Beta1), float32(a.o.Beta2)
	c1 := 1 - math.Pow(a.o.Beta1, float64(a.step))
	c2 := 1 - math.Pow(a.o.Beta2, float64(a.step))
	rate := float32(lr * math.Sqrt(c2) / c1)
	eps := float32(a.o.Eps * math.Sqrt(c2)) // the same as dividing v by c2 first
	for i, p := range a.params {
		keep := float32(1)
		if p.Decay {
			keep = float32(1 - lr*a.o.WeightDecay)
		}
		adamStep(p.W, p.G, a.m[i], a.v[i], scale, b1, b2, rate, eps, keep)
	}
	return norm
}

// adamStep is
//
//	m = b1·m + (1-b1)·s·g;  v = b2·v + (1-b2)·(s·g)²;  w = keep·w - rate·m/(√v+eps)
func adamStep(w, g, m, v []float32, s, b1, b2, rate, eps, keep float32) {
	for i := range w {
		x := s * g[i]
		m[i] = b1*m[i] + (1-b1)*x
		v[i] = b2*v[i] + (1-b2)*x*x
		w[i] = keep*w[i] - rate*m[i]/(float32(math.Sqrt(float64(v[i])))+eps)
	}
}
