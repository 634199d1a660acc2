package sentencepiece

import (
	"math"
	"unicode/utf8"
)

// Cutter cuts texts by a model. It keeps scratch space: one goroutine uses it at a time.
type Cutter struct {
	model *Model
	text  []byte
	best  []step
	ends  []int32
}

// step is the best way to cut the text up to a place.
type step struct {
	score float32
	from  int32 // where its last piece begins; -1 = there is no way yet
	known bool
}

// NewCutter gives a Cutter of m.
func (m *Model) NewCutter() *Cutter { return &Cutter{model: m} }

// Append appends the pieces of a text, each with a space behind it.
func (c *Cutter) Append(dst, text []byte) []byte {
	if len(text) > math.MaxInt32/16 {
		text = text[:math.MaxInt32/16]
	}
	c.text = c.model.normalizer.Append(c.text[:0], nil, text)
	c.walk()
	c.ends = c.ends[:0]
	for at := int32(len(c.text)); at > 0; at = c.best[at].from {
		c.ends = append(c.ends, at)
	}
	from, joined := int32(0), false // whether the last piece is unknown: neighbors among such are one
	for i := len(c.ends) - 1; i >= 0; i-- {
		to := c.ends[i]
		known := c.best[to].known
		switch {
		case known:
			if joined {
				dst = append(dst, ' ')
			}
			dst = append(append(dst, c.text[from:to]...), ' ')
		case c.model.fallback:
			for _, b := range c.text[from:to] {
				const hex = "0123456789ABCDEF"
				dst = append(dst, '<', '0', 'x', hex[b>>4], hex[b&15], '>', ' ')
			}
		default:
			dst = append(dst, c.text[from:to]...)
		}
		joined = !known && !c.model.fallback
		from = to
	}
	if joined {
		dst = append(dst, ' ')
	}
	return dst
}

// walk finds the best way to every place, from the left (Viterbi), in single precision as the peer does.
func (c *Cutter) walk() {
	m, text := c.model, c.text
	c.best = c.best[:0]
	for range len(text) + 1 {
		c.best = append(c.best, step{from: -1})
	}
	for at := 0; at < len(text); {
		_, size := utf8.DecodeRune(text[at:])
		here, single := c.best[at].score, false
		node := uint32(0)
		for end := at; end < len(text); {
			if node = m.pieces.Next(node, text[end]); node == 0 {
				break
			}
			end++
			id := m.pieces.cells[node].id
			if id < 0 {
				continue
			}
			// The peer compares the sum in double precision, and keeps it in single.
			if to, score := &c.best[end], float64(here)+float64(m.scores[id]); to.from < 0 || score > float64(to.score) {
				*to = step{float32(score), int32(at), true}
			}
			single = single || end-at == size
		}
		if to, score := &c.best[at+size], here+m.unknown; !single && (to.from < 0 || score > to.score) {
			*to = step{score, int32(at), false}
		}
		at += size
	}
}
