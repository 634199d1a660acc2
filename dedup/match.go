package dedup

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"

	"github.com/seed-83c59573/quern"
)

const maxTries = 16 // documents that stay with which one document is compared

// hashSet is a set of 32-bit hashes by open addressing.
type hashSet struct {
	slot  []uint32
	shift int
	zero  bool // 0 is in it, which no slot can tell
	n     int
}

// reset empties the set and makes room for most members.
func (s *hashSet) reset(most int) {
	b := max(4, bits.Len(uint(2*most)))
	s.slot = slices.Grow(s.slot[:0], 1<<b)[:1<<b]
	clear(s.slot)
	s.shift, s.zero, s.n = 32-b, false, 0
}

// add reports whether v is new.
func (s *hashSet) add(v uint32) bool {
	if v == 0 {
		if s.zero {
			return false
		}
		s.zero = true
		s.n++
		return true
	}
	mask := len(s.slot) - 1
	for h := int(v * 2654435769 >> s.shift); ; h++ {
		switch s.slot[h&mask] {
		case 0:
			s.slot[h&mask] = v
			s.n++
			return true
		case v:
			return false
		}
	}
}

func (s *hashSet) has(v uint32) bool {
	if v == 0 {
		return s.zero
	}
	mask := len(s.slot) - 1
	for h := int(v * 2654435769 >> s.shift); ; h++ {
		switch s.slot[h&mask] {
		case 0:
			return false
		case v:
			return true
		}
	}
}

// comparer says how similar a document is to others, by their sets of shingles.
type comparer struct {
	measure string
	set     hashSet // of the document
	of      uint32  // its rank; none = no document
}

// take makes the set with which others are compared.
func (c *comparer) take(rank uint32, x []uint32) {
	if c.of == rank && rank != none {
		return
	}
	c.of = rank
	c.set.reset(len(x))
	for _, v := range x {
		c.set.add(v)
	}
}

// with is the similarity of the document that was taken, of which it is asked whether it goes, to one that stays; 0 if it is below
// least. Sets that are empty are like no other.
func (c *comparer) with(y []uint32, least float64) float64 {
	x := c.set.n
	if x == 0 || len(y) == 0 {
		return 0
	}
	// The similarity of so many common shingles, and the fewest that are enough.
	of := func(both int) float64 { return float64(both) / float64(x+len(y)-both) }
	need := int(least * float64(x+len(y)) / (1 + least))
	if c.measure == MeasureContainment {
		of = func(both int) float64 { return float64(both) / float64(x) }
		need = int(least * float64(x))
	}
	if min(x, len(y)) < need {
		return 0
	}
	both, spare := 0, len(y)-need
	for _, v := range y {
		if c.set.has(v) {
			both++
		} else if spare--; spare < 0 {
			return 0
		}
	}
	if j := of(both); j >= least {
		return j
	}
	return 0
}

// jaccard of two sets of distinct hashes; of two empty ones it is 0.
func jaccard(x, y []uint32) float64 {
	c := comparer{of: none}
	c.take(none, x)
	return c.with(y, 0)
}

// match rules on all parts.
func (m *matcher) match(ctx context.Context) error {
	m.joint = NewForest(m.k.docs())
	rulers := make([]*ruler, max(1, m.workers))
	return quern.Each(ctx, m.workers, m.parts, func(ctx context.Context, worker, part int) error {
		if rulers[worker] == nil {
			rulers[worker] = &ruler{m: m, sets: loader{budget: m.budget()}}
		}
		return rulers[worker].rule(ctx, part)
	})
}

// ruler rules on the parts that one worker is given.
type ruler struct {
	m       *matcher
	sets    loader
	compare comparer
	stay    []uint32
	parents []uint32
	buf     []byte
}

