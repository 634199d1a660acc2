package pipelines

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/clean"
	"github.com/seed-83c59573/quern/clean/fasttext"
)

// Classifier is a judge of texts that the run trains itself, on two piles of what it ingests, in the way of DCLM and FineWeb-Edu. A
// rule then asks it: fasttext: {trained: NAME, min: 0.3}.
type Classifier struct {
	Good      []string        `yaml:"good"`      // sources whose texts are like those that are wanted
	Bad       []string        `yaml:"bad"`       // sources of others
	Docs      int             `yaml:"docs"`      // of each pile at most, chosen by chance
	HeldOut   float64         `yaml:"held_out"`  // share of them that it is not trained but tested on
	MaxBytes  int             `yaml:"max_bytes"` // of a text, from its start, that it learns from
	Lowercase bool            `yaml:"lowercase"` // letters are learned and judged in lower case
	Model     fasttext.Config `yaml:"model"`
}

// DefaultClassifier learns words and pairs of words from up to 50,000 texts of each pile and is tested on a tenth of them.
func DefaultClassifier() Classifier {
	c := fasttext.DefaultConfig()
	c.Dim, c.WordNgrams, c.Buckets, c.MinCount = 64, 2, 200_000, 3
	return Classifier{Docs: 50_000, HeldOut: 0.1, MaxBytes: 16 << 10, Model: c}
}

func (c *Classifier) validate(name string, sources []string) error {
	switch {
	case !plainName.MatchString(name):
		return fmt.Errorf("classify: name %q: want letters, digits, - and _", clip(name))
	case len(c.Good) == 0 || len(c.Bad) == 0:
		return fmt.Errorf("classify.%s: give good and bad, lists of sources", name)
	case c.Docs < 10:
		return fmt.Errorf("classify.%s: docs is %d, want at least 10", name, c.Docs)
	case !(c.HeldOut > 0 && c.HeldOut < 1):
		return fmt.Errorf("classify.%s: held_out is %g, want a share between 0 and 1", name, c.HeldOut)
	case c.MaxBytes < 64:
		return fmt.Errorf("classify.%s: max_bytes is %d, want at least 64", name, c.MaxBytes)
	}
	for _, s := range slices.Concat(c.Good, c.Bad) {
		if !slices.Contains(sources, s) {
			return fmt.Errorf("classify.%s: no input has the name %s%s", name, clip(s), nearest(s, sources))
		}
	}
	for _, s := range c.Good {
		if slices.Contains(c.Bad, s) {
			return fmt.Errorf("classify.%s: %s is on both piles", name, s)
		}
	}
	return nil
}

const modelName = "model.bin"

// The labels of the two piles.
const (
	goodLabel = "good"
	badLabel  = "bad"
)

// classifyStep trains a classifier. Its inputs are the ingested texts of its piles: the good sources, then the bad ones.
type classifyStep struct {
	spec *Spec
	env  *Env
	name string
}

// classifierVersion is part of the key of every step that trains a classifier: raise it when models change.
const classifierVersion = "1"

func (s *classifyStep) Head(context.Context, []quern.Manifest) (quern.Manifest, error) {
	return headOf(map[string]any{"classify": s.spec.Classify[s.name], "seed": s.spec.Seed}, classifierVersion+"/"+clean.Version)
}

// ClassifierFacts is what a classify step reports.
type ClassifierFacts struct {
	Good      PileFacts `json:"good"`
	Bad       PileFacts `json:"bad"`
	AUC       float64   `json:"auc"`       // on held-out texts: the chance that a good one scores above a bad one
	Precision float64   `json:"precision"` // of good, where the better label is taken
	Recall    float64   `json:"recall"`
	Bytes     int64     `json:"bytes"` // of the model
}

// PileFacts counts the texts of a pile.
type PileFacts struct {
	Train   int64 `json:"train"`
	HeldOut int64 `json:"held_out"`
}

func (s *classifyStep) Run(ctx context.Context, in []quern.Manifest, dir quern.Local) (quern.Manifest, error) {
	c := s.spec.Classify[s.name]
	scratch, clear, err := s.env.scratch("classify")
	if err != nil {
		return quern.Manifest{}, err
	}
	defer clear()
	train, err := newPile(filepath.Join(scratch, "train"))
	if err != nil {
		return quern.Manifest{}, err
	}
	defer train.close()
	held, err := newPile(filepath.Join(scratch, "held"))
	if err != nil {
		return quern.Manifest{}, err
	}
	defer held.close()
	var facts ClassifierFacts
	if facts.Good, err = s.collect(ctx, in[:len(c.Good)], c.Good, goodLabel, train, held); err != nil {
		return quern.Manifest{}, err
	}
	if facts.Bad, err = s.collect(ctx, in[len(c.Good):], c.Bad, badLabel, train, held); err != nil {
		return quern.Manifest{}, err
	}
	for label, p := range map[string]PileFacts{goodLabel: facts.Good, badLabel: facts.Bad} {
		if p.Train == 0 || p.HeldOut == 0 {
			return quern.Manifest{}, fmt.Errorf("%d texts to learn from and %d to test on on the %s pile: too few", p.Train, p.HeldOut, label)
		}
	}
	train.shuffle()
	held.shuffle()
	config := c.Model
	config.Seed = s.spec.Seed
	model, err := fasttext.Train(ctx, config, train.examples())
	if err != nil {
		return quern.Manifest{}, err
	}
	q, err := fasttext.Evaluate(model, goodLabel, held.examples())
	if err != nil {
		return quern.Manifest{}, err
	}
	facts.AUC = q.AUC
	for _, l := range q.Labels {
		if l.Label == goodLabel || l.Label == "__label__"+goodLabel {
			facts.Precision, facts.Recall = l.Precision, l.Recall
		}
	}
	return s.commit(model, facts, dir)
}

