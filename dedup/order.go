package dedup

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/seed-83c59573/quern"
)

const none = ^uint32(0)

// corpus is the signatures of all datasets. A document has a number, its place when all shards stand one after the other, and a
// rank, its place in the order of preference: documents of a Prior first, by increment; the domain's place in Prefer; then its size or
// time, if Stays says so; then the ID, the hash of the text, and the number. Of two duplicates the one of the lower rank stays.
// Everything after corpus.rankAll speaks of ranks, which is why no order of files can show in the result.
type corpus struct {
	sets   []Dataset
	files  []*sigFile // of all shards of all sets
	set    []int      // the set of each file
	starts []uint32   // the number of the first document of each file, and one past the last

	rank []uint32 // number → rank
	doc  []uint32 // rank → number, filled by rankAll
	past uint32   // the ranks below it are documents of a Prior
}

func openCorpus(c Config, seed uint64, sets []Dataset) (*corpus, error) {
	k := &corpus{sets: sets, starts: []uint32{0}}
	want := c.header(seed)
	total := int64(0)
	for i, set := range sets {
		for _, sh := range set.Shards {
			f, err := openSig(set.Dir, sh.Name)
			if err != nil {
				k.close()
				return nil, fmt.Errorf("%s: %w", set.Name, err)
			}
			k.files, k.set = append(k.files, f), append(k.set, i)
			total += f.docs
			switch {
			case !f.sameOptions(want):
				err = fmt.Errorf("%s: %s: signed under other options or another seed: sign again", set.Name, sh.Name)
			case f.docs != sh.Docs:
				err = fmt.Errorf("%s: %s: %d documents, its manifest says %d", set.Name, sh.Name, f.docs, sh.Docs)
			case total >= int64(none):
				err = fmt.Errorf("dedup: %d documents, the limit is %d", total, none-1)
			}
			if err != nil {
				k.close()
				return nil, err
			}
			k.starts = append(k.starts, uint32(total))
		}
	}
	return k, nil
}

func (k *corpus) close() {
	for _, f := range k.files {
		f.file.Close()
	}
}

func (k *corpus) docs() int { return int(k.starts[len(k.files)]) }

// place finds the file and the row of a document.
func (k *corpus) place(doc uint32) (file int, row int64) {
	i, found := slices.BinarySearch(k.starts, doc)
	if !found {
		i--
	}
	for k.starts[i+1] == doc { // files without documents
		i++
	}
	return i, int64(doc - k.starts[i])
}

// entry reads an ID or a hash of one document.
func (k *corpus) entry(col int, doc uint32) ([16]byte, error) {
	f, row := k.place(doc)
	return k.files[f].entry(col, row)
}

// class is files whose documents rank together, before those of the next class.
type class struct {
	increment, preference int
	files                 []int
}

func (k *corpus) classes(c Config) []class {
	var all []class
	for f, set := range k.set {
		s := k.sets[set]
		x := class{increment: s.Increment, preference: c.preference(s.Domain)}
		if s.Prior == nil {
			x.increment = math.MaxInt
		}
		at, found := slices.BinarySearchFunc(all, x, func(a, b class) int {
			return cmp.Or(cmp.Compare(a.increment, b.increment), cmp.Compare(a.preference, b.preference))
		})
		if !found {
			all = slices.Insert(all, at, x)
		}
		all[at].files = append(all[at].files, f)
	}
	return all
}

// rankAll fills rank and doc, 8 bytes a document. While it works it holds 20 more.
func (k *corpus) rankAll(ctx context.Context, c Config, workers int) error {
	if err := k.rankBy(ctx, c, &scatter{k: k, workers: workers}); err != nil {
		return err
	}
	k.doc = k.invert(make([]uint32, k.docs()))
	return nil
}

// rankBy fills rank alone, in the buffers of s.
func (k *corpus) rankBy(ctx context.Context, c Config, s *scatter) error {
	k.rank = make([]uint32, k.docs())
	k.past = 0
	base := 0
	for _, class := range k.classes(c) {
		n := 0
		for _, f := range class.files {
			n += int(k.files[f].docs)
		}
		if class.increment != math.MaxInt {
			k.past += uint32(n)
		}
		if err := k.rankClass(ctx, s, class.files, c.Stays, base, n); err != nil {
			return err
		}
		base += n
	}
	return nil
}

// ordered is the key by which documents are sorted: whole IDs are asked for only where 16 bytes are equal.
type ordered struct {
	hi, lo uint64
	doc    uint32
}

