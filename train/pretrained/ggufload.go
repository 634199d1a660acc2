package pretrained

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train/format"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/ops"
)

// LoadGGUF reads a model of llama.cpp: gpt2, llama, qwen2 or qwen3, of F32, F16, BF16, Q8_0 or Q4_0. The tokenizer is nil if it is none that is read, and the
// notes tell why.
func LoadGGUF(f quern.File, o ops.Ops[float32]) (m *model.Model, tok *tokenize.Tokenizer, t Text, notes []string, err error) {
	g, err := format.OpenGGUF(f, f.Size())
	if err != nil {
		return nil, nil, t, nil, err
	}
	r := newGGUFReader(g)
	c := r.config()
	if err := errors.Join(r.errs...); err != nil {
		return nil, nil, t, nil, err
	}
	if err := c.Validate(); err != nil {
		return nil, nil, t, nil, err
	}
	if err := r.check(c.Resolved()); err != nil { // before memory is asked for
		return nil, nil, t, nil, err
	}
	if m, err = model.New(c, o, 1); err != nil {
		return nil, nil, t, nil, err
	}
	if err = r.read(m); err != nil {
		return nil, nil, t, nil, err
	}
	tok, t, err = r.tokenizer()
	if err != nil {
		notes, err = append(notes, fmt.Sprintf("the tokenizer of the file is not read: %v", err)), nil
	}
	return m, tok, t, notes, err
}

// ggufReader gathers what is wrong with a file.
type ggufReader struct {
	g      *format.GGUF
	byName map[string]*format.GGUFEntry
	errs   []error
}

func newGGUFReader(g *format.GGUF) *ggufReader {
	r := &ggufReader{g: g, byName: map[string]*format.GGUFEntry{}}
	for i := range g.Entries {
		r.byName[g.Entries[i].Name] = &g.Entries[i]
	}
	return r
}

func (r *ggufReader) bad(format string, a ...any) { r.errs = append(r.errs, fmt.Errorf(format, a...)) }

// whole is a value of the architecture that is a whole number; otherwise, if not negative, if there is none.
func (r *ggufReader) whole(key string, otherwise int) int {
	key = r.g.Arch + "." + key
	v, ok := r.g.Values[key]
	if !ok && otherwise >= 0 {
		return otherwise
	}
	n, ok := v.(uint64)
	if !ok || n > math.MaxInt32 {
		r.bad("%s is %v, want a whole number", key, v)
	}
	return int(n)
}

func (r *ggufReader) number(key string, otherwise float64) float64 {
	key = r.g.Arch + "." + key
	v, ok := r.g.Values[key]
	if !ok && otherwise >= 0 {
		return otherwise
	}
	x, ok := v.(float64)
	if !ok {
		r.bad("%s is %v, want a number", key, v)
	}
	return shortest(x)
}

// shortest is the number that was meant by one that was rounded to float32: 1e-5, not 9.99999974737875e-06.
func shortest(x float64) float64 {
	var y float64
	if _, err := fmt.Sscan(fmt.Sprint(float32(x)), &y); err != nil {
		return x
	}
	return y
}

// entry is a tensor, nil if there is none of the name.
func (r *ggufReader) entry(name string) *format.GGUFEntry { return r.byName[name] }

