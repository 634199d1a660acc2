package model

import (
	"fmt"
	"math"

	"github.com/seed-83c59573/quern/train/ops"
)

// Signals are what a network says of each position of a batch, Rows×Cols numbers each. A nil channel is not wanted.
type Signals struct {
	LogP    []float64 // of the target, in nats; 0 where there is none
	Entropy []float64 // of the distribution over the vocabulary, in nats
	Value   []float64 // of a value head; this decoder has none and leaves it alone
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
	w, g       []F // all weights and all gradients
	params     []ParamOf[F]

	embed, place, head tensor[F] // place: learned positions; head: embed if tied
	final              norm[F]
	layers             []layer[F]
	cos, sin           []F // angle tables of rotary positions, size/2 numbers a position

	batch *Batch
	acts  acts[F]
}

// tensor is a parameter's weights and gradients; of parameters side by side, if one product computes them.
type tensor[F ops.Float] struct{ w, g []F }

// norm is RMSNorm, or LayerNorm if it has a bias.
type norm[F ops.Float] struct{ gain, bias tensor[F] }

// linear is x·W for GPT-2, whose weights are stored in×out, and x·Wᵀ for Llama, whose are out×in.
type linear[F ops.Float] struct {
	weight, bias tensor[F] // bias may be absent
	in, out      int
}

// layer is a block: x += proj(attention(qkv(norm1(x)))); x += down(act(up(norm2(x)))).
type layer[F ops.Float] struct {
	norm1, norm2        norm[F]
	qkv, proj, up, down linear[F]
	saved               saved[F]
}

// saved is what backward needs of a layer's forward pass, per token. What is cheap to compute again is not here.
type saved[F ops.Float] struct {
	x     []F // width: what came in
	qkv   []F // queries, keys and values, after their rotation
	attn  []F // width: what attention said
	lse   []F // heads
	mid   []F // width: x after attention
	up    []F // hidden, or twice that: gates and ups
	stat1 stat[F]
	stat2 stat[F]
}

// stat is a norm's statistics, one number a token.
type stat[F ops.Float] struct{ mean, inv []F }

// acts is the arena: everything that does not belong to a layer, for up to tokens tokens.
type acts[F ops.Float] struct {
	tokens     int
	chunk      int // rows of logits that are held at once
	out        []F // width: after the last layer
	normed     []F // width: after a norm
	wide       []F // hidden: after the activation
	last       stat[F]
	logits     []F // chunk × vocab
	kept       int // rows of logits that still stand from the forward pass
	dx, dtmp   []F // width
	dwide, dup []F // hidden; as wide as saved.up
	dqkv       []F
	pos, start []int32
	lse        []float64
	logp, ent  []float64
}

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
	m.acts.alloc(m.cfg, maxTokens)
	for i := range m.layers {
		m.layers[i].saved.alloc(m.cfg, maxTokens)
	}
	m.cos, m.sin = angles[F](m.cfg)
	return m, nil
}

// wire gives the parameters, which stand in the order of specs, their places in the network.
func (m *Decoder[F]) wire() {
	c, at := m.cfg, 0
	take := func(n int) tensor[F] {
		t := tensor[F]{m.w[at : at+n : at+n], m.g[at : at+n : at+n]}
		at += n
		return t
	}
	normOf := func() norm[F] {
		n := norm[F]{gain: take(c.Width)}
		if c.Arch == GPT2 {
			n.bias = take(c.Width)
		}
		return n
	}
	linearOf := func(in, out int) linear[F] {
		l := linear[F]{weight: take(in * out), in: in, out: out}
		if c.Arch == GPT2 {
			l.bias = take(out)
		}
		return l
	}
	m.embed = take(c.Vocab * c.Width)
	if c.Arch == GPT2 {
		m.place = take(c.Context * c.Width)
	}
	m.layers = make([]layer[F], c.Layers)
	for i := range m.layers {
		l := &m.layers[i]
		l.norm1 = normOf()
		l.qkv = linearOf(c.Width, c.qkv())
		l.proj = linearOf(c.Width, c.Width)
		l.norm2 = normOf()
		l.up = linearOf(c.Width, c.up())
		l.down = linearOf(c.Hidden, c.Width)
	}
	m.final = normOf()
	m.head = m.embed
	if !c.Tied {
		m.head = take(c.Vocab * c.Width)
	}
}

// up is the width of what the activation takes: gates beside ups for SwiGLU.
func (c Config) up() int {
	if c.Arch == GPT2 {
		return c.Hidden
	}
	return 2 * c.Hidden
}

