package ngram

import (
	"bufio"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// counter counts n-grams of one length. When its table is full it sorts them into a run, which it writes to a file of the scratch
// folder, or keeps if there is no other. Runs are sorted by the last word, then the last but one, and so on.
type counter struct {
	n     int
	most  int    // n-grams in the table
	dir   string // scratch folder
	ids   []uint32
	times []uint64
	slots []uint32 // index into times plus one
	order []uint32 // of the n-grams in the table, sorted, as long as none is added
	files []*os.File
}

func newCounter(n int, memory int64, dir string) *counter {
	most := min(max(int(memory/int64(2*(4*n+8)+16+4)), 16), 1<<30) // ids and count, which grow by doubling, four slots, the order
	return &counter{n: n, most: most, dir: dir, slots: make([]uint32, 64)}
}

func (c *counter) hash(gram []uint32) int {
	h := uint64(gram[0])
	for _, id := range gram[1:] {
		h = chain(h, id)
	}
	h *= 0x9e3779b97f4a7c15
	return int(h >> 20 & uint64(len(c.slots)-1))
}

func (c *counter) gram(i int) []uint32 { return c.ids[i*c.n : (i+1)*c.n] }

func (c *counter) add(gram []uint32) error {
	at := c.hash(gram)
	for ; c.slots[at] != 0; at = (at + 1) & (len(c.slots) - 1) {
		if i := int(c.slots[at]) - 1; slices.Equal(c.gram(i), gram) {
			c.times[i]++
			return nil
		}
	}
	if len(c.times) >= c.most {
		if err := c.spill(); err != nil {
			return err
		}
		return c.add(gram)
	}
	c.ids = append(c.ids, gram...)
	c.times = append(c.times, 1)
	c.slots[at] = uint32(len(c.times))
	if 2*len(c.times) >= len(c.slots) {
		c.slots = make([]uint32, 2*len(c.slots))
		for i := range c.times {
			at := c.hash(c.gram(i))
			for c.slots[at] != 0 {
				at = (at + 1) & (len(c.slots) - 1)
			}
			c.slots[at] = uint32(i + 1)
		}
	}
	return nil
}

// sorted gives the order of the n-grams in the table.
func (c *counter) sorted() []uint32 {
	if len(c.order) == len(c.times) {
		return c.order
	}
	c.order = slices.Grow(c.order[:0], len(c.times))[:len(c.times)]
	for i := range c.order {
		c.order[i] = uint32(i)
	}
	slices.SortFunc(c.order, func(a, b uint32) int { return compareSuffix(c.gram(int(a)), c.gram(int(b))) })
	return c.order
}

// compareSuffix orders n-grams by the last word first.
func compareSuffix(a, b []uint32) int {
	for i := len(a) - 1; i >= 0; i-- {
		if a[i] != b[i] {
			if a[i] < b[i] {
				return -1
			}
			return 1
		}
	}
	return 0
}

func (c *counter) spill() error {
	if c.dir == "" {
		return fmt.Errorf("ngram: the counts need more memory than allowed, and there is no scratch folder")
	}
	f, err := os.CreateTemp(c.dir, "ngram-*.run")
	if err != nil {
		return err
	}
	c.files = append(c.files, f)
	w := bufio.NewWriterSize(f, 1<<18)
	record := make([]byte, 4*c.n+8)
	for _, i := range c.sorted() {
		for k, id := range c.gram(int(i)) {
			binary.LittleEndian.PutUint32(record[4*k:], id)
		}
		binary.LittleEndian.PutUint64(record[4*c.n:], c.times[i])
		if _, err := w.Write(record); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	c.ids, c.times, c.order = c.ids[:0], c.times[:0], c.order[:0]
	clear(c.slots)
	return nil
}

// close removes the runs.
func (c *counter) close() error {
	var errs []error
	for _, f := range c.files {
		errs = append(errs, f.Close(), os.Remove(f.Name()))
	}
	c.files = nil
	return errors.Join(errs...)
}

// each yields every n-gram with its count, in the order of the runs. It can be called again.
func (c *counter) each(f func(gram []uint32, times uint64) error) error {
	if len(c.files) == 0 {
		for _, i := range c.sorted() {
			if err := f(c.gram(int(i)), c.times[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if len(c.times) > 0 {
		if err := c.spill(); err != nil {
			return err
		}
	}
	var h runHeap
	for _, file := range c.files {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		r := &runReader{in: bufio.NewReaderSize(file, 1<<16), gram: make([]uint32, c.n), record: make([]byte, 4*c.n+8)}
		if ok, err := r.next(); err != nil {
			return err
		} else if ok {
			h = append(h, r)
		}
	}
	heap.Init(&h)
	last, times := make([]uint32, c.n), uint64(0)
	for len(h) > 0 {
		r := h[0]
		if times > 0 && !slices.Equal(last, r.gram) {
			if err := f(last, times); err != nil {
				return err
			}
			times = 0
		}
		copy(last, r.gram)
		times += r.times
		if ok, err := r.next(); err != nil {
			return err
		} else if ok {
			heap.Fix(&h, 0)
		} else {
			heap.Pop(&h)
		}
	}
	if times > 0 {
		return f(last, times)
	}
	return nil
}

type runReader struct {
	in     *bufio.Reader
	record []byte
	gram   []uint32
	times  uint64
}

func (r *runReader) next() (bool, error) {
	if _, err := io.ReadFull(r.in, r.record); err != nil {
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return false, err
	}
	for k := range r.gram {
		r.gram[k] = binary.LittleEndian.Uint32(r.record[4*k:])
	}
	r.times = binary.LittleEndian.Uint64(r.record[4*len(r.gram):])
	return true, nil
}

type runHeap []*runReader

func (h runHeap) Len() int           { return len(h) }
func (h runHeap) Less(i, j int) bool { return compareSuffix(h[i].gram, h[j].gram) < 0 }
func (h runHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *runHeap) Push(x any)        { *h = append(*h, x.(*runReader)) }
func (h *runHeap) Pop() any {
	old := *h
	r := old[len(old)-1]
	*h = old[:len(old)-1]
	return r
}
