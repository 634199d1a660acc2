package tokenize

import (
	"context"

	"github.com/seed-83c59573/quern"
)

const (
	epochFall = 16      // how much lower the floor of the next epoch is than the most frequent pair
	scanChunk = 1 << 20 // cells that are one piece of work
)

// epoch packs the pieces, so that each symbol is one cell, counts all pairs and follows those that are at a new floor.
func (l *learner) epoch(ctx context.Context) error {
	l.pack()
	cuts := l.cutCells()
	counts := make([]pairCounts, max(1, min(l.workers, len(cuts)-1)))
	err := quern.Each(ctx, len(counts), len(cuts)-1, func(ctx context.Context, worker, i int) error {
		l.count(cuts[i], cuts[i+1], &counts[worker])
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	all := &counts[0]
	for i := range counts[1:] {
		counts[i+1].each(func(pair uint64, n int64) { all.add(pair, n) })
	}
	most := int64(0)
	all.each(func(pair uint64, n int64) {
		if !l.barred[pair] {
			most = max(most, n)
		}
	})
	l.floor = max(l.least, 1, min(l.floor/2, most/epochFall))
	l.pairs, l.info, l.queue, l.where = pairIndex{}, l.info[:0], l.queue[:0], l.where[:0]
	all.each(func(pair uint64, n int64) { l.follow(pair, n) })
	events := make([][]event, len(cuts)-1)
	err = quern.Each(ctx, l.workers, len(events), func(ctx context.Context, _, i int) error {
		events[i] = l.places(cuts[i], cuts[i+1])
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	l.file(events)
	return nil
}

// file puts the places of each pair side by side; an event's other is the pair's index.
func (l *learner) file(events [][]event) {
	total := 0
	for _, part := range events {
		for _, e := range part {
			l.info[e.other].n++
		}
		total += len(part)
	}
	l.where = extend(l.where, total)
	at := 0
	for k := range l.info {
		p := &l.info[k]
		p.off, p.n, at = at, 0, at+p.n
	}
	for _, part := range events {
		for _, e := range part {
			p := &l.info[e.other]
			l.where[p.off+p.n] = e.at
			p.n++
		}
	}
}

// pack moves the symbols together and leaves out pieces that have become one symbol.
func (l *learner) pack() {
	to := 1
	start := 1 // of the piece
	for i := 1; i < len(l.cells); {
		c := l.cells[i]
		if c.symbol == gap {
			if to-start < 2 {
				to = start
			} else {
				l.cells[to] = c
				to++
				start = to
			}
			i++
			continue
		}
		l.cells[to] = c
		to++
		i += int(l.width[c.symbol])
	}
	l.cells = l.cells[:to]
	for i := range l.width {
		l.width[i] = 1
	}
}

// cutCells cuts the cells behind gaps at chunks of about scanChunk.
func (l *learner) cutCells() []int {
	cuts := []int{1}
	for i := scanChunk; i < len(l.cells); i += scanChunk {
		for l.cells[i-1].symbol != gap {
			i++
		}
		if i < len(l.cells) {
			cuts = append(cuts, i)
		}
	}
	return append(cuts, len(l.cells))
}

// count counts the pairs of packed cells.
func (l *learner) count(from, to int, counts *pairCounts) {
	left := int32(gap)
	for _, c := range l.cells[from:to] {
		if left != gap && c.symbol != gap {
			counts.add(pairOf(left, c.symbol), l.weight(c))
		}
		left = c.symbol
	}
}

// places lists where the pairs stand that are followed.
func (l *learner) places(from, to int) (events []event) {
	left := int32(gap)
	for i, c := range l.cells[from:to] {
		if left != gap && c.symbol != gap {
			if k, ok := l.pairs.get(pairOf(left, c.symbol)); ok {
				events = append(events, event{k, uint32(from + i - 1)})
			}
		}
		left = c.symbol
	}
	return events
}