// logitBytes bounds the logits that are held at once: a vocabulary is wide, and a batch of it wider than all else together.
const logitBytes = 64 << 20

func (a *acts[F]) alloc(c Config, n int) {
	a.tokens = n
	a.chunk = min(n, max(16, logitBytes/4/c.Vocab))
	a.out, a.normed, a.dx, a.dtmp = make([]F, n*c.Width), make([]F, n*c.Width), make([]F, n*c.Width), make([]F, n*c.Width)
	a.wide, a.dwide, a.dup = make([]F, n*c.Hidden), make([]F, n*c.Hidden), make([]F, n*c.up())
	a.dqkv = make([]F, n*c.qkv())
	a.last = newStat[F](n)
	a.logits = make([]F, a.chunk*c.Vocab)
	a.pos, a.start = make([]int32, n), make([]int32, n)
	a.lse, a.logp, a.ent = make([]float64, n), make([]float64, n), make([]float64, n)
}

func (s *saved[F]) alloc(c Config, n int) {
	s.x, s.attn, s.mid = make([]F, n*c.Width), make([]F, n*c.Width), make([]F, n*c.Width)
	s.qkv, s.lse, s.up = make([]F, n*c.qkv()), make([]F, n*c.Heads), make([]F, n*c.up())
	s.stat1, s.stat2 = newStat[F](n), newStat[F](n)
}

func newStat[F ops.Float](n int) stat[F] { return stat[F]{make([]F, n), make([]F, n)} }

// angles are the tables of rotary positions (Su et al., 2021): position p turns pair i by p·theta^(-2i/size).
func angles[F ops.Float](c Config) (cos, sin []F) {
	if c.Arch == GPT2 {
		return nil, nil
	}
	half := c.size() / 2
	cos, sin = make([]F, c.Context*half), make([]F, c.Context*half)
	for p := range c.Context {
		for i := range half {
			s, k := math.Sincos(float64(p) * math.Pow(c.RopeTheta, -2*float64(i)/float64(c.size())))
			cos[p*half+i], sin[p*half+i] = F(k), F(s)
		}
	}
	return cos, sin
}

// Config is the shape as it was asked for.
func (m *Decoder[F]) Config() Config { return m.asked }

// Ops is what the model computes with.
func (m *Decoder[F]) Ops() ops.Ops[F] { return m.o }

// Params lists all parameters, always in the same order.
func (m *Decoder[F]) Params() []ParamOf[F] { return m.params }

// ZeroGrad forgets all gradients.
func (m *Decoder[F]) ZeroGrad() { clear(m.g) }

// Forward fills the wanted channels of s for every position of b. It panics on a batch that does not fit the model: too many
// tokens or columns, or an id outside the vocabulary.
func (m *Decoder[F]) Forward(b *Batch, s *Signals) {
	m.check(b)
	m.batch = b
	n, a := b.Rows*b.Cols, &m.acts
	m.positions(b)
	x := a.out[:n*m.cfg.Width]
	m.embedding(x, b.Tokens, a.pos[:n])
	for i := range m.layers {
		m.forwardLayer(&m.layers[i], x, m.attn(b))
	}
	m.normalize(a.normed, a.last, x, m.final)
	a.kept = 0
	for lo := 0; lo < n; lo += a.chunk {
		hi := min(n, lo+a.chunk)
		m.logits(a.logits, a.normed, lo, hi)
		m.o.LogProb(a.logp[lo:hi], a.ent[lo:hi], a.lse[lo:hi], a.logits[:(hi-lo)*m.cfg.Vocab], b.Targets[lo:hi], m.cfg.Vocab)
		if hi-lo == n {
			a.kept = n
		}
	}
	if s.LogP != nil {
		copy(s.LogP, a.logp[:n])
	}
	if s.Entropy != nil {
		copy(s.Entropy, a.ent[:n])
	}
}

// Backward adds to the gradients of all parameters those of a loss that has gradients g in the signals of the last Forward. It may
// be called once after each Forward.
func (m *Decoder[F]) Backward(g *Grads) {
	b, a := m.batch, &m.acts
	if b == nil {
		panic("model: Backward without Forward")
	}
	n := b.Rows * b.Cols
	m.batch = nil
	if g.LogP == nil && g.Entropy == nil {
		return
	}
	dnormed := a.dtmp[:n*m.cfg.Width]
	m.backwardHead(dnormed, b, g)
	dx := a.dx[:n*m.cfg.Width]
	clear(dx)
	m.normalizeBack(dx, dnormed, a.out[:n*m.cfg.Width], a.last, m.final)
	for i := len(m.layers) - 1; i >= 0; i-- {
		m.backwardLayer(&m.layers[i], dx, m.attn(b))
	}
	m.o.EmbedBack(m.embed.g, dx, b.Tokens, m.cfg.Width)
	if m.place.g != nil {
		m.o.EmbedBack(m.place.g, dx, a.pos[:n], m.cfg.Width)
	}
}

