package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/dedup"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/seed-83c59573/quern/shard"
)

// addition is what a finished run can add to an index.
type addition struct {
	dedup.Addition
	config dedup.Config
	seed   uint64
	run    string
}

// signOptions are the options of a sign step, as its manifest has them.
type signOptions struct {
	Exact *dedup.Exact `json:"exact"`
	Near  *dedup.Near  `json:"near"`
	Seed  uint64       `json:"seed"`
}

// openAddition collects the texts, signatures and removals of a run.
func openAddition(path, name string) (*addition, error) {
	dir := quern.Local(path)
	rec, err := pipelines.LoadRecord(dir, name)
	if err != nil {
		return nil, err
	}
	var spec struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal(rec.Spec, &spec); err != nil {
		return nil, fmt.Errorf("%s: its spec: %w", rec.Run, err)
	}
	if spec.Name == "" {
		spec.Name = rec.Run
	}
	a := &addition{run: rec.Run, Addition: dedup.Addition{Run: spec.Name}}
	texts := map[string]pipelines.StepRecord{}
	var signs []pipelines.StepRecord
	var parts []byte
	for _, s := range rec.Steps {
		switch s.Step {
		case "ingest", "clean":
			texts[s.Source] = s
		case "sign":
			signs = append(signs, s)
			parts = append(parts, s.Digest...)
		case "cluster":
			if _, err := pipelines.Dataset(dir, s); err != nil {
				return nil, err
			}
			a.Removals = quern.Sub(dir, s.Folder)
			parts = append(parts, s.Digest...)
		}
	}
	if a.Removals == nil || len(signs) == 0 {
		return nil, fmt.Errorf("%s: the run has not looked for duplicates: its spec has no dedup, or it ended before", rec.Run)
	}
	a.Input = quern.DigestOf(parts)
	for i, s := range signs {
		set, options, err := openSigned(dir, s, texts[s.Source])
		if err != nil {
			return nil, err
		}
		if i > 0 && options.Seed != a.seed {
			return nil, fmt.Errorf("%s: its sources are signed under different seeds", rec.Run)
		}
		a.config, a.seed = dedup.Config{Exact: options.Exact, Near: options.Near}, options.Seed
		if options.Near != nil && options.Near.Measure == dedup.MeasureContainment {
			a.config.Stays = dedup.StaysLongest
		}
		a.Sets = append(a.Sets, set)
	}
	return a, nil
}

// openSigned is the texts and signatures of one source.
func openSigned(dir quern.Local, sign, text pipelines.StepRecord) (set dedup.Dataset, o signOptions, err error) {
	if text.Folder == "" {
		return set, o, fmt.Errorf("%s is signed, but has no texts", sign.Source)
	}
	signed, err := pipelines.Dataset(dir, sign)
	if err != nil {
		return set, o, err
	}
	texts, err := pipelines.Dataset(dir, text)
	if err != nil {
		return set, o, err
	}
	if !slices.ContainsFunc(signed.Inputs, func(in quern.Input) bool { return in.Digest == texts.Digest }) {
		return set, o, fmt.Errorf("%s: the signatures are of other texts than those of %s", sign.Folder, text.Folder)
	}
	strict := json.NewDecoder(bytes.NewReader(signed.Options))
	strict.DisallowUnknownFields() // an option that is not known here would be lost
	if err := strict.Decode(&o); err != nil {
		return set, o, fmt.Errorf("%s: its options: %w", sign.Folder, err)
	}
	domain := ""
	if t := texts.Ledger.Tallies; len(t) > 0 {
		domain = t[0].Domain
	}
	set = dedup.Dataset{Name: sign.Source, Domain: domain, Dir: quern.Sub(dir, sign.Folder), Shards: signed.Shards,
		Texts: shard.TextSource{Dir: quern.Sub(dir, text.Folder), Name: sign.Source, Domain: domain, Shards: texts.Shards}}
	return set, o, nil
}
