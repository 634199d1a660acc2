package ingest

import (
	"bytes"
	"errors"
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
// page_id, and categories, joined by "; ". Redirects, other namespaces and other content models are no documents.
//
// Reasons: disambiguation, no-text, invalid-utf8, bad-page (no title, number or text), truncated, too-large, bad-bzip2; files are refused
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
	id, err := strconv.ParseInt(string(xmlBetween(page[:min(len(page), 4096)], "<id>", "</id>")), 10, 64)
	if err != nil {
		id = -1
	}
	return r.w.skip(&quern.RecordError{Reason: reason, Path: r.name, Offset: id, Unit: "page", Cause: cause})
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
	if !slices.Contains(r.c.Namespaces, ns) || bytes.Contains(page, []byte("<redirect")) {
		return nil
	}
	if model := xmlBetween(rev, "<model>", "</model>"); len(model) > 0 && string(model) != "wikitext" {
		return nil
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
		return nil
	case p.Disambiguation && !r.c.Disambiguation:
		return r.bad(page, "disambiguation", nil)
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

// wikiSite is what the head of a dump says.
type wikiSite struct {
	name, base, lang string
	namespaces       map[string]int
	wikimedia        bool
}

func readSite(head []byte, name string) (s wikiSite, err error) {
	if !bytes.Contains(head, []byte("<mediawiki")) {
		return s, refuse(name, "not-mediawiki", 0, errors.New(looksLike(head)))
	}
	root := xmlBetween(head, "<mediawiki", ">")
	s.lang = string(xmlBetween(root, `xml:lang="`, `"`))
	info := xmlBetween(head, "<siteinfo>", "</siteinfo>")
	if len(info) > 0 && !utf8.Valid(info) {
		return s, refuse(name, "not-mediawiki", 0, errors.New("the description of the site is not UTF-8"))
	}
	text := func(open, end string) string { return string(appendXMLText(nil, xmlBetween(info, open, end))) }
	s.base, s.name = text("<base>", "</base>"), text("<dbname>", "</dbname>")
	if s.name == "" {
		s.name = s.base
	}
	if s.name == "" {
		s.name = name
	}
	s.namespaces = map[string]int{}
	for len(info) > 0 && len(s.namespaces) < 1000 {
		_, after, ok := bytes.Cut(info, []byte("<namespace "))
		if !ok {
			break
		}
		info = after
		tag, rest, _ := bytes.Cut(after, []byte(">"))
		n, err := strconv.Atoi(string(xmlBetween(tag, `key="`, `"`)))
		local, _, ok := bytes.Cut(rest, []byte("</namespace>"))
		if err == nil && ok && len(local) > 0 && len(local) < 200 && !bytes.HasSuffix(tag, []byte("/")) {
			s.namespaces[string(appendXMLText(nil, local))] = n
		}
	}
	host, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(s.base, "https://"), "http://"), "/")
	for _, of := range []string{"wikipedia.org", "wiktionary.org", "wikibooks.org", "wikivoyage.org", "wikisource.org", "wikiquote.org", "wikiversity.org"} {
		s.wikimedia = s.wikimedia || host == of || strings.HasSuffix(host, "."+of)
	}
	return s, nil
}

// url is where a page is read by people: the folder of the main page, and the title as MediaWiki writes it into addresses.
func (s *wikiSite) url(title string) string {
	b := []byte(s.base[:strings.LastIndexByte(s.base, '/')+1])
	for _, c := range []byte(title) {
		switch {
		case c == ' ':
			b = append(b, '_')
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', strings.IndexByte("-_.~;@$!*(),/:", c) >= 0:
			b = append(b, c)
		default:
			b = append(b, '%', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
		}
	}
	return string(b)
}

// xmlBetween is what stands between two signs; nil if they are not there.
func xmlBetween(b []byte, open, end string) []byte {
	i := bytes.Index(b, []byte(open))
	if i < 0 {
		return nil
	}
	b = b[i+len(open):]
	i = bytes.Index(b, []byte(end))
	if i < 0 {
		return nil
	}
	return b[:i]
}

// xmlText is the content of the element <text>, which may be empty.
func xmlText(rev []byte) ([]byte, bool) {
	i := bytes.Index(rev, []byte("<text"))
	if i < 0 {
		return nil, false
	}
	rev = rev[i:]
	k := bytes.IndexByte(rev, '>')
	if k < 0 {
		return nil, false
	}
	if rev[k-1] == '/' {
		return nil, true
	}
	rev = rev[k+1:]
	k = bytes.Index(rev, []byte("</text>"))
	if k < 0 {
		return nil, false
	}
	return rev[:k], true
}

// appendXMLText appends s with the references of XML resolved.
func appendXMLText(dst, s []byte) []byte {
	for {
		k := bytes.IndexByte(s, '&')
		if k < 0 {
			return append(dst, s...)
		}
		dst = append(dst, s[:k]...)
		s = s[k:]
		n := bytes.IndexByte(s[:min(len(s), 12)], ';')
		if n < 0 {
			dst, s = append(dst, '&'), s[1:]
			continue
		}
		switch name := string(s[1:n]); name {
		case "lt":
			dst = append(dst, '<')
		case "gt":
			dst = append(dst, '>')
		case "amp":
			dst = append(dst, '&')
		case "quot":
			dst = append(dst, '"')
		case "apos":
			dst = append(dst, '\'')
		default:
			if r, ok := xmlRune(name); ok {
				dst = utf8.AppendRune(dst, r)
			} else {
				dst = append(dst, s[:n+1]...)
			}
		}
		s = s[n+1:]
	}
}

// xmlRune reads a numeric reference without & and ;.
func xmlRune(name string) (rune, bool) {
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	base := 10
	if name = name[1:]; name[0] == 'x' {
		name, base = name[1:], 16
	}
	n, err := strconv.ParseUint(name, base, 21)
	if err != nil || !utf8.ValidRune(rune(n)) {
		return 0, false
	}
	return rune(n), true
}
