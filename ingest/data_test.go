package ingest

import (
	"go/build"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-83c59573/quern"
)

const sampleData = "../../shared/data"

// The counts are facts about the files, found by listing their records with other tools, and bounds where extraction decides.
func TestSampleData(t *testing.T) {
	if _, err := os.Stat(sampleData); err != nil {
		t.Skip("the sample data is not here: ", err)
	}
	o := func(p ...string) Options { return Options{Name: "s", Domain: "d", Base: sampleData, Paths: p} }
	f := func(r Reader, err error, docs int, reasons map[string]int) {
		t.Helper()
		h := reap(t, r, err)
		if len(h.docs) != docs || !maps.Equal(h.reasons, reasons) {
			t.Errorf("%d docs, %v; want %d, %v", len(h.docs), h.reasons, docs, reasons)
		}
		seen := map[quern.ID]bool{}
		for _, d := range h.docs {
			if seen[d.ID] {
				t.Errorf("%s: ID twice", d.Origin)
			}
			seen[d.ID] = true
		}
	}
	none := map[string]int{}
	r, err := NewWARC(o("web/cc-pages.warc.gz"), DefaultWARCOptions())
	f(r, err, 42, none)
	r, err = NewWARC(o("web/real-warcs/commoncrawl-whirlwind/*.gz"), DefaultWARCOptions())
	f(r, err, 2, none) // one page as WARC and WET, which have record IDs of their own; the metadata of WAT is no document
	r, err = NewJATS(o("papers/plos-jats.tar.gz"))
	f(r, err, 71, none)
	r, err = NewPDF(o("papers/jose-jats-pdf.tar.gz"), DefaultPDFOptions())
	f(r, err, 39, map[string]int{"no-text-layer": 1}) // 35 papers and the figures beside them, one of which has no letters
	r, err = NewLaTeX(o("papers/latex-celerite.tar.gz"))
	f(r, err, 1, none)
	r, err = NewJSONL(o("eval/HumanEval.jsonl.gz"), Fields{Text: "prompt", ID: "task_id"})
	f(r, err, 164, none)
}

func TestRealSourceTree(t *testing.T) {
	root := filepath.ToSlash(filepath.Join(build.Default.GOROOT, "src"))
	if _, err := os.Stat(root); err != nil {
		t.Skip("Go's source is not here: ", err)
	}
	r, err := NewTree(Options{Name: "go", Domain: "code", License: "BSD-3-Clause", Paths: []string{root + "/encoding"}}, DefaultTreeOptions())
	h := reap(t, r, err)
	found := false
	for _, d := range h.docs {
		if d.Origin == "encoding/json/decode.go" {
			found = true
			if d.ID != quern.NewID("go", "encoding/json/decode.go") || d.License != "BSD-3-Clause" || string(d.Meta) != `{"language":"Go","path":"json/decode.go"}` {
				t.Errorf("%s %s %s", d.ID, d.License, d.Meta)
			}
		}
	}
	if !found || len(h.docs) < 100 {
		t.Errorf("%d docs, decode.go among them: %v", len(h.docs), found)
	}
}
