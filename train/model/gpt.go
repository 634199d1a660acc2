package model

import (
	"fmt"

	"github.com/seed-83c59573/quern/train/ops"
)

// Signals are what a network says of each position of a batch, Rows×Cols numbers each. A nil channel is not wanted.
type Signals struct {
	LogP    []float64 // of the target, in nats; 0 where there is none
	Entropy []float64 // of the distribution over the vocabulary, in nats
	Value   []float64 // of the second head, Config.Scores numbers a position
}

// Grads are the gradients of a loss with respect to Signals; nil = unused.
type Grads struct{ LogP, Entropy, Value []float64 }

// Batch is rows of tokens. The model borrows it from Forward to Backward.
type Batch struct {
	Rows, Cols int
	Tokens     []int32 // Rows×Cols
	Targets    []int32 // Rows×Cols, what each position is to predict; negative = nothing
	// Doc, if not nil, names each token's document: attention stays among equal neighbors, and positions count from their first.
	Doc []int32
}

// Model is the decoder that is trained: in float32.
type Model = Decoder[float32]

// New is an empty model, all weights 0, for batches of up to maxTokens = Rows·Cols tokens. All memory that a step needs is taken here.
func New(c Config, o ops.Ops[float32], maxTokens int) (*Model, error) { return NewOf(c, o, maxTokens) }

// Decoder is a model of either precision: float64 is for checking all its gradients at once against finite differences, which
// drown in rounding in float32.
type Decoder[F ops.Float] struct {
	asked, cfg Config // as given, and with nothing left open
	o          ops.Ops[F]
	w, g       []F // all weights and all gradients; g is nil if most are frozen
	params     []ParamOf[F]

	embed, place tensor[F] // place: learned positions
	layers       []layer[F]
	lowest       int // layer that gradients go back to: all below is frozen
	final        norm[F]
	head         linear[F] // its weight is embed's if tied
	score        tensor[F] // the second head, Scores × Width
	rope         rope[F]
	adapter      *adapter[F] // nil = none
	holding      bool
	holds        int // how often Hold was called

	batch *Batch
	acts  acts[F]
}

// tensor is a parameter's weights and gradients; of parameters side by side, if one product computes them. Frozen ones have no
// gradients.
type tensor[F ops.Float] struct{ w, g []F }

// norm is RMSNorm, or LayerNorm if it has a bias.
type norm[F ops.Float] struct{ gain, bias tensor[F] }

// linear is x·Wᵀ + bias with W stored out×in, or x·W with W stored in×out as GPT-2 does.
type linear[F ops.Float] struct {
	weight, bias tensor[F] // bias may be absent
	in, out      int
	conv         bool        // stored in×out
	forth, back  held[F]     // the weight as products read it, and turned as those of gradients do
	low          *lowRank[F] // what an adapter adds; nil = nothing
}

// layer is a block: x += proj(attention(turn(qkv(norm1(x))))); x += down(act(up(norm2(x)))).
type layer[F ops.Float] struct {
	norm1, norm2        norm[F]
	qNorm, kNorm        tensor[F] // gains of the norm of each query and key, if they have one
	qkv, proj, up, down linear[F]
	saved               saved[F]
}

// saved is what backward needs of a layer's forward pass, per token. What is cheap to compute again is not here.
type saved[F ops.Float] struct {
	x     []F // width: what came in
	qkv   []F // queries, keys and values: as attention took them, or as they were before their norm if they have one
	attn  []F // heads·size: what attention said
	lse   []F // heads
	mid   []F // width: x after attention
	up    []F // hidden, or twice that: gates and ups
	stat1 stat[F]
	stat2 stat[F]
}

// stat is a norm's statistics, one number a token.
type stat[F ops.Float] struct{ mean, inv []F }

