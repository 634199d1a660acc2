package dedup

import (
	"context"
	"iter"

	"github.com/seed-83c59573/quern"
)

// A picker is a source of texts that can yield the documents of some rows alone.
type picker interface {
	Some(ctx context.Context, u quern.Unit, want func(row int) bool) iter.Seq2[*quern.Doc, error]
}

// some yields the documents of the wanted rows; sources that are no picker are read whole.
func some(ctx context.Context, src quern.Source, u quern.Unit, want func(row int) bool) iter.Seq2[*quern.Doc, error] {
	if p, ok := src.(picker); ok {
		return p.Some(ctx, u, want)
	}
	return func(yield func(*quern.Doc, error) bool) {
		for d, err := range src.Docs(ctx, u) {
			if err == nil && !want(d.Row.Index) {
				continue
			}
			if !yield(d, err) {
				return
			}
		}
	}
}
