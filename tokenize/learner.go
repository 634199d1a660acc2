package tokenize

import "container/heap"

// learner merges pairs of neighboring symbols in the counted pieces. It knows of every pair how often it stands there and where, so that a merge touches only the
// places that it changes. Counts of a pair never grow but while the merge that made one of its symbols goes on: the queue of pairs needs no entry
// beyond the one that they get then, and is corrected when an entry comes to the top.
type learner struct {
	symbol []int32  // at the first byte of each symbol; -1 inside of one and between pieces
	size   []uint16 // at the last byte of each symbol: its bytes
	weight []int32  // of each byte: its piece, as an index of counts
	counts []int64  // of the pieces
	length []int32  // bytes of each symbol

	pairs map[uint64]int32 // left<<32 | right → index of info
	info  []pairInfo
	where []uint32 // places of pairs, each pair's one after the other
	queue pairQueue

	toLeft, toRight, decLeft, decRight memo // of the merge under way
	events                             []event
}

type pairInfo struct {
	pair   uint64
	count  int64
	off, n int // in where
	done   bool
}

// event is a place at which a pair has come to stand.
type event struct {
	info int32
	at   uint32
}

// memo remembers a pair for each symbol that is its other side.
type memo struct {
	stamp []int32 // of the merge that the entry is of
	index []int32
}

func (m *memo) get(symbol int32, stamp int32) (int32, bool) {
	if int(symbol) < len(m.stamp) && m.stamp[symbol] == stamp {
		return m.index[symbol], true
	}
	return 0, false
}

func (m *memo) put(symbol, stamp, index int32) {
	for len(m.stamp) <= int(symbol) {
		m.stamp, m.index = append(m.stamp, -1), append(m.index, 0)
	}
	m.stamp[symbol], m.index[symbol] = stamp, index
}

// pairEntry is a pair in the queue, with the count that it had.
type pairEntry struct {
	count int64
	pair  uint64
	info  int32
}

// pairQueue is a heap: most frequent first, then smallest left and right.
type pairQueue []pairEntry

func (q pairQueue) Len() int { return len(q) }
func (q pairQueue) Less(i, j int) bool {
	return q[i].count > q[j].count || q[i].count == q[j].count && q[i].pair < q[j].pair
}
func (q pairQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *pairQueue) Push(x any)   { *q = append(*q, x.(pairEntry)) }
func (q *pairQueue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}

// newLearner lays out the pieces of c; words are the first symbols, single bytes.
func newLearner(c *Counter, words [][]byte) *learner {
	l := &learner{pairs: map[uint64]int32{}}
	var symbol [256]int32
	for i, w := range words {
		symbol[w[0]] = int32(i)
		l.length = append(l.length, 1)
	}
	total := 0
	c.each(func(piece []byte, _ int64) { total += len(piece) + 1 })
	l.symbol, l.size, l.weight = make([]int32, 0, total), make([]uint16, 0, total), make([]int32, 0, total)
	c.each(func(piece []byte, count int64) {
		if len(piece) < 2 {
			return
		}
		for _, b := range piece {
			l.symbol, l.size, l.weight = append(l.symbol, symbol[b]), append(l.size, 1), append(l.weight, int32(len(l.counts)))
		}
		l.symbol, l.size, l.weight = append(l.symbol, -1), append(l.size, 0), append(l.weight, 0) // between pieces
		l.counts = append(l.counts, count)
	})
	for i := 1; i < len(l.symbol); i++ {
		if left, right := l.symbol[i-1], l.symbol[i]; left >= 0 && right >= 0 {
			pair := uint64(left)<<32 | uint64(right)
			k, ok := l.pairs[pair]
			if !ok {
				k = l.newPair(pair)
			}
			l.info[k].count += l.counts[l.weight[i]]
			l.events = append(l.events, event{k, uint32(i - 1)})
		}
	}
	l.settle(0)
	return l
}