// NewOf is New in either precision.
func NewOf[F ops.Float](c Config, o ops.Ops[F], maxTokens int) (*Decoder[F], error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if maxTokens < 1 {
		return nil, fmt.Errorf("model: room for %d tokens, must be positive", maxTokens)
	}
	m := &Decoder[F]{asked: c, cfg: c.resolved(), o: o}
	list := specs(m.cfg)
	total := 0
	for _, s := range list {
		if total += s.len(); total > 1<<40 || total < 0 {
			return nil, errTooLarge
		}
	}
	m.w, m.g = make([]F, total), make([]F, total)
	at := 0
	for _, s := range list {
		n := s.len()
		m.params = append(m.params, ParamOf[F]{s.name, s.shape, m.w[at : at+n : at+n], m.g[at : at+n : at+n], len(s.shape) == 2})
		at += n
	}
	m.wire()
	m.alloc(maxTokens)
	m.rope = newRope[F](m.cfg, min(c.Context, maxTokens))
	return m, nil
}

// wire gives the parameters, which stand in the order of specs, their places in the network.
func (m *Decoder[F]) wire() {
	c, at, next := m.cfg, 0, 0
	take := func(n int) tensor[F] {
		t := tensor[F]{w: m.w[at : at+n : at+n]}
		if p := m.params[next]; len(p.W) == n {
			t.g = p.G
		} else if m.g != nil {
			t.g = m.g[at : at+n : at+n]
		}
		for end := at + n; at < end; next++ {
			at += len(m.params[next].W)
		}
		return t
	}
	normOf := func() norm[F] {
		n := norm[F]{gain: take(c.Width)}
		if c.Arch == GPT2 {
			n.bias = take(c.Width)
		}
		return n
	}
	linearOf := func(in, out int, bias bool) linear[F] {
		l := linear[F]{weight: take(in * out), in: in, out: out, conv: c.Arch == GPT2}
		if bias {
			l.bias = take(out)
		}
		return l
	}
	m.embed = take(c.Vocab * c.Width)
	if c.Arch == GPT2 {
		m.place = take(c.Context * c.Width)
	}
	if m.layers == nil {
		m.layers = make([]layer[F], c.Layers)
	}
	for i := range m.layers {
		l := &m.layers[i]
		l.norm1 = normOf()
		l.qkv = linearOf(c.Width, c.qkv(), c.Arch == GPT2 || c.Arch == Qwen2)
		if c.Arch == Qwen3 {
			l.qNorm, l.kNorm = take(c.size()), take(c.size())
		}
		l.proj = linearOf(c.attn(), c.Width, c.Arch == GPT2)
		l.norm2 = normOf()
		l.up = linearOf(c.Width, c.up(), c.Arch == GPT2)
		l.down = linearOf(c.Hidden, c.Width, c.Arch == GPT2)
	}
	m.final = normOf()
	m.head = linear[F]{weight: m.embed, in: c.Width, out: c.Vocab}
	if !c.Tied {
		m.head.weight = take(c.Vocab * c.Width)
	}
	if c.Scores > 0 {
		m.score = take(c.Scores * c.Width)
	}
}

// Config is the shape as it was asked for.
func (m *Decoder[F]) Config() Config { return m.asked }

// Ops is what the model computes with.
func (m *Decoder[F]) Ops() ops.Ops[F] { return m.o }

// Params lists all parameters but an adapter's, always in the same order.
func (m *Decoder[F]) Params() []ParamOf[F] { return m.params }

// Trainable lists the parameters that have gradients, always in the same order: all, or with an adapter its own and those beside it.
func (m *Decoder[F]) Trainable() []ParamOf[F] {
	if m.adapter == nil {
		return m.params
	}
	return m.adapter.trainable
}

// ZeroGrad forgets all gradients.
func (m *Decoder[F]) ZeroGrad() {
	clear(m.g)
	if m.adapter != nil {
		for _, p := range m.adapter.trainable {
			clear(p.G)
		}
	}
}

