package pretrained

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

// adapters are folders that peft wrote, and the models they belong to (cmd/versus/folders.py adapters).
var adapters = map[string]string{"llama-lora": "llama", "gpt2-dora": "gpt2"}

func TestAdaptersOfPeftComputeTheSame(t *testing.T) {
	for _, name := range sortedKeys(adapters) {
		m, _ := load(t, testdata(adapters[name]))
		if err := LoadAdapter(testdata(name), m); err != nil {
			t.Fatal(err)
		}
		if d := off(t, m, name); !(d < 1e-4) {
			t.Errorf("%s: logits are off by %g", name, d)
		}
		if err := m.Merge(); err != nil {
			t.Fatal(err)
		}
		if d := off(t, m, name); !(d < 1e-4) {
			t.Errorf("%s merged: logits are off by %g", name, d)
		}
	}
}

// What peft loads of a folder that is written here, cmd/versus/folders.py adapted tells.
func TestAdapterIsSavedAsPeftDoes(t *testing.T) {
	for _, name := range sortedKeys(adapters) {
		m, _ := load(t, testdata(adapters[name]))
		if err := LoadAdapter(testdata(name), m); err != nil {
			t.Fatal(err)
		}
		out := &quern.Memory{}
		blobs, err := SaveAdapter(out, m, "base")
		if err != nil || len(blobs) != 2 {
			t.Fatal(blobs, err)
		}
		got, _ := quern.ReadBlob(out, adapterConfig)
		path := filepath.Join("testdata", "saved", name+"-"+adapterConfig)
		if *update {
			if err := os.WriteFile(path, got, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(path); err != nil || string(want) != string(got) {
			t.Errorf("%s: %s has changed: %v\n%s", name, adapterConfig, err, got)
		}
		again, _ := load(t, testdata(adapters[name]))
		if err := LoadAdapter(out, again); err != nil {
			t.Fatal(err)
		}
		if d := off(t, again, name); !(d < 1e-4) {
			t.Errorf("%s saved: logits are off by %g", name, d)
		}
		theirs, ours := tensorNames(t, testdata(name), adapterWeights), tensorNames(t, out, adapterWeights)
		if theirs != ours {
			t.Errorf("%s: tensors\n%s\nwant\n%s", name, ours, theirs)
		}
	}
	m, _ := load(t, testdata("qwen2"))
	if _, err := SaveAdapter(&quern.Memory{}, m, ""); err == nil {
		t.Error("a model without an adapter has one")
	}
}

func tensorNames(t testing.TB, dir quern.Dir, file string) string {
	t.Helper()
	w := &weights{byName: map[string]tensor{}}
	defer w.close()
	if err := w.open(dir, file); err != nil {
		t.Fatal(err)
	}
	return strings.Join(sortedKeys(w.byName), "\n")
}

func TestAdapterRefuses(t *testing.T) {
	f := func(file, edit string, want ...string) {
		t.Helper()
		m, _ := load(t, testdata("gpt2"))
		err := LoadAdapter(edited(t, "gpt2-dora", map[string]string{file: edit}), m)
		for _, w := range want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%s: error %v, want one about %q", edit, err, w)
			}
		}
	}
	const c = adapterConfig
	f(c, `"LORA" => "IA3"`, `peft_type is "IA3"`)
	f(c, `"CAUSAL_LM" => "FEATURE_EXTRACTION"`, "task_type")
	f(c, `"r": 2 => "r": 3`, "tensor base_model.model.transformer.h.0.attn.c_attn.lora_A.weight has shape [2 16], the model wants [3 16]", "h.1.mlp.c_proj.lora_B.weight")
	f(c, `"r": 2, => `, "r is missing")
	f(c, `"rank_pattern": {} => "rank_pattern": {"c_attn": 4}`, "rank_pattern")
	f(c, `"alpha_pattern": {} => "alpha_pattern": {"c_attn": 4}`, "alpha_pattern")
	f(c, `"bias": "none" => "bias": "all"`, `bias is "all"`)
	f(c, `"use_dora": true => "use_dora": false`, "lora_magnitude_vector is of no use here")
	f(c, `"init_lora_weights": true => "init_lora_weights": "pissa"`, "init_lora_weights")
	f(c, `"layers_to_transform": null => "layers_to_transform": [0]`, "layers_to_transform is [0]")
	f(c, `"c_attn" => "q_proj"`, "q_proj")
	f(c, `"c_attn" => "c_fc"`, "h.0.mlp.c_fc.lora_A.weight [2 16] is missing", "c_attn.lora_A.weight is of no use here")
	f(c, `{ => [`, "offset")
	f(adapterWeights, "", adapterWeights)
}
