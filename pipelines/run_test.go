package pipelines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
)

func TestRunAgainDoesNothing(t *testing.T) {
	m := newMill(t, millSpec)
	first := m.grind(Env{})
	for _, s := range first.made {
		if first.why[s] != "new" {
			t.Errorf("%s ran because %q, want new", s, first.why[s])
		}
	}
	if len(first.made) != len(first.rec.Steps) || len(first.made) != 3*4+4 || first.rec.Run != "mill-1" {
		t.Errorf("%s made %d of %d steps: %q", first.rec.Run, len(first.made), len(first.rec.Steps), first.made)
	}
	again := m.grind(Env{})
	if len(again.made) != 0 || again.rec.Run != "mill-2" {
		t.Errorf("%s made %q again", again.rec.Run, again.made)
	}
	for i, s := range again.rec.Steps {
		if f := first.rec.Steps[i]; !s.Cached || s.Digest != f.Digest || s.Key != f.Key || s.Folder != f.Folder {
			t.Errorf("%s: have %+v, had %+v", s.Step, s, f)
		}
	}
	if runs, err := Runs(quern.Local(m.run())); err != nil || !reflect.DeepEqual(runs, []string{"mill-1", "mill-2"}) {
		t.Errorf("recorded are %q, %v", runs, err)
	}
	if bad := leftovers(m.run()); bad != nil {
		t.Errorf("left behind: %q", bad)
	}
}

func TestWhatAChangeRunsAgain(t *testing.T) {
	m := newMill(t, millSpec)
	m.grind(Env{})
	for _, c := range []struct {
		what   string
		change func()
		again  []string // exactly these, or,
		from   string   // this one and whatever it feeds, but
		not    string   // none that begins so
	}{
		{"a ratio", func() { m.replace("web: 75}, tokens", "web: 70}, tokens") }, []string{"mix", "shard"}, "", ""},
		{"the rows of Arrow", func() { m.replace("rows: 64", "rows: 32") }, []string{"shard"}, "", ""},
		{"the preferred domains", func() { m.replace("prefer: [paper, code, web]", "prefer: [web]") }, nil, "cluster", "clean ingest sign"},
		{"a clean threshold", func() { m.replace("min_words: 50", "min_words: 300") }, nil, "clean.pages", "ingest clean.notes clean.src sign.notes sign.src"},
		{"an input", func() { m.write("notes.jsonl", notes(41)) }, nil, "ingest.notes", "ingest.pages ingest.src clean.pages clean.src sign.pages sign.src"},
		{"back to what was", func() { m.write("notes.jsonl", notes(40)) }, []string{}, "", ""},
		{"only the time of a file", func() {
			m.write("src/names.go", []byte("package names\n"))
			m.grind(Env{})
			m.write("src/names.go", []byte("package names\n"))
		}, []string{}, "", ""},
		{"the name of the run", func() { m.replace("name: mill", "name: other") }, []string{}, "", ""},
	} {
		c.change()
		w := m.grind(Env{})
		if c.again != nil && !slices.Equal(w.made, c.again) {
			t.Errorf("%s: ran %q, want %q", c.what, w.made, c.again)
		}
		if c.from != "" && (len(w.made) == 0 || w.made[0] != c.from || w.made[len(w.made)-1] != "shard") {
			t.Errorf("%s: ran %q, want %s to shard", c.what, w.made, c.from)
		}
		for _, not := range strings.Fields(c.not) {
			if slices.ContainsFunc(w.made, func(s string) bool { return strings.HasPrefix(s, not) }) {
				t.Errorf("%s: ran %q, want no %s", c.what, w.made, not)
			}
		}
	}
}

