package report

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sort"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/dedup"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/seed-83c59573/quern/shard"
)

// sample is a document as the page shows it.
type sample struct {
	ID, Source, Domain, Origin string
	Rule                       string
	Value, Limit               float64
	Text                       string
	Cut                        bool
	rank                       uint64
}

const (
	samplesShown = 10
	sampleText   = 700  // bytes shown of a document
	sampleRead   = 1000 // kept documents looked at in a source

	dropsRead = 20_000 // dropped documents looked at in a source: rare rules must be seen too
)

// ruleSamples are documents that one rule dropped, out of those that were looked at.
type ruleSamples struct {
	Rule string
	Docs []sample
}

// samples picks ten kept documents, and of each rule ten that it dropped, by their seeds, out of the first documents of each source,
// so that a page about terabytes reads little.
func samples(dir quern.Local, rec *pipelines.Record) (kept []sample, dropped []ruleSamples, err error) {
	var spec struct {
		Seed uint64 `json:"seed"`
	}
	if err := json.Unmarshal(rec.Spec, &spec); err != nil {
		return nil, nil, err
	}
	byRule := map[string][]sample{}
	for _, s := range rec.Steps {
		if s.Step != "clean" {
			continue
		}
		m, err := pipelines.Dataset(dir, s)
		if err != nil {
			return nil, nil, err
		}
		at := quern.Sub(dir, s.Folder)
		if kept, err = sampleKept(kept, spec.Seed, s.Source, at, m.Shards); err != nil {
			return nil, nil, err
		}
		if err = sampleDropped(byRule, spec.Seed, at, m.Dropped); err != nil {
			return nil, nil, err
		}
	}
	for _, rule := range slices.Sorted(maps.Keys(byRule)) {
		dropped = append(dropped, ruleSamples{rule, best(byRule[rule])})
	}
	return best(kept), dropped, nil
}

func sampleKept(into []sample, seed uint64, source string, dir quern.Dir, shards []quern.Shard) ([]sample, error) {
	src := shard.TextSource{Dir: dir, Name: source, Shards: shards}
	units, err := src.Units(context.Background())
	if err != nil {
		return nil, err
	}
	n := 0
	for _, u := range units {
		for d, err := range src.Docs(context.Background(), u) {
			if err != nil {
				return nil, err
			}
			if into, n = append(into, newSample(seed, d)), n+1; n == sampleRead {
				return best(into), nil
			}
		}
	}
	return best(into), nil
}

func sampleDropped(byRule map[string][]sample, seed uint64, dir quern.Dir, shards []quern.Shard) error {
	n := 0
	for d, err := range (shard.DropSource{Dir: dir, Shards: shards}).Docs() {
		if err != nil {
			return err
		}
		rule := string(d.Drop.Verdict)
		s := append(byRule[rule], newSample(seed, d))
		if len(s) > 10*samplesShown {
			s = best(s)
		}
		byRule[rule] = s
		if n++; n == dropsRead {
			break
		}
	}
	return nil
}

func newSample(seed uint64, d *quern.Doc) sample {
	s := sample{ID: d.ID.String(), Source: d.Source, Domain: d.Domain, Origin: d.Origin, Rule: string(d.Drop.Verdict),
		Value: d.Drop.Value, Limit: d.Drop.Limit, rank: quern.Seed(seed, "report", d.ID)}
	s.Text, s.Cut = shortened(d.Text, sampleText)
	return s
}

// shortened is the start of a text, of so many bytes at most.
func shortened(text []byte, most int) (start string, cut bool) {
	if cut = len(text) > most; cut {
		text = text[:most]
		for len(text) > 0 && !utf8.Valid(text) {
			text = text[:len(text)-1]
		}
	}
	return string(text), cut
}

func best(s []sample) []sample {
	sort.Slice(s, func(i, j int) bool {
		if s[i].rank != s[j].rank {
			return s[i].rank < s[j].rank
		}
		return s[i].ID < s[j].ID
	})
	return s[:min(len(s), samplesShown)]
}

// pair shows the texts of one removal.
type pair struct {
	Reason        string
	Similarity    float64
	Removed, Kept string
}

const pairsShown = 5

// pairs reads the texts of the first examples of removals.
func pairs(dir quern.Local, rec *pipelines.Record, examples []dedup.Example) ([]pair, error) {
	var out []pair
	for _, e := range examples[:min(len(examples), pairsShown)] {
		removed, err := textAt(dir, rec, e.Removed)
		if err != nil {
			return nil, err
		}
		kept, err := textAt(dir, rec, e.Kept)
		if err != nil {
			return nil, err
		}
		out = append(out, pair{e.Reason, e.Similarity, removed, kept})
	}
	return out, nil
}

// textAt reads the start of the text that went into deduplication at a place.
func textAt(dir quern.Local, rec *pipelines.Record, p dedup.Place) (string, error) {
	var text pipelines.StepRecord
	for _, s := range rec.Steps {
		if (s.Step == "ingest" || s.Step == "clean") && s.Source == p.Dataset {
			text = s // the last of them is what was signed
		}
	}
	if text.Folder == "" { // of an earlier corpus
		return fmt.Sprintf("(document %s of %s, which has no texts)", p.ID, p.Dataset), nil
	}
	m, err := pipelines.Dataset(dir, text)
	if err != nil {
		return "", err
	}
	src := shard.TextSource{Dir: quern.Sub(dir, text.Folder), Name: p.Dataset, Shards: m.Shards}
	units, err := src.Units(context.Background())
	if err != nil {
		return "", err
	}
	for d, err := range src.Docs(context.Background(), units[p.Shard]) {
		if err != nil {
			return "", err
		}
		if d.Row.Index == p.Row {
			return newSample(0, d).Text, nil
		}
	}
	return "", fmt.Errorf("%s: no document at shard %d, row %d", text.Folder, p.Shard, p.Row)
}
