package ingest

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/ingest/extract"
)

const (
	maxBook        = 256 << 20 // bytes of the chapters of a book
	maxBookParts   = 20_000    // entries of its manifest and spine
	maxPackageFile = 16 << 20  // bytes of a package document
)

// NewEPUB reads books (.epub, versions 2 and 3), one document a book: its title, a blank line, and all text of its chapters in reading
// order, with their headings. Covers, tables of contents, navigation and what the reading order does not show by itself are left out.
// IDs and Doc.Origin are made from the path; Doc.Lang, Doc.Time and, where it is a link to Creative Commons, Doc.License from the book's
// metadata. Doc.Meta holds title, authors (joined by "; "), publisher, identifier, rights and path. The mark "chapters_missing" counts
// chapters that the archive does not hold or that cannot be read.
//
// A book is at most 256 MiB of chapters of 16 MiB each. Nothing is unpacked to disk, and no name leaves the archive.
//
// Reasons: not-epub (no container or package document), bad-xml, encrypted, bad-zip, bomb, no-text, too-large.
func NewEPUB(o Options) (Reader, error) { return newSource(o, epubFormat{}) }

func isEPUB(name string) bool { return strings.EqualFold(path.Ext(name), ".epub") }

type epubFormat struct{}

func (epubFormat) wants(name string) bool { return isEPUB(name) }

func (epubFormat) pieces(f input, unit int64) []piece { return []piece{{f.part(), f.size}} }

func (epubFormat) reader(w *out) reader { return &epubReader{w: w} }

type epubReader struct {
	w     *out
	disk  *disk
	key   string
	files map[string]*zip.File
	left  int64 // bytes that may still be read
	html  extract.HTML
	raw   []byte
	utf8  []byte
	text  []byte
	meta  []byte
}

func (r *epubReader) read(f input, p quern.Part) error {
	d, err := f.open()
	if err != nil {
		return err
	}
	defer d.Close()
	r.disk, r.key = d, f.key()
	err = r.book(f)
	var bad *quern.RecordError
	if errors.As(err, &bad) {
		bad.File = false // a file is one record
		return r.w.skip(bad)
	}
	return err
}

func (r *epubReader) book(f input) error {
	z, err := openZip(r.disk, r.key)
	if err != nil {
		return err
	}
	r.files, r.left = make(map[string]*zip.File, len(z.File)), maxBook
	for _, m := range z.File {
		if name, ok := safeName(m.Name); ok && r.files[name] == nil {
			r.files[name] = m
		}
	}
	b, err := r.packageOf()
	if err != nil {
		return err
	}
	if err := r.locked(b); err != nil {
		return err
	}
	missing := 0
	r.text = r.text[:0]
	for _, name := range b.chapters {
		text, err := r.chapter(name)
		var bad *quern.RecordError
		switch {
		case errors.As(err, &bad) && bad.Reason != "too-large" && bad.Reason != "bomb":
			missing++
		case err != nil:
			return err
		case len(text) > 0:
			if len(r.text) > 0 {
				r.text = append(r.text, '\n')
			}
			r.text = append(r.text, text...)
		}
	}
	if blank(r.text) {
		return badPage(r.key, "no-text", nil)
	}
	return r.put(b, f, missing)
}

func (r *epubReader) put(b *book, f input, missing int) error {
	d := r.w.fresh()
	d.ID, d.Origin = quern.NewID(d.Source, r.key), validName(r.key)
	if b.title != "" {
		d.Text = append(append(d.Text, b.title...), "\n\n"...)
	}
	d.Text = append(d.Text, r.text...)
	d.Lang, d.Time = b.lang, rfc3339(b.date)
	if id := extract.SPDX(strings.TrimRight(b.rights, ". ")); id != "" {
		d.License = id
	}
	if missing > 0 {
		d.Mark("chapters_missing", float64(missing))
	}
	r.meta = appendMember(r.meta[:0], "title", b.title)
	r.meta = appendMember(r.meta, "authors", strings.Join(b.authors, "; "))
	r.meta = appendMember(r.meta, "publisher", b.publisher)
	r.meta = appendMember(r.meta, "identifier", b.id)
	r.meta = appendMember(r.meta, "rights", b.rights)
	d.Meta = closeObject(appendMember(r.meta, "path", f.inside()))
	return r.w.put()
}

