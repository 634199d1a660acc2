package pipelines

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/clean"
	"github.com/seed-83c59573/quern/clean/decon"
	"github.com/seed-83c59573/quern/shard"
)

// EvalHits are documents of a source that decontaminate dropped, and what it found in them.
type EvalHits struct {
	Source  string
	Dropped int64         // documents that the rule dropped
	Docs    []EvalHitsDoc // the first of them
	Gone    string        // why the items cannot be shown; "" = they can
}

// EvalHitsDoc is a dropped document with the evaluation items found in it.
type EvalHitsDoc struct {
	ID, Origin string
	Hits       []decon.Hit // none if the evaluation files are no longer those of the run
}

const decontaminated = "clean.decontaminate."

// FindEvalHits reads the documents that decontaminate dropped in a run, most of them of each source at most, and searches them again. base
// is where relative paths of evaluation files begin; "" = the working directory, the run's folder or one of the two above it, whichever
// has all of them. Sources whose rules do not hold decontaminate are left out. Missing evaluation files are no error.
func FindEvalHits(dir quern.Local, rec *Record, base string, most int) (all []EvalHits, err error) {
	for _, s := range rec.Steps {
		if s.Step != "clean" {
			continue
		}
		m, links, err := cleaned(dir, s)
		if err != nil {
			return nil, err
		}
		h := EvalHits{Source: s.Source}
		var finders []evalFinder
		for _, l := range links {
			rule, ok := l.Config.(*clean.Decontaminate)
			if !ok {
				continue
			}
			rule.At(evalBase(dir, base, rule))
			find, err := rule.Explainer()
			if err != nil {
				h.Gone = err.Error()
				find = func([]byte) []decon.Hit { return nil }
			}
			finders = append(finders, evalFinder{l.Lang, find})
		}
		if len(finders) == 0 {
			continue
		}
		for _, t := range m.Ledger.Tallies {
			if t.Fate == quern.Dropped && strings.HasPrefix(t.Reason, decontaminated) {
				h.Dropped += t.Docs
			}
		}
		if err := h.read(quern.Sub(dir, s.Folder), m.Dropped, finders, most); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Folder, err)
		}
		all = append(all, h)
	}
	return all, nil
}

// evalFinder searches texts of a language.
type evalFinder struct {
	lang string
	find func(text []byte) []decon.Hit
}

func (h *EvalHits) read(dir quern.Dir, dropped []quern.Shard, finders []evalFinder, most int) error {
	if h.Dropped == 0 || most == 0 {
		return nil
	}
	for d, err := range (shard.DropSource{Dir: dir, Shards: dropped}).Docs() {
		if err != nil {
			return err
		}
		if !strings.HasPrefix(string(d.Drop.Verdict), decontaminated) {
			continue
		}
		doc := EvalHitsDoc{ID: d.ID.String(), Origin: d.Origin}
		for _, f := range finders {
			if len(doc.Hits) == 0 && clean.Speaks(d.Lang, f.lang) {
				doc.Hits = f.find(d.Text)
			}
		}
		if h.Docs = append(h.Docs, doc); len(h.Docs) == most {
			break
		}
	}
	return nil
}

// evalBase is the folder that the relative paths of a rule begin at: a run does not record where its spec stood.
func evalBase(dir quern.Local, base string, rule *clean.Decontaminate) string {
	if base != "" {
		return base
	}
	run := string(dir)
	for _, c := range []string{"", run, filepath.Join(run, ".."), filepath.Join(run, "..", "..")} {
		rule.At(c)
		found := true
		for _, p := range rule.Files() {
			if _, err := os.Stat(p); err != nil {
				found = false
			}
		}
		if found {
			return c
		}
	}
	return ""
}
