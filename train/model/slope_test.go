package model

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/seed-83c59573/quern/train/ops"
	"github.com/seed-83c59573/quern/train/ops/cpu"
	"github.com/seed-83c59573/quern/train/ops/ref"
)

// slopes holds every trainable number's gradient to the slope of a loss of random gradients in all signals.
func slopes(t *testing.T, m *Decoder[float64], b *Batch, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 0))
	n, values := b.Rows*b.Cols, b.Rows*b.Cols*m.cfg.Scores
	s, g := signals(n), &Grads{LogP: make([]float64, n), Entropy: make([]float64, n)}
	if values > 0 {
		s.Value, g.Value = make([]float64, values), make([]float64, values)
	}
	for _, d := range [][]float64{g.LogP, g.Entropy, g.Value} {
		for i := range d {
			d[i] = r.NormFloat64()
		}
	}
	loss := func() float64 {
		m.Forward(b, s)
		sum := 0.0
		for i := range s.LogP {
			sum += s.LogP[i]*g.LogP[i] + s.Entropy[i]*g.Entropy[i]
		}
		for i, v := range s.Value {
			sum += v * g.Value[i]
		}
		return sum
	}
	m.ZeroGrad()
	loss()
	m.Backward(g)
	for _, p := range m.Trainable() {
		for i := range p.W {
			const h = 1e-5
			was := p.W[i]
			p.W[i] = was + h
			up := loss()
			p.W[i] = was - h
			down := loss()
			p.W[i] = was
			if want := (up - down) / (2 * h); math.Abs(p.G[i]-want) > 1e-5*(1+math.Abs(want)) {
				t.Errorf("%s[%d]: gradient %g, slope %g", p.Name, i, p.G[i], want)
				break
			}
		}
	}
}

// stir makes weights larger than Init's, so that every path matters, and gains and biases too.
func stir(m *Decoder[float64]) {
	r := rand.New(rand.NewPCG(2, 0))
	for _, ps := range [][]ParamOf[float64]{m.Params(), m.AdapterParams()} {
		for _, p := range ps {
			for i := range p.W {
				p.W[i] += 0.3 * r.NormFloat64()
			}
		}
	}
}

// Every weight's gradient, of every kind of model, through all signals, is the slope of the loss.
func TestGradientsAreSlopes(t *testing.T) {
	for name, c := range kinds() {
		t.Run(name, func(t *testing.T) {
			m := build(t, c, ops.Ops[float64](ref.Ops{}), 10)
			stir(m)
			slopes(t, m, randomBatch(c, 2, 5, true, 3), 3)
		})
	}
}

// So it is with whatever else a model can have.
func TestGradientsOfOptionsAreSlopes(t *testing.T) {
	f := func(name, arch string, a *Adapter, change func(*Config)) {
		t.Helper()
		t.Run(arch+" "+name, func(t *testing.T) {
			c := small(arch, false, 2)
			if change != nil {
				change(&c)
			}
			m := build(t, c, ops.Ops[float64](ref.Ops{}), 12)
			if a != nil {
				if err := m.Adapt(*a, 1); err != nil {
					t.Fatal(err)
				}
			}
			stir(m)
			if a != nil && a.DoRA { // the lengths of rows count as constants
				m.refresh()
				for _, low := range m.adapter.lows {
					low.dora.hold = true
				}
			}
			slopes(t, m, randomBatch(c, 2, 6, true, 4), 4)
		})
	}
	values := func(c *Config) { c.Scores = 2 }
	for _, arch := range archs {
		f("scores", arch, nil, values)
		f("recompute", arch, nil, func(c *Config) { c.Recompute = true })
		f("LoRA", arch, &Adapter{Rank: 2, Alpha: 3, Targets: []string{AllLinear}}, nil)
		f("LoRA beside a head, recompute", arch, &Adapter{Rank: 1, Alpha: 1, Targets: []string{AllLinear, "lm_head"}, Stable: true},
			func(c *Config) { c.Scores, c.Recompute = 1, true })
		f("DoRA", arch, &Adapter{Rank: 2, Alpha: 3, Targets: []string{AllLinear}, DoRA: true}, values)
	}
	f("DoRA of some and modules trained whole", Llama, &Adapter{Rank: 2, Alpha: 3, DoRA: true, Targets: []string{"v_proj", "0.self_attn.q_proj", "up_proj"},
		Save: []string{"lm_head", "embed_tokens", "input_layernorm"}}, values)
	f("DoRA of some and modules trained whole", GPT2, &Adapter{Rank: 2, Alpha: 3, DoRA: true, Targets: []string{"c_proj"}, Save: []string{"wpe", "ln_f"}}, nil)
	f("LoRA of one layer", Llama, &Adapter{Rank: 2, Alpha: 3, Targets: []string{"1.self_attn.q_proj"}}, values)
	f("LoRA below a norm of queries", Qwen3, &Adapter{Rank: 2, Alpha: 3, Targets: []string{"1.mlp.up_proj"}, Save: []string{"0.self_attn.q_norm"}}, nil)
	f("LoRA of the head alone", GPT2, &Adapter{Rank: 2, Alpha: 3, Targets: []string{"lm_head"}}, values)
	f("LoRA of one of three", Qwen2, &Adapter{Rank: 2, Alpha: 3, Targets: []string{"k_proj"}}, nil)
	for _, arch := range []string{Mistral, Qwen2, Qwen3} {
		f("window", arch, nil, func(c *Config) { c.Window = 2 })
	}
	for _, s := range []RopeScaling{{Kind: ScaleLinear, Factor: 3}, {Kind: ScaleNTK, Factor: 2, Original: 2},
		{Kind: ScaleYaRN, Factor: 4, Original: 2}, {Kind: ScaleLlama3, Factor: 4, Original: 3, Low: 1, High: 4}} {
		f("scaling "+s.Kind, Llama, nil, func(c *Config) { c.Scaling, c.HeadSize = s, 4 })
	}
}