// Forward fills the wanted channels of s for every position of b. It panics on a batch that does not fit the model: too many
// tokens or columns, or an id outside the vocabulary.
func (m *Decoder[F]) Forward(b *Batch, s *Signals) {
	m.forward(b)
	m.signals(b, s)
}

// Backward adds to the gradients of all parameters those of a loss that has gradients g in the signals of the last Forward. It may
// be called once after each Forward, and only for signals that Forward was asked for.
func (m *Decoder[F]) Backward(g *Grads) {
	b := m.batch
	if b == nil {
		panic("model: Backward without Forward")
	}
	m.batch = nil
	if g.LogP == nil && g.Entropy == nil && g.Value == nil {
		return
	}
	dnormed := m.acts.dtmp[:b.Rows*b.Cols*m.cfg.Width]
	m.signalsBack(dnormed, b, g)
	m.backward(dnormed, b)
}

// ForwardBackward is Forward and Backward, to the bit, for a loss whose gradients are known before its signals are, such as the sum
// of log-probabilities. It computes logits once, where the two compute those again that did not all fit.
func (m *Decoder[F]) ForwardBackward(b *Batch, s *Signals, g *Grads) {
	m.forward(b)
	m.batch = nil
	dnormed := m.acts.dtmp[:b.Rows*b.Cols*m.cfg.Width]
	m.signalsAndBack(dnormed, b, s, g)
	m.backward(dnormed, b)
}

// forward takes a batch through all layers, up to the last norm.
func (m *Decoder[F]) forward(b *Batch) {
	m.check(b)
	m.batch = b
	n, a := b.Rows*b.Cols, &m.acts
	a.filled = n
	m.rope.fit(m.positions(b))
	m.refresh()
	m.embedding(a.x[0][:n*m.cfg.Width], b.Tokens, a.pos[:n])
	at := m.attn(b)
	for i := range m.layers {
		l := &m.layers[i]
		m.fill(l, at)
		m.leave(a.x[i+1][:n*m.cfg.Width], l)
	}
	m.normalize(a.normed, a.last, a.x[len(m.layers)][:n*m.cfg.Width], m.final)
}

// backward takes the gradient of what the last norm gave back to the embedding.
func (m *Decoder[F]) backward(dnormed []F, b *Batch) {
	if m.adapter != nil && (!m.adapter.on || m.adapter.merged) {
		panic("model: Backward while the adapter is off or merged: nothing would be trained")
	}
	n, a := b.Rows*b.Cols, &m.acts
	dx := a.dx[:n*m.cfg.Width]
	clear(dx)
	m.normalizeBack(dx, dnormed, a.x[len(m.layers)][:len(dx)], a.last, m.final)
	at := m.attn(b)
	for i := len(m.layers) - 1; i >= m.lowest; i-- {
		l := &m.layers[i]
		if m.cfg.Recompute && i < len(m.layers)-1 { // the last layer's are still there
			m.fill(l, at)
		}
		m.back(dx, l, at)
	}
	if m.embed.g != nil {
		m.o.EmbedBack(m.embed.g, dx, b.Tokens, m.cfg.Width)
	}
	if m.place.g != nil {
		m.o.EmbedBack(m.place.g, dx, a.pos[:n], m.cfg.Width)
	}
}

// embedding is the tokens' vectors, plus those of their positions if they are learned.
func (m *Decoder[F]) embedding(x []F, tokens, pos []int32) {
	m.o.Embed(x, m.embed.w, tokens, m.cfg.Width)
	if m.place.w != nil {
		p := m.acts.dtmp[:len(x)]
		m.o.Embed(p, m.place.w, pos, m.cfg.Width)
		m.o.Add(x, x, p)
	}
}

