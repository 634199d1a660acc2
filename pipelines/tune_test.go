package pipelines

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/train"
)

// tuned is the step of fine-tuning of a run, and its result.
func tuned(t *testing.T, m *mill) (StepRecord, train.Result) {
	t.Helper()
	rec, err := LoadRecord(root(m), "")
	if err != nil {
		t.Fatal(err)
	}
	step := rec.Steps[len(rec.Steps)-1]
	man, err := quern.LoadManifest(quern.Local(root(m).Path(step.Folder)))
	if err != nil {
		t.Fatal(err)
	}
	var r train.Result
	if err := json.Unmarshal(man.Facts, &r); err != nil || step.Step != "tune" {
		t.Fatalf("step %s: %v", step.Step, err)
	}
	return step, r
}

// Fine-tuning that replays the corpus, or watches what is forgotten, depends on the shards; else it does not.
func TestTuningReadsTheCorpusIfAsked(t *testing.T) {
	chat := strings.Repeat(`{"messages": [{"role": "user", "content": "What is a quern?"}, {"role": "assistant", "content": "A mill."}]}`+"\n", 3)
	spec := millSpec + millTrain
	m := newMill(t, spec)
	m.write("chat.jsonl", []byte(chat))
	m.grind(Env{})
	plain, r := tuned(t, m)
	if r.Forgetting != nil {
		t.Errorf("forgetting is measured unasked: %v", r.Forgetting)
	}
	asked := strings.Replace(spec, "steps: 2, batch: 64}", "steps: 4, batch: 64, replay: 25%, forgetting: true, eval: 2}", 1)
	m.write("spec.yaml", []byte(asked))
	m.grind(Env{})
	replayed, r := tuned(t, m)
	if r.Forgetting == nil || !(r.Forgetting.Before > 1) || math.IsNaN(r.Forgetting.After) {
		t.Fatalf("forgetting: %v", r.Forgetting)
	}
	if replayed.Folder == plain.Folder {
		t.Error("with replay the step is the same")
	}
	man, err := quern.LoadManifest(quern.Local(root(m).Path(replayed.Folder)))
	if err != nil {
		t.Fatal(err)
	}
	kinds := ""
	for _, in := range man.Inputs {
		kinds += in.Name + " "
	}
	for _, want := range []string{"shard", "train", "learn", "chat.jsonl"} {
		if !strings.Contains(kinds, want) {
			t.Errorf("its inputs are %s, want %s among them", kinds, want)
		}
	}
}

// A folder of a model is tuned with no training before it.
func TestAFolderIsTunedInAPipeline(t *testing.T) {
	m := newMill(t, millSpec+millTrain)
	m.grind(Env{})
	first, _ := tuned(t, m)
	if err := os.CopyFS(m.dir+"/model", os.DirFS(root(m).Path(first.Folder)+"/checkpoint")); err != nil {
		t.Fatal(err)
	}
	i := strings.Index(millSpec, "mix:")
	m.write("spec.yaml", []byte(millSpec[:i]+"tune:\n  sft: {from: model, template: model, data: [chat.jsonl], steps: 2, batch: 64, lora: {r: 2}}\n"))
	m.grind(Env{})
	second, r := tuned(t, m)
	if second.Folder == first.Folder || r.Trained == 0 {
		t.Errorf("%+v", r)
	}
	m.write("spec.yaml", []byte("version: 1\nname: alone\nseed: 7\ntune:\n  sft: {from: model, template: model, data: [chat.jsonl], steps: 2, batch: 64, lora: {r: 2}}\n"))
	plan, err := Plan(t.Context(), m.spec(), Env{Dir: m.dir + "/alone"})
	if err != nil || len(plan) != 2 || plan[0].Step != "learn" || plan[1].Step != "tune" {
		t.Errorf("with nothing but tune, the plan is %+v, %v", plan, err)
	}
	m.grind(Env{})
	third, alone := tuned(t, m)
	if alone.Trained != r.Trained || alone.LossLast != r.LossLast {
		t.Errorf("with nothing but tune %+v, in a pipeline %+v", alone, r)
	}
	rec, err := LoadRecord(root(m), "")
	if err != nil {
		t.Fatal(err)
	}
	if checkpoint, tok, err := Model(root(m), rec); err != nil || tok == nil || checkpoint == nil || third.Step != "tune" {
		t.Errorf("its model: %v", err)
	}
}

// A corpus that nothing brings in is missed beside a folder that is tuned, too.
func TestOnlyTuningNeedsNoInput(t *testing.T) {
	const head, tune = "version: 1\nname: x\nseed: 1\n", "tune: {sft: {from: model, data: [chat.jsonl]}}\n"
	if s, err := ParseSpec("s.yaml", []byte(head+tune), ".", nil); err != nil || s.Tokenize.File != "model/tokenizer.json" {
		t.Errorf("tune alone: %v", err)
	}
	for _, more := range []string{"clean: {all: [normalize: {}]}\n", "dedup: {exact: {}}\n", "tokenize: {learn: {ratios: {web: 1}}}\n",
		"tokenize: {file: t.json}\nmix: {ratios: {web: 1}, tokens: 20k}\n"} {
		if _, err := ParseSpec("s.yaml", []byte(head+more+tune), ".", nil); err == nil || !strings.Contains(err.Error(), "ingest lists no input") {
			t.Errorf("%s: %v", more, err)
		}
	}
	for _, sft := range []string{"tune: {}\n", "tune: {sft: {data: [chat.jsonl]}}\n"} {
		if _, err := ParseSpec("s.yaml", []byte(head+sft), ".", nil); err == nil || !strings.Contains(err.Error(), "ingest lists no input") {
			t.Errorf("%s: %v", sft, err)
		}
	}
	if _, err := ParseSpec("s.yaml", []byte(head+strings.Replace(tune, "data:", "replay: 5%, data:", 1)), ".", nil); err == nil || !strings.Contains(err.Error(), "need shard") {
		t.Errorf("replay: %v", err)
	}
}

// What is kept on the way is no part of a step's identity; how it learns is.
func TestKeepingCheckpointsIsNotInTheKey(t *testing.T) {
	head := func(train, tune string) (keys []quern.Digest) {
		t.Helper()
		spec := strings.Replace(millSpec+millTrain, "  checkpoint: 2\n", train, 1)
		m := newMill(t, strings.Replace(spec, "steps: 2, batch: 64}", "steps: 2, batch: 64"+tune+"}", 1))
		s, err := LoadSpec(m.dir+"/spec.yaml", nil)
		if err != nil {
			t.Fatal(err)
		}
		env := &Env{world: openWorld(&quern.Memory{})}
		for _, step := range []Step{&trainStep{s, env}, &tuneStep{s, env}} {
			h, err := step.Head(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, quern.DigestOf(h.Options))
		}
		return keys
	}
	plain := head("", "")
	if kept := head("  checkpoint: 1\n  keep: 5\n  keep_every: 2\n", ", checkpoint: 2, keep: 1, keep_every: 4"); !slices.Equal(kept, plain) {
		t.Error("other checkpoints are another step")
	}
	for i, other := range head("  lr: 0.01\n", ", lr: 0.01") {
		if other == plain[i] {
			t.Error("another learning rate is the same step")
		}
	}
}
