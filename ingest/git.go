package ingest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"slices"
	"time"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/ingest/code"
	"github.com/seed-83c59573/quern/ingest/git"
)

// GitOptions say what of Git repositories is read.
type GitOptions struct {
	Ref          string   `yaml:"ref"`            // a branch, tag, whole commit hash or HEAD
	MaxBytes     int64    `yaml:"max_bytes"`      // as in TreeOptions
	Vendored     bool     `yaml:"vendored"`       // as in TreeOptions
	Languages    []string `yaml:"languages"`      // as in TreeOptions
	Join         string   `yaml:"join"`           // "" = a document a file; "repository" = a document a repository
	MaxRepoBytes int64    `yaml:"max_repo_bytes"` // with join: a larger repository becomes several documents
}

// DefaultGitOptions read the files of HEAD as DefaultTreeOptions read those of a tree.
func DefaultGitOptions() GitOptions {
	t := DefaultTreeOptions()
	return GitOptions{Ref: "HEAD", MaxBytes: t.MaxBytes, MaxRepoBytes: t.MaxRepoBytes}
}

func (g *GitOptions) Reader(o Options) (Reader, error) { return NewGit(o, *g) }

// NewGit reads Git repositories, working copies or bare ones, out of their object stores: the files of one commit, whatever lies in the
// working copy. It needs no git program, runs no hook and follows nothing out of the folder. Each path names a repository. Documents are
// as NewTree makes them; Doc.Meta also has the commit, Doc.Time is the commit's, and Doc.Origin is host/owner/name/path if the
// repository has a remote called origin on another machine, without user and password. Links and submodules are passed over.
//
// Reasons: those of NewTree, missing-object, bad-object; repositories are refused as not-git, no-ref, bad-git or bomb. Files lists
// what names the commit, which stands for all of its content.
func NewGit(o Options, g GitOptions) (Reader, error) {
	if g.Ref == "" {
		return nil, fmt.Errorf("ingest: source %q: ref is empty, want HEAD, a branch, a tag or a commit", o.Name)
	}
	c := &codeOptions{g.MaxBytes, g.Vendored, g.Languages, g.Join, g.MaxRepoBytes}
	if err := c.check(o); err != nil {
		return nil, err
	}
	f := &gitFormat{c, g.Ref}
	r, err := newSource(o, f)
	if err != nil {
		return nil, err
	}
	return &gitSource{r.(*source), f}, nil
}

type gitFormat struct {
	*codeOptions
	ref string
}

func (g *gitFormat) wants(string) bool               { return false }
func (g *gitFormat) pieces(f input, _ int64) []piece { return []piece{{f.part(), f.size}} }
func (g *gitFormat) reader(w *out) reader {
	return &gitReader{w: w, g: g, coder: newCoder(w, g.codeOptions)}
}

// gitSource lists repositories instead of files.
type gitSource struct {
	s *source
	f *gitFormat
}

func (g *gitSource) roots() ([]input, error) {
	var all []input
	for _, pattern := range g.s.o.Paths {
		if IsURL(pattern) || isPathList(pattern) {
			return nil, fmt.Errorf("ingest: source %q: %q: Git repositories are read from a disk, each named by its folder or a pattern", g.s.o.Name, pattern)
		}
		roots, err := g.s.o.match(pattern)
		if err != nil {
			return nil, err
		}
		for _, root := range roots {
			all = append(all, input{root: root, path: g.s.o.locate(root, "")})
		}
	}
	slices.SortFunc(all, func(a, b input) int {
		if a.key() < b.key() {
			return -1
		}
		return 1
	})
	all = slices.CompactFunc(all, func(a, b input) bool { return a.path == b.path })
	for i := 1; i < len(all); i++ {
		if all[i].key() == all[i-1].key() {
			return nil, fmt.Errorf("ingest: source %q: %s and %s would both be called %q: make them two sources", g.s.o.Name, all[i-1].path, all[i].path, all[i].key())
		}
	}
	return all, nil
}

