package model

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern/train/ops/cpu"
)

func TestValidateSaysWhatIsWrong(t *testing.T) {
	f := func(change func(*Config), want string) {
		t.Helper()
		c := Default()
		c.Vocab = 100
		change(&c)
		err := c.Validate()
		if want == "" {
			if err != nil {
				t.Error(err)
			}
			return
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one about %q", err, want)
		}
		if _, err := New(c, cpu.New(1), 1); err == nil {
			t.Errorf("New takes a config with a bad %s", want)
		}
	}
	f(func(c *Config) {}, "")
	f(func(c *Config) { c.Arch = "gpt3" }, "arch")
	f(func(c *Config) { c.Layers = 0 }, "layers")
	f(func(c *Config) { c.Width = -1 }, "width")
	f(func(c *Config) { c.Heads = 7 }, "heads")
	f(func(c *Config) { c.Heads = 0 }, "heads")
	f(func(c *Config) { c.KVHeads = 3 }, "kv_heads")
	f(func(c *Config) { c.Hidden = -1 }, "hidden")
	f(func(c *Config) { c.Context = 0 }, "context")
	f(func(c *Config) { c.Vocab = 0 }, "vocab")
	f(func(c *Config) { c.NormEps = 0 }, "norm_eps")
	f(func(c *Config) { c.RopeTheta = 0 }, "rope_theta")
	f(func(c *Config) { c.Width, c.Heads = 9, 3 }, "odd")
	f(func(c *Config) { c.Arch, c.Width, c.Heads = GPT2, 9, 3 }, "")
	f(func(c *Config) { c.Scores = -1 }, "scores")
	f(func(c *Config) { c.HeadSize = -2 }, "head_size")
	f(func(c *Config) { c.Heads, c.KVHeads, c.HeadSize = 7, 7, 10 }, "")
	f(func(c *Config) { c.Arch, c.Heads, c.HeadSize = Qwen3, 3, 9 }, "odd")
	f(func(c *Config) { c.Window = 8 }, "window is 8, but llama looks at all tokens before: mistral")
	f(func(c *Config) { c.Arch, c.Window = Mistral, -8 }, "window")
	f(func(c *Config) { c.Arch, c.Window = Qwen2, 8 }, "")
	f(func(c *Config) { c.Arch, c.KVHeads = GPT2, 2 }, "kv_heads")
	f(func(c *Config) { c.Arch, c.HeadSize = GPT2, 8 }, "make up its width")
	f(func(c *Config) { c.Arch, c.Scaling = GPT2, RopeScaling{Kind: ScaleLinear, Factor: 2} }, "learns its positions")
	scaling := func(s RopeScaling, want string) {
		t.Helper()
		f(func(c *Config) { c.Scaling = s }, want)
	}
	scaling(RopeScaling{Kind: ScaleLinear, Factor: 2}, "")
	scaling(RopeScaling{Kind: ScaleNTK, Factor: 2, Original: 128}, "")
	scaling(RopeScaling{Kind: ScaleYaRN, Factor: 2, Original: 128, BetaFast: 16, MScale: 1, MScaleAll: 1, Fraction: true}, "")
	scaling(RopeScaling{Kind: ScaleLlama3, Factor: 8, Original: 128, Low: 1, High: 4}, "")
	scaling(RopeScaling{Factor: 2}, "no kind")
	scaling(RopeScaling{Kind: "longrope", Factor: 2}, `kind is "longrope"`)
	scaling(RopeScaling{Kind: ScaleLinear, Factor: 0.5}, "factor")
	scaling(RopeScaling{Kind: ScaleLinear, Factor: math.NaN()}, "factor")
	scaling(RopeScaling{Kind: ScaleLinear, Factor: 2, Original: 8}, "needs none")
	scaling(RopeScaling{Kind: ScaleNTK, Factor: 2, Original: -1}, "original")
	scaling(RopeScaling{Kind: ScaleNTK, Factor: 2, Low: 1}, "low and high are of llama3")
	scaling(RopeScaling{Kind: ScaleLlama3, Factor: 2, Low: 4, High: 4}, "0 < low < high")
	scaling(RopeScaling{Kind: ScaleLlama3, Factor: 2, Low: 1, High: 4, BetaFast: 3}, "are of yarn")
	scaling(RopeScaling{Kind: ScaleYaRN, Factor: 2, BetaFast: 1, BetaSlow: 2}, "the larger")
	scaling(RopeScaling{Kind: ScaleYaRN, Factor: 2, BetaFast: math.NaN()}, "the larger")
	scaling(RopeScaling{Kind: ScaleYaRN, Factor: 2, MScale: -1}, "below 0")
	f(func(c *Config) { c.HeadSize, c.Scaling = 2, RopeScaling{Kind: ScaleNTK, Factor: 2} }, "needs 4")
	f(func(c *Config) { c.Layers, c.Width, c.Heads = 1024, 1<<20, 1 }, "")
}

func TestTooLargeIsAnError(t *testing.T) {
	c := Config{Arch: Llama, Layers: 1024, Width: 1 << 20, Heads: 1, Context: 8, Vocab: 10, RopeTheta: 1e4, NormEps: 1e-5}
	if _, err := New(c, cpu.New(1), 1); err == nil {
		t.Error("New takes a model that no machine holds")
	}
	if _, err := New(small(Llama, true, 0), cpu.New(1), 0); err == nil {
		t.Error("New takes room for no token")
	}
}

func ExampleNew() {
	m, err := New(Config{Arch: GPT2, Layers: 1, Width: 8, Heads: 2, Context: 4, Vocab: 3, Tied: true, NormEps: 1e-5}, cpu.New(1), 4)
	if err != nil {
		fmt.Println(err)
		return
	}
	m.Init(1)
	s := &Signals{LogP: make([]float64, 3)}
	m.Forward(&Batch{Rows: 1, Cols: 3, Tokens: []int32{0, 1, 2}, Targets: []int32{1, 2, -1}}, s)
	fmt.Printf("%.0f %.0f %.0f\n", s.LogP[0], s.LogP[1], s.LogP[2])
	// Output: -1 -1 0
}
