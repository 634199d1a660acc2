package ingest

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path"
	"strings"

	"github.com/klauspost/compress/flate"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/ingest/code"
)

const (
	firstBytes  = 2 << 10  // of a file without an ending, before it is believed to be source
	maxNotebook = 16 << 20 // bytes of a notebook with its pictures
	maxFolders  = 1 << 13  // folders of a tar archive whose licenses are kept
)

// treeReader reads folders and archives of source.
type treeReader struct {
	w     *out
	t     *tree
	coder *coder
	spool spool
	buf   []byte
	head  []byte

	licenses *licenses // of the root that is read
	root     string
}

func (r *treeReader) read(f input, p quern.Part) error {
	if r.t.join == "" {
		return r.one(f, p)
	}
	if !IsURL(f.path) {
		st, err := os.Stat(f.path)
		if err != nil {
			return err
		}
		if st.IsDir() {
			return r.folder(f)
		}
	}
	return r.whole(f)
}

// whole reads a file or an archive for a document of its own.
func (r *treeReader) whole(f input) error {
	r.coder.begin(f.key(), "")
	if err := r.one(f, f.part()); err != nil {
		return err
	}
	return r.coder.end()
}

// folder reads a whole folder for one document, and after it the archives in it, each for another. A refused file is counted, and the
// rest is read.
func (r *treeReader) folder(f input) error {
	o := *r.w.o
	o.Paths = []string{f.root}
	files, err := o.list(r.w.ctx, r.t.wants)
	if err != nil {
		return err
	}
	r.coder.begin(f.key(), "")
	for _, archives := range []bool{false, true} {
		for _, f := range files {
			if archives != (codeContainer(f.path) != noContainer) {
				continue
			}
			if archives {
				err = r.whole(f)
			} else {
				err = r.one(f, f.part())
			}
			var bad *quern.RecordError
			if errors.As(err, &bad) {
				err = r.w.skip(bad)
			}
			if err != nil {
				return err
			}
		}
		if err := r.coder.end(); err != nil {
			return err
		}
	}
	return nil
}

// one reads a file or an archive.
func (r *treeReader) one(f input, p quern.Part) error {
	a := &archive{w: r.w, f: f, from: p.From, to: p.To}
	switch codeContainer(f.path) {
	case zipArchive:
		return r.zip(a)
	case tarArchive:
		return r.tar(a)
	}
	if root := f.root; r.licenses == nil || r.root != root {
		r.licenses, r.root = diskLicenses(r.w.o, f), root
	}
	inside := f.inside()
	if f.entry == "" {
		inside = path.Base(withoutQuery(f.root))
	}
	s := sourceFile{key: f.key(), path: bareName(inside), licenses: r.licenses}
	s.origin = s.key
	d, err := f.open()
	if err != nil {
		return err
	}
	defer d.Close()
	// Most files are not packed, whatever their names say: they are read at once.
	if named(f.path) == plain {
		if r.head, err = firstOfStream(d, r.head); err != nil {
			return err
		}
		if sniff(r.head) == plain {
			return r.file(d, r.head, s)
		}
	}
	rc, _, err := r.spool.content(f, nil)
	if err != nil {
		return asRecord(err)
	}
	defer rc.Close()
	if r.head, err = firstOfStream(rc, r.head); err != nil {
		return err
	}
	return r.file(rc, r.head, s)
}

// firstOfStream reads the first bytes, or all if there are less.
func firstOfStream(in io.Reader, buf []byte) ([]byte, error) {
	if cap(buf) < firstBytes {
		buf = make([]byte, firstBytes)
	}
	n, err := io.ReadFull(in, buf[:firstBytes])
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return buf[:n], err
}

// sourceFile is a file on its way into a document.
type sourceFile struct {
	key      string // in IDs and messages
	path     string // inside the repository
	origin   string
	pack     string // the package's name@version, "" if it is not known
	licenses *licenses
	time     string // of the commit
	commit   string
	data     []byte
}

// file reads the rest of a file, unless its first bytes show that it is no source.
func (r *treeReader) file(in io.Reader, head []byte, f sourceFile) error {
	if notSource(f.path, head) {
		return nil
	}
	if len(head) == firstBytes {
		in = io.MultiReader(bytes.NewReader(head), in)
	} else {
		in = bytes.NewReader(head)
	}
	var err error
	if r.buf, err = readAll(in, r.buf, fileLimit(r.t.max, f.path), f.key); err != nil {
		return err
	}
	f.data = r.buf
	return r.coder.file(f)
}

