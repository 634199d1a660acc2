package model

import "github.com/seed-83c59573/quern/train/ops"

// held is a weight in the form that an implementation likes to read.
type held[F ops.Float] struct {
	ops.Weight[F]
	form any // of the last Hold; its memory serves the next one
	at   int // number of that Hold
}

// Hold promises that no weight changes until Release. A weight is then brought into the form that products read once, at its first
// use, instead of once for each product. That changes no bit, pays when several small micro-batches share a step, and takes as much
// memory as two more copies of the matrices.
func (m *Decoder[F]) Hold() { m.holding, m.holds = true, m.holds+1 }

// Release takes the promise back: weights may change.
func (m *Decoder[F]) Release() { m.holding = false }

// weight describes a matrix to Linear.
func (m *Decoder[F]) weight(h *held[F], turned bool, k, n int, b []F) *ops.Weight[F] {
	h.T, h.K, h.N, h.B, h.Form = turned, k, n, b, nil
	if !m.holding {
		return &h.Weight
	}
	if h.Form = h.form; h.at != m.holds {
		m.o.Pack(&h.Weight)
		h.form, h.at = h.Form, m.holds
	}
	return &h.Weight
}
