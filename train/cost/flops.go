package cost

import "github.com/seed-83c59573/quern/train/model"

// All that tells operations of training counts them here, as they are published: a weight costs 2 for each token and forward pass, 6
// with the pass backward, whether it is multiplied or looked up (Kaplan et al., 2020; Hoffmann et al., 2022). Attention comes on top, 4 for
// each number of a query and token that it may look at, in full although half is masked (Chowdhery et al., 2022, appendix B); 12 with the
// pass backward.

// Weights is what so many weights cost a token, in so many forward passes' worth of work.
func Weights(params, passes float64) float64 { return 2 * passes * params }

// Attention is what attention over sequences of so many tokens costs a token.
func Attention(c model.Config, context int, passes float64) float64 {
	c = c.Resolved()
	if c.Window > 0 {
		context = min(context, c.Window)
	}
	return 4 * passes * float64(c.Layers*c.Heads*c.HeadSize) * float64(context)
}

// Frozen is Weights of a step that gives weights no gradients, but trains others beside them.
func Frozen(params, trained float64) float64 {
	return Weights(params, 2) + Weights(trained, 3)
}
