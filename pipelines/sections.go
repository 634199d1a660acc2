package pipelines

import (
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
	"github.com/seed-83c59573/quern/clean"
	"github.com/seed-83c59573/quern/dedup"
	"github.com/seed-83c59573/quern/ingest"
	"github.com/seed-83c59573/quern/shard"
	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train"
)

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
		case "tokens":
			return t.list(v, "tokens", func(i int, v ast.Node) error { return t.tokens(s, v) })
		case "classify":
			s.Classify = map[string]*Classifier{}
			return t.mapping(v, "classify", func(name string, _ *token.Token, v ast.Node) error {
				c := DefaultClassifier()
				s.Classify[name] = &c
				return t.into(v, &c)
			})
		case "clean":
			c := DefaultClean()
			s.Clean = &c
			return t.mapping(v, "clean", func(section string, _ *token.Token, v ast.Node) error {
				if section == "facts" {
					return t.into(v, &s.Clean.Facts)
				}
				return t.list(v, "clean."+section, func(i int, v ast.Node) error { return t.rule(s, section, v) })
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
			return t.training(v, &c.Optim, s.Train)
		case "tune":
			return t.tune(s, v)
		}
		return at(t.file, pos, "unknown field %q%s", clip(key), nearest(key, sections))
	})
}

// sections are the fields at the top of a spec.
var sections = []string{"version", "name", "seed", "ingest", "tokens", "classify", "clean", "dedup", "mix", "tokenize", "shard", "train", "tune"}

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
	if f, ok := ingest.FormatNamed(in.Format); ok {
		in.Config = f.Config()
		if err := t.config(in, fields, options); err != nil {
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

// config decodes what a spec says of a format.
func (t *tree) config(in Input, fields, options ast.Node) error {
	if fields != nil {
		c, ok := in.Config.(ingest.Fielded)
		if !ok {
			return at(t.file, fields.GetToken(), "fields: %s has no named fields", in.Format)
		}
		if err := t.into(fields, c.Columns()); err != nil {
			return err
		}
	}
	if options != nil {
		if has, err := optionsJSON(in.Config); err != nil || string(has) == "{}" {
			return at(t.file, options.GetToken(), "options: %s has none", in.Format)
		}
		return t.into(options, in.Config)
	}
	return nil
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

func (t *tree) rule(s *Spec, section string, v ast.Node) error {
	n := 0
	return t.mapping(v, "clean."+section, func(key string, pos *token.Token, v ast.Node) error {
		if n++; n > 1 {
			return at(t.file, pos, "two rules in one element: write each with its own dash or braces")
		}
		if key == "preset" {
			return t.preset(s, section, pos, v)
		}
		name, dialect, err := t.dialect(key, pos, v)
		if err != nil {
			return err
		}
		r, dialect, _ := clean.Find(name + dialect)
		options := r.Config(dialect)
		if err := t.into(v, options); err != nil {
			return err
		}
		if f, ok := options.(clean.Filed); ok {
			f.At(s.base)
		}
		if _, err := options.Stage(); err != nil {
			return at(t.file, pos, "%s", err)
		}
		if name = r.Name; dialect != "" {
			name += "@" + dialect
		}
		s.Clean.Sections[section] = append(s.Clean.Sections[section], Rule{name, options})
		return nil
	})
}

// dialect tells which rule a key of a spec means, and "@" with the dialect if one is named: in the key, as in gopher@dolma, or among
// the options, as in gopher: {dialect: dolma}, from where it is taken away.
func (t *tree) dialect(key string, pos *token.Token, v ast.Node) (name, dialect string, err error) {
	name, dialect, named := strings.Cut(key, "@")
	if named {
		dialect = "@" + dialect
	}
	r, _, ok := clean.Find(name)
	if !ok {
		return "", "", at(t.file, pos, "unknown rule %q%s", clip(key), nearest(key, clean.Names()))
	}
	if m, ok := v.(*ast.MappingNode); ok && len(r.Dialects) > 0 {
		for i, o := range m.Values {
			if o.Key.GetToken().Value != "dialect" {
				continue
			}
			if pos = o.Key.GetToken(); named {
				return "", "", at(t.file, pos, "dialect: %s names it already", clip(key))
			}
			dialect = "@" + o.Value.GetToken().Value
			m.Values = slices.Delete(m.Values, i, i+1)
			break
		}
	}
	if _, _, ok := clean.Find(name + dialect); !ok {
		return "", "", at(t.file, pos, "%s: dialect %q is not known; known are %s", name, clip(strings.TrimPrefix(dialect, "@")), strings.Join(r.Dialects, ", "))
	}
	return name, dialect, nil
}

// dedupFields are the fields of the section dedup.
var dedupFields = []string{"exact", "near", "bloom", "lines", "paragraphs", "sentences", "substrings", "prefer", "stays", "guard", "index"}

func (t *tree) dedup(s *Spec, v ast.Node) error {
	c := &dedup.Config{}
	s.Dedup = c
	err := t.mapping(v, "dedup", func(key string, pos *token.Token, v ast.Node) (err error) {
		switch key {
		case "exact":
			return decodeFrom(t, v, &c.Exact, dedup.DefaultExact())
		case "near":
			n, err := t.nearBase(v)
			if err != nil {
				return err
			}
			return decodeFrom(t, v, &c.Near, n)
		case "bloom":
			return decodeFrom(t, v, &c.Bloom, dedup.DefaultBloom())
		case "lines":
			return decodeFrom(t, v, &c.Lines, dedup.DefaultLines())
		case "paragraphs":
			return decodeFrom(t, v, &c.Paragraphs, dedup.DefaultParagraphs())
		case "sentences":
			return decodeFrom(t, v, &c.Sentences, dedup.DefaultSentences())
		case "substrings":
			return decodeFrom(t, v, &c.Substrings, dedup.DefaultSubstrings())
		case "prefer":
			return t.into(v, &c.Prefer)
		case "stays":
			return t.into(v, &c.Stays)
		case "guard":
			return decodeFrom(t, v, &c.Guard, dedup.DefaultGuard())
		case "index":
			return t.into(v, &c.Index)
		}
		return at(t.file, pos, "unknown field %q%s", clip(key), nearest(key, dedupFields))
	})
	if err != nil {
		return err
	}
	if err := c.Validate(); err != nil {
		return at(t.file, v.GetToken(), "%s", err)
	}
	return nil
}

// decodeFrom decodes a mapping over defaults.
func decodeFrom[T any](t *tree, v ast.Node, to **T, defaults T) error {
	*to = &defaults
	return t.into(v, *to)
}

// nearBase is what the options of near start from: the preset that they name, which is taken away, or that of the family, or the default.
func (t *tree) nearBase(v ast.Node) (dedup.Near, error) {
	m, ok := v.(*ast.MappingNode)
	if !ok {
		return dedup.DefaultNear(), nil
	}
	base, from := "", (*token.Token)(nil)
	for i, o := range m.Values {
		switch value := o.Value.GetToken(); o.Key.GetToken().Value {
		case "preset":
			m.Values = slices.Delete(m.Values, i, i+1)
			base, from = value.Value, value
		case "family":
			if family := map[string]string{"datatrove": "fineweb2", "simhash": "data-juicer-simhash"}; from == nil {
				base = family[value.Value]
			}
			continue
		default:
			continue
		}
		break
	}
	if base == "" {
		return dedup.DefaultNear(), nil
	}
	n, err := dedup.NearPreset(base)
	if err != nil {
		return n, at(t.file, from, "%s%s", err, nearest(base, dedup.NearPresets()))
	}
	return n, nil
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
