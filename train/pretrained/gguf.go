package pretrained

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"regexp"
	"strings"

	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train/format"
	"github.com/seed-83c59573/quern/train/model"
)

// ggufArchs are llama.cpp's names; a Mistral is a Llama there.
var ggufArchs = map[string]string{model.GPT2: "gpt2", model.Llama: "llama", model.Mistral: "llama", model.Qwen2: "qwen2", model.Qwen3: "qwen3"}

// ggufFileTypes are llama.cpp's numbers of files by the type of most tensors (llama.h, llama_ftype).
var ggufFileTypes = map[format.GGUFType]uint32{format.GGUFF32: 0, format.GGUFF16: 1, format.GGUFQ4_0: 2, format.GGUFQ8_0: 7, format.GGUFBF16: 32}

// WriteGGUF writes a model as llama.cpp loads it, under a name for people. Matrices are stored as kind; gains, biases and learned positions stay F32,
// rows that quantization cannot cut into blocks of 32 become F16, and beside Q4_0 the embedding and the head are Q8_0. Notes tell what llama.cpp does otherwise.
func WriteGGUF(w io.Writer, m *model.Model, tok *tokenize.Tokenizer, t Text, kind format.GGUFType, name string) (notes []string, err error) {
	c := m.Config().Resolved()
	if c.Scores > 0 {
		return nil, fmt.Errorf("gguf: a model that says scores is not written")
	}
	if tok == nil {
		return nil, fmt.Errorf("gguf: the model has no tokenizer, and a GGUF file must")
	}
	g := ggufModel{c: c, kind: kind, arch: ggufArchs[c.Arch]}
	g.values(name)
	if err := g.rope(); err != nil {
		return nil, err
	}
	if err := g.tokenizer(tok, t); err != nil {
		return nil, err
	}
	for _, p := range m.Params() {
		if err := g.tensor(p); err != nil {
			return nil, err
		}
	}
	return g.notes, format.WriteGGUF(w, g.header, g.tensors)
}

type ggufModel struct {
	c       model.Config
	kind    format.GGUFType
	arch    string
	header  []format.GGUFValue
	tensors []format.GGUFTensor
	notes   []string
}

func (g *ggufModel) put(key string, v any) {
	g.header = append(g.header, format.GGUFValue{Key: key, Value: v})
}

// of puts a value that belongs to the architecture.
func (g *ggufModel) of(key string, v any) { g.put(g.arch+"."+key, v) }

// values are the shape of the model, under the keys of llama.cpp's gguf-py, constants.py.
func (g *ggufModel) values(name string) {
	c := g.c
	g.put("general.architecture", g.arch)
	g.put("general.type", "model")
	g.put("general.name", name)
	g.put("general.file_type", ggufFileTypes[g.kind])
	if g.kind == format.GGUFQ4_0 || g.kind == format.GGUFQ8_0 {
		g.put("general.quantization_version", uint32(2))
	}
	g.of("vocab_size", uint32(c.Vocab))
	g.of("context_length", uint32(c.Context))
	g.of("embedding_length", uint32(c.Width))
	g.of("block_count", uint32(c.Layers))
	g.of("feed_forward_length", uint32(c.Hidden))
	g.of("attention.head_count", uint32(c.Heads))
	if c.Arch == model.GPT2 {
		g.of("attention.layer_norm_epsilon", float32(c.NormEps))
		return
	}
	g.of("attention.head_count_kv", uint32(c.KVHeads))
	g.of("attention.key_length", uint32(c.HeadSize))
	g.of("attention.value_length", uint32(c.HeadSize))
	g.of("attention.layer_norm_rms_epsilon", float32(c.NormEps))
	g.of("rope.dimension_count", uint32(c.HeadSize))
	g.of("rope.freq_base", float32(c.RopeTheta))
	if c.Window > 0 {
		g.notes = append(g.notes, fmt.Sprintf("llama.cpp knows no window of this architecture: it computes the same of texts of up to %d tokens", c.Window))
	}
}

