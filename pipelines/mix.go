package pipelines

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/mix"
	"github.com/seed-83c59573/quern/shard"
)

const planName = "plan.json"

// mixStep decides which documents are in the corpus, how often and in which order. Its inputs are the token datasets and, if earlier
// corpora are replayed, learn.
type mixStep struct {
	spec *Spec
	env  *Env
}

func (s *Spec) validation() float64 {
	if s.Shard == nil {
		return 0
	}
	return s.Shard.Validation
}

func (s *mixStep) Head(context.Context, []quern.Manifest) (quern.Manifest, error) {
	h, err := headOf(map[string]any{"mix": s.spec.Mix, "validation": s.spec.validation(), "seed": s.spec.Seed}, mix.Version)
	if err != nil {
		return h, err
	}
	for _, r := range s.spec.Mix.Replay {
		old, err := s.spec.replay(r)
		if err != nil {
			return h, err
		}
		for _, m := range old.sets {
			h.Inputs = append(h.Inputs, quern.Input{Name: "replay." + r.Name + "/" + m.Step, Digest: m.Digest})
		}
	}
	return h, nil
}

func (s *mixStep) Run(ctx context.Context, in []quern.Manifest, dir quern.Local) (quern.Manifest, error) {
	var m quern.Manifest
	n := len(s.spec.tokenSources())
	var learn *quern.Manifest
	if len(in) > n {
		learn = &in[n]
	}
	sets, err := s.env.openTokens(s.spec, in[:n], learn)
	if err != nil {
		return m, err
	}
	defer sets.close()
	plan, err := mix.Make(ctx, s.spec.Mix, s.env.mixOptions(s.spec), sets.sets)
	if err != nil {
		return m, err
	}
	b, err := plan.JSON()
	if err != nil {
		return m, err
	}
	if err := quern.WriteBlob(dir, planName, b); err != nil {
		return m, err
	}
	m.Shards = []quern.Shard{{Name: planName, Blobs: []quern.BlobInfo{{Name: planName, Size: int64(len(b)), Digest: quern.DigestOf(b)}}}}
	m.Facts, err = json.Marshal(plan.Summary())
	return m, err
}

func (e *Env) mixOptions(spec *Spec) mix.Options {
	return mix.Options{Seed: spec.Seed, Validation: spec.validation(), Mem: e.Mem, Workers: e.workers()}
}

// tokenSets are the open token datasets of a mix: those of the sources, then those that are replayed.
type tokenSets struct {
	readers []*shard.TokenReader
	sets    []mix.Set
}

func (t *tokenSets) close() {
	for _, r := range t.readers {
		r.Close()
	}
}

func (t *tokenSets) add(dir quern.Dir, shards []quern.Shard, name, domain string) error {
	r, err := shard.OpenTokens(dir, shards)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	t.readers = append(t.readers, r)
	t.sets = append(t.sets, mix.Set{Name: name, Domain: domain, Docs: r.Docs(), Rows: func(f func(*mix.Row) error) error {
		var to mix.Row
		return r.Rows(func(_ int64, row *shard.TokenRow) error {
			to = mix.Row{ID: row.ID, Group: row.Group, Tokens: row.Tokens, Bytes: row.Bytes, Copies: row.Copies, Lang: row.Lang, Bucket: row.Bucket}
			return f(&to)
		})
	}})
	return nil
}

func (t *tokenSets) fetch(set, doc int, d *quern.Doc) error { return t.readers[set].Fetch(doc, d) }

// openTokens opens the token datasets of all sources, and those that the mix replays, whose tokenizer must be that of learn.
func (e *Env) openTokens(spec *Spec, in []quern.Manifest, learn *quern.Manifest) (*tokenSets, error) {
	open := &tokenSets{}
	err := func() error {
		for i, input := range spec.tokenSources() {
			if err := open.add(e.dataset(in[i]), in[i].Shards, input.Name, input.Domain); err != nil {
				return err
			}
		}
		for _, r := range spec.Mix.Replay {
			if err := e.openReplay(spec, r, learn, open); err != nil {
				return fmt.Errorf("mix.replay %s: %w", r.Name, err)
			}
		}
		return nil
	}()
	if err != nil {
		open.close()
		return nil, err
	}
	return open, nil
}

