package dedup

import (
	"context"
	"math/bits"
	"slices"

	"github.com/seed-83c59573/quern"
)

// names are the IDs of documents, by number, for the lines that name a document which stands elsewhere.
type names interface{ id(doc uint32) quern.ID }

// namedBy calls f with the documents that the lines of some documents name: the one that stays, or the first of the group.
func (w *writer) namedBy(from, to uint32, f func(doc uint32)) {
	m := w.m
	for _, rank := range m.k.rank[from:to] {
		if kept := m.kept[rank]; kept != none {
			f(w.doc[kept])
		} else if root := m.joint[rank]; w.size[root] > 1 {
			f(w.doc[root])
		}
	}
}

// allNames reads the ID columns once, in order. It holds 16 bytes for every document that is named and 3 bits for every other; if that
// is more than half of the budget it is nil.
func (w *writer) allNames(ctx context.Context) (names, error) {
	k := w.m.k
	t := &nameTable{has: make([]uint64, k.docs()/64+1), before: make([]uint32, k.docs()/64+1)}
	for _, f := range w.files {
		w.namedBy(k.starts[f], k.starts[f+1], func(doc uint32) { t.has[doc/64] |= 1 << (doc % 64) })
	}
	n := 0
	for i, b := range t.has {
		t.before[i] = uint32(n)
		n += bits.OnesCount64(b)
	}
	if 16*int64(n) > w.m.mem/2 {
		return nil, nil
	}
	t.ids = make([]quern.ID, n)
	err := quern.Each(ctx, w.m.workers, len(k.files), func(_ context.Context, _, f int) error {
		at := t.place(k.starts[f])
		return k.files[f].column(colID, make([]byte, columnBuffer), func(row int64, b []byte) {
			for doc := k.starts[f] + uint32(row); len(b) > 0; b, doc = b[16:], doc+1 {
				if t.has[doc/64]>>(doc%64)&1 == 1 {
					t.ids[at] = quern.ID(b)
					at++
				}
			}
		})
	})
	return t, err
}

// nameTable is IDs by rank in a set of bits.
type nameTable struct {
	has    []uint64 // the documents, by number
	before []uint32 // how many are before each word of has
	ids    []quern.ID
}

func (t *nameTable) place(doc uint32) int {
	return int(t.before[doc/64]) + bits.OnesCount64(t.has[doc/64]&(1<<(doc%64)-1))
}

func (t *nameTable) id(doc uint32) quern.ID { return t.ids[t.place(doc)] }

// someNames reads what the lines of some documents name, one by one.
func (w *writer) someNames(from, to uint32) (names, error) {
	n := &nameList{}
	w.namedBy(from, to, func(doc uint32) { n.docs = append(n.docs, doc) })
	slices.Sort(n.docs)
	n.docs = slices.Compact(n.docs)
	for _, doc := range n.docs {
		id, err := w.m.k.entry(colID, doc)
		if err != nil {
			return nil, err
		}
		n.ids = append(n.ids, id)
	}
	return n, nil
}

type nameList struct {
	docs []uint32 // ascending
	ids  []quern.ID
}

func (n *nameList) id(doc uint32) quern.ID {
	i, _ := slices.BinarySearch(n.docs, doc)
	return n.ids[i]
}
