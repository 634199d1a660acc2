package model

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern/train/ops"
	"github.com/seed-83c59573/quern/train/ops/cpu"
	"github.com/seed-83c59573/quern/train/ops/ref"
)

// One layer by itself, worked out by hand.
func TestLowRankByHand(t *testing.T) {
	f := func(a Adapter, conv bool, y, merged []float64) {
		t.Helper()
		w := []float64{1, 2, 3, 4, 5, 6}
		l := linear[float64]{weight: tensor[float64]{w: slices.Clone(w)}, in: 3, out: 2, conv: conv}
		if conv {
			l.weight.w = []float64{1, 4, 2, 5, 3, 6}
		}
		a.Rank, a.Alpha = 2, 4
		low := newLowRank(a, &l, []module[float64]{{"x", &l, 0, 2}})
		l.low = low
		if a.DoRA {
			shareGradient([]*lowRank[float64]{low})
			low.measure(ref.Ops{})
		}
		copy(low.a.w, []float64{.1, .2, .3, -.1, 0, .1})
		copy(low.parts[0].b.w, []float64{1, -1, .5, 2})
		low.refresh(ref.Ops{})
		m := &Decoder[float64]{o: ref.Ops{}}
		x, dy, out, dx := []float64{1, -2, .5}, []float64{1, -1}, make([]float64, 2), make([]float64, 3)
		m.multiply(out, x, &l)
		near(t, "y", out, y)
		m.multiplyBack(dx, dy, x, &l)
		if !a.DoRA && !a.Stable {
			near(t, "dB", low.parts[0].b.g, []float64{-.3, -.1, .3, .1})
			near(t, "dA", low.a.g, []float64{1, -2, .5, -6, 12, -3})
		}
		was := slices.Clone(l.weight.w)
		low.merge(ref.Ops{})
		if conv {
			merged = []float64{merged[0], merged[3], merged[1], merged[4], merged[2], merged[5]}
		}
		near(t, "merged", l.weight.w, merged)
		if !slices.Equal(low.base, was) {
			t.Error("the weights before are not kept")
		}
	}
	dora := []float64{1.1929948, 2.0451339, 2.8972730, 3.5088070, 4.9312963, 6.3537856}
	for _, conv := range []bool{false, true} {
		f(Adapter{}, conv, []float64{-1.7, -3.35}, []float64{1.4, 2.4, 3.4, 3.7, 5.2, 6.7})
		f(Adapter{Stable: true}, conv, []float64{1.5656854 - 2*2.5656854 + 3.5656854/2, 3.5757359 - 2*5.2828427 + 6.9899495/2},
			[]float64{1.5656854, 2.5656854, 3.5656854, 3.5757359, 5.2828427, 6.9899495})
		f(Adapter{DoRA: true}, conv, []float64{dora[0] - 2*dora[1] + dora[2]/2, dora[3] - 2*dora[4] + dora[5]/2}, dora)
	}
}

func near(t *testing.T, what string, got, want []float64) {
	t.Helper()
	for i, w := range want {
		if len(got) != len(want) || math.Abs(got[i]-w) > 2e-7*(1+math.Abs(w)) {
			t.Errorf("%s is %v, want %v", what, got, want)
			return
		}
	}
}

// speak is what a model says of a batch, in float32.
func speak(m *Model, b *Batch) []float64 {
	s := signals(b.Rows * b.Cols)
	m.Forward(b, s)
	return append(s.LogP, s.Entropy...)
}

// An adapter begins as nothing, to the bit, and so does one that is turned off; merged it says the same, nearly, and unmerging restores
// every bit.
func TestAdapterComesAndGoes(t *testing.T) {
	for _, arch := range archs {
		for _, a := range []Adapter{{}, {Stable: true}, {DoRA: true}} {
			a.Rank, a.Alpha, a.Targets = 4, 8, []string{AllLinear}
			c := Config{Arch: arch, Layers: 2, Width: 64, Heads: 4, Context: 40, Vocab: 100, Tied: true, RopeTheta: 10000, NormEps: 1e-5}
			b := randomBatch(c, 2, 40, true, 3)
			m := build(t, c, ops.Ops[float32](cpu.New(2)), 80)
			base, weights := speak(m, b), slices.Clone(m.w)
			if err := m.Adapt(a, 5); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(speak(m, b), base) {
				t.Errorf("%s %+v: a new adapter changes what is said", arch, a)
			}
			train(m, b, 5, 0.5)
			said := speak(m, b)
			if slices.Equal(said, base) || !slices.Equal(m.w, weights) {
				t.Errorf("%s %+v: training changes the model: %v, and not the adapter", arch, a, !slices.Equal(m.w, weights))
			}
			m.UseAdapter(false)
			if !slices.Equal(speak(m, b), base) {
				t.Errorf("%s %+v: the adapter is off and speaks", arch, a)
			}
			m.UseAdapter(true)
			if err := m.Merge(); err != nil {
				t.Fatal(err)
			}
			for i, v := range speak(m, b) {
				if math.Abs(v-said[i]) > 1e-6*max(1, math.Abs(said[i])) {
					t.Errorf("%s %+v: merged it says %.9g, apart %.9g", arch, a, v, said[i])
					break
				}
			}
			if err := m.Merge(); err == nil {
				t.Error("an adapter merges twice")
			}
			if err := m.Unmerge(); err != nil {
				t.Fatal(err)
			}
			if err := m.Unmerge(); err == nil {
				t.Error("an adapter unmerges twice")
			}
			if !slices.Equal(m.w, weights) || !slices.Equal(speak(m, b), said) {
				t.Errorf("%s %+v: merging and unmerging leave a trace", arch, a)
			}
		}
	}
}

