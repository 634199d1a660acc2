package data

import "fmt"

// Example is one conversation as tokens; Train tells which tokens a loss is taken on.
type Example struct {
	Tokens []int32
	Train  []bool
}

// Packed holds examples in rows of equal length: whole examples side by side as segments, none cut. Its rows are fixed when it is made.
type Packed struct {
	cols int
	pad  int32
	rows [][]Example
}

// Pack lays examples into rows of cols tokens, first fit in the order given. Examples longer than a row must have been cut before.
func Pack(examples []Example, cols int, pad int32) (*Packed, error) {
	p := &Packed{cols: cols, pad: pad}
	var used []int
	open := 0 // rows before it are too full to be worth a look
	for i, e := range examples {
		if len(e.Tokens) > cols || len(e.Tokens) < 2 || len(e.Train) != len(e.Tokens) {
			return nil, fmt.Errorf("data: example %d has %d tokens, want 2 to %d", i, len(e.Tokens), cols)
		}
		r := open
		for r < len(used) && used[r]+len(e.Tokens) > cols {
			r++
		}
		if r == len(used) {
			used = append(used, 0)
			p.rows = append(p.rows, nil)
		}
		p.rows[r] = append(p.rows[r], e)
		used[r] += len(e.Tokens)
		for open < len(used) && used[open] > cols-8 || len(used)-open > 64 {
			open++
		}
	}
	if len(p.rows) == 0 {
		return nil, fmt.Errorf("data: no examples")
	}
	return p, nil
}

// Len is the number of rows in an epoch.
func (p *Packed) Len() int64 { return int64(len(p.rows)) }

// Shape is what a row looks like.
func (p *Packed) Shape() (cols int, segments bool) { return p.cols, true }

// Fill lays out row i.
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
