package dedup

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed-83c59573/quern"
)

// batchKeys is from how many keys on a batch ends with its document. The size is part of the result: within a batch keys are
// compared as they are, not by a filter.
const batchKeys = 1 << 17

const askAtOnce = 4096

// batch is the keys of some documents that follow each other. The filter is asked about all of them at once, before any is added;
// then documents are decided one by one, with the keys of those of the batch that stay in a table; then these keys are added.
type batch struct {
	at    []uint64 // rank and ordinal
	keys  []uint64
	seen  []bool // by the filter before the batch
	table keyTable
	add   [slices64][]uint64
	cut   []uint32 // paragraphs of the document at hand that go
}

// decide rules on the documents of the batch and empties it.
func (x *sieve) decide(ctx context.Context) error {
	b := &x.batch
	n := len(b.keys)
	b.seen = slices.Grow(b.seen[:0], n)[:n]
	err := quern.Each(ctx, x.workers, (n+askAtOnce-1)/askAtOnce, func(_ context.Context, _, i int) error {
		from, to := i*askAtOnce, min((i+1)*askAtOnce, n)
		x.filter.hasAll(b.keys[from:to], b.seen[from:to])
		return nil
	})
	if err != nil {
		return err
	}
	b.table.reset(n)
	for from := 0; from < n; {
		to := from + 1
		for to < n && b.at[to]>>32 == b.at[from]>>32 {
			to++
		}
		if err := x.document(from, to); err != nil {
			return err
		}
		from = to
	}
	if x.filter.added > x.filter.capacity {
		return fmt.Errorf("dedup: bloom: the filter was made for %d keys and has got %d: its false positive rate is not kept; make one with keys: %d or more", x.filter.capacity, x.filter.added, x.keys.records())
	}
	err = quern.Each(ctx, x.workers, slices64, func(_ context.Context, _, i int) error {
		x.filter.setAll(b.add[i])
		b.add[i] = b.add[i][:0]
		return nil
	})
	b.at, b.keys = b.at[:0], b.keys[:0]
	return err
}

// has reports whether the i-th key was seen.
func (x *sieve) has(i int) bool { return x.batch.seen[i] || x.batch.table.has(x.batch.keys[i]) }

// keep remembers the i-th key.
func (x *sieve) keep(i int) {
	b := &x.batch
	if k := b.keys[i]; !b.seen[i] && b.table.add(k) {
		x.filter.added++
		s := x.filter.slice(k)
		b.add[s] = append(b.add[s], k)
	}
}

// document decides on the document whose keys are those from one place to another.
func (x *sieve) document(from, to int) error {
	switch {
	case x.opt.Unit != unitNgram:
		return x.whole(from, to)
	case x.opt.Remove == removeParagraph:
		_, err := x.paragraphs(from, to, true)
		return err
	}
	seen := 0
	for i := from; i < to; i++ {
		if x.has(i) {
			seen++
		}
	}
	rank := uint32(x.batch.at[from] >> 32)
	if share := float64(seen) / float64(to-from); share >= x.opt.Share {
		return x.found(rank, none, share)
	}
	if x.opt.Remove == removeBoth {
		cut, err := x.paragraphs(from, to, false)
		if err != nil {
			return err
		}
		for i := from; i < to; i++ {
			if !touches(cut, uint32(x.batch.at[i])) {
				x.keep(i)
			}
		}
		return nil
	}
	for i := from; i < to; i++ {
		x.keep(i)
	}
	return nil
}

// whole decides on keys that stand for a document or a paragraph each.
func (x *sieve) whole(from, to int) error {
	for i := from; i < to; i++ {
		if !x.has(i) {
			x.keep(i)
			continue
		}
		if err := x.found(uint32(x.batch.at[i]>>32), uint32(x.batch.at[i]), 1); err != nil {
			return err
		}
	}
	return nil
}

// paragraphs finds the paragraphs of which enough n-grams were seen. With add, the others are remembered before the next one is
// looked at.
func (x *sieve) paragraphs(from, to int, add bool) ([]uint32, error) {
	b := &x.batch
	b.cut = b.cut[:0]
	for from < to {
		ordinal := uint32(b.at[from])
		if ordinal&spans != 0 {
			from++
			continue
		}
		end, n, seen := from, 0, 0
		for ; end < to; end++ {
			o := uint32(b.at[end])
			if o&spans != 0 {
				continue
			}
			if o != ordinal {
				break
			}
			n++
			if x.has(end) {
				seen++
			}
		}
		if share := float64(seen) / float64(n); share >= x.opt.Share {
			b.cut = append(b.cut, ordinal)
			if err := x.found(uint32(b.at[from]>>32), ordinal, share); err != nil {
				return nil, err
			}
		} else if add {
			for i := from; i < end; i++ {
				x.keep(i)
			}
		}
		from = end
	}
	return b.cut, nil
}

// touches reports whether an n-gram stands in paragraphs that are cut, in part or whole.
func touches(cut []uint32, ordinal uint32) bool {
	first, more := ordinal, uint32(0)
	if ordinal&spans != 0 {
		first, more = ordinal&(maxLines-1), ordinal&^spans>>spanShift
	}
	i, found := slices.BinarySearch(cut, first)
	return found || i < len(cut) && cut[i] <= first+more
}

// keyTable is a set of keys.
type keyTable struct {
	slots []uint64 // 0 is free
	shift int
}

// reset empties the table and makes room for n keys.
func (t *keyTable) reset(n int) {
	size, shift := 1024, 64-10
	for size < 2*n {
		size, shift = size*2, shift-1
	}
	if size > len(t.slots) || size < len(t.slots)/8 {
		t.slots = make([]uint64, size)
		t.shift = shift
		return
	}
	clear(t.slots)
}

func (t *keyTable) find(key uint64) (at int, found bool) {
	for i := int(key * roll >> t.shift); ; i++ {
		if i == len(t.slots) {
			i = 0
		}
		if s := t.slots[i]; s == key || s == 0 {
			return i, s == key
		}
	}
}

func notZero(key uint64) uint64 {
	if key == 0 {
		return 1
	}
	return key
}

func (t *keyTable) has(key uint64) bool {
	_, found := t.find(notZero(key))
	return found
}

// add reports whether the key is new.
func (t *keyTable) add(key uint64) bool {
	key = notZero(key)
	at, found := t.find(key)
	t.slots[at] = key
	return !found
}
