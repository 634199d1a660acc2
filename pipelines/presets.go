package pipelines

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// presets are whole recipes that users know by name, each a spec of its own. "quern init --preset NAME" writes one; in a section of clean,
// preset: NAME stands for the rules that the recipe has there.
//
//go:embed presets/*.yaml
var presets embed.FS

// PresetNames lists the presets, sorted.
func PresetNames() (names []string) {
	entries, err := presets.ReadDir("presets")
	if err != nil {
		panic("pipelines: " + err.Error())
	}
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return names
}

// Preset is the text of a preset's spec.
func Preset(name string) ([]byte, error) {
	if !slices.Contains(PresetNames(), name) {
		return nil, fmt.Errorf("no preset has the name %s%s; there are %s", clip(name), nearest(name, PresetNames()), strings.Join(PresetNames(), ", "))
	}
	return presets.ReadFile(path.Join("presets", name+".yaml"))
}

// preset adds the rules that a preset has for all and for a section, as if they stood in the spec.
func (t *tree) preset(s *Spec, section string, pos *token.Token, v ast.Node) error {
	name := v.GetToken().Value
	src, err := Preset(name)
	if err != nil {
		return at(t.file, v.GetToken(), "preset: %s", err)
	}
	p, err := ParseSpec("preset "+name, src, s.base, nil)
	if err != nil {
		return at(t.file, pos, "%s", err)
	}
	rules := p.Clean.Sections[section]
	if len(rules) == 0 {
		var has []string
		for other := range p.Clean.Sections {
			has = append(has, other)
		}
		slices.Sort(has)
		return at(t.file, pos, "preset %s has no rules for %s, only for %s", name, section, strings.Join(has, ", "))
	}
	if section != "all" {
		rules = append(slices.Clone(p.Clean.Sections["all"]), rules...)
	}
	s.Clean.Sections[section] = append(s.Clean.Sections[section], rules...)
	return nil
}
