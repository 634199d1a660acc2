package dedup

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/dedup/minhash"
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
	for band := range m.near.Bands {
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
		m.comp = make(Forest, m.k.docs())
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
		for _, e := range some {
			child, parent := uint32(e>>32), uint32(e)
			m.comp.Union(child, parent)
			if kept := m.kept[parent]; parent < m.k.past && kept != none {
				m.comp.Union(child, kept)
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

// A picker is a source of texts that can yield the documents of some rows alone.
type picker interface {
	Some(ctx context.Context, u quern.Unit, want func(row int) bool) iter.Seq2[*quern.Doc, error]
}

// some yields the documents of the wanted rows; sources that are no picker are read whole.
func some(ctx context.Context, src quern.Source, u quern.Unit, want func(row int) bool) iter.Seq2[*quern.Doc, error] {
	if p, ok := src.(picker); ok {
		return p.Some(ctx, u, want)
	}
	return func(yield func(*quern.Doc, error) bool) {
		for d, err := range src.Docs(ctx, u) {
			if err == nil && !want(d.Row.Index) {
				continue
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

// spill reads the texts again that have an edge and writes their shingles to their parts.
func (m *matcher) spill(ctx context.Context) error {
	m.sets = newSpill(m.scratch, "shingles", m.parts, m.workers, m.mem/4)
	type job struct{ file, shard int }
	var jobs []job
	units := make([][]quern.Unit, len(m.k.sets))
	file := 0
	for i, set := range m.k.sets {
		var err error
		if len(set.Shards) == 0 {
			continue
		}
		if set.Prior == nil {
			if units[i], err = set.Texts.Units(ctx); err != nil {
				return err
			}
			if len(units[i]) != len(set.Shards) {
				return fmt.Errorf("%s: %d shards of text, %d of signatures", set.Name, len(units[i]), len(set.Shards))
			}
		}
		for shard := range set.Shards {
			if m.wanted(file) > 0 {
				jobs = append(jobs, job{file, shard})
			}
			file++
		}
	}
	shinglers := make([]shingler, max(1, m.workers))
	for i := range shinglers {
		var err error
		if shinglers[i].signer, err = minhash.New(m.near.options(0)); err != nil {
			return err
		}
	}
	return quern.Each(ctx, m.workers, len(jobs), func(ctx context.Context, worker, i int) error {
		j := jobs[i]
		set := m.k.set[j.file]
		s := &shinglers[worker]
		s.m, s.w = m, m.sets.writers[worker]
		if m.k.sets[set].Prior != nil {
			return s.past(ctx, j.file, j.shard)
		}
		return s.unit(ctx, j.file, units[set][j.shard])
	})
}

// wanted counts the documents of a file whose shingles are asked for.
func (m *matcher) wanted(file int) (n int) {
	for d := m.k.starts[file]; d < m.k.starts[file+1]; d++ {
		if m.comp[m.k.rank[d]] != none {
			n++
		}
	}
	return n
}

// shingler makes sets of shingles and writes them to their part: the rank, the number of shingles and the shingles.
type shingler struct {
	m        *matcher
	w        *spillWriter
	signer   *minhash.Signer
	set      hashSet
	shingles []uint32
	out      []byte
}

func (s *shingler) unit(ctx context.Context, file int, u quern.Unit) error {
	m := s.m
	set := m.k.sets[m.k.set[file]]
	f := m.k.files[file]
	ids := idReader{f: f}
	want := func(row int) bool {
		return row >= 0 && int64(row) < f.docs && m.comp[m.k.rank[m.k.starts[file]+uint32(row)]] != none
	}
	seen := 0
	for d, err := range some(ctx, set.Texts, u, want) {
		if err != nil {
			return fmt.Errorf("%s: %w", u.Name, err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		row := d.Row.Index
		if !want(row) {
			return fmt.Errorf("%s: row %d, which is not signed or was not asked for", u.Name, row)
		}
		id, err := ids.at(int64(row))
		if err != nil {
			return err
		}
		if id != d.ID {
			return fmt.Errorf("%s: row %d holds document %s, %s is signed there", u.Name, row, d.ID, id)
		}
		seen++
		s.shingles = distinct(&s.set, s.shingles[:0], s.signer.Shingles(d.Text))
		if err := s.put(m.k.rank[m.k.starts[file]+uint32(row)], s.shingles); err != nil {
			return err
		}
	}
	if n := m.wanted(file); seen != n {
		return fmt.Errorf("%s: %d documents of the %d that have a candidate: the texts are not those that were signed", u.Name, seen, n)
	}
	return nil
}

// past asks a prior.
func (s *shingler) past(ctx context.Context, file, shard int) error {
	m := s.m
	set := m.k.sets[m.k.set[file]]
	rank := func(row int) uint32 { return m.k.rank[m.k.starts[file]+uint32(row)] }
	want := func(row int) bool {
		return row >= 0 && int64(row) < m.k.files[file].docs && m.comp[rank(row)] != none
	}
	seen := 0
	err := set.Prior.Sets(ctx, shard, want, func(row int, shingles []uint32) error {
		if !want(row) {
			return fmt.Errorf("row %d, which was not asked for", row)
		}
		seen++
		return s.put(rank(row), shingles)
	})
	if n := m.wanted(file); err == nil && seen != n {
		err = fmt.Errorf("%d sets of shingles of the %d that are asked for", seen, n)
	}
	if err != nil {
		return fmt.Errorf("%s: shard %d: %w", set.Name, shard, err)
	}
	return nil
}

func (s *shingler) put(rank uint32, shingles []uint32) error {
	s.out = binary.LittleEndian.AppendUint32(s.out[:0], rank)
	s.out = binary.LittleEndian.AppendUint32(s.out, uint32(len(shingles)))
	for _, v := range shingles {
		s.out = binary.LittleEndian.AppendUint32(s.out, v)
	}
	return s.w.put(s.m.partOf(s.m.comp[rank]), s.out)
}

// distinct appends the distinct upper halves of the hashes to dst, in no order. Signing uses the lower halves. Two unequal shingles of
// a pair of documents of a thousand each look equal with a chance of 1 in 4,000.
func distinct(set *hashSet, dst []uint32, hashes []uint64) []uint32 {
	set.reset(len(hashes))
	for _, h := range hashes {
		if v := uint32(h >> 32); set.add(v) {
			dst = append(dst, v)
		}
	}
	return dst
}

// shingleSet is distinct, sorted.
func shingleSet(dst []uint32, hashes []uint64) []uint32 {
	var set hashSet
	dst = distinct(&set, dst, hashes)
	slices.Sort(dst)
	return dst
}

// idReader reads IDs of a file in about ascending order.
type idReader struct {
	f    *sigFile
	from int64
	buf  []byte
}

const idsAtOnce = 512

func (r *idReader) at(row int64) (id quern.ID, err error) {
	if row < r.from || row >= r.from+int64(len(r.buf)/16) {
		n := min(idsAtOnce, r.f.docs-row)
		if r.buf == nil {
			r.buf = make([]byte, 16*idsAtOnce)
		}
		r.buf, r.from = r.buf[:16*n], row
		if err := readFull(r.f.file, r.buf, r.f.start(colID)+16*row); err != nil {
			r.buf = r.buf[:0]
			return id, fmt.Errorf("%s: row %d: %w", r.f.name, row, err)
		}
	}
	return quern.ID(r.buf[16*(row-r.from):]), nil
}
