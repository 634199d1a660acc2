package model

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-83c59573/quern/train/ops"
	"github.com/seed-83c59573/quern/train/ops/cpu"
	"github.com/seed-83c59573/quern/train/ops/ref"
)

// small is a model of every kind that fits a check of each of its weights.
func small(arch string, tied bool, kv int) Config {
	c := Config{Arch: arch, Layers: 2, Width: 8, Heads: 4, KVHeads: kv, Hidden: 6, Context: 6, Vocab: 7, Tied: tied, RopeTheta: 100, NormEps: 1e-4}
	if arch == GPT2 {
		c.KVHeads = 0
	}
	if arch == Qwen3 {
		c.HeadSize = 6
	}
	return c
}

func kinds() map[string]Config {
	out := map[string]Config{}
	for _, arch := range archs {
		for _, tied := range []bool{true, false} {
			for _, kv := range []int{0, 2, 1} {
				out[fmt.Sprintf("%s tied=%v kv=%d", arch, tied, kv)] = small(arch, tied, kv)
			}
		}
	}
	return out
}

func randomBatch(c Config, rows, cols int, docs bool, seed uint64) *Batch {
	r := rand.New(rand.NewPCG(seed, 0))
	b := &Batch{Rows: rows, Cols: cols, Tokens: make([]int32, rows*cols), Targets: make([]int32, rows*cols)}
	if docs {
		b.Doc = make([]int32, rows*cols)
	}
	for i := range b.Tokens {
		b.Tokens[i], b.Targets[i] = int32(r.IntN(c.Vocab)), int32(r.IntN(c.Vocab))
		if i%5 == 3 {
			b.Targets[i] = -1
		}
		if docs && i%cols > 0 {
			b.Doc[i] = b.Doc[i-1]
			if r.IntN(3) == 0 {
				b.Doc[i]++
			}
		}
	}
	return b
}

func build[F ops.Float](t testing.TB, c Config, o ops.Ops[F], tokens int) *Decoder[F] {
	t.Helper()
	m, err := NewOf(c, o, tokens)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	return m
}

func signals(n int) *Signals { return &Signals{LogP: make([]float64, n), Entropy: make([]float64, n)} }

