package train

import (
	"github.com/seed-83c59573/quern/train/format"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/ops"
)

// shadow is a second set of weights beside a model's: a moving average, or the best so far.
type shadow struct {
	params []model.Param
	w      [][]float32
}

func newShadow(params []model.Param) *shadow {
	s := &shadow{params: params}
	for _, p := range params {
		s.w = append(s.w, append([]float32(nil), p.W...))
	}
	return s
}

// follow moves an average towards the weights after a number of updates. The first ones count for more, else the average would be of
// the random beginning for long: the share kept is at most (1+n)/(10+n), as in TensorFlow's ExponentialMovingAverage.
func (s *shadow) follow(k ops.Ops[float32], keep float64, updates int) {
	keep = min(keep, (1+float64(updates))/(10+float64(updates)))
	for i, p := range s.params {
		k.Blend(s.w[i], s.w[i], p.W, float32(keep), float32(1-keep))
	}
}

// take copies the model's weights.
func (s *shadow) take() {
	for i, p := range s.params {
		copy(s.w[i], p.W)
	}
}

// give sets the model's weights to these.
func (s *shadow) give() {
	for i, p := range s.params {
		copy(p.W, s.w[i])
	}
}

// swap exchanges the two.
func (s *shadow) swap() {
	for i, p := range s.params {
		for j, v := range p.W {
			p.W[j], s.w[i][j] = s.w[i][j], v
		}
	}
}

func (s *shadow) tensors() []format.Tensor {
	out := tensors(s.params)
	for i := range out {
		out[i].Data = s.w[i]
	}
	return out
}
