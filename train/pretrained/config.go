package pretrained

import (
	"fmt"

	"github.com/seed-83c59573/quern/train/model"
)

// ConfigName is the file that tells the shape of a model.
const ConfigName = "config.json"

// config is what config.json says.
type config struct {
	model.Config
	dtype string // of the weights, by transformers' name
	bos   []int
	eos   []int
	pad   []int
}

// families are the names that transformers has for the classes of each architecture.
var families = map[string]string{model.GPT2: "GPT2", model.Llama: "Llama", model.Mistral: "Mistral", model.Qwen2: "Qwen2", model.Qwen3: "Qwen3"}

// classOf is the class of a model: one that says scores, or one that only continues texts.
func classOf(c model.Config) string {
	switch {
	case c.Scores > 0:
		return families[c.Arch] + "ForSequenceClassification"
	case c.Arch == model.GPT2:
		return "GPT2LMHeadModel"
	}
	return families[c.Arch] + "ForCausalLM"
}

// parseConfig reads a config.json of transformers 4 or 5. What it asks for that is not computed here, is refused with the field's name.
func parseConfig(b []byte) (*config, error) {
	f, err := parseFields(ConfigName, b)
	if err != nil {
		return nil, err
	}
	c := &config{}
	c.Arch = f.text("model_type", "")
	if families[c.Arch] == "" {
		f.bad("model_type", "is %q, want gpt2, llama, mistral, qwen2 or qwen3", c.Arch)
		return nil, f.err()
	}
	c.class(f)
	c.dtype = f.text("dtype", f.text("torch_dtype", "float32"))
	c.bos, c.eos, c.pad = f.ids("bos_token_id"), f.ids("eos_token_id"), f.ids("pad_token_id")
	if f.has("quantization_config") {
		f.bad("quantization_config", "asks for quantized weights: what is read is F64, F32, F16 and BF16")
	}
	if c.Vocab = f.must("vocab_size"); c.Arch == model.GPT2 {
		c.gpt2(f)
	} else {
		c.llama(f)
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", ConfigName, err)
	}
	return c, nil
}

// maxScores is more classes than any head has.
const maxScores = 1 << 16

// class reads which heads the model has.
func (c *config) class(f *fields) {
	names := f.texts("architectures")
	scores := c.Config
	scores.Scores = 1
	for _, name := range names {
		switch name {
		case classOf(c.Config), families[c.Arch] + "Model":
			return
		case classOf(scores):
			c.Scores = f.whole("num_labels", 0)
			if labels := f.object("id2label"); labels != nil && c.Scores == 0 {
				c.Scores = len(labels.raw)
			}
			switch {
			case c.Scores == 0:
				c.Scores = 2 // the default of transformers
			case c.Scores > maxScores:
				f.bad("num_labels", "is %d, the limit is %d", c.Scores, maxScores)
			}
			return
		}
	}
	if len(names) > 0 {
		f.bad("architectures", "is %s, want %s or %s", f.show("architectures"), classOf(c.Config), classOf(scores))
	}
}

func (c *config) gpt2(f *fields) {
	c.Width, c.Layers, c.Heads, c.Context = f.must("n_embd"), f.must("n_layer"), f.must("n_head"), f.must("n_positions")
	c.Hidden = f.whole("n_inner", 4*c.Width)
	c.NormEps = f.number("layer_norm_epsilon", 1e-5)
	c.Tied = f.flag("tie_word_embeddings", true) || c.Scores > 0
	if act := f.text("activation_function", "gelu_new"); act != "gelu_new" && act != "gelu_pytorch_tanh" {
		f.bad("activation_function", "is %q, what is computed is gelu_new", act)
	}
	f.only("scale_attn_weights", true)
	f.only("scale_attn_by_inverse_layer_idx", false)
	f.only("add_cross_attention", false)
}

func (c *config) llama(f *fields) {
	c.Width, c.Layers, c.Heads = f.must("hidden_size"), f.must("num_hidden_layers"), f.must("num_attention_heads")
	c.Hidden, c.Context = f.must("intermediate_size"), f.must("max_position_embeddings")
	c.KVHeads = f.whole("num_key_value_heads", c.Heads)
	c.HeadSize = f.whole("head_dim", 0)
	if c.HeadSize == 0 && c.Arch == model.Qwen3 {
		c.HeadSize = 128 // the default of transformers' Qwen3Config
	}
	c.NormEps = f.number("rms_norm_eps", 1e-6)
	c.Tied = f.flag("tie_word_embeddings", false) || c.Scores > 0
	if act := f.text("hidden_act", "silu"); act != "silu" && act != "swish" {
		f.bad("hidden_act", "is %q, what is computed is silu", act)
	}
	f.only("attention_bias", false)
	f.only("mlp_bias", false)
	f.only("partial_rotary_factor", 1.0)
	f.only("is_causal", true)
	f.only("use_bidirectional_attention", false)
	c.window(f)
	c.rope(f)
}