func TestDamageIsMadeGood(t *testing.T) {
	m := newMill(t, millSpec)
	w := m.grind(Env{})
	want := digests(t, m.run(), w.rec)
	path := func(step string) (folder, blob string) {
		for _, s := range w.rec.Steps {
			if join(s.Step, s.Source) == step {
				d, err := Dataset(quern.Local(m.run()), s)
				if err != nil {
					t.Fatal(err)
				}
				folder = filepath.Join(m.run(), s.Folder)
				return folder, filepath.Join(folder, d.Shards[0].Blobs[0].Name)
			}
		}
		t.Fatalf("no step %s", step)
		return "", ""
	}
	for _, c := range []struct {
		step, what, why string
		harm            func(folder, blob string) error
	}{
		{"clean.notes", "a shard deleted", "no such file", func(_, blob string) error { return os.Remove(blob) }},
		{"ingest.pages", "a shard cut", "bytes, its manifest says", func(_, blob string) error { return os.Truncate(blob, 10) }},
		{"learn", "the manifest cut", "damaged", func(f, _ string) error { return os.Truncate(filepath.Join(f, quern.ManifestName), 40) }},
		{"shard", "a digit of the manifest changed", "damaged", func(f, _ string) error {
			b, err := os.ReadFile(filepath.Join(f, quern.ManifestName))
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(f, quern.ManifestName), []byte(strings.Replace(string(b), `"docs": `, `"docs": 1`, 1)), 0o666)
		}},
		{"cluster", "the manifest deleted", "new", func(f, _ string) error { return os.Remove(filepath.Join(f, quern.ManifestName)) }},
		{"mix", "the folder deleted", "new", func(f, _ string) error { return os.RemoveAll(f) }},
	} {
		if err := c.harm(path(c.step)); err != nil {
			t.Fatal(err)
		}
		plan, err := Plan(context.Background(), m.spec(), Env{Dir: m.run()})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(plan, func(s PlanStep) bool { return join(s.Step, s.Source) == c.step })
		if plan[i].Cached || !strings.Contains(plan[i].Why, c.why) {
			t.Errorf("%s of %s: planned %+v, want %q", c.what, c.step, plan[i], c.why)
		}
		again := m.grind(Env{})
		if !slices.Equal(again.made, []string{c.step}) || !strings.Contains(again.why[c.step], c.why) {
			t.Errorf("%s of %s: ran %q because %q, want it alone because of %q", c.what, c.step, again.made, again.why[c.step], c.why)
		}
		sameDigests(t, c.what, digests(t, m.run(), again.rec), want)
	}
	if err := os.WriteFile(filepath.Join(m.run(), worldName), []byte("{no json"), 0o666); err != nil {
		t.Fatal(err)
	}
	if again := m.grind(Env{}); len(again.made) != 0 {
		t.Errorf("a damaged cache of digests ran %q again", again.made)
	}
}

func TestWorkersChangeNothing(t *testing.T) {
	m := newMill(t, millSpec+millTrain)
	var want map[string]quern.Digest
	for _, workers := range []int{1, 2, 7} {
		dir := filepath.Join(m.dir, fmt.Sprint("w", workers))
		w := m.grind(Env{Dir: dir, Workers: workers, Mem: 256 << 20})
		have := digests(t, dir, w.rec)
		if want == nil {
			want = have
		}
		sameDigests(t, fmt.Sprintf("%d workers", workers), have, want)
	}
	if want["train"] == "" || want["tune"] == "" {
		t.Errorf("no model among %v", want)
	}
}

// survivors are the IDs of the documents in the corpus, repeats counted once.
func survivors(t *testing.T, dir string, rec *Record, kind string) []string {
	t.Helper()
	set := map[string]bool{}
	for _, s := range rec.Steps {
		if s.Step != kind {
			continue
		}
		m, err := Dataset(quern.Local(dir), s)
		if err != nil {
			t.Fatal(err)
		}
		r, err := shard.OpenTokens(quern.Sub(quern.Local(dir), s.Folder), m.Shards)
		if err != nil {
			t.Fatal(err)
		}
		err = r.Rows(func(_ int64, row *shard.TokenRow) error {
			set[row.ID.String()] = true
			return nil
		})
		r.Close()
		if err != nil {
			t.Fatal(err)
		}
	}
	return slices.Sorted(maps.Keys(set))
}

