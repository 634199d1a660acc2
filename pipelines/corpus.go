package pipelines

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
	"github.com/seed-83c59573/quern/tokenize"
)

const tokenizerName = "tokenizer.json"

// learnStep makes tokenizer.json: learned from a sample of the surviving texts, or copied from a file. Its inputs are the texts of
// all sources and then the rulings of deduplication.
type learnStep struct {
	spec *Spec
	env  *Env
}

func (s *learnStep) Head(ctx context.Context, _ []quern.Manifest) (quern.Manifest, error) {
	h, err := headOf(map[string]any{"tokenize": s.spec.Tokenize, "seed": s.spec.Seed}, tokenize.Version)
	if err != nil || s.spec.Tokenize.File == "" {
		return h, err
	}
	h.Inputs, err = s.env.world.inputs(ctx, s.spec.base, localFiles(s.spec.path(s.spec.Tokenize.File)), 1)
	return h, err
}

// learnFacts is what a learn step reports.
type learnFacts struct {
	Vocab  int          `json:"vocab"`
	Digest quern.Digest `json:"tokenizer"`
	Docs   int64        `json:"docs,omitempty"`  // of the sample
	Bytes  int64        `json:"bytes,omitempty"` // of the sample
}

func (s *learnStep) Run(ctx context.Context, in []quern.Manifest, dir quern.Local) (quern.Manifest, error) {
	var m quern.Manifest
	var facts learnFacts
	tok, err := s.tokenizer(ctx, in, &m, &facts)
	if err != nil {
		return m, err
	}
	b, err := tok.JSON()
	if err != nil {
		return m, err
	}
	if err := quern.WriteBlob(dir, tokenizerName, b); err != nil {
		return m, err
	}
	facts.Vocab, facts.Digest = tok.Vocab(), tok.Digest()
	m.Shards = []quern.Shard{{Name: tokenizerName, Blobs: []quern.BlobInfo{{Name: tokenizerName, Size: int64(len(b)), Digest: quern.DigestOf(b)}}}}
	m.Facts, err = json.Marshal(facts)
	return m, err
}

func (s *learnStep) tokenizer(ctx context.Context, in []quern.Manifest, m *quern.Manifest, facts *learnFacts) (*tokenize.Tokenizer, error) {
	if f := s.spec.Tokenize.File; f != "" {
		b, err := os.ReadFile(s.spec.path(f))
		if err != nil {
			return nil, err
		}
		tok, err := tokenize.Parse(b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f, err)
		}
		return tok, nil
	}
	return s.learn(ctx, in, m, facts)
}

// learn counts the sample unit by unit; counts are whole numbers, so their sum does not depend on the workers.
func (s *learnStep) learn(ctx context.Context, in []quern.Manifest, m *quern.Manifest, facts *learnFacts) (*tokenize.Tokenizer, error) {
	n := len(s.spec.Ingest)
	before, err := s.env.rulings(in[n:])
	if err != nil {
		return nil, err
	}
	bytes := map[string]int64{}
	for i, input := range s.spec.Ingest {
		_, b, _ := in[i].Totals()
		bytes[input.Domain] += b
	}
	learn := *s.spec.Tokenize.Learn
	sampler, err := learn.Sampler(s.spec.Seed, bytes)
	if err != nil {
		return nil, err
	}
	type job struct {
		src  quern.Source
		unit quern.Unit
	}
	var jobs []job
	for i, input := range s.spec.Ingest {
		src := before.survivors(s.env.textSource(in[i], input), input.Name)
		units, err := src.Units(ctx)
		if err != nil {
			return nil, err
		}
		for _, u := range units {
			jobs = append(jobs, job{src, u})
		}
	}
	counters := make([]*tokenize.Counter, max(1, min(len(jobs), s.env.workers())))
	ledgers := make([]quern.Ledger, len(jobs))
	for i := range counters {
		counters[i] = tokenize.NewCounter(learn)
	}
	err = quern.Each(ctx, len(counters), len(jobs), func(ctx context.Context, worker, i int) error {
		for d, err := range jobs[i].src.Docs(ctx, jobs[i].unit) {
			if err != nil {
				return err
			}
			l := &ledgers[i]
			l.In++
			size := int64(len(d.Text))
			if !sampler.Keep(d) {
				l.Add(quern.Tally{Source: d.Source, Domain: d.Domain, Fate: quern.Dropped, Reason: "learn.not_sampled", Docs: 1, In: size})
				continue
			}
			l.Add(quern.Tally{Source: d.Source, Domain: d.Domain, Fate: quern.Kept, Docs: 1, In: size, Out: size})
			counters[worker].Add(d.Text)
		}
		s.env.tell(Event{Step: "learn", State: "progress", Progress: quern.Progress{Units: len(jobs), Docs: ledgers[i].In, Bytes: ledgers[i].Total(quern.Kept, "").In}})
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	for _, l := range ledgers {
		m.Ledger.Merge(l)
	}
	kept := m.Ledger.Total(quern.Kept, "")
	facts.Docs, facts.Bytes = kept.Docs, kept.In
	if kept.Docs == 0 {
		return nil, fmt.Errorf("no text is left to learn a tokenizer from")
	}
	for _, c := range counters[1:] {
		counters[0].Merge(c)
	}
	return counters[0].Learn()
}

// tokenizerOf loads the tokenizer of a learn step.
func (e *Env) tokenizerOf(m quern.Manifest) (*tokenize.Tokenizer, error) {
	b, err := quern.ReadBlob(e.dataset(m), tokenizerName)
	if err != nil {
		return nil, err
	}
	return tokenize.Parse(b)
}

// tokenizeStep encodes the surviving texts of one source. Its inputs are learn, the texts and the rulings of deduplication.
type tokenizeStep struct {
	env *Env
	in  Input
}

func (s *tokenizeStep) Head(context.Context, []quern.Manifest) (quern.Manifest, error) {
	return headOf(map[string]any{"source": s.in.Name}, tokenize.Version+"/"+shard.Version)
}

func (s *tokenizeStep) Run(ctx context.Context, in []quern.Manifest, dir quern.Local) (quern.Manifest, error) {
	tok, err := s.env.tokenizerOf(in[0])
	if err != nil {
		return quern.Manifest{}, err
	}
	before, err := s.env.rulings(in[2:])
	if err != nil {
		return quern.Manifest{}, err
	}
	width := shard.TokenWidth(tok.Vocab())
	p := s.env.datasetPass("tokenize."+s.in.Name, before.survivors(s.env.textSource(in[1], s.in), s.in.Name), dir, func(name string) (quern.Sink, error) {
		return shard.Tokens(dir, name, width)
	})
	p.Stages = oneStage(func() (quern.Stage, error) { return tok.Stage(), nil })
	return p.Run(ctx)
}

// split tells the training shards of a corpus from the validation shards.
func split(m quern.Manifest) (train, validation []quern.Shard) {
	for _, s := range m.Shards {
		if strings.HasPrefix(s.Name, "validation-") {
			validation = append(validation, s)
		} else {
			train = append(train, s)
		}
	}
	return train, validation
}