// Files lists what names the commits. Of a repository that cannot be read it lists nothing.
func (g *gitSource) Files(ctx context.Context) ([]File, error) {
	roots, err := g.roots()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range roots {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r, err := git.Open(f.path)
		if err != nil {
			continue // its unit tells why
		}
		if all, err := r.Files(g.f.ref); err == nil {
			names = append(names, all...)
		}
		r.Close()
	}
	slices.Sort(names)
	var files []File
	for _, name := range slices.Compact(names) {
		st, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		files = append(files, File{Path: name, Size: st.Size()})
	}
	return files, nil
}

// Units divides the files of a repository by their sizes; one that cannot be read is a unit, which tells why.
func (g *gitSource) Units(ctx context.Context) ([]quern.Unit, error) {
	roots, err := g.roots()
	if err != nil {
		return nil, err
	}
	group := unitGroup{o: &g.s.o}
	for _, f := range roots {
		l, err := openListing(ctx, f, g.f)
		if err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			group.add(f, quern.Part{Path: f.root}, 0)
			continue
		}
		l.units(f, g.f.join != "", &group)
		l.repo.Close()
	}
	return group.done(), nil
}

func (g *gitSource) Docs(ctx context.Context, u quern.Unit) iter.Seq2[*quern.Doc, error] {
	return g.s.Docs(ctx, u)
}

// listing is the files of one commit that a source wants, in the order of the tree.
type listing struct {
	repo     *git.Repo
	head     git.Head
	files    []git.File
	bad      []string // names that no file may have
	licenses map[string][]git.File
}

// openListing lists a repository. A *quern.RecordError refuses it.
func openListing(ctx context.Context, f input, g *gitFormat) (*listing, error) {
	r, err := git.Open(f.path)
	if err != nil {
		return nil, refuseGit(f, err)
	}
	l := &listing{repo: r, licenses: map[string][]git.File{}}
	if err := l.read(ctx, g); err != nil {
		r.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, refuseGit(f, err)
	}
	return l, nil
}

var (
	errNoRef    = errors.New("no such reference")
	errPackBomb = errors.New("many paths share few objects, which unpack to far more than the repository holds")
)

func refuseGit(f input, err error) error {
	reason := "bad-git"
	switch {
	case errors.Is(err, git.ErrNoRepository):
		reason = "not-git"
	case errors.Is(err, errNoRef):
		reason = "no-ref"
	case errors.Is(err, errPackBomb):
		reason = "bomb"
	case errors.Is(err, git.ErrDamaged), errors.Is(err, git.ErrNotFound), errors.Is(err, git.ErrLarge), errors.Is(err, fs.ErrNotExist):
	default:
		return err // of the disk
	}
	return refuse(f.key(), reason, -1, err)
}

