package dedup

import (
	"context"
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/seed-83c59573/quern"
)

// Equal keys are found without sorting: entries are dealt to parts by their key, each part small enough for a cache, and a hash table
// finds the equal ones of a part. The same dealing by ranges of keys, and sorting in the parts, orders all documents.
//
// Columns are read twice: once to count what goes where, once to put it there. Groups of files are dealt side by side; which entry
// stands where in a part depends on the files alone.

const (
	chunkRows    = 8 << 10
	docsPerGroup = 1 << 16 // least documents of files that are dealt together
	maxGroups    = 64
	entriesPart  = 8 << 10 // of a part
	maxParts     = 4096
)

// chunk is some entries on their way: a key of 64 or 128 bits, a value, and the part to which they go.
type chunk struct {
	hi, lo []uint64
	val    []uint32
	part   []uint16
	bufs   [3][]byte
}

// loadFunc reads a file into c, a chunk at a time, and calls f with each.
type loadFunc func(file int, c *chunk, f func()) error

// scatter deals the entries of files. Its buffers are kept from run to run: 12 bytes an entry, or 20 with keys of 128 bits.
type scatter struct {
	k       *corpus
	workers int
	hi, lo  []uint64
	val     []uint32
	chunks  []chunk
	counts  [][]uint32 // of each group and part
}

// dealt is a part: its entries, and how many are in the parts before it.
type dealt struct {
	from   int
	hi, lo []uint64 // lo is nil for keys of 64 bits
	val    []uint32
}

// partsFor is a power of two.
func partsFor(n int) int {
	return min(maxParts, 1<<bits.Len(uint(n/entriesPart)))
}

// groups are runs of files of about as many documents each.
func (k *corpus) groups(files []int) [][]int {
	total := 0
	for _, f := range files {
		total += int(k.files[f].docs)
	}
	least := max(docsPerGroup, total/maxGroups)
	var groups [][]int
	from, n := 0, 0
	for i, f := range files {
		if n += int(k.files[f].docs); n >= least || i == len(files)-1 {
			groups = append(groups, files[from:i+1])
			from, n = i+1, 0
		}
	}
	return groups
}

// run deals what load reads of the files to parts by split, and calls f with each part.
func (s *scatter) run(ctx context.Context, files []int, wide bool, split splitter, load loadFunc, f func(worker int, d dealt) error) error {
	groups := s.k.groups(files)
	s.counts = s.counts[:0]
	for range groups {
		s.counts = append(s.counts, make([]uint32, split.parts()))
	}
	err := s.each(ctx, groups, split, load, func(c *chunk, at []uint32) {
		for _, p := range c.part {
			at[p]++
		}
	})
	if err != nil {
		return err
	}
	starts := s.offsets(split.parts())
	s.grow(starts[split.parts()], wide)
	err = s.each(ctx, groups, split, load, func(c *chunk, at []uint32) {
		for i, p := range c.part {
			j := at[p]
			at[p] = j + 1
			s.hi[j], s.val[j] = c.hi[i], c.val[i]
			if wide {
				s.lo[j] = c.lo[i]
			}
		}
	})
	if err != nil {
		return err
	}
	return quern.Each(ctx, s.workers, split.parts(), func(_ context.Context, worker, p int) error {
		from, to := starts[p], starts[p+1]
		d := dealt{from: from, hi: s.hi[from:to], val: s.val[from:to]}
		if wide {
			d.lo = s.lo[from:to]
		}
		return f(worker, d)
	})
}

// each calls f with the chunks of all files and the counts of their group.
func (s *scatter) each(ctx context.Context, groups [][]int, split splitter, load loadFunc, f func(c *chunk, at []uint32)) error {
	if len(s.chunks) == 0 {
		s.chunks = make([]chunk, max(1, s.workers))
	}
	return quern.Each(ctx, s.workers, len(groups), func(ctx context.Context, worker, g int) error {
		c := &s.chunks[worker]
		for _, file := range groups[g] {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := load(file, c, func() { split.split(c); f(c, s.counts[g]) }); err != nil {
				return err
			}
		}
		return nil
	})
}

// offsets turns the counts into places, groups one after the other in every part. It returns where parts start, and the end.
func (s *scatter) offsets(parts int) []int {
	starts := make([]int, parts+1)
	n := 0
	for p := range parts {
		starts[p] = n
		for _, at := range s.counts {
			c := int(at[p])
			at[p] = uint32(n)
			n += c
		}
	}
	starts[parts] = n
	return starts
}

func (s *scatter) grow(n int, wide bool) {
	if cap(s.hi) < n {
		s.hi, s.val = make([]uint64, n), make([]uint32, n)
	}
	if wide && cap(s.lo) < n {
		s.lo = make([]uint64, n)
	}
	s.hi, s.val, s.lo = s.hi[:cap(s.hi)], s.val[:cap(s.val)], s.lo[:cap(s.lo)]
}

