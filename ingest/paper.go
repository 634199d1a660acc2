package ingest

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/ingest/extract"
)

const maxArticle = 32 << 20 // bytes of one XML article, or of all LaTeX files of one archive

// NewJATS reads papers in JATS XML (.xml, .nxml) from folders, zip and tar archives, one document a file; XML without an
// <article> is none. The title stands before the
// text, with a blank line between. Doc.Origin is the DOI, or the path without one; the ID is made from the same. Doc.Meta holds title, authors
// (joined by "; "), journal, kind and path.
//
// Reasons: bad-xml (also an article without body or abstract), no-text, too-large.
func NewJATS(o Options) (Reader, error) {
	return newSource(o, &files{name: isJATS, max: maxArticle, make: func(w *out) handler { return &jatsHandler{paper{w: w}} }})
}

func isJATS(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".xml", ".nxml":
		return true
	}
	return false
}

type jatsHandler struct{ paper paper }

func (h *jatsHandler) handle(p page) error {
	if !hasArticle(p.data) {
		return nil
	}
	a, err := extract.JATS(p.data)
	if err != nil {
		return badPage(p.key, "bad-xml", err)
	}
	return h.paper.put(&a, p.key, p.name)
}

// hasArticle reports an article element: collections keep other XML, such as deposits of metadata, beside the articles.
func hasArticle(b []byte) bool {
	for {
		_, after, ok := bytes.Cut(b, []byte("<article"))
		if !ok || len(after) == 0 {
			return false
		}
		if strings.IndexByte(" \t\r\n>", after[0]) >= 0 {
			return true
		}
		b = after
	}
}

// paper makes the document of an article.
type paper struct {
	w    *out
	meta []byte
}

func (x *paper) put(a *extract.Article, key, name string) error {
	if _, err := x.fill(a, "", key, name); err != nil {
		return err
	}
	return x.w.put()
}

// fill makes the document, and leaves it to the caller to put it. mentioned is a DOI that the text names, perhaps that of another paper.
func (x *paper) fill(a *extract.Article, mentioned, key, name string) (*quern.Doc, error) {
	if blank(a.Text) {
		return nil, badPage(key, "no-text", nil)
	}
	d := x.w.fresh()
	d.Origin = validName(key)
	if a.DOI != "" {
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
	x.meta = appendMember(x.meta, "doi", mentioned)
	d.Meta = closeObject(appendMember(x.meta, "path", name))
	return d, nil
}

// NewLaTeX reads papers from LaTeX trees: folders, zip and tar archives. A file with \documentclass and \begin{document} is one
// document; what it inputs is looked up below its own folder, never above the tree. Fields are as for NewJATS, with ID and Origin made
// from the path of the main file.
//
// Reasons: bad-latex, no-text, too-large.
func NewLaTeX(o Options) (Reader, error) { return newSource(o, latexFormat{}) }

type latexFormat struct{}

func isTeX(name string) bool { return strings.EqualFold(path.Ext(name), ".tex") }

func (latexFormat) wants(name string) bool { return isTeX(name) || containerOf(name) != noContainer }

// pieces never divides: a main file needs the others.
func (latexFormat) pieces(f input, unit int64) []piece { return []piece{{f.part(), f.size}} }

func (latexFormat) reader(w *out) reader { return &latexReader{w: w, paper: paper{w: w}} }

type latexReader struct {
	w     *out
	spool spool
	paper paper
	buf   []byte
}

func (r *latexReader) read(f input, p quern.Part) error {
	kind := containerOf(f.path)
	if kind == noContainer {
		return r.file(f)
	}
	tree := map[string][]byte{}
	var mains []member
	var total int64
	a := &archive{w: r.w, f: f}
	visit := func(m member) error {
		switch strings.ToLower(path.Ext(m.name)) {
		case ".tex", ".ltx", ".sty", ".cls", ".bbl", ".def", ".tikz":
		default:
			return nil
		}
		rc, err := m.open()
		if err != nil {
			return err
		}
		defer rc.Close()
		b, err := readAll(rc, nil, maxArticle-total, m.key)
		if err != nil {
			return err
		}
		total += int64(len(b))
		tree[m.name] = b
		if isTeX(m.name) && isMain(b) {
			mains = append(mains, m)
		}
		return nil
	}
	var err error
	if kind == zipArchive {
		err = a.zip(visit)
	} else {
		err = a.tar(&r.spool, visit)
	}
	if err != nil {
		return err
	}
	for _, m := range mains {
		err := r.main(m.key, m.name, func(name string) ([]byte, error) {
			if b, ok := tree[name]; ok {
				return b, nil
			}
			return nil, fs.ErrNotExist
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// file rules on one file of a folder, or one that was named itself.
func (r *latexReader) file(f input) error {
	d, err := f.open()
	if err != nil {
		return err
	}
	r.buf, err = readAll(d, r.buf, maxArticle, f.key())
	d.Close()
	var bad *quern.RecordError
	switch {
	case errors.As(err, &bad):
		return r.w.skip(bad)
	case err != nil:
		return err
	case !isMain(r.buf):
		return nil
	}
	top := strings.TrimSuffix(f.path, string(os.PathSeparator)+osPath(f.inside()))
	root, err := os.OpenRoot(top)
	if err != nil {
		return err
	}
	defer root.Close()
	return r.main(f.key(), f.inside(), func(name string) ([]byte, error) {
		in, err := root.Open(osPath(name))
		if err != nil {
			return nil, err
		}
		defer in.Close()
		if st, err := in.Stat(); err != nil || !st.Mode().IsRegular() {
			return nil, fs.ErrNotExist
		}
		return readAll(in, nil, maxArticle, name)
	})
}

func osPath(name string) string { return strings.ReplaceAll(name, "/", string(os.PathSeparator)) }

// main extracts one paper. The extractor asks for paths inside the tree; none that leaves it is read.
func (r *latexReader) main(key, name string, read func(name string) ([]byte, error)) error {
	a, err := extract.LaTeX(func(asked string) ([]byte, error) {
		if name, ok := safeName(asked); ok {
			return read(name)
		}
		return nil, fs.ErrNotExist
	}, name)
	if err != nil {
		return r.w.skip(&quern.RecordError{Reason: "bad-latex", Path: quoted(key), Offset: -1, Cause: err})
	}
	err = r.paper.put(&a, key, name)
	var bad *quern.RecordError
	if errors.As(err, &bad) {
		return r.w.skip(bad)
	}
	return err
}

// isMain reports a file that TeX could be run on.
func isMain(b []byte) bool {
	s := string(b[:min(len(b), 1<<20)])
	return strings.Contains(s, `\documentclass`) && strings.Contains(s, `\begin{document}`)
}
