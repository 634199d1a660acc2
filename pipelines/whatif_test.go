package pipelines

import (
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

// What the facts say of other thresholds is what a run with them does.
func TestWhatIfForetellsARun(t *testing.T) {
	run, rec, _ := judgedRun(t, factsAll, 2)
	for _, c := range []struct {
		changes  []string
		old, new string
	}{
		{[]string{"gopher.min_words=130"}, "web: [gopher: {min_words: 90}", "web: [gopher: {min_words: 130}"},
		{[]string{"gopher.min_words=50"}, "web: [gopher: {min_words: 90}", "web: [gopher: {min_words: 50}"},
		{[]string{"gopher.max_mean_word=4"}, "web: [gopher: {min_words: 90}", "web: [gopher: {min_words: 90, max_mean_word: 4}"},
		{[]string{"fineweb.max_short_lines=0", "fineweb.min_end_lines=2"}, "fineweb: {}", "fineweb: {max_short_lines: 0, min_end_lines: 2}"},
	} {
		w, err := JudgeAgain(quern.Local(run), rec, c.changes)
		if err != nil {
			t.Fatal(err)
		}
		src := strings.Replace(strings.Replace(judgedMill, "FACTS", "seen", 1), c.old, c.new, 1)
		src = src[:strings.Index(src, "tokenize:")]
		real, err := ParseSpec("spec.yaml", []byte(src), strings.TrimSuffix(run, "/run"), nil)
		if err != nil {
			t.Fatal(err)
		}
		there := t.TempDir()
		again, err := Run(t.Context(), real, Env{Dir: there})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range again.Steps {
			if s.Step != "clean" || s.Source != "notes" {
				continue
			}
			m, err := Dataset(quern.Local(there), s)
			if err != nil {
				t.Fatal(err)
			}
			kept := m.Ledger.Total(quern.Kept, "")
			if got := w.Sources[0].Kept[1]; got.Docs != kept.Docs || got.Bytes != kept.In {
				t.Errorf("%v: %+v would be kept, a run keeps %+v", c.changes, got, kept)
			}
			for _, r := range w.Sources[0].Rules {
				if n := m.Ledger.Total(quern.Dropped, r.Reason).Docs; n != r.Would {
					t.Errorf("%v: %s would drop %d, a run drops %d", c.changes, r.Reason, r.Would, n)
				}
			}
			if kept.Docs == w.Sources[0].Kept[0].Docs {
				t.Errorf("%v changes nothing", c.changes)
			}
			if u := w.Sources[0].Unsure; u != 0 {
				t.Errorf("%v: %d are unsure, though everything was measured", c.changes, u)
			}
		}
	}
}

func TestWhatIfRefuses(t *testing.T) {
	run, rec, _ := judgedRun(t, factsSeen, 1)
	for change, want := range map[string]string{
		"gopher":                   "want rule.option=value",
		"gofer.min_words=3":        `did you mean "gopher"`,
		"gopher.min_wrods=3":       "unknown field",
		"gopher.min_words=many":    "number",
		"gopher.stop_words=[the]":  "decides what is measured",
		"fineweb.short_line=3":     "decides what is measured",
		"c4.min_sentences=3":       "no source of the run has this rule",
		"expr.drop=gopher.words<3": "does not follow from facts alone",
		"gopher.min_words=-3":      "words must be",
	} {
		if _, err := JudgeAgain(quern.Local(run), rec, []string{change}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q in it", change, err, want)
		}
	}
	// Behind a drop nothing was measured: what is let in may yet meet other rules.
	w, err := JudgeAgain(quern.Local(run), rec, []string{"gopher.min_words=50"})
	if err != nil || w.Sources[0].In.Docs == 0 || w.Sources[0].Unsure != w.Sources[0].In.Docs {
		t.Errorf("%+v (%v)", w, err)
	}
	run, rec, _ = judgedRun(t, factsOff, 1)
	if _, err := JudgeAgain(quern.Local(run), rec, []string{"gopher.min_words=0"}); err == nil || !strings.Contains(err.Error(), "no stored facts") {
		t.Errorf("without facts: %v", err)
	}
}