func (r *ggufReader) config() model.Config {
	c := model.Config{Arch: r.g.Arch, Layers: r.whole("block_count", -1), Width: r.whole("embedding_length", -1), Heads: r.whole("attention.head_count", -1),
		Hidden: r.whole("feed_forward_length", -1), Context: r.whole("context_length", -1), Tied: r.entry("output.weight") == nil}
	if e := r.entry("token_embd.weight"); e != nil && len(e.Shape) == 2 {
		c.Vocab = e.Shape[0]
	}
	if v := r.whole("vocab_size", c.Vocab); v != c.Vocab {
		r.bad("%s.vocab_size is %d, token_embd.weight has %d rows", r.g.Arch, v, c.Vocab)
	}
	switch r.g.Arch {
	case model.GPT2:
		c.NormEps = r.number("attention.layer_norm_epsilon", -1)
		return c
	case model.Llama, model.Qwen2, model.Qwen3:
	default:
		r.bad("general.architecture is %q, want gpt2, llama, qwen2 or qwen3", r.g.Arch)
		return c
	}
	c.KVHeads = r.whole("attention.head_count_kv", c.Heads)
	c.HeadSize = r.whole("attention.key_length", 0)
	c.NormEps = r.number("attention.layer_norm_rms_epsilon", -1)
	c.RopeTheta = r.number("rope.freq_base", 10000)
	size := c.HeadSize
	if size == 0 && c.Heads > 0 {
		size = c.Width / c.Heads
	}
	if v := r.whole("attention.value_length", size); v != size {
		r.bad("%s.attention.value_length is %d, keys have %d", r.g.Arch, v, size)
	}
	if n := r.whole("rope.dimension_count", size); n != size {
		r.bad("%s.rope.dimension_count is %d of %d: what is computed turns all", r.g.Arch, n, size)
	}
	if n := r.whole("expert_count", 0); n != 0 {
		r.bad("%s.expert_count is %d: experts are not computed", r.g.Arch, n)
	}
	c.Scaling = r.scaling(c)
	return c
}

func (r *ggufReader) scaling(c model.Config) (s model.RopeScaling) {
	if r.entry("rope_freqs.weight") != nil {
		return r.llama3(c)
	}
	kind, _ := r.g.Values[r.g.Arch+".rope.scaling.type"].(string)
	switch kind {
	case "", "none":
		return s
	case "linear":
		return model.RopeScaling{Kind: model.ScaleLinear, Factor: r.number("rope.scaling.factor", -1)}
	case "yarn":
		s = model.RopeScaling{Kind: model.ScaleYaRN, Factor: r.number("rope.scaling.factor", -1), Original: r.whole("rope.scaling.original_context_length", c.Context),
			BetaFast: r.number("rope.scaling.yarn_beta_fast", 0), BetaSlow: r.number("rope.scaling.yarn_beta_slow", 0)}
		if a := r.number("rope.scaling.attn_factor", 1); a != 1 {
			s.Attention = a * (1 + 0.1*math.Log(s.Factor))
		}
		return s
	}
	r.bad("%s.rope.scaling.type is %q, want none, linear or yarn", r.g.Arch, kind)
	return s
}

// llama3 finds the scaling of Llama 3 whose divisors the file has as a tensor: of its numbers only the factor can be read off, the others are those that its makers
// published, or those of a short first context.
func (r *ggufReader) llama3(c model.Config) model.RopeScaling {
	e := r.entry("rope_freqs.weight")
	got := make([]float32, c.Resolved().HeadSize/2)
	if err := r.g.ReadInto(got, e); err != nil {
		r.errs = append(r.errs, err)
		return model.RopeScaling{}
	}
	for original := c.Context; original >= 1; original /= 2 {
		s := model.RopeScaling{Kind: model.ScaleLlama3, Factor: float64(slices.Max(got)), Original: original, Low: 1, High: 4}
		if same(ggufDivisors(c.Resolved(), s), got) {
			return s
		}
	}
	r.bad("rope_freqs.weight: the divisors of positions are not those of llama3 with low_freq_factor 1 and high_freq_factor 4")
	return model.RopeScaling{}
}

func same(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Abs(float64(x-y)) <= 1e-5*math.Abs(float64(x)) })
}

// place is where a parameter lies in the file: under which name, and whether its rows and columns are exchanged.
func place(c model.Config, name string, shape []int) (full, kind string, flip bool, err error) {
	full, kind, err = ggufName(name)
	flip = c.Arch == model.GPT2 && kind != "position_embd" && kind != "token_embd" && kind != "output" && len(shape) == 2
	return full, kind, flip, err
}

