package pipelines

import (
	"encoding/json"
	"fmt"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/mix"
	"github.com/seed-83c59573/quern/train"
)

// Summary is a run as machines read it: what "quern show DIR --json" prints. Its names stay.
type Summary struct {
	Run   string        `json:"run"`
	Steps []StepSummary `json:"steps"`
	Mix   *MixSummary   `json:"mix,omitempty"`

	Fertility []FertilityRow `json:"fertility,omitempty"` // of the tokenizer, if it was learned

	Packing []Packing `json:"packing,omitempty"` // of the rows of the corpus, by split

	Warnings []string `json:"warnings,omitempty"` // of deduplication and learning, each with its step

	Classifiers map[string]ClassifierFacts `json:"classifiers,omitempty"` // by name
	Train       *train.Result              `json:"train,omitempty"`
	Tune        *train.Result              `json:"tune,omitempty"`
}

// StepSummary is one step of a run: what came in, what went out, and why the rest did not.
type StepSummary struct {
	Step     string           `json:"step"`
	Source   string           `json:"source,omitempty"`
	Key      quern.Digest     `json:"key"`
	Digest   quern.Digest     `json:"digest"`
	Folder   string           `json:"folder"`
	Cached   bool             `json:"cached"`
	Seconds  float64          `json:"seconds"`
	DocsIn   int64            `json:"docs_in"`
	DocsOut  int64            `json:"docs_out"`
	BytesIn  int64            `json:"bytes_in"`
	BytesOut int64            `json:"bytes_out"`
	Tokens   int64            `json:"tokens,omitempty"`
	Dropped  map[string]int64 `json:"dropped"`
	Skipped  map[string]int64 `json:"skipped"`
	Passed   map[string]int64 `json:"passed"` // over: what is no document
}

// LeftOut are the reasons for which what came in did not go out, of every fate.
func (s *StepSummary) LeftOut() map[string]int64 {
	all := map[string]int64{}
	for _, why := range []map[string]int64{s.Dropped, s.Skipped, s.Passed} {
		for reason, n := range why {
			all[reason] += n
		}
	}
	return all
}

// MixSummary is the mix that was asked for and the mix that was achieved.
type MixSummary struct {
	Unit     string             `json:"unit"`     // in which shares are measured: tokens, bytes or docs
	Asked    map[string]float64 `json:"asked"`    // share of each part
	Achieved map[string]float64 `json:"achieved"` // share of each part
	Tokens   map[string]int64   `json:"tokens"`   // of each part
	Epochs   map[string]float64 `json:"epochs"`   // how often its documents are seen
	Docs     map[string]int64   `json:"docs"`     // of each part, repeats counted
	Total    int64              `json:"total"`    // tokens
	Phases   []mix.PhaseSummary `json:"phases,omitempty"`
	LeftOut  []mix.Class        `json:"left_out,omitempty"` // what no ratio asks for
}

// Dataset loads the manifest of a step of a run.
func Dataset(dir quern.Local, s StepRecord) (quern.Manifest, error) {
	m, err := quern.LoadManifest(quern.Sub(dir, s.Folder))
	if err != nil {
		return m, fmt.Errorf("%s: %w", s.Folder, err)
	}
	if m.Digest != s.Digest {
		return m, fmt.Errorf("%s: digest %s, the run had %s: the dataset was made anew since", s.Folder, m.Digest.Short(), s.Digest.Short())
	}
	return m, nil
}

// Summarize reads what a run's datasets tell.
func Summarize(dir quern.Local, rec *Record) (*Summary, error) {
	sum := &Summary{Run: rec.Run}
	for _, s := range rec.Steps {
		m, err := Dataset(dir, s)
		if err != nil {
			return nil, err
		}
		sum.Steps = append(sum.Steps, summarizeStep(s, &m))
		if rules(s.Step) {
			facts, err := FactsOfDedup(s, &m)
			if err != nil {
				return nil, err
			}
			for _, w := range facts.Warnings {
				sum.Warnings = append(sum.Warnings, s.Step+": "+w)
			}
		}
		switch s.Step {
		case "classify":
			var facts ClassifierFacts
			if err := json.Unmarshal(m.Facts, &facts); err != nil {
				return nil, fmt.Errorf("%s: facts: %w", s.Folder, err)
			}
			if sum.Classifiers == nil {
				sum.Classifiers = map[string]ClassifierFacts{}
			}
			sum.Classifiers[s.Source] = facts
		case "learn":
			var facts learnFacts
			if err := json.Unmarshal(m.Facts, &facts); err != nil {
				return nil, fmt.Errorf("%s: facts: %w", s.Folder, err)
			}
			sum.Fertility = facts.Fertility
			if facts.Slow != "" {
				sum.Warnings = append(sum.Warnings, "learn: "+facts.Slow)
			}
			if facts.LongPieces > 0 {
				sum.Warnings = append(sum.Warnings, fmt.Sprintf("learn: %d pieces without a place to cut were longer than 64 KiB and left out: %d bytes", facts.LongPieces, facts.LongBytes))
			}
		case "mix":
			var facts mix.Summary
			if err := json.Unmarshal(m.Facts, &facts); err != nil {
				return nil, fmt.Errorf("%s: facts: %w", s.Folder, err)
			}
			sum.Mix = summarizeMix(facts)
		case "shard":
			facts, err := FactsOfCorpus(&m)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.Folder, err)
			}
			sum.Packing = facts.Packing
		case "train", "tune":
			r := &train.Result{}
			if err := json.Unmarshal(m.Facts, r); err != nil {
				return nil, fmt.Errorf("%s: facts: %w", s.Folder, err)
			}
			if s.Step == "train" {
				sum.Train = r
			} else {
				sum.Tune = r
			}
		}
	}
	return sum, nil
}

// FactsOfDedup reads what a step of deduplication that looked at all documents reports; of other steps, nothing.
func FactsOfDedup(s StepRecord, m *quern.Manifest) (f ClusterFacts, err error) {
	if !rules(s.Step) {
		return f, nil
	}
	if err := json.Unmarshal(m.Facts, &f); err != nil {
		return f, fmt.Errorf("%s: facts: %w", s.Folder, err)
	}
	return f, nil
}

func summarizeStep(s StepRecord, m *quern.Manifest) StepSummary {
	kept, dropped := m.Ledger.Total(quern.Kept, ""), m.Ledger.Total(quern.Dropped, "")
	_, _, tokens := m.Totals()
	return StepSummary{Step: s.Step, Source: s.Source, Key: s.Key, Digest: s.Digest, Folder: s.Folder, Cached: s.Cached, Seconds: s.Seconds,
		DocsIn: m.Ledger.In, DocsOut: kept.Docs, BytesIn: kept.In + dropped.In, BytesOut: kept.Out, Tokens: tokens,
		Dropped: m.Ledger.Reasons(quern.Dropped), Skipped: m.Ledger.Reasons(quern.Skipped),
		Passed: m.Ledger.Reasons(quern.Passed)}
}

func summarizeMix(facts mix.Summary) *MixSummary {
	s := &MixSummary{Unit: facts.Unit, Phases: facts.Phases, LeftOut: facts.LeftOut, Asked: map[string]float64{}, Achieved: map[string]float64{}, Tokens: map[string]int64{},
		Epochs: map[string]float64{}, Docs: map[string]int64{}, Total: facts.Tokens}
	for _, d := range facts.Parts {
		s.Asked[d.Name], s.Achieved[d.Name], s.Tokens[d.Name] = d.Asked, d.Achieved, d.Tokens
		s.Epochs[d.Name], s.Docs[d.Name] = d.Epochs, d.Docs
	}
	return s
}
