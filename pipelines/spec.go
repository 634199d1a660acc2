package pipelines

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sort"

	"github.com/goccy/go-yaml"
	"github.com/seed-83c59573/quern/dedup"
	"github.com/seed-83c59573/quern/ingest"
	"github.com/seed-83c59573/quern/mix"
	"github.com/seed-83c59573/quern/shard"
	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train"
	"github.com/seed-83c59573/quern/train/pretrained"
)

// Version of quern. Steps are keyed by the versions of their rooms, not by this.
const Version = "0.1.0"

// SpecVersion is the version of the spec's own format.
const SpecVersion = 1

// Spec is what a run is asked to do, with every default filled in. It is closed: an unknown name anywhere is an error.
type Spec struct {
	Version  int                    `yaml:"version"`
	Name     string                 `yaml:"name"`
	Seed     uint64                 `yaml:"seed"`
	Ingest   []Input                `yaml:"ingest"`
	Tokens   []TokenInput           `yaml:"tokens,omitempty"`   // datasets that are tokenized already: they enter at the mix
	Classify map[string]*Classifier `yaml:"classify,omitempty"` // trained before documents are judged
	Clean    *Clean                 `yaml:"clean,omitempty"`
	Dedup    *dedup.Config          `yaml:"dedup,omitempty"`
	Mix      *mix.Config            `yaml:"mix,omitempty"`
	Tokenize *Tokenize              `yaml:"tokenize,omitempty"`
	Shard    *Shard                 `yaml:"shard,omitempty"`
	Train    *train.Config          `yaml:"train,omitempty"`
	Tune     *Tune                  `yaml:"tune,omitempty"`

	base string // the folder that its paths are relative to
}

// Input is one source of the outside world.
type Input struct {
	Name    string        `yaml:"name"`
	Domain  string        `yaml:"domain"`
	License string        `yaml:"license,omitempty"` // SPDX id of all its documents
	Format  string        `yaml:"format"`            // the key that names the paths in a spec
	Paths   []string      `yaml:"paths"`
	Config  ingest.Config `yaml:"options"` // of the format; its columns stand in a spec under fields
}

// MarshalYAML writes the input as a spec has it.
func (in Input) MarshalYAML() (any, error) {
	m := yaml.MapSlice{{Key: "name", Value: in.Name}, {Key: "domain", Value: in.Domain}}
	if in.License != "" {
		m = append(m, yaml.MapItem{Key: "license", Value: in.License})
	}
	m = append(m, yaml.MapItem{Key: in.Format, Value: in.Paths})
	if c, ok := in.Config.(ingest.Fielded); ok {
		m = append(m, yaml.MapItem{Key: "fields", Value: c.Columns()})
	}
	options, err := optionsJSON(in.Config)
	if err != nil {
		return nil, err
	}
	if string(options) != "{}" {
		m = append(m, yaml.MapItem{Key: "options", Value: in.Config})
	}
	return m, nil
}

// Tokenize learns a vocabulary or reads one.
type Tokenize struct {
	Learn *tokenize.Learn `yaml:"learn,omitempty"`
	File  string          `yaml:"file,omitempty"`
}

// Shard says how the corpus is written.
type Shard struct {
	Forms      shard.Corpus `yaml:",inline"`
	Tokens     int64        `yaml:"tokens"`     // in a shard, at most
	Validation float64      `yaml:"validation"` // share of the documents kept out of training
}

// Tune is what follows pretraining.
type Tune struct {
	SFT *train.SFTConfig `yaml:"sft,omitempty"`
}

// formats are the names of the readers of the outside world.
var formats = Formats()

// Formats lists the formats that an input may have.
func Formats() (names []string) {
	for _, f := range ingest.Formats {
		names = append(names, f.Name)
	}
	return names
}

// LoadSpec reads a spec from a file and applies overrides of the form a.b=v. Its paths are relative to the file.
func LoadSpec(path string, set []string) (*Spec, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	base, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	return ParseSpec(path, src, base, set)
}

