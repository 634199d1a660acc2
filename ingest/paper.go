package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/ingest/extract"
)

const maxArticle = 32 << 20 // bytes of one XML article, or of all LaTeX files of one archive

// NewJATS reads papers in JATS XML (.xml, .nxml) from folders, zip and tar archives; a file may hold several, inside any other
// elements; XML without an article is passed over. TEI is recognized, too. The title stands before the text, with a blank line between.
// Doc.Origin is the DOI, or the path without one, with "#2" for the second article of a file; the ID is made from the same.
// Doc.Meta holds title, authors and keywords (joined by "; "), journal, kind and path. The marks paper.citations, paper.references
// and paper.equations count what the source holds. What of an article stands in the text is told by extract.XML.
//
// Reasons: bad-xml (also an article without body or abstract), no-text, too-large; passed over: no-article.
func NewJATS(o Options) (Reader, error) { return newSource(o, xmlFiles(isJATS)) }

// NewTEI reads papers and editions in TEI XML (.xml, .tei), as GROBID writes it and as editors do, like NewJATS.
func NewTEI(o Options) (Reader, error) { return newSource(o, xmlFiles(isTEI)) }

func xmlFiles(name func(string) bool) *files {
	return &files{name: name, max: maxArticle, make: func(w *out) handler { return &xmlHandler{paper: paper{w: w}} }}
}

func isTEI(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".xml", ".tei":
		return true
	}
	return false
}

// namedTEI reports a name that promises TEI and nothing else.
func namedTEI(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, ".tei") || strings.HasSuffix(name, ".tei.xml")
}

func isJATS(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".xml", ".nxml":
		return true
	}
	return false
}

type xmlHandler struct {
	paper paper
	xml   extract.XML
}

func (h *xmlHandler) handle(p page) error {
	if !hasArticle(p.data) {
		return noDocument(p.key, "no-article", nil)
	}
	all, err := h.xml.Articles(p.data)
	if err != nil {
		return badPage(p.key, "bad-xml", err)
	}
	for i := range all {
		key := p.key
		if i > 0 {
			key = fmt.Sprintf("%s#%d", p.key, i+1)
		}
		if err := skipped(h.paper.w, h.paper.put(&all[i], key, p.name)); err != nil {
			return err
		}
	}
	return nil
}

// noDocument is the record of a file that is sound, but no document of its source.
func noDocument(key, reason string, cause error) error {
	return &quern.RecordError{Reason: reason, Path: quoted(key), Offset: -1, Cause: cause, Passed: true}
}

// skipped counts a bad record and goes on.
func skipped(w *out, err error) error {
	var bad *quern.RecordError
	if errors.As(err, &bad) {
		return w.skip(bad)
	}
	return err
}

// hasArticle reports an article's element: collections keep other XML, such as deposits of metadata, beside the articles.
func hasArticle(b []byte) bool {
	return hasElement(b, "<article") || hasElement(b, "<TEI") || hasElement(b, ":article") || hasElement(b, ":TEI")
}

func hasElement(b []byte, open string) bool {
	for {
		_, after, ok := bytes.Cut(b, []byte(open))
		if !ok || len(after) == 0 {
			return false
		}
		if strings.IndexByte(" \t\r\n>.", after[0]) >= 0 {
			return true
		}
		b = after
	}
}

// paper makes the document of an article.
type paper struct {
	w     *out
	byKey bool // the key names it better than a DOI does
	meta  []byte
}

func (x *paper) put(a *extract.Article, key, name string) error {
	d, err := x.fill(a, "", key, name)
	if err != nil {
		return err
	}
	d.Mark("paper.citations", float64(a.Citations))
	d.Mark("paper.references", float64(a.References))
	d.Mark("paper.equations", float64(a.Equations))
	return x.w.put()
}

// fill makes the document, and leaves it to the caller to put it. mentioned is a DOI that the text names, perhaps that of another paper.
func (x *paper) fill(a *extract.Article, mentioned, key, name string) (*quern.Doc, error) {
	if blank(a.Text) {
		return nil, badPage(key, "no-text", nil)
	}
	d := x.w.fresh()
	d.Origin = validName(key)
	if a.DOI != "" && !x.byKey {
		d.Origin = validName(a.DOI)
	}
	d.ID = quern.NewID(d.Source, d.Origin)
	if a.Title != "" {
		d.Text = append(append(d.Text, a.Title...), "\n\n"...)
	}
	d.Text = append(d.Text, a.Text...)
	d.Lang, d.Time = validName(a.Lang), rfc3339(a.Date)
	if a.License != "" {
		d.License = validName(a.License)
	}
	x.meta = appendMember(x.meta[:0], "title", a.Title)
	x.meta = appendMember(x.meta, "authors", strings.Join(a.Authors, "; "))
	x.meta = appendMember(x.meta, "journal", a.Journal)
	x.meta = appendMember(x.meta, "kind", a.Kind)
	x.meta = appendMember(x.meta, "keywords", strings.Join(a.Keywords, "; "))
	x.meta = appendMember(x.meta, "doi", mentioned)
	d.Meta = closeObject(appendMember(x.meta, "path", name))
	return d, nil
}
