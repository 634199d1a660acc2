package dedup

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/seed-83c59573/quern"
)

func labels(name, text string) LabelFile {
	return LabelFile{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance {
		t.Errorf("%s is %.5f, want %.5f", what, got, want)
	}
}

// TestPublishedRow has the row of MinHash in text-dedup's table of CORE (its README), with counts that lead to it: what is called
// macro F1 there is the mean of the precisions.
func TestPublishedRow(t *testing.T) {
	p := PerDocument{TP: 45950, FP: 1979, FN: 2850, TN: 48900}
	p.finish(92000)
	near(t, "precision of duplicates", p.Duplicates.Precision, .9587, 1e-4)
	near(t, "recall of duplicates", p.Duplicates.Recall, .9416, 1e-4)
	near(t, "precision of others", p.Others.Precision, .9450, 1e-4)
	near(t, "recall of others", p.Others.Recall, .9611, 1e-4)
	near(t, "macro precision", p.MacroPrecision, .9518, 1e-4)
	near(t, "F1 of duplicates", p.Duplicates.F1, .9501, 1e-4)
	near(t, "F1 of others", p.Others.F1, .9530, 1e-4)
	near(t, "macro F1", p.MacroF1, .9515, 1e-4)
}

// TestAdjustedRand has the examples of scikit-learn's documentation of adjusted_rand_score.
func TestAdjustedRand(t *testing.T) {
	for _, c := range []struct {
		a, b []uint32
		want float64
	}{
		{[]uint32{0, 0, 1, 1}, []uint32{0, 0, 1, 1}, 1},
		{[]uint32{0, 0, 1, 1}, []uint32{1, 1, 0, 0}, 1},
		{[]uint32{0, 0, 1, 2}, []uint32{0, 0, 1, 1}, .571428571},
		{[]uint32{0, 0, 1, 1}, []uint32{0, 0, 1, 2}, .571428571},
		{[]uint32{0, 0, 0, 0}, []uint32{0, 1, 2, 3}, 0},
		{[]uint32{0, 0, 1, 1}, []uint32{0, 1, 0, 1}, -.5},
		{[]uint32{0, 1, 2}, []uint32{5, 6, 7}, 1},
		{[]uint32{0}, []uint32{0}, 1},
	} {
		near(t, fmt.Sprint(c.a, c.b), adjustedRand(c.a, c.b), c.want, 1e-8)
	}
}

// TestEvaluateByHand has CORE's shape against clusters: every case of a document once.
func TestEvaluateByHand(t *testing.T) {
	truth := labels("core.jsonl", `{"core_id": "1", "labelled_duplicates": ["2"], "title": "passed over"}
{"core_id": "2", "labelled_duplicates": ["1"]}
{"core_id": "3", "labelled_duplicates": ["4", "5"]}
{"core_id": "4", "labelled_duplicates": ["3", "5"]}
{"core_id": "5", "labelled_duplicates": ["3", "4"]}
{"core_id": "6", "labelled_duplicates": []}
{"core_id": "7", "labelled_duplicates": null}

{"core_id": 8, "labelled_duplicates": []}
`)
	found := labels("found.csv", "id,cluster\r\n1,a\r\n2,a\r\n3,b\r\n4,b\r\n5,\r\n6,c\r\n7,\"c\"\r\n8,d\r\n")
	e, err := Evaluate(truth, found, false)
	if err != nil {
		t.Fatal(err)
	}
	// 1 and 2 are found; of 3 and 4 only one duplicate is; 5 is missed; 6 and 7 are no duplicates; 8 is left alone.
	p := e.PerDoc
	if e.Documents != 8 || p.TP != 2 || p.FP != 4 || p.FN != 1 || p.TN != 1 {
		t.Errorf("%+v", e)
	}
	near(t, "accuracy", p.Accuracy, 3./8, 1e-12)
	if q := e.Pairs; q.True != 4 || q.Found != 3 || q.Both != 2 {
		t.Errorf("pairs %+v", q)
	}
	near(t, "F1 of pairs", e.Pairs.F1, 2*(2./3)*(2./4)/(2./3+2./4), 1e-12)
}

// TestShapesAgree: one truth in every shape and packing is one result.
func TestShapesAgree(t *testing.T) {
	lists := `{"id":"a","duplicates":["b","c"]}` + "\n" + `{"id":"b","duplicates":["a","c"]}` + "\n" + `{"id":"c","duplicates":["a","b"]}` + "\n" + `{"id":"d","duplicates":[]}` + "\n"
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte(lists))
	z.Close()
	found := labels("f.jsonl", `{"id": "a", "cluster": 1}`+"\n"+`{"id": "b", "cluster": 1}`+"\n"+`{"id": "c", "cluster": null}`+"\n"+`{"id": "d", "cluster_id": "x"}`)
	want, err := Evaluate(labels("t.jsonl", lists), found, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []LabelFile{
		labels("t.jsonl.gz", packed.String()),
		labels("t.tsv", "Cluster\tid\tnote\n1\ta\tx\n1\tb\t\n1\tc\ty\n2\td\tz\n"),
		labels("t.csv", "a,b,jaccard\na,b,0.9\nb,c,.8\n\"a\",c,1\n"),
		labels("t.jsonl", `{"id1":"a","id2":"b","score":0.9}`+"\n"+`{"a":"b","b":"c"}`+"\n"+`{"a":"c","b":"a"}`),
		labels("t.jsonl", `{"id":"b","kept":"a","similarity":0.9}`+"\n"+`{"id":"c","kept":"a"}`),
		{Name: "t.csv", Least: .7, Open: labels("", "a,b,similarity\na,b,0.9\nb,c,.8\na,c,1\na,d,.6\n").Open},
	} {
		got, err := Evaluate(f, found, false)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v\nwant %+v", f.Name, got, err, want)
		}
	}
}

