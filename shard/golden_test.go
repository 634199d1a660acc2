package shard_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"maps"
	"slices"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const golden = quern.Local("testdata/golden")

// goldenRows is short, so that a few documents fill many rows and the last one is padded.
const goldenRows = 8

// goldenDocs is a small corpus with the odd cases in it: a document that is its end alone, one that ends with a row, one that fills
// rows, text in two scripts, and fields that are empty.
func goldenDocs(wide bool) []quern.Doc {
	texts := []string{"The quern turns.", "", "石磨慢慢轉。", "func main() {}\n", "Grain goes in, flour comes out.\n\nStones wear."}
	var in []quern.Doc
	for i, n := range []int{3, 0, 7, 30, 1} { // tokens before the one that ends the document
		d := quern.Doc{ID: quern.NewID("golden", texts[i]), Domain: []string{"web", "paper", "code"}[i%3], Source: []string{"a", "b"}[i%2],
			Text: []byte(texts[i]), Drop: quern.Drop{Verdict: "clean.gopher.too_short", Value: float64(i), Limit: 50}}
		if i != 1 {
			d.Origin, d.Lang, d.License, d.Time = "https://example.org/"+d.Source, "en", "CC0-1.0", "2026-01-02T03:04:05Z"
			d.Meta = []byte(`{"title":"Zürich"}`)
		}
		if i == 3 {
			d.Group, d.Copies = d.ID, 5
		}
		for t := range n {
			d.Tokens = append(d.Tokens, uint32(i*1000+t*7))
			if wide {
				d.Tokens[t] += 1 << 20
			}
		}
		d.Tokens = append(d.Tokens, 9000)
		in = append(in, d)
	}
	return in
}

func goldenSinks() map[string]func(quern.Dir) (quern.Sink, error) {
	forms := shard.Corpus{Parquet: &shard.ParquetOptions{}, Arrow: &shard.ArrowOptions{Rows: goldenRows, Pack: shard.PackConcat}}
	lineage := shard.Lineage{Tokenizer: quern.DigestOf([]byte("tokenizer")), Mix: quern.DigestOf([]byte("mix")), Seed: 42, Pad: 9001}
	return map[string]func(quern.Dir) (quern.Sink, error){
		"text":    func(d quern.Dir) (quern.Sink, error) { return shard.Text(d, "text-00000") },
		"dropped": func(d quern.Dir) (quern.Sink, error) { return shard.Drops(d, "dropped-00000") },
		"train":   func(d quern.Dir) (quern.Sink, error) { return forms.Sink(d, "train-00000", 2, lineage) },
		"wide":    func(d quern.Dir) (quern.Sink, error) { return forms.Sink(d, "wide-00000", 4, lineage) },
	}
}

// expected is what other programs read in the golden files: python cmd/versus/oracle.py --golden shard/testdata/golden.
type expected struct {
	Readers map[string]string `json:"readers"` // and their versions
	Files   map[string]struct {
		Digest   quern.Digest      `json:"digest"`
		Metadata map[string]string `json:"metadata"`
		Rows     int               `json:"rows"`
		Tokens   int               `json:"tokens"`
		IDs      []string          `json:"ids"`
		InputIDs [][]uint32        `json:"input_ids"` // of each row
		Ends     [][]int           `json:"ends"`      // of each row of Arrow
		Texts    []string          `json:"texts"`
		Metas    []*string         `json:"metas"`
		Rules    []string          `json:"rules"`
	} `json:"files"`
}

func loadExpected(t *testing.T) (e expected) {
	t.Helper()
	b, err := quern.ReadBlob(golden, "expected.json")
	if err == nil {
		err = json.Unmarshal(b, &e)
	}
	if err != nil && !(*update && errors.Is(err, fs.ErrNotExist)) {
		t.Fatal(err)
	}
	return e
}

// TestGoldenBytes holds the bytes of every form. Whoever changes them raises Version, so that steps whose files would come out
// differently run again.
func TestGoldenBytes(t *testing.T) {
	version := loadExpected(t).Files["train-00000.parquet"].Metadata["quern.version"]
	for name, build := range goldenSinks() {
		var dir quern.Memory
		s, err := fill(build, &dir, goldenDocs(name == "wide"))
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range s.Blobs {
			got, _ := quern.ReadBlob(&dir, b.Name)
			want, err := quern.ReadBlob(golden, b.Name)
			switch {
			case err == nil && bytes.Equal(got, want):
			case *update && (version != shard.Version || errors.Is(err, fs.ErrNotExist)):
				if err := quern.WriteBlob(golden, b.Name, got); err != nil {
					t.Fatal(err)
				}
				t.Logf("%s is new: read it with cmd/versus/oracle.py --golden, and write expected.json", b.Name)
			case err != nil:
				t.Error(err)
			case version == shard.Version:
				t.Errorf("%s has other bytes than version %s wrote: raise Version, then run with -update", b.Name, version)
			default:
				t.Errorf("%s was written by version %s: run with -update", b.Name, version)
			}
		}
	}
}

