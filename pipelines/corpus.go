package pipelines

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/mix"
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

const planName = "plan.json"

// mixStep decides which documents are in the corpus, how often and in which order. Its inputs are the token datasets.
type mixStep struct {
	spec *Spec
	env  *Env
}

func (s *mixStep) Head(context.Context, []quern.Manifest) (quern.Manifest, error) {
	validation := 0.0
	if s.spec.Shard != nil {
		validation = s.spec.Shard.Validation
	}
	return headOf(map[string]any{"mix": s.spec.Mix, "validation": validation, "seed": s.spec.Seed}, mix.Version)
}

func (s *mixStep) Run(ctx context.Context, in []quern.Manifest, dir quern.Local) (quern.Manifest, error) {
	var m quern.Manifest
	domains, sets, err := s.env.openTokens(s.spec, in)
	if err != nil {
		return m, err
	}
	defer sets.close()
	validation := 0.0
	if s.spec.Shard != nil {
		validation = s.spec.Shard.Validation
	}
	plan, err := mix.Make(*s.spec.Mix, s.spec.Seed, validation, domains)
	if err != nil {
		return m, err
	}
	b, err := json.Marshal(plan)
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

// tokenSets are the open token datasets, by domain and set as in the mix.
type tokenSets struct {
	readers []*shard.TokenReader // by source
	sets    [][]tokenSet
}

// tokenSet is what the mix takes for one source: all of its documents, or those of a bucket.
type tokenSet struct {
	*shard.TokenReader
	docs []int // nil = all
}

func (s tokenSet) fetch(doc int, d *quern.Doc) error {
	if s.docs != nil {
		doc = s.docs[doc]
	}
	return s.Fetch(doc, d)
}

func (t *tokenSets) close() {
	for _, r := range t.readers {
		r.Close()
	}
}

// mixDomains are the names that the mix may balance, sorted: every domain, or the buckets of it that have ratios of their own.
func (s *Spec) mixDomains() (names []string) {
	for _, domain := range s.Domains() {
		whole := true
		if s.Mix != nil {
			for r := range s.Mix.Ratios {
				if strings.HasPrefix(r, domain+"/") {
					names, whole = append(names, r), false
				}
			}
		}
		if whole {
			names = append(names, domain)
		}
	}
	slices.Sort(names)
	return names
}

// openTokens opens the token datasets of all sources, grouped as the mix wants them.
func (e *Env) openTokens(spec *Spec, in []quern.Manifest) ([]mix.Domain, *tokenSets, error) {
	open := &tokenSets{}
	for i := range spec.Ingest {
		r, err := shard.OpenTokens(e.dataset(in[i]), in[i].Shards)
		if err != nil {
			open.close()
			return nil, nil, err
		}
		open.readers = append(open.readers, r)
	}
	var domains []mix.Domain
	for _, name := range spec.mixDomains() {
		domain, bucket, part := strings.Cut(name, "/")
		d, sets := mix.Domain{Name: name}, []tokenSet{}
		for i, input := range spec.Ingest {
			if input.Domain != domain {
				continue
			}
			set, of := tokenSet{TokenReader: open.readers[i]}, mix.Set{Name: input.Name}
			if part {
				of = set.only(bucket, of)
			} else {
				of.Tokens, of.IDs, of.Groups = set.Lens, set.IDs, set.Groups
			}
			d.Sets, sets = append(d.Sets, of), append(sets, set)
		}
		domains, open.sets = append(domains, d), append(open.sets, sets)
	}
	return domains, open, nil
}

// only narrows a set to the documents of a bucket.
func (s *tokenSet) only(bucket string, of mix.Set) mix.Set {
	s.docs = []int{}
	for i, b := range s.Buckets {
		if b == bucket {
			s.docs = append(s.docs, i)
			of.Tokens, of.IDs, of.Groups = append(of.Tokens, s.Lens[i]), append(of.IDs, s.IDs[i]), append(of.Groups, s.Groups[i])
		}
	}
	return of
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
	domains, sets, err := s.env.openTokens(s.spec, in[2:])
	if err != nil {
		return quern.Manifest{}, err
	}
	defer sets.close()
	plan, err := mix.Parse(b, domains)
	if err != nil {
		return quern.Manifest{}, fmt.Errorf("%s: %w", planName, err)
	}
	src := plan.Source(s.spec.Shard.Tokens, func(domain, set, doc int, d *quern.Doc) error {
		d.Domain, _, _ = strings.Cut(domains[domain].Name, "/")
		d.Source = domains[domain].Sets[set].Name
		return sets.sets[domain][set].fetch(doc, d)
	})
	lineage := shard.Lineage{Tokenizer: tok.Digest(), Mix: in[0].Digest, Seed: s.spec.Seed, Pad: tok.EndOfText()}
	width := shard.TokenWidth(tok.Vocab())
	p := s.env.datasetPass("shard", src, dir, nil)
	p.Sink = func(_ int, u quern.Unit) (quern.Sink, error) {
		return s.spec.Shard.Forms.Sink(dir, u.Name, width, lineage)
	}
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
