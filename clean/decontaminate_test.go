package clean

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

const (
	deconQuestion = "A farmer from the northern valley sells seventeen baskets of plums every Tuesday and twice as many on Saturday at the market of the old town, where each basket brings four silver coins; how many silver coins does he carry home after three such weeks of trading there?"
	deconAnswer   = "Seventeen and thirty-four are 51 baskets a week, 153 in three weeks, which bring 612 coins."
)

// deconConfig is the rule of a dialect with one set of two items.
func deconConfig(t testing.TB, dialect string) *Decontaminate {
	t.Helper()
	dir := t.TempDir()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.Encode(map[string]any{"question": deconQuestion, "answer": deconAnswer})
	e.Encode(map[string]any{"question": "Which river runs past the oldest mill of the province, and which of its two banks is the steeper one?", "answer": "the Quern"})
	if err := os.WriteFile(filepath.Join(dir, "set.jsonl"), b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	o := decontaminateConfig(dialect).(*Decontaminate)
	o.At(dir)
	o.Sets = []EvalSet{{Name: "farm", Files: []string{"set.jsonl"}, Recipe: "gsm8k"}}
	return o
}

func deconApply(t testing.TB, o *Decontaminate, text string) (quern.Doc, quern.Verdict) {
	t.Helper()
	s, err := o.Stage()
	build(t, s, err)
	d := quern.Doc{Text: []byte(text), Spans: []quern.Span{}}
	v, err := s.Apply(&d)
	if err != nil {
		t.Fatal(err)
	}
	d.Text = bytes.Clone(d.Text)
	return d, v
}

func TestDecontaminate(t *testing.T) {
	text := frodo + "\n" + deconQuestion + " " + deconAnswer + "\n" + frodo
	clean := repeat(frodo+"\n", 3)
	for _, dialect := range decontaminateDialects {
		o := deconConfig(t, dialect)
		o.Action = "drop"
		d, v := deconApply(t, o, text)
		if v != deconHit || d.Drop.Limit != o.Min || d.Drop.Value < o.Min || markOf(&d, "decontaminate.hits") < 1 || len(d.Spans) == 0 || d.Spans[0].Name != "decontaminate.farm" {
			t.Errorf("%s: %s %+v %v %v", dialect, v, d.Drop, d.Marks, d.Spans)
		} else if s := d.Spans[0]; s.From != strings.Index(text, deconQuestion) {
			t.Errorf("%s: the question is said to stand at %d", dialect, s.From)
		}
		o.Action = "mark"
		if d, v := deconApply(t, o, text); v != quern.Keep || string(d.Text) != text || markOf(&d, "decontaminate.hits") < 1 || markOf(&d, "decontaminate.score") < max(o.Min, 0.1) {
			t.Errorf("%s, mark: %s %v", dialect, v, d.Marks)
		}
		for _, o.Action = range []string{"drop", "cut", "mark"} {
			if d, v := deconApply(t, o, clean); v != quern.Keep || string(d.Text) != clean || len(d.Spans) > 0 || markOf(&d, "decontaminate.hits") != 0 || markOf(&d, "decontaminate.score") != 0 {
				t.Errorf("%s, %s, a clean text: %s %v", dialect, o.Action, v, d.Marks)
			}
		}
	}
}

func TestDecontaminateCuts(t *testing.T) {
	before, behind := repeat("before ", 100), repeat("behind ", 100)
	text := before + deconQuestion + " " + deconAnswer + " " + behind
	for _, dialect := range []string{"quern", "gpt3"} {
		o := deconConfig(t, dialect)
		o.Action, o.Around = "cut", 200
		d, v := deconApply(t, o, text)
		want := before[:500] + "\n\n" + behind[198:] // the full stop of the answer is no part of it
		got := string(d.Text)
		if v != quern.Keep || got != want || markOf(&d, "decontaminate.pieces") != 2 || markOf(&d, "decontaminate.left") != float64(utf8.RuneCountInString(want)-2) {
			t.Errorf("%s: %s %v\n%q, want\n%q", dialect, v, d.Marks, got, want)
		}
		o.MinPiece = 501
		if d, v := deconApply(t, o, text); v != quern.Keep || string(d.Text) != strings.TrimPrefix(want, before[:500]+"\n\n") {
			t.Errorf("%s: a short piece stays: %s %q", dialect, v, d.Text)
		}
		o.MinPiece = 600
		if d, v := deconApply(t, o, text); v != deconEmpty || d.Drop.Value != 0 {
			t.Errorf("%s: nothing is left: %s %+v", dialect, v, d.Drop)
		}
		o.MinPiece, o.MaxPieces = 200, 3
		if d, v := deconApply(t, o, repeat(text, 3)); v != deconPieces || d.Drop != (quern.Drop{Verdict: deconPieces, Value: 4, Limit: 3}) {
			t.Errorf("%s: %s %+v", dialect, v, d.Drop)
		}
	}
}

func TestPlaceCutter(t *testing.T) {
	for _, c := range []struct {
		text             string
		places           []textPlace
		around, shortest int
		want             string
		pieces           int
	}{
		{"abcdef", nil, 3, 3, "abcdef", 1},
		{"abcdefghij", []textPlace{{4, 6}}, 0, 0, "abcd\n\nghij", 2},
		{"abcdefghij", []textPlace{{4, 6}}, 1, 0, "abc\n\nhij", 2},
		{"abcdefghij", []textPlace{{4, 6}}, 9, 0, "", 0},
		{"abcdefghij", []textPlace{{0, 2}, {8, 10}}, 0, 0, "cdefgh", 1},
		{"abcdefghij", []textPlace{{7, 8}, {2, 4}, {3, 5}}, 0, 0, "ab\n\nfg\n\nij", 3},
		{"abcdefghij", []textPlace{{7, 8}, {2, 5}, {3, 4}}, 0, 3, "", 3},
		{"中文中文中文", []textPlace{{6, 9}}, 1, 0, "中\n\n中文", 2},
		{"中文中文中文", []textPlace{{6, 9}}, 1, 2, "中文", 2},
	} {
		p := placeCutter{places: slices.Clone(c.places)}
		out, pieces, left := p.cut([]byte(c.text), c.around, c.shortest)
		if want := utf8.RuneCountInString(strings.ReplaceAll(c.want, "\n\n", "")); string(out) != c.want || pieces != c.pieces || left != want {
			t.Errorf("%+v: %q, %d pieces, %d left", c, out, pieces, left)
		}
	}
}

func TestDecontaminateKeepsTheContract(t *testing.T) {
	var docs []quern.Doc
	for _, text := range []string{deconQuestion, deconQuestion + deconAnswer, repeat(frodo, 3) + deconQuestion + deconAnswer + repeat(frodo, 3), repeat(deconQuestion+deconAnswer, 30)} {
		docs = append(docs, quern.Doc{Text: []byte(text)})
	}
	for _, text := range manyTexts() {
		docs = append(docs, quern.Doc{Text: []byte(text)})
	}
	for _, text := range hostileTexts() {
		docs = append(docs, quern.Doc{Text: text})
	}
	for _, dialect := range decontaminateDialects {
		for _, action := range []string{"drop", "cut", "mark"} {
			o := deconConfig(t, dialect)
			o.Action = action
			if err := quern.CheckStage(o.Stage, docs...); err != nil {
				t.Errorf("%s, %s: %v", dialect, action, err)
			}
			s, err := o.Stage()
			build(t, s, err)
			bounds := newBounds(o.Limits())
			for i := range docs {
				d := docs[i]
				v, err := s.Apply(&d)
				if err != nil {
					t.Fatal(err)
				}
				if again := bounds.judge(&quern.Doc{Marks: d.Marks}); v != badText && again != v {
					t.Errorf("%s, %s: the stage says %q, its limits %q", dialect, action, v, again)
				}
				for _, m := range d.Marks {
					if !slices.ContainsFunc(o.Measures(), func(f Fact) bool { return f.Name == m.Name }) {
						t.Errorf("%s, %s: %s is no fact of it", dialect, action, m.Name)
					}
				}
			}
		}
	}
}

func TestDecontaminateAllocatesNothing(t *testing.T) {
	for _, dialect := range decontaminateDialects {
		for _, action := range []string{"drop", "cut"} {
			o := deconConfig(t, dialect)
			o.Action = action
			s, err := o.Stage()
			build(t, s, err)
			docs := docsOf([]byte("中文。" + frodo + deconQuestion + " " + deconAnswer + repeat(frodo, 2)))
			docs = append(docs, docsOf([]byte(frodo))...)
			marks, spans := make([]quern.Mark, 0, 16), make([]quern.Span, 0, 64)
			var d quern.Doc
			run := func() {
				for i := range docs {
					d = docs[i]
					d.Marks, d.Spans = marks, spans
					s.Apply(&d)
				}
			}
			run()
			if n := testing.AllocsPerRun(20, run); n > 0 {
				t.Errorf("%s, %s: %v allocations", dialect, action, n)
			}
		}
	}
}

// One index serves all workers, and how many they are changes nothing.
func TestDecontaminateWorkers(t *testing.T) {
	for _, dialect := range decontaminateDialects {
		o := deconConfig(t, dialect)
		o.Action = "cut"
		var want []string
		for _, workers := range []int{1, 2, 7} {
			stages := make([]quern.Stage, workers)
			for i := range stages {
				var err error
				if stages[i], err = o.Stage(); err != nil {
					t.Fatal(err)
				}
			}
			got := make([]string, 200)
			err := quern.Each(t.Context(), workers, len(got), func(_ context.Context, worker, i int) error {
				text := frodo + repeat("filler ", i*7)
				if i%3 > 0 {
					text = repeat("before ", i*5) + deconQuestion + " " + deconAnswer + text
				}
				d := quern.Doc{Text: []byte(text), Spans: []quern.Span{}}
				v, err := stages[worker].Apply(&d)
				got[i] = fmt.Sprint(v, d.Drop, string(d.Text), d.Marks, d.Spans)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = got
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %d workers give other documents than one", dialect, workers)
			}
		}
	}
}

func TestDecontaminateExplains(t *testing.T) {
	o := deconConfig(t, "quern")
	explain, err := o.Explainer()
	if err != nil {
		t.Fatal(err)
	}
	hits := explain([]byte(frodo + "\n" + strings.Replace(deconQuestion, "plums", "pears", 1) + " " + deconAnswer))
	if len(hits) != 1 || hits[0].SetName != "farm" || hits[0].Line != 1 || hits[0].Item != deconQuestion {
		t.Fatalf("%+v", hits)
	}
	if s := hits[0].Beside(100); !strings.Contains(s, "[pears]") || !strings.Contains(s, "[plums]") || !strings.Contains(s, "answer: Seventeen") {
		t.Error(s)
	}
	if ix, err := o.Index(); err != nil || ix.Stats()[0].Items != 2 {
		t.Error(err)
	}
	if f := o.Files(); len(f) != 1 || !filepath.IsAbs(f[0]) {
		t.Errorf("files are %q", f)
	}
}

func TestDecontaminateRefusals(t *testing.T) {
	for want, set := range map[string]func(o *Decontaminate){
		": give sets":                             func(o *Decontaminate) { o.Sets = nil },
		`action "x": want drop, cut or mark`:      func(o *Decontaminate) { o.Action = "x" },
		`method "x": want score or ngram`:         func(o *Decontaminate) { o.Method = "x" },
		"min is 1.5":                              func(o *Decontaminate) { o.Min = 1.5 },
		"n is 1":                                  func(o *Decontaminate) { o.N = 1 },
		"max_pieces 0":                            func(o *Decontaminate) { o.MaxPieces = 0 },
		"index_mib is 0":                          func(o *Decontaminate) { o.IndexMiB = 0 },
		"two sets are named farm":                 func(o *Decontaminate) { o.Sets = append(o.Sets, o.Sets[0]) },
		`set farm: recipe "x" is not known`:       func(o *Decontaminate) { o.Sets[0].Recipe = "x" },
		"set farm: give files":                    func(o *Decontaminate) { o.Sets[0].Files = nil },
		`set "Farm": a name has lower`:            func(o *Decontaminate) { o.Sets[0].Name = "Farm" },
		"no column prompt; there are answer, que": func(o *Decontaminate) { o.Sets[0].Recipe = "humaneval" },
		"none of its 2 records is long enough":    func(o *Decontaminate) { o.MinWords = 1000 },
		"no such file":                            func(o *Decontaminate) { o.Sets[0].Files = []string{"none.jsonl"} },
	} {
		o := deconConfig(t, "quern")
		set(o)
		if _, err := o.Stage(); err == nil || !strings.HasPrefix(err.Error(), "clean: decontaminate: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

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

func FuzzDecontaminate(f *testing.F) {
	var stages []quern.Stage
	for _, dialect := range decontaminateDialects {
		for _, action := range []string{"drop", "cut"} {
			o := deconConfig(f, dialect)
			o.Action, o.Around, o.MinPiece = action, 5, 2
			s, err := o.Stage()
			stages = append(stages, build(f, s, err))
		}
	}
	f.Add([]byte(deconQuestion + deconAnswer))
	f.Add([]byte("é" + deconQuestion + "中文 the Quern"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for i, s := range stages {
			var first string
			for range 2 {
				d := quern.Doc{Text: bytes.Clone(text), Spans: []quern.Span{}}
				v, err := s.Apply(&d)
				if err != nil || v == quern.Keep && !utf8.Valid(d.Text) || v != badText && v != quern.Keep && d.Drop.Verdict != v {
					t.Fatalf("%d: %q %v %+v", i, v, err, d.Drop)
				}
				for _, p := range d.Spans {
					if p.From < 0 || p.To <= p.From || p.To > len(text) {
						t.Fatalf("%d: %+v", i, p)
					}
				}
				now := fmt.Sprint(v, string(d.Text), d.Marks, d.Spans)
				if first == "" {
					first = now
				}
				if first != now {
					t.Fatalf("%d: %s, then %s", i, first, now)
				}
			}
		}
	})
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
