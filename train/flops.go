package train

import (
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/ops"
)

// All that tells operations of training counts them here, as they are published: a weight costs 2 for each token and forward pass, 6
// with the pass backward, whether it is multiplied or looked up (Kaplan et al., 2020; Hoffmann et al., 2022). Attention comes on top, 4 for
// each number of a query and token that it may look at, in full although half is masked (Chowdhery et al., 2022, appendix B); 12 with the
// pass backward.

// weightFlops is what so many weights cost a token, in so many forward passes' worth of work.
func weightFlops(params, passes float64) float64 { return 2 * passes * params }

// attentionFlops is what attention over sequences of so many tokens costs a token.
func attentionFlops(c model.Config, context int, passes float64) float64 {
	c = c.Resolved()
	if c.Window > 0 {
		context = min(context, c.Window)
	}
	return 4 * passes * float64(c.Layers*c.Heads*c.HeadSize) * float64(context)
}

// frozenFlops is weightFlops of a step that gives weights no gradients, but trains others beside them.
func frozenFlops(params, trained float64) float64 {
	return weightFlops(params, 2) + weightFlops(trained, 3)
}

// stepFlops is what a step of training m costs a token, without attention.
func stepFlops(m *model.Model) float64 {
	count := func(list []model.Param) (n float64) {
		for _, p := range list {
			n += float64(len(p.W))
		}
		return n
	}
	if _, ok := m.Adapter(); ok {
		return frozenFlops(count(m.Params()), count(m.Trainable()))
	}
	return weightFlops(count(m.Params()), 3)
}

// peakOf is what the kernels of products reach at best, in FLOP a second; 0 = they do not say.
func peakOf(o ops.Ops[float32]) float64 {
	if p, ok := o.(interface{ Peak() float64 }); ok {
		return p.Peak()
	}
	return 0
}
