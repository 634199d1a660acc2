package pretrained

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/train/format"
	"github.com/seed-83c59573/quern/train/model"
)

// WeightsName is the file of weights of a folder that has one.
const WeightsName = "model.safetensors"

// weights are the tensors of a folder's files, none of them read yet.
type weights struct {
	files  []quern.File
	byName map[string]tensor
	bytes  int64
}

// tensor is one of a file.
type tensor struct {
	*format.Entry
	from *format.Reader
	file string
}

func (w *weights) close() {
	for _, f := range w.files {
		f.Close()
	}
}

// openWeights opens the one file of weights, or the several that an index names.
func openWeights(dir quern.Dir) (w *weights, err error) {
	w = &weights{byName: map[string]tensor{}}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	b, err := quern.ReadBlob(dir, format.IndexName)
	if errors.Is(err, fs.ErrNotExist) {
		return w, w.open(dir, WeightsName)
	}
	if err != nil {
		return w, err
	}
	index, err := format.ParseIndex(b)
	if err != nil {
		return w, fmt.Errorf("%s: %w", format.IndexName, err)
	}
	for _, name := range index.Shards() {
		if err := w.open(dir, name); err != nil {
			return w, err
		}
	}
	return w, w.holdAgainst(index)
}

// open adds the tensors of a file.
func (w *weights) open(dir quern.Dir, name string) error {
	f, err := dir.Open(name)
	if err != nil {
		return err
	}
	w.files = append(w.files, f)
	r, err := format.Open(f, f.Size())
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for i := range r.Entries {
		e := &r.Entries[i]
		if other, twice := w.byName[e.Name]; twice {
			return fmt.Errorf("tensor %s is in %s and in %s", e.Name, other.file, name)
		}
		w.byName[e.Name] = tensor{e, r, name}
		w.bytes += e.Bytes()
	}
	return nil
}

