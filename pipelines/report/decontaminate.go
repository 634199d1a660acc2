package report

import (
	"math"
	"slices"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/clean/decon"
	"github.com/seed-83c59573/quern/pipelines"
)

// evalItems is what the page shows of decontamination.
type evalItems struct {
	Found []pipelines.EvalHits
	Docs  []evalDoc // ten of all sources at most, in turn
}

type evalDoc struct {
	Source, ID, Origin string
	Hit                *decon.Hit // the best; nil = nothing is found now
	Others             int        // hits in the same document
	Before, Match      string     // Hit.Text, cut where the question begins and ends
	After              string
}

const evalShown = 10

// evaluation finds again what decontaminate found; nil if no source has that rule.
func evaluation(dir quern.Local, rec *pipelines.Record) (*evalItems, error) {
	found, err := pipelines.FindEvalHits(dir, rec, "", evalShown)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	e := &evalItems{Found: found}
	for i := range evalShown {
		for _, h := range found {
			if h.Gone == "" && i < len(h.Docs) && len(e.Docs) < evalShown {
				e.Docs = append(e.Docs, newEvalDoc(h.Source, h.Docs[i]))
			}
		}
	}
	return e, nil
}

func newEvalDoc(source string, d pipelines.EvalHitsDoc) evalDoc {
	doc := evalDoc{Source: source, ID: d.ID, Origin: d.Origin}
	if len(d.Hits) == 0 {
		return doc
	}
	h := slices.MaxFunc(d.Hits, func(a, b decon.Hit) int {
		switch {
		case a.Score < b.Score:
			return -1
		case a.Score > b.Score:
			return 1
		}
		return 0
	})
	cut := func(at int) int { return max(0, min(at-h.Begin, len(h.Text))) }
	from := cut(h.From)
	to := max(from, cut(h.To))
	doc.Hit, doc.Others = &h, len(d.Hits)-1
	doc.Before, doc.Match, doc.After = h.Text[:from], h.Text[from:to], h.Text[to:]
	return doc
}

// Parts says how much of each part of the item was met.
func (d evalDoc) Parts() (parts []itemPart) {
	for _, p := range []itemPart{{"question", d.Hit.Question}, {"answer", d.Hit.Answer}, {"passage", d.Hit.Passage}} {
		if !math.IsNaN(p.Share) {
			parts = append(parts, p)
		}
	}
	return parts
}

type itemPart struct {
	Name  string
	Share float64
}
