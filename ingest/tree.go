package ingest

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/ingest/code"
)

// TreeOptions say what of a source tree is read.
type TreeOptions struct {
	MaxBytes     int64    `yaml:"max_bytes"`      // a larger file is counted as too-large
	Vendored     bool     `yaml:"vendored"`       // read the folders where package managers put other people's code, too: vendor, node_modules, third_party …
	Languages    []string `yaml:"languages"`      // only these, by Linguist's names; empty = all that are known
	Archives     bool     `yaml:"archives"`       // open archives within folders, too, not only those that are named
	Join         string   `yaml:"join"`           // "" = a document a file; "repository" = a document a folder or archive that is named
	MaxRepoBytes int64    `yaml:"max_repo_bytes"` // with join: a larger repository becomes several documents
}

// joinRepository is the value of Join that asks for whole repositories.
const joinRepository = "repository"

// DefaultTreeOptions read one's own code of all known languages, up to 1 MiB a file, a document each.
func DefaultTreeOptions() TreeOptions { return TreeOptions{MaxBytes: 1 << 20, MaxRepoBytes: 16 << 20} }

func (t *TreeOptions) Reader(o Options) (Reader, error) { return NewTree(o, *t) }

// NewTree reads source trees: folders, zip and tar archives (also .whl, .jar, .nupkg, .egg and .crate). A document is one file of a known
// language; its name, its first line, the settings of editors and, where an ending is shared, its first 16 KiB tell which (see package
// code). Folders of version control are passed over, as are copies of other people's code, archives and packed files within a folder,
// unless the options ask for them; archives in archives are never opened, links never followed.
//
// Doc.Meta is {"language":"Go","path":"fmt/print.go"}, with the path inside the tree; in archives of Go modules, npm, crates, sdists and
// others whose one folder bears the archive's name, the path inside that folder and, where it is known, "package":"name@version".
// Doc.Origin has the tree's name before the path, in archives of Go modules and npm the package's.
//
// Doc.License is the SPDX expression of the file itself (tag or notice in its first comment), else that of the nearest folder above it,
// within the tree, whose license file or manifest tells one, else that of the options. Marks of value 1 tell what a file is:
// code.generated, code.vendored, code.minified, code.test, code.data, code.documentation, code.configuration; nothing is dropped for them.
//
// Jupyter notebooks become Markdown without outputs; "kernel" in Doc.Meta names their language; up to 16 MiB of them are read.
//
// With join: repository each folder, archive or file that a path or pattern names is one document, as is, with archives, each archive in
// a folder: its files, those that others import
// first, each after a line "# file: " and its path. It has the mark code.files; Doc.License is the one that all files share, or several
// with AND, and empty if that of a file is not known. What exceeds max_repo_bytes goes into a further document, whose ID has the number.
//
// Reasons: too-large, not-text, invalid-utf8, control-character (NUL), bad-notebook, and those of archives. Passed over, with nothing wrong:
// empty-text, lfs-pointer (a file that Git LFS keeps elsewhere).
func NewTree(o Options, t TreeOptions) (Reader, error) {
	c := codeOptions{t.MaxBytes, t.Vendored, t.Languages, t.Join, t.MaxRepoBytes}
	if err := c.check(o); err != nil {
		return nil, err
	}
	f := &tree{c, t.Archives}
	r, err := newSource(o, f)
	if err != nil || t.Join == "" {
		return r, err
	}
	return &joinedTree{r.(*source), f}, nil
}

// codeOptions are what trees and Git repositories share.
type codeOptions struct {
	max       int64
	vendored  bool
	languages []string
	join      string
	maxRepo   int64
}

func (c *codeOptions) check(o Options) error {
	switch {
	case c.max < 1:
		return fmt.Errorf("ingest: source %q: max_bytes is %d, must be positive", o.Name, c.max)
	case c.join != "" && c.join != joinRepository:
		return fmt.Errorf("ingest: source %q: join is %q, want %q or nothing", o.Name, c.join, joinRepository)
	case c.maxRepo < 1 || c.maxRepo > 1<<30:
		return fmt.Errorf("ingest: source %q: max_repo_bytes is %d, must be between 1 and 1 GiB", o.Name, c.maxRepo)
	}
	for _, l := range c.languages {
		if _, ok := code.Find(l); !ok {
			return fmt.Errorf("ingest: source %q: language %q is not known", o.Name, l)
		}
	}
	return nil
}

// tree is the format of source trees.
type tree struct {
	codeOptions
	archives bool
}

func (t *tree) wants(name string) bool {
	if codeContainer(name) != noContainer {
		return t.archives && !versioned(name)
	}
	return named(name) == plain && t.codeOptions.wants(name)
}

// reads tells the files that have a part in the documents: license files and manifests, too.
func (t *tree) reads(name string) bool {
	return t.wants(name) || code.LicenseFile(path.Base(name)) && !versioned(name) && (t.vendored || !copied(name))
}

// wants reports whether a file's name allows that it is read.
func (c *codeOptions) wants(name string) bool {
	if !code.Possible(name) || versioned(name) || !c.vendored && copied(name) {
		return false
	}
	if len(c.languages) == 0 {
		return true
	}
	l := code.ByName(name)
	return l == nil || c.keeps(l)
}

func (c *codeOptions) keeps(l *code.Language) bool {
	if len(c.languages) == 0 {
		return true
	}
	for _, name := range c.languages {
		if l != nil && name == l.Name {
			return true
		}
	}
	return false
}

func (t *tree) pieces(f input, unit int64) []piece {
	if codeContainer(f.path) == zipArchive && t.join == "" {
		if all := zipPieces(f, unit); all != nil {
			return all
		}
	}
	return []piece{{f.part(), f.size}}
}

func (t *tree) reader(w *out) reader {
	return &treeReader{w: w, t: t, coder: newCoder(w, &t.codeOptions)}
}

// codeContainer knows the archives of package managers, too.
func codeContainer(name string) container {
	switch strings.ToLower(path.Ext(withoutQuery(name))) {
	case ".whl", ".jar", ".nupkg", ".egg":
		return zipArchive
	case ".crate":
		return tarArchive
	}
	return containerOf(name)
}

// copied reports a file in a folder where package managers put the code of others.
func copied(name string) bool { return inFolder(name, code.CopiedFolder) }

// versioned reports a file within a folder of version control, which an archive may hold.
func versioned(name string) bool { return inFolder(name, foreignFolder) }

func inFolder(name string, is func(element string) bool) bool {
	dir := name[:strings.LastIndexByte(name, '/')+1]
	for dir != "" {
		var e string
		e, dir, _ = strings.Cut(dir, "/")
		if is(e) {
			return true
		}
	}
	return false
}

// joinedTree is a tree of which each root is a document.
type joinedTree struct {
	*source
	t *tree
}

// Units groups whole roots; a folder is one part.
func (j *joinedTree) Units(ctx context.Context) ([]quern.Unit, error) {
	files, err := j.o.list(ctx, j.f.wants)
	if err != nil {
		return nil, err
	}
	g := unitGroup{o: &j.o}
	for i := 0; i < len(files); {
		f := files[i]
		size := f.size
		for i++; i < len(files) && files[i].root == f.root; i++ {
			size += files[i].size
		}
		f.entry = ""
		g.add(f, quern.Part{Path: f.root}, size)
	}
	return g.done(), nil
}
