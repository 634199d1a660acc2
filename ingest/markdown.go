package ingest

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/ingest/extract"
)

// Markdown is what a spec may say of Markdown.
type Markdown struct {
	Plain    bool  `yaml:"plain"`     // reduce it to plain text; code and formulas are kept
	MaxBytes int64 `yaml:"max_bytes"` // a larger file is counted as too-large
}

// DefaultMarkdown leaves Markdown as it is, up to 16 MiB a file.
func DefaultMarkdown() Markdown { return Markdown{MaxBytes: maxLine} }

func (c *Markdown) Reader(o Options) (Reader, error) { return NewMarkdown(o, *c) }

// NewMarkdown reads Markdown (.md, .markdown, .mdown, .mkd, .mdx, .qmd, .rmd), plain or compressed, alone or in zip and tar archives: one document a
// file. Front matter between lines of --- or +++ is not text: its date, license and lang become fields of the document, its title, author and
// description members of Doc.Meta, where they stand on one line. The text stays Markdown, or becomes plain text in the shape that package extract describes.
//
// Reasons: too-large, not-text, invalid-utf8, control-character (NUL), empty-text.
func NewMarkdown(o Options, c Markdown) (Reader, error) {
	if c.MaxBytes < 1 || c.MaxBytes > maxText {
		return nil, fmt.Errorf("ingest: source %q: max_bytes is %d, must be from 1 to %d", o.Name, c.MaxBytes, maxText)
	}
	return newSource(o, &files{name: isMarkdown, max: c.MaxBytes, make: func(w *out) handler { return &markdownHandler{w: w, plain: c.Plain} }})
}

func isMarkdown(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".md", ".markdown", ".mdown", ".mkd", ".mdx", ".qmd", ".rmd":
		return true
	}
	return false
}

type markdownHandler struct {
	w     *out
	plain bool
	meta  []byte
	title []byte
}

func (h *markdownHandler) handle(p page) error {
	text := bytes.TrimPrefix(p.data, []byte(bom))
	if reason := notText(text); reason != "" {
		return badPage(p.key, reason, nil)
	}
	facts, text := frontMatter(text)
	d := h.w.fresh()
	d.ID = quern.NewID(d.Source, p.key)
	d.Origin = validName(p.key)
	title := fact(facts, "title", "Title")
	if h.plain {
		var first string
		if d.Text, first = extract.Markdown(d.Text, text); title == "" {
			title = first
		} else {
			h.title, _ = extract.Markdown(h.title[:0], []byte(title))
			title = string(h.title)
		}
	} else {
		d.Text = append(d.Text, bytes.TrimLeft(text, "\r\n")...)
	}
	if blank(d.Text) {
		return badPage(p.key, "empty-text", nil)
	}
	d.Time = rfc3339(fact(facts, "date", "Date", "published"))
	d.Lang = fact(facts, "lang", "language")
	if l := fact(facts, "license", "License"); l != "" {
		d.License = l
	}
	h.meta = appendMember(h.meta[:0], "path", p.name)
	h.meta = appendMember(h.meta, "title", title)
	h.meta = appendMember(h.meta, "author", fact(facts, "author", "Author"))
	h.meta = closeObject(appendMember(h.meta, "description", fact(facts, "description", "summary")))
	d.Meta = h.meta
	return h.w.put()
}
