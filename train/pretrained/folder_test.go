package pretrained

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/train/format"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/ops/cpu"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// names are the folders of testdata that transformers wrote (cmd/versus/folders.py).
var names = []string{"gpt2", "llama", "mistral", "qwen2", "qwen3"}

func testdata(name string) quern.Local { return quern.Local(filepath.Join("testdata", name)) }

func load(t testing.TB, dir quern.Dir) (*model.Model, *Folder) {
	t.Helper()
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := f.Load(cpu.New(1), 0, 32)
	if err != nil {
		t.Fatal(err)
	}
	return m, f
}

// golden is what transformers computes of a folder's model: tokens, and the logits of each.
func golden(t testing.TB, name string) (tokens []int32, logits format.Tensor) {
	t.Helper()
	b, err := quern.ReadBlob(testdata(name), "golden.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	f, err := format.Read(strings.NewReader(string(b)), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range f.Tensors {
		if x.Name == "logits" {
			logits = x
			continue
		}
		for _, v := range x.Data {
			tokens = append(tokens, int32(v))
		}
	}
	return tokens, logits
}

// off is the largest difference between a model's log-probabilities, of every token at every place, and transformers'.
func off(t testing.TB, m *model.Model, name string) (worst float64) {
	t.Helper()
	tokens, want := golden(t, name)
	b := model.Batch{Rows: 1, Cols: len(tokens), Tokens: tokens, Targets: make([]int32, len(tokens))}
	logp := make([]float64, len(tokens))
	for target := range want.Shape[1] {
		for i := range b.Targets {
			b.Targets[i] = int32(target)
		}
		m.Forward(&b, &model.Signals{LogP: logp})
		for i := range tokens {
			row := want.Data[i*want.Shape[1] : (i+1)*want.Shape[1]]
			sum := 0.0
			for _, v := range row {
				sum += math.Exp(float64(v - row[target]))
			}
			worst = max(worst, math.Abs(logp[i]+math.Log(sum)))
		}
	}
	return worst
}

func TestModelsOfTransformersComputeTheSame(t *testing.T) {
	for _, name := range names {
		m, f := load(t, testdata(name))
		if d := off(t, m, name); !(d < 1e-4) {
			t.Errorf("%s: logits are off by %g", name, d)
		}
		if f.Tokenizer == nil || f.Text.EOS != "<|endoftext|>" {
			t.Errorf("%s: text %+v", name, f.Text)
		}
	}
}

// What is written is what was read: the same weights to the bit if they are F32, and the same shape.
func TestWhatIsSavedIsLoaded(t *testing.T) {
	for _, name := range names {
		m, f := load(t, testdata(name))
		for _, o := range []Options{{}, {Dtype: format.BF16}, {Dtype: format.F16, Shard: 8000}} {
			dir := &quern.Memory{}
			blobs, err := Save(dir, m, f.Tokenizer, f.Text, o)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range blobs {
				if got, err := quern.ReadBlob(dir, b.Name); err != nil || quern.DigestOf(got) != b.Digest || int64(len(got)) != b.Size {
					t.Errorf("%s %+v: %s is not what was told: %v", name, o, b.Name, err)
				}
			}
			again, g := load(t, dir)
			if again.Config() != m.Config().Resolved() && again.Config().Resolved() != m.Config().Resolved() {
				t.Errorf("%s %+v: config %+v, want %+v", name, o, again.Config(), m.Config())
			}
			if o.Dtype == "" && fmt.Sprint(g.Text) != fmt.Sprint(f.Text) {
				t.Errorf("%s: text %+v, want %+v", name, g.Text, f.Text)
			}
			if (g.Files > 1) != (o.Shard > 0) {
				t.Errorf("%s %+v: %d files", name, o, g.Files)
			}
			for i, p := range again.Params() {
				if o.Dtype == "" && !slices.Equal(p.W, m.Params()[i].W) {
					t.Errorf("%s: %s is another", name, p.Name)
				}
			}
		}
	}
}