// rope writes how positions are stretched.
func (g *ggufModel) rope() error {
	s := g.c.Scaling
	switch s.Kind {
	case model.ScaleNTK:
		return fmt.Errorf("gguf: llama.cpp has no dynamic scaling of positions (rope_type dynamic)")
	case model.ScaleLinear:
		g.of("rope.scaling.type", "linear")
		g.of("rope.scaling.factor", float32(s.Factor))
	case model.ScaleYaRN:
		if s.Fraction {
			return fmt.Errorf("gguf: llama.cpp widens the bounds of YaRN to whole pairs, the model does not (truncate false)")
		}
		original := s.Original
		if original == 0 {
			original = g.c.Context
		}
		g.of("rope.scaling.type", "yarn")
		g.of("rope.scaling.factor", float32(s.Factor))
		g.of("rope.scaling.original_context_length", uint32(original))
		grown := 1 + 0.1*math.Log(s.Factor) // what llama.cpp multiplies with by itself
		if a := s.Gain(); math.Abs(a-grown) > 1e-9 {
			g.of("rope.scaling.attn_factor", float32(a/grown))
		}
		if s.BetaFast > 0 {
			g.of("rope.scaling.yarn_beta_fast", float32(s.BetaFast))
		}
		if s.BetaSlow > 0 {
			g.of("rope.scaling.yarn_beta_slow", float32(s.BetaSlow))
		}
	case model.ScaleLlama3:
		g.tensors = append(g.tensors, format.GGUFTensor{Type: format.GGUFF32,
			Tensor: format.Tensor{Name: "rope_freqs.weight", Shape: []int{g.c.HeadSize / 2}, Data: ggufDivisors(g.c, s)}})
	}
	return nil
}

// ggufDivisors are what Llama 3 divides the speed of each pair by: to llama.cpp they are a tensor.
func ggufDivisors(c model.Config, s model.RopeScaling) []float32 {
	original := float64(s.Original)
	if s.Original == 0 {
		original = float64(c.Context)
	}
	out := make([]float32, c.HeadSize/2)
	for i := range out {
		turns := original * math.Pow(c.RopeTheta, -2*float64(i)/float64(c.HeadSize)) / (2 * math.Pi)
		share := min(1, max(0, (turns-s.Low)/(s.High-s.Low)))
		out[i] = float32(1 / ((1-share)/s.Factor + share))
	}
	return out
}

// ggufNames are llama.cpp's names of what stands in a block.
var ggufNames = map[string]string{
	"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
	"self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
	"mlp.down_proj": "ffn_down", "ln_1": "attn_norm", "ln_2": "ffn_norm", "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output", "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down",
	"model.embed_tokens": "token_embd", "wte": "token_embd", "wpe": "position_embd", "model.norm": "output_norm", "ln_f": "output_norm", "lm_head": "output",
}

var blockName = regexp.MustCompile(`^(?:model\.layers|h)\.(\d+)\.(.+)\.(weight|bias)$`)

// ggufName is llama.cpp's name of a parameter, and the part of it that tells what it is.
func ggufName(param string) (name, kind string, err error) {
	module, end, block := "", "", ""
	if m := blockName.FindStringSubmatch(param); m != nil {
		block, module, end = "blk."+m[1]+".", m[2], m[3]
	} else {
		at := strings.LastIndex(param, ".")
		module, end = param[:at], param[at+1:]
	}
	kind, ok := ggufNames[module]
	if !ok {
		return "", "", fmt.Errorf("gguf: llama.cpp has no name for %s", param)
	}
	return block + kind + "." + end, kind, nil
}

func (g *ggufModel) tensor(p model.Param) error {
	full, name, err := ggufName(p.Name)
	if err != nil {
		return err
	}
	t := format.GGUFTensor{Tensor: format.Tensor{Name: full, Shape: p.Shape, Data: p.W}, Type: g.kind}
	block := strings.HasPrefix(full, "blk.")
	switch {
	case g.c.Arch == model.GPT2 && block && len(p.Shape) == 2:
		t.Tensor = transposed(t.Tensor)
	case g.arch == "llama" && (name == "attn_q" || name == "attn_k"):
		t.Data = turnedPairs(p.W, g.c.HeadSize, p.Shape[1])
	}
	embedding := name == "token_embd" || name == "output"
	switch {
	case len(t.Shape) == 1 || name == "position_embd":
		t.Type = format.GGUFF32
	case t.Type != format.GGUFQ4_0 && t.Type != format.GGUFQ8_0:
	case t.Shape[1]%32 != 0:
		t.Type = format.GGUFF16
	case embedding:
		t.Type = format.GGUFQ8_0
	}
	g.tensors = append(g.tensors, t)
	return nil
}

// transposed is a matrix with rows and columns exchanged.
func transposed(t format.Tensor) format.Tensor {
	rows, cols := t.Shape[0], t.Shape[1]
	out := format.Tensor{Name: t.Name, Shape: []int{cols, rows}, Data: make([]float32, len(t.Data))}
	transpose(out.Data, t.Data, rows, cols)
	return out
}

func transpose(dst, src []float32, rows, cols int) {
	for r := range rows {
		for c := range cols {
			dst[c*rows+r] = src[r*cols+c]
		}
	}
}

