package ingest

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/ingest/extract"
)

// Wiki is what a spec may say of a MediaWiki dump.
type Wiki struct {
	Namespaces     []int `yaml:"namespaces"`     // the numbers of those that are read; 0 are the articles
	Disambiguation bool  `yaml:"disambiguation"` // read pages that only tell articles of one name apart, too
}

// DefaultWiki reads articles.
func DefaultWiki() Wiki { return Wiki{Namespaces: []int{0}} }

func (c *Wiki) Reader(o Options) (Reader, error) { return NewWiki(o, *c) }

// NewWiki reads dumps of MediaWiki (pages-articles.xml, export schemas 0.3 to 0.11), plain or packed, one document a page: its title, a
// blank line, and its text (see extract.Wikitext). Plain and bzip2 dumps are divided into units, the latter block by block, in one
// stream or many; damage costs the blocks that it hits, and the pages that are in them. Other packings are one unit a file.
//
// Doc.Origin is the page's URL; Doc.Time that of its last revision; Doc.Lang the wiki's; Doc.License that of the options, or
// CC-BY-SA-4.0 for the wikis of Wikimedia. IDs are made from the wiki's name and the page's number. Doc.Meta holds title, wiki,
// page_id, and categories, joined by "; ". Passed over, since they are no documents: redirect, namespace (another), other-model (of
// content), disambiguation.
//
// Reasons: no-text, invalid-utf8, bad-page (no title, number or text), truncated, too-large, bad-bzip2; files are refused
// as not-mediawiki, bomb, bad-gzip, bad-zstd, bad-xz or bad-bzip2.
func NewWiki(o Options, c Wiki) (Reader, error) {
	if len(c.Namespaces) == 0 {
		return nil, fmt.Errorf("ingest: source %q: namespaces: none is named", o.Name)
	}
	return newSource(o, &wikiFormat{c})
}

type wikiFormat struct{ c Wiki }

// isWiki knows the names that Wikimedia gives to dumps.
func isWiki(name string) bool {
	base := path.Base(name)
	return strings.EqualFold(path.Ext(name), ".xml") && (strings.Contains(base, "-pages-") || strings.Contains(base, "wiki")) || strings.Contains(base, ".xml-p")
}

func (*wikiFormat) wants(name string) bool {
	name = bareName(name)
	return strings.EqualFold(path.Ext(name), ".xml") || strings.Contains(path.Base(name), ".xml-p")
}

func (*wikiFormat) pieces(f input, unit int64) []piece {
	whole := []piece{{f.part(), f.size}}
	d, err := f.open()
	if err != nil {
		return whole
	}
	defer d.Close()
	if c, err := codecOf(d, f.key()); err != nil || c != plain && c != bzipped {
		return whole
	}
	return byBytes(f, unit)
}

// byBytes divides a file by bytes.
func byBytes(f input, unit int64) []piece {
	var all []piece
	for from := int64(0); from < f.size; from += unit {
		to := min(from+unit, f.size)
		all = append(all, piece{quern.Part{Path: f.root, Entry: f.entry, From: from, To: to}, to - from})
	}
	return all
}

func (x *wikiFormat) reader(w *out) reader { return &wikiReader{w: w, c: x.c} }

type wikiReader struct {
	w     *out
	c     Wiki
	spool spool
	pages wikiPages
	bz    bzBlocks
	name  string
	site  wikiSite
	text  *extract.Wikitext
	xml   []byte
	meta  []byte
	cats  []byte
}

func (r *wikiReader) read(f input, p quern.Part) error {
	d, err := f.open()
	if err != nil {
		return err
	}
	defer d.Close()
	r.name = quoted(f.key())
	c, err := codecOf(d, r.name)
	if err != nil {
		return err
	}
	head, in, closer, err := r.chunks(f, d, c, p)
	if err != nil {
		return err
	}
	defer closer.Close()
	if r.site, err = readSite(head, r.name); err != nil {
		if p.From > 0 {
			return nil // the first unit tells
		}
		return err
	}
	r.text = extract.NewWikitext(extract.WikiSite{Lang: r.site.lang, Namespaces: r.site.namespaces})
	r.pages.reset(in)
	for {
		if err := r.w.ctx.Err(); err != nil {
			return err
		}
		page, err := r.pages.next()
		bad, isBad := err.(*quern.RecordError)
		switch {
		case err == nil:
			err = r.page(page)
		case err == io.EOF:
			return nil
		case err == errGap:
			continue
		case err == errCutPage:
			err = r.bad(page, "truncated", err)
		case err == errLongPage:
			err = r.bad(page, "too-large", err)
		case isBad && !bad.File:
			err = r.w.skip(bad)
		}
		if err != nil {
			return err
		}
	}
}

// wikiHeadBytes is where the description of the site must be.
const wikiHeadBytes = 128 << 10