func (k *corpus) rankClass(ctx context.Context, s *scatter, files []int, stays string, base, n int) error {
	load := k.loadOrder(stays)
	split := splitter{}
	if parts := partsFor(n); parts > 1 {
		cuts, err := k.cuts(ctx, s.workers, files, load, parts, n)
		if err != nil {
			return err
		}
		split = splitAt(cuts)
	}
	scratch := make([][]ordered, max(1, s.workers))
	return s.run(ctx, files, true, split, load, func(worker int, d dealt) error {
		o := scratch[worker][:0]
		for i, hi := range d.hi {
			o = append(o, ordered{hi, d.lo[i], d.val[i]})
		}
		scratch[worker] = o
		var failed error
		slices.SortFunc(o, func(a, b ordered) int {
			switch {
			case a.hi < b.hi:
				return -1
			case a.hi > b.hi:
				return 1
			case a.lo != b.lo:
				return cmp.Compare(a.lo, b.lo)
			}
			order, err := k.compare(a.doc, b.doc)
			if err != nil {
				failed = err
			}
			return order
		})
		for i := range o {
			k.rank[o[i].doc] = uint32(base + d.from + i)
		}
		return failed
	})
}

const samplesPerPart = 32

// cuts are keys that deal documents to parts of about the same size, by a sample.
func (k *corpus) cuts(ctx context.Context, workers int, files []int, load loadFunc, parts, n int) ([][2]uint64, error) {
	samples := make([][][2]uint64, len(files))
	chunks := make([]chunk, max(1, workers))
	stride := uint32(max(1, n/(parts*samplesPerPart)))
	err := quern.Each(ctx, workers, len(files), func(_ context.Context, worker, i int) error {
		c := &chunks[worker]
		return load(files[i], c, func() {
			for j := (stride - c.val[0]%stride) % stride; int(j) < len(c.val); j += stride {
				samples[i] = append(samples[i], [2]uint64{c.hi[j], c.lo[j]})
			}
		})
	})
	if err != nil {
		return nil, err
	}
	all := slices.Concat(samples...)
	slices.SortFunc(all, func(a, b [2]uint64) int { return slices.Compare(a[:], b[:]) })
	cuts := make([][2]uint64, 0, parts)
	for p := 1; p < parts && len(all) > 0; p++ {
		cuts = append(cuts, all[p*len(all)/parts])
	}
	return cuts, nil
}

// loadOrder reads what documents are ordered by: the ID, or the size (large ones first) or time (early ones first) and as much of the
// ID as there is room for.
func (k *corpus) loadOrder(stays string) loadFunc {
	cols := []int{colID}
	switch stays {
	case StaysLongest:
		cols = append(cols, colSize)
	case StaysEarliest:
		cols = append(cols, colTime)
	}
	return func(file int, c *chunk, f func()) error {
		bufs := make([][]byte, len(cols))
		for i, col := range cols {
			bufs[i] = c.buffer(i, chunkRows*int(width(col)))
		}
		start := k.starts[file]
		return k.files[file].columns(cols, bufs, func(row int64, b [][]byte) {
			n := len(b[0]) / 16
			c.hi, c.lo, c.val = c.hi[:0], c.lo[:0], c.val[:0]
			for i := range n {
				hi, lo := binary.BigEndian.Uint64(b[0][16*i:]), binary.BigEndian.Uint64(b[0][16*i+8:])
				switch stays {
				case StaysLongest:
					hi, lo = uint64(^binary.LittleEndian.Uint32(b[1][4*i:]))<<32|hi>>32, hi<<32|lo>>32
				case StaysEarliest:
					hi, lo = binary.LittleEndian.Uint64(b[1][8*i:]), hi
				}
				c.hi, c.lo, c.val = append(c.hi, hi), append(c.lo, lo), append(c.val, start+uint32(row)+uint32(i))
			}
			f()
		})
	}
}

// invert is rank → number, in the memory of dst.
func (k *corpus) invert(dst []uint32) []uint32 {
	for d, r := range k.rank {
		dst[r] = uint32(d)
	}
	return dst
}

// compare orders two documents that are alike in all else by ID, hash and number.
func (k *corpus) compare(a, b uint32) (int, error) {
	for _, col := range []int{colID, colHash} {
		x, err := k.entry(col, a)
		if err != nil {
			return 0, err
		}
		y, err := k.entry(col, b)
		if err != nil {
			return 0, err
		}
		if order := bytes.Compare(x[:], y[:]); order != 0 {
			return order, nil
		}
	}
	if a < b {
		return -1, nil
	}
	return 1, nil
}
