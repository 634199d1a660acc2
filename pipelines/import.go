package pipelines

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
	"github.com/seed-83c59573/quern/tokenize"
)

// TokenInput is a dataset that another project tokenized, or quern itself.
type TokenInput struct {
	Name      string `yaml:"name"`
	Domain    string `yaml:"domain"`
	Path      string `yaml:"path"`                // a folder or a file
	Format    string `yaml:"format,omitempty"`    // one of shard.ImportFormats; "" = what the files tell
	Split     string `yaml:"split,omitempty"`     // only this one
	Column    string `yaml:"column,omitempty"`    // of records: where the tokens are
	Dtype     string `yaml:"dtype,omitempty"`     // of ids where nothing tells
	EndOfText *int64 `yaml:"eot,omitempty"`       // the token that separates documents; nil = of the tokenizer, where no index tells
	First     bool   `yaml:"eot_first,omitempty"` // that token begins a document
}

// importFacts is what an import reports.
type importFacts struct {
	Format    string       `json:"format"`
	Vocab     int          `json:"vocab,omitempty"`
	Tokenizer quern.Digest `json:"tokenizer,omitempty"`
	EndOfText *int64       `json:"end_of_text,omitempty"`
	Notes     []string     `json:"notes,omitempty"`
}

const importStepName = "import"

// names lists the folder of a path and the files in it that are meant: all, or one file and what belongs to it.
func (in *TokenInput) names(path string) (dir quern.Local, names []string, err error) {
	st, err := os.Stat(path)
	if err != nil {
		return "", nil, err
	}
	if st.IsDir() {
		names, err = quern.Local(path).List("")
		return quern.Local(path), names, err
	}
	dir = quern.Local(filepath.Dir(path))
	base := filepath.Base(path)
	stem := strings.TrimSuffix(base, filepath.Ext(base)) + "."
	entries, err := os.ReadDir(string(dir))
	for _, e := range entries {
		if !e.IsDir() && (e.Name() == base || strings.HasPrefix(e.Name(), stem)) {
			names = append(names, e.Name())
		}
	}
	return dir, names, err
}

// open opens the tokens; tok may be nil.
func (in *TokenInput) open(path string, tok *tokenize.Tokenizer) (*shard.Import, quern.Local, error) {
	if runs, err := Runs(quern.Local(path)); err == nil && len(runs) > 0 {
		return nil, "", fmt.Errorf("%s: a run of quern: export it, or name its datasets under tokens in a spec", path)
	}
	dir, names, err := in.names(path)
	if err != nil {
		return nil, dir, err
	}
	o := shard.ImportOptions{Name: in.Name, Domain: in.Domain, Split: in.Split, Column: in.Column, Dtype: in.Dtype, EndOfText: -1, Leads: in.First}
	if tok != nil {
		o.Vocab, o.EndOfText = tok.Vocab(), int64(tok.EndOfText())
	}
	if in.EndOfText != nil {
		o.EndOfText, o.Separate = *in.EndOfText, true
	}
	im, err := shard.NewImport(dir, names, in.Format, o)
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return im, dir, err
}

// digest digests the files that are read.
func (in *TokenInput) digest(ctx context.Context, w *world, im *shard.Import, dir quern.Local, base string, workers int) ([]quern.Input, error) {
	return w.inputs(ctx, base, localFiles(in.paths(im, dir)...), workers)
}

func (in *TokenInput) paths(im *shard.Import, dir quern.Local) (paths []string) {
	for _, f := range im.Files() {
		paths = append(paths, dir.Path(f))
	}
	return paths
}

// importPass moves the tokens into shards of quern's.
func importPass(im *shard.Import, tok *tokenize.Tokenizer, dir quern.Local) quern.Pass {
	width := im.Width()
	if tok != nil {
		width = shard.TokenWidth(tok.Vocab())
	}
	p := quern.Pass{Source: im, Sink: func(_ int, u quern.Unit) (quern.Sink, error) { return shard.Tokens(dir, u.Name, width) }}
	p.Stages = textSizes(tok)
	return p
}

// textSizes is a stage that tells how long the text behind tokens was, where that is unknown and the tokenizer knows.
func textSizes(tok *tokenize.Tokenizer) func() ([]quern.Stage, error) {
	if tok == nil || !tok.Lossless() {
		return nil
	}
	sizes := tokenSizes(tok)
	return oneStage(func() (quern.Stage, error) { return textSize(sizes), nil })
}

// tokenSizes are the bytes of text that each id stands for; tokens that no text spells have none.
func tokenSizes(tok *tokenize.Tokenizer) []int32 {
	sizes := make([]int32, tok.Vocab())
	for id := range sizes {
		sizes[id] = int32(len(tok.Token(uint32(id))))
	}
	for _, a := range tok.Added() {
		if a.Special && int(a.ID) < len(sizes) {
			sizes[a.ID] = 0
		}
	}
	sizes[tok.EndOfText()] = 0
	return sizes
}

