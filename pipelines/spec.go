package pipelines

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/clean"
	"github.com/seed-83c59573/quern/dedup"
	"github.com/seed-83c59573/quern/ingest"
	"github.com/seed-83c59573/quern/mix"
	"github.com/seed-83c59573/quern/shard"
	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train"
)

// Version of quern. Steps are keyed by the versions of their rooms, not by this.
const Version = "0.1.0"

// SpecVersion is the version of the spec's own format.
const SpecVersion = 1

// Spec is what a run is asked to do, with every default filled in. It is closed: an unknown name anywhere is an error.
type Spec struct {
	Version  int               `yaml:"version"`
	Name     string            `yaml:"name"`
	Seed     uint64            `yaml:"seed"`
	Ingest   []Input           `yaml:"ingest"`
	Clean    map[string][]Rule `yaml:"clean,omitempty"` // "all" runs before the domain's own
	Dedup    *dedup.Config     `yaml:"dedup,omitempty"`
	Mix      *mix.Config       `yaml:"mix,omitempty"`
	Tokenize *Tokenize         `yaml:"tokenize,omitempty"`
	Shard    *Shard            `yaml:"shard,omitempty"`
	Train    *train.Config     `yaml:"train,omitempty"`
	Tune     *Tune             `yaml:"tune,omitempty"`

	base string // the folder that its paths are relative to
}

// Input is one source of the outside world.
type Input struct {
	Name    string              `yaml:"name"`
	Domain  string              `yaml:"domain"`
	License string              `yaml:"license,omitempty"` // SPDX id of all its documents
	Format  string              `yaml:"format"`            // the key that names the paths in a spec
	Paths   []string            `yaml:"paths"`
	Fields  *ingest.Fields      `yaml:"fields,omitempty"` // of JSONL and Parquet
	Tree    *ingest.TreeOptions `yaml:"options,omitempty"`
}

// Rule is one stage of cleaning and its options.
type Rule struct {
	Name    string
	Options interface{ Stage() (quern.Stage, error) }
}

// MarshalYAML writes the rule as a spec has it.
func (r Rule) MarshalYAML() (any, error) { return map[string]any{r.Name: r.Options}, nil }

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

// formats are the readers of the outside world.
var formats = []string{"jsonl", "parquet", "warc", "jats", "latex", "tree"}

// rule is the one list of cleaning rules: a name, and its options with their defaults.
func rule(name string) (opts interface{ Stage() (quern.Stage, error) }, decode any, ok bool) {
	switch name {
	case "normalize":
		o := clean.DefaultNormalize()
		return &o, &o, true
	case "language":
		o := clean.DefaultLanguage()
		return &o, &o, true
	case "gopher":
		o := clean.DefaultGopher()
		return &o, &o, true
	case "c4":
		o := clean.DefaultC4()
		return &o, &o, true
	case "fineweb":
		o := clean.DefaultFineWeb()
		return &o, &o, true
	case "stack":
		o := clean.DefaultStack()
		return &o, &o, true
	case "generated":
		o := clean.DefaultGenerated()
		return &o, &o, true
	case "pes2o":
		o := clean.DefaultPES2O()
		return &o, &o, true
	case "pii":
		o := clean.DefaultPII()
		return &o, &o, true
	}
	return nil, nil, false
}

var ruleNames = []string{"normalize", "language", "gopher", "c4", "fineweb", "stack", "generated", "pes2o", "pii"}

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
	for _, s := range set {
		if err := t.set(s); err != nil {
			return nil, err
		}
	}
	s := &Spec{base: base}
	if err := t.spec(s); err != nil {
		return nil, err
	}
	return s, s.validate(t)
}

func (t *tree) spec(s *Spec) error {
	return t.mapping(t.root, "spec", func(key string, pos *token.Token, v ast.Node) error {
		switch key {
		case "version":
			return t.into(v, &s.Version)
		case "name":
			return t.into(v, &s.Name)
		case "seed":
			if n, ok := v.(*ast.IntegerNode); ok && strings.HasPrefix(n.GetToken().Value, "-") {
				return at(t.file, n.GetToken(), "seed: want a whole number from 0 to 2^64-1")
			}
			return t.into(v, &s.Seed)
		case "ingest":
			return t.list(v, "ingest", func(i int, v ast.Node) error { return t.input(s, v) })
		case "clean":
			s.Clean = map[string][]Rule{}
			return t.mapping(v, "clean", func(domain string, _ *token.Token, v ast.Node) error {
				return t.list(v, "clean."+domain, func(i int, v ast.Node) error { return t.rule(s, domain, v) })
			})
		case "dedup":
			return t.dedup(s, v)
		case "mix":
			return t.mix(s, v)
		case "tokenize":
			return t.tokenize(s, v)
		case "shard":
			return t.shard(s, v)
		case "train":
			c := train.DefaultConfig()
			s.Train = &c
			return t.into(v, s.Train)
		case "tune":
			return t.tune(s, v)
		}
		return at(t.file, pos, "unknown field %q%s", clip(key), nearest(key, knownFields))
	})
}

