package tokenize

import (
	"bytes"

	"github.com/cespare/xxhash/v2"
)

// Counter counts the pieces of the sample. It belongs to one goroutine; several are merged before learning. Counts are whole
// numbers, so neither the order of texts nor how they are spread over counters changes what is learned.
type Counter struct {
	learn Learn
	rule  *rule // nil until the split is known to be one
	short []countSlot
	long  []longCount
	keys  []byte // of long
	used  int    // of short
	held  int    // of long
	ends  [batch + 64]int
}

// countSlot counts a piece of up to maxShort bytes; its key is as a cache's. A free one has hi = 0.
type countSlot struct {
	lo, hi uint64
	count  int64
}

// longCount counts a longer piece, whose bytes stand in keys. A free one has n = 0.
type longCount struct {
	hash   uint64
	off, n int
	count  int64
}

const (
	maxPiece   = 1000 // longer pieces, runs of one letter or base64, teach nothing and would be scanned for each merge
	firstSlots = 1 << 12
)

// NewCounter makes an empty counter. What is wrong with the options is told by Learn.
func NewCounter(learn Learn) *Counter {
	c := &Counter{learn: learn, short: make([]countSlot, firstSlots), long: make([]longCount, firstSlots)}
	c.rule, _ = ruleByName(learn.Split) // Learn validates
	return c
}

// Add counts the pieces of a text. It does not keep it.
func (c *Counter) Add(text []byte) {
	if c.rule == nil {
		return
	}
	for pos := 0; pos < len(text); {
		next, n := c.rule.split(text, pos, &c.ends)
		for _, end := range c.ends[:n] {
			if end-pos <= maxPiece {
				c.add(text[pos:end], 1)
			}
			pos = end
		}
		pos = next
	}
}

// Pieces is how many different pieces were counted.
func (c *Counter) Pieces() int { return c.used + c.held }

func (c *Counter) add(piece []byte, n int64) {
	if len(piece) <= maxShort {
		lo, hi := key(piece)
		c.addShort(lo, hi, n)
		return
	}
	if 2*c.held >= len(c.long) {
		old := c.long
		c.long = make([]longCount, 4*len(old))
		m := uint64(len(c.long) - 1)
		for _, s := range old {
			if s.n != 0 {
				i := s.hash & m
				for c.long[i].n != 0 {
					i = (i + 1) & m
				}
				c.long[i] = s
			}
		}
	}
	h := xxhash.Sum64(piece)
	m := uint64(len(c.long) - 1)
	for i := h & m; ; i = (i + 1) & m {
		s := &c.long[i]
		if s.n == 0 {
			*s = longCount{h, len(c.keys), len(piece), n}
			c.keys = append(c.keys, piece...)
			c.held++
			return
		}
		if s.hash == h && bytes.Equal(c.keys[s.off:s.off+s.n], piece) {
			s.count += n
			return
		}
	}
}

func (c *Counter) addShort(lo, hi uint64, n int64) {
	if 2*c.used >= len(c.short) {
		old := c.short
		c.short = make([]countSlot, 4*len(old))
		for _, s := range old {
			if s.hi != 0 {
				c.used--
				c.addShort(s.lo, s.hi, s.count)
			}
		}
	}
	m := uint64(len(c.short) - 1)
	for i := keyHash(lo, hi) >> 20 & m; ; i = (i + 1) & m {
		s := &c.short[i]
		if s.lo == lo && s.hi == hi {
			s.count += n
			return
		}
		if s.hi == 0 {
			*s = countSlot{lo, hi, n}
			c.used++
			return
		}
	}
}

// each calls f with every piece and its count, in no order that means anything.
func (c *Counter) each(f func(piece []byte, count int64)) {
	var b [16]byte
	for _, s := range c.short {
		if s.hi != 0 {
			for i := range 8 {
				b[i], b[8+i] = byte(s.lo>>(8*i)), byte(s.hi>>(8*i))
			}
			f(b[:s.hi>>56], s.count)
		}
	}
	for _, s := range c.long {
		if s.n != 0 {
			f(c.keys[s.off:s.off+s.n], s.count)
		}
	}
}

// Merge adds what other has counted.
func (c *Counter) Merge(other *Counter) { other.each(c.add) }