func (m *Decoder[F]) check(b *Batch) {
	n := b.Rows * b.Cols
	switch {
	case b.Rows < 1 || b.Cols < 1 || n > m.acts.tokens || b.Cols > m.cfg.Context:
		panic(fmt.Sprintf("model: a batch of %d×%d tokens; there is room for %d tokens, the context is %d", b.Rows, b.Cols, m.acts.tokens, m.cfg.Context))
	case len(b.Tokens) != n || len(b.Targets) != n || b.Doc != nil && len(b.Doc) != n:
		panic(fmt.Sprintf("model: a batch of %d×%d with %d tokens, %d targets, %d documents", b.Rows, b.Cols, len(b.Tokens), len(b.Targets), len(b.Doc)))
	}
	for i, t := range b.Tokens {
		if t < 0 || int(t) >= m.cfg.Vocab || int(b.Targets[i]) >= m.cfg.Vocab {
			panic(fmt.Sprintf("model: token %d, target %d at %d: the vocabulary has %d", t, b.Targets[i], i, m.cfg.Vocab))
		}
	}
}

// positions finds each token's first visible column and its position after that.
func (m *Decoder[F]) positions(b *Batch) {
	for r := range b.Rows {
		first := 0
		for c := range b.Cols {
			t := r*b.Cols + c
			if b.Doc != nil && c > 0 && b.Doc[t] != b.Doc[t-1] {
				first = c
			}
			m.acts.start[t], m.acts.pos[t] = int32(first), int32(c-first)
		}
	}
}

