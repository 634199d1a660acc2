package pipelines

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"sync"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/dedup"
	"github.com/seed-83c59573/quern/tokenize"
)

// signStep computes the signatures of texts.
type signStep struct {
	spec *Spec
	env  *Env
	in   Input
}

func (s *signStep) Head(ctx context.Context, _ []quern.Manifest) (quern.Manifest, error) {
	options := map[string]any{"exact": s.spec.Dedup.Exact, "seed": s.spec.Seed}
	near := s.spec.Dedup.Near
	if near != nil {
		n := *near
		n.Verify, n.Measure, n.Clusters = 0, "", "" // which are of no concern to signatures
		options["near"] = n
	}
	h, err := headOf(options, dedup.Version)
	if err == nil && near != nil && near.Unit == "tokens" {
		h.Inputs, err = s.env.world.inputs(ctx, s.spec.base, localFiles(s.spec.path(s.spec.Tokenize.File)), 1)
	}
	return h, err
}

func (s *signStep) Run(ctx context.Context, in []quern.Manifest, dir quern.Local) (quern.Manifest, error) {
	c, err := s.spec.ready()
	if err != nil {
		return quern.Manifest{}, err
	}
	return s.env.datasetPass("sign."+s.in.Name, s.env.textSource(in[0], s.in), dir, func(name string) (quern.Sink, error) {
		return c.Signer(s.spec.Seed, dir, name)
	}).Run(ctx)
}

// clusterStep finds duplicates among all sources and says which documents go. Its inputs are the texts of all sources, then their
// signatures.
type clusterStep struct {
	spec *Spec
	env  *Env
	past *dedup.Index // what the datasets are compared with besides; nil = nothing
}

func (s *clusterStep) Head(context.Context, []quern.Manifest) (quern.Manifest, error) {
	c := s.spec.Dedup.Documents()
	if c.Index == "" {
		return headOf(map[string]any{"dedup": c, "seed": s.spec.Seed}, dedup.Version)
	}
	ready, err := s.spec.ready()
	if err != nil {
		return quern.Manifest{}, err
	}
	if s.past, err = dedup.IndexFor(s.spec.path(c.Index), s.spec.Name, ready, s.spec.Seed); err != nil {
		return quern.Manifest{}, err
	}
	c.Index = "" // what is in it counts, not where it is
	return headOf(map[string]any{"dedup": c, "index": s.past.Digest(), "seed": s.spec.Seed}, dedup.Version)
}

// ClusterFacts is what a step reports that looked at all documents.
type ClusterFacts struct {
	Candidates int64             `json:"candidates"`
	Verified   int64             `json:"verified"`
	Clusters   int64             `json:"clusters"`
	Parts      *dedup.PartCounts `json:"parts,omitempty"` // of a step that looks for repeated parts
	Examples   []dedup.Example   `json:"examples"`
	Losses     []dedup.Loss      `json:"losses,omitempty"`   // of each source to near duplicates
	Warnings   []string          `json:"warnings,omitempty"` // which a reader must know
}

func (s *clusterStep) Run(ctx context.Context, in []quern.Manifest, dir quern.Local) (quern.Manifest, error) {
	n := len(s.spec.Ingest)
	sets := s.env.signed(s.spec, in[:n], in[n:], rulings{})
	if s.past != nil {
		sets = append(s.past.Priors(), sets...)
	}
	c, err := s.spec.ready()
	if err != nil {
		return quern.Manifest{}, err
	}
	return runDedup(s.env, "cluster", func(scratch string) (dedup.Result, error) {
		return dedup.Cluster(ctx, c, s.spec.Seed, sets, dir, scratch, s.env.Mem, s.env.Workers)
	})
}

// indexStep adds to the index what was found. Its inputs are those of the cluster step, and that. It writes nothing into its folder.
type indexStep struct {
	spec *Spec
	env  *Env
}

// Head tells whether the index has the increment, so that the step runs again if the index was moved away or made anew.
func (s *indexStep) Head(_ context.Context, in []quern.Manifest) (quern.Manifest, error) {
	has, err := dedup.Appended(s.spec.path(s.spec.Dedup.Index), s.spec.Name, inputOf(in))
	if err != nil {
		return quern.Manifest{}, err
	}
	return headOf(map[string]any{"run": s.spec.Name, "appended": has}, dedup.Version)
}

