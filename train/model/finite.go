package model

import (
	"fmt"

	"github.com/seed-83c59573/quern/train/ops"
)

// FirstBad names the first place in the last forward pass, in its order, that put out a number that is none: NaN or infinite. It is ""
// if there is none. tokens is the size of that batch.
func (m *Decoder[F]) FirstBad(tokens int) string {
	for i, x := range m.acts.x {
		switch {
		case !bad(x[:tokens*m.cfg.Width]):
		case i == 0:
			return "the embedding"
		default:
			return fmt.Sprintf("layer %d", i-1)
		}
	}
	if bad(m.acts.logp[:tokens]) {
		return "the head"
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
