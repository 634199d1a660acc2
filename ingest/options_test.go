package ingest

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

// plant writes files below a new folder: name, content, name, content.
func plant(t testing.TB, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		p := filepath.Join(dir, filepath.FromSlash(files[i]))
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(files[i+1]), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func opts(base string, paths ...string) Options {
	return Options{Name: "s", Domain: "d", Base: base, Paths: paths}
}

func TestListing(t *testing.T) {
	dir := plant(t,
		"spec/here.jsonl", "", "data/a.jsonl", "", "data/b.jsonl.gz", "", "data/c.txt", "", "data/deep/d.json", "",
		"data/.git/e.jsonl", "", "data/[x].jsonl", "", "data/z.zip", "")
	if err := os.Symlink(filepath.Join(dir, "data", "a.jsonl"), filepath.Join(dir, "data", "link.jsonl")); err != nil {
		t.Log("no links here: ", err)
	}
	f := func(patterns []string, want ...string) {
		t.Helper()
		list, err := opts(filepath.Join(dir, "spec"), patterns...).list(context.Background(), (&jsonl{}).wants)
		if err != nil {
			t.Error(err)
			return
		}
		var got []string
		for _, f := range list {
			got = append(got, f.key())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", patterns, got, want)
		}
	}
	f([]string{"here.jsonl"}, "here.jsonl")
	f([]string{"./here.jsonl"}, "here.jsonl")
	f([]string{"../data"}, "../data/[x].jsonl", "../data/a.jsonl", "../data/b.jsonl.gz", "../data/deep/d.json", "../data/z.zip")
	f([]string{"../data/*.jsonl*"}, "../data/[x].jsonl", "../data/a.jsonl", "../data/b.jsonl.gz", "../data/link.jsonl")
	f([]string{"../*/a.jsonl"}, "../data/a.jsonl")
	f([]string{"../data/[x].jsonl"}, "../data/[x].jsonl") // what exists is taken by its name
	f([]string{"../data/c.txt"}, "../data/c.txt")         // what is named is taken whatever its ending
	f([]string{"../data/a.jsonl", "../data/*.jsonl", "../data/deep"}, "../data/[x].jsonl", "../data/a.jsonl", "../data/deep/d.json", "../data/link.jsonl")
	f([]string{filepath.ToSlash(dir) + "/data/deep"}, "deep/d.json") // no name depends on where an absolute folder stands
	f([]string{filepath.ToSlash(dir) + "/data/a.jso*"}, "a.jsonl")
}

func TestListingFails(t *testing.T) {
	dir := plant(t, "a/x.jsonl", "", "b/x.jsonl", "", "c/x.txt", "")
	abs := filepath.ToSlash(dir)
	f := func(want string, paths ...string) {
		t.Helper()
		r, err := NewJSONL(opts(dir, paths...), DefaultFields())
		if err == nil {
			_, err = r.Units(context.Background())
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", paths, err, want)
		}
	}
	f("names no files")
	f(`"nowhere.jsonl"`, "a", "nowhere.jsonl")
	f(`"*.jsonl" matches nothing`, "*.jsonl")
	f(`"c" matches no file of this kind`, "c")
	f("without **", "**/x.jsonl")
	f("pattern", "[a")
	f(`both be called "x.jsonl"`, abs+"/a/x.jsonl", abs+"/b/x.jsonl")
}

func TestOptions(t *testing.T) {
	f := func(want string, o Options) {
		t.Helper()
		if _, err := NewWARC(o, DefaultWARCOptions()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", o, err, want)
		}
	}
	f("needs a name", Options{Domain: "d", Paths: []string{"x"}})
	f("needs a domain", Options{Name: "s", Paths: []string{"x"}})
	f("names no files", Options{Name: "s", Domain: "d"})
	f("must not be negative", Options{Name: "s", Domain: "d", Paths: []string{"x"}, UnitBytes: -1})
	f("pattern", Options{Name: "s", Domain: "d", Paths: []string{""}})
	if _, err := NewJSONL(opts("", "x"), Fields{}); err == nil {
		t.Error("no text field, no error")
	}
	if _, err := NewParquet(opts("", "x"), Fields{}); err == nil {
		t.Error("no text column, no error")
	}
	if _, err := NewTree(opts("", "x"), TreeOptions{}); err == nil {
		t.Error("no size, no error")
	}
	if _, err := NewTree(opts("", "x"), TreeOptions{MaxBytes: 1, Languages: []string{"Klingon"}}); err == nil {
		t.Error("unknown language, no error")
	}
}

func TestFiles(t *testing.T) {
	dir := plant(t, "b.jsonl", "", "a.jsonl", "")
	r, err := NewJSONL(opts(dir, "b.jsonl", "*.jsonl"), DefaultFields())
	if err != nil {
		t.Fatal(err)
	}
	files, err := r.Files(context.Background())
	if err != nil || !slices.Equal(files, []File{{Path: filepath.Join(dir, "a.jsonl")}, {Path: filepath.Join(dir, "b.jsonl")}}) {
		t.Errorf("%v, %v", files, err)
	}
}

// Ten thousand small files make few units, in order; a unit is plain data and reads the same on its own.
func TestGrouping(t *testing.T) {
	var files []string
	for _, n := range []string{"a", "b", "c", "d", "e", "f"} {
		files = append(files, "t/"+n+".go", "package "+n)
	}
	dir := plant(t, files...)
	o := opts(dir, "t")
	o.UnitBytes = 3 * 4200
	r, err := NewTree(o, DefaultTreeOptions())
	if err != nil {
		t.Fatal(err)
	}
	units, err := r.Units(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(units) != 2 || units[0].Name != "t/a.go and 2 more" || units[1].Parts[0] != (quern.Part{Path: "t", Entry: "d.go"}) || units[0].Source != "s" || units[0].Domain != "d" {
		t.Errorf("%+v", units)
	}
	if err := quern.CheckSource(context.Background(), r); err != nil {
		t.Error(err)
	}
}

func TestGone(t *testing.T) {
	dir := plant(t, "a.jsonl", `{"text":"x"}`)
	r, err := NewJSONL(opts(dir, "a.jsonl"), DefaultFields())
	if err != nil {
		t.Fatal(err)
	}
	units, err := r.Units(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "a.jsonl")); err != nil {
		t.Fatal(err)
	}
	for _, err := range r.Docs(context.Background(), units[0]) {
		if !os.IsNotExist(err) {
			t.Errorf("a file that vanished is a bad world, not %v", err)
		}
	}
}

func TestStops(t *testing.T) {
	dir := plant(t, "a.jsonl", strings.Repeat(`{"text":"x"}`+"\n", 10), "b.jsonl", `{"text":"y"}`)
	r, err := NewJSONL(opts(dir, "*.jsonl"), DefaultFields())
	if err != nil {
		t.Fatal(err)
	}
	units, _ := r.Units(context.Background())
	n := 0
	for range r.Docs(context.Background(), units[0]) {
		if n++; n == 3 {
			break
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n = 0
	var last error
	for _, err := range r.Docs(ctx, units[0]) {
		if n++; n == 3 {
			cancel()
		}
		last = err
	}
	if n != 4 || last != context.Canceled {
		t.Errorf("%d, %v", n, last)
	}
}