// The bytes of our own folders are a promise; cmd/versus/folders.py check holds transformers against them.
func TestFolderBytes(t *testing.T) {
	for _, name := range names {
		m, f := load(t, testdata(name))
		out := &quern.Memory{}
		if _, err := Save(out, m, f.Tokenizer, f.Text, Options{}); err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{ConfigName, generationName, tokenizerSetup} {
			got, err := quern.ReadBlob(out, file)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", "saved", name+"-"+file)
			if *update {
				os.MkdirAll(filepath.Dir(path), 0o777)
				if err := os.WriteFile(path, got, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Errorf("%s: %s has changed:\n%s\nwant\n%s", name, file, got, want)
			}
		}
	}
}

func TestShorterContext(t *testing.T) {
	for _, name := range names {
		f, err := Open(testdata(name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		m, err := f.Load(cpu.New(1), 24, 24)
		if err != nil {
			t.Fatal(err)
		}
		if d := off(t, m, name); !(d < 1e-4) || m.Config().Context != 24 {
			t.Errorf("%s: with a context of %d logits are off by %g", name, m.Config().Context, d)
		}
		if _, err := f.Load(cpu.New(1), 65, 1); err == nil || !strings.Contains(err.Error(), "context") {
			t.Errorf("%s: a longer context: error %v", name, err)
		}
	}
}

// edited is a folder of testdata with changes to its files: "old => new" in a file of text, the empty string for what shall not be there.
func edited(t testing.TB, name string, edits map[string]string) *quern.Memory {
	t.Helper()
	out := &quern.Memory{}
	files, err := testdata(name).List("")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := quern.ReadBlob(testdata(name), file)
		if err != nil {
			t.Fatal(err)
		}
		for at, edit := range edits {
			if at != file {
				continue
			}
			old, now, ok := strings.Cut(edit, " => ")
			if !ok {
				b = nil
				continue
			}
			if !strings.Contains(string(b), old) {
				t.Fatalf("%s/%s has no %q", name, file, old)
			}
			b = []byte(strings.Replace(string(b), old, now, 1))
		}
		if b != nil {
			if err := quern.WriteBlob(out, file, b); err != nil {
				t.Fatal(err)
			}
		}
	}
	return out
}

func TestOpenRefuses(t *testing.T) {
	f := func(name, file, edit string, want ...string) {
		t.Helper()
		x, err := Open(edited(t, name, map[string]string{file: edit}))
		if err == nil {
			x.Close()
		}
		for _, w := range want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%s, %s: %s: error %v, want one about %q", name, file, edit, err, w)
			}
		}
	}
	const c = ConfigName
	f("llama", c, `"model_type": "llama" => "model_type": "gemma2"`, `model_type is "gemma2"`)
	f("llama", c, `"LlamaForCausalLM" => "LlamaForTokenClassification"`, "architectures")
	f("llama", c, `"attention_bias": false => "attention_bias": true`, "attention_bias is true")
	f("llama", c, `"mlp_bias": false => "mlp_bias": true`, "mlp_bias is true")
	f("llama", c, `"silu" => "relu"`, `hidden_act is "relu"`)
	f("llama", c, `"hidden_size": 16, => `, "hidden_size is missing")
	f("llama", c, `"hidden_size": 16 => "hidden_size": "16"`, `hidden_size is "16", want a whole number`)
	f("llama", c, `"hidden_size": 16 => "hidden_size": -16`, `hidden_size is -16`)
	f("llama", c, `"hidden_size": 16 => "hidden_size": 16, "hidden_size": 32`, `"hidden_size" twice`)
	f("llama", c, `"hidden_size": 16 => "hidden_size": 32`, "hidden_size is 32, by model.embed_tokens.weight [272 16] it is 16", "model.norm.weight of")
	f("llama", c, `"vocab_size": 272 => "vocab_size": 264`, "vocab_size is 264, by model.embed_tokens.weight [272 16] it is 272")
	f("llama", c, `"intermediate_size": 40 => "intermediate_size": 48`, "intermediate_size is 48", "it is 40")
	f("llama", c, `"num_hidden_layers": 2 => "num_hidden_layers": 3`, "num_hidden_layers is 3, by the tensors it is 2", "tensor model.layers.2.mlp.gate_proj.weight [40 16] is missing")
	f("llama", c, `"num_hidden_layers": 2 => "num_hidden_layers": 1`, "num_hidden_layers is 1, by the tensors it is 2", "tensor model.layers.1.mlp.gate_proj.weight [40 16] of model-0")
	f("llama", c, `"num_key_value_heads": 2 => "num_key_value_heads": 4`, "num_key_value_heads is 4", "it is 2")
	f("llama", c, `"rope_type": "llama3" => "rope_type": "longrope"`, `rope_type is "longrope"`)
	f("llama", c, `"factor": 4.0, => `, "factor is missing")
	f("llama", c, `"rope_parameters": { => "rope_theta": 7.0, "rope_parameters": {`, "rope_theta is 7, rope_parameters says 500000")
	f("llama", c, `"rope_parameters": { => "rope_scaling": {"type": "linear", "factor": 2}, "rope_parameters": {`, "rope_scaling is")
	f("llama", c, `"use_cache": true => "quantization_config": {"bits": 4}`, "quantization_config")
	f("llama", c, `"vocab_size": 272 => "vocab_size": 272, "sliding_window": 8`, "sliding_window is 8")
	f("llama", c, `{ => [`, "offset")
	f("llama", c, `"use_cache" => "partial_rotary_factor": 0.5, "use_cache"`, "partial_rotary_factor is 0.5")
	f("gpt2", c, `"gelu_new" => "gelu"`, `activation_function is "gelu"`)
	f("gpt2", c, `"scale_attn_by_inverse_layer_idx": false => "scale_attn_by_inverse_layer_idx": true`, "scale_attn_by_inverse_layer_idx")
	f("gpt2", c, `"n_positions": 32 => "n_positions": 64`, "n_positions is 64", "it is 32")
	f("gpt2", c, `"n_head": 4 => "n_head": 3`, "heads is 3")
	f("gpt2", c, `"tie_word_embeddings": true => "tie_word_embeddings": false`, "lm_head.weight [264 16] is missing", "tie_word_embeddings")
	f("qwen2", c, `"full_attention" => "chunked_attention"`, "layer_types")
	f("mistral", c, `"sliding_window": 5 => "sliding_window": 5, "layer_types": ["full_attention", "sliding_attention"]`, "layer_types", "1 layers with a window and 1 without")
	f("mistral", WeightsName, "", "model.safetensors")
	f("mistral", WeightsName, `model.norm.weight" => model.norm.weighs"`, "tensor model.norm.weight [16] is missing", "tensor model.norm.weighs [16] of model.safetensors")
	f("llama", format.IndexName, `model-00001-of-00003 => ../model-00001-of-00003`, "want the name of a .safetensors file")
	f("llama", format.IndexName, `"model.norm.weight": => "model.norm.weighs":`, "tensor model.norm.weighs is not in", "does not name tensor model.norm.weight")
	f("llama", "model-00002-of-00003.safetensors", "", "model-00002")
	f("llama", tokenizerSetup, `{ => [`, tokenizerSetup)
	f("qwen2", generationName, `"eos_token_id": 261 => "eos_token_id": 400`, "eos_token_id has 400, the tokenizer has 264 ids")
	f("qwen3", c, `"vocab_size": 264 => "vocab_size": 200`, "vocab_size is 200")
}

