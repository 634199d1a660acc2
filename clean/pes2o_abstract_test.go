package clean

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

const abstractText = "We study how the words of an abstract are counted, and why the most frequent of them has to be a plain word. " +
	"In the experiments the counts of the peer and the counts of the rule agree on all of the documents. The result holds for the " +
	"years that the catalogue tells, and for the ones that it does not tell, which are kept."

// frequencies writes a model in which the words of some texts are frequent.
func frequencies(t testing.TB, texts ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "unigram.tsv")
	seen := map[string]bool{}
	var b strings.Builder
	for _, text := range texts {
		for _, w := range regexp.MustCompile(`[a-z]+|[.,]`).FindAllString(strings.ToLower(text), -1) {
			if !seen[w] {
				seen[w] = true
				b.WriteString(w + "\t1000000\n")
			}
		}
	}
	b.WriteString("rest\t1000000000\n")
	if err := os.WriteFile(name, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestPES2OAbstract(t *testing.T) {
	o := DefaultPES2OAbstract()
	o.Unigram = frequencies(t, abstractText)
	s, err := o.Stage()
	build(t, s, err)
	f := func(text, meta, time string, want quern.Verdict) {
		t.Helper()
		d := &quern.Doc{Text: []byte(text), Meta: []byte(meta), Time: time}
		v, err := s.Apply(d)
		if err != nil || v != want || d.Drop.Verdict != want {
			t.Errorf("%.40q %.40s: verdict %q (%v, limit %v), %v, want %q", text, meta, v, d.Drop.Value, d.Drop.Limit, err, want)
		}
	}
	f("On counted words\n\n"+abstractText, "", "1999", quern.Keep)
	f("On counted words\n\n"+abstractText, "", "1969-01-01", abstractYear)
	f("Two words\n\n"+abstractText, "", "", abstractTitle)
	f(abstractText, "", "", abstractTitle)
	f("On counted words\n\n"+abstractText[:200], "", "", abstractShort)
	f("On counted words\n\n"+strings.Repeat(abstractText, 20), "", "", abstractLong)
	f("On counted words\n\n"+strings.ReplaceAll(abstractText, "the", "§"), "", "", abstractTopShape)
	f("On counted words\n\n"+abstractText+" a b s t r a c t", "", "", abstractSpaced)
	f("On counted words\n\n"+abstractText+" of a b", "", "", quern.Keep)
	f("On counted words\n\n"+strings.Repeat("the qqx zzk vvw ", 20), "", "", abstractUnlikely)
	f("", `{"title":"On counted words","abstract":"`+strings.ReplaceAll(abstractText, ". ", `.\n`)+`"}`, "", quern.Keep)
	f("", `{"title":"On \"words\"","abstract":"`+abstractText+`"}`, "", abstractTitle)
	for i, change := range []func(o *PES2OAbstract){func(o *PES2OAbstract) { o.MaxWords = 1 }, func(o *PES2OAbstract) { o.MinLogProb = 1 },
		func(o *PES2OAbstract) { o.Unigram = "no such file" }} {
		o := DefaultPES2OAbstract()
		change(&o)
		if _, err := o.Stage(); err == nil {
			t.Errorf("options %d are accepted", i)
		}
	}
}

var spacedPattern = regexp.MustCompile(`\b([A-Za-z]\s)([a-z]\s)*[A-Za-z]\b`)

func spacedBySearch(text string) (longest int) {
	for _, m := range spacedPattern.FindAllString(text, -1) {
		longest = max(longest, len(m))
	}
	return longest
}

func TestSpacedLetters(t *testing.T) {
	for _, text := range []string{"", "a", "a b", "A b", "a B", "A B c", "a b c", "a b cd", "a b c1", "x y z w.", "no a b c", "an a", "a  b", "I am a b", "A b C d e",
		"a\nb\nc", "a_b c d", "a b é", "1 a b"} {
		if n, want := spacedLetters([]byte(text)), spacedBySearch(text); n != want {
			t.Errorf("%q: %d, want %d", text, n, want)
		}
	}
}

func FuzzSpacedLetters(f *testing.F) {
	f.Add("a b c D e fg h")
	f.Fuzz(func(t *testing.T, text string) {
		for i := range len(text) {
			if text[i] >= 0x80 || text[i] == '\v' { // \s of the pattern has no vertical tab
				return
			}
		}
		if n, want := spacedLetters([]byte(text)), spacedBySearch(text); n != want {
			t.Errorf("%q: %d, want %d", text, n, want)
		}
	})
}

// paperDocs reach the verdicts of the rules for papers.
func paperDocs() []quern.Doc {
	doc := func(text, time string) quern.Doc { return quern.Doc{Text: []byte(text), Time: time} }
	return []quern.Doc{doc(article(6, "the"), "2001"), doc(article(6, "the"), "1950-01-01"), doc(article(6, "<x>"), ""), doc(article(1, "the"), ""),
		doc("On counted words\n\n"+abstractText, "1999"), doc("", ""), doc(abstractText+" a b c d", ""), doc(strings.Repeat(article(6, "the"), 3), ""),
		doc("one two three four five six\n\n\x00 \u2028 é é é\n", "x"), {Text: []byte("t"), Meta: []byte(`{"title":"a b c","abstract":"d"}`)}}
}

// paperConfigs are the rules for papers with all that they can measure.
func paperConfigs(t testing.TB) []Link {
	model := frequencies(t, abstractText, article(2, "the"))
	full, abstract, arxiv := DefaultPES2O(), DefaultPES2OAbstract(), DefaultArxiv()
	full.Unigram, abstract.Unigram = model, model
	return []Link{{Name: "pes2o", Config: &full}, {Name: "pes2o_abstract", Config: &abstract}, {Name: "arxiv", Config: &arxiv}}
}

// TestFactsOfModels: the facts that a model gives are listed where it is asked, and marked.
func TestFactsOfModels(t *testing.T) {
	for _, l := range paperConfigs(t)[:2] {
		s, err := l.Config.Stage()
		build(t, s, err)
		listed := factsOf(l)
		if r, _, _ := Find(l.Name); len(listed) != len(r.Facts) || len(factsOf(Link{Name: l.Name, Config: r.Config("")})) == len(r.Facts) {
			t.Errorf("%s lists %d facts with a model, of %d", l.Name, len(listed), len(r.Facts))
		}
		seen := map[string]bool{}
		for _, d := range paperDocs() {
			if _, err := s.Apply(&d); err != nil {
				t.Fatal(err)
			}
			for _, m := range d.Marks {
				seen[m.Name] = true
			}
		}
		for _, f := range listed {
			if !seen[f.Name] {
				t.Errorf("%s lists %s and never marks it", l.Name, f.Name)
			}
		}
	}
}

func TestPaperConformance(t *testing.T) {
	for _, l := range paperConfigs(t) {
		if err := quern.CheckStage(l.Config.Stage, paperDocs()...); err != nil {
			t.Errorf("%s: %v", l.Name, err)
		}
	}
}

func TestPaperRulesAskForNoMemory(t *testing.T) {
	docs := paperDocs()
	for _, l := range paperConfigs(t) {
		s, err := l.Config.Stage()
		build(t, s, err)
		d := quern.Doc{}
		run := func() {
			for i := range docs {
				d.Reset()
				d.Text, d.Meta, d.Time = docs[i].Text, docs[i].Meta, docs[i].Time
				if _, err := s.Apply(&d); err != nil {
					t.Fatal(err)
				}
			}
		}
		run()
		if n := testing.AllocsPerRun(3, run); n > 0 {
			t.Errorf("%s: %v allocations for %d documents", l.Name, n, len(docs))
		}
	}
}

func FuzzPaperRules(f *testing.F) {
	for _, d := range paperDocs() {
		f.Add(d.Text, d.Time, string(d.Meta))
	}
	links := paperConfigs(f)
	f.Fuzz(func(t *testing.T, text []byte, time, meta string) {
		for _, l := range links[:2] {
			if err := quern.CheckStage(l.Config.Stage, quern.Doc{Text: []byte(strings.ToValidUTF8(string(text), "")), Time: time, Meta: []byte(meta)}); err != nil {
				t.Fatalf("%s: %v", l.Name, err)
			}
		}
	})
}