// ParseSpec reads a spec. Errors are *SpecError: file, line, column, and what to do.
func ParseSpec(file string, src []byte, base string, set []string) (*Spec, error) {
	t, err := parseYAML(file, src)
	if err != nil {
		return nil, err
	}
	for i, s := range set {
		if err := t.set(i, s); err != nil {
			return nil, err
		}
	}
	t.base = base
	s := &Spec{base: base}
	if err := t.spec(s); err != nil {
		return nil, blame(err, set)
	}
	if err := s.validate(t); err != nil {
		return nil, blame(err, set)
	}
	return s, nil
}

// validate checks what no section can see alone.
func (s *Spec) validate(t *tree) error {
	fail := func(path, format string, a ...any) error { return at(t.file, t.find(path), format, a...) }
	switch {
	case s.Version == 0:
		return fail("", "no version; this quern reads version: %d", SpecVersion)
	case s.Version != SpecVersion:
		return fail("version", "version %d; this quern reads version: %d", s.Version, SpecVersion)
	case !plainName.MatchString(s.Name):
		return fail("name", "name %q: want letters, digits, - and _", clip(s.Name))
	case len(s.Ingest) == 0 && len(s.Tokens) == 0 && !s.tunesAlone():
		return fail("ingest", "ingest lists no input")
	}
	s.settleTokenizer()
	domains := s.Domains()
	if err := s.validateJudges(domains, fail); err != nil {
		return err
	}
	if err := s.validateDedup(domains, fail); err != nil {
		return err
	}
	if s.Mix != nil {
		if err := s.settleMix(t); err != nil {
			return err
		}
	}
	if err := s.validateTokens(fail); err != nil {
		return err
	}
	return s.validateChain(fail)
}

// tunesAlone tells whether a spec reads no corpus: all it does is to tune the model of a folder.
func (s *Spec) tunesAlone() bool {
	read := s.Clean != nil || s.Dedup != nil || len(s.Classify) > 0 || s.Mix != nil || s.Shard != nil || s.Train != nil
	return s.tunesFolder() && !read && (s.Tokenize == nil || s.Tokenize.Learn == nil)
}

func (s *Spec) tunesFolder() bool { return s.Tune != nil && s.Tune.SFT != nil && s.Tune.SFT.From != "" }

// settleTokenizer takes the tokenizer that stands beside the model that is tuned, unless the spec names one or mixes a corpus.
func (s *Spec) settleTokenizer() {
	if s.Tokenize == nil && s.Mix == nil && s.tunesFolder() {
		s.Tokenize = &Tokenize{File: filepath.Join(s.Tune.SFT.From, pretrained.TokenizerName)}
	}
}

// validateDedup checks what deduplication says of other sections.
func (s *Spec) validateDedup(domains []string, fail func(path, format string, a ...any) error) error {
	c := s.Dedup
	if c == nil {
		return nil
	}
	named := map[string][]string{"prefer": c.Prefer}
	if c.Bloom != nil {
		named["bloom.domains"] = c.Bloom.Domains
	}
	if c.Lines != nil {
		named["lines.domains"] = c.Lines.Domains
	}
	if c.Paragraphs != nil {
		named["paragraphs.domains"] = c.Paragraphs.Domains
	}
	if c.Sentences != nil {
		named["sentences.domains"] = c.Sentences.Domains
	}
	for _, where := range slices.Sorted(maps.Keys(named)) {
		for _, d := range named[where] {
			if !slices.Contains(domains, d) {
				return fail("dedup."+where, "dedup.%s: no input has the domain %s%s", where, d, nearest(d, domains))
			}
		}
	}
	needs := "" // a tokenizer
	switch {
	case c.Near != nil && c.Near.Unit == "tokens":
		needs = "dedup.near.unit"
	case c.Substrings != nil && c.Substrings.Tokens > 0:
		needs = "dedup.substrings.tokens"
	}
	if needs != "" && (s.Tokenize == nil || s.Tokenize.File == "") {
		return fail(needs, "%s: tokens need tokenize: {file: tokenizer.json}; a tokenizer that is learned comes after deduplication", needs)
	}
	if c.Index != "" && c.Exact == nil && c.Near == nil {
		return fail("dedup.index", "dedup.index: an index is about exact or near duplicates: give one of these")
	}
	return nil
}