// window reads how far back a token looks; all layers have to look equally far.
func (c *config) window(f *fields) {
	asked := f.whole("sliding_window", 0)
	full := 0 // layers without the window, from below
	switch c.Arch {
	case model.Llama:
		if asked != 0 {
			f.bad("sliding_window", "is %d, but a llama looks at all tokens before: as mistral it has a window", asked)
		}
		return
	case model.Mistral:
		if !f.names("sliding_window") {
			asked = 4096 // the default of transformers' MistralConfig
		}
	default:
		if !f.flag("use_sliding_window", false) {
			asked = 0
		} else {
			full = min(f.whole("max_window_layers", 28), c.Layers)
			if !f.names("sliding_window") {
				asked = 4096
			}
		}
	}
	kinds := f.texts("layer_types")
	if kinds != nil {
		if len(kinds) != c.Layers {
			f.bad("layer_types", "names %d layers, num_hidden_layers is %d", len(kinds), c.Layers)
		}
		full = 0
		for _, k := range kinds {
			switch k {
			case "full_attention":
				full++
			case "sliding_attention":
			default:
				f.bad("layer_types", "has %q, want full_attention or sliding_attention", k)
			}
		}
	}
	switch {
	case asked == 0 || full >= c.Layers:
	case full == 0:
		c.Window = asked
	case kinds != nil:
		f.bad("layer_types", "has %d layers with a window and %d without: all have to look equally far", len(kinds)-full, full)
	default:
		f.bad("max_window_layers", "is %d of %d layers: all have to look equally far", full, c.Layers)
	}
}

// rope reads rotary positions in the spelling of transformers 4, rope_theta and rope_scaling, and in that of 5, rope_parameters. A file that has both has to
// say the same in both.
func (c *config) rope(f *fields) {
	c.RopeTheta = f.number("rope_theta", 10000)
	old, now := f.object("rope_scaling"), f.object("rope_parameters")
	if old != nil {
		c.RopeTheta = old.number("rope_theta", c.RopeTheta)
		c.Scaling = c.scaling(old)
	}
	if now == nil {
		return
	}
	theta, scaling := now.number("rope_theta", c.RopeTheta), c.scaling(now)
	if f.has("rope_theta") && theta != c.RopeTheta {
		f.bad("rope_theta", "is %g, rope_parameters says %g", c.RopeTheta, theta)
	}
	if old != nil && scaling != c.Scaling {
		f.bad("rope_scaling", "is %s, rope_parameters says %s", f.show("rope_scaling"), f.show("rope_parameters"))
	}
	c.RopeTheta, c.Scaling = theta, scaling
}

// scaling reads one of the ways to stretch positions (transformers, modeling_rope_utils).
func (c *config) scaling(f *fields) (s model.RopeScaling) {
	kind := f.text("rope_type", f.text("type", "default"))
	f.only("partial_rotary_factor", 1.0)
	switch kind {
	case "default":
		return s
	case "linear":
		s.Kind = model.ScaleLinear
	case "dynamic":
		s.Kind = model.ScaleNTK
		s.Original = c.Context
	case "yarn":
		s.Kind = model.ScaleYaRN
		s.Original = f.whole("original_max_position_embeddings", c.Context)
		s.BetaFast, s.BetaSlow = f.number("beta_fast", 0), f.number("beta_slow", 0)
		s.Attention, s.MScale, s.MScaleAll = f.number("attention_factor", 0), f.number("mscale", 0), f.number("mscale_all_dim", 0)
		s.Fraction = !f.flag("truncate", true)
	case "llama3":
		s.Kind = model.ScaleLlama3
		s.Original = f.must("original_max_position_embeddings")
		s.Low, s.High = f.number("low_freq_factor", 0), f.number("high_freq_factor", 0)
	default:
		f.bad("rope_type", "is %q, want default, linear, dynamic, yarn or llama3", kind)
		return s
	}
	if s.Factor = f.number("factor", 0); s.Factor == 0 {
		f.bad("factor", "is missing")
	}
	return s
}

// ropeKinds are transformers' names.
var ropeKinds = map[string]string{"": "default", model.ScaleLinear: "linear", model.ScaleNTK: "dynamic", model.ScaleYaRN: "yarn", model.ScaleLlama3: "llama3"}