func (s *classifyStep) commit(model *fasttext.Model, facts ClassifierFacts, dir quern.Local) (m quern.Manifest, err error) {
	blob, err := dir.Create(modelName)
	if err != nil {
		return m, err
	}
	meter := quern.NewMeter(blob)
	if _, err := model.WriteTo(meter); err != nil {
		blob.Abort()
		return m, err
	}
	if err := blob.Commit(); err != nil {
		return m, err
	}
	facts.Bytes = meter.N
	m.Shards = []quern.Shard{{Name: modelName, Blobs: []quern.BlobInfo{{Name: modelName, Size: meter.N, Digest: meter.Digest()}}}}
	m.Facts, err = json.Marshal(facts)
	return m, err
}

// collect chooses texts of the sources of a pile by chance, and parts them into those to learn from and those to test on.
func (s *classifyStep) collect(ctx context.Context, in []quern.Manifest, sources []string, label string, train, held *pile) (facts PileFacts, err error) {
	c := s.spec.Classify[s.name]
	total := int64(0)
	for _, m := range in {
		docs, _, _ := m.Totals()
		total += docs
	}
	share := float64(c.Docs) / float64(max(1, total))
	judge := clean.FastText{Lowercase: c.Lowercase}
	for i, m := range in {
		src := s.env.textSource(m, s.spec.input(sources[i]))
		units, err := src.Units(ctx)
		if err != nil {
			return facts, err
		}
		for _, u := range units {
			for d, err := range src.Docs(ctx, u) {
				if err != nil {
					return facts, err
				}
				if ctx.Err() != nil {
					return facts, ctx.Err()
				}
				chance := unit(quern.Seed(s.spec.Seed, "classify."+s.name, d.ID))
				if chance >= share || len(bytes.TrimSpace(d.Text)) == 0 {
					continue
				}
				text := judge.Seen(start(d.Text, c.MaxBytes))
				to, n := train, &facts.Train
				if unit(quern.Seed(s.spec.Seed, "classify.held."+s.name, d.ID)) < c.HeldOut {
					to, n = held, &facts.HeldOut
				}
				if err := to.add(label, text, quern.Seed(s.spec.Seed, "classify.order", d.ID)); err != nil {
					return facts, err
				}
				*n++
			}
		}
	}
	return facts, nil
}

// unit makes a number from 0 to 1 of a seed.
func unit(seed uint64) float64 { return float64(seed>>11) / (1 << 53) }

// start is the beginning of a text, cut between code points.
func start(text []byte, n int) []byte {
	if len(text) <= n {
		return text
	}
	for n > 0 && text[n]&0xC0 == 0x80 {
		n--
	}
	return text[:n]
}

// pile keeps examples in a file, and 32 bytes of each in memory.
type pile struct {
	file *os.File
	at   []example
	size int64
}

type example struct {
	offset int64
	length int32
	label  string
	order  uint64
}

func newPile(path string) (*pile, error) {
	f, err := os.Create(path)
	return &pile{file: f}, err
}

func (p *pile) close() { p.file.Close() }

func (p *pile) add(label string, text []byte, order uint64) error {
	if _, err := p.file.Write(text); err != nil {
		return err
	}
	p.at = append(p.at, example{p.size, int32(len(text)), label, order})
	p.size += int64(len(text))
	return nil
}

// shuffle orders the examples by chance, so that labels and topics come mixed.
func (p *pile) shuffle() {
	slices.SortFunc(p.at, func(a, b example) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.label, b.label), cmp.Compare(a.offset, b.offset))
	})
}

func (p *pile) examples() iter.Seq2[fasttext.Example, error] {
	return func(yield func(fasttext.Example, error) bool) {
		var text []byte
		for _, e := range p.at {
			text = slices.Grow(text[:0], int(e.length))[:e.length]
			if _, err := p.file.ReadAt(text, e.offset); err != nil && !(err == io.EOF && e.length == 0) {
				yield(fasttext.Example{}, err)
				return
			}
			if !yield(fasttext.Example{Label: e.label, Text: text}, nil) {
				return
			}
		}
	}
}

// input is the input of a name.
func (s *Spec) input(name string) Input {
	i := slices.IndexFunc(s.Ingest, func(in Input) bool { return in.Name == name })
	return s.Ingest[i]
}

// classifiers are the names of the classifiers that the rules of a chain ask, sorted.
func classifiers(links []clean.Link) []string {
	names := map[string]bool{}
	for _, l := range links {
		if f, ok := l.Config.(*clean.FastText); ok && f.Trained != "" {
			names[f.Trained] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// trained gives links whose classifiers are those of the datasets, in the order of classifiers.
func (e *Env) trained(links []clean.Link, in []quern.Manifest) []clean.Link {
	links = slices.Clone(links)
	names := classifiers(links)
	for i, l := range links {
		f, ok := l.Config.(*clean.FastText)
		if !ok || f.Trained == "" {
			continue
		}
		m := in[slices.Index(names, f.Trained)]
		links[i].Config = f.With(e.root().Path(Folder(m.Step, m.Key)+"/"+modelName), goodLabel)
	}
	return links
}
