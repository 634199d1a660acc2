package model

import (
	"fmt"

	"github.com/seed-83c59573/quern/train/ops"
)

// Cache continues one sequence token by token. It holds the keys and values of all tokens so far, so that a new one costs one pass
// of one token.
type Cache = CacheOf[float32]

// CacheOf is a Cache of either precision.
type CacheOf[F ops.Float] struct {
	m      *Decoder[F]
	piece  int
	past   int
	keys   [][]F // by layer, of up to Context tokens
	values [][]F

	x, normed, part, attn, qkv, up, wide, logits []F
	pos                                          []int32
	stat                                         stat[F]
}

// NewCache is an empty sequence of m. A Next of more than piece tokens, such as a prompt, is taken in pieces of that size.
func NewCache[F ops.Float](m *Decoder[F], piece int) *CacheOf[F] {
	cfg := m.cfg
	m.refresh()
	piece = min(max(piece, 1), cfg.Context)
	c := &CacheOf[F]{m: m, piece: piece}
	for range cfg.Layers {
		c.keys = append(c.keys, make([]F, cfg.Context*cfg.KVHeads*cfg.size()))
		c.values = append(c.values, make([]F, cfg.Context*cfg.KVHeads*cfg.size()))
	}
	width := piece * cfg.Width
	c.x, c.normed, c.part, c.attn = make([]F, width), make([]F, width), make([]F, width), make([]F, piece*cfg.attn())
	c.qkv, c.up, c.wide = make([]F, piece*cfg.qkv()), make([]F, piece*cfg.up()), make([]F, piece*cfg.Hidden)
	c.logits, c.pos, c.stat = make([]F, cfg.Vocab), make([]int32, piece), newStat[F](piece)
	return c
}

// Len is the number of tokens so far.
func (c *CacheOf[F]) Len() int { return c.past }

// Reset begins another sequence.
func (c *CacheOf[F]) Reset() { c.past = 0 }

// Next appends tokens, at least one, and returns the logits of what follows the last of them, valid until the next call. It panics
// on an id outside the vocabulary and beyond the context.
func (c *CacheOf[F]) Next(tokens []int32) []F {
	if len(tokens) == 0 || c.past+len(tokens) > c.m.cfg.Context {
		panic(fmt.Sprintf("model: %d tokens after %d: the context is %d", len(tokens), c.past, c.m.cfg.Context))
	}
	for _, t := range tokens {
		if t < 0 || int(t) >= c.m.cfg.Vocab {
			panic(fmt.Sprintf("model: token %d: the vocabulary has %d", t, c.m.cfg.Vocab))
		}
	}
	last := 0
	for len(tokens) > 0 {
		last = min(len(tokens), c.piece)
		c.step(tokens[:last])
		tokens = tokens[last:]
	}
	w := c.m.cfg.Width
	x := c.x[(last-1)*w : last*w]
	c.m.normalize(c.normed[:w], c.stat, x, c.m.final)
	c.m.multiply(c.logits, c.normed[:w], &c.m.head)
	return c.logits
}

// step takes one piece through all layers and leaves its last activations in c.x.
func (c *CacheOf[F]) step(tokens []int32) {
	m, n, cfg := c.m, len(tokens), c.m.cfg
	for i := range n {
		c.pos[i] = int32(c.past + i)
	}
	pos := c.pos[:n]
	m.rope.fit(c.past + n)
	x, normed, part, attn := c.x[:n*cfg.Width], c.normed[:n*cfg.Width], c.part[:n*cfg.Width], c.attn[:n*cfg.attn()]
	qkv, up, wide := c.qkv[:n*cfg.qkv()], c.up[:n*cfg.up()], c.wide[:n*cfg.Hidden]
	m.o.Embed(x, m.embed.w, tokens, cfg.Width)
	if m.place.w != nil {
		m.o.Embed(part, m.place.w, pos, cfg.Width)
		m.o.Add(x, x, part)
	}
	at := ops.Attn{Rows: 1, Cols: n, Heads: cfg.Heads, KV: cfg.KVHeads, Size: cfg.size()}
	for i := range m.layers {
		l := &m.layers[i]
		m.normalize(normed, c.stat, x, l.norm1)
		m.multiply(qkv, normed, &l.qkv)
		m.turnInPlace(qkv, l, pos)
		m.o.Decode(attn, qkv, c.keys[i], c.values[i], c.past, at)
		m.multiply(part, attn, &l.proj)
		m.o.Add(x, x, part)
		m.normalize(normed, c.stat, x, l.norm2)
		m.multiply(up, normed, &l.up)
		m.activate(wide, up)
		m.multiply(part, wide, &l.down)
		m.o.Add(x, x, part)
	}
	c.past += n
}