// holdAgainst insists that the index and the files say the same.
func (w *weights) holdAgainst(x *format.Index) error {
	var errs []error
	for _, name := range sortedKeys(x.Files) {
		if t, ok := w.byName[name]; !ok || t.file != x.Files[name] {
			errs = append(errs, fmt.Errorf("%s: tensor %s is not in %s", format.IndexName, name, x.Files[name]))
		}
	}
	for _, name := range sortedKeys(w.byName) {
		if _, ok := x.Files[name]; !ok {
			errs = append(errs, fmt.Errorf("%s: does not name tensor %s of %s", format.IndexName, name, w.byName[name].file))
		}
	}
	if x.Total >= 0 && x.Total != w.bytes {
		errs = append(errs, fmt.Errorf("%s: total_size is %d, the files hold %d bytes of tensors", format.IndexName, x.Total, w.bytes))
	}
	return errors.Join(errs...)
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// ignored are tensors that old files hold and no model reads: masks of GPT-2, angles of rotary positions.
var ignored = regexp.MustCompile(`^(h\.\d+\.attn\.(bias|masked_bias)|model\.layers\.\d+\.self_attn\.rotary_emb\.inv_freq|model\.rotary_emb\.inv_freq)$`)

// rename gives all tensors the names that the model's parameters have: GPT-2's stand with and without a prefix, and what no model reads goes.
func (w *weights) rename(c model.Config) error {
	named := make(map[string]tensor, len(w.byName))
	for _, name := range sortedKeys(w.byName) {
		own := name
		if c.Arch == model.GPT2 {
			own = strings.TrimPrefix(name, "transformer.")
		}
		if ignored.MatchString(own) {
			continue
		}
		if other, twice := named[own]; twice {
			return fmt.Errorf("tensor %s stands twice: as %s in %s and as %s in %s", own, other.Name, other.file, name, w.byName[name].file)
		}
		named[own] = w.byName[name]
	}
	w.byName = named
	return nil
}

// check holds the tensors against the parameters that the configuration asks for, and names all that is wrong.
func (w *weights) check(c model.Config) error {
	errs := w.contradictions(c)
	wanted := map[string]bool{}
	for _, s := range c.Shapes() {
		wanted[s.Name] = true
		t, ok := w.byName[s.Name]
		switch {
		case !ok:
			hint := ""
			if s.Name == "lm_head.weight" {
				hint = ": is the head the embedding? then tie_word_embeddings is true"
			}
			errs = append(errs, fmt.Errorf("tensor %s %v is missing%s", s.Name, s.Shape, hint))
		case !slices.Equal(t.Shape, s.Shape):
			errs = append(errs, fmt.Errorf("tensor %s of %s is %v, %s asks for %v", t.Name, t.file, t.Shape, ConfigName, s.Shape))
		case !t.Float():
			errs = append(errs, fmt.Errorf("tensor %s of %s holds %s, want F64, F32, F16 or BF16", t.Name, t.file, t.Dtype))
		}
	}
	for _, name := range sortedKeys(w.byName) {
		if !wanted[name] && !(name == "lm_head.weight" && c.Tied) {
			t := w.byName[name]
			errs = append(errs, fmt.Errorf("tensor %s %v of %s: the model that %s tells of has none such", t.Name, t.Shape, t.file, ConfigName))
		}
	}
	return errors.Join(errs...)
}

var layerName = regexp.MustCompile(`^(?:model\.layers|h)\.(\d+)\.`)

// contradictions names the fields of the configuration that the tensors say otherwise.
func (w *weights) contradictions(c model.Config) (errs []error) {
	c = c.Resolved()
	say := func(field string, configured int, tensor string, dim, found int) {
		if configured != found {
			errs = append(errs, fmt.Errorf("%s: %s is %d, by %s %v it is %d", ConfigName, field, configured, tensor, w.byName[tensor].Shape, found))
		}
	}
	hold := func(field string, configured int, tensor string, dim, of int) {
		if t, ok := w.byName[tensor]; ok && dim < len(t.Shape) && of > 0 {
			say(field, configured, tensor, dim, t.Shape[dim]/of)
		}
	}
	layers := 0
	for name := range w.byName {
		if m := layerName.FindStringSubmatch(name); m != nil {
			if n, err := strconv.Atoi(m[1]); err == nil {
				layers = max(layers, n+1)
			}
		}
	}
	count := func(field string) {
		if layers != c.Layers {
			errs = append(errs, fmt.Errorf("%s: %s is %d, by the tensors it is %d", ConfigName, field, c.Layers, layers))
		}
	}
	if c.Arch == model.GPT2 {
		hold("vocab_size", c.Vocab, "wte.weight", 0, 1)
		hold("n_embd", c.Width, "wte.weight", 1, 1)
		hold("n_positions", c.Context, "wpe.weight", 0, 1)
		hold("n_inner", c.Hidden, "h.0.mlp.c_fc.weight", 1, 1)
		count("n_layer")
		return errs
	}
	hold("vocab_size", c.Vocab, "model.embed_tokens.weight", 0, 1)
	hold("hidden_size", c.Width, "model.embed_tokens.weight", 1, 1)
	hold("num_attention_heads", c.Heads, "model.layers.0.self_attn.q_proj.weight", 0, c.HeadSize)
	hold("num_key_value_heads", c.KVHeads, "model.layers.0.self_attn.k_proj.weight", 0, c.HeadSize)
	hold("head_dim", c.HeadSize, "model.layers.0.self_attn.q_norm.weight", 0, 1)
	hold("intermediate_size", c.Hidden, "model.layers.0.mlp.gate_proj.weight", 0, 1)
	count("num_hidden_layers")
	return errs
}

// read fills the parameters of m. Of learned positions it takes as many as the model has room for.
func (w *weights) read(m *model.Model) error {
	for _, p := range m.Params() {
		t, ok := w.byName[p.Name]
		if !ok {
			return fmt.Errorf("tensor %s is missing", p.Name)
		}
		if err := t.readRows(p.W, p.Shape); err != nil {
			return fmt.Errorf("%s: %w", t.file, err)
		}
		if i := notFinite(p.W); i >= 0 {
			return fmt.Errorf("%s: tensor %s: number %d is %v: the weights are damaged", t.file, t.Name, i, p.W[i])
		}
	}
	return w.sameHead(m)
}

// readRows reads the first rows of a tensor, as many as the shape has.
func (t tensor) readRows(dst []float32, shape []int) error {
	if slices.Equal(t.Shape, shape) {
		return t.from.ReadInto(dst, t.Entry)
	}
	if len(shape) == 0 || len(t.Shape) != len(shape) || t.Shape[0] < shape[0] || !slices.Equal(t.Shape[1:], shape[1:]) {
		return fmt.Errorf("tensor %s is %v, the model asks for %v", t.Name, t.Shape, shape)
	}
	return t.from.ReadInto(dst, t.Head(shape[0]))
}

// sameHead refuses a head that is not the embedding although the configuration says that it is.
func (w *weights) sameHead(m *model.Model) error {
	t, ok := w.byName["lm_head.weight"]
	if !ok || !m.Config().Tied || m.Config().Scores > 0 {
		return nil
	}
	embed := m.Params()[0]
	head := make([]float32, len(embed.W))
	if !slices.Equal(t.Shape, embed.Shape) {
		return fmt.Errorf("tensor %s of %s is %v, but tie_word_embeddings says that it is the embedding, which is %v", t.Name, t.file, t.Shape, embed.Shape)
	}
	if err := t.from.ReadInto(head, t.Entry); err != nil {
		return fmt.Errorf("%s: %w", t.file, err)
	}
	if !slices.Equal(head, embed.W) {
		return fmt.Errorf("tensor %s of %s is not the embedding, although tie_word_embeddings of %s says so", t.Name, t.file, ConfigName)
	}
	return nil
}

// notFinite is the place of the first number that is NaN or infinite; -1 = none.
func notFinite(x []float32) int {
	for i, v := range x {
		if math.Float32bits(v)&0x7F800000 == 0x7F800000 {
			return i
		}
	}
	return -1
}
