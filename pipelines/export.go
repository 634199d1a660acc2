package pipelines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
	"github.com/seed-83c59573/quern/tokenize"
)

// Export asks for tokens in the layout of another project's trainer.
type Export struct {
	From      string // the folder of a run, or a dataset of tokens
	Run       string // of a folder of runs, this one; "" = the last
	Format    string // one of shard.ExportFormats
	Out       string // the folder to make
	Splits    []string
	Rows      int    // tokens of a block, where readers cut blocks within files
	PerFile   int64  // tokens of a file; 0 = what the layout's project uses
	Tokenizer string // a file; "" = the one that the dataset came from
	Force     bool   // take the place of a folder that is there
	Event     func(Event)
}

// Exported is what was written.
type Exported struct {
	Format string          `json:"format"`
	Out    string          `json:"out"`
	Splits []ExportedSplit `json:"splits"`
	Files  int             `json:"files"`
	Bytes  int64           `json:"bytes"`
	Vocab  int             `json:"vocab"` // that the width of ids was chosen for
}

// ExportedSplit is one split of an export.
type ExportedSplit struct {
	Name   string `json:"name"`
	Docs   int64  `json:"docs"`
	Tokens int64  `json:"tokens"`
}

// Do exports. All files are written to a folder aside, which takes its name when all are whole.
func (x Export) Do(ctx context.Context) (*Exported, error) {
	format, err := shard.ExportFormatNamed(x.Format)
	if err != nil {
		return nil, err
	}
	set, err := openTokenSet(x.From, x.Run, x.Tokenizer)
	if err != nil {
		return nil, err
	}
	splits, err := set.splits(x.Splits)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", x.From, err)
	}
	aside, err := newAside(x.Out, set.path, x.Force)
	if err != nil {
		return nil, err
	}
	defer aside.remove()
	done := &Exported{Format: x.Format, Out: x.Out}
	var all []shard.ExportOptions
	tally := func(infos []quern.BlobInfo, err error) error {
		for _, i := range infos {
			done.Files++
			done.Bytes += i.Size
		}
		return err
	}
	for _, s := range splits {
		o, infos, err := x.split(ctx, format, set, s, aside.dir)
		if err := tally(infos, err); err != nil {
			return nil, err
		}
		done.Vocab = o.Vocab
		done.Splits = append(done.Splits, ExportedSplit{s.name, o.Docs, o.Tokens})
		all = append(all, o)
	}
	if format.Finish != nil {
		if err := tally(format.Finish(aside.dir, all)); err != nil {
			return nil, err
		}
	}
	return done, aside.commit()
}

// split exports one split.
func (x Export) split(ctx context.Context, format shard.ExportFormat, set *tokenSet, s tokenSplit, dir quern.Dir) (o shard.ExportOptions, infos []quern.BlobInfo, err error) {
	r, err := shard.OpenTokens(set.dir, s.shards)
	if err != nil {
		return o, nil, err
	}
	defer r.Close()
	step := "export " + s.name
	start := time.Now()
	env := Env{Event: x.Event}
	env.tell(Event{Step: step, State: "start", Reason: "new"})
	o = shard.ExportOptions{Split: s.name, Vocab: set.vocab, EndOfText: set.end, Tokenizer: string(set.tokenizer), Docs: r.Docs(), Tokens: r.Len(), Rows: x.Rows,
		PerFile: x.PerFile}
	if o.Vocab == 0 {
		if o.Vocab, err = largest(ctx, r); err != nil {
			return o, nil, err
		}
	}
	out, err := format.New(dir, o)
	if err != nil {
		return o, nil, err
	}
	labels := shard.OpenLabels(set.dir, s.shards)
	if labels != nil {
		defer labels.Close()
	}
	d := quern.Doc{Domain: set.domain, Source: set.source}
	told, put := int64(0), int64(0)
	for i := range r.Docs() {
		if err = ctx.Err(); err == nil {
			err = r.Fetch(int(i), &d)
		}
		if err == nil && labels != nil {
			err = labels.Next(&d)
		}
		if err == nil {
			err = out.Put(&d)
		}
		if err != nil {
			out.Abort()
			return o, nil, err
		}
		if put += int64(len(d.Tokens)); put-told > 1<<20 {
			told = put
			env.tell(Event{Step: step, State: "progress", Done: put, Of: r.Len(), Progress: quern.Progress{Docs: i + 1}})
		}
	}
	if infos, err = out.Commit(); err != nil {
		return o, nil, err
	}
	m := quern.Manifest{Shards: []quern.Shard{{Docs: o.Docs, Tokens: o.Tokens}}}
	m.Ledger.In = o.Docs
	m.Ledger.Add(quern.Tally{Fate: quern.Kept, Docs: o.Docs})
	env.tell(Event{Step: step, State: "done", Manifest: &m, Elapsed: time.Since(start)})
	return o, infos, nil
}

