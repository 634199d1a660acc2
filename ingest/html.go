package ingest

import (
	"bytes"
	"errors"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/ingest/extract"
)

// HTMLOptions say how the main text of pages is written.
type HTMLOptions struct {
	Markdown bool `yaml:"markdown"` // headings, lists, tables and code as Markdown
}

// DefaultHTMLOptions write plain text, a line a block.
func DefaultHTMLOptions() HTMLOptions { return HTMLOptions{} }

func (x *HTMLOptions) Reader(o Options) (Reader, error) { return NewHTML(o, *x) }

// NewHTML reads pages (.html, .htm, .xhtml) from folders, zip and tar archives, one document a page: its main text. Doc.Meta is as for
// NewWARC, and Doc.Origin the path. The mark raw_bytes is the size of the page as it came. A page is at most 16 MiB.
//
// Reasons: empty, not-html (another format by its magic number), not-text, no-text, too-large, too-many-nodes (more than 1,048,576
// elements and texts).
func NewHTML(o Options, x HTMLOptions) (Reader, error) {
	return newSource(o, &files{name: isHTML, max: maxPayload, make: func(w *out) handler { return &htmlHandler{newPageMaker(w, x)} }})
}

func isHTML(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".html", ".htm", ".xhtml":
		return true
	}
	return false
}

type htmlHandler struct{ pages pageMaker }

func (h *htmlHandler) handle(p page) error {
	if len(bytes.TrimSpace(p.data)) == 0 {
		return badPage(p.key, "empty", nil)
	}
	if otherFormat(p.data) {
		return badPage(p.key, "not-html", nil)
	}
	d := h.pages.w.fresh()
	d.ID = quern.NewID(d.Source, p.key)
	d.Origin = validName(p.key)
	if reason := h.pages.fill(d, p.data, pageHints{}); reason != "" {
		return badPage(p.key, reason, nil)
	}
	return h.pages.w.put()
}

// pageMaker turns the bytes of a page into text. Its buffers are reused from page to page.
type pageMaker struct {
	w    *out
	html extract.HTML
	utf8 []byte
	meta []byte
}

func newPageMaker(w *out, x HTMLOptions) pageMaker {
	return pageMaker{w: w, html: extract.HTML{Markdown: x.Markdown}}
}

// pageHints are what is known of a page from outside. The zero value knows nothing.
type pageHints struct {
	contentType string // of HTTP
	plain       bool   // plain text, not markup
	lang        string // Content-Language of HTTP
	identified  string // the languages that the crawler found
	truncated   string // why the crawler cut it
}

// fill sets text, license and meta of d; it returns the reason if there is no text.
func (m *pageMaker) fill(d *quern.Doc, body []byte, hints pageHints) (reason string) {
	if otherFormat(body) {
		return "not-text"
	}
	var charset string
	var err error
	if m.utf8, charset, err = extract.Decode(m.utf8[:0], body, hints.contentType); err != nil || mostlyControls(m.utf8) {
		return "not-text"
	}
	m.meta = m.meta[:0]
	lang := oneLanguage(hints.lang)
	if hints.plain {
		d.Text = append(d.Text, m.utf8...)
	} else {
		p, err := m.html.Extract(m.utf8)
		if err != nil {
			return pageReason(err)
		}
		d.Text = append(d.Text, p.Text...)
		if p.License != "" {
			d.License = p.License
		}
		if p.Lang != "" {
			lang = p.Lang
		}
		m.meta = appendMember(m.meta, "title", p.Title)
		m.meta = appendMember(m.meta, "author", p.Author)
		m.meta = appendMember(m.meta, "site", p.Site)
		m.meta = appendMember(m.meta, "published", p.Date)
	}
	if blank(d.Text) {
		return "no-text"
	}
	m.meta = appendMember(m.meta, "page_lang", lang)
	m.meta = appendMember(m.meta, "identified_lang", hints.identified)
	if charset != "utf-8" {
		m.meta = appendMember(m.meta, "charset", charset)
	}
	m.meta = closeObject(appendMember(m.meta, "truncated", hints.truncated))
	d.Meta = m.meta
	d.Mark("raw_bytes", float64(len(body)))
	return ""
}

// pageReason is why no text could be taken from a page.
func pageReason(err error) string {
	if errors.Is(err, extract.ErrTooManyNodes) {
		return "too-many-nodes"
	}
	return "too-large"
}

// oneLanguage is a Content-Language that names one; of a page for readers of several it says nothing.
func oneLanguage(s string) string {
	if strings.ContainsAny(s, ",; ") || len(s) > 35 {
		return ""
	}
	return s
}

// mostlyControls reports bytes that no person wrote: of the first 4 KiB more than a tenth are control signs or not decodable.
func mostlyControls(b []byte) bool {
	b = b[:min(len(b), 4096)]
	n, bad := 0, 0
	for len(b) > 0 {
		r, k := utf8.DecodeRune(b)
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f' || r == utf8.RuneError {
			bad++
		}
		n++
		b = b[k:]
	}
	return bad*10 > n
}