func (e *Env) openReplay(spec *Spec, r mix.Replay, learn *quern.Manifest, open *tokenSets) error {
	old, err := spec.replay(r)
	if err != nil {
		return err
	}
	var have learnFacts
	if err := json.Unmarshal(learn.Facts, &have); err != nil {
		return fmt.Errorf("facts of learn: %w", err)
	}
	if old.tokenizer != have.Digest {
		return fmt.Errorf("the tokens of %s are those of tokenizer %s, this run has %s: replay needs the same one; set tokenize: {file: %s}",
			old.run, old.tokenizer.Short(), have.Digest.Short(), filepath.Join(r.Run, old.learn, tokenizerName))
	}
	for i, m := range old.sets {
		name := r.Name
		if len(old.sets) > 1 {
			name += "/" + old.sources[i]
		}
		if err := open.add(quern.Sub(old.root, Folder(m.Step, m.Key)), m.Shards, name, r.Name); err != nil {
			return err
		}
		open.sets[len(open.sets)-1].Replay = true
	}
	return nil
}

// replayed is what an earlier run gives to a mix.
type replayed struct {
	root      quern.Local
	run       string
	learn     string // the folder of its tokenizer
	tokenizer quern.Digest
	sets      []quern.Manifest
	sources   []string // of each set
}

// replay finds the datasets of an earlier run: the training split of its corpus, or all its tokens.
func (s *Spec) replay(r mix.Replay) (*replayed, error) {
	old := &replayed{root: quern.Local(s.path(r.Run))}
	fail := func(err error) (*replayed, error) { return nil, fmt.Errorf("mix.replay %s: %w", r.Name, err) }
	rec, err := LoadRecord(old.root, r.Of)
	if err != nil {
		return fail(err)
	}
	old.run = rec.Run
	want := r.Step
	if want == "" {
		want = "shard"
	}
	for _, step := range rec.Steps {
		if step.Step != want && step.Step != "learn" {
			continue
		}
		m, err := Dataset(old.root, step)
		if err != nil {
			return fail(err)
		}
		if step.Step == "learn" {
			var facts learnFacts
			if err := json.Unmarshal(m.Facts, &facts); err != nil {
				return fail(fmt.Errorf("facts of learn: %w", err))
			}
			old.tokenizer, old.learn = facts.Digest, step.Folder
			continue
		}
		if want == "shard" {
			m.Shards, _ = split(m)
		}
		old.sets, old.sources = append(old.sets, m), append(old.sources, step.Source)
	}
	if len(old.sets) == 0 {
		return fail(fmt.Errorf("the run %s in %s has no %s step: it ended before", rec.Run, r.Run, want))
	}
	return old, nil
}

// shardStep writes the corpus in the order of the plan. Its inputs are mix, learn and the token datasets.
type shardStep struct {
	spec *Spec
	env  *Env
}

func (s *shardStep) Head(context.Context, []quern.Manifest) (quern.Manifest, error) {
	return headOf(map[string]any{"shard": s.spec.Shard, "seed": s.spec.Seed}, shard.Version+"/"+mix.Version)
}

func (s *shardStep) Run(ctx context.Context, in []quern.Manifest, dir quern.Local) (quern.Manifest, error) {
	b, err := quern.ReadBlob(s.env.dataset(in[0]), planName)
	if err != nil {
		return quern.Manifest{}, err
	}
	tok, err := s.env.tokenizerOf(in[1])
	if err != nil {
		return quern.Manifest{}, err
	}
	sets, err := s.env.openTokens(s.spec, in[2:], &in[1])
	if err != nil {
		return quern.Manifest{}, err
	}
	defer sets.close()
	plan, err := mix.Parse(ctx, b, s.env.mixOptions(s.spec), sets.sets)
	if err != nil {
		return quern.Manifest{}, fmt.Errorf("%s: %w", planName, err)
	}
	lineage := shard.Lineage{Tokenizer: tok.Digest(), Mix: in[0].Digest, Seed: s.spec.Seed, Pad: tok.EndOfText()}
	width := shard.TokenWidth(tok.Vocab())
	p := s.env.datasetPass("shard", plan.Source(s.spec.Shard.Tokens, sets.fetch), dir, nil)
	p.Sink = func(_ int, u quern.Unit) (quern.Sink, error) {
		return s.spec.Shard.Forms.Sink(dir, u.Name, width, lineage)
	}
	m, err := p.Run(ctx)
	if err == nil {
		m.Facts, err = factsOfPacking(m)
	}
	return m, err
}