// validateJudges checks classifiers and rules.
func (s *Spec) validateJudges(domains []string, fail func(path, format string, a ...any) error) error {
	sources, names := s.sources(), slices.Sorted(maps.Keys(s.Classify))
	for _, name := range names {
		if err := s.Classify[name].validate(name, sources); err != nil {
			return fail("classify."+name, "%s", err)
		}
	}
	if s.Clean == nil {
		return nil
	}
	if err := s.Clean.validate(domains, fail); err != nil {
		return err
	}
	for _, d := range domains {
		for _, c := range classifiers(s.Clean.links(d)) {
			if s.Classify[c] == nil {
				return fail("clean", "fasttext: trained: the section classify has no %s%s", clip(c), nearest(c, names))
			}
		}
	}
	return nil
}

// validateChain checks that each section has the one before it.
func (s *Spec) validateChain(fail func(path, format string, a ...any) error) error {
	switch {
	case s.Mix != nil && s.Tokenize == nil:
		return fail("mix", "mix needs tokenize: tokens are counted before they are mixed")
	case s.Shard != nil && s.Mix == nil:
		return fail("shard", "shard needs mix: it writes what the mix has planned")
	case s.Train != nil && s.Shard == nil:
		return fail("train", "train needs shard: it reads the corpus")
	case s.Tune != nil && s.Tune.SFT == nil:
		return fail("tune", "tune: give sft")
	case s.Tune != nil && s.Train == nil && s.Tune.SFT.From == "":
		return fail("tune", "tune needs train, whose checkpoint it starts from, or sft.from: the folder of a model")
	case s.Tune != nil && s.Tokenize == nil:
		return fail("tune", "tune needs tokenize")
	case s.Tune != nil && s.Shard == nil && s.Tune.SFT.NeedsCorpus():
		return fail("tune", "tune.sft: replay and forgetting need shard: they read the corpus")
	case s.Tune != nil && s.Tune.SFT.Forgetting && s.Shard.Validation == 0:
		return fail("tune", "tune.sft: forgetting needs shard.validation: it is measured there")
	}
	if s.Tokenize != nil && s.Tokenize.Learn != nil {
		for _, d := range s.Domains() {
			if s.Tokenize.Learn.Ratios[d] <= 0 {
				return fail("tokenize.learn.ratios", "tokenize.learn.ratios: no share for the domain %s", d)
			}
		}
	}
	if s.Train != nil {
		if err := s.Train.Validate(); err != nil {
			return fail("train", "%s", err)
		}
		if s.Train.Shuffle && len(s.Mix.Phases) > 0 {
			return fail("train.shuffle", "train.shuffle: mix.phases is an order, which shuffling would undo")
		}
	}
	if s.Tune == nil {
		return nil
	}
	context := s.Tune.SFT.Context
	if context == 0 && s.Tune.SFT.From == "" {
		context = s.Train.Model.Context
	}
	if context > 0 { // else the folder tells, later
		if err := s.Tune.SFT.Fits(context); err != nil {
			return fail("tune", "tune.sft: %s", err)
		}
	}
	return nil
}

// sources lists the names of the inputs.
func (s *Spec) sources() (names []string) {
	for _, in := range s.Ingest {
		names = append(names, in.Name)
	}
	return names
}

// Domains lists the domains of the inputs, sorted.
func (s *Spec) Domains() []string {
	var ds []string
	for _, in := range s.tokenSources() {
		if !slices.Contains(ds, in.Domain) {
			ds = append(ds, in.Domain)
		}
	}
	sort.Strings(ds)
	return ds
}

// YAML is the resolved spec: every default filled in.
func (s *Spec) YAML() ([]byte, error) { return yaml.Marshal(s) }

// JSON is the resolved spec as one compact JSON object.
func (s *Spec) JSON() ([]byte, error) { return optionsJSON(s) }

// path makes a path of the spec absolute.
func (s *Spec) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(s.base, p)
}
