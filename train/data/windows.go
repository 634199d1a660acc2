package data

import "fmt"

// Stream is the tokens of a corpus in their order. Read fails if dst reaches past Len.
type Stream interface {
	Len() int64
	Read(dst []int32, at int64) error
}

// Ender is a Stream that knows where documents end, as shard.TokenReader does: EndsIn appends the ends e with from < e <= to, each once.
type Ender interface {
	EndsIn(dst []int64, from, to int64) ([]int64, error)
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
// epoch; what does not fill a window at the stream's end is left out.
type Windows struct {
	Stream Stream
	Cols   int
	// Segmented keeps attention inside documents, and takes no loss on the first token of one. Documents end where the stream says if
	// it is an Ender, since a text may hold the end-of-text token; else behind each EOT.
	Segmented bool
	EOT       int32
	Rows      int // of the batches of Once

	buf  []int32
	ends []int64
	once *Batch
}

// Len is the number of whole windows.
func (w *Windows) Len() int64 { return max(0, (w.Stream.Len()-1)/int64(w.Cols)) }

// Shape is what a row looks like.
func (w *Windows) Shape() (cols int, segments bool) { return w.Cols, w.Segmented }

// Fill reads window i into a row.
func (w *Windows) Fill(b *Batch, row int, i int64) error {
	return w.fill(b, row, i*int64(w.Cols), w.Cols+1)
}

// Tail is the number of batches that hold the whole stream once, for evaluation.
func (w *Windows) Tail() int64 {
	windows := (w.Stream.Len() - 1 + int64(w.Cols) - 1) / int64(w.Cols)
	return (windows + int64(w.Rows) - 1) / int64(w.Rows)
}

// Once reads batch number i of a single walk through the stream; what lies past its end has no target. The batch is valid until the
// next call.
func (w *Windows) Once(i int64) (*Batch, error) {
	if w.once == nil {
		w.once = newBatch(w.Rows, w.Cols, w.Segmented)
	}
	for r := range w.Rows {
		at := (i*int64(w.Rows) + int64(r)) * int64(w.Cols)
		n := int(min(int64(w.Cols)+1, max(0, w.Stream.Len()-at)))
		if err := w.fill(w.once, r, at, n); err != nil {
			return nil, err
		}
	}
	return w.once, nil
}

// fill sets row r by n ≤ Cols+1 tokens at position at.
func (w *Windows) fill(b *Batch, r int, at int64, n int) error {
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
	clear(tokens[copy(tokens, buf):])
	k := 0
	if n > 0 {
		k = copy(targets, buf[1:])
	}
	for ; k < len(targets); k++ {
		targets[k] = NoTarget
	}
	if b.Segments == nil {
		return nil
	}
	if !w.Segmented { // a row among others that have segments
		clear(b.Segments[r*w.Cols : (r+1)*w.Cols])
		return nil
	}
	if err := w.findEnds(buf[:min(n, w.Cols)], at); err != nil {
		return err
	}
	segments := b.Segments[r*w.Cols : (r+1)*w.Cols]
	c := 0
	for s, end := range w.ends {
		for ; c < int(end-at); c++ {
			segments[c] = int32(s)
		}
		targets[c-1] = NoTarget // the next document does not follow from this one
	}
	for ; c < len(segments); c++ {
		segments[c] = int32(len(w.ends))
	}
	return nil
}

// findEnds sets ends to where documents end among the tokens at position at.
func (w *Windows) findEnds(tokens []int32, at int64) (err error) {
	w.ends = w.ends[:0]
	if s, ok := w.Stream.(Ender); ok {
		if len(tokens) > 0 {
			w.ends, err = s.EndsIn(w.ends, at, at+int64(len(tokens)))
		}
		return err
	}
	for i, t := range tokens {
		if t == w.EOT {
			w.ends = append(w.ends, at+int64(i)+1)
		}
	}
	return nil
}
