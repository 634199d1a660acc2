package dedup

import (
	"context"
	"errors"
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
	Texts  quern.Source  // documents know their Row; a source that can yield some rows alone (see picker) is asked for those

	Prior     Prior // what is known of these documents from an earlier run; nil = they are new
	Increment int   // of a dataset with a Prior: documents of lower increments come first
}

// Result is what Cluster found and wrote.
type Result struct {
	Shards     []quern.Shard // removals, groups and verdicts
	Ledger     quern.Ledger
	Candidates int64      // pairs of documents that share a band and were considered
	Verified   int64      // pairs whose shingles were compared and found similar enough
	Clusters   int64      // sets of two or more documents that are joined by removals or verified pairs
	Examples   []Example  // up to 20, chosen by hash
	Parts      PartCounts // of a step that looks for repeated parts
	Losses     []Loss     // by source, if near duplicates are removed
	Warnings   []string   // what whoever reads the result must be told
}

// Example is one removal.
type Example struct {
	Reason     string  `json:"reason"`
	Similarity float64 `json:"similarity"`
	Removed    Place   `json:"removed"`
	Kept       Place   `json:"kept"`
	Part       string  `json:"part,omitempty"`      // the text, if a part of the document is removed
	Documents  int64   `json:"documents,omitempty"` // in which the part stands
	Copies     int64   `json:"copies,omitempty"`    // how often it does
}

// Place is where a document stands.
type Place struct {
	ID      string `json:"id"`
	Dataset string `json:"dataset"`
	Shard   int    `json:"shard"`
	Row     int    `json:"row"`
	From    int    `json:"from,omitempty"` // of a part: where it begins, in bytes of the text
}

const (
	bytesPerDoc  = 28      // held for every document at the worst moment, which is when equal keys are looked for
	leastWorking = 4 << 20 // for sorting and comparing
	defaultMem   = 1 << 30
)

// Cluster finds the duplicates among all documents of all sets and writes removals.jsonl.zst and groups.jsonl.zst, for people, and
// verdicts.bin to out. It holds 28 bytes a document and works in what is left of mem bytes (0 = 1 GiB), spilling to the scratch
// folder: 8 bytes a pair that shares a band and 4 bytes a distinct shingle of a document in such a pair. Texts of other documents are
// not looked at again.
//
// Exact duplicates go first. Then documents are taken in the order of preference, and each is compared with those that stay among
// the ones with which it shares a band; it is removed for the first whose shingle set is at least Verify similar.
func Cluster(ctx context.Context, c Config, seed uint64, sets []Dataset, out quern.Dir, scratch string, mem int64, workers int) (Result, error) {
	return Clustering{Config: c, Seed: seed, Scratch: scratch, Mem: mem, Workers: workers}.Run(ctx, sets, out)
}

// Clustering is the setting of Cluster.
type Clustering struct {
	Config
	Seed    uint64
	Scratch string
	Mem     int64 // bytes; 0 = 1 GiB
	Workers int   // never changes the result; 0 = one per processor
	Phase   func(name string)
}

