package pipelines

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
	"github.com/seed-83c59573/quern/clean"
	"github.com/seed-83c59573/quern/mix"
)

// places are where the parts of ratios stand in the file, by path; "" = the whole.
type places map[string]*token.Token

var mixFields = []string{"ratios", "sum", "tokens", "bytes", "docs", "repeat", "short", "upsample", "phases", "replay"}

func (t *tree) mix(s *Spec, v ast.Node) error {
	c := mix.Default()
	s.Mix = &c
	given := false
	err := t.mapping(v, "mix", func(key string, pos *token.Token, v ast.Node) (err error) {
		switch key {
		case "ratios":
			given = true
			c.Ratios, err = t.readRatios(v)
			return err
		case "sum":
			return t.into(v, &c.Sum)
		case "tokens":
			return t.amount(v, "mix.tokens", &c.Tokens)
		case "bytes":
			return t.amount(v, "mix.bytes", &c.Bytes)
		case "docs":
			return t.amount(v, "mix.docs", &c.Docs)
		case "repeat":
			return t.into(v, &c.Repeat)
		case "short":
			return t.into(v, &c.Short)
		case "upsample":
			c.Upsample = &mix.Upsample{}
			return t.into(v, c.Upsample)
		case "replay":
			return t.into(v, &c.Replay)
		case "phases":
			return t.list(v, "mix.phases", func(_ int, v ast.Node) error {
				c.Phases = append(c.Phases, mix.Phase{})
				return t.phase(&c.Phases[len(c.Phases)-1], v)
			})
		}
		return at(t.file, pos, "unknown field %q%s", clip(key), nearest(key, mixFields))
	})
	if err != nil {
		return err
	}
	if len(c.Phases) > 0 && !given {
		c.Ratios = nil
	}
	if err := s.Mix.Validate(); err != nil {
		return t.ratioError(err, v.GetToken())
	}
	return nil
}

func (t *tree) phase(p *mix.Phase, v ast.Node) error {
	return t.mapping(v, "mix.phases", func(key string, pos *token.Token, v ast.Node) (err error) {
		switch key {
		case "share":
			if p.Share, err = ParseShare(v.GetToken().Value); err != nil {
				return at(t.file, v.GetToken(), "mix.phases: share: %v", err)
			}
			return nil
		case "ratios":
			p.Ratios, err = t.readRatios(v)
			return err
		}
		return at(t.file, pos, "unknown field %q%s", clip(key), nearest(key, []string{"share", "ratios"}))
	})
}

// amount decodes a number that may be written 20M or 2GB, or all.
func (t *tree) amount(v ast.Node, what string, dst *mix.Amount) error {
	text := v.GetToken().Value
	if text == "all" {
		*dst = mix.All
		return nil
	}
	parse := ParseCount
	if what == "mix.bytes" {
		parse = ParseBytes
	}
	n, err := parse(text)
	if err != nil {
		return at(t.file, v.GetToken(), "%s: %v, or all", what, err)
	}
	if n == 0 {
		return at(t.file, v.GetToken(), "%s is 0, want 1 or more, or all", what)
	}
	*dst = mix.Amount(n)
	return nil
}

// readRatios decodes a tree of shares, or takes it from a file of ratios.
func (t *tree) readRatios(v ast.Node) (*mix.Ratios, error) {
	where := places{"": v.GetToken()}
	m, ok := v.(*ast.MappingNode)
	if !ok {
		return nil, at(t.file, v.GetToken(), "mix.ratios: want a mapping, have %s", kind(v))
	}
	if _, isFile := field(m, "file").(*ast.StringNode); isFile { // and no share of a domain called file
		r, err := t.ratiosFile(m)
		if err == nil {
			t.remember(r, where)
		}
		return r, err
	}
	r, err := t.division(m, "", where)
	if err == nil {
		t.remember(r, where)
	}
	return r, err
}

func (t *tree) remember(r *mix.Ratios, where places) {
	if t.ratios == nil {
		t.ratios = map[*mix.Ratios]places{}
	}
	t.ratios[r] = where
}

// field is the value of a key of a mapping, nil if it has none.
func field(m *ast.MappingNode, key string) ast.Node {
	for _, v := range m.Values {
		if v.Key.(*ast.StringNode).Value == key {
			return v.Value
		}
	}
	return nil
}

// longForm are the words of a division that is more than its parts; no part can have such a name.
var longForm = []string{"share", "repeat", "by", "temperature", "parts"}

// division decodes the node of a tree of ratios that stands at a path.
func (t *tree) division(m *ast.MappingNode, path string, where places) (*mix.Ratios, error) {
	r := &mix.Ratios{}
	if !slices.ContainsFunc(m.Values, func(v *ast.MappingValueNode) bool { return slices.Contains(longForm, v.Key.(*ast.StringNode).Value) }) {
		return r, t.parts(r, m, path, where)
	}
	err := t.mapping(m, "mix.ratios", func(key string, pos *token.Token, v ast.Node) error {
		switch key {
		case "share":
			return t.into(v, &r.Share)
		case "repeat":
			return t.into(v, &r.Repeat)
		case "temperature":
			return t.into(v, &r.Temperature)
		case "by":
			r.Natural = true
			return t.into(v, &r.By)
		case "parts":
			if _, list := v.(*ast.SequenceNode); !list {
				return t.parts(r, v, path, where)
			}
			r.Natural = true
			return t.list(v, "mix.ratios", func(_ int, v ast.Node) error {
				var name string
				if err := t.into(v, &name); err != nil {
					return err
				}
				return t.part(r, name, mix.Ratios{}, path, v.GetToken(), where)
			})
		}
		return at(t.file, pos, "mix.ratios: %s beside %s: put the parts under parts", clip(key), strings.Join(longForm[:4], ", "))
	})
	return r, err
}

