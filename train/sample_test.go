package train

import (
	"math"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

func TestSamples(t *testing.T) {
	c := tinyConfig()
	c.Steps, c.LR, c.Model.Context, c.Sample.Prompts = 60, 2e-2, 16, nil
	e := tinyEnv(t, &quern.Memory{})
	pretrain(t, c, e)
	m, _, err := LoadFolder(quern.Sub(e.Dir, finalName), 1, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	say := func(s Sampling, text string, seed uint64) string {
		t.Helper()
		out, err := generate(m, e.Tokenizer, s, textPrompt(e.Tokenizer, text), seed)
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
	if _, err := generate(m, e.Tokenizer, greedy, textPrompt(e.Tokenizer, strings.Repeat("xyz", 9)), 1); err == nil || !strings.Contains(err.Error(), "context is 16") {
		t.Errorf("a long prompt: %v", err)
	}
	if _, err := generate(m, e.Tokenizer, Sampling{}, textPrompt(e.Tokenizer, "the"), 1); err == nil {
		t.Error("a top_p of 0 is accepted")
	}
	m.Params()[0].W[int(e.Tokenizer.EndOfText())*16] = float32(math.NaN())
	if _, err := generate(m, e.Tokenizer, warm, textPrompt(e.Tokenizer, "the"), 1); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("weights that are no numbers: %v", err)
	}
}
