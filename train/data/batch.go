package data

import (
	"fmt"

	"github.com/seed-83c59573/quern"
)

// NoTarget marks a position that no loss is taken at.
const NoTarget = -1

// Batch is rows of tokens and what each position is to predict.
type Batch struct {
	Rows, Cols int
	Tokens     []int32 // Rows×Cols
	Targets    []int32 // Rows×Cols; NoTarget = no loss
	Segments   []int32 // Rows×Cols, or nil: attention stays among equal neighbors, and positions count from their first
}

func newBatch(rows, cols int, segments bool) *Batch {
	b := &Batch{Rows: rows, Cols: cols, Tokens: make([]int32, rows*cols), Targets: make([]int32, rows*cols)}
	if segments {
		b.Segments = make([]int32, rows*cols)
	}
	return b
}

// Count is the number of positions that a loss is taken at.
func (b *Batch) Count() int {
	n := 0
	for _, t := range b.Targets {
		if t != NoTarget {
			n++
		}
	}
	return n
}

// Stream is the tokens of a corpus in their order; documents end with the end-of-text token. Read fails if dst reaches past Len.
type Stream interface {
	Len() int64
	Read(dst []int32, at int64) error
}

// Tokens is a stream in memory.
type Tokens []int32

// Len is the number of tokens.
func (t Tokens) Len() int64 { return int64(len(t)) }

// Read copies tokens from position at on.
func (t Tokens) Read(dst []int32, at int64) error {
	if at < 0 || at+int64(len(dst)) > t.Len() {
		return fmt.Errorf("tokens [%d, %d) of %d", at, at+int64(len(dst)), t.Len())
	}
	copy(dst, t[at:])
	return nil
}

// Windows cuts a stream into windows of Cols+1 tokens that share one token, so that every token but the first is predicted once an
// epoch. The corpus is shuffled already: windows are taken in order, and after the last comes the first again.
type Windows struct {
	Stream Stream
	Rows   int
	Cols   int
	EOT    int32 // ends a segment, if Segmented
	// Segmented keeps attention inside documents.
	Segmented bool

	buf []int32
}

// Len is the number of whole windows.
func (w *Windows) Len() int64 { return max(0, (w.Stream.Len()-1)/int64(w.Cols)) }

// Batch reads batch number cursor: windows cursor×Rows and on, modulo Len.
func (w *Windows) Batch(cursor int64) (*Batch, error) {
	n := w.Len()
	if n == 0 {
		return nil, fmt.Errorf("data: %d tokens do not fill one window of %d", w.Stream.Len(), w.Cols+1)
	}
	b := newBatch(w.Rows, w.Cols, w.Segmented)
	for r := range w.Rows {
		i := (cursor*int64(w.Rows) + int64(r)) % n
		if err := w.row(b, r, i*int64(w.Cols), w.Cols+1); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// Tail is the number of batches that hold the whole stream once, for evaluation.
func (w *Windows) Tail() int64 {
	windows := (w.Stream.Len() - 1 + int64(w.Cols) - 1) / int64(w.Cols)
	return (windows + int64(w.Rows) - 1) / int64(w.Rows)
}

// Once reads batch number i of a single walk through the stream; what lies past its end has no target.
func (w *Windows) Once(i int64) (*Batch, error) {
	b := newBatch(w.Rows, w.Cols, w.Segmented)
	for r := range w.Rows {
		at := (i*int64(w.Rows) + int64(r)) * int64(w.Cols)
		n := int(min(int64(w.Cols)+1, max(0, w.Stream.Len()-at)))
		if err := w.row(b, r, at, n); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// row fills row r from n ≤ Cols+1 tokens at position at.
func (w *Windows) row(b *Batch, r int, at int64, n int) error {
	if cap(w.buf) < w.Cols+1 {
		w.buf = make([]int32, w.Cols+1)
	}
	buf := w.buf[:n]
	if n > 0 {
		if err := w.Stream.Read(buf, at); err != nil {
			return err
		}
	}
	tokens, targets := b.Tokens[r*w.Cols:(r+1)*w.Cols], b.Targets[r*w.Cols:(r+1)*w.Cols]
	segment := int32(0)
	for c := range tokens {
		tokens[c], targets[c] = 0, NoTarget
		if c < n {
			tokens[c] = buf[c]
		}
		if c+1 < n {
			targets[c] = buf[c+1]
		}
		if b.Segments != nil {
			b.Segments[r*w.Cols+c] = segment
			if c < n && buf[c] == w.EOT {
				segment++
				targets[c] = NoTarget // the next document does not follow from this one
			}
		}
	}
	return nil
}

// Example is one conversation as tokens; Train tells which tokens a loss is taken on.
type Example struct {
	Tokens []int32
	Train  []bool
}

// Packed holds examples in rows of equal length: whole examples side by side as segments, none cut. Its rows are fixed when it is
// made; each epoch visits them in an order that is a pure function of (seed, epoch, index).
type Packed struct {
	Rows, Cols int
	seed       uint64
	pad        int32
	rows       [][]Example
}

// Pack lays examples into rows of cols tokens, first fit in the order given. Examples longer than a row must have been cut before.
func Pack(examples []Example, rows, cols int, pad int32, seed uint64) (*Packed, error) {
	p := &Packed{Rows: rows, Cols: cols, seed: seed, pad: pad}
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
func (p *Packed) Len() int { return len(p.rows) }

// Batch builds batch number cursor.
func (p *Packed) Batch(cursor int64) (*Batch, error) {
	b := newBatch(p.Rows, p.Cols, true)
	for r := range p.Rows {
		i := cursor*int64(p.Rows) + int64(r)
		epoch, index := i/int64(len(p.rows)), i%int64(len(p.rows))
		p.fill(b, r, p.rows[p.order(epoch, index)])
	}
	return b, nil
}

// order is where epoch visits at index: a walk by a stride that is coprime to the number of rows, from a start, both by the seed.
func (p *Packed) order(epoch, index int64) int {
	n := uint64(len(p.rows))
	h := quern.Seed(p.seed, "sft", quern.NewID("epoch", fmt.Sprint(epoch)))
	stride := h>>32%n | 1
	for gcd(stride, n) != 1 {
		stride += 2
	}
	return int((h%n + stride%n*uint64(index)) % n)
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func (p *Packed) fill(b *Batch, r int, examples []Example) {
	tokens, targets, segments := b.Tokens[r*p.Cols:(r+1)*p.Cols], b.Targets[r*p.Cols:(r+1)*p.Cols], b.Segments[r*p.Cols:(r+1)*p.Cols]
	c := 0
	for s, e := range examples {
		for i, t := range e.Tokens {
			tokens[c], targets[c], segments[c] = t, NoTarget, int32(s)
			if i+1 < len(e.Tokens) && e.Train[i+1] {
				targets[c] = e.Tokens[i+1]
			}
			c++
		}
	}
	for ; c < p.Cols; c++ {
		tokens[c], targets[c], segments[c] = p.pad, NoTarget, int32(len(examples))
	}
}
