package tokenize

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// run is a file of pieces in ascending order, each with its count. A record is how many bytes it shares with the piece before, how many
// follow, these, and the count; the numbers are uvarints.
type run struct {
	name    string
	records int64
	size    int64
}

// spill writes what is in memory to a run and empties the tables, also when that fails.
func (c *Counter) spill() {
	defer c.empty()
	if c.err != nil {
		return
	}
	if c.room.Scratch == "" {
		c.err = fmt.Errorf("tokenize: counting pieces needs more than the %d bytes of memory that it may take, and there is no scratch folder", c.room.Memory)
		return
	}
	w, err := newRunWriter(c.room.Scratch)
	if err == nil {
		err = c.sorted(w.write)
		var r *run
		if r, err = w.finish(err); err == nil {
			c.runs = append(c.runs, r)
		}
	}
	c.err = err
}

// sorted calls f with every piece of the tables in ascending order, and leaves their slots in that order: they must be emptied behind it.
func (c *Counter) sorted(f func(piece []byte, count int64) error) error {
	short, long := c.short[:0], c.long[:0]
	for _, s := range c.short {
		if s.hi != 0 {
			short = append(short, s)
		}
	}
	for _, s := range c.long {
		if s.n != 0 {
			long = append(long, s)
		}
	}
	text := func(s longCount) []byte { return c.keys[s.off : s.off+s.n] }
	slices.SortFunc(short, compareShort)
	slices.SortFunc(long, func(a, b longCount) int { return bytes.Compare(text(a), text(b)) })
	var b [16]byte
	for len(short)+len(long) > 0 {
		if len(long) == 0 || len(short) > 0 && bytes.Compare(short[0].piece(&b), text(long[0])) < 0 {
			if err := f(short[0].piece(&b), short[0].count); err != nil {
				return err
			}
			short = short[1:]
			continue
		}
		if err := f(text(long[0]), long[0].count); err != nil {
			return err
		}
		long = long[1:]
	}
	return nil
}

// compareShort orders short pieces by their bytes: what is behind a piece's end is 0, and the length is the last byte of all.
func compareShort(a, b countSlot) int {
	x, y := reverse(a.lo), reverse(b.lo)
	if x == y {
		x, y = reverse(a.hi), reverse(b.hi)
	}
	return cmp.Compare(x, y)
}

func reverse(x uint64) uint64 {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], x)
	return binary.BigEndian.Uint64(b[:])
}

type runWriter struct {
	run
	f    *os.File
	w    *bufio.Writer
	last []byte
	head []byte
}

func newRunWriter(folder string) (*runWriter, error) {
	f, err := os.CreateTemp(folder, "pieces-*.run")
	if err != nil {
		return nil, err
	}
	return &runWriter{run: run{name: f.Name()}, f: f, w: bufio.NewWriterSize(f, 1<<16)}, nil
}

func (w *runWriter) write(piece []byte, count int64) error {
	shared := 0
	for shared < len(piece) && shared < len(w.last) && piece[shared] == w.last[shared] {
		shared++
	}
	w.head = binary.AppendUvarint(w.head[:0], uint64(shared))
	w.head = binary.AppendUvarint(w.head, uint64(len(piece)-shared))
	w.head = append(w.head, piece[shared:]...)
	w.head = binary.AppendUvarint(w.head, uint64(count))
	n, err := w.w.Write(w.head)
	w.size += int64(n)
	w.records++
	w.last = append(w.last[:0], piece...)
	return err
}

// finish ends the run; after an error, also one that is given, no file is left.
func (w *runWriter) finish(err error) (*run, error) {
	if err == nil {
		err = w.w.Flush()
	}
	if err = errors.Join(err, w.f.Close()); err != nil {
		os.Remove(w.name)
		return nil, fmt.Errorf("tokenize: %s: %w", w.name, err)
	}
	return &run{w.name, w.records, w.size}, nil
}

type runReader struct {
	run
	f     *os.File
	r     *bufio.Reader
	at    int64 // of the next record
	left  int64 // records
	piece []byte
	count int64
}

func (r *run) open() (*runReader, error) {
	f, err := os.Open(r.name)
	if err != nil {
		return nil, err
	}
	return &runReader{run: *r, f: f, r: bufio.NewReaderSize(f, 1<<15), left: r.records}, nil
}

