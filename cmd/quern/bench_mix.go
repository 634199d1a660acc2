package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/clean"
	"github.com/seed-83c59573/quern/clean/decon"
	"github.com/seed-83c59573/quern/mix"
)

// benchMix times the plan of a mix, on all workers.
func benchMix(b *bench, r *benchResult) error {
	if b.docs < 1000 {
		return usageError{fmt.Errorf("--docs is %d: a mix of several parts and phases wants 1000 or more", b.docs)}
	}
	start := seconds()
	n, err := mix.BenchPlan(b.ctx, int64(b.docs), b.workers)
	took := seconds() - start
	row := dedupRow{What: "plan a mix", Docs: n, Seconds: took, Rate: float64(n) / 1e6 / took, Unit: "M documents/s", PeakRSSMB: float64(peakRSS()) / 1e6}
	r.Dedup, r.Docs, r.Seconds = append(r.Dedup, row), n, took
	return err
}

const (
	deconDocBytes = 6000
	deconItems    = 1319 // as many as GSM8K has for tests
	deconMostDocs = 2000 // generated documents that are kept in memory
)

// benchDecon times decontamination by the sets of --evals, or by generated questions, on documents none of which has an item: what
// nearly all documents are.
func benchDecon(b *bench, r *benchResult) error {
	if b.docs < 1 {
		return usageError{fmt.Errorf("--docs: want more than 0")}
	}
	g, err := b.corpus()
	if err != nil {
		return err
	}
	var docs []quern.Doc
	for i := 0; len(docs) < min(b.docs, deconMostDocs); i++ {
		text := g.AppendText(nil, i%g.Count)
		for k := 1; len(text) < deconDocBytes; k++ {
			text = append(text, ' ')
			text = g.AppendText(text, (i+k)%g.Count)
		}
		docs = append(docs, quern.Doc{ID: quern.NewID("bench", fmt.Sprint(i)), Text: bytes.ToValidUTF8(text[:deconDocBytes], nil)})
	}
	rule := clean.DefaultDecontaminate()
	if b.evals == "" {
		folder, err := os.MkdirTemp("", "quern-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(folder)
		if err := generateItems(filepath.Join(folder, "items.jsonl")); err != nil {
			return err
		}
		rule.At(folder)
		rule.Sets = []clean.EvalSet{{Name: "generated", Files: []string{"items.jsonl"}, Fields: decon.Fields{Question: []string{"question"}, Answer: []string{"answer"}}}}
	} else if rule.Sets, err = evalSets(b.evals); err != nil {
		return err
	}
	start := seconds()
	if _, err := rule.Stage(); err != nil {
		return err
	}
	r.Dedup = append(r.Dedup, dedupRow{What: "read the sets and build their index", Seconds: seconds() - start, PeakRSSMB: float64(peakRSS()) / 1e6})
	err = b.measure(docs, r, func() (func(*quern.Doc) error, error) {
		stage, err := rule.Stage()
		return func(d *quern.Doc) error {
			_, err := stage.Apply(d)
			return err
		}, err
	})
	if err != nil {
		return err
	}
	r.Dedup = append(r.Dedup, dedupRow{What: "look for items in 6 KB", Docs: r.Docs, MB: float64(r.Bytes) / 1e6, Seconds: r.Seconds,
		Rate: 1e6 * r.Seconds * float64(b.workers) / float64(r.Docs), Unit: "µs a document and core", PeakRSSMB: float64(peakRSS()) / 1e6})
	return nil
}

// evalSets reads name=file,name=file, where a name is that of a recipe.
func evalSets(s string) (sets []clean.EvalSet, err error) {
	for part := range strings.SplitSeq(s, ",") {
		name, file, ok := strings.Cut(part, "=")
		if !ok {
			return nil, usageError{fmt.Errorf("--evals: %q: want RECIPE=FILE, with commas between", part)}
		}
		sets = append(sets, clean.EvalSet{Name: name, Recipe: name, Files: []string{file}})
	}
	return sets, nil
}

// generateItems writes questions about numbers, as long as those of GSM8K.
func generateItems(path string) error {
	var w bytes.Buffer
	names := []string{"Ada", "Bo", "Carl", "Dora", "Emil", "Fay", "Gus"}
	things := []string{"apples", "books", "coins", "pencils", "eggs", "tickets", "cards", "stones", "cups", "lamps", "boats"}
	for i := range deconItems {
		fmt.Fprintf(&w, `{"question": "%s has %d boxes with %d %s in each of them and gives %d of the %s to a friend who had %d before. After that a third of what is left is sold for %d dollars apiece. How many dollars does the sale bring?", "answer": "%d"}`+"\n",
			names[i%7], 3+i%17, 5+i%23, things[i%11], 1+i%9, things[i%11], i%31, 2+i%13, 7*i)
	}
	return os.WriteFile(path, w.Bytes(), 0o666)
}
