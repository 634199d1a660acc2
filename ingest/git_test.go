package ingest

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zlib"

	"github.com/seed-83c59573/quern"
)

// gitRepo writes loose objects into a bare repository.
type gitRepo struct {
	t   testing.TB
	dir string
}

func newGitRepo(t testing.TB, dir string) *gitRepo {
	t.Helper()
	g := &gitRepo{t, dir}
	g.write("HEAD", "ref: refs/heads/main\n")
	if err := os.MkdirAll(filepath.Join(dir, "objects"), 0o777); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *gitRepo) write(name, text string) {
	p := filepath.Join(g.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
		g.t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(text), 0o666); err != nil {
		g.t.Fatal(err)
	}
}

// object gives the raw hash.
func (g *gitRepo) object(kind, data string) string {
	whole := fmt.Sprintf("%s %d\x00%s", kind, len(data), data)
	h := sha1.Sum([]byte(whole))
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write([]byte(whole))
	z.Close()
	name := hex.EncodeToString(h[:])
	g.write("objects/"+name[:2]+"/"+name[2:], b.String())
	return string(h[:])
}

// commit makes HEAD a commit of this tree and gives its hash.
func (g *gitRepo) commit(tree string) string {
	h := g.object("commit", fmt.Sprintf("tree %x\nauthor A <a> 0 +0000\ncommitter A <a> 1700000000 +0200\n\nm\n", tree))
	g.write("refs/heads/main", fmt.Sprintf("%x\n", h))
	return fmt.Sprintf("%x", h)
}

// tree makes a folder of name, content, name, content; a name with a slash makes folders. Names must come in Git's order.
func (g *gitRepo) tree(files ...string) string {
	var rows strings.Builder
	for i := 0; i < len(files); {
		name, rest, deep := strings.Cut(files[i], "/")
		if !deep {
			fmt.Fprintf(&rows, "100644 %s\x00%s", name, g.object("blob", files[i+1]))
			i += 2
			continue
		}
		sub := []string{rest, files[i+1]}
		for i += 2; i < len(files) && strings.HasPrefix(files[i], name+"/"); i += 2 {
			sub = append(sub, files[i][len(name)+1:], files[i+1])
		}
		fmt.Fprintf(&rows, "40000 %s\x00%s", name, g.tree(sub...))
	}
	return g.object("tree", rows.String())
}

