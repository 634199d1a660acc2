package tokenize

import (
	"cmp"
	"slices"
)

// pairCounts counts pairs of symbols, by open addressing.
type pairCounts struct {
	slots []pairCount
	used  int
}

type pairCount struct {
	key    uint64 // the pair plus one; 0 = free
	count  int64
	places int64 // where it stands, each counted once
}

// mixPair is the hash of a key.
func mixPair(key uint64) uint64 {
	key *= 0x9E3779B97F4A7C15
	return key ^ key>>29
}

// add counts a pair, whose key has the hash h.
func (c *pairCounts) add(pair, h uint64, n, places int64) {
	if 2*c.used >= len(c.slots) {
		c.grow()
	}
	m := uint64(len(c.slots) - 1)
	for i := h & m; ; i = (i + 1) & m {
		s := &c.slots[i]
		if s.key == pair+1 {
			s.count += n
			s.places += places
			return
		}
		if s.key == 0 {
			*s = pairCount{pair + 1, n, places}
			c.used++
			return
		}
	}
}

func (c *pairCounts) grow() {
	old := c.slots
	c.slots, c.used = make([]pairCount, max(1<<12, 2*len(old))), 0
	for _, s := range old {
		if s.key != 0 {
			c.add(s.key-1, mixPair(s.key), s.count, s.places)
		}
	}
}

// frequent reports whether a pair is at the floor.
func (c *pairCounts) frequent(floor int64) bool {
	return slices.ContainsFunc(c.slots, func(s pairCount) bool { return s.count >= floor })
}

// fitting is the lowest floor, of those given or above, at which the pairs have at most room places, or that of the most frequent pair.
func (c *pairCounts) fitting(floor, room int64) int64 {
	var at []pairCount
	for _, s := range c.slots {
		if s.key != 0 && s.count >= floor {
			at = append(at, s)
		}
	}
	slices.SortFunc(at, func(a, b pairCount) int { return cmp.Compare(b.count, a.count) })
	sum := int64(0)
	for i, s := range at {
		if sum += s.places; sum > room {
			// Equally frequent pairs are followed all or none; none are only if more frequent ones are.
			for k := i; k >= 0; k-- {
				if at[k].count > s.count {
					return at[k].count
				}
			}
			return s.count
		}
	}
	return floor
}

// pairIndex numbers pairs of symbols, by open addressing.
type pairIndex struct {
	keys  []uint64 // the pair plus one; 0 = free
	index []int32
	used  int
}

// get looks up a pair whose key has the hash h.
func (x *pairIndex) get(pair, h uint64) (int32, bool) {
	if x.used == 0 {
		return 0, false
	}
	m := uint64(len(x.keys) - 1)
	for i := h & m; ; i = (i + 1) & m {
		switch x.keys[i] {
		case pair + 1:
			return x.index[i], true
		case 0:
			return 0, false
		}
	}
}

// put enters a pair that is not there yet.
func (x *pairIndex) put(pair uint64, index int32) {
	if 2*x.used >= len(x.keys) {
		keys, indexes := x.keys, x.index
		n := max(1<<12, 4*len(keys))
		x.keys, x.index, x.used = make([]uint64, n), make([]int32, n), 0
		for i, k := range keys {
			if k != 0 {
				x.put(k-1, indexes[i])
			}
		}
	}
	m := uint64(len(x.keys) - 1)
	i := mixPair(pair+1) & m
	for x.keys[i] != 0 {
		i = (i + 1) & m
	}
	x.keys[i], x.index[i] = pair+1, index
	x.used++
}

// pairEntry is a pair in the queue, with the count that it had.
type pairEntry struct {
	count int64
	pair  uint64
	info  int32
}

func (e pairEntry) before(o pairEntry) bool {
	return e.count > o.count || e.count == o.count && e.pair < o.pair
}

// pairQueue is a heap: most frequent first, then smallest left and right.
type pairQueue []pairEntry

func (q *pairQueue) push(e pairEntry) {
	*q = append(*q, e)
	h := *q
	for i := len(h) - 1; i > 0 && h[i].before(h[(i-1)/2]); i = (i - 1) / 2 {
		h[i], h[(i-1)/2] = h[(i-1)/2], h[i]
	}
}

func (q *pairQueue) pop() {
	h := *q
	h[0] = h[len(h)-1]
	*q = h[:len(h)-1]
	q.sink(0)
}

// sink puts an entry right that comes later than it stands.
func (q pairQueue) sink(i int) {
	for {
		c := 2*i + 1
		if c >= len(q) {
			return
		}
		if c+1 < len(q) && q[c+1].before(q[c]) {
			c++
		}
		if !q[c].before(q[i]) {
			return
		}
		q[i], q[c] = q[c], q[i]
		i = c
	}
}