// ropeObject writes what scaling reads.
func ropeObject(c model.Config, theta bool) object {
	var o object
	s := c.Scaling
	put := func(key string, v float64) {
		if v != 0 {
			o.add(key, real(v))
		}
	}
	if theta {
		o.add("rope_theta", real(c.RopeTheta))
	}
	o.add("rope_type", ropeKinds[s.Kind])
	put("factor", s.Factor)
	if s.Kind == model.ScaleYaRN || s.Kind == model.ScaleLlama3 {
		original := s.Original
		if original == 0 {
			original = c.Context
		}
		o.add("original_max_position_embeddings", original)
	}
	put("low_freq_factor", s.Low)
	put("high_freq_factor", s.High)
	put("beta_fast", s.BetaFast)
	put("beta_slow", s.BetaSlow)
	put("attention_factor", s.Attention)
	put("mscale", s.MScale)
	put("mscale_all_dim", s.MScaleAll)
	if s.Fraction {
		o.add("truncate", false)
	}
	return o
}

// dtypes are transformers' names of the types of weights.
var dtypes = map[string]string{"F32": "float32", "BF16": "bfloat16", "F16": "float16"}

// json writes a config.json that transformers 4 and 5 read, in the spellings of both.
func (c *config) json() ([]byte, error) {
	var o object
	m := c.Resolved()
	o.add("architectures", []string{classOf(m)})
	o.add("model_type", m.Arch)
	o.add("vocab_size", m.Vocab)
	if m.Arch == model.GPT2 {
		c.addGPT2(&o, m)
	} else {
		c.addLlama(&o, m)
	}
	o.add("initializer_range", 0.02)
	o.add("tie_word_embeddings", m.Tied)
	o.add("use_cache", true)
	for _, t := range []struct {
		key string
		ids []int
	}{{"bos_token_id", c.bos}, {"eos_token_id", c.eos}, {"pad_token_id", c.pad}} {
		addIDs(&o, t.key, t.ids)
	}
	if m.Scores > 0 {
		o.add("num_labels", m.Scores)
		names, ids := object{}, object{}
		for i := range m.Scores {
			names.add(fmt.Sprint(i), fmt.Sprintf("LABEL_%d", i))
			ids.add(fmt.Sprintf("LABEL_%d", i), i)
		}
		o.add("id2label", names)
		o.add("label2id", ids)
	}
	o.add("dtype", c.dtype)
	o.add("torch_dtype", c.dtype)
	return pretty(o)
}

// addIDs writes one id as a number, several as a list.
func addIDs(o *object, key string, ids []int) {
	switch len(ids) {
	case 0:
	case 1:
		o.add(key, ids[0])
	default:
		o.add(key, ids)
	}
}

func (c *config) addGPT2(o *object, m model.Config) {
	o.add("n_positions", m.Context)
	o.add("n_ctx", m.Context)
	o.add("n_embd", m.Width)
	o.add("n_layer", m.Layers)
	o.add("n_head", m.Heads)
	o.add("n_inner", m.Hidden)
	o.add("activation_function", "gelu_new")
	o.add("layer_norm_epsilon", m.NormEps)
	for _, key := range []string{"attn_pdrop", "embd_pdrop", "resid_pdrop"} {
		o.add(key, real(0))
	}
	o.add("scale_attn_weights", true)
}

func (c *config) addLlama(o *object, m model.Config) {
	o.add("hidden_size", m.Width)
	o.add("intermediate_size", m.Hidden)
	o.add("num_hidden_layers", m.Layers)
	o.add("num_attention_heads", m.Heads)
	o.add("num_key_value_heads", m.KVHeads)
	o.add("head_dim", m.HeadSize)
	o.add("hidden_act", "silu")
	o.add("max_position_embeddings", m.Context)
	o.add("rms_norm_eps", m.NormEps)
	o.add("rope_theta", real(m.RopeTheta))
	var scaling any // null = none
	if m.Scaling != (model.RopeScaling{}) {
		scaling = ropeObject(m, false)
	}
	o.add("rope_scaling", scaling)
	o.add("rope_parameters", ropeObject(m, true))
	o.add("attention_dropout", real(0))
	var window any
	if m.Window > 0 {
		window = m.Window
	}
	switch m.Arch {
	case model.Llama:
		o.add("attention_bias", false)
		o.add("mlp_bias", false)
	case model.Mistral:
		o.add("sliding_window", window)
	default:
		if m.Arch == model.Qwen3 {
			o.add("attention_bias", false)
		}
		kind, kinds := "full_attention", make([]string, m.Layers)
		if m.Window > 0 {
			kind = "sliding_attention"
		}
		for i := range kinds {
			kinds[i] = kind
		}
		o.add("use_sliding_window", m.Window > 0)
		o.add("sliding_window", window)
		o.add("max_window_layers", 0)
		o.add("layer_types", kinds)
	}
}