// turnedPairs puts the rows of each head in the order of llama.cpp's Llama, which turns neighbors: row i of the first half, then row i of the second.
func turnedPairs(w []float32, size, cols int) []float32 {
	out := make([]float32, 0, len(w))
	for head := 0; head < len(w); head += size * cols {
		for i := range size / 2 {
			for _, row := range [2]int{i, i + size/2} {
				at := head + row*cols
				out = append(out, w[at:at+cols]...)
			}
		}
	}
	return out
}

// ggufSplits are llama.cpp's names of the rules by which texts are cut, by ours (llama-vocab.cpp).
var ggufSplits = map[string]string{"gpt2": "gpt-2", "cl100k": "dbrx", "qwen2": "qwen2", "o200k": "gpt-4o", "qwen3.5": "qwen35", "tekken": "tekken", "deepseek": "deepseek-v3"}

// The types of tokens (ggml-org/ggml, docs/gguf.md).
const (
	ggufNormal  = 1
	ggufControl = 3
	ggufUser    = 4
	ggufUnused  = 5
)

func (g *ggufModel) tokenizer(tok *tokenize.Tokenizer, t Text) error {
	pre := ggufSplits[tok.Split()]
	if pre == "" {
		return fmt.Errorf("gguf: the tokenizer is %s cut in a way of its own; what is written is byte-level BPE cut as one of %s", tok.Describe(), strings.Join(tokenize.Splits(), ", "))
	}
	b, err := tok.JSON()
	if err != nil {
		return err
	}
	var file struct {
		Model struct {
			Vocab  map[string]int    `json:"vocab"`
			Merges []json.RawMessage `json:"merges"`
			Whole  bool              `json:"ignore_merges"`
		} `json:"model"`
	}
	if err := json.Unmarshal(b, &file); err != nil {
		return fmt.Errorf("gguf: %w", err)
	}
	if file.Model.Whole && tok.Split() == "cl100k" {
		pre = "llama-bpe" // the same rule, and pieces that are tokens are not merged
	}
	tokens, types := make([]string, g.c.Vocab), make([]int32, g.c.Vocab)
	for i := range tokens {
		tokens[i], types[i] = fmt.Sprintf("[PAD%d]", i), ggufUnused
	}
	for s, id := range file.Model.Vocab {
		tokens[id], types[id] = s, ggufNormal
	}
	for _, a := range tok.Added() {
		tokens[a.ID], types[a.ID] = a.Content, ggufUser
		if a.Special {
			types[a.ID] = ggufControl
		}
	}
	merges, err := mergeLines(file.Model.Merges)
	if err != nil {
		return fmt.Errorf("gguf: %w", err)
	}
	if !tok.Lossless() {
		g.notes = append(g.notes, "the tokenizer brings texts to a normal form first, llama.cpp does not: texts that are not in it have other ids there")
	}
	g.put("tokenizer.ggml.model", "gpt2")
	g.put("tokenizer.ggml.pre", pre)
	g.put("tokenizer.ggml.tokens", tokens)
	g.put("tokenizer.ggml.token_type", types)
	g.put("tokenizer.ggml.merges", merges)
	for _, s := range []struct{ key, name string }{{"bos", t.BOS}, {"eos", t.EOS}, {"padding", t.Pad}} {
		if v, ok := id(tok, s.name); ok && s.name != "" {
			g.put("tokenizer.ggml."+s.key+"_token_id", uint32(v))
		}
	}
	g.put("tokenizer.ggml.add_bos_token", t.AddBOS)
	if t.Template != "" {
		g.put("tokenizer.chat_template", WithoutGeneration(t.Template))
	}
	return nil
}

// mergeLines are merges as "a b", whichever of its two forms a tokenizer.json has them in.
func mergeLines(raw []json.RawMessage) ([]string, error) {
	out := make([]string, len(raw))
	for i, m := range raw {
		var pair [2]string
		if json.Unmarshal(m, &out[i]) == nil {
			continue
		}
		if err := json.Unmarshal(m, &pair); err != nil {
			return nil, err
		}
		out[i] = pair[0] + " " + pair[1]
	}
	return out, nil
}

var generationTag = regexp.MustCompile(`\{%-?\s*(end)?generation\s*-?%\}`)

// WithoutGeneration takes the tags around what is to be learned out of a template, for readers that do not know them. White space that the tags strip is stripped.
func WithoutGeneration(template string) string {
	return generationTag.ReplaceAllStringFunc(template, func(tag string) string {
		left, right := "{#", "#}"
		if strings.HasPrefix(tag, "{%-") {
			left = "{#-"
		}
		if strings.HasSuffix(tag, "-%}") {
			right = "-#}"
		}
		return left + right
	})
}
