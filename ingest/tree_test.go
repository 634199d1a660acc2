package ingest

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

// origins lists what became a document.
func origins(h harvest) string {
	var all []string
	for _, d := range h.docs {
		all = append(all, d.Origin)
	}
	return strings.Join(all, " ")
}

var smallTree = []string{
	"a.go", "package a", "b/b.py", "pass", "b/Makefile", "all:", "b/c.bin", "\x00\x01", "b/d.unknown", "text", "README", "read me", ".hidden", "x",
	"vendor/v.go", "package v", "x/node_modules/m.js", "m()", ".git/config.txt", "git", "big.go", "package " + strings.Repeat("b", 200),
	"nul.go", "package\x00", "latin.go", "package \xe9", "empty.go", " \n", "bom.go", "\ufeffpackage bom", "utf16.txt", "\xff\xfea\x00", "bin.c", "\x7fELF\x00\xff",
}

func TestTree(t *testing.T) {
	dir := plant(t, append([]string{"t/inner.zip", "PK", "t/inner.txt.gz", "\x1f\x8b"}, prefixed("t/", smallTree)...)...)
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "t", "passwd.txt")); err != nil {
		t.Log("no links here: ", err)
	}
	f := func(o TreeOptions, want string) harvest {
		t.Helper()
		r, err := NewTree(opts(dir, "t"), o)
		h := reap(t, r, err)
		if got := origins(h); got != want {
			t.Errorf("%+v:\n got %s\nwant %s", o, got, want)
		}
		return h
	}
	o := DefaultTreeOptions()
	o.MaxBytes = 100
	h := f(o, "t/README t/a.go t/b/Makefile t/b/b.py t/bom.go")
	want := map[string]int{"too-large": 1, "control-character": 1, "invalid-utf8": 2, "not-text": 1}
	if h.passed["empty-text"] != 1 {
		t.Errorf("passed %v, want one of empty-text", h.passed)
	}
	for k, n := range want {
		if h.reasons[k] != n {
			t.Errorf("%s: %d, want %d", k, h.reasons[k], n)
		}
	}
	if d := h.docs[4]; string(d.Text) != "package bom" || d.ID != quern.NewID("s", "t/bom.go") || string(d.Meta) != `{"language":"Go","path":"bom.go"}` {
		t.Errorf("%q %s", d.Text, d.Meta)
	}
	o.Languages = []string{"Python", "Go"}
	f(o, "t/a.go t/b/b.py t/bom.go")
	o.Vendored = true
	f(o, "t/a.go t/b/b.py t/bom.go t/vendor/v.go")
}

func prefixed(prefix string, files []string) []string {
	out := make([]string, len(files))
	for i, s := range files {
		if out[i] = s; i%2 == 0 {
			out[i] = prefix + s
		}
	}
	return out
}

// An archive of a tree holds the same documents as the tree.
func TestTreeArchives(t *testing.T) {
	var zb, tb bytes.Buffer
	zw, tw := zip.NewWriter(&zb), tar.NewWriter(&tb)
	for i := 0; i < len(smallTree); i += 2 {
		name, data := smallTree[i], smallTree[i+1]
		w, err := zw.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(data))
		tw.WriteHeader(&tar.Header{Name: "./" + name, Size: int64(len(data)), Mode: 0o644, Typeflag: tar.TypeReg})
		tw.Write([]byte(data))
	}
	tw.WriteHeader(&tar.Header{Name: "dir/", Mode: 0o755, Typeflag: tar.TypeDir})
	tw.WriteHeader(&tar.Header{Name: "link.go", Linkname: "/etc/passwd", Typeflag: tar.TypeSymlink})
	zw.Close()
	tw.Close()
	dir := plant(t, "a.zip", zb.String(), "b.tar", tb.String(), "c.tar.gz", gz(tb.String()))
	for _, name := range []string{"a.zip", "b.tar", "c.tar.gz"} {
		o := DefaultTreeOptions()
		o.MaxBytes = 100
		r, err := NewTree(opts(dir, name), o)
		h := reap(t, r, err)
		want := strings.ReplaceAll("N!a.go N!b/b.py N!b/Makefile N!README N!bom.go", "N", name)
		if got := origins(h); got != want {
			t.Errorf("got %s, want %s; %v", got, want, h.errs)
		}
		links := 1
		if name == "a.zip" {
			links = 0
		}
		if h.reasons["not-a-file"] != links || h.reasons["too-large"] != 1 {
			t.Error(h.reasons)
		}
		if d := h.docs[1]; string(d.Meta) != `{"language":"Python","path":"b/b.py"}` {
			t.Errorf("%s", d.Meta)
		}
	}
}

// A line end in a name must not make a second line in a log.
func TestNamesInMessages(t *testing.T) {
	dir := plant(t, "a.zip", zipOf(t, "a\nb.go", "package \xff", "\x1b[31m.go", "\x00"))
	r, err := NewTree(opts(dir, "a.zip"), DefaultTreeOptions())
	h := reap(t, r, err)
	if len(h.errs) != 2 {
		t.Fatal(h.errs)
	}
	for _, err := range h.errs {
		if strings.ContainsAny(err.Error(), "\n\x1b") {
			t.Errorf("%q", err.Error())
		}
	}
}

func TestSafeName(t *testing.T) {
	f := func(name, want string) {
		t.Helper()
		got, ok := safeName(name)
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v", name, got, ok)
		}
	}
	f("a/b.go", "a/b.go")
	f("./a//b.go", "a/b.go")
	f("a/..b", "a/..b")
	f("a\xff", "a\ufffd")
	for _, bad := range []string{"", "/a", "../a", "a/../b", "a/..", `a\b`, "C:a", "a\x00b", strings.Repeat("a", maxMemberName+1)} {
		f(bad, "")
	}
	if got := quoted("a\nb" + strings.Repeat("é", 200)); len(got) > 220 || strings.ContainsRune(got, '\n') {
		t.Errorf("%s", got)
	}
}

// zipOf packs name, content, name, content.
func zipOf(t testing.TB, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(files[i+1]))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
