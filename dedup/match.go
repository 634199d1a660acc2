package dedup

import (
	"context"
	"encoding/binary"
	"slices"

	"github.com/seed-83c59573/quern"
)

const maxTries = 16 // documents that stay with which one document is compared

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
