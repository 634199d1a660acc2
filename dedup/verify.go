package dedup

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/dedup/minhash"
)

// A bucket of a template page may hold thousands of documents. All pairs of it would be quadratic work, so a document is linked to
// the first representatives of its bucket, in the order of preference, and to the ones just before it: up to representatives +
// neighbors + 1 documents share all their pairs. Most true duplicates are found again: representatives are those that stay if the
// bucket is one cluster, neighbors lead to the ones that they were removed for, and each of the bands chooses anew.
const (
	representatives = 4
	neighbors       = 2
	maxTries        = 16 // documents that stay with which one document is compared
)

// link adds the edges of a bucket.
func link(run []entry128, add func(edge) error) error {
	for i := 1; i < len(run); i++ {
		for j := range i {
			if j >= representatives && j < i-neighbors {
				continue
			}
			if err := add(newEdge(run[i].rank, run[j].rank)); err != nil {
				return err
			}
		}
	}
	return nil
}

// matcher compares the shingles of documents that share a band. Documents are dealt to parts by their component, so that all that
// must be compared stands in one part, and parts are worked on at once.
type matcher struct {
	k       *corpus
	near    Near
	scratch string
	mem     int64
	workers int

	kept  []uint32  // rank → rank of the document that it is removed for; none = it stays
	sim   []float32 // rank → similarity to that document
	joint forest    // over verified pairs

	parts               []*part
	candidates, matched []int64 // by part
}

// part is the spilled shingles and edges of some components.
type part struct {
	mu       sync.Mutex
	shingles *os.File
	w        *bufio.Writer
	size     int64
	index    []spilled
	edges    *os.File
	ew       *bufio.Writer
}

// spilled tells where the shingles of a document stand: 4 bytes each, distinct and sorted.
type spilled struct {
	rank uint32
	n    uint32
	at   int64
}

const docsPerPart = 1 << 15

// deal makes the parts and writes each one's edges; it returns the component of each rank, none for those without an edge.
func (m *matcher) deal(sorters []*edgeSorter) (forest, error) {
	comp := newForest(m.k.docs())
	edges := 0
	err := mergeEdges(sorters, func(e edge) error {
		comp.union(uint32(e>>32), uint32(e))
		edges++
		return nil
	})
	if err != nil || edges == 0 {
		return nil, err
	}
	comp.flatten()
	m.parts = make([]*part, min(256, edges/docsPerPart+1))
	m.candidates, m.matched = make([]int64, len(m.parts)), make([]int64, len(m.parts))
	for i := range m.parts {
		p := &part{}
		m.parts[i] = p
		if p.shingles, err = os.Create(filepath.Join(m.scratch, fmt.Sprintf("shingles-%03d", i))); err != nil {
			return nil, err
		}
		if p.edges, err = os.Create(filepath.Join(m.scratch, fmt.Sprintf("links-%03d", i))); err != nil {
			return nil, err
		}
		p.w, p.ew = bufio.NewWriterSize(p.shingles, 1<<16), bufio.NewWriter(p.edges)
	}
	linked := make([]uint64, m.k.docs()/64+1)
	err = mergeEdges(sorters, func(e edge) error {
		for _, r := range []uint32{uint32(e >> 32), uint32(e)} {
			linked[r/64] |= 1 << (r % 64)
		}
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], e)
		_, err := m.parts[m.partOf(comp[uint32(e)])].ew.Write(b[:])
		return err
	})
	if err != nil {
		return nil, err
	}
	for r := range comp {
		if linked[r/64]>>(r%64)&1 == 0 {
			comp[r] = none
		}
	}
	return comp, nil
}

func (m *matcher) partOf(component uint32) int {
	return int(uint64(component*2654435761) * uint64(len(m.parts)) >> 32)
}

func (m *matcher) close() {
	for _, p := range m.parts {
		for _, f := range []*os.File{p.shingles, p.edges} {
			if f != nil {
				f.Close()
			}
		}
	}
}

