package ingest

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/ingest/extract"
)

// NewLaTeX reads papers from LaTeX trees: folders, zip and tar archives. A file with \documentclass and \begin{document} (or a
// \documentstyle of old) is one document; what it inputs is looked up below its own folder and that of the file that names it, never
// above the tree. A file with a preamble of its own is a document of its own and not read into others, so that no text comes twice:
// the chapters of a book that is made of subfiles are documents, with the preamble of the book. For one document a submission see
// NewArXiv. Fields are as for NewJATS, with ID and Origin made from the path of the main file. What of a paper stands in the text is
// told by extract.TeX.
//
// Reasons: bad-latex, no-text, too-large.
func NewLaTeX(o Options) (Reader, error) { return newSource(o, latexFormat{}) }

type latexFormat struct{}

func isTeX(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".tex", ".ltx":
		return true
	}
	return false
}

// isTeXPart reports a file that a paper may read.
func isTeXPart(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".tex", ".ltx", ".sty", ".cls", ".bbl", ".def", ".tikz", ".tps":
		return true
	}
	return false
}

func (latexFormat) wants(name string) bool { return isTeX(name) || containerOf(name) != noContainer }

// pieces never divides: a main file needs the others.
func (latexFormat) pieces(f input, unit int64) []piece { return []piece{{f.part(), f.size}} }

func (latexFormat) reader(w *out) reader { return &latexReader{w: w, paper: paper{w: w, byKey: true}} }

type latexReader struct {
	w     *out
	spool spool
	paper paper
	buf   []byte
	tex   extract.TeX
	top   string   // the folder that tex reads
	root  *os.Root // the same, open
}

func (r *latexReader) read(f input, p quern.Part) error {
	kind := containerOf(f.path)
	if kind == noContainer {
		return r.file(f)
	}
	var tree texTree
	var mains []member
	a := &archive{w: r.w, f: f}
	visit := func(m member) error {
		if !isTeXPart(m.name) {
			return nil
		}
		rc, err := m.open()
		if err != nil {
			return err
		}
		defer rc.Close()
		b, err := tree.add(rc, m.name, m.key)
		if err == nil && isTeX(m.name) && isMain(b) {
			mains = append(mains, m)
		}
		return err
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
	x := extract.TeX{Read: tree.read, Apart: true}
	for _, m := range mains {
		if err := putTeX(&x, &r.paper, m.key, m.name); err != nil {
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
	if err != nil {
		return skipped(r.w, err)
	}
	if !isMain(r.buf) {
		return nil
	}
	top := strings.TrimSuffix(f.path, string(os.PathSeparator)+osPath(f.inside()))
	if r.root, err = os.OpenRoot(top); err != nil {
		return err
	}
	defer r.root.Close()
	if r.top != top {
		r.top, r.tex = top, extract.TeX{Read: r.open, Apart: true}
	}
	return putTeX(&r.tex, &r.paper, f.key(), f.inside())
}

// open reads a file below the folder. None that a name or a link leads out of it is read.
func (r *latexReader) open(asked string) ([]byte, error) {
	name, ok := safeName(asked)
	if !ok {
		return nil, fs.ErrNotExist
	}
	in, err := r.root.Open(osPath(name))
	if err != nil {
		return nil, err
	}
	defer in.Close()
	if st, err := in.Stat(); err != nil || !st.Mode().IsRegular() {
		return nil, fs.ErrNotExist
	}
	return readAll(in, nil, maxArticle, name)
}

func osPath(name string) string { return strings.ReplaceAll(name, "/", string(os.PathSeparator)) }

// putTeX extracts one paper.
func putTeX(x *extract.TeX, p *paper, key, name string) error {
	a, err := x.Paper(name)
	if err != nil {
		return p.w.skip(&quern.RecordError{Reason: "bad-latex", Path: quoted(key), Offset: -1, Cause: err})
	}
	return skipped(p.w, p.put(&a, key, name))
}

// texTree is the text of an archive, by name. Together its files are at most maxArticle long.
type texTree struct {
	files map[string][]byte
	size  int64
}

// add reads a file into the tree.
func (t *texTree) add(r io.Reader, name, key string) ([]byte, error) {
	b, err := readAll(r, nil, maxArticle-t.size, key)
	if err != nil {
		return nil, err
	}
	if t.files == nil {
		t.files = map[string][]byte{}
	}
	t.size += int64(len(b))
	t.files[name] = b
	return b, nil
}

func (t *texTree) read(name string) ([]byte, error) {
	if b, ok := t.files[name]; ok {
		return b, nil
	}
	return nil, fs.ErrNotExist
}

// isMain reports a file that LaTeX could be run on.
func isMain(b []byte) bool {
	b = b[:min(len(b), 1<<20)]
	if !bytes.Contains(b, []byte(`\document`)) {
		return false
	}
	return bytes.Contains(b, []byte(`\documentclass`)) && bytes.Contains(b, []byte(`\begin{document}`)) || bytes.Contains(b, []byte(`\documentstyle`))
}