// The files of a commit, without a working copy.
func ExampleNewGit() {
	dir, err := os.MkdirTemp("", "git")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	g := newGitRepo(new(testing.T), filepath.Join(dir, "mine.git"))
	g.commit(g.tree("LICENSE", mitLicense, "main.go", "package main\n"))
	r, err := NewGit(Options{Name: "mine", Domain: "code", Base: dir, Paths: []string{"*.git"}}, DefaultGitOptions())
	if err != nil {
		fmt.Println(err)
		return
	}
	units, err := r.Units(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, u := range units {
		for d, err := range r.Docs(context.Background(), u) {
			if err == nil {
				fmt.Println(d.Origin, d.License, d.Time)
			}
		}
	}
	// Output:
	// mine.git!LICENSE MIT 2023-11-14T22:13:20Z
	// mine.git!main.go MIT 2023-11-14T22:13:20Z
}

func TestGit(t *testing.T) {
	dir := t.TempDir()
	g := newGitRepo(t, filepath.Join(dir, "r", ".git"))
	blob := g.object("blob", "/etc/passwd")
	tree := g.tree("LICENSE", mitLicense, "a.go", "package a\n", "bad.go", "\xff", "big.go", strings.Repeat("x", 3000), "prog", "\x7fELF\x00", "sub/b.py", "pass\n", "vendor/v.go", "package v\n")
	rows := "120000 link.go\x00" + blob + "160000 module\x00" + blob + "40000 t\x00" + tree + "100644 w\\x.go\x00" + blob + "100644 z.go\x00" + strings.Repeat("\x01", 20)
	commit := g.commit(g.object("tree", rows))
	g.write("config", "[core]\n[remote \"origin\"]\n\turl = https://me:secret@git.example.org/o/r.git\n")
	o := DefaultGitOptions()
	o.MaxBytes = 2000
	r, err := NewGit(opts(dir, "r"), o)
	h := reap(t, r, err)
	want := `git.example.org/o/r/t/LICENSE MIT {"language":"Text","path":"t/LICENSE","commit":"C"} code.documentation=1
git.example.org/o/r/t/a.go MIT {"language":"Go","path":"t/a.go","commit":"C"}
git.example.org/o/r/t/sub/b.py MIT {"language":"Python","path":"t/sub/b.py","commit":"C"}
`
	if got := strings.ReplaceAll(facts(h), commit, "C"); got != want {
		t.Errorf("got\n%swant\n%s%v", got, want, h.errs)
	}
	if fmt.Sprint(h.reasons) != "map[bad-name:1 invalid-utf8:1 missing-object:1 too-large:1]" {
		t.Error(h.reasons)
	}
	if d := h.docs[1]; d.Time != "2023-11-14T22:13:20Z" || d.ID != quern.NewID("s", "r!t/a.go") {
		t.Error(d.Time, d.ID)
	}
	if err := quern.CheckSource(context.Background(), r); err != nil {
		t.Error(err)
	}
	files, err := r.Files(context.Background())
	var names []string
	for _, f := range files {
		names = append(names, filepath.Base(f.Path))
	}
	if strings.Join(names, " ") != "HEAD config main" || err != nil {
		t.Error(names, err)
	}
	web, err := NewGit(opts(dir, "https://example.org/r.git"), o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := web.Units(context.Background()); err == nil {
		t.Error("a URL is no repository on a disk")
	}
	o.Join = "repository"
	r, err = NewGit(opts(dir, "r"), o)
	if h := reap(t, r, err); origins(h) != "git.example.org/o/r" || !strings.HasPrefix(string(h.docs[0].Text), "# file: t/LICENSE\nMIT") {
		t.Error(facts(h))
	}
}

// A repository that cannot be read is refused; the others are read.
func TestGitRefused(t *testing.T) {
	dir := t.TempDir()
	g := newGitRepo(t, filepath.Join(dir, "good.git"))
	g.commit(g.tree("a.go", "package a\n"))
	newGitRepo(t, filepath.Join(dir, "empty.git"))
	g = newGitRepo(t, filepath.Join(dir, "hurt.git"))
	g.commit(strings.Repeat("\x02", 20))
	os.Mkdir(filepath.Join(dir, "none.git"), 0o777)
	g = newGitRepo(t, filepath.Join(dir, "bomb.git"))
	tree := g.tree("a.go", "package a\n"+strings.Repeat("var x = 1\n", 1000))
	for range 14 {
		tree = g.object("tree", "40000 x\x00"+tree+"40000 y\x00"+tree)
	}
	g.commit(tree)
	g = newGitRepo(t, filepath.Join(dir, "paths.git"))
	for tree, i := g.tree("a.go", "package a\n"), 0; i < 40; i++ {
		tree = g.object("tree", "40000 x\x00"+tree+"40000 y\x00"+tree)
		g.commit(tree)
	}
	r, err := NewGit(opts(dir, "*.git"), DefaultGitOptions())
	h := reap(t, r, err)
	if origins(h) != "good.git!a.go" || fmt.Sprint(h.reasons) != "map[bad-git:2 bomb:1 no-ref:1 not-git:1]" || len(h.refused) != 5 {
		t.Error(origins(h), h.reasons, h.errs)
	}
}

func TestSplitGit(t *testing.T) {
	dir := t.TempDir()
	g := newGitRepo(t, filepath.Join(dir, "r"))
	files := []string{"LICENSE", mitLicense}
	for i := range 40 {
		files = append(files, fmt.Sprintf("p%02d/a.go", i), fmt.Sprintf("package p%d\n%s", i, strings.Repeat("\n", 10*i)))
	}
	g.commit(g.tree(append(files, "q\n.go", "package \xff")...))
	sameFates(t, 42, func(unit int64) (Reader, error) {
		o := opts(dir, "r")
		o.UnitBytes = unit
		return NewGit(o, DefaultGitOptions())
	})
}
