package dedup_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/dedup"
)

// onePage is a source of one document.
type onePage struct{ source, text string }

func (p onePage) Units(context.Context) ([]quern.Unit, error) {
	return []quern.Unit{{Name: p.source, Source: p.source}}, nil
}

func (p onePage) Docs(context.Context, quern.Unit) iter.Seq2[*quern.Doc, error] {
	return func(yield func(*quern.Doc, error) bool) {
		yield(&quern.Doc{ID: quern.NewID(p.source, "1"), Source: p.source, Domain: "web", Text: []byte(p.text)}, nil)
	}
}

// A run asks the index of what is known before it clusters, and adds what it found. The next run sees it.
func ExampleAppendIndex() {
	dir, err := os.MkdirTemp("", "index")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	exact := dedup.DefaultExact()
	c := dedup.Config{Exact: &exact}
	for _, dump := range []string{"2025", "2026"} {
		texts := onePage{dump, "An old text that every dump has."}
		signed, err := quern.Pass{Source: texts, Sink: func(i int, _ quern.Unit) (quern.Sink, error) {
			return c.Signer(1, quern.Local(dir+"/signed-"+dump), "00000")
		}}.Run(ctx)
		if err != nil {
			panic(err)
		}
		set := dedup.Dataset{Name: dump, Domain: "web", Dir: quern.Local(dir + "/signed-" + dump), Shards: signed.Shards, Texts: texts}
		known, err := dedup.IndexFor(dir+"/index", dump, c, 1)
		if err != nil {
			panic(err)
		}
		out := quern.Local(dir + "/removals-" + dump)
		r, err := dedup.Cluster(ctx, c, 1, append(known.Priors(), set), out, dir, 0, 0)
		if err != nil {
			panic(err)
		}
		a := dedup.Addition{Run: dump, Input: quern.DigestOf([]byte(dump)), Sets: []dedup.Dataset{set}, Removals: out}
		if _, err := dedup.AppendIndex(ctx, dir+"/index", c, 1, a, 0); err != nil {
			panic(err)
		}
		fmt.Println(dump, "keeps", r.Ledger.Total(quern.Kept, "").Docs)
	}
	// Output:
	// 2025 keeps 1
	// 2026 keeps 0
}

func ExampleEvaluate() {
	file := func(name, text string) dedup.LabelFile {
		return dedup.LabelFile{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
	}
	truth := file("truth.csv", "id,cluster\na,1\nb,1\nc,2\nd,2\ne,\n")
	found := file("found.csv", "id,cluster\na,1\nb,1\nc,1\nd,\ne,\n")
	e, err := dedup.Evaluate(truth, found, false)
	if err != nil {
		panic(err)
	}
	fmt.Printf("pairs: precision %.2f, recall %.2f; adjusted Rand index %.2f\n", e.Pairs.Precision, e.Pairs.Recall, e.ARI)
	// Output: pairs: precision 0.33, recall 0.50; adjusted Rand index 0.21
}
