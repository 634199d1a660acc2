package dedup

import (
	"math/bits"
	"slices"
)

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
	if c.measure == MeasureContainment || c.measure == MeasureHamming {
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
