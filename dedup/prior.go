package dedup

import (
	"context"

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
