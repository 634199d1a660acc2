package pipelines

import (
	"context"
	"fmt"
	"iter"
	"path"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
)

// ExportAttributes writes the documents that came into the clean steps of a run, and all that was measured on them, as the Dolma
// toolkit lays them out, one pair of files a shard: documents/<source>/00000.jsonl.gz and attributes/<experiment>/<source>/….
func ExportAttributes(ctx context.Context, dir quern.Local, rec *Record, to quern.Dir, experiment string, workers int) (docs int64, err error) {
	if !plainName.MatchString(experiment) {
		return 0, fmt.Errorf("experiment %q: want letters, digits, - and _", clip(experiment))
	}
	type job struct{ texts, facts StepRecord }
	var jobs []job
	ingested := map[string]StepRecord{}
	for _, s := range rec.Steps {
		switch s.Step {
		case "ingest":
			ingested[s.Source] = s
		case "clean":
			jobs = append(jobs, job{ingested[s.Source], s})
		}
	}
	if len(jobs) == 0 {
		return 0, fmt.Errorf("the run has no clean step")
	}
	for _, j := range jobs {
		n, err := exportSource(ctx, dir, j.texts, j.facts, to, experiment, workers)
		if err != nil {
			return 0, err
		}
		docs += n
	}
	return docs, nil
}

func exportSource(ctx context.Context, dir quern.Local, texts, facts StepRecord, to quern.Dir, experiment string, workers int) (int64, error) {
	in, err := Dataset(dir, texts)
	if err != nil {
		return 0, err
	}
	judged, err := Dataset(dir, facts)
	if err != nil {
		return 0, err
	}
	source := shard.TextSource{Dir: quern.Sub(dir, texts.Folder), Name: texts.Source, Shards: in.Shards}
	units, err := source.Units(ctx)
	if err != nil {
		return 0, err
	}
	if len(units) != len(judged.Shards) {
		return 0, fmt.Errorf("%s has %d shards, %s %d", texts.Folder, len(units), facts.Folder, len(judged.Shards))
	}
	counts := make([]int64, len(units))
	err = quern.Each(ctx, workers, len(units), func(ctx context.Context, _, i int) error {
		name := factsBlob(judged.Shards[i])
		if name == "" {
			return fmt.Errorf("%s has no stored facts: its spec says clean: {facts: off}", facts.Folder)
		}
		w, err := shard.NewDolma(to, experiment, path.Join(texts.Source, fmt.Sprintf("%05d", i)))
		if err != nil {
			return err
		}
		if counts[i], err = pairUp(ctx, w, source, units[i], quern.Sub(dir, facts.Folder), name); err != nil {
			w.Abort()
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
	total := int64(0)
	for _, n := range counts {
		total += n
	}
	return total, err
}

// factsBlob names the facts beside a shard of clean texts; "" if there are none.
func factsBlob(s quern.Shard) string {
	for _, b := range s.Blobs {
		if strings.HasPrefix(b.Name, factsFolder) {
			return b.Name
		}
	}
	return ""
}

// pairUp puts each text and its facts, which stand in the same order.
func pairUp(ctx context.Context, w *shard.Dolma, source shard.TextSource, u quern.Unit, dir quern.Dir, facts string) (int64, error) {
	next, stop := iter.Pull2(source.Docs(ctx, u))
	defer stop()
	var fault error
	err := shard.ReadFacts(dir, facts, func(r *shard.FactRow) bool {
		d, err, ok := next()
		switch {
		case !ok:
			fault = fmt.Errorf("it has more rows than %s has documents", u.Name)
		case err != nil:
			fault = err
		default:
			fault = w.Put(d, r)
		}
		return fault != nil
	})
	if err == nil {
		err = fault
	}
	if err != nil {
		return 0, err
	}
	if _, _, more := next(); more {
		return 0, fmt.Errorf("it has fewer rows than %s has documents", u.Name)
	}
	return w.Commit()
}
