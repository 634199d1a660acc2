package model

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern/train/ops"
)

// Adapter is a small addition to a frozen model: next to each weight matrix W of a target stand B·A of a low rank, times Alpha/Rank (LoRA,
// Hu et al., 2021). Names and first weights are those of the Python package peft. It has no dropout.
type Adapter struct {
	Rank    int      `yaml:"rank" json:"rank"`
	Alpha   float64  `yaml:"alpha" json:"alpha"`
	Targets []string `yaml:"targets" json:"targets"` // ends of module names, such as q_proj or 3.attn.c_attn; "all-linear" = all but the head
	Stable  bool     `yaml:"stable" json:"stable"`   // Alpha/√Rank instead (rsLoRA, Kalajdzievski, 2023)
	DoRA    bool     `yaml:"dora" json:"dora"`       // the sum's rows get lengths of their own (Liu et al., 2024)
	Save    []string `yaml:"save" json:"save"`       // modules that are trained whole: embed_tokens, lm_head, norms; score always is
}

// AllLinear is the target that stands for every linear layer but the head.
const AllLinear = "all-linear"

// adapter is an Adapter in place.
type adapter[F ops.Float] struct {
	asked          Adapter
	lows           []*lowRank[F]
	own, trainable []ParamOf[F]
	on, merged     bool
}

// module is a linear layer as Hugging Face names it: some rows of a product's output.
type module[F ops.Float] struct {
	name   string
	l      *linear[F]
	lo, hi int
}

// modules lists all linear layers in the order of their weights.
func (m *Decoder[F]) modules() []module[F] {
	c := m.cfg
	var out []module[F]
	for i := range m.layers {
		l := &m.layers[i]
		if c.Arch == GPT2 {
			p := fmt.Sprintf("h.%d.", i)
			out = append(out, module[F]{p + "attn.c_attn", &l.qkv, 0, l.qkv.out}, module[F]{p + "attn.c_proj", &l.proj, 0, l.proj.out},
				module[F]{p + "mlp.c_fc", &l.up, 0, l.up.out}, module[F]{p + "mlp.c_proj", &l.down, 0, l.down.out})
			continue
		}
		p, q, kv := fmt.Sprintf("model.layers.%d.", i), c.attn(), c.KVHeads*c.size()
		out = append(out, module[F]{p + "self_attn.q_proj", &l.qkv, 0, q}, module[F]{p + "self_attn.k_proj", &l.qkv, q, q + kv},
			module[F]{p + "self_attn.v_proj", &l.qkv, q + kv, q + 2*kv}, module[F]{p + "self_attn.o_proj", &l.proj, 0, l.proj.out},
			module[F]{p + "mlp.gate_proj", &l.up, 0, c.Hidden}, module[F]{p + "mlp.up_proj", &l.up, c.Hidden, 2 * c.Hidden},
			module[F]{p + "mlp.down_proj", &l.down, 0, l.down.out})
	}
	if !c.Tied {
		out = append(out, module[F]{"lm_head", &m.head, 0, m.head.out})
	}
	return out
}

// endsIn says whether a module's name is or ends in a dotted part that is asked for.
func endsIn(name string, asked []string) bool {
	return slices.ContainsFunc(asked, func(end string) bool { return name == end || strings.HasSuffix(name, "."+end) })
}

func (a Adapter) wants(name string) bool {
	return endsIn(name, a.Targets) || slices.Contains(a.Targets, AllLinear) && name != "lm_head"
}

// Adapt freezes the model and adds an adapter, whose first weights the seed draws: so far, the model computes what it did, to the bit.
// The model's weights must be in place, since DoRA starts from their lengths.
func (m *Decoder[F]) Adapt(a Adapter, seed uint64) error {
	switch {
	case m.adapter != nil:
		return fmt.Errorf("model: it has an adapter already")
	case a.Rank < 1 || a.Rank > maxWidth:
		return fmt.Errorf("model: the adapter's rank is %d, want 1 or more", a.Rank)
	case !(math.Abs(a.Alpha) > 0 && math.Abs(a.Alpha) < 1e9):
		return fmt.Errorf("model: the adapter's alpha is %g, want a number other than 0", a.Alpha)
	}
	if err := m.checkNames(a); err != nil {
		return err
	}
	m.freeze(a)
	ad := m.adapter
	byProduct := map[*linear[F]][]module[F]{}
	var order []*linear[F]
	for _, mod := range m.modules() {
		if !a.wants(mod.name) {
			continue
		}
		if byProduct[mod.l] == nil {
			order = append(order, mod.l)
		}
		byProduct[mod.l] = append(byProduct[mod.l], mod)
	}
	prefix := "base_model.model."
	for _, l := range order {
		low := newLowRank(a, l, byProduct[l])
		l.low, ad.lows = low, append(ad.lows, low)
		for _, p := range low.parts {
			name := prefix + p.name
			if m.cfg.Arch == GPT2 && p.name != "lm_head" {
				name = prefix + "transformer." + p.name
			}
			ad.own = append(ad.own, ParamOf[F]{name + ".lora_A.weight", []int{a.Rank, l.in}, p.a.w, p.a.g, true},
				ParamOf[F]{name + ".lora_B.weight", []int{p.hi - p.lo, a.Rank}, p.b.w, p.b.g, true})
			if a.DoRA {
				ad.own = append(ad.own, ParamOf[F]{name + ".lora_magnitude_vector", []int{p.hi - p.lo}, p.length.w, p.length.g, false})
			}
		}
	}
	if a.DoRA {
		shareGradient(ad.lows)
	}
	ad.trainable = append(ad.trainable, ad.own...)
	for m.lowest < len(m.layers) && m.embed.g == nil && m.place.g == nil && m.layers[m.lowest].frozen() {
		m.lowest++
	}
	m.initAdapter(seed)
	return nil
}

