package dedup

import (
	"context"
	"fmt"

	"github.com/seed-83c59573/quern"
)

// Prior is what an earlier run found out about a Dataset, for deduplicating new datasets against it. The dataset's signatures are there
// as usual, of all documents, also of those that were removed; its Texts are not asked for. What was ruled once is never ruled again:
// the documents of a prior come before all new ones, and nothing is written about them. So a corpus that grows by increments, each
// against all before it, loses the very documents that it loses at once if it prefers the earlier increments.
type Prior interface {
	// Fates calls f for each removed document of a shard, by row, with the document that stays in its place.
	Fates(ctx context.Context, shard int, f func(row int, fate Fate) error) error
	// Sets calls f for each wanted document of a shard, by row, with its shingles: distinct, in any order, valid until f returns.
	Sets(ctx context.Context, shard int, want func(row int) bool, f func(row int, set []uint32) error) error
}

// Fate tells why a document of a prior was removed.
type Fate struct {
	Dataset    string    // of the document that stays: the name of a dataset with a Prior
	Kept       quern.Row // its place there
	Similarity float64   // of the two
}

// fates fills in what is known of all priors, after exact duplicates were found anew: their ranks are below those of all new documents,
// so that the same were found, but not what they were near to.
func (m *matcher) fates(ctx context.Context) error {
	first := map[string]int{} // the first file of each dataset
	for f, set := range m.k.set {
		if _, ok := first[m.k.sets[set].Name]; !ok {
			first[m.k.sets[set].Name] = f
		}
	}
	for f, set := range m.k.set {
		s := m.k.sets[set]
		if s.Prior == nil {
			continue
		}
		for doc := m.k.starts[f]; doc < m.k.starts[f+1]; doc++ {
			m.kept[m.k.rank[doc]] = none
		}
		shard := f - first[s.Name]
		err := s.Prior.Fates(ctx, shard, func(row int, fate Fate) error {
			file, ok := first[fate.Dataset]
			file += fate.Kept.Shard
			switch {
			case row < 0 || int64(row) >= m.k.files[f].docs:
				return fmt.Errorf("a fate of row %d, but only %d documents are signed", row, m.k.files[f].docs)
			case !ok || fate.Kept.Shard < 0 || file >= len(m.k.set) || m.k.sets[m.k.set[file]].Name != fate.Dataset ||
				m.k.sets[m.k.set[file]].Prior == nil || fate.Kept.Index < 0 || int64(fate.Kept.Index) >= m.k.files[file].docs:
				return fmt.Errorf("row %d is removed for row %d of shard %d of %q: no dataset of the past has it", row, fate.Kept.Index, fate.Kept.Shard, fate.Dataset)
			}
			child, kept := m.k.rank[m.k.starts[f]+uint32(row)], m.k.rank[m.k.starts[file]+uint32(fate.Kept.Index)]
			if child == kept {
				return fmt.Errorf("row %d is removed for itself", row)
			}
			m.kept[child], m.sim[child] = kept, tenThousandths(fate.Similarity)
			return nil
		})
		if err != nil {
			return fmt.Errorf("%s: shard %d: %w", s.Name, shard, err)
		}
	}
	for r, kept := range m.kept[:m.k.past] {
		if kept != none && m.kept[kept] != none {
			return fmt.Errorf("dedup: a document of the past (rank %d) is removed for one that is removed too: the fates are of different runs", r)
		}
	}
	return nil
}