func (l *learner) newPair(pair uint64) int32 {
	k := int32(len(l.info))
	l.pairs[pair] = k
	l.info = append(l.info, pairInfo{pair: pair})
	return k
}

// settle files the places of the pairs from first on, which are new, and queues them.
func (l *learner) settle(first int) {
	for _, e := range l.events {
		l.info[e.info].n++
	}
	at := len(l.where)
	for k := first; k < len(l.info); k++ {
		p := &l.info[k]
		p.off = at
		at += p.n
		p.n = 0
		heap.Push(&l.queue, pairEntry{p.count, p.pair, int32(k)})
	}
	if cap(l.where) < at {
		l.where = append(make([]uint32, 0, at+at/2), l.where...)
	}
	l.where = l.where[:at]
	for _, e := range l.events {
		p := &l.info[e.info]
		l.where[p.off+p.n] = e.at
		p.n++
	}
	l.events = l.events[:0]
}

// best takes the pair whose turn it is, if it stands there at least least times.
func (l *learner) best(least int64) (info int32, ok bool) {
	for len(l.queue) > 0 {
		top := l.queue[0]
		p := &l.info[top.info]
		switch {
		case p.done || p.count == 0:
			heap.Pop(&l.queue)
		case p.count < top.count:
			l.queue[0].count = p.count
			heap.Fix(&l.queue, 0)
		default:
			if p.count < least {
				return 0, false
			}
			heap.Pop(&l.queue)
			return top.info, true
		}
	}
	return 0, false
}

// forbid ends a pair that is not to be merged.
func (l *learner) forbid(info int32) { l.info[info].done = true }

// merge replaces a pair by a new symbol, everywhere, from left to right.
func (l *learner) merge(info int32) {
	p := &l.info[info]
	p.done = true
	left, right := int32(p.pair>>32), int32(uint32(p.pair))
	to := int32(len(l.length))
	wide := l.length[left] + l.length[right]
	l.length = append(l.length, wide)
	first := len(l.info)
	for _, place := range l.where[p.off : p.off+p.n] {
		at := int(place)
		mid := at + int(l.length[left])
		if l.symbol[at] != left || mid >= len(l.symbol) || l.symbol[mid] != right {
			continue // a merge since has taken one of the two
		}
		n := l.counts[l.weight[at]]
		if at > 0 && l.size[at-1] > 0 {
			before := at - int(l.size[at-1])
			prev := l.symbol[before]
			l.fewer(&l.decLeft, prev, to, uint64(prev)<<32|uint64(left), n)
			l.more(&l.toLeft, prev, to, uint64(prev)<<32|uint64(to), n, before)
		}
		if after := at + int(wide); l.symbol[after] >= 0 { // behind a piece stands -1
			next := l.symbol[after]
			l.fewer(&l.decRight, next, to, uint64(right)<<32|uint64(next), n)
			l.more(&l.toRight, next, to, uint64(to)<<32|uint64(next), n, at)
		}
		l.symbol[at], l.symbol[mid] = to, -1
		l.size[at+int(wide)-1] = uint16(wide)
	}
	l.settle(first)
}

// fewer counts a pair less; m knows the pairs of this merge by their other symbol.
func (l *learner) fewer(m *memo, other, stamp int32, pair uint64, n int64) {
	k, ok := m.get(other, stamp)
	if !ok {
		if k, ok = l.pairs[pair]; !ok {
			k = -1
		}
		m.put(other, stamp, k)
	}
	if k >= 0 {
		l.info[k].count -= n
	}
}

// more counts a pair that has come to stand at a place.
func (l *learner) more(m *memo, other, stamp int32, pair uint64, n int64, at int) {
	k, ok := m.get(other, stamp)
	if !ok {
		if k, ok = l.pairs[pair]; !ok {
			k = l.newPair(pair)
		}
		m.put(other, stamp, k)
	}
	l.info[k].count += n
	l.events = append(l.events, event{k, uint32(at)})
}
