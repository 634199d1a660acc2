package pipelines

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/clean"
	"github.com/seed-83c59573/quern/mix"
	"github.com/seed-83c59573/quern/shard"
)

// judgedMill is a small mill whose web pages are sorted into buckets that the mix balances.
const judgedMill = `version: 1
name: judged
seed: 3
ingest:
  - {name: notes, domain: web, jsonl: [notes.jsonl]}
  - {name: more, domain: paper, jsonl: [notes.jsonl]}
clean:
  facts: FACTS
  all: [normalize: {}]
  web: [gopher: {min_words: 90}, fineweb: {}, expr: {drop: gopher.words > 150, name: long}, bucket: {by: gopher.words, at: [100], names: [low, high]}]
  web:zh: [gopher: {min_words: 500}]
  paper: [gopher: {min_words: 20}]
tokenize: {learn: {vocab: 512, ratios: {web: 1, paper: 1}}}
mix: {ratios: {web/high: 60, web/low: 20, paper: 20}, tokens: 20000, repeat: 8}
shard: {parquet: {}, validation: 2%, tokens: 20000}
`

func judgedRun(t *testing.T, facts string, workers int) (string, *Record, *Spec) {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, b []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("notes.jsonl", notes(300))
	write("spec.yaml", []byte(strings.Replace(judgedMill, "FACTS", facts, 1)))
	spec, err := LoadSpec(filepath.Join(dir, "spec.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	run := filepath.Join(dir, "run")
	rec, err := Run(t.Context(), spec, Env{Dir: run, Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	return run, rec, spec
}

// factRows reads the facts of a clean step.
func factRows(t *testing.T, run string, rec *Record, source string) (rows []shard.FactRow, measured map[string]int) {
	t.Helper()
	measured = map[string]int{}
	for _, s := range rec.Steps {
		if s.Step != "clean" || s.Source != source {
			continue
		}
		m, err := Dataset(quern.Local(run), s)
		if err != nil {
			t.Fatal(err)
		}
		if err := EachFact(quern.Sub(quern.Local(run), s.Folder), m, func(r *shard.FactRow) {
			rows = append(rows, shard.FactRow{ID: r.ID, Verdict: r.Verdict, Bucket: r.Bucket, Bytes: r.Bytes})
			for _, name := range r.Names() {
				if _, ok := r.Fact(name); ok {
					measured[name]++
				}
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	return rows, measured
}

// The facts of a step are those of the documents that came in, in their order, with the fate of each; whatever is stored, the fates
// are the same.
func TestFactsStandBesideTheTexts(t *testing.T) {
	fates := map[string]string{}
	for _, facts := range []string{factsSeen, factsAll} {
		run, rec, _ := judgedRun(t, facts, 2)
		rows, measured := factRows(t, run, rec, "notes")
		var kept, dropped int
		for _, r := range rows {
			if was, ok := fates[r.ID]; ok && was != r.Verdict {
				t.Errorf("%s: %q, with other facts %q", r.ID, r.Verdict, was)
			}
			if fates[r.ID] = r.Verdict; r.Verdict == "" {
				kept++
			} else {
				dropped++
			}
			if r.Verdict == "" && r.Bucket == "" {
				t.Errorf("%s was kept in no bucket", r.ID)
			}
		}
		if kept == 0 || dropped == 0 || kept+dropped != 300 {
			t.Errorf("%s: %d kept, %d dropped of 300", facts, kept, dropped)
		}
		if measured["gopher.words"] != 300 || (measured["expr.dropped"] == 300) != (facts == factsAll) {
			t.Errorf("%s: measured %v", facts, measured)
		}
		for _, s := range rec.Steps {
			if s.Step != "clean" {
				continue
			}
			m, err := Dataset(quern.Local(run), s)
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Verify(quern.Sub(quern.Local(run), s.Folder), true); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestNoFactsAreStoredWhenNobodyWantsThem(t *testing.T) {
	run, rec, _ := judgedRun(t, factsOff, 1)
	if rows, _ := factRows(t, run, rec, "notes"); len(rows) != 0 {
		t.Errorf("%d rows of facts", len(rows))
	}
}

func TestBucketsAreSharesOfTheMix(t *testing.T) {
	run, rec, spec := judgedRun(t, factsSeen, 2)
	sum, err := Summarize(quern.Local(run), rec)
	if err != nil {
		t.Fatal(err)
	}
	if got := slices.Sorted(maps.Keys(sum.Mix.Achieved)); !slices.Equal(got, []string{"paper", "web/high", "web/low"}) {
		t.Fatalf("shares of %q", got)
	}
	for name, asked := range sum.Mix.Asked {
		if off := sum.Mix.Achieved[name] - asked; off > 0.02 || off < -0.02 {
			t.Errorf("%s: asked %.3f, achieved %.3f", name, asked, sum.Mix.Achieved[name])
		}
	}
	// What is in the corpus under web came from the buckets as the facts have it.
	buckets := map[string]string{}
	rows, _ := factRows(t, run, rec, "notes")
	for _, r := range rows {
		buckets[r.ID] = r.Bucket
	}
	in := make([]quern.Manifest, 0, 2)
	for _, s := range rec.Steps {
		if s.Step == "tokenize" {
			m, err := Dataset(quern.Local(run), s)
			if err != nil {
				t.Fatal(err)
			}
			in = append(in, m)
		}
	}
	sets, err := (&Env{Dir: run}).openTokens(spec, in, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer sets.close()
	seen := 0
	for i, set := range sets.sets {
		k := 0
		err := set.Rows(func(row *mix.Row) error {
			var doc quern.Doc
			if err := sets.fetch(i, k, &doc); err != nil {
				return err
			}
			if doc.ID != row.ID || len(doc.Tokens) != int(row.Tokens) || set.Domain == "web" && (buckets[row.ID.String()] != row.Bucket || doc.Bucket != row.Bucket) {
				t.Fatalf("%s: document %s is %s in bucket %q", set.Name, row.ID, doc.ID, doc.Bucket)
			}
			k++
			seen++
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen < 100 {
		t.Errorf("only %d documents", seen)
	}
}

func TestCleanSectionsAreChecked(t *testing.T) {
	for _, bad := range []struct{ old, new, want string }{
		{"FACTS", "some", `clean.facts is "some", want seen, all or off`},
		{"web:zh:", "wbe:zh:", "no input has this domain"},
		{"web:zh:", "web:Chinese!:", "want a language"},
		{"by: gopher.words", "by: gopher.wrods", "which no rule before it measures"},
		{"drop: gopher.words > 150", "drop: c4.sentences > 150", "reads c4.sentences, which no rule before it measures"},
		{"drop: gopher.words > 150", "drop: gopher.words > lang", "line 1, column 14"},
		{"web/high: 60", "web/hihg: 60", `no bucket rule of web has the name hihg; did you mean "high"?`},
		{"web/high: 60", "web: 60", "web and web/low: give the ratio of the whole web or those of its parts"},
	} {
		src := strings.Replace(judgedMill, bad.old, bad.new, 1)
		src = strings.Replace(src, "FACTS", "seen", 1)
		if _, err := ParseSpec("spec.yaml", []byte(src), "/base", nil); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%s: %v, want %q in it", bad.new, err, bad.want)
		}
	}
	s, err := ParseSpec("spec.yaml", []byte(strings.Replace(judgedMill, "FACTS", "all", 1)), "/base", nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range s.Clean.links("web") {
		names = append(names, l.Name+"/"+l.Lang)
	}
	if want := "normalize/ gopher@datatrove/ fineweb/ expr/ bucket/ gopher@datatrove/zh"; strings.Join(names, " ") != want {
		t.Errorf("the chain is %q, want %q", names, want)
	}
	if _, ok := s.Clean.Sections["web"][0].Options.(clean.Limited); !ok {
		t.Error("gopher has no limits")
	}
}

// A footer that stands on most pages of a site goes from all of them; the same line on one page of another site stays. The rule counts
// what the rules before it have left.
func TestBoilerplateIsCountedFirst(t *testing.T) {
	dir := t.TempDir()
	var pages strings.Builder
	for i := range 40 {
		fmt.Fprintf(&pages, `{"id":"%d","url":"https://a.example/%d","text":"Page %d says something of its own.\nSubscribe to our letter\u0007 today\n"}`+"\n", i, i, i)
	}
	pages.WriteString(`{"id":"x","url":"https://b.example/1","text":"Another site.\nSubscribe to our letter today\n"}` + "\n")
	for name, text := range map[string]string{"pages.jsonl": pages.String(), "spec.yaml": `version: 1
name: site
seed: 1
ingest: [{name: site, domain: web, jsonl: [pages.jsonl]}]
clean: {web: [normalize: {}, boilerplate: {}]}
`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	spec, err := LoadSpec(filepath.Join(dir, "spec.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	var all [2]map[string]quern.Digest
	for i, workers := range []int{1, 3} {
		run := filepath.Join(dir, fmt.Sprint(workers))
		rec, err := Run(t.Context(), spec, Env{Dir: run, Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		all[i] = digests(t, run, rec)
		m, err := Dataset(quern.Local(run), rec.Steps[1])
		if err != nil {
			t.Fatal(err)
		}
		src := shard.TextSource{Dir: quern.Sub(quern.Local(run), rec.Steps[1].Folder), Shards: m.Shards}
		docs := 0
		for u := range m.Shards {
			for d, err := range src.Docs(t.Context(), quern.Unit{Parts: []quern.Part{{From: int64(u)}}}) {
				if err != nil {
					t.Fatal(err)
				}
				docs++
				if has, alone := strings.Contains(string(d.Text), "Subscribe"), strings.Contains(d.Origin, "b.example"); has != alone {
					t.Errorf("%s: %q", d.Origin, d.Text)
				}
			}
		}
		if docs != 41 {
			t.Errorf("%d documents", docs)
		}
	}
	sameDigests(t, "three workers", all[1], all[0])
}
