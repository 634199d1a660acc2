package clean

import (
	"testing"

	"github.com/seed-83c59573/quern"
)

func chainLinks() []Link {
	n, g, c, w, p := DefaultNormalize(), DefaultGopher(), DefaultC4(), DefaultFineWeb(), DefaultPII()
	g.MinWords, c.MinSentences = 20, 2
	return []Link{{Name: "normalize", Config: &n}, {Name: "gopher@datatrove", Config: &g}, {Name: "c4", Config: &c}, {Name: "fineweb", Config: &w},
		{Name: "pii", Config: &p}}
}

// A chain that measures everything gives every document the fate that it has without, and facts of all rules to the dropped.
func TestAChainThatMeasuresAllChangesNoFate(t *testing.T) {
	links := chainLinks()
	build := func(all bool) func() (quern.Stage, error) {
		return func() (quern.Stage, error) { return NewChain(links, all) }
	}
	inputs := texts()
	inputs["frodo"], inputs["c4"], inputs["lines"] = frodo, c4Good, repeat("the same line\n", 9)
	var docs []quern.Doc
	facts := FactsOf(links, true)
	for name, text := range inputs {
		var d [2]quern.Doc
		var v [2]quern.Verdict
		for i := range d {
			s, err := build(i == 1)()
			if err != nil {
				t.Fatal(err)
			}
			d[i].Text = []byte(text)
			if v[i], err = s.Apply(&d[i]); err != nil {
				t.Fatal(err)
			}
		}
		if v[0] != v[1] || d[0].Drop != d[1].Drop || v[0] == quern.Keep && string(d[0].Text) != string(d[1].Text) {
			t.Errorf("%s: %+v, measuring all %+v", name, d[0].Drop, d[1].Drop)
		}
		if len(d[1].Text) > 0 && v[1] != empty && len(d[1].Marks) != len(facts) {
			t.Errorf("%s (%s): %d facts of %d", name, v[1], len(d[1].Marks), len(facts))
		}
		docs = append(docs, quern.Doc{Text: []byte(text)})
		again, unknown := NewRejudger(links).Judge("", func(name string) (float64, bool) { return findMark(&d[1], name) })
		if again != v[1] && !(v[1] == empty && again == "clean.normalize") || unknown && v[1] != empty {
			t.Errorf("%s: the chain said %q, its facts %q (unknown: %v)", name, v[1], again, unknown)
		}
	}
	for _, all := range []bool{false, true} {
		if err := quern.CheckStage(build(all), docs...); err != nil {
			t.Error(err)
		}
	}
}

func findMark(d *quern.Doc, name string) (float64, bool) {
	for _, m := range d.Marks {
		if m.Name == name {
			return m.Value, true
		}
	}
	return 0, false
}

func TestAChainHearsLanguages(t *testing.T) {
	strict := DefaultGopher()
	strict.MinWords = 1000
	links := []Link{{Name: "gopher@datatrove", Config: &strict, Lang: "zh"}}
	for lang, want := range map[string]quern.Verdict{"en": quern.Keep, "": quern.Keep, "zh": gopherTooShort, "zh-Hant": gopherTooShort, "zhx": quern.Keep} {
		s, err := NewChain(links, false)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := s.Apply(&quern.Doc{Lang: lang, Text: []byte(frodo)}); err != nil || v != want {
			t.Errorf("language %q: %q (%v), want %q", lang, v, err, want)
		}
	}
}

func TestAChainReadsWhatWasMeasured(t *testing.T) {
	links := chainLinks()
	if err := CheckChain(links); err != nil {
		t.Error(err)
	}
}