// trained is a small float32 model's weights after some steps.
func trained(t *testing.T, c Config, b *Batch, change func(m *Model)) []float32 {
	t.Helper()
	m := build(t, c, ops.Ops[float32](cpu.New(2)), b.Rows*b.Cols)
	if change != nil {
		change(m)
	}
	train(m, b, 3, 0.1)
	var out []float32
	for _, p := range m.Trainable() {
		out = append(out, p.W...)
	}
	return out
}

func TestRecomputeGivesTheSameBits(t *testing.T) {
	for _, arch := range archs {
		c := Config{Arch: arch, Layers: 3, Width: 64, Heads: 4, Context: 80, Vocab: 300, RopeTheta: 10000, NormEps: 1e-5}
		b := randomBatch(c, 3, 80, true, 7)
		for _, change := range []func(*Model){nil, func(m *Model) {
			if err := m.Adapt(Adapter{Rank: 4, Alpha: 8, Targets: []string{AllLinear}}, 1); err != nil {
				t.Fatal(err)
			}
		}} {
			want := trained(t, c, b, change)
			again := c
			again.Recompute = true
			if !slices.Equal(trained(t, again, b, change), want) {
				t.Errorf("%s: recomputing gives other bits", arch)
			}
		}
	}
}

// What is known ahead is the same to the bit, with logits that fit and with logits that do not.
func TestForwardBackwardIsBoth(t *testing.T) {
	for _, chunk := range []int{0, 7} {
		c := small(Llama, false, 2)
		c.Scores = 2
		b, g := randomBatch(c, 4, 6, false, 1), &Grads{LogP: make([]float64, 24), Entropy: make([]float64, 24), Value: make([]float64, 48)}
		for i := range g.LogP {
			g.LogP[i], g.Entropy[i], g.Value[2*i] = 0.1*float64(i), 1, 0.5*float64(i)
		}
		signal := func() *Signals { s := signals(24); s.Value = make([]float64, 48); return s }
		two, one := build(t, c, ops.Ops[float32](cpu.New(1)), 24), build(t, c, ops.Ops[float32](cpu.New(1)), 24)
		if chunk > 0 {
			two.acts.chunk, one.acts.chunk = chunk, chunk
		}
		s2, s1 := signal(), signal()
		two.Forward(b, s2)
		two.Backward(g)
		one.ForwardBackward(b, s1, g)
		if !slices.Equal(two.g, one.g) || !slices.Equal(s2.LogP, s1.LogP) || !slices.Equal(s2.Entropy, s1.Entropy) || !slices.Equal(s2.Value, s1.Value) {
			t.Errorf("chunks of %d: signals or gradients differ", chunk)
		}
	}
}

func TestGradientsStopWhereAllIsFrozen(t *testing.T) {
	f := func(want int, a Adapter) {
		t.Helper()
		a.Rank, a.Alpha = 1, 1
		m := build(t, small(Llama, false, 2), ops.Ops[float64](ref.Ops{}), 6)
		if err := m.Adapt(a, 1); err != nil || m.lowest != want {
			t.Errorf("%+v: gradients go back to layer %d, want %d (%v)", a, m.lowest, want, err)
		}
	}
	f(0, Adapter{Targets: []string{AllLinear}})
	f(1, Adapter{Targets: []string{"1.mlp.down_proj"}})
	f(0, Adapter{Targets: []string{"1.mlp.down_proj"}, Save: []string{"embed_tokens"}})
	f(0, Adapter{Targets: []string{"1.mlp.down_proj"}, Save: []string{"0.post_attention_layernorm"}})
	f(2, Adapter{Targets: []string{"lm_head"}})
}

