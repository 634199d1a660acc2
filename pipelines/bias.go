package pipelines

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/clean"
	"github.com/seed-83c59573/quern/shard"
)

// BiasOptions say what is counted and what it is compared with: another run, named sources of the same run, or nothing.
type BiasOptions struct {
	Terms     clean.BiasTerms // nil = the built-in lists
	Against   quern.Local     // the folder of another run; "" = none
	Other     *Record         // that run
	Reference []string        // sources of this run, which are then left out of what is compared
	Contexts  int             // of each group; 0 = 20, -1 = none
	Workers   int             // 0 = one per processor; never changes the result
}

// BiasReport is what a bias report says, for machines too. Its JSON names stay.
type BiasReport struct {
	Run       string   `json:"run"`
	Sources   []string `json:"sources"`
	Against   string   `json:"against,omitempty"`   // the other run
	Reference []string `json:"reference,omitempty"` // the sources that are the reference
	clean.BiasReport
}

// Bias counts who is named in the texts that survive cleaning and deduplication in a run, and near which words.
func Bias(ctx context.Context, dir quern.Local, rec *Record, o BiasOptions) (*BiasReport, error) {
	if o.Other != nil && len(o.Reference) > 0 {
		return nil, errors.New("give either another run or sources of this one as the reference")
	}
	if o.Terms == nil {
		o.Terms = clean.DefaultBiasTerms()
	}
	empty, err := clean.NewBiasCounter(o.Terms, 0)
	if err != nil {
		return nil, err
	}
	r := &BiasReport{Run: rec.Run, Reference: o.Reference}
	all := textSteps(rec)
	for _, s := range all {
		if !slices.Contains(o.Reference, s.Source) {
			r.Sources = append(r.Sources, s.Source)
		}
	}
	for _, name := range o.Reference {
		if !slices.ContainsFunc(all, func(s StepRecord) bool { return s.Source == name }) {
			return nil, fmt.Errorf("%s has no source %q; it has %s", rec.Run, clip(name), strings.Join(r.Sources, ", "))
		}
	}
	if len(r.Sources) == 0 {
		return nil, fmt.Errorf("%s: no source is left to report on", rec.Run)
	}
	have, err := countBias(ctx, dir, rec, r.Sources, empty, o.Workers)
	if err != nil {
		return nil, err
	}
	var ref *clean.BiasCounter
	switch {
	case o.Other != nil:
		r.Against = o.Other.Run
		var names []string
		for _, s := range textSteps(o.Other) {
			names = append(names, s.Source)
		}
		ref, err = countBias(ctx, o.Against, o.Other, names, empty, o.Workers)
	case len(o.Reference) > 0:
		ref, err = countBias(ctx, dir, rec, o.Reference, empty, o.Workers)
	}
	if err != nil {
		return nil, err
	}
	counts, err := have.Report(ref, o.Contexts)
	if err != nil {
		return nil, err
	}
	r.BiasReport = *counts
	return r, nil
}

// textSteps are the steps that made the texts of a run, one a source: clean, or ingest where nothing was cleaned.
func textSteps(rec *Record) (steps []StepRecord) {
	for _, s := range rec.Steps {
		i := slices.IndexFunc(steps, func(o StepRecord) bool { return o.Source == s.Source })
		switch {
		case s.Step == "ingest":
			steps = append(steps, s)
		case s.Step == "clean" && i >= 0:
			steps[i] = s
		}
	}
	return steps
}

// countBias counts the survivors of sources, one counter a worker: counts do not depend on who counted what.
func countBias(ctx context.Context, dir quern.Local, rec *Record, sources []string, empty *clean.BiasCounter, workers int) (*clean.BiasCounter, error) {
	var before rulings
	for _, s := range rec.Steps {
		if !rules(s.Step) {
			continue
		}
		m, err := Dataset(dir, s)
		if err == nil {
			err = before.add(s.Step, quern.Sub(dir, s.Folder), m.Shards)
		}
		if err != nil {
			return nil, err
		}
	}
	type job struct {
		src  quern.Source
		unit quern.Unit
	}
	var jobs []job
	for _, s := range textSteps(rec) {
		if !slices.Contains(sources, s.Source) {
			continue
		}
		m, err := Dataset(dir, s)
		if err != nil {
			return nil, err
		}
		src := before.survivors(shard.TextSource{Dir: quern.Sub(dir, s.Folder), Name: s.Source, Shards: m.Shards}, s.Source)
		units, err := src.Units(ctx)
		if err != nil {
			return nil, err
		}
		for _, u := range units {
			jobs = append(jobs, job{src, u})
		}
	}
	counters := make([]*clean.BiasCounter, max(1, min(len(jobs), (&Env{Workers: workers}).workers())))
	for i := range counters {
		counters[i] = empty.Fresh()
	}
	err := quern.Each(ctx, len(counters), len(jobs), func(ctx context.Context, worker, i int) error {
		for d, err := range jobs[i].src.Docs(ctx, jobs[i].unit) {
			if err != nil {
				return fmt.Errorf("%s: %w", jobs[i].unit.Name, err)
			}
			counters[worker].Add(d)
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	for _, c := range counters[1:] {
		if err := counters[0].Merge(c); err != nil {
			return nil, err
		}
	}
	return counters[0], nil
}