// textSize notes how long the text behind the tokens was, which a tokenizer tells that loses nothing.
type textSize []int32

func (s textSize) Apply(d *quern.Doc) (quern.Verdict, error) {
	if shard.TextBytes(d) > 0 {
		return quern.Keep, nil
	}
	n := 0
	for _, t := range d.Tokens {
		n += int(s[t])
	}
	shard.SetTextBytes(d, n)
	return quern.Keep, nil
}

// Import asks for foreign tokens as a dataset of quern's.
type Import struct {
	TokenInput
	To        string // the folder to make
	Tokenizer string // of the tokens; "" = unknown
	Workers   int
	Force     bool // take the place of a folder that is there
	Event     func(Event)
}

// Imported is what was read.
type Imported struct {
	Format string          `json:"format"`
	To     string          `json:"to"`
	Splits []ExportedSplit `json:"splits"`
	Vocab  int             `json:"vocab,omitempty"`
	Notes  []string        `json:"notes,omitempty"`
}

// Do imports. The dataset is written to a folder aside, which takes its name when it is whole.
func (x Import) Do(ctx context.Context) (*Imported, error) {
	var tok *tokenize.Tokenizer
	var err error
	if x.Tokenizer != "" {
		if tok, err = OpenTokenizer(x.Tokenizer); err != nil {
			return nil, err
		}
	}
	im, dir, err := x.open(x.Path, tok)
	if err != nil {
		return nil, err
	}
	aside, err := newAside(x.To, x.Path, x.Force)
	if err != nil {
		return nil, err
	}
	defer aside.remove()
	start := time.Now()
	env := Env{Workers: x.Workers, Event: x.Event, world: openWorld(&quern.Memory{})}
	env.tell(Event{Step: importStepName, State: "start", Reason: "new"})
	options := x.TokenInput
	options.Path = filepath.Base(options.Path) // where it stood says nothing of what it is
	m, err := headOf(options, shard.Version)
	if err != nil {
		return nil, err
	}
	m.Step = importStepName
	if m.Inputs, err = x.digest(ctx, env.world, im, dir, string(dir), env.workers()); err != nil {
		return nil, err
	}
	if tok != nil {
		m.Inputs = append(m.Inputs, quern.Input{Name: tokenizerName, Digest: tok.Digest()})
	}
	if err := m.Seal(); err != nil {
		return nil, err
	}
	m.Key = m.Digest
	p := importPass(im, tok, aside.dir)
	p.Workers, p.Progress = x.Workers, env.watch(importStepName)
	done, err := p.Run(ctx)
	if err == nil {
		err = env.world.unchanged(localFiles(x.paths(im, dir)...))
	}
	if err != nil {
		return nil, err
	}
	m.Shards, m.Ledger = done.Shards, done.Ledger
	if err := x.finish(&m, im, tok, aside.dir); err != nil {
		return nil, err
	}
	if err := aside.commit(); err != nil {
		return nil, err
	}
	env.tell(Event{Step: importStepName, State: "done", Manifest: &m, Elapsed: time.Since(start)})
	return x.told(&m, im, tok)
}

// told sums up what was imported.
func (x *Import) told(m *quern.Manifest, im *shard.Import, tok *tokenize.Tokenizer) (*Imported, error) {
	out := &Imported{Format: im.Format, To: x.To, Notes: im.Notes}
	if tok != nil {
		out.Vocab = tok.Vocab()
	}
	set := tokenSet{m: *m}
	splits, err := set.splits(nil)
	for _, s := range splits {
		docs, _, tokens := (&quern.Manifest{Shards: s.shards}).Totals()
		out.Splits = append(out.Splits, ExportedSplit{s.name, docs, tokens})
	}
	return out, err
}

// finish writes the tokenizer and, last, the manifest.
func (x *Import) finish(m *quern.Manifest, im *shard.Import, tok *tokenize.Tokenizer, dir quern.Local) error {
	facts := importFacts{Format: im.Format, EndOfText: x.EndOfText, Notes: im.Notes}
	if tok != nil {
		facts.Vocab, facts.Tokenizer = tok.Vocab(), tok.Digest()
		end := int64(tok.EndOfText())
		facts.EndOfText = &end
		b, err := tok.JSON()
		if err != nil {
			return err
		}
		if err := quern.WriteBlob(dir, tokenizerName, b); err != nil {
			return err
		}
	}
	var err error
	if m.Facts, err = json.Marshal(facts); err != nil {
		return err
	}
	return m.Save(dir)
}
