package data

import (
	"fmt"
	"math/bits"
	"slices"
)

// Example is one conversation as tokens; Train tells which tokens a loss is taken on.
type Example struct {
	Tokens []int32
	Train  []bool
}

// Packed holds examples in rows of equal length: whole examples side by side as segments, none cut. Its rows are fixed when it is made;
// a Plan that shuffles reads them in another order each epoch, by its seed.
type Packed struct {
	cols int
	pad  int32
	rows [][]Example
}

// Pack lays examples into rows of cols tokens, best fit decreasing: the longest first, each into the fullest row that still has room for
// it. Equally long ones keep their order, and so do equally full rows. Examples longer than a row must have been cut before.
func Pack(examples []Example, cols int, pad int32) (*Packed, error) {
	order, err := checked(examples, cols)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(order, func(a, b int) int { return len(examples[b].Tokens) - len(examples[a].Tokens) })
	p := &Packed{cols: cols, pad: pad}
	rooms := newRooms(cols)
	for _, i := range order {
		n := len(examples[i].Tokens)
		r, room := rooms.take(n)
		if r < 0 {
			r, room = len(p.rows), cols
			p.rows = append(p.rows, nil)
		}
		p.rows[r] = append(p.rows[r], examples[i])
		rooms.put(r, room-n)
	}
	return p, nil
}

// Alone lays each example into a row of its own, in the order given.
func Alone(examples []Example, cols int, pad int32) (*Packed, error) {
	order, err := checked(examples, cols)
	if err != nil {
		return nil, err
	}
	p := &Packed{cols: cols, pad: pad}
	for _, i := range order {
		p.rows = append(p.rows, examples[i:i+1])
	}
	return p, nil
}

// checked lists the examples, which all fit a row.
func checked(examples []Example, cols int) ([]int, error) {
	order := make([]int, len(examples))
	for i, e := range examples {
		if len(e.Tokens) > cols || len(e.Tokens) < 2 || len(e.Train) != len(e.Tokens) {
			return nil, fmt.Errorf("data: example %d has %d tokens, want 2 to %d", i, len(e.Tokens), cols)
		}
		order[i] = i
	}
	if len(order) == 0 {
		return nil, fmt.Errorf("data: no examples")
	}
	return order, nil
}

// rooms are the rows that are not full, by what room they have.
type rooms struct {
	rows  [][]int  // by room: the rows that have it, the next one last
	there []uint64 // a bit for each room that some row has
}

func newRooms(cols int) *rooms {
	return &rooms{rows: make([][]int, cols+1), there: make([]uint64, cols/64+1)}
}

// take takes out the row of least room that is n or more, and tells its room; -1 if there is none.
func (r *rooms) take(n int) (row, room int) {
	for w, mask := n/64, ^uint64(0)<<(n%64); w < len(r.there); w, mask = w+1, ^uint64(0) {
		if b := r.there[w] & mask; b != 0 {
			room = w*64 + bits.TrailingZeros64(b)
			list := r.rows[room]
			row = list[0]
			if r.rows[room] = list[1:]; len(list) == 1 {
				r.there[w] &^= 1 << (room % 64)
			}
			return row, room
		}
	}
	return -1, 0
}

func (r *rooms) put(row, room int) {
	if room < 2 { // no example is that short
		return
	}
	r.rows[room] = append(r.rows[room], row)
	r.there[room/64] |= 1 << (room % 64)
}

// Len is the number of rows in an epoch.
func (p *Packed) Len() int64 { return int64(len(p.rows)) }

// Used is the share of the rows' tokens that examples fill.
func (p *Packed) Used() float64 {
	n := 0
	for _, row := range p.rows {
		for _, e := range row {
			n += len(e.Tokens)
		}
	}
	return float64(n) / float64(len(p.rows)*p.cols)
}

// Shape is what a row looks like.
func (p *Packed) Shape() (cols int, segments bool) { return p.cols, true }

// Fill lays out row i. The first token of an example is never a target, since nothing of it comes before.
func (p *Packed) Fill(b *Batch, row int, i int64) error {
	part := b.Part(row, row+1)
	tokens, targets, segments := part.Tokens, part.Targets, part.Segments
	c := 0
	for s, e := range p.rows[i] {
		for i, t := range e.Tokens {
			tokens[c], targets[c], segments[c] = t, NoTarget, int32(s)
			if i+1 < len(e.Tokens) && e.Train[i+1] {
				targets[c] = e.Tokens[i+1]
			}
			c++
		}
	}
	for ; c < p.cols; c++ {
		tokens[c], targets[c], segments[c] = p.pad, NoTarget, int32(len(p.rows[i]))
	}
	return nil
}

// Batch is row i alone, for measurements.
func (p *Packed) Batch(i int64) *Batch {
	b := newBatch(1, p.cols, true)
	p.Fill(b, 0, i) // never fails
	return b
}
