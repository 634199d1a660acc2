package train

import (
	"math"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/ops/cpu"
)

func tinyOptimizer(t *testing.T, o Optim, p []model.Param) *optimizer {
	t.Helper()
	if o.Optimizer == "" {
		o.Optimizer = ruleAdamW
	}
	a, err := newOptimizer(o, cpu.New(1), model.Config{Arch: model.Llama}, p)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// The reference is the formula of the paper in float64, with v divided by its bias.
func TestAdamWIsThePapers(t *testing.T) {
	o := Optim{Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, WeightDecay: 0.1}
	w := []float32{0.5, -1, 2}
	p := []model.Param{{Name: "decayed", W: w, G: make([]float32, 3), Decay: true}, {Name: "free", W: []float32{1}, G: make([]float32, 1)}}
	a := tinyOptimizer(t, o, p)
	ref, m, v := []float64{0.5, -1, 2, 1}, make([]float64, 4), make([]float64, 4)
	for step := 1; step <= 20; step++ {
		lr := 0.01 * float64(step)
		for i := range ref {
			g := math.Sin(float64(step*7 + i))
			if i < 3 {
				p[0].G[i] = float32(g)
			} else {
				p[1].G[0] = float32(g)
			}
			m[i] = 0.9*m[i] + 0.1*g
			v[i] = 0.95*v[i] + 0.05*g*g
			mh, vh := m[i]/(1-math.Pow(0.9, float64(step))), v[i]/(1-math.Pow(0.95, float64(step)))
			decay := 0.1
			if i == 3 {
				decay = 0
			}
			ref[i] -= lr * (mh/(math.Sqrt(vh)+1e-8) + decay*ref[i])
		}
		a.update(lr, a.clip(a.norm()))
	}
	for i, want := range ref {
		got := float64(p[1].W[0])
		if i < 3 {
			got = float64(w[i])
		}
		if math.Abs(got-want) > 1e-4 {
			t.Errorf("weight %d is %g, want %g", i, got, want)
		}
	}
}

func TestClipBoundsTheGradient(t *testing.T) {
	p := []model.Param{{W: make([]float32, 2), G: []float32{3, 4}}}
	a := tinyOptimizer(t, Optim{Clip: 1, Eps: 1e-8}, p) // with both betas 0, m is the clipped gradient
	norm := a.norm()
	a.update(1, a.clip(norm))
	if math.Abs(norm-5) > 1e-6 {
		t.Errorf("norm %g, want 5", norm)
	}
	if math.Abs(float64(a.members[0].m[0])-0.6) > 1e-6 || math.Abs(float64(a.members[0].m[1])-0.8) > 1e-6 {
		t.Errorf("clipped gradient %v, want [0.6 0.8]", a.members[0].m)
	}
}

// PyTorch's own, in float64: AdamW, SGD, and Muon with Newton-Schulz in the precision of its input.
func TestStepsArePyTorchs(t *testing.T) {
	for _, x := range readGolden(t).Optimizers {
		n := x.Rows * x.Cols
		p := model.Param{Name: "model.layers.0.mlp.up_proj.weight", Shape: []int{x.Rows, x.Cols}, W: make([]float32, n), G: make([]float32, n), Decay: true}
		for i := range p.W {
			p.W[i] = float32(math.Sin(float64(i+1)) / 2)
		}
		o := Optim{Optimizer: x.Optimizer, LR: 1, Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, Momentum: 0.9, WeightDecay: x.Decay, Clip: x.Clip, Muon: Muon{LR: 1, Momentum: 0.95, Scale: x.Scale}}
		a := tinyOptimizer(t, o, []model.Param{p})
		for step := range 6 {
			for i := range p.G {
				p.G[i] = float32(math.Sin(0.7*float64(i) + 3*float64(step) + 1))
			}
			a.update(0.01*float64(step+1), a.clip(a.norm()))
		}
		for i, want := range x.W {
			if got := float64(p.W[i]); math.Abs(got-want) > 2e-6 {
				t.Errorf("%s %s %d×%d, clip %g: weight %d is %.8f, want %.8f", x.Optimizer, x.Scale, x.Rows, x.Cols, x.Clip, i, got, want)
			}
		}
	}
}

// GPT-2 keeps queries, keys and values side by side in one transposed tensor: Muon must treat it as the three matrices that it holds.
func TestMuonTakesFusedTensorsApart(t *testing.T) {
	const w, size, heads, kv = 6, 3, 2, 1
	c := model.Config{Arch: model.GPT2, Width: w, Heads: heads, KVHeads: kv}
	cols := (heads + 2*kv) * size
	o := Optim{Optimizer: ruleMuon, LR: 1, WeightDecay: 0.1, Muon: Muon{LR: 1, Momentum: 0.95, Scale: scaleJordan}}
	fused := model.Param{Name: "h.0.attn.c_attn.weight", Shape: []int{w, cols}, W: make([]float32, w*cols), G: make([]float32, w*cols), Decay: true}
	for i := range fused.W {
		fused.W[i], fused.G[i] = float32(math.Sin(float64(i))), float32(math.Cos(float64(3*i)))
	}
	var apart []model.Param // Llama's: each a matrix of its own, rows are outputs
	at := []int{0, heads * size, (heads + kv) * size, cols}
	for k := range 3 {
		rows := at[k+1] - at[k]
		p := model.Param{Name: "model.layers.0.self_attn." + string("qkv"[k]) + "_proj.weight", Shape: []int{rows, w}, W: make([]float32, rows*w), G: make([]float32, rows*w), Decay: true}
		for i := range rows {
			for j := range w {
				p.W[i*w+j], p.G[i*w+j] = fused.W[j*cols+at[k]+i], fused.G[j*cols+at[k]+i]
			}
		}
		apart = append(apart, p)
	}
	a, err := newOptimizer(o, cpu.New(1), c, []model.Param{fused})
	if err != nil {
		t.Fatal(err)
	}
	b := tinyOptimizer(t, o, apart)
	for range 3 {
		a.update(0.1, 1)
		b.update(0.1, 1)
		copy(a.params[0].G, a.members[0].m) // any gradient will do, if both have the same
		for k := range 3 {
			copy(b.params[k].G, b.members[k].m)
		}
	}
	for k, p := range apart {
		rows := p.Shape[0]
		for i := range rows {
			for j := range w {
				if got, want := fused.W[j*cols+at[k]+i], p.W[i*w+j]; math.Abs(float64(got-want)) > 2e-5 {
					t.Fatalf("%s [%d,%d]: %g in the fused tensor, %g apart", p.Name, i, j, got, want)
				}
			}
		}
	}
}

func TestMuonIsForHiddenMatrices(t *testing.T) {
	c := tinyConfig()
	c.Optimizer, c.Model.Tied = ruleMuon, false
	l := tinyLoop(t, c, tinyEnv(t, &quern.Memory{}))
	rules := map[string]string{}
	for i, p := range l.opt.params {
		rules[p.Name] = l.opt.members[i].rule
	}
	for name, want := range map[string]string{"model.embed_tokens.weight": ruleAdamW, "lm_head.weight": ruleAdamW, "model.norm.weight": ruleAdamW,
		"model.layers.0.input_layernorm.weight": ruleAdamW, "model.layers.0.self_attn.k_proj.weight": ruleMuon, "model.layers.0.mlp.down_proj.weight": ruleMuon} {
		if rules[name] != want {
			t.Errorf("%s: %q, want %q", name, rules[name], want)
		}
	}
}

func TestGroups(t *testing.T) {
	zero, half := 0.0, 0.5
	o := Optim{Optimizer: ruleSGD, WeightDecay: 0.1, Groups: []Group{{Match: "*embed*", WeightDecay: &zero}, {Match: "*layers.0.*", LR: &zero}, {Match: "*layers.*", LR: &half}}}
	var params []model.Param
	for _, name := range []string{"model.embed_tokens.weight", "model.layers.0.a", "model.layers.1.a", "model.norm.weight"} {
		params = append(params, model.Param{Name: name, W: []float32{1}, G: []float32{1}, Decay: true})
	}
	a := tinyOptimizer(t, o, params)
	a.update(0.1, 1)
	for i, want := range []float32{0.9, 1, 0.945, 0.89} {
		if got := params[i].W[0]; math.Abs(float64(got-want)) > 1e-6 {
			t.Errorf("%s is %g, want %g", params[i].Name, got, want)
		}
	}
	o.Groups = append(o.Groups, Group{Match: "*head*", LR: &half})
	if _, err := newOptimizer(o, cpu.New(1), model.Config{}, params); err == nil || !strings.Contains(err.Error(), "*head*") {
		t.Errorf("a group of nothing: %v", err)
	}
}