// A token that lies before the window, of every layer, has no say.
func TestWindowsEnd(t *testing.T) {
	c := small(Mistral, true, 2)
	c.Layers, c.Window = 1, 3
	m := build(t, c, ops.Ops[float64](ref.Ops{}), 6)
	stir(m)
	b, s, was := randomBatch(c, 1, 6, false, 9), signals(6), signals(6)
	m.Forward(b, was)
	b.Tokens[1] = (b.Tokens[1] + 1) % int32(c.Vocab)
	m.Forward(b, s)
	for i := range s.Entropy {
		if changed := s.Entropy[i] != was.Entropy[i]; changed != (i >= 1 && i <= 3) {
			t.Errorf("token 1 changes what is said after token %d: %v", i, changed)
		}
	}
}

// Sequences within the first context see no dynamic scaling, whatever came before them.
func TestDynamicScalingForgets(t *testing.T) {
	c := small(Llama, true, 2)
	c.HeadSize, c.Scaling = 4, RopeScaling{Kind: ScaleNTK, Factor: 2, Original: 3}
	plain := c
	plain.Scaling = RopeScaling{}
	m, p := build(t, c, ops.Ops[float64](ref.Ops{}), 6), build(t, plain, ops.Ops[float64](ref.Ops{}), 6)
	stir(m)
	stir(p)
	for _, n := range []int{3, 6, 3, 5, 2} {
		b, s, want := randomBatch(c, 1, n, false, 9), signals(n), signals(n)
		m.Forward(b, s)
		p.Forward(b, want)
		if same := slices.Equal(s.Entropy, want.Entropy); same != (n <= 3) {
			t.Errorf("%d tokens: the same as without scaling: %v", n, same)
		}
	}
}

func TestFirstBad(t *testing.T) {
	c := small(Llama, false, 2)
	nan := math.NaN()
	f := func(want string, spoil func(m *Decoder[float64])) {
		t.Helper()
		m := build(t, c, ops.Ops[float64](ref.Ops{}), 6)
		spoil(m)
		b := randomBatch(c, 1, 6, false, 1)
		m.ForwardBackward(b, signals(6), &Grads{LogP: make([]float64, 6)})
		if got := m.FirstBad(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	f("", func(m *Decoder[float64]) {})
	f("the weight model.layers.1.mlp.up_proj.weight[3] is NaN", func(m *Decoder[float64]) {
		m.params[slices.IndexFunc(m.params, func(p ParamOf[float64]) bool { return p.Name == "model.layers.1.mlp.up_proj.weight" })].W[3] = nan
	})
	huge := func(layer int, name string) func(m *Decoder[float64]) {
		return func(m *Decoder[float64]) {
			for _, p := range m.params {
				if p.Name == fmt.Sprintf("model.layers.%d.%s.weight", layer, name) {
					for i := range p.W {
						p.W[i] = -1e308
					}
				}
			}
		}
	}
	f("the feed-forward part of layer 1, token 0 of its batch, is +Inf", huge(1, "mlp.gate_proj"))
	f("the queries, keys and values of layer 0, token 0 of its batch, is +Inf", huge(0, "self_attn.v_proj"))
}

// Footprint says what New takes, to the byte but for the small change of a few dozen slices.
func TestFootprintIsWhatNewTakes(t *testing.T) {
	o := cpu.New(1)
	for _, arch := range archs {
		for _, recompute := range []bool{false, true} {
			for _, tokens := range []int{1, 64, 1000} {
				c := Config{Arch: arch, Layers: 4, Width: 64, Heads: 4, Context: 128, Vocab: 3000, Tied: true, Scores: 2, RopeTheta: 1e4, NormEps: 1e-5, Recompute: recompute}
				want := c.Footprint(tokens).Total()
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				if _, err := New(c, o, tokens); err != nil {
					t.Fatal(err)
				}
				runtime.ReadMemStats(&after)
				got := int64(after.TotalAlloc - before.TotalAlloc)
				if d := got - want; d < 0 || d > want/50+1<<16 {
					t.Errorf("%s recompute=%v, %d tokens: New takes %d bytes, Footprint says %d", arch, recompute, tokens, got, want)
				}
			}
		}
	}
}