func (t *tree) input(s *Spec, v ast.Node) error {
	in := Input{}
	var fields, options ast.Node
	err := t.mapping(v, "ingest", func(key string, pos *token.Token, v ast.Node) error {
		switch {
		case key == "name":
			return t.into(v, &in.Name)
		case key == "domain":
			return t.into(v, &in.Domain)
		case key == "license":
			return t.into(v, &in.License)
		case key == "fields":
			fields = v
		case key == "options":
			options = v
		case slices.Contains(formats, key):
			if in.Format != "" {
				return at(t.file, pos, "%s: an input has one format, this one has %s already", key, in.Format)
			}
			in.Format = key
			return t.into(v, &in.Paths)
		default:
			return at(t.file, pos, "unknown field %q%s", clip(key), nearest(key, append(slices.Clone(formats), "name", "domain", "license", "fields", "options")))
		}
		return nil
	})
	if err != nil {
		return err
	}
	if fields != nil {
		f := ingest.DefaultFields()
		if in.Fields = &f; in.Format != "jsonl" && in.Format != "parquet" {
			return at(t.file, fields.GetToken(), "fields: only jsonl and parquet have named fields")
		}
		if err := t.into(fields, in.Fields); err != nil {
			return err
		}
	}
	if options != nil {
		o := ingest.DefaultTreeOptions()
		if in.Tree = &o; in.Format != "tree" {
			return at(t.file, options.GetToken(), "options: only tree has them")
		}
		if err := t.into(options, in.Tree); err != nil {
			return err
		}
	}
	switch {
	case !plainName.MatchString(in.Name):
		return at(t.file, v.GetToken(), "ingest: name %q: want letters, digits, - and _", clip(in.Name))
	case !plainName.MatchString(in.Domain):
		return at(t.file, v.GetToken(), "ingest %s: domain %q: want a word such as web, paper or code", in.Name, clip(in.Domain))
	case in.Format == "":
		return at(t.file, v.GetToken(), "ingest %s: no input; give one of %s", in.Name, strings.Join(formats, ", "))
	case len(in.Paths) == 0:
		return at(t.file, v.GetToken(), "ingest %s: %s lists no path", in.Name, in.Format)
	}
	for _, other := range s.Ingest {
		if other.Name == in.Name {
			return at(t.file, v.GetToken(), "ingest: the name %s is given twice", in.Name)
		}
	}
	for i, p := range in.Paths {
		if p == "" {
			return at(t.file, v.GetToken(), "ingest %s: an empty path", in.Name)
		}
		if slices.Contains(in.Paths[:i], p) {
			return at(t.file, v.GetToken(), "ingest %s: %q is listed twice", in.Name, p)
		}
	}
	s.Ingest = append(s.Ingest, in)
	return nil
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

func (t *tree) rule(s *Spec, domain string, v ast.Node) error {
	n := 0
	return t.mapping(v, "clean."+domain, func(key string, pos *token.Token, v ast.Node) error {
		if n++; n > 1 {
			return at(t.file, pos, "two rules in one element: write each with its own dash or braces")
		}
		opts, decode, ok := rule(key)
		if !ok {
			return at(t.file, pos, "unknown rule %q%s", clip(key), nearest(key, ruleNames))
		}
		if err := t.into(v, decode); err != nil {
			return err
		}
		if _, err := opts.Stage(); err != nil {
			return at(t.file, pos, "%s", err)
		}
		s.Clean[domain] = append(s.Clean[domain], Rule{key, opts})
		return nil
	})
}

func (t *tree) dedup(s *Spec, v ast.Node) error {
	s.Dedup = &dedup.Config{}
	err := t.mapping(v, "dedup", func(key string, pos *token.Token, v ast.Node) error {
		switch key {
		case "exact":
			e := dedup.DefaultExact()
			s.Dedup.Exact = &e
			return t.into(v, s.Dedup.Exact)
		case "near":
			n := dedup.DefaultNear()
			s.Dedup.Near = &n
			return t.into(v, s.Dedup.Near)
		case "prefer":
			return t.into(v, &s.Dedup.Prefer)
		}
		return at(t.file, pos, "unknown field %q%s", clip(key), nearest(key, []string{"exact", "near", "prefer"}))
	})
	if err != nil {
		return err
	}
	if err := s.Dedup.Validate(); err != nil {
		return at(t.file, v.GetToken(), "%s", err)
	}
	return nil
}

// count decodes a number that may be written 20M.
func (t *tree) count(v ast.Node, what string, dst *int64) error {
	n, err := ParseCount(v.GetToken().Value)
	if err != nil {
		return at(t.file, v.GetToken(), "%s: %v", what, err)
	}
	*dst = n
	return nil
}

func (t *tree) mix(s *Spec, v ast.Node) error {
	c := mix.Default()
	s.Mix = &c
	err := t.mapping(v, "mix", func(key string, pos *token.Token, v ast.Node) error {
		switch key {
		case "ratios":
			s.Mix.Ratios = nil
			return t.into(v, &s.Mix.Ratios)
		case "tokens":
			return t.count(v, "mix.tokens", &s.Mix.Tokens)
		case "repeat":
			return t.into(v, &s.Mix.Repeat)
		case "short":
			return t.into(v, &s.Mix.Short)
		}
		return at(t.file, pos, "unknown field %q%s", clip(key), nearest(key, []string{"ratios", "tokens", "repeat", "short"}))
	})
	if err != nil {
		return err
	}
	if err := s.Mix.Validate(); err != nil {
		return at(t.file, v.GetToken(), "%s", err)
	}
	return nil
}

func (t *tree) tokenize(s *Spec, v ast.Node) error {
	s.Tokenize = &Tokenize{}
	err := t.mapping(v, "tokenize", func(key string, pos *token.Token, v ast.Node) error {
		switch key {
		case "file":
			return t.into(v, &s.Tokenize.File)
		case "learn":
			l := tokenize.DefaultLearn()
			s.Tokenize.Learn = &l
			if err := t.into(v, s.Tokenize.Learn); err != nil {
				return err
			}
			if err := l.Validate(); err != nil {
				return at(t.file, v.GetToken(), "%s", err)
			}
			return nil
		}
		return at(t.file, pos, "unknown field %q%s", clip(key), nearest(key, []string{"file", "learn"}))
	})
	if err == nil && (s.Tokenize.Learn == nil) == (s.Tokenize.File == "") {
		return at(t.file, v.GetToken(), "tokenize: give either learn or file")
	}
	return err
}

func (t *tree) shard(s *Spec, v ast.Node) error {
	s.Shard = DefaultShard()
	err := t.mapping(v, "shard", func(key string, pos *token.Token, v ast.Node) error {
		switch key {
		case "parquet":
			s.Shard.Forms.Parquet = &shard.ParquetOptions{}
			return t.into(v, s.Shard.Forms.Parquet)
		case "arrow":
			a := shard.DefaultArrow()
			s.Shard.Forms.Arrow = &a
			return t.into(v, s.Shard.Forms.Arrow)
		case "tokens":
			return t.count(v, "shard.tokens", &s.Shard.Tokens)
		case "validation":
			share, err := ParseShare(v.GetToken().Value)
			if err != nil {
				return at(t.file, v.GetToken(), "shard.validation: %v", err)
			}
			s.Shard.Validation = share
			return nil
		}
		return at(t.file, pos, "unknown field %q%s", clip(key), nearest(key, []string{"parquet", "arrow", "tokens", "validation"}))
	})
	if err != nil {
		return err
	}
	if err := s.Shard.Forms.Validate(); err != nil {
		return at(t.file, v.GetToken(), "%s", err)
	}
	if s.Shard.Tokens < 1024 {
		return at(t.file, v.GetToken(), "shard: %d tokens in a shard, want at least 1024", s.Shard.Tokens)
	}
	return nil
}

// DefaultShard is shards of 32 M tokens and half a percent of the documents for validation.
func DefaultShard() *Shard { return &Shard{Tokens: 32_000_000, Validation: 0.005} }

func (t *tree) tune(s *Spec, v ast.Node) error {
	s.Tune = &Tune{}
	return t.mapping(v, "tune", func(key string, pos *token.Token, v ast.Node) error {
		if key != "sft" {
			return at(t.file, pos, "unknown field %q%s", clip(key), nearest(key, []string{"sft"}))
		}
		c := train.DefaultSFT()
		s.Tune.SFT = &c
		if err := t.into(v, s.Tune.SFT); err != nil {
			return err
		}
		if err := s.Tune.SFT.Validate(); err != nil {
			return at(t.file, v.GetToken(), "%s", err)
		}
		return nil
	})
}

// validate checks what no section can see alone.
func (s *Spec) validate(t *tree) error {
	fail := func(key, format string, a ...any) error {
		for _, v := range t.root.Values {
			if v.Key.(*ast.StringNode).Value == key {
				return at(t.file, v.Key.GetToken(), format, a...)
			}
		}
		return &SpecError{File: t.file, Line: 1, Col: 1, Msg: fmt.Sprintf(format, a...)}
	}
	switch {
	case s.Version == 0:
		return fail("", "no version; this quern reads version: %d", SpecVersion)
	case s.Version != SpecVersion:
		return fail("version", "version %d; this quern reads version: %d", s.Version, SpecVersion)
	case !plainName.MatchString(s.Name):
		return fail("name", "name %q: want letters, digits, - and _", clip(s.Name))
	case len(s.Ingest) == 0:
		return fail("ingest", "ingest lists no input")
	}
	domains := s.Domains()
	for _, d := range sortedKeys(s.Clean) {
		if d != "all" && !slices.Contains(domains, d) {
			return fail("clean", "clean.%s: no input has this domain%s", d, nearest(d, domains))
		}
	}
	if s.Dedup != nil {
		for _, d := range s.Dedup.Prefer {
			if !slices.Contains(domains, d) {
				return fail("dedup", "dedup.prefer: no input has the domain %s%s", d, nearest(d, domains))
			}
		}
	}
	if s.Mix != nil {
		for _, d := range sortedKeys(s.Mix.Ratios) {
			if !slices.Contains(domains, d) {
				return fail("mix", "mix.ratios: no input has the domain %s%s", d, nearest(d, domains))
			}
		}
	}
	return s.validateChain(fail)
}

// validateChain checks that each section has the one before it.
func (s *Spec) validateChain(fail func(key, format string, a ...any) error) error {
	switch {
	case s.Mix != nil && s.Tokenize == nil:
		return fail("mix", "mix needs tokenize: tokens are counted before they are mixed")
	case s.Shard != nil && s.Mix == nil:
		return fail("shard", "shard needs mix: it writes what the mix has planned")
	case s.Train != nil && s.Shard == nil:
		return fail("train", "train needs shard: it reads the corpus")
	case s.Tune != nil && s.Train == nil:
		return fail("tune", "tune needs train: it starts from the pretrained checkpoint")
	case s.Tune != nil && s.Tune.SFT == nil:
		return fail("tune", "tune: give sft")
	}
	if s.Tokenize != nil && s.Tokenize.Learn != nil {
		for _, d := range s.Domains() {
			if s.Tokenize.Learn.Ratios[d] <= 0 {
				return fail("tokenize", "tokenize.learn.ratios: no share for the domain %s", d)
			}
		}
	}
	if s.Train != nil {
		if err := s.Train.Validate(); err != nil {
			return fail("train", "%s", err)
		}
	}
	return nil
}

// Domains lists the domains of the inputs, sorted.
func (s *Spec) Domains() []string {
	var ds []string
	for _, in := range s.Ingest {
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

// set applies an override a.b=v to the parsed file, before it is decoded, so that it is checked like the rest.
func (t *tree) set(s string) error {
	path, value, ok := strings.Cut(s, "=")
	file := "--set " + clip(s)
	if !ok || path == "" {
		return &SpecError{File: file, Msg: "want a.b=value"}
	}
	v, err := parseYAML(file, []byte("value: "+value+"\n"))
	if err != nil {
		return err
	}
	node := v.root.Values[0].Value
	keys := strings.Split(path, ".")
	m := t.root
	for i, k := range keys {
		var found *ast.MappingValueNode
		for _, mv := range m.Values {
			if mv.Key.(*ast.StringNode).Value == k {
				found = mv
			}
		}
		if i == len(keys)-1 && found != nil {
			found.Value = node
			return nil
		}
		if found == nil {
			return t.graft(m, keys[i:], value, file)
		}
		next, ok := found.Value.(*ast.MappingNode)
		if !ok {
			return &SpecError{File: file, Msg: fmt.Sprintf("%s is %s, not a mapping", strings.Join(keys[:i+1], "."), kind(found.Value))}
		}
		m = next
	}
	return nil
}

// graft adds keys that the file does not have.
func (t *tree) graft(m *ast.MappingNode, keys []string, value, file string) error {
	src := value
	for i := len(keys) - 1; i >= 0; i-- {
		src = "{" + keys[i] + ": " + src + "}"
	}
	f, err := parser.ParseBytes([]byte(src), 0)
	if err != nil {
		return placed(file, err)
	}
	add, ok := f.Docs[0].Body.(*ast.MappingNode)
	if !ok {
		return &SpecError{File: file, Msg: "want a.b=value"}
	}
	m.Values = append(m.Values, add.Values...)
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
