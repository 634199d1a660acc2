package model

import (
	"unsafe"

	"github.com/seed-83c59573/quern/train/ops"
)

// acts is the arena: all that a batch of up to tokens tokens leaves behind, for the forward pass and the backward pass alike.
type acts[F ops.Float] struct {
	tokens  int     // there is room for
	filled  int     // of the last forward pass
	chunk   int     // rows of logits that are held at once
	kept    int     // rows of logits that still stand from the forward pass
	known   bool    // whether logp and lse are of this batch
	entropy bool    // whether ent is, too
	rows    []int32 // tokens whose logits are wanted, and their targets
	targets []int32
	head    []F   // width: what the head multiplies, one row for each of these
	x       [][]F // width: what each layer takes, and what the last one gives
	normed  []F   // width: after a norm
	last    stat[F]
	dx      []F // width
	dtmp    []F // width: what is added to dx or, in the forward pass, to x
	turned  []F // qkv: after norm and rotation, if heads have a norm
	frozen  []F // gradients that nobody wants

	// These share one buffer, since no two of a line are alive at once. Gradients in one line lie behind each other.
	//	logits
	//	wide  dwide  dup
	//	dattn  dqkv
	logits     []F // chunk × vocab
	wide       []F // hidden: after the activation
	dwide, dup []F // hidden; as wide as saved.up. One and the same for GPT-2, whose activation takes what it gives
	dattn      []F // heads·size
	dqkv       []F

	values         []F // scores
	pos, start     []int32
	lse, logp, ent []float64
	dlogp          []float64 // chunk
}

// logitBytes bounds the logits that are held at once where they alone need the room: a vocabulary is wide, and a batch of it wider
// than all else together.
const logitBytes = 64 << 20

// sizes are the lengths of buffers for n tokens.
type sizes struct {
	layer, layers int // numbers that a layer saves, and how many layers save them by themselves
	x             int // numbers of what goes from layer to layer
	shared        int
	own           int // numbers of the buffers of the arena that share nothing
	chunk         int
	small         int // bytes of positions and of what is said of tokens
	tables        int
}

func (c Config) sizes(n, bytes int) sizes {
	s := sizes{layers: c.Layers, x: (c.Layers + 1) * n * c.Width}
	if c.Recompute {
		s.layers = 1
	}
	s.layer = n * (c.qkv() + c.attn() + c.Heads + c.Width + c.up() + 4)
	wide := 2*c.Hidden + c.up()
	if c.Arch == GPT2 {
		wide = 2 * c.Hidden
	}
	s.shared = n * max(wide, c.attn()+c.qkv())
	// whole chunks of equal size, so that none is a small rest
	rows := max(16, max(s.shared, logitBytes/bytes)/c.Vocab)
	parts := (n + rows - 1) / rows
	s.chunk = (n + parts - 1) / parts
	s.shared = max(s.shared, s.chunk*c.Vocab)
	s.own = n*(3*c.Width+2+c.Scores) + 2*max(c.Width, c.size())
	if c.Arch == Qwen3 {
		s.own += n * c.qkv()
	}
	s.small = n*(4*4+3*8) + s.chunk*8
	if c.Arch != GPT2 {
		s.tables = min(n, c.Context)*c.size()*bytes + c.size()/2*8
	}
	return s
}

// Footprint is what a model and a step of it take, in bytes.
type Footprint struct {
	Weights, Gradients int64 // of the parameters; Gradients are as many
	Saved              int64 // what the forward pass keeps for the backward pass
	Arena              int64 // all else that a step works in, and tables
}

// Total is the sum.
func (f Footprint) Total() int64 { return f.Weights + f.Gradients + f.Saved + f.Arena }

// Footprint says what New takes in float32 for batches of up to maxTokens tokens, before an adapter. An optimizer's state, the
// kernels' own panels and what Hold packs come on top.
func (c Config) Footprint(maxTokens int) Footprint {
	const bytes = 4
	c = c.resolved()
	s, weights := c.sizes(maxTokens, bytes), int64(c.Parameters())*bytes
	return Footprint{weights, weights, int64(s.x+s.layer*s.layers) * bytes, int64(s.shared+s.own)*bytes + int64(s.small+s.tables)}
}

// slab hands out pieces of one allocation.
type slab[F ops.Float] []F

func (s *slab[F]) take(n int) []F {
	out := (*s)[:n:n]
	*s = (*s)[n:]
	return out
}

func (s *slab[F]) stat(n int) stat[F] { return stat[F]{s.take(n), s.take(n)} }

// alloc takes the arena and what layers save.
func (m *Decoder[F]) alloc(n int) {
	var zero F
	c, a := m.cfg, &m.acts
	z := c.sizes(n, int(unsafe.Sizeof(zero)))
	a.tokens, a.chunk = n, z.chunk
	flow := make(slab[F], z.x)
	for range c.Layers + 1 {
		a.x = append(a.x, flow.take(n*c.Width))
	}
	for i := range m.layers {
		s := &m.layers[i].saved
		if c.Recompute && i > 0 {
			*s = m.layers[0].saved
		} else {
			kept := make(slab[F], z.layer)
			s.qkv, s.attn, s.lse = kept.take(n*c.qkv()), kept.take(n*c.attn()), kept.take(n*c.Heads)
			s.mid, s.up = kept.take(n*c.Width), kept.take(n*c.up())
			s.stat1, s.stat2 = kept.stat(n), kept.stat(n)
		}
		s.x = a.x[i]
	}
	own := make(slab[F], z.own)
	a.normed, a.dx, a.dtmp = own.take(n*c.Width), own.take(n*c.Width), own.take(n*c.Width)
	a.last, a.values, a.frozen = own.stat(n), own.take(n*c.Scores), own.take(2*max(c.Width, c.size()))
	if c.Arch == Qwen3 {
		a.turned = own.take(n * c.qkv())
	}
	shared := make(slab[F], z.shared)
	a.logits = shared[:a.chunk*c.Vocab]
	second := shared
	a.dattn, a.dqkv = second.take(n*c.attn()), second.take(n*c.qkv())
	a.wide, a.dwide = shared.take(n*c.Hidden), shared.take(n*c.Hidden)
	if a.dup = a.dwide; c.Arch != GPT2 {
		a.dup = shared.take(n * c.up())
	}
	a.pos, a.start = make([]int32, n), make([]int32, n)
	a.rows, a.targets = make([]int32, 0, n), make([]int32, 0, n)
	a.lse, a.logp, a.ent, a.dlogp = make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, a.chunk)
}

func newStat[F ops.Float](n int) stat[F] { return stat[F]{make([]F, n), make([]F, n)} }
