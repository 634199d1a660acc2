package ingest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern"
)

// DefaultUnitBytes is how much of its input a unit holds unless the options say otherwise.
const DefaultUnitBytes = 64 << 20

// Options are what every source has.
type Options struct {
	Name    string // of the source: the first part of every ID
	Domain  string // of its documents
	License string // SPDX id of documents that tell none themselves

	Base string // the folder that Paths are relative to
	// Paths are files, folders or patterns (path/filepath.Match), with slashes, as the spec has them; URLs, which are read over HTTP;
	// and path lists (.paths, .paths.gz) on either side, each line of which names a file or URL.
	Paths []string

	UnitBytes int64 // the size of a unit, in bytes of input; 0 = DefaultUnitBytes

	web *network // what fetches URLs; shared by all that one source opens
}

// Fields names the columns of a record. A dotted name reaches into nested objects; an empty one reads nothing.
type Fields struct {
	Text    string `yaml:"text"`
	ID      string `yaml:"id"`
	Origin  string `yaml:"origin"`
	Lang    string `yaml:"lang"`
	License string `yaml:"license"`
	Time    string `yaml:"time"`
}

// DefaultFields are the names that most datasets use.
func DefaultFields() Fields {
	return Fields{Text: "text", ID: "id", Origin: "url", Lang: "language", License: "license", Time: "date"}
}

// A Reader is a Source over files. Files lists what Units would read, sorted, each once.
type Reader interface {
	quern.Source
	Files(ctx context.Context) ([]File, error)
}

// File is one input: a path that this machine can open, or a URL.
type File struct {
	Path    string
	Size    int64  // in bytes; -1 = not known before it is read
	Version string // what a server calls this state of a URL; "" = not known, and of a path
}

func (o Options) check() error {
	switch {
	case o.Name == "":
		return errors.New("ingest: a source needs a name")
	case o.Domain == "":
		return fmt.Errorf("ingest: source %q: needs a domain", o.Name)
	case len(o.Paths) == 0:
		return fmt.Errorf("ingest: source %q: names no files", o.Name)
	case o.UnitBytes < 0:
		return fmt.Errorf("ingest: source %q: unit size is %d, must not be negative", o.Name, o.UnitBytes)
	}
	for _, p := range o.Paths {
		if IsURL(p) {
			if u, err := url.Parse(p); err != nil || u.Host == "" || u.User != nil {
				return fmt.Errorf("ingest: source %q: %q: want a URL with a host and without a password", o.Name, clip(p, 200))
			}
			continue
		}
		if p == "" || strings.Contains(p, "**") {
			return fmt.Errorf("ingest: source %q: pattern %q: want a file, a folder (read with all below it) or a pattern without **", o.Name, p)
		}
	}
	return nil
}

// input is one file. In names it is told the way the spec tells it, so that no result depends on where the spec stands.
type input struct {
	root  string // the file or folder that a pattern matched, as written
	entry string // the path below root if that is a folder
	path  string // what this machine opens
	size  int64

	web *network        // fetches it if it is a URL
	ctx context.Context // bounds that
}

// key names the input in IDs and messages. Of an absolute root, which differs between machines, only the last element tells.
func (f input) key() string {
	root := f.root
	if IsURL(root) {
		return root
	}
	if isAbs(root) {
		root = path.Base(root)
	}
	return path.Join(root, f.entry)
}

// inside is the path within the tree: of a file that was named itself, its last element.
func (f input) inside() string {
	if f.entry != "" {
		return f.entry
	}
	return path.Base(f.root)
}

func (f input) part() quern.Part { return quern.Part{Path: f.root, Entry: f.entry} }

func isAbs(name string) bool { return path.IsAbs(name) || filepath.IsAbs(filepath.FromSlash(name)) }

// locate is how this machine opens a name of the spec.
func (o Options) locate(root, entry string) string {
	if IsURL(root) {
		return root
	}
	p := filepath.FromSlash(root)
	if !isAbs(root) {
		p = filepath.Join(o.Base, p)
	}
	return filepath.Join(p, filepath.FromSlash(entry))
}

