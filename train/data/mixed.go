package data

import (
	"fmt"

	"github.com/seed-83c59573/quern"
)

// Mixed is rows of Main with rows of Replay between them, evenly, so that they are a share of all: what was learned before is heard
// again while something else is learned. It is one long stream, which knows its epochs: each of either has an order of its own, by Seed,
// and is told with no memory of what was read before. So a Plan must not shuffle it.
type Mixed struct {
	Main, Replay Samples
	Share        float64 // of Replay, from 0 to below 1
	Seed         uint64
	Rows         int64 // of the whole stream

	perms [2]epochs
}

// epochs is the order of one of the two, and the epoch that was last read.
type epochs struct {
	base, now quern.Permutation
	epoch     int64
	ready     bool
}

// RowsFor is how many rows hold so many of Main.
func RowsFor(main int64, share float64) int64 {
	m := Mixed{Share: share}
	n := int64(float64(main) / (1 - share))
	for n-m.replayed(n) < main {
		n++
	}
	for n > 0 && n-1-m.replayed(n-1) >= main {
		n--
	}
	return n
}

// replayed is how many of the first n rows are replay.
func (m *Mixed) replayed(n int64) int64 { return int64(float64(n) * m.Share) }

// Len is the number of rows of the stream.
func (m *Mixed) Len() int64 { return m.Rows }

// Shape is what a row looks like.
func (m *Mixed) Shape() (cols int, segments bool) {
	cols, _ = m.Main.Shape()
	return cols, true
}

// Fill reads row i.
func (m *Mixed) Fill(b *Batch, row int, i int64) error {
	before := m.replayed(i)
	if m.replayed(i+1) > before {
		return m.from(1, m.Replay, b, row, before)
	}
	return m.from(0, m.Main, b, row, i-before)
}

// from reads row number i of all epochs of one of the two.
func (m *Mixed) from(which int, s Samples, b *Batch, row int, i int64) error {
	n := s.Len()
	if n < 1 {
		return fmt.Errorf("data: not one row to replay")
	}
	e := &m.perms[which]
	if !e.ready {
		e.base, e.epoch, e.ready = quern.NewPermutation(n, m.Seed, "data", [2]string{"main", "replay"}[which]), -1, true
	}
	if epoch := i / n; epoch != e.epoch {
		e.epoch, e.now = epoch, e.base.Epoch(epoch)
	}
	return s.Fill(b, row, e.now.At(i%n))
}