// Run is Cluster. Phase, if set, is told what begins: "order", "exact", "bands", "components", "texts", "verify", "write".
func (s Clustering) Run(ctx context.Context, sets []Dataset, out quern.Dir) (Result, error) {
	var r Result
	if err := s.check(sets); err != nil {
		return r, err
	}
	if s.Mem <= 0 {
		s.Mem = defaultMem
	}
	if s.Workers <= 0 {
		s.Workers = runtime.GOMAXPROCS(0)
	}
	if s.Phase == nil {
		s.Phase = func(string) {}
	}
	k, err := openCorpus(s.Config, s.Seed, sets)
	if err != nil {
		return r, err
	}
	defer k.close()
	left := s.Mem - int64(k.docs())*bytesPerDoc
	if left < leastWorking {
		return r, fmt.Errorf("dedup: %d MiB of memory for %d documents, want at least %d", s.Mem>>20, k.docs(), (int64(k.docs())*bytesPerDoc+leastWorking)>>20+1)
	}
	dir, err := os.MkdirTemp(s.Scratch, "dedup-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	m := &matcher{k: k, near: s.near(), scratch: dir, mem: left, workers: s.Workers, phase: s.Phase}
	defer m.close()
	exact, err := s.match(ctx, m)
	if err != nil {
		return r, err
	}
	s.Phase("write")
	w := &writer{m: m, c: s.Config, exact: exact, seed: s.Seed, out: out}
	return r, w.write(ctx, &r)
}

func (s Clustering) check(sets []Dataset) error {
	if err := s.Validate(); err != nil {
		return err
	}
	if err := checkNames(sets); err != nil {
		return err
	}
	for _, set := range sets {
		if set.Prior != nil && s.near().Clusters == ClustersChain {
			return errors.New("dedup: near: clusters: chain would remove documents of an earlier run; want star")
		}
	}
	return nil
}

func checkNames(sets []Dataset) error {
	for i, s := range sets {
		if s.Name == "" || slices.ContainsFunc(sets[:i], func(o Dataset) bool { return o.Name == s.Name }) {
			return fmt.Errorf("dedup: datasets need names that differ, one is called %q", s.Name)
		}
	}
	return nil
}

// match finds all removals. It returns the ranks of those that are exact.
func (s Clustering) match(ctx context.Context, m *matcher) (exact []uint64, err error) {
	k := m.k
	m.scatter = scatter{k: k, workers: s.Workers}
	s.Phase("order")
	if err := k.rankBy(ctx, s.Config, &m.scatter); err != nil {
		return nil, err
	}
	m.kept = make([]uint32, k.docs())
	for i := range m.kept {
		m.kept[i] = none
	}
	if s.Exact != nil {
		s.Phase("exact")
		if err := m.exact(ctx); err != nil {
			return nil, err
		}
	}
	exact = make([]uint64, k.docs()/64+1)
	gone := make([]uint64, k.docs()/64+1) // the same, by number
	for doc, rank := range k.rank {
		if m.kept[rank] != none {
			exact[rank/64] |= 1 << (rank % 64)
			gone[doc/64] |= 1 << (doc % 64)
		}
	}
	m.scatter.lo = nil
	m.sim = make([]uint16, k.docs())
	for rank, kept := range m.kept {
		if kept != none {
			m.sim[rank] = tenThousandths(1)
		}
	}
	if err := m.fates(ctx); err != nil {
		return nil, err
	}
	if s.Near != nil {
		if err := m.nearly(ctx, gone); err != nil {
			return nil, err
		}
	}
	m.forward(exact, s.exact().ofText())
	return exact, nil
}

// exact removes all but the lowest rank of each bucket of equal hashes.
func (m *matcher) exact(ctx context.Context) error {
	tables := make([]table, max(1, m.workers))
	split := splitter{bits: bitsOf(partsFor(m.k.docs()))}
	return m.scatter.run(ctx, m.k.all(), true, split, m.k.loadKeys(colHash, nil), func(worker int, d dealt) error {
		return tables[worker].repeats(d, func(run []uint32) error {
			for _, rank := range run[1:] {
				m.kept[rank] = run[0]
			}
			return nil
		})
	})
}

// forward gives those that were removed for an exact duplicate which is itself a near duplicate the one that stays. If their texts are
// the same, their shingles are, so the similarity is too. If only a field is, they have not been compared with the one that stays:
// their similarity is 0.
func (m *matcher) forward(exact []uint64, sameText bool) {
	for rank, kept := range m.kept {
		switch {
		case kept == none || m.kept[kept] == none:
		case sameText:
			m.kept[rank], m.sim[rank] = m.kept[kept], m.sim[kept]
			exact[rank/64] &^= 1 << (rank % 64)
		case exact[rank/64]>>(rank%64)&1 == 1:
			m.kept[rank], m.sim[rank] = m.kept[kept], 0
		}
	}
}
