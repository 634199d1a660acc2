package model

import (
	"fmt"

	"github.com/seed-83c59573/quern/train/ops"
)

// Cache continues sequences token by token. It holds the keys and values of all tokens so far, so that a new one costs one pass of one
// token; and several sequences of different lengths go through the weights together.
type Cache = CacheOf[float32]

// CacheOf is a Cache of either precision.
type CacheOf[F ops.Float] struct {
	m     *Decoder[F]
	slots []slot[F]
	rows  int // tokens of a step, at most
	chunk int // rows of logits that are held at once
	last  int // rows of the last step

	x, normed, part, attn, qkv, up, wide, logits []F
	tokens, pos                                  []int32
	spans                                        []ops.Span[F]
	stat                                         stat[F]
}

// slot is the place of one sequence. Its buffers grow with it.
type slot[F ops.Float] struct {
	past, room   int
	keys, values [][]F // by layer
}

// Part is what a step adds to one sequence.
type Part struct {
	Slot   int
	Tokens []int32
}

// NewCache has slots for as many sequences of m, all empty, and room for steps of up to rows tokens over all of them.
func NewCache[F ops.Float](m *Decoder[F], slots, rows int) *CacheOf[F] {
	cfg := m.cfg
	m.refresh()
	rows = max(rows, slots, 1)
	c := &CacheOf[F]{m: m, rows: rows, slots: make([]slot[F], slots)}
	for i := range c.slots {
		c.slots[i].keys, c.slots[i].values = make([][]F, cfg.Layers), make([][]F, cfg.Layers)
	}
	c.chunk = min(rows, max(slots, logitBytes/4/cfg.Vocab, 1))
	width := rows * cfg.Width
	c.x, c.normed, c.part = make([]F, width), make([]F, width), make([]F, width)
	c.attn, c.qkv = make([]F, rows*cfg.attn()), make([]F, rows*cfg.qkv())
	c.up, c.wide = make([]F, rows*cfg.up()), make([]F, rows*cfg.Hidden)
	c.logits, c.stat = make([]F, c.chunk*cfg.Vocab), newStat[F](rows)
	c.tokens, c.pos, c.spans = make([]int32, 0, rows), make([]int32, 0, rows), make([]ops.Span[F], 0, slots)
	return c
}

// Rows is how many tokens a step may have.
func (c *CacheOf[F]) Rows() int { return c.rows }

// Chunk is how many rows of logits are given at once.
func (c *CacheOf[F]) Chunk() int { return c.chunk }

// Len is the number of tokens of a slot so far.
func (c *CacheOf[F]) Len(slot int) int { return c.slots[slot].past }

// Cut forgets the tokens of a slot from n on; 0 begins another sequence.
func (c *CacheOf[F]) Cut(slot, n int) { c.slots[slot].past = min(n, c.slots[slot].past) }

// Reserve makes room for sequences of n tokens in a slot, so that steps up to there allocate nothing.
func (c *CacheOf[F]) Reserve(slot, n int) {
	s, a := &c.slots[slot], c.shape()
	if n <= s.room {
		return
	}
	n = min(c.m.cfg.Context, (n+ops.KeyBlock-1)/ops.KeyBlock*ops.KeyBlock)
	for i := range s.keys {
		keys, values := make([]F, a.KeySpace(n)), make([]F, n*a.KV*a.Size)
		copy(keys, s.keys[i])
		copy(values, s.values[i])
		s.keys[i], s.values[i] = keys, values
	}
	s.room = n
}

func (c *CacheOf[F]) shape() ops.Attn {
	cfg := c.m.cfg
	return ops.Attn{Heads: cfg.Heads, KV: cfg.KVHeads, Size: cfg.size()}
}

