package dedup

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// record is what parts, marks and keys are spilled as: words that order them from the first to the last.
type record interface{ [2]uint64 | [3]uint64 }

// partSpill holds records in files of the scratch folder, dealt to parts. Any number of goroutines may put; records that one goroutine
// puts into one part keep their order. The files go with the folder.
type partSpill[R record] struct {
	stem  string
	parts []spillPart
}

type spillPart struct {
	mu   sync.Mutex
	file *os.File
	buf  []byte
	n    int64  // records
	sum  uint64 // of all their words: a damaged or short file is told from a whole one
}

func newPartSpill[R record](dir, name string, parts int) *partSpill[R] {
	return &partSpill[R]{stem: filepath.Join(dir, name), parts: make([]spillPart, parts)}
}

func (s *partSpill[R]) close() {
	for i := range s.parts {
		if f := s.parts[i].file; f != nil {
			f.Close()
		}
	}
}

// records is how many all parts hold.
func (s *partSpill[R]) records() (n int64) {
	for i := range s.parts {
		n += s.parts[i].n
	}
	return n
}

func recordBytes[R record]() int64 {
	var r R
	return int64(8 * len(r))
}

func appendRecords[R record](b []byte, recs []R) []byte {
	for i := range recs {
		for j := range len(recs[i]) {
			b = binary.LittleEndian.AppendUint64(b, recs[i][j])
		}
	}
	return b
}

func (s *partSpill[R]) put(part int, recs []R) error {
	p := &s.parts[part]
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file == nil {
		f, err := os.Create(fmt.Sprintf("%s-%03d", s.stem, part))
		if err != nil {
			return err
		}
		p.file = f
	}
	p.buf = appendRecords(p.buf[:0], recs)
	for i := range recs {
		for j := range len(recs[i]) {
			p.sum += recs[i][j]
		}
	}
	p.n += int64(len(recs))
	_, err := p.file.Write(p.buf)
	return err
}

// dealer gathers the records of one goroutine, so that parts are written in pieces.
type dealer[R record] struct {
	to   *partSpill[R]
	each int // records held of a part
	bufs [][]R
}

// dealTo is a dealer that holds about the given number of bytes.
func dealTo[R record](s *partSpill[R], bytes int64) *dealer[R] {
	n := int64(len(s.parts))
	return &dealer[R]{to: s, each: int(min(max(bytes/n/recordBytes[R](), 8), 4096)), bufs: make([][]R, n)}
}

func (d *dealer[R]) add(part int, r R) error {
	b := append(d.bufs[part], r)
	if len(b) >= d.each {
		if err := d.to.put(part, b); err != nil {
			return err
		}
		b = b[:0]
	}
	d.bufs[part] = b
	return nil
}

// flush puts what is held.
func (d *dealer[R]) flush() error {
	for part, b := range d.bufs {
		if len(b) > 0 {
			if err := d.to.put(part, b); err != nil {
				return err
			}
		}
	}
	d.bufs = nil
	return nil
}

// recordReader reads records of a file from one place to another.
type recordReader[R record] struct {
	file *os.File
	at   int64
	end  int64
	buf  []byte
	have []byte
	head R
}

// next moves to the next record; io.EOF at the end.
func (r *recordReader[R]) next() error {
	if len(r.have) == 0 {
		if r.at >= r.end {
			return io.EOF
		}
		b := r.buf[:min(int64(len(r.buf)), r.end-r.at)]
		if err := readFull(r.file, b, r.at); err != nil {
			return fmt.Errorf("%s: offset %d: %w", r.file.Name(), r.at, err)
		}
		r.at += int64(len(b))
		r.have = b
	}
	for j := range len(r.head) {
		r.head[j] = binary.LittleEndian.Uint64(r.have[8*j:])
	}
	r.have = r.have[recordBytes[R]():]
	return nil
}

// scan reads a part in the order in which it was put.
func (s *partSpill[R]) scan(part int, buffer int64, f func(R) error) error {
	p := &s.parts[part]
	if p.n == 0 {
		return nil
	}
	w := recordBytes[R]()
	r := recordReader[R]{file: p.file, end: p.n * w, buf: make([]byte, min(max(buffer/w, 1), p.n)*w)}
	sum := uint64(0)
	for {
		switch err := r.next(); err {
		case nil:
		case io.EOF:
			if sum != p.sum {
				return fmt.Errorf("%s: damaged: what is read is not what was written", p.file.Name())
			}
			return nil
		default:
			return err
		}
		for j := range len(r.head) {
			sum += r.head[j]
		}
		if err := f(r.head); err != nil {
			return err
		}
	}
}

const scanBuffer = 1 << 16

