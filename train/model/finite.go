package model

import (
	"fmt"

	"github.com/seed-83c59573/quern/train/ops"
)

// FirstBad names the first place in the last forward pass, in its order, that put out a number that is none: NaN or infinite. It is ""
// if there is none. tokens is the size of that batch.
func (m *Decoder[F]) FirstBad(tokens int) string {
	name := func(i int) string {
		if i < 0 {
			return "the embedding"
		}
		return fmt.Sprintf("layer %d", i)
	}
	w := m.cfg.Width
	for i := range m.layers {
		if bad(m.layers[i].saved.x[:tokens*w]) {
			return name(i - 1)
		}
	}
	if bad(m.acts.out[:tokens*w]) {
		return name(len(m.layers) - 1)
	}
	for _, p := range m.acts.logp[:tokens] {
		if p-p != 0 {
			return "the head"
		}
	}
	return ""
}

func bad[F ops.Float](x []F) bool {
	for _, v := range x {
		if v-v != 0 {
			return true
		}
	}
	return false
}