// TestEvaluateAgainstBruteForce draws truths and findings and counts by definition.
func TestEvaluateAgainstBruteForce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 60 {
		n := 2 + r.IntN(14)
		name := func(i int) string { return fmt.Sprint("doc", i) }
		cluster := func() (text string, sets []map[int]bool) {
			of := make([]int, n)
			text = "id\tcluster\n"
			for i := range of {
				of[i] = r.IntN(1 + n/2)
				text += fmt.Sprintf("%s\t%d\n", name(i), of[i])
			}
			for i := range of {
				s := map[int]bool{}
				for j := range of {
					if j != i && of[j] == of[i] {
						s[j] = true
					}
				}
				sets = append(sets, s)
			}
			return text, sets
		}
		list := func() (text string, sets []map[int]bool) {
			for i := range n {
				s := map[int]bool{}
				text += fmt.Sprintf(`{"id": %q, "duplicates": [`, name(i))
				for j := range n {
					if i != j && r.IntN(5) == 0 {
						if len(s) > 0 {
							text += ","
						}
						s[j] = true
						text += fmt.Sprintf("%q", name(j))
					}
				}
				text += "]}\n"
				sets = append(sets, s)
			}
			return text, sets
		}
		draw := func(kind int) (LabelFile, []map[int]bool) {
			if kind == 0 {
				text, sets := cluster()
				return labels("x.tsv", text), sets
			}
			text, sets := list()
			return labels("x.jsonl", text), sets
		}
		truth, ts := draw(r.IntN(2))
		found, ps := draw(r.IntN(2))
		var want PerDocument
		var pairs PairAgreement
		exact := int64(0)
		for i := range n {
			all := true
			for j := range ts[i] {
				all = all && ps[i][j]
			}
			if all && len(ts[i]) == len(ps[i]) {
				exact++
			}
			switch {
			case len(ps[i]) == 0 && len(ts[i]) == 0:
				want.TN++
			case len(ps[i]) == 0:
				want.FN++
			case len(ts[i]) > 0 && all:
				want.TP++
			default:
				want.FP++
			}
			for j := range i {
				a, b := ts[i][j] || ts[j][i], ps[i][j] || ps[j][i]
				for _, c := range []struct {
					is bool
					n  *int64
				}{{a, &pairs.True}, {b, &pairs.Found}, {a && b, &pairs.Both}} {
					if c.is {
						*c.n++
					}
				}
			}
		}
		want.finish(exact)
		pairs.Scores = scores(pairs.Both, pairs.Found, pairs.True)
		e, err := Evaluate(truth, found, false)
		if err != nil || e.PerDoc != want || e.Pairs != pairs {
			t.Fatalf("got %+v, %v\nwant %+v %+v", e, err, want, pairs)
		}
	}
}