// member reads one file of the archive; what is read counts against the limits of the book.
func (r *epubReader) member(name string, limit int64) ([]byte, error) {
	m := r.files[name]
	if m == nil {
		return nil, badPage(r.key, "missing", fmt.Errorf("no %s", quoted(name)))
	}
	if reason := badZipMember(m); reason != "" {
		return nil, badPage(r.key, reason, errors.New(quoted(name)))
	}
	at := member{name: name, key: r.key + "!" + name, index: -1}
	rc, err := m.Open()
	if err != nil {
		return nil, zipFault(at, r.disk, err)
	}
	defer rc.Close()
	in := &zipMember{rc, at, r.disk, int64(m.CompressedSize64), 0}
	r.raw, err = readAll(in, r.raw, min(limit, r.left), at.key)
	r.left -= int64(len(r.raw))
	return r.raw, err
}

// chapter is the text of one file.
func (r *epubReader) chapter(name string) ([]byte, error) {
	b, err := r.member(name, maxPayload)
	if err != nil {
		return nil, err
	}
	if r.utf8, _, err = extract.Decode(r.utf8[:0], b, "application/xhtml+xml"); err != nil || mostlyControls(r.utf8) {
		return nil, badPage(r.key, "not-text", err)
	}
	return r.html.Fragment(r.utf8), nil
}

// locked refuses a book whose chapters are encrypted; fonts often are, and do not matter.
func (r *epubReader) locked(b *book) error {
	if r.files["META-INF/encryption.xml"] == nil {
		return nil
	}
	data, err := r.member("META-INF/encryption.xml", maxPackageFile)
	if err != nil {
		return err
	}
	for _, e := range elements(data, "CipherReference") {
		uri, err := url.PathUnescape(attribute(e, "URI"))
		if err != nil {
			continue
		}
		for _, c := range b.chapters {
			if c == path.Clean(uri) {
				return badPage(r.key, "encrypted", errors.New(quoted(uri)))
			}
		}
	}
	return nil
}

// book is what a package document says.
type book struct {
	title, lang, date, rights, id, publisher string
	authors                                  []string
	chapters                                 []string // names in the archive, in reading order
}

// packageOf finds the package document through the container, and reads it.
func (r *epubReader) packageOf() (*book, error) {
	data, err := r.member("META-INF/container.xml", maxPackageFile)
	if err != nil {
		return nil, r.notEPUB(err)
	}
	name := ""
	for _, e := range elements(data, "rootfile") {
		if name == "" {
			name = attribute(e, "full-path")
		}
	}
	clean, ok := safeName(name)
	if !ok {
		return nil, badPage(r.key, "not-epub", errors.New("the container names no package document"))
	}
	if data, err = r.member(clean, maxPackageFile); err != nil {
		return nil, r.notEPUB(err)
	}
	b, err := parsePackage(data, path.Dir(clean))
	if err != nil {
		return nil, badPage(r.key, "bad-xml", err)
	}
	return b, nil
}

// notEPUB says of a missing file what it means.
func (r *epubReader) notEPUB(err error) error {
	var bad *quern.RecordError
	if errors.As(err, &bad) && bad.Reason == "missing" {
		bad.Reason = "not-epub"
	}
	return err
}

// elements are the start tags of that local name; what cannot be parsed ends the list.
func elements(data []byte, name string) (all []xml.StartElement) {
	dec := looseXML(data)
	for len(all) < maxBookParts {
		tok, err := dec.RawToken()
		if err != nil {
			break
		}
		if e, ok := tok.(xml.StartElement); ok && e.Name.Local == name {
			all = append(all, e.Copy())
		}
	}
	return all
}

func looseXML(data []byte) *xml.Decoder {
	dec := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte(bom))))
	dec.Strict = false
	dec.Entity = xml.HTMLEntity
	dec.CharsetReader = func(label string, in io.Reader) (io.Reader, error) { return in, nil }
	return dec
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return validName(a.Value)
		}
	}
	return ""
}