// inputOf is the digest of what an increment depends on.
func inputOf(in []quern.Manifest) quern.Digest {
	var b []byte
	for _, m := range in {
		b = append(b, m.Digest...)
	}
	return quern.DigestOf(b)
}

func (s *indexStep) Run(ctx context.Context, in []quern.Manifest, _ quern.Local) (m quern.Manifest, err error) {
	n := len(s.spec.Ingest)
	c, err := s.spec.ready()
	if err != nil {
		return m, err
	}
	x, err := dedup.AppendIndex(ctx, s.spec.path(s.spec.Dedup.Index), c, s.spec.Seed, dedup.Addition{
		Run:      s.spec.Name,
		Input:    inputOf(in),
		Sets:     s.env.signed(s.spec, in[:n], in[n:2*n], rulings{}),
		Removals: s.env.dataset(in[2*n]),
	}, s.env.Workers)
	if err != nil {
		return m, err
	}
	m.Facts, err = json.Marshal(map[string]any{"index": x.Digest(), "increments": x.Increments()})
	return m, err
}

// partStep takes repeated parts out of the texts that all rulings before it left. Its inputs are the texts of all sources, their
// signatures, which order the documents, and the rulings before it.
type partStep struct {
	spec *Spec
	env  *Env
	part part
}

// part is a kind of repeated part of documents.
type part struct {
	kind  string // of the step, and its name in the spec
	asked func(*dedup.Config) (options any, ok bool)
	run   func(ctx context.Context, c dedup.Config, seed uint64, sets []dedup.Dataset, out quern.Dir, scratch string, mem int64, workers int) (dedup.Result, error)
}

// parts are the kinds in the order in which they are taken out.
var parts = []part{
	{"bloom", func(c *dedup.Config) (any, bool) { return c.Bloom, c.Bloom != nil }, dedup.RepeatedBloom},
	{"lines", func(c *dedup.Config) (any, bool) { return c.Lines, c.Lines != nil }, dedup.RepeatedLines},
	{"paragraphs", func(c *dedup.Config) (any, bool) { return c.Paragraphs, c.Paragraphs != nil }, dedup.RepeatedParagraphs},
	{"sentences", func(c *dedup.Config) (any, bool) { return c.Sentences, c.Sentences != nil }, dedup.RepeatedSentences},
	{"substrings", func(c *dedup.Config) (any, bool) { return c.Substrings, c.Substrings != nil }, dedup.RepeatedSubstrings},
}

func (s *partStep) Head(ctx context.Context, _ []quern.Manifest) (quern.Manifest, error) {
	c := s.spec.Dedup
	options, _ := s.part.asked(c)
	h, err := headOf(map[string]any{s.part.kind: options, "prefer": c.Prefer, "stays": c.Stays, "seed": s.spec.Seed}, dedup.Version)
	if err != nil {
		return h, err
	}
	switch {
	case s.part.kind == "bloom" && c.Bloom.Filter != "":
		h.Inputs, err = s.env.world.inputs(ctx, s.spec.base, localFiles(s.spec.path(c.Bloom.Filter)), 1)
	case s.part.kind == "substrings" && c.Substrings.Tokens > 0:
		h.Inputs, err = s.env.world.inputs(ctx, s.spec.base, localFiles(s.spec.path(s.spec.Tokenize.File)), 1)
	}
	return h, err
}

