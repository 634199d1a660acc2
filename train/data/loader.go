package data

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-83c59573/quern"
)

// Samples are rows of one shape, each a pure function of its number.
type Samples interface {
	Len() int64                            // rows of an epoch
	Shape() (cols int, segments bool)      // of each row
	Fill(b *Batch, row int, i int64) error // sets a row of b to sample i; one call at a time
}

// Plan says which samples are read, in which order, and how many at once.
//
// All ranks of a run together read one endless stream: epoch after epoch of all samples, each once. An epoch that does not end with a
// batch ends within one, whose other rows are the next epoch's: nothing is dropped, and all batches have one shape. Rank r of w takes
// samples r, r+w, r+2w and so on of each global batch of Rows×w. So the stream depends neither on the number of ranks nor on the size
// of a batch, and either may change at any cursor.
type Plan struct {
	Rows        int    // of a rank's batch
	Rank, World int    // World 0 = 1
	Shuffle     bool   // each epoch has an order of its own, by Seed; else all have the samples' own
	Seed        uint64 // of the run
	Ahead       int    // batches that are read ahead while others are worked on; 0 = none
}

// Loader hands out the batches of one rank. Its methods are for one goroutine. Which batches, is a pure function of samples, plan and
// cursor: how far it reads ahead changes nothing.
type Loader struct {
	samples Samples
	plan    Plan
	n       int64 // samples of an epoch
	cursor  int64
	err     error // of the batch at cursor, or of a closed loader: it stays

	base, perm quern.Permutation // of all epochs, of the one that was last read from
	epoch      int64

	held       *slot      // whose batch the caller has
	free, full chan *slot // both hold all slots: no send ever waits
	stop, done chan struct{}
}

type slot struct {
	batch *Batch
	err   error
}

var (
	errStopped = errors.New("data: stopped within a batch")
	errClosed  = errors.New("data: the loader is closed")
)

// NewLoader starts at a cursor: the number of samples that all ranks have read before. Close it, if it reads ahead, before the samples'
// files.
func NewLoader(s Samples, p Plan, cursor int64) (*Loader, error) {
	p.World = max(1, p.World)
	cols, segments := s.Shape()
	switch {
	case p.Rows < 1 || cols < 1:
		return nil, fmt.Errorf("data: batches of %d rows of %d tokens, want 1 or more", p.Rows, cols)
	case p.Rank < 0 || p.Rank >= p.World:
		return nil, fmt.Errorf("data: rank %d of %d, want 0 to %d", p.Rank, p.World, p.World-1)
	case p.Ahead < 0:
		return nil, fmt.Errorf("data: read %d batches ahead, want 0 or more", p.Ahead)
	case cursor < 0:
		return nil, fmt.Errorf("data: cursor %d, want 0 or more", cursor)
	case s.Len() < 1:
		return nil, fmt.Errorf("data: not one row of %d tokens", cols)
	}
	l := &Loader{samples: s, plan: p, n: s.Len(), cursor: cursor, epoch: -1}
	l.base = quern.NewPermutation(l.n, p.Seed, "data", "epoch")
	l.free, l.full = make(chan *slot, p.Ahead+1), make(chan *slot, p.Ahead+1)
	for range p.Ahead + 1 {
		l.free <- &slot{batch: newBatch(p.Rows, cols, segments)}
	}
	return l, nil
}

// Cursor is the number of samples that all ranks have read: all that is needed to go on from here.
func (l *Loader) Cursor() int64 { return l.cursor }

// Next is the next batch, valid until the next call of Next or Close. A sample that cannot be read is an error at its own batch, not
// earlier, and stays one. An error of ctx loses nothing: the next call goes on.
func (l *Loader) Next(ctx context.Context) (*Batch, error) {
	if l.err != nil {
		return nil, l.err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if l.held != nil {
		l.free <- l.held
		l.held = nil
	}
	if l.plan.Ahead == 0 {
		l.held = <-l.free
		l.held.err = l.fill(l.held.batch, l.cursor, ctx.Done())
		if l.held.err == errStopped {
			return nil, ctx.Err()
		}
	} else {
		if l.stop == nil {
			l.stop, l.done = make(chan struct{}), make(chan struct{})
			go l.readAhead(l.cursor)
		}
		select {
		case l.held = <-l.full:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if l.err = l.held.err; l.err != nil {
		return nil, l.err
	}
	l.cursor += l.step()
	return l.held.batch, nil
}

// Close ends reading ahead and waits for it: afterwards no file is read.
func (l *Loader) Close() {
	if l.stop != nil && l.err != errClosed {
		close(l.stop)
		<-l.done
	}
	l.err = errClosed
}

// step is the samples of a global batch.
func (l *Loader) step() int64 { return int64(l.plan.Rows) * int64(l.plan.World) }

// readAhead fills free slots from a cursor on, until one fails.
func (l *Loader) readAhead(cursor int64) {
	defer close(l.done)
	for ; ; cursor += l.step() {
		select {
		case <-l.stop:
			return
		case s := <-l.free:
			if s.err = l.fill(s.batch, cursor, l.stop); s.err != nil {
				l.full <- s
				return
			}
			l.full <- s
		}
	}
}

// fill reads this rank's rows of the global batch at a cursor. It gives up between rows once stop is closed.
func (l *Loader) fill(b *Batch, cursor int64, stop <-chan struct{}) error {
	for r := range b.Rows {
		select {
		case <-stop:
			return errStopped
		default:
		}
		at := cursor + int64(l.plan.Rank) + int64(r)*int64(l.plan.World)
		epoch, i := at/l.n, at%l.n
		if l.plan.Shuffle {
			if epoch != l.epoch {
				l.epoch, l.perm = epoch, l.base.Epoch(epoch)
			}
			i = l.perm.At(i)
		}
		if err := l.samples.Fill(b, r, i); err != nil {
			return fmt.Errorf("data: sample %d, number %d of epoch %d: %w", i, at%l.n, epoch, err)
		}
	}
	return nil
}
