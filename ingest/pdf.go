package ingest

import (
	"errors"
	"fmt"
	"os/exec"
	"path"
	"strings"

	"github.com/seed-83c59573/quern/ingest/extract"
	"github.com/seed-83c59573/quern/ingest/extract/pdf"
)

const maxPDF = 128 << 20 // bytes of one file

// PDFOptions say how PDF files are read.
type PDFOptions struct {
	Engine     string `yaml:"engine"`     // "quern", the same bytes on every machine, or "pdftotext", poppler's program if it is installed
	References bool   `yaml:"references"` // keep the list of references
}

// DefaultPDFOptions read with quern's own reader and drop references, as the other readers of papers do.
func DefaultPDFOptions() PDFOptions { return PDFOptions{Engine: "quern"} }

func (p *PDFOptions) Reader(o Options) (Reader, error) { return NewPDF(o, *p) }

// NewPDF reads papers and other documents in PDF (.pdf) from folders, zip and tar archives, one document a file. The title stands before
// the text, with a blank line between. Doc.Origin is the path, from which the ID is made; Doc.Time is when the file says it was made.
// Doc.Meta holds title, authors, the DOI that the first page names, and path. Marks: pages, pages_without_text and, where there are any,
// pages_failed (cut short) and glyphs_unknown (that the file has no letters for).
//
// Reasons: bad-pdf, encrypted (it needs a password), no-text-layer (a scan), no-text, too-large.
func NewPDF(o Options, p PDFOptions) (Reader, error) {
	read := pdf.Read
	program := ""
	switch p.Engine {
	case "quern":
	case "pdftotext":
		var err error
		if program, err = exec.LookPath("pdftotext"); err != nil {
			return nil, fmt.Errorf("ingest: source %q: engine pdftotext: %w: it is part of poppler-utils", o.Name, err)
		}
	default:
		return nil, fmt.Errorf("ingest: source %q: engine %q: want quern or pdftotext", o.Name, p.Engine)
	}
	return newSource(o, &files{name: isPDF, max: maxPDF, make: func(w *out) handler {
		h := &pdfHandler{paper: paper{w: w}, options: pdf.Options{References: p.References}, read: read}
		if program != "" {
			h.read = poppler{w.ctx, program}.read
		}
		return h
	}})
}

func isPDF(name string) bool { return strings.EqualFold(path.Ext(name), ".pdf") }

type pdfHandler struct {
	paper   paper
	options pdf.Options
	read    func(data []byte, o pdf.Options) (pdf.Document, error)
}

func (h *pdfHandler) handle(p page) error {
	f, err := h.read(p.data, h.options)
	if err != nil {
		reason := "bad-pdf"
		switch {
		case errors.Is(err, pdf.ErrEncrypted):
			reason = "encrypted"
		case errors.Is(err, pdf.ErrNoText):
			reason = "no-text-layer"
		case errors.Is(err, pdf.ErrTooLarge):
			reason = "too-large"
		case h.paper.w.ctx.Err() != nil:
			return h.paper.w.ctx.Err()
		}
		return badPage(p.key, reason, err)
	}
	a := extract.Article{Title: f.Title, Date: f.Date, Text: f.Text}
	if f.Author != "" {
		a.Authors = []string{f.Author}
	}
	d, err := h.paper.fill(&a, f.DOI, p.key, p.name)
	if err != nil {
		return err
	}
	d.Mark("pages", float64(f.Pages))
	d.Mark("pages_without_text", float64(f.NoText))
	if f.Failed > 0 {
		d.Mark("pages_failed", float64(f.Failed))
	}
	if f.Unmapped > 0 {
		d.Mark("glyphs_unknown", float64(f.Unmapped))
	}
	return h.paper.w.put()
}
