package clean

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

// evalConfig is the rule with the real sets.
func evalConfig(t testing.TB, dialect string) *Decontaminate {
	t.Helper()
	const folder = "../../shared/data/eval"
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("no evaluation sets: %v", err)
	}
	o := decontaminateConfig(dialect).(*Decontaminate)
	o.At(folder)
	o.Action = "drop"
	o.Sets = []EvalSet{{Name: "gsm8k", Files: []string{"gsm8k-test-a.jsonl.gz"}, Recipe: "gsm8k"},
		{Name: "humaneval", Files: []string{"HumanEval.jsonl.gz"}, Recipe: "humaneval"}, {Name: "blimp", Files: []string{"blimp"}, Recipe: "blimp"}}
	return o
}

// plantedItem is an item as a page would have it.
type plantedItem struct{ question, answer string }

func evalItems(t testing.TB, set string) (items []plantedItem) {
	t.Helper()
	fields := map[string][2]string{"gsm8k": {"question", "answer"}, "humaneval": {"prompt", "canonical_solution"}, "blimp": {"sentence_good", ""}}[set]
	var b []byte
	switch set {
	case "gsm8k":
		b = gunzipped(t, "../../shared/data/eval/gsm8k-test-a.jsonl.gz", 1<<30)
	case "humaneval":
		b = gunzipped(t, "../../shared/data/eval/HumanEval.jsonl.gz", 1<<30)
	case "blimp":
		all, err := os.ReadFile("../../shared/data/eval/blimp/wh_vs_that_with_gap.jsonl")
		if err != nil {
			t.Skip(err)
		}
		b = all
	}
	for line := range bytes.Lines(b) {
		row := map[string]any{}
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		q, _ := row[fields[0]].(string)
		a, _ := row[fields[1]].(string)
		if len(strings.Fields(q)) >= DefaultDecontaminate().MinWords {
			items = append(items, plantedItem{q, a})
		}
	}
	return items
}

// plantings are ways in which an item gets into a page.
var plantings = []struct {
	name   string
	edited bool
	plant  func(it plantedItem, r *rand.Rand) string
}{
	{"as it is", false, func(it plantedItem, _ *rand.Rand) string { return it.question + "\n" + it.answer }},
	{"capitals", false, func(it plantedItem, _ *rand.Rand) string { return strings.ToUpper(it.question + "\n" + it.answer) }},
	{"other punctuation", false, func(it plantedItem, _ *rand.Rand) string {
		return strings.NewReplacer(",", " --", ".", " !", "'", "’", " ", "  ", "\n", "\n\n").Replace(it.question + "\nAnswer: " + it.answer)
	}},
	{"a word changed", true, func(it plantedItem, r *rand.Rand) string { return editedItem(it, r, "zebra", true) }},
	{"a word left out", true, func(it plantedItem, r *rand.Rand) string { return editedItem(it, r, "", true) }},
	{"a word put in", true, func(it plantedItem, r *rand.Rand) string { return editedItem(it, r, "zebra ", false) }},
}

func editedItem(it plantedItem, r *rand.Rand, word string, instead bool) string {
	w := strings.Fields(it.question)
	i := r.IntN(len(w))
	if !instead {
		word += w[i]
	}
	w[i] = word
	return strings.Join(w, " ") + "\n" + it.answer
}

// Items that are planted into real pages are found, at least 98 of 100 as they are, 90 of 100 with an edit. Those of BLiMP are shorter
// than what an edit may be in: one word tells a good sentence from a bad one.
func TestDecontaminateFindsWhatIsPlanted(t *testing.T) {
	s, err := evalConfig(t, "quern").Stage()
	build(t, s, err)
	pages := prose(t)
	r := rand.New(rand.NewPCG(1, 1))
	for _, set := range []string{"gsm8k", "humaneval", "blimp"} {
		items := evalItems(t, set)
		for _, p := range plantings {
			if p.edited && set == "blimp" {
				continue
			}
			found, all := 0, 0
			for i, it := range items {
				page := pages[i%len(pages)]
				for _, at := range []int{0, len(page) / 2, len(page)} {
					for at > 0 && at < len(page) && page[at] != ' ' {
						at++
					}
					d := quern.Doc{Text: []byte(page[:at] + "\n" + p.plant(it, r) + "\n" + page[at:])}
					v, err := s.Apply(&d)
					if err != nil {
						t.Fatal(err)
					}
					if all++; v == deconHit {
						found++
					}
				}
			}
			want := 0.98
			if p.edited {
				want = 0.9
			}
			if recall := ratio(found, all); recall < want || all < 400 {
				t.Errorf("%s, %s: %.4f of %d, want %v", set, p.name, recall, all, want)
			} else {
				t.Logf("%s, %s: %.4f of %d", set, p.name, recall, all)
			}
		}
	}
}

// Pages, papers and source code that hold none of the items are left alone: at most one in 10,000 is taken for one.
func TestDecontaminateLeavesOthersAlone(t *testing.T) {
	docs := append(mixed(t), wideProse(t)...)
	for _, name := range []string{"docs-sqlite", "cc-pages", "docs-apache-multilang"} {
		docs = append(docs, pieces(untagged(gunzipped(t, "../../shared/data/web/"+name+".warc.gz", 32<<20)))...)
	}
	for _, d := range sources(t, 4, ".go") {
		docs = append(docs, string(d.Text))
	}
	for _, dialect := range decontaminateDialects {
		o := evalConfig(t, dialect)
		s, err := o.Stage()
		build(t, s, err)
		explain, err := o.Explainer()
		if err != nil {
			t.Fatal(err)
		}
		hits := 0
		for _, text := range docs {
			d := quern.Doc{Text: []byte(text)}
			if v, _ := s.Apply(&d); v != quern.Keep {
				hits++
				for _, h := range explain(d.Text) {
					t.Logf("%s: %s", dialect, h.Beside(140))
				}
			}
		}
		if float64(hits) > float64(len(docs))/10000 {
			t.Errorf("%s: %d of %d documents are taken for items", dialect, hits, len(docs))
		}
		t.Logf("%s: %d of %d", dialect, hits, len(docs))
	}
}

// Documents of 6 KB, as the web has them, against GSM8K, HumanEval and BLiMP.
func BenchmarkDecontaminate(b *testing.B) {
	for _, dialect := range decontaminateDialects {
		for _, c := range []struct {
			name string
			docs func(testing.TB) []string
		}{{"prose", prose}, {"mixed", mixed}, {"chinese", chinese}} {
			b.Run(dialect+"/"+c.name, func(b *testing.B) {
				s, err := evalConfig(b, dialect).Stage()
				build(b, s, err)
				text := strings.Join(c.docs(b), "\n")
				var docs []quern.Doc
				for at := 0; at+6000 < len(text) && len(docs) < 200; at += 6000 {
					docs = append(docs, quern.Doc{Text: []byte(strings.ToValidUTF8(text[at:at+6000], ""))})
				}
				marks := make([]quern.Mark, 0, 16)
				var d quern.Doc
				i := 0
				b.SetBytes(6000)
				for b.Loop() {
					d = docs[i%len(docs)]
					d.Marks = marks
					if _, err := s.Apply(&d); err != nil {
						b.Fatal(err)
					}
					i++
				}
			})
		}
	}
}