// load reads a part whole, into the room of dst.
func (s *partSpill[R]) load(part int, dst []R) ([]R, error) {
	dst = slices.Grow(dst[:0], int(s.parts[part].n))
	err := s.scan(part, scanBuffer, func(r R) error {
		dst = append(dst, r)
		return nil
	})
	return dst, err
}

func compareRecords[R record](a, b R) int {
	for j := range len(a) {
		if a[j] != b[j] {
			return cmp.Compare(a[j], b[j])
		}
	}
	return 0
}

// sorted opens a part for reading in ascending order, within about mem bytes: a part that is larger is cut into sorted runs on disk,
// which are merged. prune may thin out what is sorted in memory.
func (s *partSpill[R]) sorted(part int, mem int64, prune func([]R) []R) (*partCursor[R], error) {
	p := &s.parts[part]
	w := recordBytes[R]()
	if p.n*w <= mem {
		all, err := s.load(part, nil)
		if err != nil {
			return nil, err
		}
		if prune != nil {
			all = prune(all)
		}
		slices.SortFunc(all, compareRecords[R])
		return &partCursor[R]{all: all}, nil
	}
	file, err := os.Create(fmt.Sprintf("%s-%03d-runs", s.stem, part))
	if err != nil {
		return nil, err
	}
	c := &partCursor[R]{file: file}
	ends, err := s.writeRuns(part, file, max(mem/w, 1024))
	if err == nil {
		c.heap, err = openRuns[R](file, ends, mem)
	}
	if err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// partCursor reads records in ascending order, from memory or from sorted runs.
type partCursor[R record] struct {
	all  []R
	file *os.File
	heap []*recordReader[R] // by their heads
}

func (c *partCursor[R]) close() {
	if c.file != nil {
		c.file.Close()
		os.Remove(c.file.Name())
	}
}

// peek tells the next record, if there is one.
func (c *partCursor[R]) peek() (r R, ok bool) {
	if c.file == nil {
		if len(c.all) == 0 {
			return r, false
		}
		return c.all[0], true
	}
	if len(c.heap) == 0 {
		return r, false
	}
	return c.heap[0].head, true
}

// skip moves past the record that peek told.
func (c *partCursor[R]) skip() error {
	if c.file == nil {
		c.all = c.all[1:]
		return nil
	}
	switch err := c.heap[0].next(); err {
	case nil:
	case io.EOF:
		last := len(c.heap) - 1
		c.heap[0] = c.heap[last]
		c.heap = c.heap[:last]
	default:
		return err
	}
	sinkRun(c.heap, 0)
	return nil
}

// writeRuns writes a part as sorted runs of n records and tells where each one ends.
func (s *partSpill[R]) writeRuns(part int, file *os.File, n int64) (ends []int64, err error) {
	run := make([]R, 0, n)
	var buf []byte
	at := int64(0)
	flush := func() error {
		slices.SortFunc(run, compareRecords[R])
		for from := 0; from < len(run); from += 4096 {
			buf = appendRecords(buf[:0], run[from:min(from+4096, len(run))])
			if _, err := file.Write(buf); err != nil {
				return err
			}
			at += int64(len(buf))
		}
		ends, run = append(ends, at), run[:0]
		return nil
	}
	err = s.scan(part, scanBuffer, func(r R) error {
		if int64(len(run)) == n {
			if err := flush(); err != nil {
				return err
			}
		}
		run = append(run, r)
		return nil
	})
	if err == nil {
		err = flush()
	}
	return ends, err
}

// openRuns makes a heap of sorted runs.
func openRuns[R record](file *os.File, ends []int64, mem int64) ([]*recordReader[R], error) {
	w := recordBytes[R]()
	buffer := min(max(mem/int64(len(ends))/w, 64), scanBuffer/w) * w
	heap := make([]*recordReader[R], 0, len(ends))
	from := int64(0)
	for _, end := range ends {
		r := &recordReader[R]{file: file, at: from, end: end, buf: make([]byte, buffer)}
		from = end
		if err := r.next(); err != nil {
			return nil, err // a run is never empty
		}
		heap = append(heap, r)
	}
	for i := len(heap)/2 - 1; i >= 0; i-- {
		sinkRun(heap, i)
	}
	return heap, nil
}

func sinkRun[R record](heap []*recordReader[R], i int) {
	for {
		c := 2*i + 1
		if c >= len(heap) {
			return
		}
		if c+1 < len(heap) && compareRecords(heap[c+1].head, heap[c].head) < 0 {
			c++
		}
		if compareRecords(heap[i].head, heap[c].head) <= 0 {
			return
		}
		heap[i], heap[c] = heap[c], heap[i]
		i = c
	}
}
