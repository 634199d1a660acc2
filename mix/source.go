package mix

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/seed-83c59573/quern"
)

// Fetch reads a document's tokens into d: document doc of a set, by their numbers in what Make or Parse was given.
type Fetch func(set, doc int, d *quern.Doc) error

// Source yields the corpus: units "train-00000" … in the plan's order and "validation-00000" … in an order of their own, each of at
// most maxTokens tokens (or one longer document). A phase begins a new unit.
func (p *Plan) Source(maxTokens int64, fetch Fetch) quern.Source {
	return &source{p, maxTokens, fetch}
}

type source struct {
	plan      *Plan
	maxTokens int64
	fetch     Fetch
}

func (s *source) Units(ctx context.Context) ([]quern.Unit, error) {
	train, err := s.cut(ctx, "train", s.plan.order.len())
	if err != nil {
		return nil, err
	}
	validation, err := s.cut(ctx, "validation", s.plan.held.Len())
	return append(train, validation...), err
}

// cut makes units of consecutive documents.
func (s *source) cut(ctx context.Context, name string, n int64) ([]quern.Unit, error) {
	var units []quern.Unit
	from, tokens := int64(0), int64(0)
	end := func(to int64) {
		u := fmt.Sprintf("%s-%05d", name, len(units))
		units = append(units, quern.Unit{Name: u, Source: "mix", Domain: "", Parts: []quern.Part{{Path: name, From: from, To: to}}})
		from, tokens = to, 0
	}
	for i := range n {
		if i&0xFFFF == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		_, l, doc := s.document(name, i)
		t := int64(l.tokens.at(doc))
		if i > from && (tokens+t > s.maxTokens || name == "train" && slices.Contains(s.plan.order.phases, i)) {
			end(i)
		}
		tokens += t
	}
	if n > from {
		end(n)
	}
	return units, nil
}

// document is the i-th of a split: its class, the list of the class that it is in, and its number there.
func (s *source) document(name string, i int64) (c *Class, l *list, doc int64) {
	if name == "train" {
		c, doc = s.plan.order.at(i)
		return c, &c.train, doc
	}
	i = s.plan.held.At(i) // shuffled, so that the first of them are like all of them
	for d := range s.plan.Parts {
		part := &s.plan.Parts[d]
		if i < int64(len(part.held)) {
			c, doc = part.heldAt(int64(part.held[i]))
			return c, &c.held, doc
		}
		i -= int64(len(part.held))
	}
	panic("mix: validation document beyond the plan")
}

func (s *source) Docs(_ context.Context, u quern.Unit) iter.Seq2[*quern.Doc, error] {
	return func(yield func(*quern.Doc, error) bool) {
		var d quern.Doc
		for _, p := range u.Parts {
			for i := p.From; i < p.To; i++ {
				c, l, doc := s.document(p.Path, i)
				d.Reset()
				d.Domain, d.Source, d.Lang, d.Bucket = c.Domain, c.Source, c.Lang, c.Bucket
				if err := s.fetch(c.set, int(l.docs.at(doc)), &d); err != nil {
					yield(nil, err)
					return
				}
				if !yield(&d, nil) {
					return
				}
			}
		}
	}
}