// TestOthersReadTheSame compares what pyarrow and DuckDB read in the golden files with what was written.
func TestOthersReadTheSame(t *testing.T) {
	e := loadExpected(t)
	f := func(name string, wide bool, check func(in []quern.Doc)) {
		t.Helper()
		b, err := quern.ReadBlob(golden, name)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.Files[name].Digest; got != quern.DigestOf(b) {
			t.Fatalf("expected.json was read from another %s: write it anew with cmd/versus/oracle.py --golden", name)
		}
		check(goldenDocs(wide))
	}
	same := func(name, what string, got, want any) {
		t.Helper()
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(want)
		if !bytes.Equal(a, b) {
			t.Errorf("%s: %s is %s, want %s", name, what, a, b)
		}
	}
	for _, name := range []string{"text-00000.parquet", "dropped-00000.parquet"} {
		f(name, false, func(in []quern.Doc) {
			got := e.Files[name]
			var ids, texts, rules []string
			var metas []*string // null, not "", if there is none: "" is no JSON
			for _, d := range in {
				metas = append(metas, nil)
				if d.Meta != nil {
					meta := string(d.Meta)
					metas[len(metas)-1] = &meta
				}
				ids, texts, rules = append(ids, d.ID.String()), append(texts, string(d.Text)), append(rules, string(d.Drop.Verdict))
			}
			same(name, "ids", got.IDs, ids)
			same(name, "texts", got.Texts, texts)
			same(name, "metas", got.Metas, metas)
			if name == "dropped-00000.parquet" {
				same(name, "rules", got.Rules, rules)
			}
		})
	}
	for _, stem := range []string{"train-00000", "wide-00000"} {
		f(stem+".parquet", stem == "wide-00000", func(in []quern.Doc) {
			got := e.Files[stem+".parquet"]
			var ids []string
			var tokens [][]uint32
			for _, d := range in {
				ids, tokens = append(ids, d.ID.String()), append(tokens, d.Tokens)
			}
			same(stem+".parquet", "ids", got.IDs, ids)
			same(stem+".parquet", "input_ids", got.InputIDs, tokens)
			same(stem+".parquet", "rows and tokens", []int{got.Rows, got.Tokens}, []int{len(in), len(slices.Concat(tokens...))})
			same(stem+".parquet", "seed", got.Metadata["quern.seed"], "42")
		})
		f(stem+".arrow", stem == "wide-00000", func(in []quern.Doc) {
			got := e.Files[stem+".arrow"]
			rows, ends, tokens := packed(in)
			same(stem+".arrow", "input_ids", got.InputIDs, rows)
			same(stem+".arrow", "ends", got.Ends, ends)
			same(stem+".arrow", "rows and tokens", []int{got.Rows, got.Tokens}, []int{len(rows), tokens})
			same(stem+".arrow", "packing", got.Metadata["quern.pack"], shard.PackConcat)
			delete(got.Metadata, "quern.pack")
			same(stem+".arrow", "metadata", got.Metadata, e.Files[stem+".parquet"].Metadata)
		})
	}
	same("expected.json", "readers", slices.Sorted(maps.Keys(e.Readers)), []string{"duckdb", "pyarrow"})
}

// packed lays documents end to end in rows of goldenRows and fills the last one with the pad token.
func packed(in []quern.Doc) (rows [][]uint32, ends [][]int, tokens int) {
	var all []uint32
	at := map[int]bool{}
	for _, d := range in {
		all = append(all, d.Tokens...)
		at[len(all)] = true
	}
	tokens = len(all)
	for len(all)%goldenRows != 0 {
		all = append(all, 9001)
	}
	for i := 0; i < len(all); i += goldenRows {
		rows = append(rows, all[i:i+goldenRows])
		row := []int{}
		for j := 1; j <= goldenRows; j++ {
			if at[i+j] {
				row = append(row, j)
			}
		}
		ends = append(ends, row)
	}
	return rows, ends, tokens
}
