package pipelines

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
)

func TestDiff(t *testing.T) {
	m := newMill(t, millSpec+millTrain)
	m.grind(Env{})
	a := filepath.Join(m.run(), "runs", "mill-1.json")
	m.grind(Env{})
	same, err := Diff(context.Background(), a, m.run())
	if err != nil || !same.Same() || same.A != "mill-1" || same.B != "mill-2" || same.Both == 0 || same.OnlyA != 0 || same.OnlyB != 0 {
		t.Fatalf("two equal runs: %+v, %v", same, err)
	}
	for _, s := range same.Steps {
		if !s.Same || s.In[0] != s.In[1] || s.Out[0] != s.Out[1] || len(s.Dropped) > 0 {
			t.Errorf("two equal runs differ in %+v", s)
		}
	}

	m.replace("min_words: 50", "min_words: 900")
	m.replace("code: 10, paper: 15, web: 75}, tokens", "code: 30, paper: 15, web: 55}, tokens")
	m.replace("  - {name: src,", "  - {name: more, domain: paper, jsonl: [notes.jsonl]}\n  - {name: src,")
	m.grind(Env{})
	d, err := Diff(context.Background(), a, m.run())
	if err != nil || d.Same() {
		t.Fatalf("two different runs: %+v, %v", d, err)
	}
	changed := map[string]SpecChange{}
	for _, c := range d.Spec {
		changed[c.Path] = c
	}
	if c := changed["clean.web[0].gopher@datatrove.min_words"]; c.A != "50" || c.B != "900" {
		t.Errorf("min_words changed from 50 to 900, told as %+v of %+v", c, d.Spec)
	}
	if c := changed["mix.ratios.code"]; c.A != "10" && c.A != "10.0" || c.B != "30" && c.B != "30.0" {
		t.Errorf("the ratio of code changed from 10 to 30, told as %+v", c)
	}
	steps := map[string]StepChange{}
	for _, s := range d.Steps {
		steps[s.Step] = s
	}
	if s := steps["ingest.pages"]; !s.Same {
		t.Errorf("ingest.pages is the same, told as %+v", s)
	}
	if s := steps["clean.pages"]; s.Same || s.In[0] != s.In[1] || s.Out[1] >= s.Out[0] || len(s.Dropped) == 0 {
		t.Errorf("clean.pages keeps less, told as %+v", s)
	}
	if s := steps["ingest.more"]; s.Same || s.In[0] != 0 || s.In[1] == 0 {
		t.Errorf("ingest.more is new, told as %+v", s)
	}
	gone := steps["clean.pages"].Out[0] - steps["clean.pages"].Out[1]
	if d.OnlyA != gone || d.OnlyB != steps["clean.more"].Out[1] || d.Both+gone != same.Both {
		t.Errorf("documents: %d in both, %d only in A, %d only in B; clean.pages lost %d of %d", d.Both, d.OnlyA, d.OnlyB, gone, same.Both)
	}
	values := map[string]Change{}
	for _, v := range d.Values {
		values[v.Name] = v
	}
	if v := values["share.code"]; v.B < v.A+0.05 {
		t.Errorf("the share of code, %+v", v)
	}
	if _, ok := values["train.loss_last"]; !ok {
		t.Errorf("the losses of two corpora are equal: %+v", d.Values)
	}
	back, err := Diff(context.Background(), m.run(), a)
	if err != nil || back.OnlyA != d.OnlyB || back.OnlyB != d.OnlyA || len(back.Spec) != len(d.Spec) {
		t.Errorf("the other way round: %+v, %v", back, err)
	}
	if _, err := Diff(context.Background(), a, filepath.Join(m.dir, "nowhere")); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("a folder that is not there: %v", err)
	}
}

func TestModelOfARun(t *testing.T) {
	m := newMill(t, millSpec+millTrain)
	w := m.grind(Env{})
	sum, err := Summarize(root(m), w.rec)
	if err != nil {
		t.Fatal(err)
	}
	if r := sum.Train; r == nil || r.LossFirst <= 0 || r.LossLast <= 0 || r.ValBPB <= 0 || r.Tokens != 4*64 {
		t.Errorf("pretraining came to %+v", r)
	}
	if r := sum.Tune; r == nil || r.LossFirst <= 0 {
		t.Errorf("fine-tuning came to %+v", r)
	}
	dir, tok, err := Model(root(m), w.rec)
	if err != nil || tok.Vocab() != 400 {
		t.Fatalf("the model: %v", err)
	}
	names, err := dir.List(".")
	if err != nil || !strings.Contains(strings.Join(names, " "), "model.safetensors") {
		t.Errorf("the model's folder has %q, %v", names, err)
	}
	tok2, err := Tokenizer(root(m), w.rec)
	if err != nil || tok2.Digest() != tok.Digest() {
		t.Errorf("the tokenizer: %v", err)
	}
	m.replace("learn: {vocab: 400, ratios: {code: 10, paper: 15, web: 75}}", "file: t.json")
	b, err := tok.JSON()
	if err != nil {
		t.Fatal(err)
	}
	m.write("t.json", b)
	other := m.grind(Env{Until: "tokenize"})
	for i, s := range other.rec.Steps {
		was := w.rec.Steps[i]
		if s.Step == "learn" {
			if s.Cached || s.Key == was.Key {
				t.Errorf("a tokenizer from a file is taken for one that is learned: %+v", s)
			}
		}
	}
	m.write("t.json", []byte(`{"model": {"type": "WordPiece"}}`))
	if _, err := Run(context.Background(), m.spec(), Env{Dir: m.run()}); err == nil || !strings.Contains(err.Error(), "learn: t.json: ") {
		t.Errorf("a file that is no such tokenizer: %v", err)
	}
}