// largest is one more than the largest id: all that is known of a vocabulary that nobody names.
func largest(ctx context.Context, r *shard.TokenReader) (int, error) {
	most := int32(-1)
	buf := make([]int32, 1<<16)
	for at := int64(0); at < r.Len(); at += int64(len(buf)) {
		b := buf[:min(int64(len(buf)), r.Len()-at)]
		if err := errors.Join(r.Read(b, at), ctx.Err()); err != nil {
			return 0, err
		}
		most = max(most, slices.Max(b))
	}
	return int(most) + 1, nil
}

// tokenSet is a dataset of tokens and what is known of them.
type tokenSet struct {
	dir            quern.Dir
	path           string // of dir
	m              quern.Manifest
	vocab          int // 0 = unknown
	end            uint32
	tokenizer      quern.Digest
	domain, source string
}

// openTokenSet finds the corpus of a run, or opens a dataset, and the tokenizer behind it.
func openTokenSet(path, run, tokenizer string) (*tokenSet, error) {
	path = filepath.Clean(path)
	s := &tokenSet{path: path}
	var tok *tokenize.Tokenizer
	var err error
	if _, missing := os.Stat(filepath.Join(path, quern.ManifestName)); missing == nil {
		s.dir = quern.Local(path)
		if s.m, err = quern.LoadManifest(s.dir); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if tok, err = s.origin(path); err != nil {
			return nil, err
		}
	} else {
		root := quern.Local(path)
		rec, err := LoadRecord(root, run)
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(rec.Steps, func(r StepRecord) bool { return r.Step == "shard" })
		if at < 0 {
			return nil, fmt.Errorf("%s: run %s ended before it wrote a corpus; name one of its tokenize datasets", path, rec.Run)
		}
		s.dir = quern.Sub(root, rec.Steps[at].Folder)
		s.path = root.Path(rec.Steps[at].Folder)
		if s.m, err = Dataset(root, rec.Steps[at]); err != nil {
			return nil, err
		}
		if tok, err = Tokenizer(root, rec); err != nil {
			return nil, err
		}
	}
	if tokenizer != "" {
		if tok, err = OpenTokenizer(tokenizer); err != nil {
			return nil, err
		}
	}
	if tok != nil {
		s.vocab, s.end, s.tokenizer = tok.Vocab(), tok.EndOfText(), tok.Digest()
	}
	if len(s.m.Shards) == 0 || !strings.HasSuffix(s.m.Shards[0].Name, ".bin") {
		return nil, fmt.Errorf("%s: step %s holds no tokens", path, s.m.Step)
	}
	if sources := s.m.Ledger.Tallies; s.m.Step != "shard" && len(sources) > 0 {
		s.domain, s.source = sources[0].Domain, sources[0].Source
	}
	return s, nil
}

// origin finds the tokenizer of a dataset: beside it, as import leaves it, or the run's learn step that it names. None is no error.
func (s *tokenSet) origin(path string) (*tokenize.Tokenizer, error) {
	if _, err := os.Stat(filepath.Join(path, tokenizerName)); err == nil {
		return OpenTokenizer(filepath.Join(path, tokenizerName))
	}
	var facts importFacts
	if s.m.Step == importStepName && json.Unmarshal(s.m.Facts, &facts) == nil {
		s.vocab = facts.Vocab
	}
	for _, in := range s.m.Inputs {
		if in.Name != "learn" {
			continue
		}
		folders, err := filepath.Glob(filepath.Join(filepath.Dir(path), "learn-*"))
		if err != nil {
			return nil, err
		}
		for _, f := range folders {
			if m, err := quern.LoadManifest(quern.Local(f)); err == nil && m.Digest == in.Digest {
				return OpenTokenizer(filepath.Join(f, tokenizerName))
			}
		}
	}
	return nil, nil
}

// tokenSplit is a part of a dataset of tokens.
type tokenSplit struct {
	name   string
	shards []quern.Shard
}

// splits gives those that are asked for, or all that hold documents.
func (s *tokenSet) splits(asked []string) (out []tokenSplit, err error) {
	train, validation := split(s.m)
	known := []tokenSplit{{"train", train}, {"validation", validation}}
	for _, a := range asked {
		if a != "train" && a != "validation" {
			return nil, fmt.Errorf("split %q: want train or validation", a)
		}
	}
	for _, k := range known {
		docs, _, _ := (&quern.Manifest{Shards: k.shards}).Totals()
		switch {
		case len(asked) > 0 && !slices.Contains(asked, k.name):
		case docs > 0:
			out = append(out, k)
		case len(asked) > 0:
			return nil, fmt.Errorf("there is no split %s", k.name)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("there are no documents")
	}
	return out, nil
}