func TestParametersAreHuggingFaces(t *testing.T) {
	f := func(c Config, want ...string) {
		t.Helper()
		c.Layers = 1
		m := build(t, c, ops.Ops[float64](ref.Ops{}), 1)
		var got []string
		sum := 0
		for _, p := range m.Params() {
			got = append(got, fmt.Sprint(p.Name, p.Shape))
			sum += len(p.W)
			if matrix := len(p.Shape) == 2; p.Decay != matrix {
				t.Errorf("%s: decay is %v", p.Name, p.Decay)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("parameters are\n%q, want\n%q", got, want)
		}
		if sum != c.Parameters() {
			t.Errorf("Parameters says %d, there are %d", c.Parameters(), sum)
		}
	}
	f(small(Llama, false, 2), "model.embed_tokens.weight[7 8]", "model.layers.0.input_layernorm.weight[8]",
		"model.layers.0.self_attn.q_proj.weight[8 8]", "model.layers.0.self_attn.k_proj.weight[4 8]",
		"model.layers.0.self_attn.v_proj.weight[4 8]", "model.layers.0.self_attn.o_proj.weight[8 8]",
		"model.layers.0.post_attention_layernorm.weight[8]", "model.layers.0.mlp.gate_proj.weight[6 8]",
		"model.layers.0.mlp.up_proj.weight[6 8]", "model.layers.0.mlp.down_proj.weight[8 6]", "model.norm.weight[8]", "lm_head.weight[7 8]")
	f(small(GPT2, true, 0), "wte.weight[7 8]", "wpe.weight[6 8]", "h.0.ln_1.weight[8]", "h.0.ln_1.bias[8]", "h.0.attn.c_attn.weight[8 24]",
		"h.0.attn.c_attn.bias[24]", "h.0.attn.c_proj.weight[8 8]", "h.0.attn.c_proj.bias[8]", "h.0.ln_2.weight[8]", "h.0.ln_2.bias[8]",
		"h.0.mlp.c_fc.weight[8 6]", "h.0.mlp.c_fc.bias[6]", "h.0.mlp.c_proj.weight[6 8]", "h.0.mlp.c_proj.bias[8]", "ln_f.weight[8]", "ln_f.bias[8]")
}

// GPT-2's smallest size is a known number.
func TestGPT2Has124Million(t *testing.T) {
	c := Config{Arch: GPT2, Layers: 12, Width: 768, Heads: 12, Context: 1024, Vocab: 50257, Tied: true, NormEps: 1e-5}
	if got := c.Parameters(); got != 124439808 {
		t.Errorf("%d parameters, want 124439808", got)
	}
}

// A new model knows nothing: each token is as likely as any other, nearly.
func TestFirstLossIsLogOfVocabulary(t *testing.T) {
	c := small(Llama, true, 0)
	c.Vocab, c.Width = 500, 32
	m := build(t, c, cpu.New(1), 12)
	b, s := randomBatch(c, 2, 6, false, 1), signals(12)
	m.Forward(b, s)
	for i, p := range s.LogP {
		if b.Targets[i] < 0 {
			if p != 0 {
				t.Errorf("position %d has no target, but log-probability %g", i, p)
			}
			continue
		}
		if math.Abs(p+math.Log(500)) > 0.6 || math.Abs(s.Entropy[i]-math.Log(500)) > 0.1 {
			t.Errorf("position %d: log-probability %g, entropy %g; want about ∓%g", i, p, s.Entropy[i], math.Log(500))
		}
	}
}

// train takes steps of plain gradient descent and returns the losses.
func train(m *Model, b *Batch, steps int, rate float32) []float64 {
	n := b.Rows * b.Cols
	s, g := signals(n), &Grads{LogP: make([]float64, n)}
	count := 0
	for _, t := range b.Targets {
		if t >= 0 {
			count++
		}
	}
	var losses []float64
	for range steps {
		m.ZeroGrad()
		m.Forward(b, s)
		loss := 0.0
		for i := range s.LogP {
			loss -= s.LogP[i] / float64(count)
			g.LogP[i] = -1 / float64(count)
		}
		m.Backward(g)
		for _, p := range m.Trainable() {
			for i, d := range p.G {
				p.W[i] -= rate * d
			}
		}
		losses = append(losses, loss)
	}
	return losses
}

func TestLearnsABatchByHeart(t *testing.T) {
	for _, arch := range archs {
		c := Config{Arch: arch, Layers: 2, Width: 32, Heads: 4, Context: 16, Vocab: 50, Tied: true, RopeTheta: 10000, NormEps: 1e-5}
		m := build(t, c, cpu.New(2), 32)
		losses := train(m, randomBatch(c, 2, 16, false, 5), 400, 0.3)
		if first, last := losses[0], losses[len(losses)-1]; math.Abs(first-math.Log(50)) > 0.3 || last > 0.05 {
			t.Errorf("%s: the loss goes from %g to %g, want from %g to 0", arch, first, last, math.Log(50))
		}
	}
}

func TestBitsDoNotDependOnWorkers(t *testing.T) {
	c := Config{Arch: Llama, Layers: 2, Width: 64, Heads: 4, KVHeads: 2, Context: 80, Vocab: 300, Tied: false, RopeTheta: 10000, NormEps: 1e-5}
	b := randomBatch(c, 3, 80, true, 7)
	var want []float32
	for _, workers := range []int{1, 2, 7} {
		m := build(t, c, cpu.New(workers), 240)
		train(m, b, 3, 0.1)
		if want == nil {
			want = slices.Clone(m.w)
		}
		if !slices.Equal(m.w, want) {
			t.Errorf("%d workers: other weights than one worker's", workers)
		}
	}
}

// A document does not see its neighbors, whatever they are and wherever it lies: what is said of it has the same bits.
func TestDocumentsAreAlone(t *testing.T) {
	for _, arch := range archs {
		c := Config{Arch: arch, Layers: 2, Width: 64, Heads: 4, Context: 200, Vocab: 90, Tied: true, RopeTheta: 10000, NormEps: 1e-5}
		if arch == Mistral {
			c.Window = 30
		}
		m := build(t, c, ops.Ops[float32](cpu.New(2)), 200)
		long := randomBatch(c, 1, 200, false, 1)
		long.Doc = make([]int32, 200)
		ends := []int{3, 70, 71, 140, 200}
		for i := range long.Doc {
			long.Doc[i] = int32(slices.IndexFunc(ends, func(e int) bool { return i < e }))
		}
		packed := signals(200)
		m.Forward(long, packed)
		from := 0
		for _, to := range ends {
			alone := signals(to - from)
			m.Forward(&Batch{Rows: 1, Cols: to - from, Tokens: long.Tokens[from:to], Targets: long.Targets[from:to]}, alone)
			if !slices.Equal(alone.LogP, packed.LogP[from:to]) || !slices.Equal(alone.Entropy, packed.Entropy[from:to]) {
				t.Errorf("%s: tokens %d to %d by themselves have other bits", arch, from, to)
			}
			from = to
		}
	}
}

func TestFutureIsUnseen(t *testing.T) {
	c := small(Llama, true, 2)
	m := build(t, c, cpu.New(1), 6)
	a, b := signals(6), signals(6)
	batch := &Batch{Rows: 1, Cols: 6, Tokens: []int32{6, 5, 1, 2, 3, 4}, Targets: []int32{1, 1, 1, 3, 4, 5}}
	m.Forward(batch, a)
	batch.Tokens[5] = 0
	m.Forward(batch, b)
	if !slices.Equal(a.LogP[:5], b.LogP[:5]) || a.LogP[5] == b.LogP[5] {
		t.Errorf("changing the last token changed %v to %v", a.LogP, b.LogP)
	}
}

// Logits that do not fit at once are computed in chunks, and again for the backward pass: nothing else changes.
func TestChunksOfLogits(t *testing.T) {
	c := small(Llama, false, 2)
	b := randomBatch(c, 4, 6, false, 1)
	whole, parts := build(t, c, ref.Ops{}, 24), build(t, c, ref.Ops{}, 24)
	parts.acts.chunk = 5
	g := &Grads{LogP: make([]float64, 24), Entropy: make([]float64, 24)}
	for i := range g.LogP {
		g.LogP[i], g.Entropy[i] = 0.1*float64(i), 1
	}
	for _, m := range []*Decoder[float64]{whole, parts} {
		m.Forward(b, signals(24))
		m.Backward(g)
	}
	for i, want := range whole.g {
		if math.Abs(parts.g[i]-want) > 1e-12 {
			t.Fatalf("gradient %d is %g, whole %g", i, parts.g[i], want)
		}
	}
}

// Gradients add up over micro-batches.
func TestGradientsAddUp(t *testing.T) {
	c := small(GPT2, true, 0)
	b := randomBatch(c, 4, 6, false, 1)
	whole, parts := build(t, c, ref.Ops{}, 24), build(t, c, ref.Ops{}, 12)
	g := &Grads{LogP: make([]float64, 24)}
	for i := range g.LogP {
		g.LogP[i] = 0.1 * float64(i)
	}
	whole.Forward(b, signals(24))
	whole.Backward(g)
	for r := 0; r < 24; r += 12 {
		parts.Forward(&Batch{Rows: 2, Cols: 6, Tokens: b.Tokens[r : r+12], Targets: b.Targets[r : r+12]}, signals(12))
		parts.Backward(&Grads{LogP: g.LogP[r : r+12]})
	}
	for i, want := range whole.g {
		if math.Abs(parts.g[i]-want) > 1e-12 {
			t.Fatalf("gradient %d is %g, whole %g", i, parts.g[i], want)
		}
	}
}

func TestAStepAllocatesNothing(t *testing.T) {
	f := func(name string, c Config, a *Adapter) {
		t.Helper()
		c.Layers, c.Width, c.Heads, c.Context, c.Vocab, c.RopeTheta, c.NormEps = 2, 64, 4, 128, 500, 10000, 1e-5
		m := build(t, c, ops.Ops[float32](cpu.New(2)), 512)
		if a != nil {
			if err := m.Adapt(*a, 1); err != nil {
				t.Fatal(err)
			}
		}
		b, s, g := randomBatch(c, 4, 128, true, 1), signals(512), &Grads{LogP: make([]float64, 512)}
		if c.Scores > 0 {
			s.Value, g.Value = make([]float64, 512*c.Scores), make([]float64, 512*c.Scores)
		}
		for i := range g.LogP {
			g.LogP[i] = -1
		}
		for what, step := range map[string]func(){
			"Forward and Backward": func() { m.Forward(b, s); m.Backward(g) },
			"ForwardBackward":      func() { m.ForwardBackward(b, s, g) },
		} {
			if n := testing.AllocsPerRun(5, func() { m.ZeroGrad(); step() }); n > 0 {
				t.Errorf("%s: %s allocates %g times", name, what, n)
			}
		}
	}
	for _, arch := range archs {
		f(arch, Config{Arch: arch, Tied: true}, nil)
	}
	f("recompute, scores", Config{Arch: Llama, KVHeads: 2, Recompute: true, Scores: 2}, nil)
	f("window, yarn", Config{Arch: Mistral, Window: 50, Scaling: RopeScaling{Kind: ScaleYaRN, Factor: 2, Original: 64}}, nil)
	f("dynamic", Config{Arch: Llama, Scaling: RopeScaling{Kind: ScaleNTK, Factor: 2, Original: 20}}, nil)
	f("LoRA", Config{Arch: Qwen2}, &Adapter{Rank: 4, Alpha: 4, Targets: []string{AllLinear, "lm_head"}})
	f("DoRA", Config{Arch: GPT2}, &Adapter{Rank: 4, Alpha: 4, Targets: []string{AllLinear}, DoRA: true})
}

func TestBadBatchesPanic(t *testing.T) {
	c := small(Llama, true, 2)
	m := build(t, c, cpu.New(1), 12)
	f := func(b *Batch) {
		t.Helper()
		defer func() {
			if recover() == nil {
				t.Errorf("no panic on %+v", b)
			}
		}()
		m.Forward(b, signals(12))
	}
	f(&Batch{})
	f(&Batch{Rows: 3, Cols: 6, Tokens: make([]int32, 18), Targets: make([]int32, 18)}) // more than there is room for
	f(&Batch{Rows: 1, Cols: 7, Tokens: make([]int32, 7), Targets: make([]int32, 7)})   // beyond the context
	f(&Batch{Rows: 1, Cols: 2, Tokens: make([]int32, 2), Targets: make([]int32, 1)})
	f(&Batch{Rows: 1, Cols: 2, Tokens: []int32{0, 7}, Targets: make([]int32, 2)})
	f(&Batch{Rows: 1, Cols: 2, Tokens: []int32{-1, 0}, Targets: make([]int32, 2)})
	f(&Batch{Rows: 1, Cols: 2, Tokens: []int32{0, 0}, Targets: []int32{7, 0}})
	defer func() {
		if recover() == nil {
			t.Error("Backward without Forward does not panic")
		}
	}()
	m.Backward(&Grads{})
}

func BenchmarkStep(b *testing.B) {
	f := func(name string, change func(*Config), a *Adapter) {
		b.Run(name, func(b *testing.B) {
			c := Default()
			c.Vocab = 16384
			if change != nil {
				change(&c)
			}
			m := build(b, c, ops.Ops[float32](cpu.New(0)), 2048)
			if a != nil {
				if err := m.Adapt(*a, 1); err != nil {
					b.Fatal(err)
				}
			}
			batch, s, g := randomBatch(c, 4, 512, true, 1), signals(2048), &Grads{LogP: make([]float64, 2048)}
			for i := range g.LogP {
				g.LogP[i] = -1.0 / 2048
			}
			for b.Loop() {
				m.ZeroGrad()
				m.ForwardBackward(batch, s, g)
			}
			b.ReportMetric(2048*float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
	f("full", nil, nil)
	f("recompute", func(c *Config) { c.Recompute = true }, nil)
	f("LoRA", nil, &Adapter{Rank: 8, Alpha: 16, Targets: []string{AllLinear}})
	f("DoRA", nil, &Adapter{Rank: 8, Alpha: 16, Targets: []string{AllLinear}, DoRA: true})
}
