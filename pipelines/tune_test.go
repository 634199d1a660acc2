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