// Step appends tokens, at least one each, to different slots. It panics on an id outside the vocabulary, beyond the context and beyond
// the rows of a step.
func (c *CacheOf[F]) Step(parts ...Part) {
	c.tokens, c.pos = c.tokens[:0], c.pos[:0]
	for _, p := range parts {
		past := c.slots[p.Slot].past
		if n := past + len(p.Tokens); len(p.Tokens) == 0 || n > c.m.cfg.Context || len(c.tokens)+len(p.Tokens) > c.rows {
			panic(fmt.Sprintf("model: %d tokens after %d: the context is %d, a step has %d tokens at most", len(p.Tokens), past, c.m.cfg.Context, c.rows))
		} else if n > c.slots[p.Slot].room {
			c.Reserve(p.Slot, max(n, min(2*past, c.m.cfg.Context)))
		}
		for i, t := range p.Tokens {
			if t < 0 || int(t) >= c.m.cfg.Vocab {
				panic(fmt.Sprintf("model: token %d: the vocabulary has %d", t, c.m.cfg.Vocab))
			}
			c.tokens, c.pos = append(c.tokens, t), append(c.pos, int32(past+i))
		}
	}
	c.last = len(c.tokens)
	if c.m.cfg.Scaling.Kind == ScaleNTK { // its angles depend on a sequence's length
		lo := 0
		for i, p := range parts {
			c.m.rope.fit(c.slots[p.Slot].past + len(p.Tokens))
			c.layers(parts[i:i+1], lo, lo+len(p.Tokens))
			lo += len(p.Tokens)
		}
	} else {
		c.layers(parts, 0, c.last)
	}
	for _, p := range parts {
		c.slots[p.Slot].past += len(p.Tokens)
	}
}

// layers takes the tokens lo to hi-1 of a step, which are those of parts, through all layers and leaves their last activations in c.x.
func (c *CacheOf[F]) layers(parts []Part, lo, hi int) {
	m, n, cfg := c.m, hi-lo, c.m.cfg
	tokens, pos := c.tokens[lo:hi], c.pos[lo:hi]
	x := c.x[lo*cfg.Width : hi*cfg.Width]
	normed, part, attn := c.normed[:n*cfg.Width], c.part[:n*cfg.Width], c.attn[:n*cfg.attn()]
	qkv, up, wide := c.qkv[:n*cfg.qkv()], c.up[:n*cfg.up()], c.wide[:n*cfg.Hidden]
	m.o.Embed(x, m.embed.w, tokens, cfg.Width)
	if m.place.w != nil {
		m.o.Embed(part, m.place.w, pos, cfg.Width)
		m.o.Add(x, x, part)
	}
	for i := range m.layers {
		l := &m.layers[i]
		m.normalize(normed, c.stat, x, l.norm1)
		m.multiply(qkv, normed, &l.qkv)
		m.turnInPlace(qkv, l, pos)
		c.spans = c.spans[:0]
		for _, p := range parts {
			s := &c.slots[p.Slot]
			c.spans = append(c.spans, ops.Span[F]{Cols: len(p.Tokens), Past: s.past, Keys: s.keys[i], Values: s.values[i]})
		}
		m.o.Decode(attn, qkv, c.spans, cfg.Window, c.shape())
		m.multiply(part, attn, &l.proj)
		m.o.Add(x, x, part)
		m.normalize(normed, c.stat, x, l.norm2)
		m.multiply(up, normed, &l.up)
		m.activate(wide, up)
		m.multiply(part, wide, &l.down)
		m.o.Add(x, x, part)
	}
}

// Logits are those of what follows tokens lo to hi-1 of the last step, counted over all its parts, a row each; at most Chunk rows. They
// are valid until the next call, and the caller may change them.
func (c *CacheOf[F]) Logits(lo, hi int) []F {
	if lo < 0 || hi > c.last || hi-lo > c.chunk {
		panic(fmt.Sprintf("model: logits of tokens %d to %d of a step of %d, %d at once", lo, hi-1, c.last, c.chunk))
	}
	w, v := c.m.cfg.Width, c.m.cfg.Vocab
	normed, out := c.normed[:(hi-lo)*w], c.logits[:(hi-lo)*v]
	c.m.normalize(normed, c.stat, c.x[lo*w:hi*w], c.m.final)
	c.m.multiply(out, normed, &c.m.head)
	return out
}

// Next appends tokens to one slot, in as many steps as they need, and returns the logits of what follows the last of them.
func (c *CacheOf[F]) Next(slot int, tokens []int32) []F {
	for len(tokens) > c.rows {
		c.Step(Part{slot, tokens[:c.rows]})
		tokens = tokens[c.rows:]
	}
	c.Step(Part{slot, tokens})
	return c.Logits(len(tokens)-1, len(tokens))
}
