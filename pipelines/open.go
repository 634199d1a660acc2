package pipelines

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/seed-83c59573/quern/clean"
	"github.com/seed-83c59573/quern/ingest"
)

// OpenInput opens one path or URL as a spec would that names it. The format "" is guessed by the name; fields and options are YAML, as
// they stand in a spec; "" = defaults.
func OpenInput(name, format, fields, options string) (ingest.Reader, error) {
	if format == "" {
		f, ok := ingest.FormatOf(path.Base(filepath.ToSlash(name)))
		if !ok {
			if _, err := os.Stat(name); err != nil && !strings.ContainsAny(name, "*?[{") {
				return nil, err
			}
			return nil, fmt.Errorf("%s: the name does not tell a format: give one of %s", name, strings.Join(formats, ", "))
		}
		format = f.Name
	}
	quoted, err := json.Marshal([]string{filepath.ToSlash(name)})
	if err != nil {
		return nil, err
	}
	entry := fmt.Sprintf("name: input\n    domain: any\n    %s: %s", format, quoted)
	for _, part := range [][2]string{{"fields", fields}, {"options", options}} {
		if part[1] != "" {
			entry += fmt.Sprintf("\n    %s: %s", part[0], part[1])
		}
	}
	base, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	spec, err := ParseSpec("input", fmt.Appendf(nil, "version: 1\nname: input\ningest:\n  - %s\n", entry), base, nil)
	if err != nil {
		return nil, err
	}
	return (&ingestStep{spec: spec, in: spec.Ingest[0]}).reader()
}

// ParseRules reads rules as a section of clean has them, "[gopher: {min_words: 20}, c4: {}]", or names of rules with their defaults,
// "gopher,c4". Paths are relative to the working directory.
func ParseRules(src string) ([]clean.Link, error) {
	if !strings.HasPrefix(strings.TrimSpace(src), "[") {
		src = "[" + strings.ReplaceAll(src, ",", ": {}, ") + ": {}]"
	}
	base, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	spec, err := ParseSpec("rules", fmt.Appendf(nil, "version: 1\nname: rules\ningest:\n  - {name: any, domain: any, text: [any.txt]}\nclean:\n  all: %s\n", src), base, nil)
	if err != nil {
		return nil, err
	}
	return spec.Clean.links("any"), nil
}