func TestSplitOfTheInputDecidesNoFate(t *testing.T) {
	one := newMill(t, millSpec)
	a := one.grind(Env{})
	three := newMill(t, millSpec)
	if err := os.Remove(filepath.Join(three.dir, "pages.warc.gz")); err != nil {
		t.Fatal(err)
	}
	three.write("pages-1.warc.gz", warc(pages(t, 0, 5)))
	three.write("pages-2.warc.gz", warc(pages(t, 5, 6)))
	three.write("pages-3.warc.gz", warc(pages(t, 6, 24)))
	b := three.grind(Env{})
	have, want := survivors(t, three.run(), b.rec, "tokenize"), survivors(t, one.run(), a.rec, "tokenize")
	if len(want) < 20 || !slices.Equal(have, want) {
		t.Errorf("%d documents survive in three files, %d in one", len(have), len(want))
	}
}

func TestLedgersAddUpAcrossSteps(t *testing.T) {
	m := newMill(t, millSpec)
	m.write("notes.jsonl", append(notes(40), "{no json\n"...))
	w := m.grind(Env{})
	sum, err := Summarize(quern.Local(m.run()), w.rec)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]StepSummary{}
	for _, s := range sum.Steps {
		by[join(s.Step, s.Source)] = s
		n := s.DocsOut
		for _, k := range s.Dropped {
			n += k
		}
		for _, k := range s.Skipped {
			n += k
		}
		if n != s.DocsIn {
			t.Errorf("%s %s: %d in, %d accounted for", s.Step, s.Source, s.DocsIn, n)
		}
	}
	clean, tokens := int64(0), int64(0)
	for _, in := range m.spec().Ingest {
		i, c, s, k := by["ingest."+in.Name], by["clean."+in.Name], by["sign."+in.Name], by["tokenize."+in.Name]
		if i.DocsOut != c.DocsIn || i.BytesOut != c.BytesIn || c.DocsOut != s.DocsIn || c.BytesOut != s.BytesIn || s.DocsOut != s.DocsIn {
			t.Errorf("%s: ingest %+v, clean %+v, sign %+v", in.Name, i, c, s)
		}
		clean, tokens = clean+c.DocsOut, tokens+k.DocsIn
	}
	if c := by["cluster"]; c.DocsIn != clean || c.DocsOut != tokens || by["learn"].DocsIn != tokens || c.Dropped["dedup.exact"] == 0 || c.Dropped["dedup.near"] == 0 {
		t.Errorf("%d clean, cluster %+v, learn from %d, %d tokenized", clean, c, by["learn"].DocsIn, tokens)
	}
	if i := by["ingest.notes"]; i.DocsIn != 41 || i.DocsOut != 40 || i.Skipped["bad-json"] != 1 {
		t.Errorf("ingest.notes %+v", i)
	}
	if c := by["clean.notes"]; c.Dropped["clean.gopher.too_short"]+c.Dropped["clean.gopher.too_few_words"] == 0 && len(c.Dropped) == 0 {
		t.Errorf("clean.notes dropped nothing: %+v", c)
	}
	if len(w.rec.Over) != 1 || !strings.Contains(w.rec.Over[0], "ingest.notes: 1 of 41 records") {
		t.Errorf("1 of 41 records is above the ceiling; the record says %q", w.rec.Over)
	}
	checkMix(t, sum)
}

func checkMix(t *testing.T, sum *Summary) {
	t.Helper()
	mx := sum.Mix
	total := int64(0)
	for d, want := range map[string]float64{"code": 0.10, "paper": 0.15, "web": 0.75} {
		total += mx.Tokens[d]
		if mx.Asked[d] != want || mx.Achieved[d] < want-0.02 || mx.Achieved[d] > want+0.02 || mx.Docs[d] == 0 || mx.Epochs[d] <= 0 || mx.Epochs[d] > 4 {
			t.Errorf("%s: asked %g, achieved %g, %d documents, %g epochs", d, mx.Asked[d], mx.Achieved[d], mx.Docs[d], mx.Epochs[d])
		}
	}
	if total != mx.Total || total == 0 {
		t.Errorf("the domains have %d tokens, the mix %d", total, mx.Total)
	}
}

func TestUntil(t *testing.T) {
	m := newMill(t, millSpec)
	w := m.grind(Env{Until: "clean"})
	if len(w.made) != 6 || w.made[0] != "ingest.notes" || w.made[5] != "clean.src" {
		t.Errorf("until clean ran %q", w.made)
	}
	if w = m.grind(Env{}); len(w.made) != 10 || w.made[0] != "sign.notes" {
		t.Errorf("the rest ran %q", w.made)
	}
}