func (l *listing) read(ctx context.Context, g *gitFormat) error {
	h, err := l.repo.Resolve(g.ref)
	if err != nil {
		if errors.Is(err, git.ErrNotFound) {
			return fmt.Errorf("%w: %w", errNoRef, err)
		}
		return err
	}
	if l.head, err = l.repo.Commit(h); err != nil {
		return err
	}
	distinct := map[git.Hash]struct{}{}
	err = l.repo.Walk(l.head.Tree, maxMembers, func(f git.File) error {
		name, ok := safeName(f.Name)
		if !ok || name != validName(f.Name) {
			l.bad = append(l.bad, f.Name)
			return ctx.Err()
		}
		f.Name = name
		if code.LicenseFile(path.Base(name)) && (g.vendored || !copied(name)) {
			l.licenses[path.Dir(name)] = append(l.licenses[path.Dir(name)], f)
		}
		if g.codeOptions.wants(name) && named(name) == plain && codeContainer(name) == noContainer {
			l.files = append(l.files, f)
			distinct[f.Hash] = struct{}{}
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	if len(l.files) > 1000 && len(l.files)/8 > len(distinct) {
		return l.checkBomb()
	}
	return nil
}

// checkBomb refuses a tree that shows few blobs under very many paths, if that makes much of little.
func (l *listing) checkBomb() error {
	sizes := map[git.Hash]int64{}
	var in, all int64
	for _, f := range l.files {
		n, seen := sizes[f.Hash]
		if !seen {
			_, n, _ = l.repo.Size(f.Hash)
			sizes[f.Hash] = n
			in += n
		}
		all += n
	}
	if all > freeBytes && all > maxExpansion*max(in, 1) {
		return errPackBomb
	}
	return nil
}

func (l *listing) units(f input, whole bool, group *unitGroup) {
	var size int64
	from := 0
	for i, b := range l.files {
		_, n, err := l.repo.Size(b.Hash)
		if err != nil {
			n = 0
		}
		size += n + 512 // what finding a blob costs
		if !whole && size >= group.o.UnitBytes && i+1 < len(l.files) {
			group.add(f, quern.Part{Path: f.root, From: int64(from), To: int64(i + 1)}, size)
			group.flush()
			from, size = i+1, 0
		}
	}
	group.add(f, quern.Part{Path: f.root, From: int64(from)}, size)
	if from > 0 {
		group.flush()
	}
}

// gitReader reads the files of commits.
type gitReader struct {
	w     *out
	g     *gitFormat
	coder *coder
}

func (r *gitReader) read(f input, p quern.Part) error {
	st, err := os.Stat(f.path)
	if err != nil {
		return err
	}
	if !st.IsDir() {
		return refuse(f.key(), "not-git", -1, git.ErrNoRepository)
	}
	l, err := openListing(r.w.ctx, f, r.g)
	if err != nil {
		return err
	}
	defer l.repo.Close()
	if p.From == 0 {
		for _, name := range l.bad {
			if err := r.w.skip(&quern.RecordError{Reason: "bad-name", Path: f.key() + "!" + quoted(name), Offset: -1}); err != nil {
				return err
			}
		}
	}
	to := int64(len(l.files))
	if p.To > 0 {
		to = min(to, p.To)
	}
	r.coder.begin(f.key(), l.repo.Remote())
	if err := r.files(f, l, l.files[min(p.From, to):to]); err != nil {
		return err
	}
	return r.coder.end()
}

func (r *gitReader) files(f input, l *listing, files []git.File) error {
	licenses := newLicenses(func(dir string) string {
		var found code.Folder
		for _, b := range l.licenses[dir] {
			if _, text, err := l.repo.Object(b.Hash, code.MaxLicense); err == nil {
				found.Add(path.Base(b.Name), text)
			}
		}
		return found.License()
	})
	when := ""
	if !l.head.Time.IsZero() {
		when = l.head.Time.Format(time.RFC3339)
	}
	commit, remote := l.head.Hash.String(), l.repo.Remote()
	for _, b := range files {
		s := sourceFile{key: f.key() + "!" + b.Name, path: b.Name, licenses: licenses, time: when, commit: commit}
		if s.origin = s.key; remote != "" {
			s.origin = remote + "/" + b.Name
		}
		err := r.blob(l.repo, b, s)
		var bad *quern.RecordError
		if errors.As(err, &bad) {
			err = r.w.skip(bad)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *gitReader) blob(repo *git.Repo, b git.File, s sourceFile) error {
	kind, text, err := repo.Object(b.Hash, fileLimit(r.g.max, b.Name))
	switch {
	case errors.Is(err, git.ErrLarge):
		if code.ByName(b.Name) == nil && noEnding(b.Name) {
			return nil // a program, most likely
		}
		return badPage(s.key, "too-large", err)
	case errors.Is(err, git.ErrNotFound):
		return badPage(s.key, "missing-object", err) // of a shallow or partial clone
	case errors.Is(err, git.ErrDamaged), err == nil && kind != git.Blob:
		return badPage(s.key, "bad-object", err)
	case err != nil:
		return err
	}
	if notSource(b.Name, text) {
		return nil
	}
	s.data = text
	return r.coder.file(s)
}