// fill computes what a layer saves from what came in.
func (m *Decoder[F]) fill(l *layer[F], at ops.Attn) {
	s, a, n := &l.saved, &m.acts, at.Rows*at.Cols
	x, mid, attn := s.x[:n*m.cfg.Width], s.mid[:n*m.cfg.Width], s.attn[:n*m.cfg.attn()]
	normed, part := a.normed[:len(x)], a.dtmp[:len(x)]
	qkv, up := s.qkv[:n*m.cfg.qkv()], s.up[:n*m.cfg.up()]
	m.normalize(normed, s.stat1, x, l.norm1)
	m.multiply(qkv, normed, &l.qkv)
	m.o.Attention(attn, s.lse[:n*at.Heads], m.turn(qkv, l, n), at)
	m.multiply(part, attn, &l.proj)
	m.o.Add(mid, x, part)
	m.normalize(normed, s.stat2, mid, l.norm2)
	m.multiply(up, normed, &l.up)
}

// leave is what a layer gives, from what it saved.
func (m *Decoder[F]) leave(out []F, l *layer[F]) {
	s, a, n := &l.saved, &m.acts, len(out)/m.cfg.Width
	wide, part := a.wide[:n*m.cfg.Hidden], a.dtmp[:len(out)]
	m.activate(wide, s.up[:n*m.cfg.up()])
	m.multiply(part, wide, &l.down)
	m.o.Add(out, s.mid[:len(out)], part)
}

// back turns dx, the gradient of what the layer gave, into that of what it took. What was not saved, the norms' and the activation's
// results, is computed again.
func (m *Decoder[F]) back(dx []F, l *layer[F], at ops.Attn) {
	s, a, n := &l.saved, &m.acts, at.Rows*at.Cols
	x, mid, attn := s.x[:len(dx)], s.mid[:len(dx)], s.attn[:n*m.cfg.attn()]
	normed, dpart := a.normed[:len(dx)], a.dtmp[:len(dx)]
	qkv, up := s.qkv[:n*m.cfg.qkv()], s.up[:n*m.cfg.up()]
	wide, dwide, dup := a.wide[:n*m.cfg.Hidden], a.dwide[:n*m.cfg.Hidden], a.dup[:len(up)]

	m.activate(wide, up)
	m.multiplyBack(dwide, dx, wide, &l.down)
	m.activateBack(dup, dwide, up)
	m.normalize(normed, s.stat2, mid, l.norm2)
	m.multiplyBack(dpart, dup, normed, &l.up)
	m.normalizeBack(dx, dpart, mid, s.stat2, l.norm2)

	dattn, dqkv := a.dattn[:len(attn)], a.dqkv[:len(qkv)]
	m.multiplyBack(dattn, dx, attn, &l.proj)
	turned := qkv
	if l.qNorm.w != nil {
		turned = m.turn(qkv, l, n)
	}
	m.o.AttentionBack(dqkv, dattn, attn, s.lse[:n*at.Heads], turned, at)
	m.turnBack(dqkv, qkv, l, n)
	m.normalize(normed, s.stat1, x, l.norm1)
	m.multiplyBack(dpart, dqkv, normed, &l.qkv)
	m.normalizeBack(dx, dpart, x, s.stat1, l.norm1)
}

func (m *Decoder[F]) normalize(out []F, s stat[F], x []F, n norm[F]) {
	if n.bias.w != nil {
		m.o.LayerNorm(out[:len(x)], s.mean, s.inv, x, n.gain.w, n.bias.w, F(m.cfg.NormEps))
		return
	}
	m.o.RMSNorm(out[:len(x)], s.inv, x, n.gain.w, F(m.cfg.NormEps))
}

// normalizeBack adds to dx. Gains and biases are small: the gradients of frozen ones are computed and forgotten.
func (m *Decoder[F]) normalizeBack(dx, dout, x []F, s stat[F], n norm[F]) {
	dgain, dbias := n.gain.g, n.bias.g
	if dgain == nil {
		dgain = m.acts.frozen[:len(n.gain.w)]
	}
	if n.bias.w == nil {
		m.o.RMSNormBack(dx, dgain, dout, x, n.gain.w, s.inv)
		return
	}
	if dbias == nil {
		dbias = m.acts.frozen[m.cfg.Width:][:m.cfg.Width]
	}
	m.o.LayerNormBack(dx, dgain, dbias, dout, x, n.gain.w, s.mean, s.inv)
}