func (m *Decoder[F]) attn(b *Batch) ops.Attn {
	return ops.Attn{Rows: b.Rows, Cols: b.Cols, Heads: m.cfg.Heads, KV: m.cfg.KVHeads, Size: m.cfg.size(), Start: m.acts.start[:b.Rows*b.Cols]}
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

// forwardLayer adds to x what attention and the feed-forward part have to say.
func (m *Decoder[F]) forwardLayer(l *layer[F], x []F, at ops.Attn) {
	s, a, n := &l.saved, &m.acts, at.Rows*at.Cols
	copy(s.x, x)
	normed, part := a.normed[:len(x)], a.dtmp[:len(x)]
	qkv, up := s.qkv[:n*m.cfg.qkv()], s.up[:n*m.cfg.up()]
	m.normalize(normed, s.stat1, x, l.norm1)
	m.multiply(qkv, normed, &l.qkv)
	m.rotate(qkv, a.pos[:n])
	m.o.Attention(s.attn[:len(x)], s.lse[:n*at.Heads], qkv, at)
	m.multiply(part, s.attn[:len(x)], &l.proj)
	m.o.Add(x, x, part)
	copy(s.mid, x)
	m.normalize(normed, s.stat2, x, l.norm2)
	m.multiply(up, normed, &l.up)
	m.activate(a.wide[:n*m.cfg.Hidden], up)
	m.multiply(part, a.wide[:n*m.cfg.Hidden], &l.down)
	m.o.Add(x, x, part)
}

// backwardLayer turns dx, the gradient of what the layer gave, into that of what it took. What forward did not save, the norms'
// and the activation's results, is computed again.
func (m *Decoder[F]) backwardLayer(l *layer[F], dx []F, at ops.Attn) {
	s, a, n := &l.saved, &m.acts, at.Rows*at.Cols
	x, mid, attn := s.x[:len(dx)], s.mid[:len(dx)], s.attn[:len(dx)]
	normed, dpart := a.normed[:len(dx)], a.dtmp[:len(dx)]
	qkv, up := s.qkv[:n*m.cfg.qkv()], s.up[:n*m.cfg.up()]
	wide, dwide, dup := a.wide[:n*m.cfg.Hidden], a.dwide[:n*m.cfg.Hidden], a.dup[:len(up)]

	m.activate(wide, up)
	m.multiplyBack(dwide, dx, wide, &l.down)
	m.activateBack(dup, dwide, up)
	m.normalize(normed, s.stat2, mid, l.norm2)
	m.multiplyBack(dpart, dup, normed, &l.up)
	m.normalizeBack(dx, dpart, mid, s.stat2, l.norm2)

	m.multiplyBack(dpart, dx, attn, &l.proj)
	dqkv := a.dqkv[:len(qkv)]
	m.o.AttentionBack(dqkv, dpart, attn, s.lse[:n*at.Heads], qkv, at)
	m.rotateBack(dqkv, a.pos[:n])
	m.normalize(normed, s.stat1, x, l.norm1)
	m.multiplyBack(dpart, dqkv, normed, &l.qkv)
	m.normalizeBack(dx, dpart, x, s.stat1, l.norm1)
}

// logits are rows lo to hi-1 of normed times the head.
func (m *Decoder[F]) logits(dst, normed []F, lo, hi int) {
	w, v := m.cfg.Width, m.cfg.Vocab
	m.o.MatMul(false, true, hi-lo, v, w, normed[lo*w:hi*w], m.head.w, 0, dst[:(hi-lo)*v])
}

// backwardHead turns gradients of the signals into those of the normed output and of the head. Logits that did not fit all at
// once are computed again.
func (m *Decoder[F]) backwardHead(dnormed []F, b *Batch, g *Grads) {
	a, w, v := &m.acts, m.cfg.Width, m.cfg.Vocab
	n := b.Rows * b.Cols
	dlogp := g.LogP
	if dlogp == nil {
		dlogp = a.logp[:n]
		clear(dlogp)
	}
	for lo := 0; lo < n; lo += a.chunk {
		hi := min(n, lo+a.chunk)
		logits := a.logits[:(hi-lo)*v]
		normed := a.normed[lo*w : hi*w]
		if a.kept != n {
			m.logits(logits, a.normed, lo, hi)
		}
		var dent []float64
		if g.Entropy != nil {
			dent = g.Entropy[lo:hi]
		}
		m.o.LogProbBack(logits, b.Targets[lo:hi], a.ent[lo:hi], a.lse[lo:hi], dlogp[lo:hi], dent, v)
		m.o.MatMul(false, false, hi-lo, w, v, logits, m.head.w, 0, dnormed[lo*w:hi*w])
		m.o.MatMul(true, false, v, w, hi-lo, logits, normed, 1, m.head.g)
	}
	a.kept = 0
}

func (m *Decoder[F]) normalize(out []F, s stat[F], x []F, n norm[F]) {
	if n.bias.w != nil {
		m.o.LayerNorm(out[:len(x)], s.mean, s.inv, x, n.gain.w, n.bias.w, F(m.cfg.NormEps))
		return
	}
	m.o.RMSNorm(out[:len(x)], s.inv, x, n.gain.w, F(m.cfg.NormEps))
}

func (m *Decoder[F]) normalizeBack(dx, dout, x []F, s stat[F], n norm[F]) {
	if n.bias.w != nil {
		m.o.LayerNormBack(dx, n.gain.g, n.bias.g, dout, x, n.gain.w, s.mean, s.inv)
		return
	}
	m.o.RMSNormBack(dx, n.gain.g, dout, x, n.gain.w, s.inv)
}

func (m *Decoder[F]) multiply(out, x []F, l *linear[F]) {
	m.o.MatMul(false, m.cfg.Arch != GPT2, len(x)/l.in, l.out, l.in, x, l.weight.w, 0, out)
	if l.bias.w != nil {
		m.o.Bias(out, l.bias.w)
	}
}

// multiplyBack overwrites dx and adds to the gradients of the weights.
func (m *Decoder[F]) multiplyBack(dx, dout, x []F, l *linear[F]) {
	n := len(x) / l.in
	if m.cfg.Arch == GPT2 {
		m.o.MatMul(false, true, n, l.in, l.out, dout, l.weight.w, 0, dx)
		m.o.MatMul(true, false, l.in, l.out, n, x, dout, 1, l.weight.g)
	} else {
		m.o.MatMul(false, false, n, l.in, l.out, dout, l.weight.w, 0, dx)
		m.o.MatMul(true, false, l.out, l.in, n, dout, x, 1, l.weight.g)
	}
	if l.bias.w != nil {
		m.o.BiasBack(l.bias.g, dout)
	}
}

func (m *Decoder[F]) rotate(qkv []F, pos []int32) {
	if c := m.cfg; m.cos != nil {
		m.o.Rotary(qkv, m.cos, m.sin, pos, c.Heads+c.KVHeads, c.size(), c.qkv())
	}
}

func (m *Decoder[F]) rotateBack(dqkv []F, pos []int32) {
	if c := m.cfg; m.cos != nil {
		m.o.RotaryBack(dqkv, m.cos, m.sin, pos, c.Heads+c.KVHeads, c.size(), c.qkv())
	}
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
