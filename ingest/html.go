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

// NewHTML reads pages (.html, .htm, .xhtml) from folders, zip and tar archives, one document a page: its main text. Doc.Meta is as for
// NewWARC, and Doc.Origin the path. A page is at most 16 MiB.
//
// Reasons: empty, not-html (another format by its magic number), not-text, no-text, too-large, too-many-nodes (more than 1,048,576
// elements and texts).
func NewHTML(o Options) (Reader, error) {
	return newSource(o, &files{name: isHTML, max: maxPayload, make: func(w *out) handler { return &htmlHandler{pageMaker{w: w}} }})
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
	if reason := h.pages.fill(d, p.data, "", false, ""); reason != "" {
		return badPage(p.key, reason, nil)
	}
	return h.pages.w.put()
}

// pageMaker turns the bytes of a page into text. Its buffers are reused from page to page.
type pageMaker struct {
	w    *out
	html extract.HTML
	raw  []byte
	utf8 []byte
	meta []byte
}

// fill sets text, license and meta of d; it returns the reason if there is no text.
func (m *pageMaker) fill(d *quern.Doc, body []byte, contentType string, plainText bool, truncated string) (reason string) {
	if otherFormat(body) {
		return "not-text"
	}
	var charset string
	var err error
	if m.utf8, charset, err = extract.Decode(m.utf8[:0], body, contentType); err != nil || mostlyControls(m.utf8) {
		return "not-text"
	}
	m.meta = m.meta[:0]
	if plainText {
		d.Text = append(d.Text, m.utf8...)
	} else {
		p, err := m.html.Extract(m.utf8)
		switch {
		case errors.Is(err, extract.ErrTooManyNodes):
			return "too-many-nodes"
		case err != nil:
			return "too-large"
		}
		d.Text = append(d.Text, p.Text...)
		if p.License != "" {
			d.License = p.License
		}
		m.meta = appendMember(m.meta, "title", p.Title)
		m.meta = appendMember(m.meta, "author", p.Author)
		m.meta = appendMember(m.meta, "site", p.Site)
		m.meta = appendMember(m.meta, "published", p.Date)
		m.meta = appendMember(m.meta, "page_lang", p.Lang)
	}
	if blank(d.Text) {
		return "no-text"
	}
	if charset != "utf-8" {
		m.meta = appendMember(m.meta, "charset", charset)
	}
	m.meta = closeObject(appendMember(m.meta, "truncated", truncated))
	d.Meta = m.meta
	return ""
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
