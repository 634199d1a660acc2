package ingest

import (
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

// cells are the values of one row that become fields of the document; nil = none.
type cells [numFields][]byte

// rows turns the rows of tables into documents.
type rows struct {
	w     *out
	last  [numFields]string // what the cells were before: most repeat, and cost nothing then
	times lastTime
}

// bad counts a row; its place is counted in unit.
func (r *rows) bad(name, reason string, at int64, unit string, cause error) error {
	return r.w.skip(&quern.RecordError{Reason: reason, Path: quoted(name), Offset: at, Unit: unit, Cause: cause})
}

// check is the reason why a text is no document, "" if it is one.
func (r *rows) check(text []byte) string {
	switch {
	case text == nil:
		return "no-text"
	case len(text) > maxLine:
		return "text-too-long"
	case !utf8.Valid(text):
		return "invalid-utf8"
	case blank(text):
		return "empty-text"
	}
	return ""
}

// fill makes the document of a row whose text has been checked. The text is copied.
func (r *rows) fill(c *cells) *quern.Doc {
	d := r.w.fresh()
	d.Text = append(d.Text, c[fText]...)
	if id := c[fID]; len(id) > 0 {
		d.ID = quern.NewID(d.Source, validName(view(id)))
	} else {
		d.ID = quern.NewID(d.Source, view(d.Text))
	}
	d.Origin, d.Lang = r.str(c, fOrigin), r.str(c, fLang)
	if s := r.str(c, fLicense); s != "" {
		d.License = s
	}
	d.Time = r.times.rfc3339(r.str(c, fTime))
	return d
}

func (r *rows) str(c *cells, i int) string {
	if string(c[i]) != r.last[i] {
		r.last[i] = validName(string(c[i]))
	}
	return r.last[i]
}