func TestPaddedVocabularyIsTold(t *testing.T) {
	_, f := load(t, testdata("llama"))
	if len(f.Notes) != 1 || !strings.Contains(f.Notes[0], "272 rows, the tokenizer 264 ids: the last 8 are padding") {
		t.Errorf("notes %q", f.Notes)
	}
}

func TestTokenizerOfAnotherModel(t *testing.T) {
	dir := edited(t, "qwen2", nil)
	b, _ := quern.ReadBlob(testdata("qwen2"), TokenizerName)
	b = []byte(strings.Replace(string(b), `"id": 263`, `"id": 300`, 1))
	if err := quern.WriteBlob(dir, TokenizerName, b); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "has 301 ids, the embedding 264: the tokenizer is another model's") {
		t.Errorf("error %v", err)
	}
}

// In the spelling of transformers 4, in all its forms.
func TestSpellings(t *testing.T) {
	base := `{"model_type":"qwen2","vocab_size":10,"hidden_size":8,"intermediate_size":8,"num_hidden_layers":4,
		"num_attention_heads":2,"max_position_embeddings":32,"torch_dtype":"bfloat16"`
	f := func(more string, want func(*model.Config)) {
		t.Helper()
		c, err := parseConfig([]byte(base + more + "}"))
		if err != nil {
			t.Errorf("%s: %v", more, err)
			return
		}
		w := model.Config{Arch: model.Qwen2, Layers: 4, Width: 8, Heads: 2, KVHeads: 2, Hidden: 8, Context: 32, Vocab: 10, RopeTheta: 10000, NormEps: 1e-6}
		want(&w)
		if c.Config != w || c.dtype != "bfloat16" {
			t.Errorf("%s:\nis   %+v\nwant %+v", more, c.Config, w)
		}
	}
	f("", func(*model.Config) {})
	f(`,"rope_theta":1e6,"tie_word_embeddings":true,"num_key_value_heads":1`, func(c *model.Config) { c.RopeTheta, c.Tied, c.KVHeads = 1e6, true, 1 })
	f(`,"rope_scaling":null,"head_dim":null`, func(*model.Config) {})
	f(`,"rope_scaling":{"type":"linear","factor":2}`, func(c *model.Config) { c.Scaling = model.RopeScaling{Kind: model.ScaleLinear, Factor: 2} })
	f(`,"rope_scaling":{"rope_type":"dynamic","factor":2}`, func(c *model.Config) { c.Scaling = model.RopeScaling{Kind: model.ScaleNTK, Factor: 2, Original: 32} })
	f(`,"rope_scaling":{"type":"yarn","factor":4.0,"original_max_position_embeddings":8,"beta_fast":16}`,
		func(c *model.Config) {
			c.Scaling = model.RopeScaling{Kind: model.ScaleYaRN, Factor: 4, Original: 8, BetaFast: 16}
		})
	f(`,"use_sliding_window":false,"sliding_window":16,"max_window_layers":2`, func(*model.Config) {})
	f(`,"use_sliding_window":true,"sliding_window":16,"max_window_layers":4`, func(*model.Config) {})
	f(`,"use_sliding_window":true,"sliding_window":16,"max_window_layers":0`, func(c *model.Config) { c.Window = 16 })
	f(`,"architectures":["Qwen2ForSequenceClassification"],"num_labels":1`, func(c *model.Config) { c.Scores, c.Tied = 1, true })
}
