package git

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Hash names an object: SHA-1 of its kind, size and content.
type Hash [20]byte

func (h Hash) String() string { return hex.EncodeToString(h[:]) }

func parseHash(s string) (h Hash, ok bool) {
	if len(s) != 2*len(h) {
		return h, false
	}
	_, err := hex.Decode(h[:], []byte(s))
	return h, err == nil
}

var (
	// ErrNoRepository says that a folder is none.
	ErrNoRepository = errors.New("not a Git repository")
	// ErrNotFound says that an object or reference is missing.
	ErrNotFound = errors.New("not found")
	// ErrLarge says that an object is larger than the caller allows.
	ErrLarge = errors.New("object is too large")
	// ErrDamaged says that the repository contradicts itself or its format.
	ErrDamaged = errors.New("damaged")
)

const (
	maxRef     = 4 << 10
	maxConfig  = 1 << 20
	maxPacked  = 256 << 20 // of packed-refs
	maxPacks   = 4096
	refDepth   = 8
	cacheBytes = 48 << 20
)

// Repo is an open repository. It is used by one goroutine.
type Repo struct {
	root  *os.Root // the folder that holds HEAD and objects; no link leads out of it
	packs []*pack
	cache cache
	z     inflater
}

// Open opens a working copy or a bare repository.
func Open(dir string) (*Repo, error) {
	at, err := find(dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(at)
	if err != nil {
		return nil, err
	}
	r := &Repo{root: root}
	if err := errors.Join(r.checkFormat(), r.openPacks()); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// find gives the folder that holds the objects.
func find(dir string) (string, error) {
	for _, d := range []string{filepath.Join(dir, ".git"), dir} {
		st, err := os.Lstat(d)
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			return "", err
		}
		if d != dir && st.Mode().IsRegular() {
			return "", fmt.Errorf("%w: .git is a file, so the objects lie elsewhere: name that repository", ErrNoRepository)
		}
		if d != dir && !st.IsDir() {
			continue
		}
		head, err := os.Lstat(filepath.Join(d, "HEAD"))
		objects, err2 := os.Lstat(filepath.Join(d, "objects"))
		if err == nil && err2 == nil && head.Mode().IsRegular() && objects.IsDir() {
			return d, nil
		}
	}
	return "", ErrNoRepository
}

// checkFormat refuses what would be misread.
func (r *Repo) checkFormat() error {
	if _, err := r.root.Lstat("objects/info/alternates"); err == nil {
		return fmt.Errorf("%w: it borrows the objects of another one (alternates)", ErrNoRepository)
	}
	text, err := r.readSmall("config", maxConfig)
	if err != nil {
		return nil // there may be none
	}
	for _, s := range settings(text) {
		if s.section == "extensions" && s.key == "objectformat" && s.value != "sha1" {
			return fmt.Errorf("%w: objects named by %q", ErrNoRepository, s.value)
		}
		if s.section == "extensions" && s.key == "refstorage" && s.value != "files" {
			return fmt.Errorf("%w: references in %q", ErrNoRepository, s.value)
		}
	}
	return nil
}

// Close lets go of the files.
func (r *Repo) Close() error {
	err := r.root.Close()
	for _, p := range r.packs {
		err = errors.Join(err, p.close())
	}
	return err
}

// readSmall reads a regular file that must not be larger than limit.
func (r *Repo) readSmall(name string, limit int64) ([]byte, error) {
	f, size, err := r.open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size > limit {
		return nil, fmt.Errorf("%w: %s has more than %d bytes", ErrDamaged, name, limit)
	}
	return io.ReadAll(io.LimitReader(f, limit))
}

// open opens a regular file by its name with slashes.
func (r *Repo) open(name string) (*os.File, int64, error) {
	st, err := r.root.Lstat(name)
	if err != nil {
		return nil, 0, misplaced(err)
	}
	if !st.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%w: %s is not a file", ErrDamaged, name)
	}
	f, err := r.root.Open(name)
	return f, st.Size(), misplaced(err)
}

