package clean

import (
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

// TestLimitsGiveTheVerdictsOfTheStage: whoever judges stored facts again must come to what the stage itself said.
func TestLimitsGiveTheVerdictsOfTheStage(t *testing.T) {
	inputs := texts()
	inputs["frodo"], inputs["c4"], inputs["go"] = frodo, c4Good, goFile
	inputs["same lines"], inputs["many words"] = repeat("the same line\n", 9), repeat("the quick brown fox and that dog. ", 30)
	for v, text := range spamTexts {
		inputs[string(v)] = text
	}
	inputs["xml"] = "<?xml version=\"1.0\"?>\n<!-- auto-generated -->\n"
	limited := 0
	for _, name := range Names() {
		r, dialect, ok := Find(name)
		if !ok {
			t.Fatalf("%s is listed and not found", name)
		}
		config, ok := r.Config(dialect).(Limited)
		if !ok {
			continue
		}
		if _, err := config.Stage(); err != nil && strings.Contains(err.Error(), ": give ") {
			continue // it needs a file: its own test has one
		}
		limited++
		dropped := 0
		for of, text := range inputs {
			s, err := config.Stage()
			build(t, s, err)
			d := &quern.Doc{Text: []byte(text), Lang: "en"}
			v, err := s.Apply(d)
			if err != nil {
				t.Fatal(err)
			}
			again := &quern.Doc{Marks: d.Marks, Lang: "en"}
			b := newBounds(config.Limits())
			if w := b.judge(again); w != v || v != quern.Keep && again.Drop != d.Drop {
				t.Errorf("%s on %q: the stage says %+v, its limits %+v", name, of, d.Drop, again.Drop)
			}
			if v != quern.Keep {
				dropped++
			}
		}
		if dropped == 0 && len(config.Limits()) > 0 {
			t.Errorf("%s dropped nothing of all this", name)
		}
	}
	if limited < 3 {
		t.Errorf("only %d rules have limits", limited)
	}
}

// TestFactsAreNamedOnce: a fact that two rules name must be the same fact.
func TestFactsAreNamedOnce(t *testing.T) {
	seen := map[string]Fact{}
	for _, r := range Rules {
		if r.About == "" || r.About[len(r.About)-1] == '.' {
			t.Errorf("%s: want a line about it, without a full stop", r.Name)
		}
		for _, f := range r.Facts {
			if g, ok := seen[f.Name]; ok && g != f {
				t.Errorf("%s: %s is divided in two ways", r.Name, f.Name)
			}
			seen[f.Name] = f
		}
	}
	for _, name := range []string{"", "gopher@", "gopher@nobody", "c4@datatrove", "Gopher"} {
		if _, _, ok := Find(name); ok {
			t.Errorf("%q is no rule", name)
		}
	}
}