// parts decodes the parts of a division that have shares.
func (t *tree) parts(r *mix.Ratios, v ast.Node, path string, where places) error {
	return t.mapping(v, "mix.ratios", func(key string, pos *token.Token, v ast.Node) error {
		below := strings.Trim(path+"/"+key, "/")
		node := &mix.Ratios{}
		if m, ok := v.(*ast.MappingNode); ok {
			var err error
			if node, err = t.division(m, below, where); err != nil {
				return err
			}
		} else if err := t.into(v, &node.Share); err != nil {
			return err
		}
		return t.part(r, key, *node, path, pos, where)
	})
}

func (t *tree) part(r *mix.Ratios, key string, node mix.Ratios, path string, pos *token.Token, where places) error {
	if err := r.Add(key, node); err != nil {
		return at(t.file, pos, "mix.ratios: %s", err)
	}
	where[strings.Trim(path+"/"+key, "/")] = pos
	return nil
}

// ratiosFile reads the ratios of a run from a table of runs, as Olmix has them.
func (t *tree) ratiosFile(m *ast.MappingNode) (*mix.Ratios, error) {
	var file, run string
	err := t.mapping(m, "mix.ratios", func(key string, pos *token.Token, v ast.Node) error {
		switch key {
		case "file":
			return t.into(v, &file)
		case "run":
			return t.into(v, &run)
		}
		return at(t.file, pos, "unknown field %q: with a file there is only run, the row of it", clip(key))
	})
	if err != nil {
		return nil, err
	}
	path := file
	if !filepath.IsAbs(path) {
		path = filepath.Join(t.base, path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, at(t.file, m.GetToken(), "mix.ratios: %s", err)
	}
	defer f.Close()
	r, err := mix.ReadRatios(f, run)
	if err != nil {
		return nil, at(t.file, m.GetToken(), "mix.ratios: %s: %s", file, err)
	}
	return r, nil
}

// settleMix finds out what the names in the ratios mean.
func (s *Spec) settleMix(t *tree) error {
	w := s.mixWorld()
	for _, r := range s.Mix.Replay {
		if slices.Contains(s.Domains(), r.Name) || slices.Contains(s.sources(), r.Name) {
			return at(t.file, t.find("mix.replay"), "mix.replay: an input is called %s already", r.Name)
		}
	}
	all := []*mix.Ratios{s.Mix.Ratios}
	for i := range s.Mix.Phases {
		all = append(all, s.Mix.Phases[i].Ratios)
	}
	for _, r := range all {
		if r == nil {
			continue
		}
		if err := r.Settle(w); err != nil {
			return t.ratioError(err, t.find("mix.ratios"))
		}
	}
	return s.checkUpsample(t, w)
}

func (s *Spec) checkUpsample(t *tree, w mix.World) error {
	if s.Mix.Upsample == nil {
		return nil
	}
	var known []string
	for _, d := range s.Domains() {
		known = append(known, w.Buckets[d]...)
	}
	for b := range s.Mix.Upsample.Buckets {
		if !slices.Contains(known, b) {
			return at(t.file, t.find("mix.upsample.buckets."+b), "mix.upsample.buckets: no bucket rule has the name %s%s", clip(b), nearest(b, known))
		}
	}
	if len(s.Mix.Upsample.Clusters) > 0 && s.Dedup == nil {
		return at(t.file, t.find("mix.upsample.clusters"), "mix.upsample.clusters: clusters come from dedup, and there is none")
	}
	return nil
}

// mixWorld is what names in ratios may mean: domains, sources, the buckets of rules and the languages that rules keep.
func (s *Spec) mixWorld() mix.World {
	w := mix.World{Sources: map[string][]string{}, Buckets: map[string][]string{}, Langs: map[string][]string{}, Open: map[string]bool{}}
	for _, in := range s.tokenSources() {
		w.Sources[in.Domain] = append(w.Sources[in.Domain], in.Name)
	}
	for _, r := range s.Mix.Replay {
		w.Sources[r.Name], w.Open[r.Name] = nil, true
	}
	if s.Clean == nil {
		return w
	}
	for _, d := range s.Domains() {
		for _, l := range s.Clean.links(d) {
			switch c := l.Config.(type) {
			case *clean.Bucket:
				w.Buckets[d] = append(w.Buckets[d], c.Names...)
			case *clean.Language:
				if l.Lang == "" && len(c.Keep) > 0 {
					w.Langs[d] = c.Keep
				}
			}
		}
	}
	return w
}

// ratioError gives a fault in ratios its place in the file, and the name that was perhaps meant.
func (t *tree) ratioError(err error, otherwise *token.Token) error {
	var re *mix.RatioError
	if !errors.As(err, &re) {
		return at(t.file, otherwise, "%s", err)
	}
	msg := re.Msg
	if re.Name != "" {
		msg += nearest(re.Name, re.Known)
	}
	for path := re.Path; ; {
		if pos := t.ratios[re.In][path]; pos != nil {
			return at(t.file, pos, "%s", msg)
		}
		i := strings.LastIndexByte(path, '/')
		if i < 0 {
			break
		}
		path = path[:i]
	}
	return at(t.file, otherwise, "%s", msg)
}
