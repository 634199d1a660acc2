package dedup

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"slices"

	"github.com/seed-83c59573/quern"
)

// Dataset is the signatures of a text dataset and the texts that they are of.
type Dataset struct {
	Name   string
	Domain string
	Dir    quern.Dir     // of the signatures
	Shards []quern.Shard // of the signatures: the i-th is of the i-th unit of Texts
	Texts  quern.Source  // documents know their Row

	Prior     Prior // what is known of these documents from an earlier run; nil = they are new
	Increment int   // of a dataset with a Prior: documents of lower increments come first
}

// Result is what Cluster found and wrote.
type Result struct {
	Shards     []quern.Shard // removals and groups
	Ledger     quern.Ledger
	Candidates int64     // pairs of documents that share a band and were considered
	Verified   int64     // pairs whose shingles were compared and found similar enough
	Clusters   int64     // sets of two or more documents that are joined by removals or verified pairs
	Examples   []Example // up to 20, chosen by hash
}

// Example is one removal.
type Example struct {
	Reason     string  `json:"reason"`
	Similarity float64 `json:"similarity"`
	Removed    Place   `json:"removed"`
	Kept       Place   `json:"kept"`
}

// Place is where a document stands.
type Place struct {
	ID      string `json:"id"`
	Dataset string `json:"dataset"`
	Shard   int    `json:"shard"`
	Row     int    `json:"row"`
}

const (
	bytesPerDoc  = 40      // held for every document from the first step to the last
	leastWorking = 4 << 20 // for sorting and comparing
	defaultMem   = 1 << 30
)

// Cluster finds the duplicates among all documents of all sets and writes removals.jsonl.zst and groups.jsonl.zst to out. It holds 40
// bytes a document and works in what is left of mem bytes (0 = 1 GiB), spilling to the scratch folder: 8 bytes a pair that shares a
// band and 4 bytes a distinct shingle of a document in such a pair. Texts of other documents are not looked at again.
//
// Exact duplicates go first. Then documents are taken in the order of preference, and each is compared with those that stay among
// the ones with which it shares a band; it is removed for the first whose shingle set is at least Verify similar.
func Cluster(ctx context.Context, c Config, seed uint64, sets []Dataset, out quern.Dir, scratch string, mem int64, workers int) (Result, error) {
	var r Result
	if err := c.Validate(); err != nil {
		return r, err
	}
	if err := checkNames(sets); err != nil {
		return r, err
	}
	if mem <= 0 {
		mem = defaultMem
	}
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	k, err := openCorpus(c, seed, sets)
	if err != nil {
		return r, err
	}
	defer k.close()
	left := mem - int64(k.docs())*bytesPerDoc
	if left < leastWorking {
		return r, fmt.Errorf("dedup: %d MiB of memory for %d documents, want at least %d", mem>>20, k.docs(), (int64(k.docs())*bytesPerDoc+leastWorking)>>20+1)
	}
	if err := k.rankAll(ctx, c, workers); err != nil {
		return r, err
	}
	dir, err := os.MkdirTemp(scratch, "dedup-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	m := &matcher{k: k, near: c.near(), scratch: dir, mem: left / 2, workers: workers, kept: make([]uint32, k.docs()), sim: make([]float32, k.docs())}
	defer m.close()
	for i := range m.kept {
		m.kept[i] = none
	}
	if c.Exact != nil {
		if err := m.exact(ctx, left/2); err != nil {
			return r, err
		}
	}
	exact := make([]uint64, k.docs()/64+1)
	for i, kept := range m.kept {
		if kept != none {
			exact[i/64] |= 1 << (i % 64)
		}
	}
	if c.Near != nil {
		if err := m.nearly(ctx, left/4); err != nil {
			return r, err
		}
		m.forward(exact)
	}
	for i := range m.candidates {
		r.Candidates += m.candidates[i]
		r.Verified += m.matched[i]
	}
	w := &writer{m: m, exact: exact, seed: seed, out: out}
	return r, w.write(&r)
}

func checkNames(sets []Dataset) error {
	for i, s := range sets {
		if s.Name == "" || slices.ContainsFunc(sets[:i], func(o Dataset) bool { return o.Name == s.Name }) {
			return fmt.Errorf("dedup: datasets need names that differ, one is called %q", s.Name)
		}
	}
	return nil
}

// exact removes all but the lowest rank of each bucket of equal hashes.
func (m *matcher) exact(ctx context.Context, mem int64) error {
	return m.k.buckets(ctx, []int{colHash}, mem/2, m.workers, nil, func(_ int, run []entry128) error {
		for _, e := range run[1:] {
			m.kept[e.rank], m.sim[e.rank] = run[0].rank, 1
		}
		return nil
	})
}

// forward gives those that were removed for an exact duplicate which is itself a near duplicate the one that stays. Their shingles
// are the same, so the similarity is too.
func (m *matcher) forward(exact []uint64) {
	for rank, kept := range m.kept {
		if kept != none && m.kept[kept] != none {
			m.kept[rank], m.sim[rank] = m.kept[kept], m.sim[kept]
			exact[rank/64] &^= 1 << (rank % 64)
		}
	}
}

// nearly finds pairs band by band, reads the texts that have one again, and compares.
func (m *matcher) nearly(ctx context.Context, mem int64) error {
	cols := make([]int, m.near.Bands)
	for i := range cols {
		cols[i] = fixedColumns + i
	}
	sorters := edgeSorters(m.scratch, m.workers, mem)
	err := m.k.buckets(ctx, cols, mem/2, m.workers, m.kept, func(worker int, run []entry128) error {
		return link(run, sorters[worker].add)
	})
	if err != nil {
		return err
	}
	comp, err := m.deal(sorters)
	if err != nil || comp == nil {
		return err
	}
	clear(sorters) // their buffers are free for the comparison
	if err := m.spill(ctx, comp); err != nil {
		return err
	}
	return m.match(ctx)
}

// sizes reads the text sizes of one file.
func (k *corpus) sizes(file int) ([]uint32, error) {
	f := k.files[file]
	sizes := make([]uint32, f.docs)
	err := f.column(colSize, make([]byte, columnBuffer), func(row int64, b []byte) {
		for j := 0; j < len(b); j += 4 {
			sizes[row+int64(j/4)] = binary.LittleEndian.Uint32(b[j:])
		}
	})
	return sizes, err
}
