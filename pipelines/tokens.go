package pipelines

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
	"github.com/seed-83c59573/quern/tokenize"
)

// tokens reads an element of the section tokens.
func (t *tree) tokens(s *Spec, v ast.Node) error {
	in := TokenInput{Split: "train"}
	if err := t.into(v, &in); err != nil {
		return err
	}
	fail := func(format string, a ...any) error { return at(t.file, v.GetToken(), format, a...) }
	switch {
	case !plainName.MatchString(in.Name):
		return fail("tokens: name %q: want letters, digits, - and _", clip(in.Name))
	case !plainName.MatchString(in.Domain):
		return fail("tokens %s: domain %q: want a word such as web, paper or code", in.Name, clip(in.Domain))
	case in.Path == "":
		return fail("tokens %s: no path", in.Name)
	case in.Split == "":
		return fail("tokens %s: split is empty, want one such as train", in.Name)
	case in.EndOfText != nil && (*in.EndOfText < 0 || *in.EndOfText > 1<<32-1):
		return fail("tokens %s: eot %d: want an id", in.Name, *in.EndOfText)
	}
	if in.Format != "" {
		if _, err := shard.ImportFormatNamed(in.Format); err != nil {
			return fail("tokens %s: %s", in.Name, err)
		}
	}
	s.Tokens = append(s.Tokens, in)
	return nil
}

// validateTokens checks what the section tokens needs of others.
func (s *Spec) validateTokens(fail func(path, format string, a ...any) error) error {
	if len(s.Tokens) == 0 {
		return nil
	}
	seen := s.sources()
	for _, in := range s.Tokens {
		if slices.Contains(seen, in.Name) {
			return fail("tokens", "tokens: the name %s is given twice", in.Name)
		}
		seen = append(seen, in.Name)
	}
	switch {
	case s.Tokenize == nil || s.Tokenize.File == "":
		return fail("tokens", "tokens need tokenize: {file: …}, the tokenizer that they were made with")
	case len(s.Ingest) == 0 && (s.Clean != nil || s.Dedup != nil || len(s.Classify) > 0):
		return fail("ingest", "ingest lists no input: there is no text to classify, clean or deduplicate")
	}
	return nil
}

// tokenSources are the names and domains of all datasets of tokens that a mix reads: of texts, then of tokens that others made.
func (s *Spec) tokenSources() (all []Input) {
	all = slices.Clone(s.Ingest)
	for _, in := range s.Tokens {
		all = append(all, Input{Name: in.Name, Domain: in.Domain})
	}
	return all
}

// importStep brings in tokens that are there already. Its input is learn.
type importStep struct {
	spec *Spec
	env  *Env
	in   TokenInput
}

func (s *importStep) Head(ctx context.Context, in []quern.Manifest) (quern.Manifest, error) {
	h, err := headOf(s.in, shard.Version)
	if err != nil {
		return h, err
	}
	if m, ok, err := s.ours(); ok || err != nil {
		h.Inputs = []quern.Input{{Name: m.Step, Digest: m.Digest}}
		return h, err
	}
	tok, err := s.env.tokenizerOf(in[0])
	if err != nil {
		return h, err
	}
	im, dir, err := s.in.open(s.spec.path(s.in.Path), tok)
	if err != nil {
		return h, err
	}
	h.Inputs, err = s.in.digest(ctx, s.env.world, im, dir, s.spec.base, s.env.workers())
	return h, err
}

// ours tells whether the path is a dataset of quern's.
func (s *importStep) ours() (m quern.Manifest, ok bool, err error) {
	path := s.spec.path(s.in.Path)
	if _, err := os.Stat(filepath.Join(path, quern.ManifestName)); err != nil {
		return m, false, nil
	}
	if m, err = quern.LoadManifest(quern.Local(path)); err != nil {
		return m, false, fmt.Errorf("%s: %w", path, err)
	}
	return m, true, nil
}

func (s *importStep) Run(ctx context.Context, in []quern.Manifest, dir quern.Local) (quern.Manifest, error) {
	var none quern.Manifest
	tok, err := s.env.tokenizerOf(in[0])
	if err != nil {
		return none, err
	}
	m, ok, err := s.ours()
	if err != nil {
		return none, err
	}
	path := s.spec.path(s.in.Path)
	if ok {
		src, err := s.copyOf(path, m, tok)
		if err != nil {
			return none, fmt.Errorf("%s: %w", path, err)
		}
		width := shard.TokenWidth(tok.Vocab())
		p := s.env.datasetPass("import."+s.in.Name, src, dir, func(name string) (quern.Sink, error) { return shard.Tokens(dir, name, width) })
		p.Stages = textSizes(tok)
		return p.Run(ctx)
	}
	im, from, err := s.in.open(path, tok)
	if err != nil {
		return none, err
	}
	p := importPass(im, tok, dir)
	p.Workers, p.Done, p.Progress = s.env.Workers, dir, s.env.watch("import."+s.in.Name)
	if m, err = p.Run(ctx); err != nil {
		return none, err
	}
	m.Facts, err = json.Marshal(importFacts{Format: im.Format, Vocab: tok.Vocab(), Tokenizer: tok.Digest(), Notes: im.Notes})
	if err != nil {
		return none, err
	}
	return m, s.env.world.unchanged(localFiles(s.in.paths(im, from)...))
}

// copyOf reads a split of a dataset of quern's, whose tokenizer, if it is known, must be that of the run.
func (s *importStep) copyOf(path string, m quern.Manifest, tok *tokenize.Tokenizer) (*tokenCopy, error) {
	set, err := openTokenSet(path, "", "")
	if err != nil {
		return nil, err
	}
	if set.tokenizer != "" && set.tokenizer != tok.Digest() {
		return nil, fmt.Errorf("its tokens are those of tokenizer %s, this run has %s", set.tokenizer.Short(), tok.Digest().Short())
	}
	splits, err := set.splits([]string{s.in.Split})
	if err != nil {
		return nil, err
	}
	return &tokenCopy{quern.Local(path), splits[0].shards, s.in, tok.Vocab()}, nil
}

// tokenCopy is a Source of documents of a dataset of quern's: with their tokens all that its index tells of them.
type tokenCopy struct {
	dir    quern.Dir
	shards []quern.Shard
	in     TokenInput
	vocab  int
}

func (c *tokenCopy) Units(context.Context) (units []quern.Unit, err error) {
	for _, sh := range c.shards {
		units = append(units, quern.Unit{Name: strings.TrimSuffix(sh.Name, ".bin"), Source: c.in.Name, Domain: c.in.Domain, Parts: []quern.Part{{Path: sh.Name}}})
	}
	return units, nil
}

func (c *tokenCopy) Docs(ctx context.Context, u quern.Unit) iter.Seq2[*quern.Doc, error] {
	return func(yield func(*quern.Doc, error) bool) {
		r, err := shard.OpenTokens(c.dir, []quern.Shard{{Name: u.Parts[0].Path}})
		if err != nil {
			yield(nil, err)
			return
		}
		defer r.Close()
		var d quern.Doc
		for i := range r.Docs() {
			d.Reset()
			d.Source, d.Domain = c.in.Name, c.in.Domain
			err := r.Fetch(int(i), &d)
			for k, t := range d.Tokens {
				if err == nil && t >= uint32(c.vocab) {
					err = fmt.Errorf("%s: document %d: token %d is %d, the vocabulary has %d", u.Parts[0].Path, i, k, t, c.vocab)
				}
			}
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(&d, nil) {
				return
			}
		}
	}
}
