package model

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/seed-83c59573/quern/train/ops"
)

// Param is one tensor of a model: views into its flat weights and gradients.
type Param = ParamOf[float32]

// ParamOf is a Param of either precision.
type ParamOf[F ops.Float] struct {
	Name  string // Hugging Face's
	Shape []int
	W, G  []F
	Decay bool // weight decay is for matrices, not for gains and biases
}

// spec is a parameter to be.
type spec struct {
	name  string
	shape []int
	std   float64 // of the first weights; 0 = all are fill
	fill  float64
}

func (s spec) len() int {
	n := 1
	for _, d := range s.shape {
		n *= d
	}
	return n
}

// The spread of the first weights, as in GPT-2; what is added to the residual stream is scaled down by the number of additions.
const initStd = 0.02

// specs lists all parameters in the order of the flat buffer. Neighbors that one product computes stand side by side: q, k and v,
// gate and up.
func specs(c Config) []spec {
	matrix := func(name string, rows, cols int, std float64) spec { return spec{name, []int{rows, cols}, std, 0} }
	vector := func(name string, n int, fill float64) spec { return spec{name, []int{n}, 0, fill} }
	var out []spec
	if c.Arch == GPT2 {
		out = gpt2Specs(c, matrix, vector)
	} else {
		out = llamaSpecs(c, matrix, vector)
	}
	if !c.Tied {
		out = append(out, matrix("lm_head.weight", c.Vocab, c.Width, initStd))
	}
	if c.Scores > 0 {
		// as open-instruct's reward heads begin
		out = append(out, matrix("score.weight", c.Scores, c.Width, 1/math.Sqrt(float64(c.Width+1))))
	}
	return out
}

func gpt2Specs(c Config, matrix func(string, int, int, float64) spec, vector func(string, int, float64) spec) []spec {
	w, h, residual := c.Width, c.Hidden, residualStd(c)
	out := []spec{matrix("wte.weight", c.Vocab, w, initStd), matrix("wpe.weight", c.Context, w, initStd)}
	for i := range c.Layers {
		p := fmt.Sprintf("h.%d.", i)
		out = append(out, vector(p+"ln_1.weight", w, 1), vector(p+"ln_1.bias", w, 0),
			matrix(p+"attn.c_attn.weight", w, c.qkv(), initStd), vector(p+"attn.c_attn.bias", c.qkv(), 0),
			matrix(p+"attn.c_proj.weight", w, w, residual), vector(p+"attn.c_proj.bias", w, 0),
			vector(p+"ln_2.weight", w, 1), vector(p+"ln_2.bias", w, 0),
			matrix(p+"mlp.c_fc.weight", w, h, initStd), vector(p+"mlp.c_fc.bias", h, 0),
			matrix(p+"mlp.c_proj.weight", h, w, residual), vector(p+"mlp.c_proj.bias", w, 0))
	}
	return append(out, vector("ln_f.weight", w, 1), vector("ln_f.bias", w, 0))
}

func llamaSpecs(c Config, matrix func(string, int, int, float64) spec, vector func(string, int, float64) spec) []spec {
	w, h, q, kv, residual := c.Width, c.Hidden, c.attn(), c.KVHeads*c.size(), residualStd(c)
	out := []spec{matrix("model.embed_tokens.weight", c.Vocab, w, initStd)}
	for i := range c.Layers {
		p := fmt.Sprintf("model.layers.%d.", i)
		out = append(out, vector(p+"input_layernorm.weight", w, 1),
			matrix(p+"self_attn.q_proj.weight", q, w, initStd), matrix(p+"self_attn.k_proj.weight", kv, w, initStd),
			matrix(p+"self_attn.v_proj.weight", kv, w, initStd))
		if c.Arch == Qwen2 {
			out = append(out, vector(p+"self_attn.q_proj.bias", q, 0), vector(p+"self_attn.k_proj.bias", kv, 0), vector(p+"self_attn.v_proj.bias", kv, 0))
		}
		if c.Arch == Qwen3 {
			out = append(out, vector(p+"self_attn.q_norm.weight", c.size(), 1), vector(p+"self_attn.k_norm.weight", c.size(), 1))
		}
		out = append(out, matrix(p+"self_attn.o_proj.weight", w, q, residual),
			vector(p+"post_attention_layernorm.weight", w, 1),
			matrix(p+"mlp.gate_proj.weight", h, w, initStd), matrix(p+"mlp.up_proj.weight", h, w, initStd),
			matrix(p+"mlp.down_proj.weight", w, h, residual))
	}
	return append(out, vector("model.norm.weight", w, 1))
}

func residualStd(c Config) float64 { return initStd / math.Sqrt(2*float64(c.Layers)) }

// Init draws all weights. The same seed draws the same weights; a tensor's do not depend on the others.
func (m *Decoder[F]) Init(seed uint64) {
	for i, s := range specs(m.cfg) {
		w := m.params[i].W
		rnd := rand.New(rand.NewPCG(seed, uint64(i)))
		for j := range w {
			if s.std == 0 {
				w[j] = F(s.fill)
			} else {
				w[j] = F(rnd.NormFloat64() * s.std)
			}
		}
	}
}
