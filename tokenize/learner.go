package tokenize

import (
	"context"
	"errors"
	"math"

	"github.com/seed-83c59573/quern"
)

// learner merges pairs of neighboring symbols in the counted pieces. It follows the pairs that are frequent: of each it knows how often it
// stands there and where, so that a merge touches only the places that it changes. A pair's count never grows but while the merge goes on that
// made one of its symbols, so a pair that is below the floor then, or when all pairs are counted, stays below. When no pair at the floor is
// left, the pieces are packed anew, the floor is lowered and all pairs are counted again: an epoch. None of this changes which pair is next.
type learner struct {
	cells []cell
	big   []int64  // counts of pieces that no cell holds
	width []uint32 // of each symbol: its cells, which were symbols of their own when the epoch began

	least   int64 // a pair seen less often is not merged
	floor   int64 // of this epoch
	room    int64 // places that are kept; when there are more, a new epoch begins
	workers int

	pairs pairIndex // of the pairs that are followed: their index in info
	info  []pairInfo
	where []uint32 // places of pairs, each pair's one after the other
	queue pairQueue
	works []*mergeWork // by worker
	fresh bool         // the epoch has merged nothing yet

	barred map[uint64]bool // pairs that are never merged
}

// cell is a symbol, or the inside of one, or the gap between two pieces.
type cell struct {
	symbol int32  // < 0: see below
	weight uint32 // how often the piece was counted; from bigWeight on, an index of big
}

const (
	gap       = math.MinInt32 // symbol of a gap
	bigWeight = 1 << 31
	// Any other negative symbol, in the last cell of a symbol of several, is how far back its first cell is; the cells between are not read.
)

type pairInfo struct {
	pair   uint64 // left<<32 | right
	count  int64
	off, n int // in where
}

func pairOf(left, right int32) uint64 { return uint64(left)<<32 | uint64(uint32(right)) }

// newLearner makes a learner of pieces that add is given; symbols is how many symbols there are at first.
func newLearner(symbols int, cells int64, least int64, workers int) *learner {
	l := &learner{cells: make([]cell, 1, cells+1), width: make([]uint32, symbols), least: least, floor: math.MaxInt64, workers: workers, barred: map[uint64]bool{}}
	l.cells[0].symbol = gap
	for i := range l.width {
		l.width[i] = 1
	}
	l.room = max(cells, 1<<10)
	return l
}

// learnCell is what a learner takes of memory by cell, in bytes, with the place of the cell in the list of places, which grows by half.
const learnCell = 8 + 2*4

// learnTables is what its tables take, about: sketches, the counts of pairs that may be frequent, and what merges count.
func (c *Counter) learnTables(pieces int64) int64 {
	cells := pieces / learnCell
	workers := int64(c.room.workers())
	return 8*min(max(cells/8, 1<<12), 1<<20)*(workers+1) + 96*min(cells, 8*int64(c.learn.Vocab))*(workers+1) + 64*int64(c.learn.Vocab)
}

// cellsFor is how many cells a piece of n symbols takes.
func cellsFor(n int) int64 {
	if n < 2 {
		return 0 // it has no pair
	}
	return int64(n) + 1
}

// add lays out a piece.
func (l *learner) add(symbols []int32, count int64) error {
	if len(symbols) < 2 {
		return nil
	}
	if uint64(len(l.cells)+len(symbols)) >= math.MaxUint32 {
		return errors.New("tokenize: more than 4 billion symbols to learn from: take a smaller sample, or leave rare pieces out with min_piece")
	}
	weight := uint32(count)
	if count >= bigWeight {
		weight = bigWeight + uint32(len(l.big))
		l.big = append(l.big, count)
	}
	for _, s := range symbols {
		l.cells = append(l.cells, cell{s, weight})
	}
	l.cells = append(l.cells, cell{symbol: gap})
	return nil
}

func (l *learner) weight(c cell) int64 {
	if c.weight >= bigWeight {
		return l.big[c.weight-bigWeight]
	}
	return int64(c.weight)
}

// best takes the pair whose turn it is: the most frequent, then that of the smallest ids. ok is false if none is left.
func (l *learner) best(ctx context.Context) (info int32, ok bool, err error) {
	for {
		for len(l.queue) > 0 && (l.fresh || int64(len(l.where)) <= l.room) {
			top := l.queue[0]
			p := &l.info[top.info]
			switch {
			case p.count < l.floor:
				l.queue.pop()
			case p.count < top.count:
				l.queue[0].count = p.count
				l.queue.sink(0)
			default:
				l.queue.pop()
				l.fresh = false
				return top.info, true, nil
			}
		}
		if len(l.queue) == 0 && l.floor <= l.least {
			return 0, false, nil
		}
		if err := l.epoch(ctx); err != nil {
			return 0, false, err
		}
		l.fresh = true
	}
}

