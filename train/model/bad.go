package model

import (
	"fmt"
	"math"

	"github.com/seed-83c59573/quern/train/ops"
)

// FirstBad says where the first number that is none, or is infinite, comes from: in the weights, in the order of a forward pass in what the last
// batch left behind, or in the gradients, in the order of a backward pass. It is empty if there is none. It is for the message of a
// run that failed, and slow.
func (m *Decoder[F]) FirstBad() string {
	for _, list := range [][]ParamOf[F]{m.params, m.AdapterParams()} {
		for _, p := range list {
			if i, bad := firstBad(p.W); bad {
				return fmt.Sprintf("the weight %s[%d] is %v", p.Name, i, p.W[i])
			}
		}
	}
	if where := m.badActivation(); where != "" {
		return where
	}
	ps := m.Trainable()
	for i := len(ps) - 1; i >= 0; i-- {
		if j, bad := firstBad(ps[i].G); bad {
			return fmt.Sprintf("the gradient of %s[%d] is %v", ps[i].Name, j, ps[i].G[j])
		}
	}
	return ""
}

// badActivation looks at what the last forward pass saved; with Recompute, at what went from layer to layer.
func (m *Decoder[F]) badActivation() string {
	n := m.acts.filled
	if n == 0 {
		return ""
	}
	c := m.cfg
	look := func(what string, layer int, x []F, width int) string {
		i, bad := firstBad(x[:n*width])
		if !bad {
			return ""
		}
		if layer >= 0 {
			what = fmt.Sprintf("%s of layer %d", what, layer)
		}
		return fmt.Sprintf("%s, token %d of its batch, is %v", what, i/width, x[i])
	}
	if where := look("the embedding", -1, m.acts.x[0], c.Width); where != "" {
		return where
	}
	for i := range m.layers {
		s := &m.layers[i].saved
		if !c.Recompute {
			for _, part := range []struct {
				what  string
				x     []F
				width int
			}{{"the queries, keys and values", s.qkv, c.qkv()}, {"the attention", s.attn, c.attn()},
				{"the residual stream after the attention", s.mid, c.Width}, {"the feed-forward part", s.up, c.up()}} {
				if where := look(part.what, i, part.x, part.width); where != "" {
					return where
				}
			}
		}
		if where := look("the output", i, m.acts.x[i+1], c.Width); where != "" {
			return where
		}
	}
	return ""
}

func firstBad[F ops.Float](x []F) (int, bool) {
	for i, v := range x {
		if d := float64(v); math.IsNaN(d) || math.IsInf(d, 0) {
			return i, true
		}
	}
	return 0, false
}