// chunks opens the range of a file, and reads the beginning of the file.
func (r *wikiReader) chunks(f input, d *disk, c codec, p quern.Part) (head []byte, in chunks, closer io.Closer, err error) {
	to := p.To
	if to >= d.size {
		to = 0
	}
	closer = io.NopCloser(nil)
	switch c {
	case plain:
		head = make([]byte, wikiHeadBytes)
		n, err := d.ReadAt(head, 0)
		if err != nil && err != io.EOF {
			return nil, nil, closer, err
		}
		return head[:n], &plainChunks{d: d, at: p.From, to: to}, closer, nil
	case bzipped:
		if err := r.bz.open(d, r.name, 0); err != nil {
			return nil, nil, closer, err
		}
		data, _, err := r.bz.block()
		if err != nil {
			if p.From > 0 {
				return nil, nil, closer, nil
			}
			return nil, nil, closer, refuse(r.name, "bad-bzip2", 0, fmt.Errorf("the description of the site cannot be read: %w", err))
		}
		head = append(head, data...)
		if err := r.bz.open(d, r.name, p.From); err != nil {
			return nil, nil, closer, err
		}
		return head, &bzChunks{b: &r.bz, to: to}, closer, nil
	}
	rc, _, err := r.spool.content(f, nil)
	if err != nil {
		return nil, nil, closer, err
	}
	head = make([]byte, wikiHeadBytes)
	n, err := io.ReadFull(rc, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		rc.Close()
		return nil, nil, closer, err
	}
	head = head[:n]
	return head, &streamChunks{r: io.MultiReader(bytes.NewReader(head), rc)}, rc, nil
}

// bad counts a page that cannot be read. Its place is its number, which does not depend on packing or units.
func (r *wikiReader) bad(page []byte, reason string, cause error) error {
	return r.w.skip(r.about(page, reason, cause))
}

// pass counts a page that is no document of the source.
func (r *wikiReader) pass(page []byte, reason string) error {
	e := r.about(page, reason, nil)
	e.Passed = true
	return r.w.skip(e)
}

func (r *wikiReader) about(page []byte, reason string, cause error) *quern.RecordError {
	id, err := strconv.ParseInt(string(xmlBetween(page[:min(len(page), 4096)], "<id>", "</id>")), 10, 64)
	if err != nil {
		id = -1
	}
	return &quern.RecordError{Reason: reason, Path: r.name, Offset: id, Unit: "page", Cause: cause}
}

// page rules on one page.
func (r *wikiReader) page(page []byte) error {
	rev := page
	if k := bytes.LastIndex(page, []byte("<revision>")); k >= 0 {
		page, rev = page[:k], page[k:]
	}
	ns, err := strconv.Atoi(string(xmlBetween(page, "<ns>", "</ns>")))
	if err != nil {
		ns = 0 // schemas before 0.6 have none
	}
	if !slices.Contains(r.c.Namespaces, ns) {
		return r.pass(page, "namespace")
	}
	if bytes.Contains(page, []byte("<redirect")) {
		return r.pass(page, "redirect")
	}
	if model := xmlBetween(rev, "<model>", "</model>"); len(model) > 0 && string(model) != "wikitext" {
		return r.pass(page, "other-model")
	}
	if !utf8.Valid(page) || !utf8.Valid(rev) {
		return r.bad(page, "invalid-utf8", nil)
	}
	title := string(appendXMLText(nil, xmlBetween(page, "<title>", "</title>")))
	id := string(xmlBetween(page, "<id>", "</id>"))
	source, ok := xmlText(rev)
	if title == "" || id == "" || !ok {
		return r.bad(page, "bad-page", nil)
	}
	r.xml = appendXMLText(r.xml[:0], source)
	p := r.text.Extract(title, r.xml)
	switch {
	case p.Redirect:
		return r.pass(page, "redirect")
	case p.Disambiguation && !r.c.Disambiguation:
		return r.pass(page, "disambiguation")
	case blank(p.Text):
		return r.bad(page, "no-text", nil)
	}
	d := r.w.fresh()
	d.ID = quern.NewID(d.Source, r.site.name, id)
	d.Text = append(append(append(d.Text, title...), "\n\n"...), p.Text...)
	d.Origin = r.site.url(title)
	d.Lang, d.Time = r.site.lang, rfc3339(string(xmlBetween(rev, "<timestamp>", "</timestamp>")))
	if d.License == "" && r.site.wikimedia {
		d.License = "CC-BY-SA-4.0"
	}
	r.meta = appendMember(r.meta[:0], "title", title)
	r.meta = appendMember(r.meta, "wiki", r.site.name)
	r.meta = appendMember(r.meta, "page_id", id)
	r.cats = r.cats[:0]
	for i, c := range p.Categories {
		if i > 0 {
			r.cats = append(r.cats, "; "...)
		}
		r.cats = append(r.cats, c...)
	}
	r.meta = closeObject(appendMember(r.meta, "categories", string(r.cats)))
	d.Meta = r.meta
	return r.w.put()
}
