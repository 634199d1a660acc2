package dedup

import (
	"context"
	"encoding/binary"

	"github.com/seed-83c59573/quern"
)

// matcher compares the shingles of documents that share a band. Documents are dealt to parts by their component, so that all that
// must be compared stands in one part, and parts are worked on at once.
type matcher struct {
	k       *corpus
	near    Near
	scratch string
	mem     int64
	workers int
	phase   func(name string)

	scatter scatter
	kept    []uint32 // rank → rank of the document that it is removed for; none = it stays
	sim     []uint16 // rank → similarity to that document, in ten thousandths, rounded down
	joint   Forest   // over pairs that were found similar; nil = there are none
	comp    Forest   // over all candidates, later none for documents without one

	edges  *spill // sorted, in one bin
	links  *spill // by part
	sets   *spill // shingles by part
	parts  int
	counts []count // by part

	closure []closed // by file: what the components of comp would lose
}

type count struct{ candidates, verified int64 }

const (
	linkedPerPart = 1 << 15 // documents of a part, about
	maxParts2     = 2048
)

// tenThousandths rounds down, so that no stated similarity is above the true one.
func tenThousandths(x float64) uint16 { return uint16(x*10000 + 1e-3) }

// nearly finds pairs band by band, reads the texts that have one again, and compares.
func (m *matcher) nearly(ctx context.Context, gone []uint64) error {
	m.phase("bands")
	edges := newEdges(m.scratch, m.k.docs(), m.workers, m.mem/2)
	defer func() { edges.close() }()
	tables := make([]table, max(1, m.workers))
	for band := range m.near.options(0).Keys() {
		err := m.scatter.run(ctx, m.k.all(), false, splitter{bits: bitsOf(partsFor(m.k.docs()))},
			m.k.loadKeys(fixedColumns+band, gone), func(worker int, d dealt) error {
				return tables[worker].repeats(d, func(run []uint32) error {
					return link(run, m.k.past, func(e edge) error { return edges.add(worker, e) })
				})
			})
		if err != nil {
			return err
		}
	}
	m.phase("components")
	m.comp = Forest(m.scatter.val[:cap(m.scatter.val)])
	m.scatter = scatter{}
	if len(m.comp) < m.k.docs() {
		m.comp = NewForest(m.k.docs())
	}
	m.comp = m.comp[:m.k.docs()]
	m.comp.reset()
	found, err := m.connect(ctx, edges)
	if err != nil || !found {
		return err
	}
	edges.close()
	if err := m.deal(ctx); err != nil {
		return err
	}
	m.edges.close()
	if m.near.Verify > 0 {
		m.phase("texts")
		if err := m.spill(ctx); err != nil {
			return err
		}
	}
	m.phase("verify")
	return m.match(ctx)
}

// connect joins what the edges join, and keeps the edges, sorted.
func (m *matcher) connect(ctx context.Context, edges *edgeStore) (found bool, err error) {
	m.edges = newSpill(m.scratch, "sorted", 1, 1, m.mem/8)
	log := m.edges.writers[0]
	err = edges.sorted(ctx, m.workers, func(some []edge) error {
		var b [8]byte
		m.comp.UnionAll(some)
		for _, e := range some {
			if parent := uint32(e); parent < m.k.past && m.kept[parent] != none {
				m.comp.Union(uint32(e>>32), m.kept[parent])
			}
			binary.LittleEndian.PutUint64(b[:], e)
			if err := log.put(0, b[:]); err != nil {
				return err
			}
		}
		found = found || len(some) > 0
		return ctx.Err()
	})
	m.comp.Flatten()
	return found, err
}

// deal makes the parts and writes each one's edges. Afterwards comp is none for documents whose shingles are not asked for.
func (m *matcher) deal(ctx context.Context) error {
	linked := make([]uint64, m.k.docs()/64+1)
	mark := func(r uint32) { linked[r/64] |= 1 << (r % 64) }
	_, err := m.edges.each(0, nil, func(_ int, _ int64, b []byte) error {
		for ; len(b) >= 8; b = b[8:] {
			e := binary.LittleEndian.Uint64(b)
			child, parent := uint32(e>>32), uint32(e)
			if parent < m.k.past && m.kept[parent] != none {
				parent = m.kept[parent]
			}
			mark(child)
			mark(parent)
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	if err := m.measureParts(ctx, linked); err != nil {
		return err
	}
	m.counts = make([]count, m.parts)
	m.links = newSpill(m.scratch, "links", m.parts, 1, m.mem/8)
	w := m.links.writers[0]
	_, err = m.edges.each(0, nil, func(_ int, _ int64, b []byte) error {
		for ; len(b) >= 8; b = b[8:] {
			child := binary.LittleEndian.Uint32(b[4:])
			if err := w.put(m.partOf(m.comp[child]), b[:8]); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
	for r := range m.comp {
		if linked[r/64]>>(r%64)&1 == 0 {
			m.comp[r] = none
		}
	}
	return err
}

// measureParts finds how many parts are wanted by what they will hold: texts have fewer shingles than a quarter of their bytes, mostly.
// On the way it counts what would be removed if every component of candidates were a cluster.
func (m *matcher) measureParts(ctx context.Context, linked []uint64) error {
	files := m.k.all()
	m.closure = make([]closed, len(files))
	docs, size := make([]int, len(files)), make([]int64, len(files))
	err := quern.Each(ctx, m.workers, len(files), func(_ context.Context, _, f int) error {
		start := m.k.starts[f]
		past := m.k.sets[m.k.set[f]].Prior != nil
		return m.k.files[f].column(colSize, make([]byte, columnBuffer), func(row int64, b []byte) {
			for i := 0; i < len(b); i += 4 {
				r := m.k.rank[start+uint32(row)+uint32(i/4)]
				if linked[r/64]>>(r%64)&1 == 0 {
					continue
				}
				n := int64(binary.LittleEndian.Uint32(b[i:]))
				docs[f]++
				size[f] += n
				if m.comp[r] != r && !past {
					m.closure[f].docs++
					m.closure[f].bytes += n
				}
			}
		})
	})
	all, bytes := 0, int64(0)
	for f := range files {
		all += docs[f]
		bytes += size[f]
	}
	want := all/linkedPerPart + 1
	if m.near.Verify > 0 {
		want = max(want, int(2*bytes/max(1, m.budget())))
	}
	m.parts = binsFor(min(want, maxParts2), m.mem/4, m.workers)
	return err
}

// closed is what transitive closure would remove.
type closed struct{ docs, bytes int64 }

// budget is what one worker may hold of shingles.
func (m *matcher) budget() int64 { return m.mem * 3 / 8 / int64(max(1, m.workers)) }

func (m *matcher) partOf(component uint32) int {
	return int(uint64(component*2654435761) * uint64(m.parts) >> 32)
}

func (m *matcher) close() {
	m.edges.close()
	m.links.close()
	m.sets.close()
}

// all is the numbers of all files.
func (k *corpus) all() []int {
	files := make([]int, len(k.files))
	for i := range files {
		files[i] = i
	}
	return files
}
