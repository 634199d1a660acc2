package tokenize

// mergeQueue holds merges that wait: the lowest rank first, of equals the leftmost. An entry is rank<<32 | place.
type mergeQueue struct{ heap []uint64 }

func (q *mergeQueue) reset()   { q.heap = q.heap[:0] }
func (q *mergeQueue) len() int { return len(q.heap) }

// add appends an entry; order has to follow.
func (q *mergeQueue) add(rank uint32, at int32) {
	q.heap = append(q.heap, uint64(rank)<<32|uint64(uint32(at)))
}

// order makes a heap of what was added.
func (q *mergeQueue) order() {
	for i := len(q.heap)/4 + 1; i >= 0; i-- {
		q.sink(i)
	}
}

func (q *mergeQueue) push(rank uint32, at int32) {
	q.add(rank, at)
	h := q.heap
	i := len(h) - 1
	e := h[i]
	for i > 0 {
		up := (i - 1) / 4
		if h[up] <= e {
			break
		}
		h[i] = h[up]
		i = up
	}
	h[i] = e
}

func (q *mergeQueue) pop() (rank uint32, at int32) {
	h := q.heap
	top := h[0]
	last := len(h) - 1
	h[0] = h[last]
	q.heap = h[:last]
	q.sink(0)
	return uint32(top >> 32), int32(uint32(top))
}

// sink moves the entry at i down to its place; each has four below it.
func (q *mergeQueue) sink(i int) {
	h := q.heap
	if i >= len(h) {
		return
	}
	e := h[i]
	for {
		first := 4*i + 1
		if first >= len(h) {
			break
		}
		least := first
		for c := first + 1; c < min(first+4, len(h)); c++ {
			if h[c] < h[least] {
				least = c
			}
		}
		if h[least] >= e {
			break
		}
		h[i] = h[least]
		i = least
	}
	h[i] = e
}

// mergeOrdered is merge where what several pairs make comes in one order: an entry names the order, not the rank.
func (b *charBPE) mergeOrdered(s []symbol, q *mergeQueue) {
	q.reset()
	for i := range s {
		if r := s[i].rank; r != none {
			q.add(b.order[r], int32(i))
		}
	}
	q.order()
	for q.len() > 0 {
		order, i := q.pop()
		rank := s[i].rank
		if s[i].id == none || rank == none || b.order[rank] != order {
			continue // merged away since it was queued
		}
		prev, next := b.join(s, i)
		for _, k := range [2]int32{next, prev} {
			if k >= 0 && s[k].rank != none {
				q.push(b.order[s[k].rank], k)
			}
		}
	}
}