func (m *Decoder[F]) multiply(out, x []F, l *linear[F]) {
	m.o.Linear(out, x, m.weight(&l.forth, !l.conv, l.in, l.out, l.effective()), l.bias.w, 0)
	if l.low != nil {
		l.low.add(m.o, out, x)
	}
}

// multiplyBack overwrites dx and adds to the gradients of what is not frozen.
func (m *Decoder[F]) multiplyBack(dx, dout, x []F, l *linear[F]) {
	n := len(x) / l.in
	m.o.Linear(dx, dout, m.weight(&l.back, l.conv, l.out, l.in, l.effective()), nil, 0)
	switch {
	case l.weight.g == nil:
	case l.conv:
		m.o.MatMul(true, false, l.in, l.out, n, x, dout, 1, l.weight.g)
	default:
		m.o.MatMul(true, false, l.out, l.in, n, dout, x, 1, l.weight.g)
	}
	if l.low != nil {
		l.low.back(m.o, dx, dout, x)
	}
	if l.bias.g != nil {
		m.o.BiasBack(l.bias.g, dout)
	}
}

// turn makes queries and keys of n tokens fit for attention: their norm, then their rotation; in place if they have no norm.
func (m *Decoder[F]) turn(qkv []F, l *layer[F], n int) []F {
	if l.qNorm.w != nil {
		copy(m.acts.turned, qkv)
		qkv = m.acts.turned[:len(qkv)]
	}
	m.turnInPlace(qkv, l, m.acts.pos[:n])
	return qkv
}

func (m *Decoder[F]) turnInPlace(qkv []F, l *layer[F], pos []int32) {
	c := m.cfg
	if l.qNorm.w != nil {
		m.o.HeadNorm(qkv, l.qNorm.w, c.Heads, c.qkv(), F(c.NormEps))
		m.o.HeadNorm(qkv[c.attn():], l.kNorm.w, c.KVHeads, c.qkv(), F(c.NormEps))
	}
	if m.rope.speed != nil {
		m.rope.cover(pos)
		m.o.Rotary(qkv, m.rope.cos, m.rope.sin, pos, c.Heads+c.KVHeads, c.size(), c.qkv())
	}
}

// turnBack turns gradients back, in place; qkv is what the layer saved.
func (m *Decoder[F]) turnBack(dqkv, qkv []F, l *layer[F], n int) {
	c, pos := m.cfg, m.acts.pos[:n]
	if m.rope.speed != nil {
		m.o.RotaryBack(dqkv, m.rope.cos, m.rope.sin, pos, c.Heads+c.KVHeads, c.size(), c.qkv())
	}
	if l.qNorm.w == nil {
		return
	}
	dq, dk := l.qNorm.g, l.kNorm.g
	if dq == nil {
		dq = m.acts.frozen[:c.size()]
	}
	if dk == nil {
		dk = m.acts.frozen[:c.size()]
	}
	m.o.HeadNormBack(dqkv, dq, qkv, l.qNorm.w, c.Heads, c.qkv(), F(c.NormEps))
	m.o.HeadNormBack(dqkv[c.attn():], dk, qkv[c.attn():], l.kNorm.w, c.KVHeads, c.qkv(), F(c.NormEps))
}

func (m *Decoder[F]) activate(out, up []F) {
	if m.cfg.Arch == GPT2 {
		m.o.GELU(out, up)
		return
	}
	m.o.SwiGLU(out, up, m.cfg.Hidden)
}

func (m *Decoder[F]) activateBack(dup, dwide, up []F) {
	if m.cfg.Arch == GPT2 {
		m.o.GELUBack(dup, dwide, up)
		return
	}
	m.o.SwiGLUBack(dup, dwide, up, m.cfg.Hidden)
}
