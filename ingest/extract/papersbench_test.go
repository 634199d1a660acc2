package extract

import (
	"compress/gzip"
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"sort"
	"strings"
	"testing"
)

func xmlFiles(b *testing.B, archive string) (docs [][]byte, size int64) {
	tree := tarTree(b, "../../../shared/data/papers/"+archive)
	var names []string
	for name := range tree {
		if path.Ext(name) == ".xml" {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		docs = append(docs, tree[name].Data)
		size += int64(len(tree[name].Data))
	}
	return docs, size
}

func BenchmarkJATS(b *testing.B) {
	var x XML
	docs, size := xmlFiles(b, "plos-jats.tar.gz")
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, d := range docs {
			if _, err := x.Articles(d); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkLaTeX(b *testing.B) {
	tree := tarTree(b, "../../../shared/data/papers/openlogic-latex.tar.gz")
	var names []string
	var size int64
	for name, f := range tree {
		if strings.Contains(name, "/content/") && strings.HasSuffix(name, ".tex") {
			names = append(names, name)
			size += int64(len(f.Data))
		}
	}
	sort.Strings(names)
	read := func(name string) ([]byte, error) {
		if f, ok := tree[name]; ok {
			return f.Data, nil
		}
		return nil, fs.ErrNotExist
	}
	x := TeX{Read: read, Apart: true}
	for _, n := range names { // the preamble that a folder's sections share is read once
		if _, err := x.Paper(n); err != nil {
			b.Fatal(n, err)
		}
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, n := range names {
			if _, err := x.Paper(n); err != nil {
				b.Fatal(n, err)
			}
		}
	}
}

// BenchmarkLaTeXPlain reads single files without the preamble that they borrow: LaTeX whose macros are mostly unknown.
func BenchmarkLaTeXPlain(b *testing.B) {
	texts := latexHistory(b)
	size := 0
	for _, text := range texts {
		size += len(text)
	}
	var text []byte
	x := TeX{Read: func(name string) ([]byte, error) {
		if name == "m.tex" {
			return text, nil
		}
		return nil, fs.ErrNotExist
	}}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, text = range texts {
			if _, err := x.Paper("m.tex"); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// latexHistory is a textbook's files in many versions.
func latexHistory(tb testing.TB) (texts [][]byte) {
	tb.Helper()
	f, err := os.Open("../../../shared/data/dedup/latex-history.jsonl.gz")
	if err != nil {
		tb.Skipf("no papers here: %v", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	for d := json.NewDecoder(z); ; {
		var doc struct{ Text string }
		if d.Decode(&doc) != nil {
			return texts
		}
		texts = append(texts, []byte(doc.Text))
	}
}

// BenchmarkTEI reads a paper as GROBID writes it, with its body many times over.
func BenchmarkTEI(b *testing.B) {
	src, err := os.ReadFile("testdata/grobid.xml")
	if err != nil {
		b.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(src), "<body>")
	body, tail, _ := strings.Cut(rest, "</body>")
	src = []byte(head + "<body>" + strings.Repeat(body, 40) + "</body>" + tail)
	var x XML
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := x.Articles(src); err != nil {
			b.Fatal(err)
		}
	}
}
