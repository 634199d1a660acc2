package dedup

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
	"sync/atomic"
)

// mark is n windows of a document, the first of which begins at from.
type mark struct{ doc, from, n uint32 }

const markBytes = 12

// marks are what a pass over keys or windows found, for a pass over texts to act on: spilled, by ranges of documents.
type marks struct {
	spill *counted
	areas []area
	docs  []uint64 // a bit for each document that has marks
}

// area is a range of documents whose marks are held at once. Documents of a tract have areas of their own.
type area struct{ lo, hi uint32 }

// tract is pieces of the corpus that one worker reads, one after the other.
type tract struct {
	piece, pieces int // the first one, and how many
	area, areas   int
}

func (f *finder) newMarks(name string) *marks {
	return &marks{newCounted(f.dir, name, max(len(f.areas), 1), f.workers, f.mem/4), f.areas, make([]uint64, f.docs()/64+1)}
}

func (m *marks) put(w *countedWriter, x mark) error {
	part := sort.Search(len(m.areas), func(i int) bool { return m.areas[i].hi > x.doc })
	b := w.record(markBytes)
	binary.LittleEndian.PutUint32(b, x.doc)
	binary.LittleEndian.PutUint32(b[4:], x.from)
	binary.LittleEndian.PutUint32(b[8:], x.n)
	if err := w.put(part, b); err != nil {
		return err
	}
	bit := uint64(1) << (x.doc % 64)
	if word := &m.docs[x.doc/64]; atomic.LoadUint64(word)&bit == 0 {
		atomic.OrUint64(word, bit)
	}
	return nil
}

func (m *marks) has(doc uint32) bool { return m.docs[doc/64]>>(doc%64)&1 == 1 }

// markReader gives the marks of a tract document by document, holding as many as its budget allows and one document's at least.
type markReader struct {
	m          *marks
	area, last int
	lo, hi     uint32 // documents whose marks are held
	list       []mark
	budget     int
	buf        []byte
}

func (m *marks) reader(s tract, mem int64) *markReader {
	lo := uint32(0)
	if s.areas > 0 {
		lo = m.areas[s.area].lo
	}
	return &markReader{m: m, area: s.area, last: s.area + s.areas, lo: lo, hi: lo, budget: int(max(mem/markBytes, 64))}
}

// of is the marks of a document, by place. It must be asked for documents in ascending order.
func (r *markReader) of(doc uint32) ([]mark, error) {
	for doc >= r.hi {
		if err := r.load(); err != nil {
			return nil, err
		}
	}
	if len(r.list) > 0 && r.list[0].doc < doc {
		return nil, errChanged(r.list[0].doc)
	}
	n := sort.Search(len(r.list), func(i int) bool { return r.list[i].doc > doc })
	found := r.list[:n]
	r.list = r.list[n:]
	return found, nil
}

// end reports marks of documents that were not asked for.
func (r *markReader) end() error {
	for {
		if len(r.list) > 0 {
			return errChanged(r.list[0].doc)
		}
		if r.area == r.last {
			return nil
		}
		if err := r.load(); err != nil {
			return err
		}
	}
}

func errChanged(doc uint32) error {
	return fmt.Errorf("dedup: document %d of the corpus is not as it was when it was read before: its texts changed", doc)
}

// load reads the next marks: of the rest of an area, or of as many of its documents as there is room for.
func (r *markReader) load() error {
	if len(r.list) > 0 {
		return errChanged(r.list[0].doc)
	}
	if r.area == r.last {
		return fmt.Errorf("dedup: a document in a shard where there was none: its texts changed")
	}
	a := r.m.areas[r.area]
	r.lo, r.hi = max(r.hi, a.lo), a.hi
	list := make([]mark, 0, min(int64(r.budget), r.m.spill.count(r.area)))
	var err error
	r.buf, err = r.m.spill.read(r.area, r.buf, func(b []byte) error {
		for ; len(b) > 0; b = b[markBytes:] {
			x := mark{binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])}
			if x.doc < r.lo || x.doc >= r.hi {
				continue
			}
			if len(list) >= r.budget && len(list) == cap(list) {
				list = r.shed(list)
			}
			if x.doc < r.hi {
				list = append(list, x)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	sortMarks(list)
	r.list = slices.Compact(list)
	if r.hi == a.hi {
		r.area++
	}
	return nil
}

// shed lets the later documents go for another time.
func (r *markReader) shed(list []mark) []mark {
	sortMarks(list)
	list = slices.Compact(list)
	if len(list) < cap(list)/2 {
		return list
	}
	cut := list[len(list)/2].doc
	if cut == list[0].doc { // one document has them all, or half
		cut++
	}
	n := sort.Search(len(list), func(i int) bool { return list[i].doc >= cut })
	if n < len(list) {
		r.hi = cut
	}
	return list[:n]
}

func sortMarks(list []mark) {
	slices.SortFunc(list, func(a, b mark) int {
		if a.doc != b.doc {
			return cmp.Compare(a.doc, b.doc)
		}
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.n, b.n))
	})
}