func TestPlanAgreesWithRun(t *testing.T) {
	m := newMill(t, millSpec)
	plan := func() []PlanStep {
		p, err := Plan(context.Background(), m.spec(), Env{Dir: m.run()})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := plan()
	if _, err := os.Stat(m.run()); !os.IsNotExist(err) {
		t.Errorf("a plan left a trace: %v", err)
	}
	f := Predict(m.spec(), p)
	if f.Input == 0 || f.Text == 0 || f.Tokens == 0 || f.Disk == 0 || f.Seconds <= 0 || !strings.Contains(f.String(), "core") {
		t.Errorf("forecast %+v: %s", f, f)
	}
	m.grind(Env{Until: "sign"})
	p = plan()
	w := m.grind(Env{})
	var would []string
	for i, s := range p {
		if !s.Cached {
			would = append(would, join(s.Step, s.Source))
			if s.Why != "new" && !strings.HasPrefix(s.Why, "after ") {
				t.Errorf("%s would run because %q", s.Step, s.Why)
			}
		}
		if s.Key != "" && s.Key != w.rec.Steps[i].Key {
			t.Errorf("%s: planned key %s, ran under %s", s.Step, s.Key.Short(), w.rec.Steps[i].Key.Short())
		}
	}
	if !slices.Equal(would, w.made) {
		t.Errorf("planned %q, ran %q", would, w.made)
	}
	for _, s := range plan() {
		if !s.Cached || s.Key == "" {
			t.Errorf("after the run, %+v is planned", s)
		}
	}
	if f := Predict(m.spec(), plan()); f != (Forecast{}) {
		t.Errorf("nothing to do costs %s", f)
	}
	trained := newMill(t, millSpec+millTrain)
	p, err := Plan(context.Background(), trained.spec(), Env{Dir: trained.run()})
	if err != nil {
		t.Fatal(err)
	}
	if with := Predict(trained.spec(), p); with.Seconds <= f.Seconds {
		t.Errorf("training is forecast for nothing: %s, %s without", with, f)
	}
}

func TestRecordsAreJSON(t *testing.T) {
	m := newMill(t, millSpec)
	w := m.grind(Env{Until: "ingest"})
	b, err := os.ReadFile(filepath.Join(m.run(), "runs", w.rec.Run+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var rec Record
	if err := json.Unmarshal(b, &rec); err != nil || rec.Run != "mill-1" || len(rec.Steps) != 3 || rec.Started == "" || !json.Valid(rec.Spec) {
		t.Errorf("record %+v, %v", rec, err)
	}
	dir := quern.Local(m.run())
	if _, err := LoadRecord(dir, "mill-9"); err == nil {
		t.Error("a run that never was has a record")
	}
	if _, err := LoadRecord(quern.Local(t.TempDir()), ""); err == nil || !strings.Contains(err.Error(), "no run is recorded here") {
		t.Errorf("an empty folder: %v", err)
	}
	if _, _, err := Model(dir, &rec); err == nil || !strings.Contains(err.Error(), "trained no model") {
		t.Errorf("the model of a run without one: %v", err)
	}
	if _, err := Tokenizer(dir, &rec); err == nil || !strings.Contains(err.Error(), "has no tokenizer") {
		t.Errorf("the tokenizer of a run without one: %v", err)
	}
	rec.Steps[0].Digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
	if _, err := Summarize(dir, &rec); err == nil || !strings.Contains(err.Error(), "was made anew since") {
		t.Errorf("a dataset that is no longer that of the run: %v", err)
	}
}

func TestTrainingWithoutRoomIsRefusedFirst(t *testing.T) {
	spec, err := LoadSpec("quickstart.yaml", []string{"train.model.width=65536"})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	_, err = Run(t.Context(), spec, Env{Dir: dir, Mem: 8 << 30})
	if err == nil || !strings.HasPrefix(err.Error(), "train: training takes ") {
		t.Errorf("without room: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "steps")); err == nil {
		t.Error("other steps ran before")
	}
	if got := inStep("train", errors.New("train: no")).Error() + inStep("tune", errors.New("no")).Error(); got != "train: notune: no" {
		t.Errorf("errors are named %q", got)
	}
}
