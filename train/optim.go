package train

import (
	"math"

	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/ops"
)

// adamW is Adam with decoupled weight decay (Loshchilov and Hutter, 2019). State is m and v, one value a parameter, and the number
// of steps taken.
type adamW struct {
	o      Optim
	ops    ops.Ops[float32]
	params []model.Param
	m, v   [][]float32
	step   int
}

func newAdamW(o Optim, k ops.Ops[float32], params []model.Param) *adamW {
	a := &adamW{o: o, ops: k, params: params}
	for _, p := range params {
		a.m = append(a.m, make([]float32, len(p.W)))
		a.v = append(a.v, make([]float32, len(p.W)))
	}
	return a
}

// norm is the Euclidean norm of all gradients, summed in float64 in an order that no number of workers changes.
func (a *adamW) norm() float64 {
	sum := 0.0
	for _, p := range a.params {
		sum += a.ops.SumSquares(p.G)
	}
	return math.Sqrt(sum)
}

// update takes one step at a learning rate, with gradients, whose norm is given, scaled so that it is at most Clip.
func (a *adamW) update(lr, norm float64) {
	step := ops.Adam{Scale: 1, Beta1: a.o.Beta1, Beta2: a.o.Beta2}
	if a.o.Clip > 0 && norm > a.o.Clip {
		step.Scale = a.o.Clip / norm
	}
	a.step++
	c1 := 1 - math.Pow(a.o.Beta1, float64(a.step))
	c2 := 1 - math.Pow(a.o.Beta2, float64(a.step))
	step.Rate = lr * math.Sqrt(c2) / c1
	step.Eps = a.o.Eps * math.Sqrt(c2) // the same as dividing v by c2 first
	for i, p := range a.params {
		step.Keep = 1
		if p.Decay {
			step.Keep = 1 - lr*a.o.WeightDecay
		}
		a.ops.AdamW(p.W, p.G, a.m[i], a.v[i], step)
	}
}
