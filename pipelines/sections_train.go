package pipelines

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
	"github.com/seed-83c59573/quern/train"
)

// training decodes a kind of training, of which o is a part. Its length is the default, unless it is given in one way or another.
func (t *tree) training(v ast.Node, o *train.Optim, whole any) error {
	if err := t.plain(v, []string{"tokens", "batch", "micro"}, []string{"warmup", "decay", "min_lr", "over"}); err != nil {
		return err
	}
	steps := o.Steps
	o.Steps = math.MinInt
	err := t.into(v, whole)
	if o.Steps == math.MinInt {
		if o.Steps = 0; o.Tokens == 0 && o.Epochs == 0 {
			o.Steps = steps
		}
	}
	return err
}

// plain writes out the numbers of a mapping that may be written 20M, or 5%: those of its own fields, and of mappings in it.
func (t *tree) plain(v ast.Node, counts, shares []string) error {
	m, ok := v.(*ast.MappingNode)
	if !ok {
		return nil // into will say so
	}
	for _, f := range m.Values {
		key := f.Key.GetToken().Value
		if inner, ok := f.Value.(*ast.MappingNode); ok {
			if err := t.plain(inner, nil, shares); err != nil {
				return err
			}
			continue
		}
		s, ok := f.Value.(*ast.StringNode)
		if !ok {
			continue
		}
		tok := *s.GetToken()
		switch {
		case slices.Contains(counts, key):
			n, err := ParseCount(s.Value)
			if err != nil {
				return at(t.file, s.GetToken(), "%s: %s", key, err)
			}
			tok.Value = strconv.FormatInt(n, 10)
			f.Value = ast.Integer(&tok)
		case slices.Contains(shares, key) && strings.HasSuffix(s.Value, "%"):
			x, err := ParseShare(s.Value)
			if err != nil {
				return at(t.file, s.GetToken(), "%s: %s", key, err)
			}
			tok.Value = strconv.FormatFloat(x, 'g', -1, 64)
			f.Value = ast.Float(&tok)
		}
	}
	return nil
}

func (t *tree) tune(s *Spec, v ast.Node) error {
	s.Tune = &Tune{}
	return t.mapping(v, "tune", func(key string, pos *token.Token, v ast.Node) error {
		if key != "sft" {
			return at(t.file, pos, "unknown field %q%s", clip(key), nearest(key, []string{"sft"}))
		}
		c := train.DefaultSFT()
		s.Tune.SFT = &c
		if err := t.training(v, &s.Tune.SFT.Optim, s.Tune.SFT); err != nil {
			return err
		}
		if err := s.Tune.SFT.Validate(); err != nil {
			return at(t.file, v.GetToken(), "%s", err)
		}
		return nil
	})
}
