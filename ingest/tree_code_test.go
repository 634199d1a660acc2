package ingest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/ingest/code"
)

const mitLicense = `MIT License

Copyright (c) 2024 A. Author

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`

// facts lists path, license and marks of each document.
func facts(h harvest) string {
	var b strings.Builder
	for _, d := range h.docs {
		fmt.Fprintf(&b, "%s %s %s", d.Origin, d.License, d.Meta)
		for _, m := range d.Marks {
			fmt.Fprintf(&b, " %s=%v", m.Name, m.Value)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func readTree(t *testing.T, dir string, change func(o *TreeOptions), paths ...string) harvest {
	t.Helper()
	o := DefaultTreeOptions()
	if change != nil {
		change(&o)
	}
	r, err := NewTree(opts(dir, paths...), o)
	return reap(t, r, err)
}

// codeFiles is a repository in which every way to tell a license occurs.
var codeFiles = []string{
	"a.go", "package a\n", "b.h", "class B {\npublic:\n};\n", "run", "#!/bin/sh\n", "program", "\x7fELF\x00", "LICENSE", mitLicense,
	"own.c", "/* SPDX-License-Identifier: ISC */\nint x;\n", "sub/deep/c.py", "pass\n", "crate/Cargo.toml", "[package]\nlicense = \"MIT OR Apache-2.0\"\n",
	"crate/src/lib.rs", "pub fn f() {}\n", "a_test.go", "package a\n", "x.pb.go", "package a\n", "lfs.json", "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 5\n",
}

const codeFacts = `N/LICENSE MIT {"language":"Text","path":"LICENSE"} code.documentation=1
N/a.go MIT {"language":"Go","path":"a.go"}
N/a_test.go MIT {"language":"Go","path":"a_test.go"} code.test=1
N/b.h MIT {"language":"C++","path":"b.h"}
N/crate/Cargo.toml MIT OR Apache-2.0 {"language":"TOML","path":"crate/Cargo.toml"} code.data=1 code.configuration=1
N/crate/src/lib.rs MIT OR Apache-2.0 {"language":"Rust","path":"crate/src/lib.rs"}
N/own.c ISC {"language":"C","path":"own.c"}
N/run MIT {"language":"Shell","path":"run"}
N/sub/deep/c.py MIT {"language":"Python","path":"sub/deep/c.py"}
N/x.pb.go MIT {"language":"Go","path":"x.pb.go"} code.generated=1
`

func sortedLines(s string) string {
	all := strings.SplitAfter(s, "\n")
	slices.Sort(all)
	return strings.Join(all, "")
}

func TestTreeFacts(t *testing.T) {
	dir := plant(t, append(prefixed("t/", codeFiles), "a.zip", zipOf(t, codeFiles...), "b.tgz", gz(tarOf(t, codeFiles...)))...)
	for name, prefix := range map[string]string{"t": "t/", "a.zip": "a.zip!", "b.tgz": "b.tgz!"} {
		h := readTree(t, dir, nil, name)
		if got, want := sortedLines(facts(h)), sortedLines(strings.ReplaceAll(codeFacts, "N/", prefix)); got != want {
			t.Errorf("%s: got\n%swant\n%s", name, got, want)
		}
		if h.passed["lfs-pointer"] != 1 || len(h.passed) != 1 || len(h.reasons) != 0 {
			t.Errorf("%s: %v", name, h.reasons)
		}
	}
	// The license of the options is for files that tell none themselves and have none above them, within what was named.
	o := opts(dir, "t/sub")
	o.License = "CC0-1.0"
	r, err := NewTree(o, DefaultTreeOptions())
	if h := reap(t, r, err); len(h.docs) != 1 || h.docs[0].License != "CC0-1.0" {
		t.Error(facts(h))
	}
}

// Packages tell their names, and their one folder says nothing.
func TestTreePackages(t *testing.T) {
	manifest := `{"name":"@s/left","version":"1.2.3","license":"MIT"}`
	dir := plant(t,
		"m.zip", zipOf(t, "x.org/m@v1.0.0/LICENSE", mitLicense, "x.org/m@v1.0.0/a.go", "package m\n", "x.org/m@v1.0.0/in/b.go", "package in\n"),
		"left-1.2.3.tgz", gz(tarOf(t, "package/lib/i.js", "i()\n", "package/package.json", manifest)),
		"thing-0.1.0.crate", gz(tarOf(t, "thing-0.1.0/src/lib.rs", "fn f() {}\n", "thing-0.1.0/Cargo.toml", "[package]\nlicense = 'MIT'\n")),
		"v2.0.tar.gz", gz(tarOf(t, "repo-2.0/a.py", "pass\n")),
		"src.zip", zipOf(t, "main/a.py", "pass\n"),
		"odd.zip", zipOf(t, "package/package.json", `{"name":7}`, "package/a.js", "a()\n"))
	f := func(name, want string) {
		t.Helper()
		if got := facts(readTree(t, dir, nil, name)); got != want {
			t.Errorf("%s: got\n%swant\n%s", name, got, want)
		}
	}
	f("m.zip", `x.org/m@v1.0.0/LICENSE MIT {"language":"Text","path":"LICENSE","package":"x.org/m@v1.0.0"} code.documentation=1
x.org/m@v1.0.0/a.go MIT {"language":"Go","path":"a.go","package":"x.org/m@v1.0.0"}
x.org/m@v1.0.0/in/b.go MIT {"language":"Go","path":"in/b.go","package":"x.org/m@v1.0.0"}
`)
	f("left-1.2.3.tgz", `@s/left@1.2.3/lib/i.js MIT {"language":"JavaScript","path":"lib/i.js","package":"@s/left@1.2.3"}
@s/left@1.2.3/package.json MIT {"language":"JSON","path":"package.json","package":"@s/left@1.2.3"} code.data=1 code.configuration=1
`)
	f("thing-0.1.0.crate", `thing-0.1.0.crate!thing-0.1.0/src/lib.rs MIT {"language":"Rust","path":"src/lib.rs"}
thing-0.1.0.crate!thing-0.1.0/Cargo.toml MIT {"language":"TOML","path":"Cargo.toml"} code.data=1 code.configuration=1
`)
	f("v2.0.tar.gz", "v2.0.tar.gz!repo-2.0/a.py  {\"language\":\"Python\",\"path\":\"a.py\"}\n")
	f("src.zip", "src.zip!main/a.py  {\"language\":\"Python\",\"path\":\"main/a.py\"}\n")
	f("odd.zip", `odd.zip!package/package.json  {"language":"JSON","path":"package/package.json"} code.data=1 code.configuration=1
odd.zip!package/a.js  {"language":"JavaScript","path":"package/a.js"}
`)
}

func TestTreeArchivesInFolders(t *testing.T) {
	inner := zipOf(t, "x.go", "package x\n")
	dir := plant(t, "t/a.go", "package a\n", "t/b.zip", zipOf(t, "b.go", "package b\n", "inner.zip", inner), "t/c.txt.gz", gz("text"))
	if got := origins(readTree(t, dir, nil, "t")); got != "t/a.go" {
		t.Error(got)
	}
	archives := func(o *TreeOptions) { o.Archives = true }
	if got := origins(readTree(t, dir, archives, "t")); got != "t/a.go t/b.zip!b.go" {
		t.Error(got)
	}
	h := readTree(t, dir, func(o *TreeOptions) { o.Archives, o.Join = true, "repository" }, "t")
	if got := origins(h); got != "t t/b.zip" {
		t.Error(got)
	}
}

func TestTreeNotebooks(t *testing.T) {
	book := `{"nbformat":4,"metadata":{"kernelspec":{"language":"python"}},"cells":[{"cell_type":"markdown","source":"# A"},{"cell_type":"code","source":"x = 1","outputs":[{"data":"` + strings.Repeat("x", 5000) + `"}]}]}`
	dir := plant(t, "t/a.ipynb", book, "t/b.ipynb", "{}", "t/c.ipynb", `{"nbformat":4,"cells":[]}`, "t/d.ipynb", "\xff")
	h := readTree(t, dir, func(o *TreeOptions) { o.MaxBytes = 1000 }, "t")
	if len(h.docs) != 1 || string(h.docs[0].Text) != "# A\n\n```python\nx = 1\n```\n" || string(h.docs[0].Meta) != `{"language":"Jupyter Notebook","kernel":"Python","path":"a.ipynb"}` {
		t.Error(facts(h))
	}
	if h.reasons["bad-notebook"] != 1 || h.passed["empty-text"] != 1 || h.reasons["invalid-utf8"] != 1 {
		t.Error(h.reasons)
	}
	if h := readTree(t, dir, func(o *TreeOptions) { o.MaxBytes = 10 }, "t/a.ipynb"); h.reasons["too-large"] != 1 || len(h.docs) != 0 {
		t.Error(h.reasons)
	}
}

func TestTreeJoin(t *testing.T) {
	files := []string{"go.mod", "module x.org/m\n", "a.go", "package m\n\nimport \"x.org/m/z\"\n", "z/z.go", "package z", "LICENSE", mitLicense, "bad.go", "\xff"}
	dir := plant(t, append(prefixed("r/one/", files), "r/two/a.py", "pass\n", "r/three.zip", zipOf(t, files...))...)
	join := func(o *TreeOptions) { o.Join = "repository" }
	h := readTree(t, dir, join, "r/*")
	if got := origins(h); got != "r/one r/three.zip r/two" {
		t.Fatal(got, h.errs)
	}
	want := "# file: LICENSE\n" + mitLicense + "\n# file: z/z.go\npackage z\n\n# file: a.go\npackage m\n\nimport \"x.org/m/z\"\n\n# file: go.mod\nmodule x.org/m\n"
	for _, d := range h.docs[:2] {
		if string(d.Text) != want || d.License != "MIT" || string(d.Meta) != `{"language":"Go"}` {
			t.Errorf("%s %s %q", d.License, d.Meta, d.Text)
		}
	}
	if h.reasons["invalid-utf8"] != 2 || h.docs[2].License != "" || h.docs[0].ID != quern.NewID("s", "r/one") {
		t.Error(h.reasons, facts(h))
	}
	// What is too large for one document becomes several, cut between files.
	h = readTree(t, dir, func(o *TreeOptions) { o.Join, o.MaxRepoBytes = "repository", 60 }, "r/one")
	var texts []string
	for _, d := range h.docs {
		texts = append(texts, strings.Split(string(d.Text), "\n")[0])
	}
	if got := strings.Join(texts, "; "); got != "# file: LICENSE; # file: a.go; # file: go.mod" {
		t.Error(got)
	}
	if m := string(h.docs[1].Meta); m != `{"language":"Go","part":"2"}` || h.docs[1].ID == h.docs[0].ID {
		t.Error(m)
	}
	o := DefaultTreeOptions()
	o.Join = "folder"
	if _, err := NewTree(opts(dir, "r"), o); err == nil {
		t.Error("an unknown way to join is an error")
	}
}

// A root that is read in one unit or with others gives the same document.
func TestTreeJoinUnits(t *testing.T) {
	var files []string
	for i := range 20 {
		files = append(files, fmt.Sprintf("r/%02d/a.go", i), "package a\n", fmt.Sprintf("r/%02d/b.py", i), "pass\n")
	}
	dir := plant(t, files...)
	sameFates(t, 20, func(unit int64) (Reader, error) {
		o := opts(dir, "r/*")
		o.UnitBytes = unit
		tree := DefaultTreeOptions()
		tree.Join = "repository"
		return NewTree(o, tree)
	})
}

// Where a folder is cut into units, each still finds the license above it.
func TestTreeSplitLicenses(t *testing.T) {
	files := []string{"LICENSE", mitLicense}
	for i := range 60 {
		files = append(files, fmt.Sprintf("pkg/%02d/a.go", i), fmt.Sprintf("package p%d\n", i))
	}
	dir := plant(t, append(prefixed("t/", files), "a.zip", zipOf(t, files...))...)
	for _, name := range []string{"t", "a.zip"} {
		sameFates(t, 61, func(unit int64) (Reader, error) {
			o := opts(dir, name)
			o.UnitBytes = unit
			return NewTree(o, DefaultTreeOptions())
		})
		for _, d := range readTree(t, dir, nil, name).docs {
			if d.License != "MIT" {
				t.Error(d.Origin, d.License)
			}
		}
	}
}

// A license file counts as input, even where it is no document.
func TestTreeFiles(t *testing.T) {
	dir := plant(t, "t/a.go", "package a\n", "t/LICENSE.mit", mitLicense, "t/vendor/LICENSE", mitLicense, "t/x.bin", "")
	o := DefaultTreeOptions()
	o.Languages = []string{"Go"}
	r, err := NewTree(opts(dir, "t"), o)
	if err != nil {
		t.Fatal(err)
	}
	files, err := r.Files(t.Context())
	if err != nil || len(files) != 2 || filepath.Base(files[0].Path) != "LICENSE.mit" {
		t.Error(files, err)
	}
}

func TestTreeLinkedLicense(t *testing.T) {
	dir := plant(t, "t/a.go", "package a\n", "secret", mitLicense)
	if err := os.Symlink(filepath.Join(dir, "secret"), filepath.Join(dir, "t", "LICENSE")); err != nil {
		t.Skip("no links here: ", err)
	}
	if h := readTree(t, dir, nil, "t"); len(h.docs) != 1 || h.docs[0].License != "" {
		t.Error(facts(h))
	}
}

func FuzzTreeTar(f *testing.F) {
	code.OfLicense([]byte("To build the matchers takes seconds under the fuzzer."))
	f.Add([]byte(tarOf(f, "package/package.json", `{"name":"a","version":"1"}`, "package/LICENSE", mitLicense, "package/a.js", "a()\n")))
	f.Add([]byte(tarOf(f, "a/b.ipynb", `{"nbformat":4,"cells":[{"cell_type":"code","source":"x"}]}`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzFile(t, "a.tar", data, func(o Options) (Reader, error) { return NewTree(o, DefaultTreeOptions()) })
		fuzzFile(t, "a.tar", data, func(o Options) (Reader, error) {
			tree := DefaultTreeOptions()
			tree.Join, tree.MaxRepoBytes = joinRepository, 100
			return NewTree(o, tree)
		})
	})
}
