package sentencepiece

import "math"

// Cutter cuts texts by a model. It keeps scratch space: one goroutine uses it at a time.
type Cutter struct {
	model *Model
	text  []byte
	best  []Step
	ends  []int32
}

// NewCutter gives a Cutter of m.
func (m *Model) NewCutter() *Cutter { return &Cutter{model: m} }

// Append appends the pieces of a text, each with a space behind it.
func (c *Cutter) Append(dst, text []byte) []byte {
	if len(text) > math.MaxInt32/16 {
		text = text[:math.MaxInt32/16]
	}
	c.text = c.model.normalizer.Append(c.text[:0], nil, text)
	c.best = c.model.Walk(c.best[:0], c.text)
	c.ends = c.ends[:0]
	for at := int32(len(c.text)); at > 0; at = c.best[at].From {
		c.ends = append(c.ends, at)
	}
	from, joined := int32(0), false // whether the last piece is unknown: neighbors among such are one
	for i := len(c.ends) - 1; i >= 0; i-- {
		to := c.ends[i]
		known := c.best[to].ID >= 0
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
