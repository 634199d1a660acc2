package pipelines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/seed-83c59573/quern"
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

	Slow string `json:"slow,omitempty"` // what readers must know of a tokenizer without a fast path

	LongPieces int64          `json:"long_pieces,omitempty"` // left out as too long to learn from
	LongBytes  int64          `json:"long_bytes,omitempty"`  // theirs
	Fertility  []FertilityRow `json:"fertility,omitempty"`   // of documents of the sample
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
	if facts.Slow = SlowTokenizer(tok); facts.Slow != "" {
		s.env.tell(Event{Step: "learn", State: "note", Reason: facts.Slow})
	}
	m.Shards = []quern.Shard{{Name: tokenizerName, Blobs: []quern.BlobInfo{{Name: tokenizerName, Size: int64(len(b)), Digest: quern.DigestOf(b)}}}}
	m.Facts, err = json.Marshal(facts)
	return m, err
}

func (s *learnStep) tokenizer(ctx context.Context, in []quern.Manifest, m *quern.Manifest, facts *learnFacts) (*tokenize.Tokenizer, error) {
	if s.spec.Tokenize.File != "" {
		return s.spec.tokenizerFile()
	}
	return s.learn(ctx, in, m, facts)
}

// learn counts the sample unit by unit; counts are whole numbers, so their sum does not depend on the workers.
func (s *learnStep) learn(ctx context.Context, in []quern.Manifest, m *quern.Manifest, facts *learnFacts) (tok *tokenize.Tokenizer, err error) {
	learn := *s.spec.Tokenize.Learn
	sampler, total, err := s.sampler(in)
	if err != nil {
		return nil, err
	}
	jobs, err := s.jobs(ctx, in)
	if err != nil {
		return nil, err
	}
	scratch, clear, err := s.env.scratch("learn")
	if err != nil {
		return nil, err
	}
	defer clear()
	workers := max(1, min(len(jobs), s.env.workers()))
	counters := tokenize.NewCounters(learn, workers, tokenize.Room{Workers: s.env.workers(), Memory: s.env.Mem, Scratch: scratch})
	defer func() { err = errors.Join(err, counters.Close()) }()
	probe := newProbe(s.spec.Seed, min(learn.Sample, total), len(jobs))
	ledgers := make([]quern.Ledger, len(jobs))
	err = quern.Each(ctx, workers, len(jobs), func(ctx context.Context, worker, i int) error {
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
			counters.Counter(worker).Add(d.Text)
			probe.take(i, d)
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
	facts.LongPieces, facts.LongBytes = counters.LeftOut()
	if tok, err = counters.Learn(ctx); err != nil {
		return nil, err
	}
	facts.Fertility, err = probe.measure(ctx, tok, workers)
	return tok, err
}

// sampler plans the sample from how much text each domain has, and tells how much there is.
func (s *learnStep) sampler(in []quern.Manifest) (*tokenize.Sampler, int64, error) {
	bytes := map[string]int64{}
	total := int64(0)
	for i, input := range s.spec.Ingest {
		_, b, _ := in[i].Totals()
		bytes[input.Domain] += b
		total += b
	}
	sampler, err := s.spec.Tokenize.Learn.Sampler(s.spec.Seed, bytes)
	return sampler, total, err
}

// learnJob is a unit of one source.
type learnJob struct {
	src  quern.Source
	unit quern.Unit
}

// jobs lists the units of all sources.
func (s *learnStep) jobs(ctx context.Context, in []quern.Manifest) (jobs []learnJob, err error) {
	before, err := s.env.rulings(in[len(s.spec.Ingest):])
	if err != nil {
		return nil, err
	}
	for i, input := range s.spec.Ingest {
		src := before.survivors(s.env.textSource(in[i], input), input.Name)
		units, err := src.Units(ctx)
		if err != nil {
			return nil, err
		}
		for _, u := range units {
			jobs = append(jobs, learnJob{src, u})
		}
	}
	return jobs, nil
}