// misplaced tells a repository of the wrong shape, such as a link that leads out, from a fault of the disk.
func misplaced(err error) error {
	var fault syscall.Errno
	if err == nil || errors.As(err, &fault) && fault != syscall.ENOTDIR && fault != syscall.ELOOP {
		return err
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

// setting is a line of a config file: the section, with [remote "origin"] as remote.origin, and the key in small letters.
type setting struct{ section, key, value string }

// settings reads a config file. Includes are only lines.
func settings(text []byte) (all []setting) {
	section := ""
	for line := range bytes.Lines(text) {
		s := strings.TrimSpace(string(line))
		switch {
		case s == "" || s[0] == '#' || s[0] == ';':
		case s[0] == '[':
			name, _, _ := strings.Cut(s[1:], "]")
			head, sub, _ := strings.Cut(name, " ")
			section = strings.ToLower(head)
			if sub = strings.Trim(sub, " \""); sub != "" {
				section += "." + sub
			}
		default:
			key, value, _ := strings.Cut(s, "=")
			value, _, _ = strings.Cut(value, " #")
			all = append(all, setting{section, strings.ToLower(strings.TrimSpace(key)), strings.Trim(strings.TrimSpace(value), "\"")})
		}
	}
	return all
}

// Remote is where the repository was cloned from, as host/path without scheme, user, password and .git: "github.com/o/r". "" = it
// tells none, or a place on a disk.
func (r *Repo) Remote() string {
	text, err := r.readSmall("config", maxConfig)
	if err != nil {
		return ""
	}
	for _, s := range settings(text) {
		if s.key == "url" && s.section == "remote.origin" {
			return publicURL(s.value)
		}
	}
	return ""
}

func publicURL(url string) string {
	url, _, _ = strings.Cut(url, "?")
	url, _, _ = strings.Cut(url, "#")
	scheme, rest, ok := strings.Cut(url, "://")
	if ok {
		if scheme == "file" {
			return ""
		}
		host, p, _ := strings.Cut(rest, "/")
		host = host[strings.LastIndexByte(host, '@')+1:]
		rest = host + "/" + p
	} else {
		host, p, ok := strings.Cut(url, ":")
		if !ok || strings.Contains(host, "/") || len(host) < 2 {
			return "" // a path
		}
		host = host[strings.LastIndexByte(host, '@')+1:]
		rest = host + "/" + strings.TrimPrefix(p, "/")
	}
	rest = strings.TrimSuffix(strings.TrimRight(rest, "/"), ".git")
	if rest == "" || rest[0] == '/' || len(rest) > 1000 || strings.ContainsFunc(rest, func(c rune) bool { return c <= ' ' || c == '@' || c == 0x7f || c == '\\' }) {
		return ""
	}
	return rest
}

// Resolve finds the commit that a name means: HEAD, a whole hash, a branch, a tag, or a reference such as refs/heads/main.
func (r *Repo) Resolve(name string) (Hash, error) {
	h, _, err := r.resolve(name)
	return h, err
}

func (r *Repo) resolve(name string) (Hash, []string, error) {
	if h, ok := parseHash(name); ok {
		return h, nil, nil
	}
	if !plainRef(name) {
		return Hash{}, nil, fmt.Errorf("reference %q: %w", name, ErrNotFound)
	}
	for _, prefix := range []string{"", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"} {
		if prefix == "" && name != "HEAD" && !strings.HasPrefix(name, "refs/") {
			continue
		}
		h, files, err := r.ref(prefix+name, refDepth)
		if err == nil || !errors.Is(err, ErrNotFound) {
			return h, files, err
		}
	}
	return Hash{}, nil, fmt.Errorf("reference %q: %w", name, ErrNotFound)
}

// path is where this machine finds a file of the repository.
func (r *Repo) path(name string) string {
	return filepath.Join(r.root.Name(), filepath.FromSlash(name))
}

// plainRef refuses names that would leave the folder.
func plainRef(name string) bool {
	if name == "" || len(name) > 1000 || strings.ContainsAny(name, "\\:\x00\n") {
		return false
	}
	return !slices.ContainsFunc(strings.Split(name, "/"), func(e string) bool { return e == "" || e[0] == '.' })
}

// ref follows a reference and lists the files that say where it leads.
func (r *Repo) ref(name string, depth int) (Hash, []string, error) {
	if depth == 0 || !plainRef(name) {
		return Hash{}, nil, fmt.Errorf("%w: reference %q leads nowhere", ErrDamaged, name)
	}
	at := r.path(name)
	text, err := r.readSmall(name, maxRef)
	if err != nil {
		h, err := r.packedRef(name)
		return h, []string{r.path("packed-refs")}, err
	}
	s := strings.TrimSpace(string(text))
	if h, ok := parseHash(s); ok {
		return h, []string{at}, nil
	}
	if to, ok := strings.CutPrefix(s, "ref:"); ok {
		h, files, err := r.ref(strings.TrimSpace(to), depth-1)
		return h, append(files, at), err
	}
	return Hash{}, nil, fmt.Errorf("%w: reference %q", ErrDamaged, name)
}

func (r *Repo) packedRef(name string) (Hash, error) {
	f, size, err := r.open("packed-refs")
	if err != nil {
		return Hash{}, fmt.Errorf("reference %q: %w", name, ErrNotFound)
	}
	defer f.Close()
	if size > maxPacked {
		return Hash{}, fmt.Errorf("%w: packed-refs", ErrDamaged)
	}
	in := bufio.NewScanner(f)
	for in.Scan() {
		hash, ref, ok := strings.Cut(in.Text(), " ")
		if ok && ref == name {
			if h, ok := parseHash(hash); ok {
				return h, nil
			}
		}
	}
	if err := in.Err(); err != nil {
		return Hash{}, fmt.Errorf("%w: packed-refs: %w", ErrDamaged, err)
	}
	return Hash{}, fmt.Errorf("reference %q: %w", name, ErrNotFound)
}

// Files lists the files that say what a name means and where the repository came from. A commit's hash tells all of its content, so
// they stand for it.
func (r *Repo) Files(name string) ([]string, error) {
	_, files, err := r.resolve(name)
	if err != nil {
		return nil, err
	}
	for _, n := range []string{"HEAD", "config"} {
		if st, err := r.root.Lstat(n); err == nil && st.Mode().IsRegular() {
			files = append(files, r.path(n))
		}
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}
