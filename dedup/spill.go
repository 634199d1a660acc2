package dedup

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/cespare/xxhash/v2"
)

// spill is records dealt to bins within a budget. Every worker has a buffer for each bin and a file of its own, so that none waits for
// another; a full buffer is written as one extent. What fits into the buffers never sees the disk.
type spill struct {
	bins    int
	writers []*spillWriter
}

type spillWriter struct {
	name    string
	size    int // of a buffer
	bufs    [][]byte
	pack    func(b []byte) []byte // makes a full buffer smaller, if it can; nil = not
	file    *os.File
	end     int64
	extents [][]extent // of each bin
}

// extent is a written buffer and its XXH64.
type extent struct {
	at, n int64
	sum   uint64
}

const (
	leastBuffer = 4 << 10
	mostBuffer  = 1 << 20
)

// newSpill makes the bins; buffers are allocated when their first record comes.
func newSpill(scratch, name string, bins, workers int, mem int64) *spill {
	s := &spill{bins: bins, writers: make([]*spillWriter, max(1, workers))}
	size := min(mostBuffer, max(leastBuffer, mem/int64(len(s.writers))/int64(bins))) &^ 7
	for i := range s.writers {
		s.writers[i] = &spillWriter{name: filepath.Join(scratch, fmt.Sprintf("%s-%d", name, i)), size: int(size),
			bufs: make([][]byte, bins), extents: make([][]extent, bins)}
	}
	return s
}

// binsFor is how many bins there can be whose buffers are worth writing.
func binsFor(want int, mem int64, workers int) int {
	return int(max(1, min(int64(want), mem/int64(max(1, workers))/(4*leastBuffer))))
}

// put adds a record to a bin.
func (w *spillWriter) put(bin int, b []byte) error {
	buf := w.bufs[bin]
	if len(buf)+len(b) > w.size {
		if w.pack != nil {
			buf = w.pack(buf)
		}
		if len(buf) > w.size/2 || len(buf)+len(b) > w.size {
			if err := w.write(bin, buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
		if w.bufs[bin] = buf; len(b) > w.size {
			return w.write(bin, b)
		}
	}
	if buf == nil {
		buf = make([]byte, 0, w.size)
	}
	w.bufs[bin] = append(buf, b...)
	return nil
}

func (w *spillWriter) write(bin int, b []byte) error {
	if len(b) == 0 {
		return nil
	}
	if w.file == nil {
		f, err := os.Create(w.name)
		if err != nil {
			return err
		}
		w.file = f
	}
	if _, err := w.file.WriteAt(b, w.end); err != nil {
		return fmt.Errorf("%s: offset %d: %w", w.name, w.end, err)
	}
	w.extents[bin] = append(w.extents[bin], extent{w.end, int64(len(b)), xxhash.Sum64(b)})
	w.end += int64(len(b))
	return nil
}

// bytes is the size of a bin.
func (s *spill) bytes(bin int) (n int64) {
	for _, w := range s.writers {
		n += int64(len(w.bufs[bin]))
		for _, x := range w.extents[bin] {
			n += x.n
		}
	}
	return n
}

var errScratch = errors.New("the scratch file has changed since it was written: its checksum differs")

// each calls f with the pieces of a bin, worker by worker and in the order in which each one put them; pieces hold whole records. It
// reads into buf, grows it if it must, and returns it. At is -1 for a piece that is still in memory.
func (s *spill) each(bin int, buf []byte, f func(worker int, at int64, b []byte) error) ([]byte, error) {
	for i, w := range s.writers {
		for _, x := range w.extents[bin] {
			if int64(cap(buf)) < x.n {
				buf = make([]byte, x.n)
			}
			b := buf[:x.n]
			if err := w.read(b, x.at); err != nil {
				return buf, err
			}
			if xxhash.Sum64(b) != x.sum {
				return buf, fmt.Errorf("%s: offset %d: %w", w.name, x.at, errScratch)
			}
			if err := f(i, x.at, b); err != nil {
				return buf, err
			}
		}
		if len(w.bufs[bin]) > 0 {
			if err := f(i, -1, w.bufs[bin]); err != nil {
				return buf, err
			}
		}
	}
	return buf, nil
}

func (w *spillWriter) read(b []byte, at int64) error {
	n, err := w.file.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%s: offset %d: %w", w.name, at, err)
}

// close removes the files and lets go of the buffers.
func (s *spill) close() {
	if s == nil {
		return
	}
	for _, w := range s.writers {
		if w.file != nil {
			w.file.Close()
			os.Remove(w.name)
		}
		w.file, w.bufs, w.extents = nil, nil, nil
	}
}
