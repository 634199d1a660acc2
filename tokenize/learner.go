package tokenize

import (
	"cmp"
	"container/heap"
	"maps"
	"slices"
)

// learner keeps, for every pair of neighboring symbols in the counted pieces, how often it stands there and in which pieces, so that a
// merge touches only the pieces that it changes.
type learner struct {
	symbols []int32 // of all pieces, one after the other
	pieces  []counted
	pairs   map[uint64]*pairCount // left<<32 | right
	queue   pairQueue
	changed []uint64 // pairs that the merge under way has made more frequent
}

// counted is one distinct piece: symbols[off:off+n], seen count times.
type counted struct {
	off, n int32
	count  int64
}

type pairCount struct {
	count  int64
	where  []int32 // pieces that hold it or once did
	queued int64   // count of its newest entry in the queue
	done   bool    // merged, or never to be
}

type pairEntry struct {
	count int64
	pair  uint64
}

// pairQueue is a heap: most frequent first, then smallest left and right. An entry may be out of date; best looks.
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

// newLearner lays out the pieces of c in the order of their bytes; words are the first symbols, single bytes.
func newLearner(c *Counter, words [][]byte) *learner {
	l := &learner{pairs: map[uint64]*pairCount{}}
	var symbol [256]int32
	for i, w := range words {
		symbol[w[0]] = int32(i)
	}
	for _, piece := range slices.Sorted(maps.Keys(c.index)) {
		if len(piece) < 2 {
			continue
		}
		w := counted{int32(len(l.symbols)), int32(len(piece)), c.count[c.index[piece]]}
		for i := range len(piece) {
			l.symbols = append(l.symbols, symbol[piece[i]])
			if i > 0 {
				l.count(l.symbols[w.off+int32(i)-1], l.symbols[w.off+int32(i)], w.count, int32(len(l.pieces)))
			}
		}
		l.pieces = append(l.pieces, w)
	}
	l.requeue()
	return l
}

// count changes how often left and right are neighbors, in the piece at.
func (l *learner) count(left, right int32, by int64, at int32) {
	pair := uint64(left)<<32 | uint64(right)
	p := l.pairs[pair]
	if p == nil {
		p = &pairCount{}
		l.pairs[pair] = p
	}
	if p.done {
		return
	}
	p.count += by
	if by > 0 {
		if n := len(p.where); n == 0 || p.where[n-1] != at {
			p.where = append(p.where, at)
		}
		l.changed = append(l.changed, pair)
	}
}

// requeue queues the pairs that have become more frequent; those that became less so are corrected when their turn comes.
func (l *learner) requeue() {
	slices.SortFunc(l.changed, cmp.Compare[uint64])
	for _, pair := range slices.Compact(l.changed) {
		if p := l.pairs[pair]; p.count > p.queued {
			p.queued = p.count
			heap.Push(&l.queue, pairEntry{p.count, pair})
		}
	}
	l.changed = l.changed[:0]
}

// best takes the pair whose turn it is, if it stands there at least least times.
func (l *learner) best(least int64) (uint64, bool) {
	for len(l.queue) > 0 {
		top := l.queue[0]
		p := l.pairs[top.pair]
		switch {
		case p.done || p.count == 0:
			p.queued = 0
			heap.Pop(&l.queue)
		case p.count < top.count:
			p.queued = p.count
			l.queue[0].count = p.count
			heap.Fix(&l.queue, 0)
		default:
			if p.count < least {
				return 0, false
			}
			heap.Pop(&l.queue)
			return top.pair, true
		}
	}
	return 0, false
}

// forbid ends a pair that is not to be merged.
func (l *learner) forbid(pair uint64) {
	p := l.pairs[pair]
	p.done, p.where = true, nil
}

// merge replaces the pair by the symbol to, everywhere, from left to right.
func (l *learner) merge(pair uint64, to int32) {
	p := l.pairs[pair]
	left, right := int32(pair>>32), int32(uint32(pair))
	where := p.where
	p.done, p.where = true, nil
	for _, at := range where {
		w := &l.pieces[at]
		s := l.symbols[w.off : w.off+w.n]
		k := 0
		for i := 0; i < len(s); i++ {
			if i+1 >= len(s) || s[i] != left || s[i+1] != right {
				s[k] = s[i]
				k++
				continue
			}
			if k > 0 {
				l.count(s[k-1], left, -w.count, at)
				l.count(s[k-1], to, w.count, at)
			}
			if i+2 < len(s) {
				l.count(right, s[i+2], -w.count, at)
				l.count(to, s[i+2], w.count, at)
			}
			s[k] = to
			k++
			i++
		}
		w.n = int32(k)
	}
	l.requeue()
}