// spill reads the texts again and writes the shingles of those that have a component.
func (m *matcher) spill(ctx context.Context, comp forest) error {
	type job struct{ file, unit int }
	var jobs []job
	units := make([][]quern.Unit, len(m.k.sets))
	at := 0
	for i, set := range m.k.sets {
		var err error
		if len(set.Shards) == 0 {
			continue
		}
		if units[i], err = set.Texts.Units(ctx); err != nil {
			return err
		}
		if len(units[i]) != len(set.Shards) {
			return fmt.Errorf("%s: %d shards of text, %d of signatures", set.Name, len(units[i]), len(set.Shards))
		}
		for u := range units[i] {
			if m.touched(at, comp) {
				jobs = append(jobs, job{at, u})
			}
			at++
		}
	}
	signers := make([]*minhash.Signer, max(m.workers, 1))
	for i := range signers {
		var err error
		if signers[i], err = minhash.New(m.near.options(0)); err != nil {
			return err
		}
	}
	return quern.Each(ctx, m.workers, len(jobs), func(ctx context.Context, worker, i int) error {
		set := m.k.set[jobs[i].file]
		return m.spillUnit(ctx, signers[worker], jobs[i].file, m.k.sets[set], units[set][jobs[i].unit], comp)
	})
}

func (m *matcher) touched(file int, comp forest) bool {
	for d := m.k.starts[file]; d < m.k.starts[file+1]; d++ {
		if comp[m.k.rank[d]] != none {
			return true
		}
	}
	return false
}

