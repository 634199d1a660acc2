package dedup

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// spill is a scratch file of records that are dealt to parts. The blocks of a part stand anywhere in the file, so that thousands of parts
// need one open file. The order of the records of a part depends on the workers.
type spill struct {
	file  *os.File
	block int // bytes at which a part's buffer is written
	mu    sync.Mutex
	size  int64
	parts []spillPart
}

type spillPart struct {
	blocks  []spillBlock
	records int64
}

type spillBlock struct {
	at int64
	n  int
}

// Blocks of a spill, in bytes: small ones make many writes, large ones much memory.
const (
	leastBlock = 1 << 10
	mostBlock  = 1 << 16
)

// newSpill makes the file. Each writer may use mem bytes for its buffers.
func newSpill(dir, name string, parts int, mem int64) (*spill, error) {
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	return &spill{file: f, block: int(min(max(mem/int64(parts), leastBlock), mostBlock)), parts: make([]spillPart, parts)}, nil
}

// close also removes the file: nobody needs it when its records are read.
func (s *spill) close() {
	if s != nil {
		s.file.Close()
		os.Remove(s.file.Name())
	}
}

// spillWriter is one worker's buffers.
type spillWriter struct {
	s       *spill
	bufs    [][]byte
	records []int64
}

func (s *spill) writers(n int) []*spillWriter {
	w := make([]*spillWriter, n)
	for i := range w {
		w[i] = &spillWriter{s, make([][]byte, len(s.parts)), make([]int64, len(s.parts))}
	}
	return w
}

// record is room for the n bytes of one more record of a part. The caller fills it before the next call.
func (w *spillWriter) record(part, n int) ([]byte, error) {
	b := w.bufs[part]
	if len(b) > 0 && len(b)+n > w.s.block {
		if err := w.write(part); err != nil {
			return nil, err
		}
		b = w.bufs[part]
	}
	if b == nil {
		b = make([]byte, 0, w.s.block)
	}
	at := len(b)
	b = slices.Grow(b, n)[:at+n]
	w.bufs[part] = b
	w.records[part]++
	return b[at:], nil
}

func (w *spillWriter) write(part int) error {
	b := w.bufs[part]
	s := w.s
	s.mu.Lock()
	at := s.size
	s.size += int64(len(b))
	p := &s.parts[part]
	p.blocks = append(p.blocks, spillBlock{at, len(b)})
	p.records += w.records[part]
	s.mu.Unlock()
	w.records[part] = 0
	w.bufs[part] = b[:0]
	if cap(b) > 2*s.block {
		w.bufs[part] = nil
	}
	_, err := s.file.WriteAt(b, at)
	return err
}

// flushAll writes what is left in the buffers.
func flushAll(writers []*spillWriter) error {
	for _, w := range writers {
		for part, b := range w.bufs {
			if len(b) > 0 {
				if err := w.write(part); err != nil {
					return err
				}
			}
		}
		w.bufs = nil
	}
	return nil
}

// read calls f with the blocks of a part; records do not cross them. It returns buf, which may have grown.
func (s *spill) read(part int, buf []byte, f func(block []byte) error) ([]byte, error) {
	for _, b := range s.parts[part].blocks {
		buf = slices.Grow(buf[:0], b.n)[:b.n]
		if err := readFull(s.file, buf, b.at); err != nil {
			return buf, fmt.Errorf("%s: offset %d: %w", s.file.Name(), b.at, err)
		}
		if err := f(buf); err != nil {
			return buf, err
		}
	}
	return buf, nil
}

func (s *spill) records() (n int64) {
	for i := range s.parts {
		n += s.parts[i].records
	}
	return n
}
