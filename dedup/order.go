package dedup

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/seed-83c59573/quern"
)

const none = ^uint32(0)

// corpus is the signatures of all datasets. A document has a number, its place when all shards stand one after the other, and a
// rank, its place in the order of preference: the domain's place in Prefer, then the ID, then the hash of the text, then the number.
// Of two duplicates the one of the lower rank stays. Everything after corpus.rankAll speaks of ranks, which is why no order of
// files can show in the result.
type corpus struct {
	sets   []Dataset
	files  []*sigFile // of all shards of all sets
	set    []int      // the set of each file
	starts []uint32   // the number of the first document of each file, and one past the last

	rank []uint32 // number → rank
	doc  []uint32 // rank → number
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

// rankAll fills rank and doc. It sorts by 8 bytes of preference and ID, and asks the files where these are equal.
func (k *corpus) rankAll(ctx context.Context, c Config, workers int) error {
	n := k.docs()
	prefix := make([]uint64, n)
	err := quern.Each(ctx, workers, len(k.files), func(_ context.Context, _, i int) error {
		high := uint64(c.preference(k.sets[k.set[i]].Domain)) << 48
		start := int64(k.starts[i])
		return k.files[i].column(colID, make([]byte, columnBuffer), func(row int64, b []byte) {
			for j := 0; j < len(b); j += 16 {
				prefix[start+row+int64(j/16)] = high | binary.BigEndian.Uint64(b[j:])>>16
			}
		})
	})
	if err != nil {
		return err
	}
	k.doc, k.rank = make([]uint32, n), make([]uint32, n)
	for i := range k.doc {
		k.doc[i] = uint32(i)
	}
	var failed error
	slices.SortFunc(k.doc, func(a, b uint32) int {
		if x, y := prefix[a], prefix[b]; x != y {
			if x < y {
				return -1
			}
			return 1
		}
		order, err := k.compare(a, b)
		if err != nil {
			failed = err
		}
		return order
	})
	for r, d := range k.doc {
		k.rank[d] = uint32(r)
	}
	return failed
}

// compare orders two documents of one preference by ID, hash and number.
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

// entry128 is a key and the rank of the document that has it.
type entry128 struct {
	key  [2]uint64
	rank uint32
}

const entryBytes = 24

// buckets calls f with each run of two or more ranks, ascending, that have the same key in a column, leaving out those for which
// skip is true. Keys are taken a slice of their range at a time, so that entries stay under mem bytes; f is called by up to workers
// goroutines, which it learns.
func (k *corpus) buckets(ctx context.Context, cols []int, mem int64, workers int, skip []uint32, f func(worker int, ranks []entry128) error) error {
	each := max(mem/int64(workers), 1<<16)
	cuts := max(1, (int64(k.docs())*entryBytes*5/4+each-1)/each) // keys are hashes: slices differ little
	pools := make([][]entry128, workers)
	return quern.Each(ctx, workers, len(cols)*int(cuts), func(ctx context.Context, worker, i int) error {
		col, part := cols[i/int(cuts)], uint64(i)%uint64(cuts)
		pool := pools[worker][:0]
		buf := make([]byte, columnBuffer)
		w := int(width(col))
		step := ^uint64(0)/uint64(cuts) + 1 // 0 if there is one slice
		for j, file := range k.files {
			if err := ctx.Err(); err != nil {
				return err
			}
			err := file.column(col, buf, func(row int64, b []byte) {
				for o := 0; o < len(b); o += w {
					e := entry128{key: [2]uint64{binary.LittleEndian.Uint64(b[o:])}}
					if step != 0 && e.key[0]/step != part {
						continue
					}
					if w == 16 {
						e.key[1] = binary.LittleEndian.Uint64(b[o+8:])
					}
					if e.key == [2]uint64{} {
						continue
					}
					e.rank = k.rank[int64(k.starts[j])+row+int64(o/w)]
					if skip == nil || skip[e.rank] == none {
						pool = append(pool, e)
					}
				}
			})
			if err != nil {
				return err
			}
		}
		pools[worker] = pool
		return runs(pool, func(run []entry128) error { return f(worker, run) })
	})
}

// runs sorts the pool by key and rank and calls f with every run of equal keys.
func runs(pool []entry128, f func([]entry128) error) error {
	slices.SortFunc(pool, func(a, b entry128) int {
		switch {
		case a.key[0] != b.key[0]:
			return less(a.key[0] < b.key[0])
		case a.key[1] != b.key[1]:
			return less(a.key[1] < b.key[1])
		default:
			return less(a.rank < b.rank)
		}
	})
	for from := 0; from < len(pool); {
		to := from + 1
		for to < len(pool) && pool[to].key == pool[from].key {
			to++
		}
		if to-from > 1 {
			if err := f(pool[from:to]); err != nil {
				return err
			}
		}
		from = to
	}
	return nil
}

func less(b bool) int {
	if b {
		return -1
	}
	return 1
}