// ready is the configuration with what a spec only names: the tokenizer, and files by their whole paths.
func (s *Spec) ready() (dedup.Config, error) {
	c := *s.Dedup
	if c.Bloom != nil && c.Bloom.Filter != "" {
		b := *c.Bloom
		b.Filter = s.path(b.Filter)
		c.Bloom = &b
	}
	inTokens := c.Near != nil && c.Near.Unit == "tokens"
	if !inTokens && (c.Substrings == nil || c.Substrings.Tokens == 0) {
		return c, nil
	}
	tok, err := s.tokenizerFile()
	if err != nil {
		return c, err
	}
	encoders := sync.Pool{New: func() any { return tok.NewEncoder() }}
	encode := func(dst []uint32, text []byte) []uint32 {
		e := encoders.Get().(*tokenize.Encoder)
		defer encoders.Put(e)
		return e.Append(dst, text)
	}
	if inTokens {
		n := *c.Near
		n.Encode, n.Tokenizer = encode, tok.Digest()
		c.Near = &n
	}
	if c.Substrings != nil && c.Substrings.Tokens > 0 {
		if !tok.Lossless() {
			return c, fmt.Errorf("dedup.substrings: tokens: %s normalizes texts, so that its tokens do not say which bytes they are of", s.Tokenize.File)
		}
		x := *c.Substrings
		x.Encode = func(dst []dedup.Token, text []byte) []dedup.Token {
			end := uint32(0)
			for _, id := range encode(nil, text) {
				end += uint32(len(tok.Token(id)))
				dst = append(dst, dedup.Token{ID: id, End: end})
			}
			return dst
		}
		c.Substrings = &x
	}
	return c, nil
}

func (s *partStep) Run(ctx context.Context, in []quern.Manifest, dir quern.Local) (quern.Manifest, error) {
	n := len(s.spec.Ingest)
	before, err := s.env.rulings(in[2*n:])
	if err != nil {
		return quern.Manifest{}, err
	}
	c, err := s.spec.ready()
	if err != nil {
		return quern.Manifest{}, err
	}
	return runDedup(s.env, s.part.kind, func(scratch string) (dedup.Result, error) {
		return s.part.run(ctx, c, s.spec.Seed, s.env.signed(s.spec, in[:n], in[n:2*n], before), dir, scratch, s.env.Mem, s.env.Workers)
	})
}

// signed are the datasets of all sources as the rulings left them, with their signatures.
func (e *Env) signed(spec *Spec, texts, signs []quern.Manifest, r rulings) []dedup.Dataset {
	sets := make([]dedup.Dataset, len(spec.Ingest))
	for i, input := range spec.Ingest {
		sets[i] = dedup.Dataset{Name: input.Name, Domain: input.Domain, Dir: e.dataset(signs[i]), Shards: signs[i].Shards,
			Texts: r.survivors(e.textSource(texts[i], input), input.Name)}
	}
	return sets
}

// runDedup runs a step that looks at all documents, in a scratch folder of its own.
func runDedup(e *Env, step string, run func(scratch string) (dedup.Result, error)) (quern.Manifest, error) {
	scratch, clear, err := e.scratch(step)
	if err != nil {
		return quern.Manifest{}, err
	}
	defer clear()
	r, err := run(filepath.Clean(scratch))
	if err != nil {
		return quern.Manifest{}, err
	}
	m := quern.Manifest{Shards: r.Shards, Ledger: r.Ledger}
	facts := ClusterFacts{Candidates: r.Candidates, Verified: r.Verified, Clusters: r.Clusters, Examples: r.Examples, Losses: r.Losses, Warnings: r.Warnings}
	if r.Parts != (dedup.PartCounts{}) {
		facts.Parts = &r.Parts
	}
	for _, w := range r.Warnings {
		e.tell(Event{Step: step, State: "note", Reason: w})
	}
	m.Facts, err = json.Marshal(facts)
	return m, err
}

// rulings are what the steps of deduplication decided, in the order in which they ran.
type rulings struct {
	removals *dedup.Removals
	edits    []*dedup.Edits
}

// rules tells whether a step decides about documents or parts of them.
func rules(kind string) bool {
	return kind == "cluster" || slices.ContainsFunc(parts, func(p part) bool { return p.kind == kind })
}

// rulings loads what these steps decided.
func (e *Env) rulings(in []quern.Manifest) (r rulings, err error) {
	for _, m := range in {
		if err := r.add(m.Step, e.dataset(m), m.Shards); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (r *rulings) add(step string, dir quern.Dir, shards []quern.Shard) (err error) {
	if step == "cluster" {
		r.removals, err = dedup.LoadRemovals(dir)
		return err
	}
	r.edits = append(r.edits, dedup.OpenEdits(dir, shards))
	return nil
}

// survivors is src, which reads the texts of a source, without what the rulings took out.
func (r rulings) survivors(src quern.Source, source string) quern.Source {
	if r.removals != nil {
		src = r.removals.Survivors(src, source)
	}
	for _, e := range r.edits {
		src = e.Survivors(src, source)
	}
	return src
}