// bar ends a pair that is not to be merged.
func (l *learner) bar(info int32) {
	l.barred[l.info[info].pair] = true
	l.info[info].count = 0
}

// mergeChunk is how many places of a pair are one piece of work.
const mergeChunk = 1 << 14

// merge replaces a pair by a new symbol, everywhere, from left to right.
func (l *learner) merge(ctx context.Context, info int32) error {
	p := &l.info[info]
	left, right := int32(p.pair>>32), int32(uint32(p.pair))
	to := int32(len(l.width))
	l.width = append(l.width, l.width[left]+l.width[right])
	places := l.where[p.off : p.off+p.n]
	p.count = 0
	cuts := l.cutPlaces(places)
	for len(l.works) < len(cuts)-1 {
		l.works = append(l.works, &mergeWork{})
	}
	works := l.works[:len(cuts)-1]
	if len(works) == 1 {
		works[0].run(l, places, left, right, to)
	} else if err := quern.Each(ctx, l.workers, len(works), func(_ context.Context, _, i int) error {
		works[i].run(l, places[cuts[i]:cuts[i+1]], left, right, to)
		return nil
	}); err != nil {
		return err
	}
	for _, w := range works[1:] {
		works[0].before.add(&w.before)
		works[0].after.add(&w.after)
	}
	l.settle(works, left, right, to)
	return nil
}

// cutPlaces cuts places, which ascend, at chunks of about mergeChunk so that no piece is in two.
func (l *learner) cutPlaces(places []uint32) []int {
	cuts := []int{0}
	for i := mergeChunk; i < len(places); i += mergeChunk {
		for i < len(places) && l.together(places[i-1], places[i]) {
			i++
		}
		if i < len(places) {
			cuts = append(cuts, i)
		}
	}
	return append(cuts, len(places))
}

// together reports whether two places are in one piece.
func (l *learner) together(a, b uint32) bool {
	for ; a < b; a++ {
		if l.cells[a].symbol == gap {
			return false
		}
	}
	return true
}

// settle takes over what a merge has found: pairs that are fewer now, and new pairs with their places.
func (l *learner) settle(works []*mergeWork, left, right, to int32) {
	w := works[0]
	fewer := func(pair uint64, n int64) {
		if k, ok := l.pairs.get(pair, mixPair(pair+1)); ok {
			l.info[k].count -= n
		}
	}
	again := w.before.get(to) // places where the pair stood twice in a row: (to, left) is gone again there
	for _, x := range w.before.met {
		if x != to {
			fewer(pairOf(x, left), w.before.get(x))
		}
		w.before.follow(x, l.follow(pairOf(x, to), w.before.get(x)))
	}
	for _, y := range w.after.met {
		n := w.after.get(y)
		fewer(pairOf(right, y), n)
		if y == left {
			n -= again
		}
		w.after.follow(y, l.follow(pairOf(to, y), n))
	}
	first := len(l.where)
	for _, work := range works {
		for _, e := range work.events {
			if k := w.find(e); k >= 0 {
				l.info[k].n++
				first++
			}
		}
	}
	at := len(l.where)
	l.where = extend(l.where, first)
	for _, side := range [2]*side{&w.before, &w.after} {
		for _, x := range side.met {
			if k := side.index[x]; k >= 0 {
				p := &l.info[k]
				p.off, p.n, at = at, 0, at+p.n
			}
		}
	}
	for _, work := range works {
		for _, e := range work.events {
			if k := w.find(e); k >= 0 {
				p := &l.info[k]
				l.where[p.off+p.n] = e.at
				p.n++
			}
		}
		work.reset()
	}
}

// follow enters a pair that has come to be and queues it, if it is frequent: its index, or -1.
func (l *learner) follow(pair uint64, count int64) int32 {
	if count < l.floor || count < 1 || l.barred[pair] {
		return -1
	}
	k := int32(len(l.info))
	l.info = append(l.info, pairInfo{pair: pair, count: count})
	l.pairs.put(pair, k)
	l.queue.push(pairEntry{count, pair, k})
	return k
}

func extend(s []uint32, n int) []uint32 {
	if cap(s) < n {
		s = append(make([]uint32, 0, n+n/2), s...)
	}
	return s[:n]
}
