package dedup

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// edge is a pair of ranks that share a band, the higher rank in the upper half: edges sorted as numbers come child by child.
type edge = uint64

func newEdge(child, parent uint32) edge { return edge(child)<<32 | edge(parent) }

// edgeSorter sorts edges and drops repeats within a budget: when its buffer is full of distinct edges it writes them as a sorted
// run to the scratch folder.
type edgeSorter struct {
	stem  string // of the files
	limit int    // edges in memory
	buf   []edge
	files []string
}

func (s *edgeSorter) add(e edge) error {
	s.buf = append(s.buf, e)
	if len(s.buf) < s.limit {
		return nil
	}
	s.compact()
	if len(s.buf) < s.limit/2 {
		return nil
	}
	return s.spill()
}

func (s *edgeSorter) compact() {
	slices.Sort(s.buf)
	s.buf = slices.Compact(s.buf)
}

func (s *edgeSorter) spill() error {
	name := fmt.Sprintf("%s-%d", s.stem, len(s.files))
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<16)
	var b [8]byte
	for _, e := range s.buf {
		binary.LittleEndian.PutUint64(b[:], e)
		w.Write(b[:])
	}
	err = w.Flush()
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	s.files, s.buf = append(s.files, name), s.buf[:0]
	return err
}

// edgeReader reads one sorted run, from memory or from a file.
type edgeReader struct {
	head edge
	mem  []edge
	file *os.File
	r    *bufio.Reader
}

// next moves to the next edge; io.EOF at the end.
func (r *edgeReader) next() error {
	if r.file == nil {
		if len(r.mem) == 0 {
			return io.EOF
		}
		r.head, r.mem = r.mem[0], r.mem[1:]
		return nil
	}
	var b [8]byte
	if _, err := io.ReadFull(r.r, b[:]); err != nil {
		return err
	}
	r.head = binary.LittleEndian.Uint64(b[:])
	return nil
}

// mergeEdges calls f with the distinct edges of all sorters in ascending order. The sorters can be merged again.
func mergeEdges(sorters []*edgeSorter, f func(edge) error) error {
	var readers []*edgeReader
	defer func() {
		for _, r := range readers {
			if r.file != nil {
				r.file.Close()
			}
		}
	}()
	for _, s := range sorters {
		s.compact()
		all := []*edgeReader{{mem: s.buf}}
		for _, name := range s.files {
			file, err := os.Open(name)
			if err != nil {
				return err
			}
			all = append(all, &edgeReader{file: file, r: bufio.NewReaderSize(file, 1<<16)})
		}
		for _, r := range all {
			switch err := r.next(); err {
			case nil, io.EOF:
			default:
				return err
			}
			if r.file != nil || len(r.mem) > 0 || r.head != 0 {
				readers = append(readers, r)
			}
		}
	}
	return mergeReaders(readers, f)
}

// mergeReaders keeps the readers in a heap by their heads. An edge is never 0, because a child's rank is above its parent's.
func mergeReaders(readers []*edgeReader, f func(edge) error) error {
	heap := slices.Clone(readers)
	for i := len(heap)/2 - 1; i >= 0; i-- {
		sink(heap, i)
	}
	last := edge(0)
	for len(heap) > 0 {
		top := heap[0]
		if top.head != last {
			last = top.head
			if err := f(last); err != nil {
				return err
			}
		}
		switch err := top.next(); err {
		case nil:
		case io.EOF:
			heap[0] = heap[len(heap)-1]
			heap = heap[:len(heap)-1]
		default:
			return err
		}
		sink(heap, 0)
	}
	return nil
}

func sink(heap []*edgeReader, i int) {
	for {
		c := 2*i + 1
		if c >= len(heap) {
			return
		}
		if c+1 < len(heap) && heap[c+1].head < heap[c].head {
			c++
		}
		if heap[i].head <= heap[c].head {
			return
		}
		heap[i], heap[c] = heap[c], heap[i]
		i = c
	}
}

func edgeSorters(scratch string, n int, mem int64) []*edgeSorter {
	s := make([]*edgeSorter, n)
	for i := range s {
		s[i] = &edgeSorter{stem: filepath.Join(scratch, fmt.Sprintf("edges-%d", i)), limit: int(max(mem/int64(n)/8, 1024))}
	}
	return s
}

// forest is a union-find over ranks. The root of a tree is its lowest rank.
type forest []uint32

func newForest(n int) forest {
	f := make(forest, n)
	for i := range f {
		f[i] = uint32(i)
	}
	return f
}

// union joins the trees of a and b by Rem's algorithm with splicing (Dijkstra 1976; Patwary, Blair, Manne 2010).
func (f forest) union(a, b uint32) {
	for f[a] != f[b] {
		if f[a] < f[b] {
			a, b = b, a
		}
		if f[a] == a {
			f[a] = f[b]
			return
		}
		a, f[a] = f[a], f[b]
	}
}

// flatten makes every entry its root. Parents are lower than children, so one ascending pass does.
func (f forest) flatten() {
	for i := range f {
		f[i] = f[f[i]]
	}
}