func noEnding(name string) bool { return !strings.Contains(path.Base(name), ".") }

// notSource reports a file of which neither the name nor the first bytes tell a language.
func notSource(name string, text []byte) bool {
	if code.ByName(name) != nil || !noEnding(name) {
		return false
	}
	text = text[:min(len(text), firstBytes)]
	return bytes.IndexByte(text, 0) >= 0 || code.Of(name, text) == nil
}

// fileLimit is how much of a file is read: of notebooks more, since pictures are left out.
func fileLimit(limit int64, name string) int64 {
	if strings.HasSuffix(name, ".ipynb") {
		return max(limit, maxNotebook)
	}
	return limit
}

// zip reads an archive whose directory tells first what it holds.
func (r *treeReader) zip(a *archive) error {
	var p packed
	var l *licenses
	a.directory = func(z *zip.Reader, d *disk) {
		byFolder := map[string][]*zip.File{}
		for _, f := range z.File {
			name, ok := safeName(f.Name)
			if !ok || strings.HasSuffix(f.Name, "/") || badZipMember(f) != "" {
				continue
			}
			p.see(name)
			if code.LicenseFile(path.Base(name)) && !(copied(name) && !r.t.vendored) {
				dir := path.Dir(name)
				byFolder[dir] = append(byFolder[dir], f)
				if path.Base(name) == "package.json" && strings.Count(name, "/") < 2 {
					p.manifest(name, firstOf(f))
				}
			}
		}
		l = newLicenses(func(dir string) string {
			var found code.Folder
			for _, f := range byFolder[dir] {
				found.Add(path.Base(f.Name), firstOf(f))
			}
			return found.License()
		})
		p.settle(a.f.path)
	}
	return a.zip(func(m member) error { return r.member(m, &p, l) })
}

// firstOf gives what can be read of the start of a member; a fault is told when the member's turn comes.
func firstOf(f *zip.File) []byte {
	raw, err := f.OpenRaw()
	if err != nil {
		return nil
	}
	in := raw
	if f.Method == zip.Deflate {
		in = flate.NewReader(raw)
	}
	b, _ := io.ReadAll(io.LimitReader(in, code.MaxLicense))
	return b
}

// tar reads an archive whose licenses were gathered when it was verified.
func (r *treeReader) tar(a *archive) error {
	var p packed
	folders := map[string]*code.Folder{}
	a.first = func(t *tar.Reader, h *tar.Header) error {
		name, ok := safeName(h.Name)
		if !ok || h.Typeflag != tar.TypeReg || sparse(h) {
			return nil
		}
		p.see(name)
		if !code.LicenseFile(path.Base(name)) || copied(name) && !r.t.vendored {
			return nil
		}
		text, err := io.ReadAll(io.LimitReader(t, code.MaxLicense))
		if err != nil {
			return err
		}
		if path.Base(name) == "package.json" && strings.Count(name, "/") < 2 {
			p.manifest(name, text)
		}
		dir := path.Dir(name)
		if folders[dir] == nil {
			if len(folders) == maxFolders {
				return nil
			}
			folders[dir] = new(code.Folder)
		}
		folders[dir].Add(path.Base(name), text)
		return nil
	}
	l := newLicenses(func(dir string) string {
		if f := folders[dir]; f != nil {
			return f.License()
		}
		return ""
	})
	settled := false
	return a.tar(&r.spool, func(m member) error {
		if !settled {
			p.settle(a.f.path)
			settled = true
		}
		return r.member(m, &p, l)
	})
}

func (r *treeReader) member(m member, p *packed, l *licenses) error {
	inside := p.inside(m.name)
	if named(m.name) != plain || codeContainer(m.name) != noContainer || !r.t.codeOptions.wants(inside) {
		return nil
	}
	rc, err := m.open()
	if err != nil {
		return err
	}
	defer rc.Close()
	f := sourceFile{key: m.key, path: inside, origin: m.key, pack: p.name, licenses: l.below(p.top)}
	if p.name != "" {
		f.origin = p.name + "/" + inside
	}
	if r.head, err = firstOfStream(rc, r.head); err != nil {
		return err
	}
	return r.file(rc, r.head, f)
}