func (m *matcher) spillUnit(ctx context.Context, s *minhash.Signer, file int, set Dataset, u quern.Unit, comp forest) error {
	var set32 []uint32
	var out []byte
	n := int(m.k.files[file].docs)
	seen := 0
	for d, err := range set.Texts.Docs(ctx, u) {
		if err != nil {
			return fmt.Errorf("%s: %w", u.Name, err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if d.Row.Index < 0 || d.Row.Index >= n {
			return fmt.Errorf("%s: row %d, but only %d documents are signed", u.Name, d.Row.Index, n)
		}
		seen++
		rank := m.k.rank[m.k.starts[file]+uint32(d.Row.Index)]
		if comp[rank] == none {
			continue
		}
		id, err := m.k.files[file].entry(colID, int64(d.Row.Index))
		if err != nil {
			return err
		}
		if quern.ID(id) != d.ID {
			return fmt.Errorf("%s: row %d holds document %s, %s is signed there", u.Name, d.Row.Index, d.ID, quern.ID(id))
		}
		set32 = shingleSet(set32[:0], s.Shingles(d.Text))
		out = out[:0]
		for _, x := range set32 {
			out = binary.LittleEndian.AppendUint32(out, x)
		}
		if err := m.parts[m.partOf(comp[rank])].put(rank, uint32(len(set32)), out); err != nil {
			return err
		}
	}
	if seen != n {
		return fmt.Errorf("%s: %d documents, %d are signed", u.Name, seen, n)
	}
	return nil
}

// shingleSet is the distinct upper halves of the hashes, sorted. Signing uses the lower halves. Two unequal shingles of a pair of
// documents of a thousand each look equal with a chance of 1 in 4,000.
func shingleSet(dst []uint32, hashes []uint64) []uint32 {
	for _, h := range hashes {
		dst = append(dst, uint32(h>>32))
	}
	slices.Sort(dst)
	return slices.Compact(dst)
}

func (p *part) put(rank, n uint32, b []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.index = append(p.index, spilled{rank, n, p.size})
	p.size += int64(len(b))
	_, err := p.w.Write(b)
	return err
}

// match rules on all parts.
func (m *matcher) match(ctx context.Context) error {
	m.joint = newForest(m.k.docs())
	workers := max(1, min(m.workers, len(m.parts)))
	return quern.Each(ctx, workers, len(m.parts), func(ctx context.Context, _, i int) error {
		p := m.parts[i]
		if err := p.w.Flush(); err != nil {
			return err
		}
		if err := p.ew.Flush(); err != nil {
			return err
		}
		slices.SortFunc(p.index, func(a, b spilled) int { return less(a.rank < b.rank) })
		return m.matchPart(ctx, i, &loader{p: p, budget: m.mem / int64(workers), sets: map[uint32][]uint32{}})
	})
}

// matchPart goes through the children of a part by rank, so that the fate of a parent is known before its children's.
func (m *matcher) matchPart(ctx context.Context, i int, l *loader) error {
	if _, err := l.p.edges.Seek(0, io.SeekStart); err != nil {
		return err
	}
	r := bufio.NewReader(l.p.edges)
	var parents []uint32
	child := none
	for {
		var b [8]byte
		_, err := io.ReadFull(r, b[:])
		if err != nil && err != io.EOF {
			return err
		}
		e := binary.LittleEndian.Uint64(b[:])
		if c := uint32(e >> 32); err == io.EOF || c != child {
			if child != none {
				if err := m.rule(i, l, child, parents); err != nil {
					return err
				}
			}
			if err == io.EOF {
				return nil
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			child, parents = c, parents[:0]
		}
		parents = append(parents, uint32(e))
		m.candidates[i]++
	}
}

// rule compares a child with the documents that stay among its parents, or for which its parents were removed. It is removed for
// the first, in the order of preference of its parents, that is similar enough; further ones only join its group.
func (m *matcher) rule(i int, l *loader, child uint32, parents []uint32) error {
	var tried [maxTries]uint32
	n := 0
	for _, p := range parents {
		if m.kept[p] != none {
			p = m.kept[p]
		}
		if slices.Contains(tried[:n], p) {
			continue
		}
		if n == maxTries {
			break
		}
		tried[n] = p
		n++
		j, err := l.jaccard(child, p, m.near.Verify)
		if err != nil {
			return err
		}
		if j < m.near.Verify {
			continue
		}
		m.matched[i]++
		m.joint.union(child, p)
		if m.kept[child] == none {
			m.kept[child], m.sim[child] = p, float32(j)
		}
	}
	return nil
}

// loader reads shingle sets of a part and keeps the latest within a budget.
type loader struct {
	p      *part
	budget int64
	held   int64
	sets   map[uint32][]uint32
	buf    []byte
}

func (l *loader) load(rank uint32) ([]uint32, error) {
	if s, ok := l.sets[rank]; ok {
		return s, nil
	}
	i, ok := slices.BinarySearchFunc(l.p.index, rank, func(s spilled, r uint32) int { return int(int64(s.rank) - int64(r)) })
	if !ok {
		return nil, fmt.Errorf("dedup: no shingles of rank %d: the texts changed while they were read", rank)
	}
	at := l.p.index[i]
	l.buf = slices.Grow(l.buf[:0], int(at.n)*4)[:at.n*4]
	if err := readFull(l.p.shingles, l.buf, at.at); err != nil {
		return nil, err
	}
	if l.held += int64(len(l.buf)); l.held > l.budget {
		clear(l.sets) // what is needed again comes again: the file is in the page cache
		l.held = int64(len(l.buf))
	}
	s := make([]uint32, at.n)
	for j := range s {
		s[j] = binary.LittleEndian.Uint32(l.buf[4*j:])
	}
	l.sets[rank] = s
	return s, nil
}

// jaccard is the similarity of two documents, or 0 if their sizes alone say that it is below least.
func (l *loader) jaccard(a, b uint32, least float64) (float64, error) {
	x, err := l.load(a)
	if err != nil {
		return 0, err
	}
	y, err := l.load(b)
	if err != nil {
		return 0, err
	}
	if float64(min(len(x), len(y))) < least*float64(max(len(x), len(y))) {
		return 0, nil
	}
	return jaccard(x, y), nil
}

// jaccard of two sorted sets; of two empty ones it is 0.
func jaccard(x, y []uint32) float64 {
	if len(x)+len(y) == 0 {
		return 0
	}
	both := 0
	for i, j := 0, 0; i < len(x) && j < len(y); {
		switch a, b := x[i], y[j]; {
		case a == b:
			both++
			i++
			j++
		case a < b:
			i++
		default:
			j++
		}
	}
	return float64(both) / float64(len(x)+len(y)-both)
}