// rule goes through the children of a part by rank, so that the fate of a parent is known before its children's.
func (r *ruler) rule(ctx context.Context, part int) error {
	m := r.m
	r.compare = comparer{measure: m.near.Measure, of: none, set: r.compare.set}
	if m.near.Verify > 0 {
		if err := r.sets.load(m.sets, part); err != nil {
			return err
		}
	}
	n := &m.counts[part]
	one := r.star
	if m.near.Clusters == ClustersChain {
		one = r.chain
	}
	if err := r.children(ctx, part, func(child uint32) error {
		n.candidates += int64(len(r.parents))
		return one(n, child)
	}); err != nil || m.near.Clusters != ClustersChain {
		return err
	}
	return r.children(ctx, part, func(child uint32) error {
		if err := r.endChain(child); err != nil {
			return err
		}
		for _, p := range r.parents { // which may be children of none, and yet not the first of their component
			if err := r.endChain(p); err != nil {
				return err
			}
		}
		return nil
	})
}

// children calls f with each child of a part, ascending, whose parents are in r.parents.
func (r *ruler) children(ctx context.Context, part int, f func(child uint32) error) (err error) {
	child := none
	r.parents = r.parents[:0]
	r.buf, err = r.m.links.each(part, r.buf, func(_ int, _ int64, b []byte) error {
		for ; len(b) >= 8; b = b[8:] {
			if c := binary.LittleEndian.Uint32(b[4:]); c != child {
				if child != none {
					if err := f(child); err != nil {
						return err
					}
				}
				child, r.parents = c, r.parents[:0]
			}
			r.parents = append(r.parents, binary.LittleEndian.Uint32(b))
		}
		return ctx.Err()
	})
	if err == nil && child != none {
		err = f(child)
	}
	return err
}

// star compares a child with the documents that stay among its parents, or for which its parents were removed, in the order of
// preference. It is removed for the first that is similar enough; further ones only join its group.
func (r *ruler) star(n *count, child uint32) error {
	m := r.m
	r.stay = r.stay[:0]
	for _, p := range r.parents {
		if m.kept[p] != none {
			p = m.kept[p]
		}
		r.stay = append(r.stay, p)
	}
	slices.Sort(r.stay)
	r.stay = slices.Compact(r.stay)
	if m.near.Verify == 0 {
		m.kept[child] = r.stay[0]
		m.joint.Union(child, r.stay[0])
		return nil
	}
	for _, p := range r.stay[:min(len(r.stay), maxTries)] {
		s, err := r.similarity(child, p, m.near.Verify)
		if err != nil {
			return err
		}
		if s < m.near.Verify {
			continue
		}
		n.verified++
		m.joint.Union(child, p)
		if m.kept[child] == none {
			m.kept[child], m.sim[child] = p, tenThousandths(s)
		}
	}
	return nil
}

// chain joins a child with every parent that is similar enough, whoever stays.
func (r *ruler) chain(n *count, child uint32) error {
	m := r.m
	for _, p := range r.parents {
		if m.near.Verify > 0 {
			if m.joint.root(child) == m.joint.root(p) {
				continue
			}
			s, err := r.similarity(child, p, m.near.Verify)
			if err != nil {
				return err
			}
			if s < m.near.Verify {
				continue
			}
			n.verified++
		}
		m.joint.Union(child, p)
	}
	return nil
}

// endChain removes a document for the first of its component, with the similarity that the two have in truth.
func (r *ruler) endChain(rank uint32) error {
	root := r.m.joint.root(rank)
	if root == rank || r.m.kept[rank] != none {
		return nil
	}
	r.m.kept[rank] = root
	if r.m.near.Verify == 0 {
		return nil
	}
	s, err := r.similarity(rank, root, 0)
	r.m.sim[rank] = tenThousandths(s)
	return err
}

func (r *ruler) similarity(child, stays uint32, least float64) (float64, error) {
	if r.compare.of != child {
		x, err := r.sets.get(child)
		if err != nil {
			return 0, err
		}
		r.compare.take(child, x)
	}
	y, err := r.sets.get(stays)
	if err != nil {
		return 0, err
	}
	return r.compare.with(y, least), nil
}

