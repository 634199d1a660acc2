package ingest

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

// TreeOptions say what of a source tree is read.
type TreeOptions struct {
	MaxBytes  int64    `yaml:"max_bytes"` // a larger file is counted as too-large
	Vendored  bool     `yaml:"vendored"`  // read copies of other people's code too: vendor, node_modules, third_party
	Languages []string `yaml:"languages"` // only these, by the names in Doc.Meta; empty = all that are known
}

// DefaultTreeOptions read one's own code of all known languages, up to 1 MiB a file.
func DefaultTreeOptions() TreeOptions { return TreeOptions{MaxBytes: 1 << 20} }

func (t *TreeOptions) Reader(o Options) (Reader, error) { return NewTree(o, *t) }

// NewTree reads source trees: folders, zip and tar archives, one document a file. Only files of a known language are documents, told
// by name (see languages.go); folders of version control, vendored code, archives and packed files within a folder are passed over, links are never
// followed. Doc.Meta is {"language":"Go","path":"fmt/print.go"}, with the path inside the tree; Doc.Origin has the tree's name before it.
//
// Reasons: too-large, not-text, invalid-utf8, control-character (NUL), empty-text.
func NewTree(o Options, t TreeOptions) (Reader, error) {
	if t.MaxBytes < 1 {
		return nil, fmt.Errorf("ingest: source %q: max_bytes is %d, must be positive", o.Name, t.MaxBytes)
	}
	for _, l := range t.Languages {
		if !knownLanguage(l) {
			return nil, fmt.Errorf("ingest: source %q: language %q is not known", o.Name, l)
		}
	}
	wants := func(name string) bool {
		l := languageOf(name)
		return l != "" && (t.Vendored || !vendored(name)) && !versioned(name) && (len(t.Languages) == 0 || slices.Contains(t.Languages, l))
	}
	return newSource(o, &files{name: wants, max: t.MaxBytes, flat: true, make: func(w *out) handler { return &treeHandler{w: w} }})
}

func vendored(name string) bool {
	dir, _ := path.Split(name)
	for e := range strings.SplitSeq(dir, "/") {
		switch e {
		case "vendor", "node_modules", "third_party", "bower_components", "site-packages":
			return true
		}
	}
	return false
}

// versioned reports a file within a folder of version control, which an archive may hold.
func versioned(name string) bool {
	dir, _ := path.Split(name)
	for e := range strings.SplitSeq(dir, "/") {
		if foreignFolder(e) {
			return true
		}
	}
	return false
}

type treeHandler struct {
	w    *out
	meta []byte
}

func (h *treeHandler) handle(p page) error {
	text := bytes.TrimPrefix(p.data, []byte(bom))
	if reason := notText(text); reason != "" {
		return badPage(p.key, reason, nil)
	}
	d := h.w.fresh()
	d.ID = quern.NewID(d.Source, p.key)
	d.Origin = validName(p.key)
	d.Text = append(d.Text, text...)
	h.meta = appendMember(h.meta[:0], "language", languageOf(p.name))
	h.meta = closeObject(appendMember(h.meta, "path", p.name))
	d.Meta = h.meta
	return h.w.put()
}

// notText is the reason why bytes are no text, "" if they are.
func notText(b []byte) string {
	nul := bytes.IndexByte(b[:min(len(b), 8000)], 0) >= 0
	switch {
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}) || bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		return "invalid-utf8"
	case !utf8.Valid(b):
		if nul {
			return "not-text"
		}
		return "invalid-utf8"
	case nul:
		return "control-character"
	case blank(b):
		return "empty-text"
	}
	return ""
}
