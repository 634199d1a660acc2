package train

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/train/data"
	"github.com/seed-83c59573/quern/train/data/chat"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/ops/cpu"
	"github.com/seed-83c59573/quern/train/pretrained"
)

func mustNamed(t testing.TB, name string) *chat.Template {
	t.Helper()
	tpl, err := chat.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	return tpl
}

func TestSFTLearnsToAnswer(t *testing.T) {
	base, c := chatBase(t), tinySFT(t)
	c.Steps, c.LR, c.Sample.Prompts, c.Sample.Temperature = 50, 2e-2, nil, 0
	e := tinyEnv(t, &quern.Memory{})
	r, err := SFT(context.Background(), c, base, e)
	if err != nil {
		t.Fatal(err)
	}
	if !(r.LossLast < 0.2) || r.Cut != 0 {
		t.Errorf("%+v", r)
	}
	m, _, err := LoadFolder(quern.Sub(e.Dir, finalName), 1, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	f, err := pretrained.Open(quern.Sub(e.Dir, finalName))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tpl, err := TemplateOf(f.Text, "none")
	if err != nil {
		t.Fatal(err)
	}
	enc, err := chat.NewEncoder(tpl, e.Tokenizer)
	if err != nil {
		t.Fatal(err)
	}
	p, err := chatPrompt(enc, "m3")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := generate(m, e.Tokenizer, c.Sample, p, 1); err != nil || got != "corn" {
		t.Errorf("answered %q, %v; want corn and then <|im_end|>", got, err)
	}
	if f.Text.EOS != "<|im_end|>" || f.Text.AddBOS || tpl.Jinja() != mustNamed(t, chat.ChatML).Jinja() {
		t.Errorf("the folder's text is %+v", f.Text)
	}
	if _, err := TemplateOf(pretrained.Text{}, "none"); err == nil {
		t.Error("an unknown template is accepted")
	}
}

func TestSFTCutsAndRefuses(t *testing.T) {
	base := chatBase(t)
	const good = `{"prompt": "m", "completion": "corn"}` + "\n"
	long := strings.Repeat("qz", 60)
	sft := func(rows string, change func(*SFTConfig)) (Result, error) {
		c := tinySFT(t)
		c.Steps = 1
		path := filepath.Join(t.TempDir(), "rows.jsonl")
		if err := os.WriteFile(path, []byte(rows), 0o666); err != nil {
			t.Fatal(err)
		}
		c.Data = []string{path}
		change(&c)
		return SFT(context.Background(), c, base, tinyEnv(t, &quern.Memory{}))
	}
	none := func(*SFTConfig) {}
	// One answer is too long, one lies beyond the context.
	rows := good + `{"prompt": "m", "completion": "` + long + `"}` + "\n" + `{"prompt": "` + long + `", "completion": "m"}`
	for long, want := range map[string][2]int{chat.CutTurns: {0, 2}, chat.CutTokens: {1, 1}, chat.LeaveOut: {0, 2}} {
		r, err := sft(rows, func(c *SFTConfig) { c.Long = long })
		if err != nil || r.Cut != want[0] || r.Dropped != want[1] {
			t.Errorf("%s: cut %d, dropped %d, %v; want %v", long, r.Cut, r.Dropped, err, want)
		}
	}
	for _, c := range []struct {
		name, rows, want string
		change           func(*SFTConfig)
	}{
		{"no answer", good + `{"prompt": "m", "completion": ""}`, "rows.jsonl:2: message 2: the assistant says nothing", none},
		{"all too long", `{"prompt": "` + long + `", "completion": "m"}`, "no conversation has an answer within", none},
		{"no data", good, "lists no data", func(c *SFTConfig) { c.Data = nil }},
		{"too long", rows, "rows.jsonl:2: ", func(c *SFTConfig) { c.Long = chat.Refuse }},
		{"template", good, `"vicuna"`, func(c *SFTConfig) { c.Template = "vicuna" }},
		{"a template of another tokenizer", good, "no special token <|begin_of_text|>", func(c *SFTConfig) { c.Template = chat.Llama3 }},
		{"rows", good, "rows of the shape", func(c *SFTConfig) { c.Rows = "csv" }},
		{"roles", good, `"wizard"`, func(c *SFTConfig) { c.Roles = []string{"wizard"} }},
		{"long", good, "squeeze", func(c *SFTConfig) { c.Long = "squeeze" }},
		{"context", good, "context is 128, the model's 64", func(c *SFTConfig) { c.Context, c.Batch = 128, 128 }},
		{"two lengths", good, "want one of them", func(c *SFTConfig) { c.Epochs = 2 }},
		{"validation", good, "validation is 1 of", func(c *SFTConfig) { c.Validation = 1 }},
		{"nothing held out", good, "of 1 conversations, ", func(c *SFTConfig) { c.Validation = 0.5 }},
		{"replay", good, "replay is -1", func(c *SFTConfig) { c.Replay = -1 }},
		{"an eval of nothing", good, "nothing to measure", func(c *SFTConfig) { c.Eval = 1 }},
		{"early stop of nothing", good, "early_stop needs", func(c *SFTConfig) { c.EarlyStop.Patience = 1 }},
		{"lora", good, "lora.r is 0", func(c *SFTConfig) { c.LoRA = &LoRA{} }},
		{"lora of nothing", good, "nothing_proj", func(c *SFTConfig) { c.LoRA = &LoRA{R: 2, Targets: []string{"nothing_proj"}} }},
		{"batch", good, "multiple of the context", func(c *SFTConfig) { c.Batch = 100 }},
		{"prompt", good, "context is 64", func(c *SFTConfig) { c.Sample.Prompts = []string{long} }},
	} {
		if _, err := sft(c.rows, c.change); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", c.name, err, c.want)
		}
	}
	for name, b := range map[string][]byte{"checkpoint/config.json": []byte("{"), "checkpoint/model.safetensors": []byte("x")} {
		dir := &quern.Memory{}
		for _, n := range []string{"checkpoint/config.json", "checkpoint/model.safetensors"} {
			content := bytes.Clone(blob(t, base, n))
			if n == name {
				content = b
			}
			if err := quern.WriteBlob(dir, n, content); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := SFT(context.Background(), tinySFT(t), dir, tinyEnv(t, &quern.Memory{})); err == nil || !strings.Contains(err.Error(), "checkpoint: "+path.Base(name)) {
			t.Errorf("a damaged %s: %v", name, err)
		}
	}
	if _, _, err := LoadFolder(quern.Sub(&quern.Memory{}, finalName), 1, 0, 0); err == nil {
		t.Error("a model out of an empty folder")
	}
}

func tune(t testing.TB, c SFTConfig, base quern.Dir, e Env) Result {
	t.Helper()
	r, err := SFT(context.Background(), c, base, e)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What was learned before is measured before, between and after, and replay makes less of it go.
func TestForgettingIsMeasured(t *testing.T) {
	base := chatBase(t)
	c := tinySFT(t)
	c.Steps, c.LR, c.Forgetting, c.Eval, c.Sample.Prompts = 30, 1e-2, true, 10, nil
	var log bytes.Buffer
	e := tinyEnv(t, &quern.Memory{})
	e.Log = &log
	plain := tune(t, c, base, e)
	if plain.Forgetting == nil || !(plain.Forgetting.Nats() > 0) {
		t.Fatalf("forgetting: %v, want above 0 after so rough a tuning", plain.Forgetting)
	}
	if !strings.Contains(plain.String(), fmt.Sprintf("forgetting: +%.3f nats", plain.Forgetting.Nats())) {
		t.Errorf("the result reads %s", plain.String())
	}
	var steps []int
	for _, l := range bytes.Split(bytes.TrimSpace(log.Bytes()), []byte("\n")) {
		var x struct {
			Step int
			Loss *float64 `json:"pretrain_loss"`
		}
		if err := json.Unmarshal(l, &x); err != nil {
			t.Fatal(err)
		}
		if x.Loss != nil {
			steps = append(steps, x.Step)
			if x.Step == 0 && *x.Loss != plain.Forgetting.Before {
				t.Errorf("before: %v in the log, %v in the result", *x.Loss, plain.Forgetting.Before)
			}
		}
	}
	if fmt.Sprint(steps) != "[0 10 20 30]" {
		t.Errorf("measured at the steps %v", steps)
	}
	c.Replay = 0.5
	c.Steps = 60 // half of them
	again := tune(t, c, base, tinyEnv(t, &quern.Memory{}))
	if again.Forgetting.Before != plain.Forgetting.Before || !(again.Forgetting.Nats() < plain.Forgetting.Nats()/2) {
		t.Errorf("with replay %v, without %v; want less than half", again.Forgetting, plain.Forgetting)
	}
	e = tinyEnv(t, &quern.Memory{})
	e.Val = nil
	if _, err := SFT(context.Background(), c, base, e); err == nil || !strings.Contains(err.Error(), "no validation split") {
		t.Errorf("no validation split: %v", err)
	}
	e = tinyEnv(t, &quern.Memory{})
	e.Train = nil
	if _, err := SFT(context.Background(), c, base, e); err == nil || !strings.Contains(err.Error(), "no pretraining corpus") {
		t.Errorf("no corpus: %v", err)
	}
}

func TestHeldOutConversationsAreMeasured(t *testing.T) {
	c := tinySFT(t)
	var b bytes.Buffer
	for i := range 40 {
		fmt.Fprintf(&b, "{\"prompt\": \"m%d\", \"completion\": \"corn\"}\n", i%20) // each twice
	}
	if err := os.WriteFile(c.Data[0], b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	c.Validation, c.Eval, c.Steps, c.LR, c.Sample.Prompts = 0.3, 5, 20, 1e-2, nil
	e := tinyEnv(t, &quern.Memory{})
	r := tune(t, c, chatBase(t), e)
	if !(r.ValFirst > 1) || !(r.ValLoss < r.ValFirst/2) || r.ValBPB != 0 {
		t.Errorf("validation %v -> %v, %v bits per byte", r.ValFirst, r.ValLoss, r.ValBPB)
	}
	s := &sft{c: c.resolved(), env: e}
	if err := s.load(chatBase(t)); err != nil {
		t.Fatal(err)
	}
	if err := s.read(); err != nil {
		t.Fatal(err)
	}
	if n := len(s.held); n == 0 || n%2 != 0 || n+len(s.examples) != 40 {
		t.Errorf("%d held out, %d learned: what is there twice must stand on one side", n, len(s.examples))
	}
	for _, h := range s.held {
		for _, x := range s.examples {
			if fmt.Sprint(h.Tokens) == fmt.Sprint(x.Tokens) {
				t.Fatal("a conversation is learned and held out")
			}
		}
	}
}

func TestAdaptersAreTunedAndKept(t *testing.T) {
	base := chatBase(t)
	for name, l := range map[string]LoRA{"lora": {R: 4, Alpha: 8}, "rslora": {R: 4, Alpha: 8, RSLoRA: true}, "dora": {R: 4, DoRA: true, Targets: []string{"q_proj", "down_proj"}}} {
		c := tinySFT(t)
		c.Steps, c.LR, c.LoRA, c.Sample.Prompts, c.Sample.Temperature = 60, 2e-2, &l, nil, 0
		e := tinyEnv(t, &quern.Memory{})
		r := tune(t, c, base, e)
		if !(r.LossLast < r.LossFirst-0.1) || r.Trained == 0 || r.Trained >= r.Parameters {
			t.Errorf("%s: %+v", name, r)
		}
		merged, _, err := LoadFolder(quern.Sub(e.Dir, finalName), 1, 0, 64)
		if err != nil {
			t.Fatal(err)
		}
		beside, _, err := LoadFolder(quern.Sub(base, finalName), 1, 0, 64)
		if err != nil {
			t.Fatal(err)
		}
		if err := pretrained.LoadAdapter(quern.Sub(e.Dir, adapterName), beside); err != nil {
			t.Fatal(err)
		}
		if err := beside.Merge(); err != nil {
			t.Fatal(err)
		}
		for i, p := range merged.Params() {
			for k, w := range p.W {
				if math.Float32bits(w) != math.Float32bits(beside.Params()[i].W[k]) {
					t.Fatalf("%s: %s differs between the final model and the base with the adapter", name, p.Name)
				}
			}
		}
	}
}

// A model of a folder, with its own tokenizer and template, is tuned without a run.
func TestAFolderIsTuned(t *testing.T) {
	base, c := chatBase(t), tinySFT(t)
	c.Steps, c.LR = 50, 2e-2
	first := tinyEnv(t, &quern.Memory{})
	tune(t, c, base, first)
	c.From, c.Template = "a folder", chat.OfModel
	e := tinyEnv(t, &quern.Memory{})
	e.Tokenizer = nil
	r := tune(t, c, quern.Sub(first.Dir, finalName), e)
	if !(r.LossFirst < 0.5) || len(r.Samples) != 1 {
		t.Errorf("%+v", r)
	}
	c.From, c.Template = "", chat.OfModel
	if _, err := SFT(context.Background(), c, base, tinyEnv(t, &quern.Memory{})); err != nil && !strings.Contains(err.Error(), "brings none") {
		t.Errorf("a model without a template: %v", err)
	}
}

// What the model says of a conversation is the same to the bit, whether it stands alone in a row, or among others in any place; and so the
// loss. The gradient of the weights differs by rounding alone.
func TestPackedIsUnpacked(t *testing.T) {
	const cols = 96
	var examples []data.Example
	for i, n := range []int{5, 31, 2, 17, 40, 9, 23, 64, 3, 12, 33, 7} {
		var x data.Example
		for k := range n {
			x.Tokens = append(x.Tokens, int32((i*37+k*k*11+k)%61))
			x.Train = append(x.Train, k%3 > 0)
		}
		examples = append(examples, x)
	}
	packed, err := data.Pack(examples, cols, 0)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := data.Alone(examples, cols, 0)
	if err != nil {
		t.Fatal(err)
	}
	if packed.Len() >= alone.Len()/2 {
		t.Fatalf("%d rows packed, %d alone: nothing is shown", packed.Len(), alone.Len())
	}
	archs := map[string]func(*model.Config){"gpt2": func(c *model.Config) { c.Arch = "gpt2" }, "llama": func(c *model.Config) { c.Arch = "llama"; c.KVHeads = 2 },
		"window": func(c *model.Config) { c.Arch = "mistral"; c.Window = 8 }, "qwen3": func(c *model.Config) { c.Arch = "qwen3" }}
	for name, change := range archs {
		c := model.Default()
		c.Vocab, c.Layers, c.Width, c.Heads, c.Context, c.Hidden = 64, 2, 32, 4, cols, 0
		change(&c)
		said := map[string][]float64{} // by the conversation's tokens
		var grads [2][]float64
		var losses [2]float64
		for k, p := range []*data.Packed{packed, alone} {
			m, err := model.New(c, cpu.New(1+k), cols)
			if err != nil {
				t.Fatal(err)
			}
			m.Init(3)
			m.ZeroGrad()
			norm, count := Norm{}, 0
			for i := range p.Len() {
				norm.Tokens += p.Batch(i).Count()
			}
			for i := range p.Len() {
				b := p.Batch(i)
				s, g := Signals{LogP: make([]float64, cols)}, Grads{LogP: make([]float64, cols)}
				m.Forward(&model.Batch{Rows: 1, Cols: cols, Tokens: b.Tokens, Targets: b.Targets, Doc: b.Segments}, &s)
				losses[k] += NextToken{}.Loss(b, &s, norm, &g).Loss
				m.Backward(&g)
				count += compareDocuments(t, name, b, s.LogP, said, k == 0)
			}
			if count != len(examples) {
				t.Fatalf("%s: %d conversations seen", name, count)
			}
			for _, p := range m.Params() {
				for _, v := range p.G {
					grads[k] = append(grads[k], float64(v))
				}
			}
		}
		far, size := 0.0, 0.0
		for i, v := range grads[0] {
			far, size = far+(v-grads[1][i])*(v-grads[1][i]), size+v*v
		}
		if far = math.Sqrt(far / size); !(far < 1e-6) || math.Abs(losses[0]-losses[1]) > 1e-12 {
			t.Errorf("%s: gradients differ by %.2g, losses %v", name, far, losses)
		}
	}
}

// compareDocuments keeps what is said of each conversation of a row, or compares it with what is kept.
func compareDocuments(t *testing.T, name string, b *data.Batch, logp []float64, said map[string][]float64, keep bool) int {
	n := 0
	for from := 0; from < b.Cols; {
		to := from + 1
		for to < b.Cols && b.Segments[to] == b.Segments[from] {
			to++
		}
		part := data.Batch{Rows: 1, Cols: to - from, Targets: b.Targets[from:to]}
		if part.Count() > 0 {
			n++
			key := fmt.Sprint(b.Tokens[from:to])
			if keep {
				said[key] = logp[from:to]
			} else {
				for i, v := range logp[from:to] {
					if math.Float64bits(v) != math.Float64bits(said[key][i]) {
						t.Errorf("%s: a conversation of %d tokens: token %d has %v alone, %v among others", name, to-from, i, v, said[key][i])
						break
					}
				}
			}
		}
		from = to
	}
	return n
}

// TestAPaddedModelIsTuned: training that goes on from a folder keeps its padded embedding, and so does the tuning after it.
func TestAPaddedModelIsTuned(t *testing.T) {
	dir := &quern.Memory{}
	e := tinyEnv(t, dir)
	shape := tinyConfig().Model
	shape.Context, shape.Vocab = 64, e.Tokenizer.Vocab()+24
	m, err := newModel(shape, "fp32", 1, 64)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(3)
	if _, err := saveModel(dir, finalName, m, e.Tokenizer, pretrained.Text{}); err != nil {
		t.Fatal(err)
	}
	c := tinySFT(t)
	c.Batch, c.Micro = 64, 64
	e.Dir = &quern.Memory{}
	if _, err := SFT(t.Context(), c, dir, e); err != nil {
		t.Fatal(err)
	}
	after, err := pretrained.ReadConfig(quern.Sub(e.Dir, finalName))
	if err != nil || after.Vocab != shape.Vocab {
		t.Errorf("the tuned model has %d tokens (%v), want %d", after.Vocab, err, shape.Vocab)
	}
	c.LoRA = &LoRA{R: shape.Width + 1}
	e.Dir = &quern.Memory{}
	if _, err := SFT(t.Context(), c, dir, e); err == nil || !strings.Contains(err.Error(), "lora.r is 17") {
		t.Errorf("an adapter wider than the model: %v", err)
	}
}
