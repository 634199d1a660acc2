package clean

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

var update = flag.Bool("update", false, "write the goldens")

// manyTexts reach every rule of the room.
func manyTexts() map[string]string {
	inputs := texts()
	inputs["frodo"], inputs["c4"], inputs["go"], inputs["mail"] = frodo, c4Good, goFile, "write to a@b.com\n\n"
	inputs["same lines"], inputs["many words"] = repeat("the same line\n", 9), repeat("the quick brown fox and that dog. ", 30)
	for v, text := range spamTexts {
		inputs[string(v)] = text
	}
	return inputs
}

// someMarks are the marks of a few documents, through every rule that needs no file.
func someMarks(t *testing.T) (all [][]quern.Mark) {
	t.Helper()
	inputs := manyTexts()
	for _, of := range slices.Sorted(maps.Keys(inputs)) {
		d := &quern.Doc{}
		for _, name := range Names() {
			r, dialect, _ := Find(name)
			s, err := r.Config(dialect).Stage()
			if err != nil {
				continue
			}
			d.Text, d.Lang = []byte(inputs[of]), "en"
			if _, err := s.Apply(d); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, d.Marks)
	}
	return all
}

// factDocs dress a text as what rules look at: pages, papers, and files of many kinds.
func factDocs(text string) (docs []quern.Doc) {
	for _, origin := range []string{"https://a.example/b", "a/b.py", "b_test.go", "c.html", "d.json", "e.sql", "f.min.js", "g.txt", "h.xml"} {
		docs = append(docs, quern.Doc{ID: quern.NewID("a", origin), Lang: "en", Origin: origin, Text: []byte(text), Time: "2001-02-03T00:00:00Z",
			Meta:  []byte(`{"title":"A mill of its own","abstract":"We mill.","stars":7,"max_stars_count":7,"stargazers":7}`),
			Marks: []quern.Mark{{Name: "code.generated", Value: 1}, {Name: "code.minified", Value: 1}, {Name: "code.test", Value: 1}}})
	}
	return docs
}

// needModel are facts that only a model or an option of the user gives; tests of their rules have one.
var needModel = []string{"pes2o.log_prob", "pes2o.likely_paragraphs", "pes2o_abstract.log_prob", "fasttext.*", "starcoder.stars"}

// TestEveryMarkHasBins: a fact that no histogram shows would be measured in vain, bins without a fact are a slip of the pen.
func TestEveryMarkHasBins(t *testing.T) {
	inputs := manyTexts()
	inputs["page"] = "<html><head><title>A</title></head><body><p>" + frodo + "</p></body></html>"
	seen, listed := map[string]bool{}, map[string]string{}
	for _, name := range Names() {
		r, dialect, _ := Find(name)
		config := r.Config(dialect)
		s, err := config.Stage()
		if err != nil {
			if !strings.Contains(err.Error(), ": give ") {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		mine := map[string]bool{}
		for _, f := range factsOf(Link{Name: name, Config: config}) {
			listed[f.Name], mine[f.Name] = name, true
		}
		for _, text := range inputs {
			for _, d := range factDocs(text) {
				given := len(d.Marks)
				if _, err := s.Apply(&d); err != nil {
					t.Fatal(err)
				}
				for _, m := range d.Marks[given:] {
					if seen[m.Name] = true; !mine[m.Name] {
						t.Errorf("%s marks %s, which its facts do not list", name, m.Name)
					}
				}
			}
		}
	}
	for fact, name := range listed {
		if !seen[fact] && !slices.Contains(needModel, fact) {
			t.Errorf("%s lists the fact %s and never marks it", name, fact)
		}
	}
}

func TestHistogramsMergeInAnyOrder(t *testing.T) {
	var whole, a, b, ab, ba Histograms
	for i, marks := range someMarks(t) {
		whole.Add(marks)
		if i%2 == 0 {
			a.Add(marks)
		} else {
			b.Add(marks)
		}
	}
	was := a.Of("gopher.words").N
	ab.Merge(a)
	ab.Merge(b)
	ba.Merge(b)
	ba.Merge(a)
	ba.Merge(Histograms{})
	if !reflect.DeepEqual(whole, ab) || !reflect.DeepEqual(whole, ba) {
		t.Error("the parts do not add up to the whole")
	}
	if a.Of("gopher.words").N != was || was == 0 {
		t.Errorf("merging changed its argument: %v", a.Of("gopher.words"))
	}
}

func TestHistogramGolden(t *testing.T) {
	var h Histograms
	for _, marks := range someMarks(t) {
		h.Add(marks)
	}
	got, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	got = bytes.ReplaceAll(got, []byte("},"), []byte("},\n")) // a fact a line
	const golden = "testdata/histograms.json"
	if *update {
		if err := os.MkdirAll("testdata", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("facts of the same texts have changed (run with -update, and raise Version if that is meant)")
	}
	var back Histograms
	if err := json.Unmarshal(want, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(h, back) {
		t.Error("the histograms do not survive a round trip")
	}
}

func TestHistogramBins(t *testing.T) {
	lin, log := Fact{"", 0, 1, 10, false}.empty(), Fact{"", 1, 1e4, 4, true}.empty()
	f := func(h *Histogram, v float64, want int) {
		t.Helper()
		if got := h.bin(v); got != want {
			t.Errorf("%v is in bin %d, want %d", v, got, want)
		}
	}
	f(lin, -1, 0)
	f(lin, 0, 0)
	f(lin, 0.05, 0)
	f(lin, 0.55, 5)
	f(lin, 1, 9)
	f(lin, 7, 9)
	f(log, 0, 0)
	f(log, 5, 0)
	f(log, 50, 1)
	f(log, 5000, 3)
	f(log, 1e9, 3)
	for i, want := range []float64{1, 10, 100, 1000, 10000} {
		if got := log.Bound(i); math.Abs(got-want) > 1e-9*want {
			t.Errorf("bound %d is %v, want %v", i, got, want)
		}
	}
	if got := lin.Bound(3); math.Abs(got-0.3) > 1e-12 {
		t.Errorf("bound 3 is %v, want 0.3", got)
	}
	var h Histograms
	h.Add([]quern.Mark{{Name: "unheard.of", Value: 1}, {Name: "gopher.words", Value: math.NaN()}, {Name: "gopher.hashes", Value: math.Inf(1)}})
	if h.Of("unheard.of") != nil || h.Of("gopher.words").N != 0 || h.Of("gopher.hashes").N != 0 {
		t.Error("what is no number or no fact was counted")
	}
}

func TestHistogramsRefuse(t *testing.T) {
	f := func(text string) {
		t.Helper()
		var h Histograms
		if err := json.Unmarshal([]byte(text), &h); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
	f(`[]`)
	f(`{"unheard.of":{}}`)
	f(`{"gopher.words":null}`)
	f(`{"gopher.words":{"lo":1,"hi":2,"n":0,"counts":[]}}`)
	f(`{"gopher.stop_words":{"lo":0,"hi":16,"n":2,"counts":[1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}}`)
	var h Histograms
	if b, err := json.Marshal(h); err != nil || string(b) != "{}" || json.Unmarshal(b, &h) != nil || len(h.Names()) != 0 {
		t.Errorf("nothing counted gives %s, %v", b, err)
	}
}
