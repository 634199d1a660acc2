package train

import (
	"bytes"
	"context"
	"math"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/train/data/chat"
)

func TestComplete(t *testing.T) {
	c := tinyConfig()
	c.Steps, c.LR, c.Model.Context, c.Sample.Prompts = 60, 2e-2, 16, nil
	e := tinyEnv(t, &quern.Memory{})
	pretrain(t, c, e)
	m, err := LoadModel(e.Dir, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	say := func(s Sampling, text string, seed uint64) string {
		t.Helper()
		out, err := Complete(m, e.Tokenizer, s, text, seed)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	greedy, warm := Sampling{Tokens: 8, TopP: 1}, Sampling{Tokens: 8, Temperature: 3, TopP: 1}
	if a := say(greedy, "the", 1); a == "" || a != say(greedy, "the", 2) {
		t.Errorf("greedy depends on the seed, or says nothing: %q", a)
	}
	if first := say(warm, "the", 1); first != say(warm, "the", 1) || first == say(warm, "the", 2) {
		t.Error("one seed draws two texts, or two seeds one")
	}
	if say(Sampling{TopP: 1}, "the", 1) != "" {
		t.Error("0 tokens say something")
	}
	// A sample ends before its stop token, and at the end of the context.
	p := textPrompt(e.Tokenizer, "")
	long, _ := generate(m, e.Tokenizer, Sampling{Tokens: 99, TopP: 1}, prompt{tokens: p.tokens}, 1)
	if n := len(e.Tokenizer.NewEncoder().Append(nil, []byte(long))); n > 16 || n == 0 {
		t.Errorf("%d tokens after one, of a context of 16", n)
	}
	first, _ := generate(m, e.Tokenizer, Sampling{Tokens: 1, TopP: 1}, prompt{tokens: p.tokens}, 1)
	ids := e.Tokenizer.NewEncoder().Append(nil, []byte(first))
	if got, _ := generate(m, e.Tokenizer, greedy, prompt{tokens: p.tokens, stop: []int32{int32(ids[0])}}, 1); got != "" {
		t.Errorf("a stop token did not stop: %q", got)
	}
	if _, err := Complete(m, e.Tokenizer, greedy, strings.Repeat("xyz", 9), 1); err == nil || !strings.Contains(err.Error(), "context is 16") {
		t.Errorf("a long prompt: %v", err)
	}
	if _, err := Complete(m, e.Tokenizer, Sampling{}, "the", 1); err == nil {
		t.Error("a top_p of 0 is accepted")
	}
	m.Params()[0].W[int(e.Tokenizer.EndOfText())*16] = float32(math.NaN())
	if _, err := Complete(m, e.Tokenizer, warm, "the", 1); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("weights that are no numbers: %v", err)
	}
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
	m, err := LoadModel(e.Dir, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Answer(m, e.Tokenizer, c.Sample, chat.ChatML, "m3", 1); err != nil || got != "corn" {
		t.Errorf("answered %q, %v; want corn and then <|im_end|>", got, err)
	}
	if _, err := Answer(m, e.Tokenizer, c.Sample, "alpaca", "m3", 1); err == nil {
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
	// One answer is cut, one lies beyond the context.
	r, err := sft(good+`{"prompt": "m", "completion": "`+long+`"}`+"\n"+`{"prompt": "`+long+`", "completion": "m"}`, none)
	if err != nil || r.Cut != 2 {
		t.Errorf("cut %d, %v; want 2", r.Cut, err)
	}
	for _, c := range []struct {
		name, rows, want string
		change           func(*SFTConfig)
	}{
		{"no answer", good + `{"prompt": "m", "completion": ""}`, "rows.jsonl:2: no answer", none},
		{"all too long", `{"prompt": "` + long + `", "completion": "m"}`, "no conversation has an answer within", none},
		{"no data", good, "lists no data", func(c *SFTConfig) { c.Data = nil }},
		{"template", good, "alpaca", func(c *SFTConfig) { c.Template = "alpaca" }},
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
	if _, err := LoadModel(&quern.Memory{}, 1, 0); err == nil {
		t.Error("a model out of an empty folder")
	}
}