func TestEvaluateRefuses(t *testing.T) {
	truth := labels("truth.jsonl", `{"id":"a","duplicates":["b"]}`+"\n"+`{"id":"b","duplicates":["a"]}`+"\n")
	f := func(truth, found LabelFile, words ...string) {
		t.Helper()
		_, err := Evaluate(truth, found, false)
		for _, w := range words {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("got %v, want %s", err, w)
			}
		}
	}
	f(truth, labels("found.tsv", "id\tcluster\na\t1\nb\t1\nzed\t2\n"), "found.tsv: line 4", "zed", "truth.jsonl")
	f(truth, labels("found.tsv", "id\tcluster\na\t1\n"), "truth.jsonl: line 1", "document b", "found.tsv")
	f(truth, labels("found.tsv", "a\tb\na\tb\nb\tzed\n"), "found.tsv: line 3", "zed")
	f(labels("truth.jsonl", `{"id":"a","duplicates":["b"]}`), labels("p.tsv", "a\tb\na\tb\n"), "truth.jsonl: line 1", "document b", "listed in truth.jsonl")
	f(truth, labels("found.jsonl", `{"id":"a","cluster":1}`+"\n"+`{"id":"a","cluster":1}`), "line 2", "twice")
	f(truth, labels("found.jsonl", `{"id":"a","cluster":1}`+"\n"+`{"a":"a","b":"b"}`), "line 2", "another shape")
	f(truth, labels("found.jsonl", `{"id":"a"}`), "line 1", "not a shape")
	f(truth, labels("found.jsonl", `{"id":["a"],"cluster":1}`), "line 1", "a string or a number")
	f(truth, labels("found.jsonl", `{"id":"a"`), "line 1", "JSON")
	f(truth, labels("found.jsonl", ""), "no records")
	f(truth, labels("found.csv", "id,text\n"), "line 1", "header")
	f(truth, labels("found.csv", "id,cluster\na\n"), "line 2", "1 fields")
	f(truth, labels("found.csv", "a,b,similarity\na,b,much\n"), "line 2", "much")
	f(truth, labels("found.csv", "a,b\na,\n"), "line 2", "empty ID")
	f(truth, labels("found.csv", "\x1f\x8b"), "found.csv")
	f(labels("t.csv", "a,b\n1,2\n"), labels("p.csv", "a,b\n3,4\n"), "t.csv and p.csv have no document in common")
	all := labels("p.csv", "a,b\n1,2\n")
	all.All = func(f func(quern.ID) error) error { return f(quern.NewID("", "1")) }
	f(labels("t.csv", "a,b\n1,2\n"), all, "line 2", "document 2", "p.csv")
	one := labels("p.csv", "a,b\n1,2\n")
	one.All = func(f func(quern.ID) error) error {
		return errors.Join(f(quern.NewID("", "1")), f(quern.NewID("", "2")), f(quern.NewID("", "3")))
	}
	f(labels("t.csv", "id,cluster\n1,\n2,\n"), one, "p.csv: document "+quern.NewID("", "3").String()+" is not listed in t.csv")

	e, err := Evaluate(truth, labels("found.tsv", "id\tcluster\na\t1\nb\t1\nzed\t2\n"), true)
	if err != nil || e.Ignored != 1 || e.Documents != 2 || e.PerDoc.TP != 2 {
		t.Errorf("%+v, %v", e, err)
	}
}

// TestEvaluateRemovals compares keys of a source with the IDs of what a cluster step removed.
func TestEvaluateRemovals(t *testing.T) {
	c := both()
	docs := plantedDocs("web", 1, 20)
	sets := []Dataset{dataset(t, c, 1, "web", "web", docs, 2)}
	_, out := cluster(t, c, sets, 0, 1)
	truth := "id\tcluster\n"
	byID := map[string]int{}
	for i, d := range docs {
		byID[d.ID.String()] = i
	}
	group := map[string]string{}
	for _, l := range removals(t, out) {
		group[l.ID], group[l.Kept] = l.Kept, l.Kept
	}
	for id, i := range byID {
		truth += fmt.Sprintf("%d\t%s\n", i, group[id])
	}
	whole, err := quern.ReadBlob(out, removalsName)
	if err != nil {
		t.Fatal(err)
	}
	source := labels("truth.tsv", truth)
	source.Source = "web"
	found := labels(removalsName, string(whole))
	found.All = func(f func(quern.ID) error) error { return EachID(sets[0].Dir, sets[0].Shards, f) }
	pairs := labels("pairs.tsv", "a\tb\n")
	for id, kept := range group {
		if id != kept {
			pairs = labels("pairs.jsonl", fmt.Sprintf(`{"a": %q, "b": %q}`, id, kept))
		}
	}
	if e, err := Evaluate(pairs, found, false); err != nil || e.Documents != len(docs) || e.PerDoc.TN == 0 || e.Pairs.Both != 1 {
		t.Errorf("a pair of %d documents: %+v, %v", len(docs), e, err)
	}
	e, err := Evaluate(source, found, false)
	if err != nil {
		t.Fatal(err)
	}
	if e.Documents != len(docs) || e.ARI != 1 || e.PerDoc.Accuracy != 1 || e.PerDoc.TP == 0 || e.PerDoc.FP+e.PerDoc.FN > 0 {
		t.Errorf("%+v", e)
	}
}

func FuzzLabels(f *testing.F) {
	for _, s := range []string{`{"id":"a","duplicates":["b"]}`, "id,cluster\na,1\n\"b\",1", "a\tb\tscore\nx\ty\t.5\n", `{"id":1,"kept":2}`, "\x28\xb5\x2f\xfd", "\x1f\x8b\x08"} {
		f.Add(s, 0)
		f.Add(s, 1)
	}
	f.Fuzz(func(t *testing.T, text string, kind int) {
		name := []string{"x.jsonl", "x.csv", "x.tsv.gz"}[uint(kind)%3]
		e, err := Evaluate(labels(name, text), labels(name, text), true)
		if err != nil {
			return
		}
		if e.Pairs.True != e.Pairs.Found || e.Pairs.Both != e.Pairs.True || e.PerDoc.Accuracy != 1 || e.ARI != 1 {
			t.Errorf("a file is not itself: %+v", e)
		}
		if slices.Contains([]int64{e.PerDoc.FP, e.PerDoc.FN}, 0) == false {
			t.Errorf("%+v", e)
		}
	})
}
