package pipelines

import (
	"cmp"
	"context"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/tokenize"
)

// FertilityRow is how the learned tokenizer spells one kind of text.
type FertilityRow struct {
	Domain string `json:"domain"`
	Source string `json:"source"`
	Lang   string `json:"lang,omitempty"`
	tokenize.Fertility
}

const (
	probeBytes = 8 << 20  // of text that is measured, about
	probeText  = 64 << 10 // bytes of a document that are measured, at most
)

// probe keeps some documents of the sample aside, to be measured when there is a tokenizer. Which ones depends on the seed and their IDs alone.
type probe struct {
	run   uint64
	below uint64
	kept  [][]probed // by unit
}

type probed struct {
	domain, source, lang string
	text                 []byte
}

// newProbe plans for a sample of so many bytes.
func newProbe(run uint64, sample int64, units int) *probe {
	p := &probe{run: run, below: math.MaxUint64, kept: make([][]probed, units)}
	if share := float64(probeBytes) / float64(max(1, sample)); share < 1 {
		p.below = uint64(share * (1 << 63) * 2)
	}
	return p
}

// take keeps a copy of a document of unit i, if it is one of those.
func (p *probe) take(i int, d *quern.Doc) {
	if p.below != math.MaxUint64 && quern.Seed(p.run, "fertility", d.ID) >= p.below {
		return
	}
	n := len(d.Text)
	if n > probeText {
		for n = probeText; n > probeText-utf8.UTFMax && !utf8.RuneStart(d.Text[n]); n-- {
		}
	}
	p.kept[i] = append(p.kept[i], probed{d.Domain, d.Source, d.Lang, slices.Clone(d.Text[:n])})
}

// measure gives a row for each domain, source and language.
func (p *probe) measure(ctx context.Context, tok *tokenize.Tokenizer, workers int) ([]FertilityRow, error) {
	gauges := make([]*tokenize.Gauge, workers)
	found := make([][]FertilityRow, len(p.kept))
	err := quern.Each(ctx, workers, len(p.kept), func(ctx context.Context, worker, i int) error {
		if gauges[worker] == nil {
			gauges[worker] = tok.NewGauge()
		}
		for _, d := range p.kept[i] {
			f, err := gauges[worker].Measure(d.text)
			if err != nil {
				return err
			}
			found[i] = append(found[i], FertilityRow{d.domain, d.source, d.lang, f})
		}
		return ctx.Err()
	})
	return SumFertility(slices.Concat(found...)), err
}

// SumFertility adds up the rows of one domain, source and language, and sorts.
func SumFertility(rows []FertilityRow) (sums []FertilityRow) {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, compareFertility)
	for _, r := range rows {
		if n := len(sums); n > 0 && compareFertility(sums[n-1], r) == 0 {
			sums[n-1].Add(r.Fertility)
		} else {
			sums = append(sums, r)
		}
	}
	return sums
}

func compareFertility(a, b FertilityRow) int {
	return cmp.Or(cmp.Compare(a.Domain, b.Domain), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Lang, b.Lang))
}
