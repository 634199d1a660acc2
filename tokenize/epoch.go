package tokenize

import (
	"context"
	"slices"

	"github.com/seed-83c59573/quern"
)

const (
	epochFall = 16      // how much lower the floor of the next epoch is than the most frequent pair
	scanChunk = 1 << 20 // cells that are one piece of work
)

// epoch packs the pieces, so that each symbol is one cell, and follows the pairs that are at a new floor. Counting all pairs one by one would take
// more memory than the pieces, so they are first counted by hash, many to a counter: what is below the floor there is below it.
func (l *learner) epoch(ctx context.Context) error {
	l.pack()
	cuts := l.cutCells()
	rough, err := l.sketch(ctx, cuts)
	if err != nil {
		return err
	}
	var all *pairCounts
	for l.floor = max(l.least, slices.Max(rough)/epochFall); ; l.floor = max(l.least, l.floor/epochFall) {
		if all, err = l.count(ctx, cuts, rough); err != nil {
			return err
		}
		if all.frequent(l.floor) || l.floor <= l.least {
			break
		}
	}
	l.floor = max(l.floor, all.fitting(l.floor, l.room/2))
	l.pairs, l.info, l.queue, l.where = pairIndex{}, l.info[:0], l.queue[:0], l.where[:0]
	for _, s := range all.slots {
		if s.key != 0 {
			l.follow(s.key-1, s.count)
		}
	}
	events := make([][]event, len(cuts)-1)
	err = quern.Each(ctx, l.workers, len(events), func(ctx context.Context, _, i int) error {
		events[i] = l.places(cuts[i], cuts[i+1], rough)
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	l.file(events)
	return nil
}

// sketch counts the pairs by hash.
func (l *learner) sketch(ctx context.Context, cuts []int) ([]int64, error) {
	n := 1 << 12
	for n < len(l.cells)/8 && n < 1<<20 {
		n *= 2
	}
	parts := make([][]int64, max(1, min(l.workers, len(cuts)-1)))
	err := quern.Each(ctx, len(parts), len(cuts)-1, func(ctx context.Context, worker, i int) error {
		if parts[worker] == nil {
			parts[worker] = make([]int64, n)
		}
		part := parts[worker]
		left := int32(gap)
		for _, c := range l.cells[cuts[i]:cuts[i+1]] {
			if left != gap && c.symbol != gap {
				part[mixPair(pairOf(left, c.symbol)+1)&uint64(n-1)] += l.weight(c)
			}
			left = c.symbol
		}
		return ctx.Err()
	})
	sum := make([]int64, n)
	for _, part := range parts {
		for i, x := range part {
			sum[i] += x
		}
	}
	return sum, err
}

// count counts the pairs that may be at the floor, and their places.
func (l *learner) count(ctx context.Context, cuts []int, rough []int64) (*pairCounts, error) {
	parts := make([]pairCounts, max(1, min(l.workers, len(cuts)-1)))
	err := quern.Each(ctx, len(parts), len(cuts)-1, func(ctx context.Context, worker, i int) error {
		part := &parts[worker]
		left := int32(gap)
		for _, c := range l.cells[cuts[i]:cuts[i+1]] {
			if left != gap && c.symbol != gap {
				pair := pairOf(left, c.symbol)
				if h := mixPair(pair + 1); rough[h&uint64(len(rough)-1)] >= l.floor && !l.barred[pair] {
					part.add(pair, h, l.weight(c), 1)
				}
			}
			left = c.symbol
		}
		return ctx.Err()
	})
	for i := range parts[1:] {
		for _, s := range parts[i+1].slots {
			if s.key != 0 {
				parts[0].add(s.key-1, mixPair(s.key), s.count, s.places)
			}
		}
	}
	return &parts[0], err
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

// places lists where the pairs stand that are followed.
func (l *learner) places(from, to int, rough []int64) (events []event) {
	left := int32(gap)
	for i, c := range l.cells[from:to] {
		if left != gap && c.symbol != gap {
			pair := pairOf(left, c.symbol)
			if h := mixPair(pair + 1); rough[h&uint64(len(rough)-1)] >= l.floor {
				if k, ok := l.pairs.get(pair, h); ok {
					events = append(events, event{k, uint32(from + i - 1)})
				}
			}
		}
		left = c.symbol
	}
	return events
}