// next reads a record; ok is false behind the last. A file that is not as it was written is an error.
func (r *runReader) next() (ok bool, err error) {
	if r.left == 0 {
		if r.at != r.size {
			return false, fmt.Errorf("tokenize: %s: offset %d: the records end, the file had %d bytes", r.name, r.at, r.size)
		}
		return false, nil
	}
	start := r.at
	bad := func(err error) (bool, error) {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return false, fmt.Errorf("tokenize: %s: offset %d: %w", r.name, start, err)
	}
	shared, err := binary.ReadUvarint(r)
	if err != nil {
		return bad(err)
	}
	rest, err := binary.ReadUvarint(r)
	if err != nil {
		return bad(err)
	}
	if shared > uint64(len(r.piece)) || rest > maxPiece {
		return bad(fmt.Errorf("a piece of %d and %d bytes behind one of %d", shared, rest, len(r.piece)))
	}
	r.piece = slices.Grow(r.piece[:shared], int(rest))[:shared+rest]
	n, err := io.ReadFull(r.r, r.piece[shared:])
	r.at += int64(n)
	if err != nil {
		return bad(err)
	}
	count, err := binary.ReadUvarint(r)
	if err != nil {
		return bad(err)
	}
	r.count = int64(count)
	r.left--
	return true, nil
}

// ReadByte counts what is read.
func (r *runReader) ReadByte() (byte, error) {
	b, err := r.r.ReadByte()
	if err == nil {
		r.at++
	}
	return b, err
}

// each calls f with every piece of a run.
func (r *run) each(f func(piece []byte, count int64) error) error {
	in, err := r.open()
	if err != nil {
		return err
	}
	defer in.f.Close()
	for {
		ok, err := in.next()
		if err != nil || !ok {
			return err
		}
		if err := f(in.piece, in.count); err != nil {
			return err
		}
	}
}

// maxFan is how many runs are merged at once.
const maxFan = 64

// mergeRuns merges runs into one file of the folder, and removes them. On an error none is left.
func mergeRuns(folder string, runs []*run) (*run, error) {
	for len(runs) > 1 {
		n := min(maxFan, len(runs))
		r, err := mergeSome(folder, runs[:n])
		if err = errors.Join(err, removeRuns(runs[:n])); err != nil {
			if r != nil {
				runs = append(runs, r)
			}
			return nil, errors.Join(err, removeRuns(runs[n:]))
		}
		runs = append(runs[n:], r)
	}
	return runs[0], nil
}

func removeRuns(runs []*run) error {
	var errs []error
	for _, r := range runs {
		errs = append(errs, os.Remove(r.name))
	}
	return errors.Join(errs...)
}

// mergeSome merges up to maxFan runs into a new one.
func mergeSome(folder string, runs []*run) (*run, error) {
	var in []*runReader
	defer func() {
		for _, r := range in {
			r.f.Close()
		}
	}()
	for _, r := range runs {
		reader, err := r.open()
		if err != nil {
			return nil, err
		}
		in = append(in, reader)
	}
	w, err := newRunWriter(folder)
	if err != nil {
		return nil, err
	}
	return w.finish(mergeReaders(in, w.write))
}

// mergeReaders calls f with every piece of the runs in ascending order, with the sum of its counts.
func mergeReaders(in []*runReader, f func(piece []byte, count int64) error) error {
	var q runQueue
	for _, r := range in {
		ok, err := r.next()
		if err != nil {
			return err
		}
		if ok {
			q = append(q, r)
		}
	}
	heap.Init(&q)
	var piece []byte
	for len(q) > 0 {
		piece = append(piece[:0], q[0].piece...)
		sum := int64(0)
		for len(q) > 0 && bytes.Equal(q[0].piece, piece) {
			sum += q[0].count
			ok, err := q[0].next()
			if err != nil {
				return err
			}
			if ok {
				heap.Fix(&q, 0)
			} else {
				heap.Pop(&q)
			}
		}
		if err := f(piece, sum); err != nil {
			return err
		}
	}
	return nil
}

// runQueue is a heap of runs by their next piece.
type runQueue []*runReader

func (q runQueue) Len() int           { return len(q) }
func (q runQueue) Less(i, j int) bool { return bytes.Compare(q[i].piece, q[j].piece) < 0 }
func (q runQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *runQueue) Push(x any)        { *q = append(*q, x.(*runReader)) }
func (q *runQueue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}