// The cache says what an adapted model says.
func TestCacheHearsTheAdapter(t *testing.T) {
	for _, a := range []Adapter{{}, {DoRA: true}} {
		c := small(Llama, false, 2)
		a.Rank, a.Alpha, a.Targets = 2, 4, []string{AllLinear, "lm_head"}
		m := build(t, c, ops.Ops[float64](ref.Ops{}), 6)
		if err := m.Adapt(a, 5); err != nil {
			t.Fatal(err)
		}
		stir(m)
		tokens := []int32{3, 1, 6, 0}
		compare(t, "adapted", m, tokens, NewCache(m, 1, 2).Next(0, tokens))
	}
}

func TestNoGradientsWithoutTheAdapter(t *testing.T) {
	for name, away := range map[string]func(m *Model) error{
		"off":    func(m *Model) error { m.UseAdapter(false); return nil },
		"merged": (*Model).Merge,
	} {
		m := build(t, small(Llama, true, 2), ops.Ops[float32](cpu.New(1)), 6)
		if err := m.Adapt(Adapter{Rank: 1, Alpha: 1, Targets: []string{AllLinear}}, 1); err != nil {
			t.Fatal(err)
		}
		if err := away(m); err != nil {
			t.Fatal(err)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: gradients of an adapter that is not there", name)
				}
			}()
			m.ForwardBackward(randomBatch(m.cfg, 1, 6, false, 1), signals(6), &Grads{LogP: make([]float64, 6)})
		}()
	}
}

func TestTrainableIsTheAdapter(t *testing.T) {
	names := func(m *Model) string {
		var out []string
		for _, p := range m.Trainable() {
			out = append(out, p.Name)
		}
		return strings.Join(out, " ")
	}
	c := small(GPT2, false, 0)
	c.Layers, c.Scores = 1, 1
	m := build(t, c, ops.Ops[float32](cpu.New(1)), 6)
	if err := m.Adapt(Adapter{Rank: 1, Alpha: 1, Targets: []string{"attn.c_proj", "lm_head"}, DoRA: true, Save: []string{"ln_f"}}, 1); err != nil {
		t.Fatal(err)
	}
	const want = "ln_f.weight ln_f.bias score.weight base_model.model.transformer.h.0.attn.c_proj.lora_A.weight base_model.model.transformer.h.0.attn.c_proj.lora_B.weight " +
		"base_model.model.transformer.h.0.attn.c_proj.lora_magnitude_vector base_model.model.lm_head.lora_A.weight base_model.model.lm_head.lora_B.weight base_model.model.lm_head.lora_magnitude_vector"
	if got := names(m); got != want {
		t.Errorf("trainable are\n%s, want\n%s", got, want)
	}
	for _, p := range m.Params() {
		if frozen := !strings.HasPrefix(p.Name, "ln_f") && p.Name != "score.weight"; frozen != (p.G == nil) {
			t.Errorf("%s has gradients: %v", p.Name, p.G != nil)
		}
	}
	bound := 1 / math.Sqrt(8)
	for _, x := range m.AdapterParams()[0].W {
		if math.Abs(float64(x)) > bound || x == 0 {
			t.Errorf("A begins with %g, want up to %g", x, bound)
		}
	}
}

func TestAdaptSaysWhatIsWrong(t *testing.T) {
	f := func(a Adapter, want string) {
		t.Helper()
		m := build(t, small(Llama, true, 2), ops.Ops[float32](cpu.New(1)), 6)
		if err := m.Adapt(a, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want one about %q", a, err, want)
		}
		if m.adapter != nil || m.g == nil {
			t.Errorf("%+v: a refused adapter leaves a trace", a)
		}
	}
	f(Adapter{Alpha: 1, Targets: []string{AllLinear}}, "rank")
	f(Adapter{Rank: 1, Targets: []string{AllLinear}}, "alpha")
	f(Adapter{Rank: 1, Alpha: 1}, "no targets")
	f(Adapter{Rank: 1, Alpha: 1, Targets: []string{"c_attn"}}, `"c_attn" is no linear layer of llama; those of the first layer are model.layers.0.self_attn.q_proj, `)
	f(Adapter{Rank: 1, Alpha: 1, Targets: []string{"proj"}}, `"proj"`)
	f(Adapter{Rank: 1, Alpha: 1, Targets: []string{"lm_head"}}, "lm_head is the embedding")
	f(Adapter{Rank: 1, Alpha: 1, Targets: []string{AllLinear}, Save: []string{"q_proj"}}, `"q_proj"`)
	f(Adapter{Rank: 1, Alpha: 1, Targets: []string{AllLinear}, Save: []string{"lm_head"}}, `"lm_head"`)
	m := build(t, small(Llama, false, 2), ops.Ops[float32](cpu.New(1)), 6)
	if err := m.Adapt(Adapter{Rank: 1, Alpha: 1, Targets: []string{"lm_head"}, Save: []string{"lm_head"}}, 1); err == nil {
		t.Error("lm_head is adapted and trained whole")
	}
	if err := m.Adapt(Adapter{Rank: 1, Alpha: 1, Targets: []string{AllLinear}}, 1); err != nil {
		t.Error(err)
	}
	if err := m.Adapt(Adapter{Rank: 1, Alpha: 1, Targets: []string{AllLinear}}, 1); err == nil {
		t.Error("a model takes two adapters")
	}
}