// list resolves the patterns, in sorted order of their matches, each file once. Links are not followed below a folder.
func (o Options) list(ctx context.Context, wants func(name string) bool) ([]input, error) {
	var all []input
	for _, pattern := range o.Paths {
		if isPathList(pattern) {
			inputs, err := o.listed(ctx, pattern, wants)
			if err != nil {
				return nil, err
			}
			all = append(all, inputs...)
			continue
		}
		if IsURL(pattern) {
			f, err := o.web.stat(ctx, pattern)
			if err != nil {
				return nil, fmt.Errorf("ingest: source %q: %w", o.Name, err)
			}
			all = append(all, input{root: pattern, path: pattern, size: f.Size, web: o.web, ctx: ctx})
			continue
		}
		roots, err := o.match(pattern)
		if err != nil {
			return nil, err
		}
		n := len(all)
		for _, root := range roots {
			if all, err = o.walk(ctx, root, wants, all); err != nil {
				return nil, err
			}
		}
		if len(all) == n {
			return nil, fmt.Errorf("ingest: source %q: %q matches no file of this kind", o.Name, pattern)
		}
	}
	slices.SortFunc(all, func(a, b input) int { return strings.Compare(a.key(), b.key()) })
	kept := all[:0]
	for i, f := range all {
		if i > 0 && f.key() == kept[len(kept)-1].key() {
			if last := kept[len(kept)-1]; last.path != f.path {
				return nil, fmt.Errorf("ingest: source %q: %s and %s would both be called %q: make them two sources", o.Name, last.path, f.path, f.key())
			}
			continue
		}
		kept = append(kept, f)
	}
	return kept, nil
}

// match resolves one pattern to what exists, as written. A name that exists is itself, whatever signs it holds.
func (o Options) match(pattern string) ([]string, error) {
	pattern = path.Clean(filepath.ToSlash(pattern))
	if _, err := os.Stat(o.locate(pattern, "")); err == nil {
		return []string{pattern}, nil
	} else if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrInvalid) {
		return nil, fmt.Errorf("ingest: source %q: %w", o.Name, err)
	}
	// The folders before the first sign stand as they are, so that signs in the name of the checkout mean nothing.
	elems := strings.Split(pattern, "/")
	n := slices.IndexFunc(elems, func(e string) bool { return strings.ContainsAny(e, `*?[\`) })
	if n < 0 {
		return nil, fmt.Errorf("ingest: source %q: %q: %w in %s", o.Name, pattern, fs.ErrNotExist, o.Base)
	}
	prefix := strings.Join(elems[:n], "/")
	if prefix == "" && n > 0 {
		prefix = "/"
	}
	roots, err := fs.Glob(os.DirFS(o.locate(prefix, ".")), strings.Join(elems[n:], "/"))
	if err != nil {
		return nil, fmt.Errorf("ingest: source %q: pattern %q: %w", o.Name, pattern, err)
	}
	if len(roots) == 0 {
		return nil, fmt.Errorf("ingest: source %q: %q matches nothing in %s", o.Name, pattern, o.Base)
	}
	for i := range roots {
		roots[i] = path.Join(prefix, roots[i])
	}
	slices.Sort(roots)
	return roots, nil
}

func (o Options) walk(ctx context.Context, root string, wants func(string) bool, all []input) ([]input, error) {
	top := o.locate(root, "")
	st, err := os.Stat(top)
	if err != nil {
		return nil, fmt.Errorf("ingest: source %q: %w", o.Name, err)
	}
	if !st.IsDir() {
		if !st.Mode().IsRegular() {
			return nil, fmt.Errorf("ingest: source %q: %s is not a file", o.Name, top)
		}
		return append(all, input{root: root, path: top, size: st.Size()}), nil
	}
	err = filepath.WalkDir(top, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		rel, err := filepath.Rel(top, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if e.IsDir() {
			if rel != "." && foreignFolder(rel) {
				return fs.SkipDir
			}
			return nil
		}
		if !e.Type().IsRegular() || !wants(rel) {
			return nil
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		all = append(all, input{root: root, entry: rel, path: p, size: info.Size()})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("ingest: source %q: %w", o.Name, err)
	}
	return all, nil
}

// foreignFolder reports the folders of version control, which hold no text of their own.
func foreignFolder(name string) bool {
	switch path.Base(name) {
	case ".git", ".hg", ".svn", ".bzr", "CVS", "_darcs", ".jj":
		return true
	}
	return false
}