// splitter says to which part a key goes: by its upper bits if keys are hashes, else by the keys at which parts begin.
type splitter struct {
	bits int
	cuts [][2]uint64
	top  []uint16 // how many cuts are below each value of the upper 16 bits
}

func splitAt(cuts [][2]uint64) splitter {
	s := splitter{cuts: cuts, top: make([]uint16, 1<<16+1)}
	n := 0
	for t := range s.top {
		for n < len(cuts) && cuts[n][0]>>48 < uint64(t) {
			n++
		}
		s.top[t] = uint16(n)
	}
	return s
}

func (s splitter) parts() int {
	if s.cuts != nil {
		return len(s.cuts) + 1
	}
	return 1 << s.bits
}

func (s splitter) split(c *chunk) {
	c.part = slices.Grow(c.part[:0], len(c.hi))[:len(c.hi)]
	if s.cuts == nil {
		for i, h := range c.hi {
			c.part[i] = uint16(h >> (64 - s.bits))
		}
		return
	}
	for i, h := range c.hi {
		l := c.lo[i]
		at := int(s.top[h>>48])
		n := int(s.top[h>>48+1]) - at
		for n > 0 {
			half := n / 2
			if x := &s.cuts[at+half]; x[0] < h || x[0] == h && x[1] <= l {
				at += half + 1
				n -= half + 1
			} else {
				n = half
			}
		}
		c.part[i] = uint16(at)
	}
}

// loadKeys reads a column of hashes or keys beside the ranks of their documents, without the keys that stand for none and the
// documents, by number, whose bit is set in skip.
func (k *corpus) loadKeys(col int, skip []uint64) loadFunc {
	w := int(width(col))
	return func(file int, c *chunk, f func()) error {
		buf := c.buffer(0, chunkRows*w)
		start := int(k.starts[file])
		return k.files[file].column(col, buf, func(row int64, b []byte) {
			doc := start + int(row)
			ranks := k.rank[doc : doc+len(b)/w]
			c.reserve(len(ranks))
			hi, lo, val := c.hi[:len(ranks)], c.lo[:len(ranks)], c.val[:len(ranks)]
			n := 0
			for i, rank := range ranks {
				hi[n], val[n] = binary.LittleEndian.Uint64(b[w*i:]), rank
				any := hi[n]
				if w == 16 {
					lo[n] = binary.LittleEndian.Uint64(b[16*i+8:])
					any |= lo[n]
				}
				if any != 0 && (skip == nil || skip[(doc+i)/64]>>((doc+i)%64)&1 == 0) {
					n++
				}
			}
			c.hi, c.lo, c.val = hi[:n], lo[:n], val[:n]
			f()
		})
	}
}

// reserve makes room for n entries.
func (c *chunk) reserve(n int) {
	c.hi, c.lo, c.val = slices.Grow(c.hi[:0], n), slices.Grow(c.lo[:0], n), slices.Grow(c.val[:0], n)
}

func (c *chunk) buffer(i, n int) []byte {
	c.bufs[i] = slices.Grow(c.bufs[i][:0], n)[:n]
	return c.bufs[i]
}

// table finds equal keys of a part.
type table struct {
	slot  []uint32 // 1 + the last entry of a key
	next  []uint32 // 1 + the entry of the same key before
	multi []uint32 // slots of the keys of two or more entries
	run   []uint32
}

// repeats calls f with the values of each key that two or more entries have, ascending.
func (t *table) repeats(d dealt, f func(run []uint32) error) error {
	n := len(d.hi)
	size := 16 << bits.Len(uint(n/8))
	t.slot, t.next, t.multi = slices.Grow(t.slot[:0], size)[:size], slices.Grow(t.next[:0], n)[:n], t.multi[:0]
	clear(t.slot)
	mask := uint64(size - 1)
	for i, key := range d.hi {
		h := key & mask
		for {
			s := t.slot[h]
			if s == 0 {
				t.slot[h], t.next[i] = uint32(i+1), 0
				break
			}
			if d.hi[s-1] == key && (d.lo == nil || d.lo[s-1] == d.lo[i]) {
				if t.next[s-1] == 0 {
					t.multi = append(t.multi, uint32(h))
				}
				t.slot[h], t.next[i] = uint32(i+1), s
				break
			}
			h = (h + 1) & mask
		}
	}
	for _, h := range t.multi {
		t.run = t.run[:0]
		for s := t.slot[h]; s != 0; s = t.next[s-1] {
			t.run = append(t.run, d.val[s-1])
		}
		slices.Sort(t.run)
		if err := f(t.run); err != nil {
			return err
		}
	}
	return nil
}

// bitsOf is the logarithm of a power of two.
func bitsOf(n int) int { return bits.Len(uint(n)) - 1 }