// check names the tensors that are missing, of another shape, or of no use.
func (r *ggufReader) check(c model.Config) error {
	used := map[string]bool{"rope_freqs.weight": true}
	for _, s := range c.Shapes() {
		name, _, flip, err := place(c, s.Name, s.Shape)
		if err != nil {
			return err
		}
		used[name] = true
		want := slices.Clone(s.Shape)
		if flip {
			slices.Reverse(want)
		}
		switch e := r.entry(name); {
		case e == nil:
			r.bad("tensor %s %v is missing", name, want)
		case !slices.Equal(e.Shape, want):
			r.bad("tensor %s is %v, the values of the file ask for %v", name, e.Shape, want)
		}
	}
	for _, e := range r.g.Entries {
		if !used[e.Name] {
			r.bad("tensor %s %v: a %s has none such", e.Name, e.Shape, c.Arch)
		}
	}
	return errors.Join(r.errs...)
}

// read fills all parameters.
func (r *ggufReader) read(m *model.Model) error {
	c := m.Config().Resolved()
	for _, p := range m.Params() {
		name, kind, flip, err := place(c, p.Name, p.Shape)
		if err != nil {
			return err
		}
		if err := r.g.ReadInto(p.W, r.entry(name)); err != nil {
			return err
		}
		if i := notFinite(p.W); i >= 0 {
			return fmt.Errorf("tensor %s: number %d is %v: the weights are damaged", name, i, p.W[i])
		}
		switch {
		case flip:
			transpose(p.W, slices.Clone(p.W), p.Shape[1], p.Shape[0])
		case c.Arch == model.Llama && (kind == "attn_q" || kind == "attn_k"):
			turnBack(p.W, c.HeadSize, p.Shape[1])
		}
	}
	return nil
}

// turnBack undoes turnedPairs.
func turnBack(w []float32, size, cols int) {
	from := slices.Clone(w)
	for head := 0; head < len(w); head += size * cols {
		for i := range size {
			row := head + (i/2+i%2*(size/2))*cols
			copy(w[row:row+cols], from[head+i*cols:])
		}
	}
}

// tokenizer makes a tokenizer.json of the one in the file.
func (r *ggufReader) tokenizer() (*tokenize.Tokenizer, Text, error) {
	v := r.g.Values
	if kind := v["tokenizer.ggml.model"]; kind != "gpt2" {
		return nil, Text{}, fmt.Errorf("tokenizer.ggml.model is %v, want gpt2, which is byte-level BPE", kind)
	}
	pre, _ := v["tokenizer.ggml.pre"].(string)
	split := ""
	for ours, theirs := range ggufSplits {
		if theirs == pre {
			split = ours
		}
	}
	whole := pre == "llama-bpe"
	if whole {
		split = "cl100k"
	}
	if split == "" {
		return nil, Text{}, fmt.Errorf("tokenizer.ggml.pre is %q, a way to cut texts that is not known here", pre)
	}
	tokens, _ := v["tokenizer.ggml.tokens"].([]string)
	merges, _ := v["tokenizer.ggml.merges"].([]string)
	types, _ := v["tokenizer.ggml.token_type"].([]any)
	vocab := slices.Clone(tokens)
	var added []tokenize.Added
	for i, s := range tokens {
		kind := int64(ggufNormal)
		if i < len(types) {
			kind, _ = types[i].(int64)
		}
		switch kind {
		case ggufControl, ggufUser:
			added = append(added, tokenize.Added{ID: uint32(i), Content: s, Special: kind == ggufControl})
		case ggufUnused:
			vocab[i] = ""
		}
	}
	tok, err := tokenize.FromVocab(split, vocab, merges, added, whole)
	if err != nil {
		return nil, Text{}, err
	}
	name := func(key string) string {
		if id, ok := v["tokenizer.ggml."+key+"_token_id"].(uint64); ok {
			return tokens[id]
		}
		return ""
	}
	t := Text{BOS: name("bos"), EOS: name("eos"), Pad: name("padding")}
	t.AddBOS, _ = v["tokenizer.ggml.add_bos_token"].(bool)
	t.Template, _ = v["tokenizer.chat_template"].(string)
	if t.EOS == "" {
		t.EOS = string(tok.Token(tok.EndOfText()))
	}
	t.Template = strings.TrimRight(t.Template, "\x00")
	return tok, t, nil
}
