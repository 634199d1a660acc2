package model

import (
	"fmt"

	"github.com/seed-83c59573/quern/train/ops"
)

func (m *Decoder[F]) check(b *Batch) {
	n := b.Rows * b.Cols
	switch {
	case b.Rows < 1 || b.Cols < 1 || n > m.acts.tokens || b.Cols > m.cfg.Context:
		panic(fmt.Sprintf("model: a batch of %d×%d tokens; there is room for %d tokens, the context is %d", b.Rows, b.Cols, m.acts.tokens, m.cfg.Context))
	case len(b.Tokens) != n || len(b.Targets) != n || b.Doc != nil && len(b.Doc) != n:
		panic(fmt.Sprintf("model: a batch of %d×%d with %d tokens, %d targets, %d documents", b.Rows, b.Cols, len(b.Tokens), len(b.Targets), len(b.Doc)))
	}
	for i, t := range b.Tokens {
		if t < 0 || int(t) >= m.cfg.Vocab || int(b.Targets[i]) >= m.cfg.Vocab {
			panic(fmt.Sprintf("model: token %d, target %d at %d: the vocabulary has %d", t, b.Targets[i], i, m.cfg.Vocab))
		}
	}
}

// positions finds each token's position in its document and the first column that it sees: its document's first, or that of its
// window. It returns the length of the longest document.
func (m *Decoder[F]) positions(b *Batch) (longest int) {
	for r := range b.Rows {
		first := 0
		for c := range b.Cols {
			t := r*b.Cols + c
			if b.Doc != nil && c > 0 && b.Doc[t] != b.Doc[t-1] {
				first = c
			}
			longest = max(longest, c-first+1)
			m.acts.start[t], m.acts.pos[t] = int32(max(first, m.cfg.seen(c))), int32(c-first)
		}
	}
	return longest
}

// seen is the first column that column c sees through the window.
func (c Config) seen(col int) int {
	if c.Window == 0 {
		return 0
	}
	return max(0, col-c.Window+1)
}

func (m *Decoder[F]) attn(b *Batch) ops.Attn {
	return ops.Attn{Rows: b.Rows, Cols: b.Cols, Heads: m.cfg.Heads, KV: m.cfg.KVHeads, Size: m.cfg.size(), Start: m.acts.start[:b.Rows*b.Cols]}
}