// checkNames refuses names that no module has: a slip would train nothing, in silence.
func (m *Decoder[F]) checkNames(a Adapter) error {
	var linears, others []string
	for _, mod := range m.modules() {
		linears = append(linears, mod.name)
	}
	for _, p := range m.params {
		if name := p.Name[:strings.LastIndex(p.Name, ".")]; !slices.Contains(linears, name) || name == "lm_head" {
			others = append(others, name)
		}
	}
	for _, t := range a.Targets {
		if t != AllLinear && !slices.ContainsFunc(linears, func(name string) bool { return endsIn(name, []string{t}) }) {
			if t == "lm_head" {
				return fmt.Errorf("model: lm_head is the embedding in this model, and has no weights of its own to adapt")
			}
			return fmt.Errorf("model: the adapter's target %q is no linear layer of %s; those of the first layer are %s", t, m.cfg.Arch, strings.Join(linears[:len(linears)/m.cfg.Layers], ", "))
		}
	}
	for _, s := range a.Save {
		if !slices.ContainsFunc(others, func(name string) bool { return endsIn(name, []string{s}) }) {
			return fmt.Errorf("model: the adapter is to save %q, which is no embedding, head or norm of %s; a linear layer can be a target", s, m.cfg.Arch)
		}
		if a.wants(s) {
			return fmt.Errorf("model: %q cannot be both adapted and trained whole", s)
		}
	}
	if len(a.Targets) == 0 {
		return fmt.Errorf("model: the adapter has no targets, want some of %s or %s", strings.Join(linears[:len(linears)/m.cfg.Layers], ", "), AllLinear)
	}
	return nil
}

// freeze drops the gradients of all parameters but those that a saves.
func (m *Decoder[F]) freeze(a Adapter) {
	m.adapter = &adapter[F]{asked: a, on: true}
	m.g = nil
	for i := range m.params {
		p := &m.params[i]
		p.G = nil
		if name := p.Name[:strings.LastIndex(p.Name, ".")]; endsIn(name, a.Save) || name == "score" {
			p.G = make([]F, len(p.W))
			m.adapter.trainable = append(m.adapter.trainable, *p)
		}
	}
	m.wire()
}

// frozen says whether nothing of a layer trains.
func (l *layer[F]) frozen() bool {
	for _, n := range []norm[F]{l.norm1, l.norm2, {l.qNorm, l.kNorm}} {
		if n.gain.g != nil || n.bias.g != nil {
			return false
		}
	}
	return l.qkv.low == nil && l.proj.low == nil && l.up.low == nil && l.down.low == nil
}

// initAdapter draws A as peft does, Kaiming-uniform with a of √5: evenly between ±1/√in. B is 0; lengths are those of W's rows.
func (m *Decoder[F]) initAdapter(seed uint64) {
	i := uint64(0)
	for _, low := range m.adapter.lows {
		bound := 1 / math.Sqrt(float64(low.l.in))
		for _, p := range low.parts {
			rnd := rand.New(rand.NewPCG(seed, i))
			for j := range p.a.w {
				p.a.w[j] = F((2*rnd.Float64() - 1) * bound)
			}
			i++
		}
		if low.dora != nil {
			low.measure(m.o)
		}
	}
}

// Adapter is what Adapt was asked for; ok is false without one.
func (m *Decoder[F]) Adapter() (a Adapter, ok bool) {
	if m.adapter == nil {
		return a, false
	}
	return m.adapter.asked, true
}

// AdapterParams lists the adapter's own parameters, under peft's names.
func (m *Decoder[F]) AdapterParams() []ParamOf[F] {
	if m.adapter == nil {
		return nil
	}
	return m.adapter.own
}

// UseAdapter turns the adapter on or off: without it the model is the one that was adapted, but for modules that are trained whole.
// That is the reference of preference learning, which so needs no second model.
func (m *Decoder[F]) UseAdapter(on bool) {
	if m.adapter == nil || m.adapter.merged {
		panic("model: no adapter to turn on or off")
	}
	m.adapter.on = on
	m.refresh()
}

// refresh brings what is derived from an adapter's weights up to date.
func (m *Decoder[F]) refresh() {
	if m.adapter == nil {
		return
	}
	for _, low := range m.adapter.lows {
		if low.on = m.adapter.on && !m.adapter.merged; low.on {
			low.refresh(m.o)
		}
	}
}

// Merge adds the adapter into the model's weights, which then need no adapter. It keeps the weights as they were, so that Unmerge
// restores them to the bit: until then, the adapted matrices take their memory twice.
func (m *Decoder[F]) Merge() error {
	if m.adapter == nil || m.adapter.merged {
		return fmt.Errorf("model: no adapter to merge")
	}
	for _, low := range m.adapter.lows {
		low.merge(m.o)
	}
	m.adapter.merged = true
	m.refresh()
	return nil
}

// Unmerge undoes Merge.
func (m *Decoder[F]) Unmerge() error {
	if m.adapter == nil || !m.adapter.merged {
		return fmt.Errorf("model: no merged adapter")
	}
	for _, low := range m.adapter.lows {
		copy(low.l.weight.w, low.base)
		low.base = nil
	}
	m.adapter.merged = false
	m.refresh()
	return nil
}