// loader gives the shingle sets of a part: from memory if all of them fit into the budget, else it reads them from the scratch file
// when they are asked for, and keeps the latest.
type loader struct {
	budget int64
	part   *spill
	bin    int
	slot   []uint32 // 1 + the place of a rank in docs
	docs   []stored
	all    []uint32 // the shingles; nil = they are read one by one
	inCore bool
	buf    []byte

	latest map[uint32][]uint32
	held   int64
}

// stored tells where the n shingles of a document are: in loader.all, in the buffer of a worker or in its file.
type stored struct {
	rank, n uint32
	worker  int32
	buffer  bool
	at      int64
}

func (l *loader) load(sets *spill, part int) error {
	size := sets.bytes(part)
	l.part, l.bin, l.docs, l.all, l.inCore = sets, part, l.docs[:0], l.all[:0], size <= l.budget
	l.latest, l.held = map[uint32][]uint32{}, 0
	if l.inCore {
		l.all = slices.Grow(l.all, int(size/4))
	}
	var err error
	l.buf, err = sets.each(part, l.buf, func(worker int, at int64, piece []byte) error {
		for b := piece; len(b) > 0; {
			s := stored{rank: binary.LittleEndian.Uint32(b), n: binary.LittleEndian.Uint32(b[4:]), worker: int32(worker), buffer: at < 0,
				at: max(at, 0) + int64(len(piece)-len(b)) + 8}
			b = b[8:]
			if l.inCore {
				s.at = int64(len(l.all))
				l.all = appendShingles(l.all, b[:4*s.n])
			}
			l.docs = append(l.docs, s)
			b = b[4*s.n:]
		}
		return nil
	})
	if err != nil {
		return err
	}
	slots := 16 << bits.Len(uint(len(l.docs)/8))
	l.slot = slices.Grow(l.slot[:0], slots)[:slots]
	clear(l.slot)
	for i, d := range l.docs {
		h := l.find(d.rank)
		if l.slot[h] != 0 {
			return fmt.Errorf("dedup: the shingles of rank %d are there twice", d.rank)
		}
		l.slot[h] = uint32(i + 1)
	}
	return nil
}

func appendShingles(dst []uint32, b []byte) []uint32 {
	for ; len(b) >= 4; b = b[4:] {
		dst = append(dst, binary.LittleEndian.Uint32(b))
	}
	return dst
}

// find is the slot of a rank, or the empty one where it would stand.
func (l *loader) find(rank uint32) int {
	mask := len(l.slot) - 1
	h := int(rank*2654435769>>7) & mask
	for l.slot[h] != 0 && l.docs[l.slot[h]-1].rank != rank {
		h = (h + 1) & mask
	}
	return h
}

// get is valid until the next load.
func (l *loader) get(rank uint32) ([]uint32, error) {
	i := l.slot[l.find(rank)]
	if i == 0 {
		return nil, fmt.Errorf("dedup: no shingles of rank %d: the texts changed while they were read", rank)
	}
	d := l.docs[i-1]
	if l.inCore {
		return l.all[d.at : d.at+int64(d.n)], nil
	}
	if s, ok := l.latest[rank]; ok {
		return s, nil
	}
	w := l.part.writers[d.worker]
	var b []byte
	if d.buffer {
		b = w.bufs[l.bin][d.at:][:4*d.n]
	} else {
		l.buf = slices.Grow(l.buf[:0], int(4*d.n))[:4*d.n]
		b = l.buf
		if err := w.read(b, d.at); err != nil {
			return nil, err
		}
	}
	if l.held += int64(len(b)); l.held > l.budget {
		clear(l.latest) // what is needed again comes again: the file is in the page cache
		l.held = int64(len(b))
	}
	s := appendShingles(make([]uint32, 0, d.n), b)
	l.latest[rank] = s
	return s, nil
}
