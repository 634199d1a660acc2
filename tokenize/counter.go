package tokenize

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/cespare/xxhash/v2"
	"golang.org/x/text/unicode/norm"
)

// Counter counts the pieces of the sample. It belongs to one goroutine; several are merged before learning. Counts are whole
// numbers, so neither the order of texts nor how they are spread over counters changes what is learned.
type Counter struct {
	learn Learn
	rule  *rule // nil until the split is known to be one, and for Metaspace
	hot   *[hotCounts][2]countSlot
	short []countSlot
	long  []longCount
	keys  []byte // of long
	used  int    // of short
	held  int    // of long
	ends  [batch + 64]int

	room   Room
	runs   []*run
	err    error // the first failure; it ends all counting
	added  int64 // bytes of text
	texts  int64
	wide   [2]int64 // pieces that were left out as too long, and their bytes
	normal []byte   // text in normal form C
	marked []byte   // text with the mark for spaces
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
	maxPiece   = 1 << 16 // bytes; longer pieces, runs of one letter or base64, teach nothing, and are counted as left out
	firstSlots = 1 << 12
	hotCounts  = 1 << 12 // lines of two counts before the table, which a core's second-level cache holds
	slotBytes  = 24
	longBytes  = 40
)

// NewCounter makes an empty counter without a bound on its memory. What is wrong with the options is told by Learn.
func NewCounter(learn Learn) *Counter { return newCounter(learn, Room{}) }

func newCounter(learn Learn, room Room) *Counter {
	c := &Counter{learn: learn, room: room, hot: new([hotCounts][2]countSlot)}
	c.empty()
	c.rule, _ = ruleByName(learn.Split) // Learn validates
	return c
}

func (c *Counter) empty() {
	c.short, c.long, c.keys = make([]countSlot, firstSlots), make([]longCount, firstSlots), nil
	c.used, c.held = 0, 0
}

// Add counts the pieces of a text. It does not keep it. A failure to write counts to the scratch folder is told by Learn.
func (c *Counter) Add(text []byte) {
	if c.err != nil {
		return
	}
	c.added += int64(len(text))
	c.texts++
	if c.learn.Normalize == NFC && !isNormal(norm.NFC, text) {
		c.normal = appendNormal(norm.NFC, c.normal[:0], text)
		text = c.normal
	}
	switch {
	case c.learn.Split == Metaspace:
		c.addMarked(text)
	case c.rule != nil:
		c.addPieces(text)
	}
}

// addPieces cuts a text by the rule.
func (c *Counter) addPieces(text []byte) {
	for pos := 0; pos < len(text); {
		next, n := c.rule.split(text, pos, &c.ends)
		for _, end := range c.ends[:n] {
			size := end - pos
			switch {
			case size <= maxShort && pos+16 <= len(text):
				lo, hi := shortKey(text[pos:pos+16:pos+16], size)
				c.addHot(lo, hi)
			case size <= maxPiece:
				c.add(text[pos:end], 1)
			default:
				c.tooLong(size)
			}
			pos = end
		}
		pos = next
	}
}

func (c *Counter) tooLong(size int) { c.wide[0], c.wide[1] = c.wide[0]+1, c.wide[1]+int64(size) }

// shortKey is the key of the first n ≤ maxShort of 16 bytes.
func shortKey(b []byte, n int) (lo, hi uint64) {
	lo, hi = binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
	if n < 8 {
		return lo & (1<<(8*uint(n)) - 1), uint64(n) << 56
	}
	return lo, hi&(1<<(8*uint(n-8))-1) | uint64(n)<<56
}

// addHot counts a short piece. Frequent ones are counted where a core's own cache has them.
func (c *Counter) addHot(lo, hi uint64) {
	line := &c.hot[keyHash(lo, hi)>>40&(hotCounts-1)]
	if s := &line[0]; s.lo == lo && s.hi == hi {
		s.count++
		return
	}
	if s := &line[1]; s.lo == lo && s.hi == hi {
		s.count++
		line[0], line[1] = line[1], line[0]
		return
	}
	old := line[1]
	line[0], line[1] = countSlot{lo, hi, 1}, line[0]
	if old.hi != 0 {
		c.addShort(old.lo, old.hi, old.count)
	}
}

// cool moves what is counted aside to the table.
func (c *Counter) cool() {
	for i := range c.hot {
		for k, s := range c.hot[i] {
			if s.hi != 0 {
				c.hot[i][k] = countSlot{}
				c.addShort(s.lo, s.hi, s.count)
			}
		}
	}
}

// Pieces is how many different pieces are in memory.
func (c *Counter) Pieces() int {
	c.cool()
	return c.used + c.held
}

// bytes is the memory that the tables take.
func (c *Counter) bytes() int64 {
	return int64(len(c.short))*slotBytes + int64(len(c.long))*longBytes + int64(cap(c.keys))
}

// grows makes room for so many more bytes: when there is none the counts go to a run on disk, and it says no.
func (c *Counter) grows(more int64) bool {
	if c.room.Memory == 0 || c.bytes()+more <= c.room.Memory || c.used+c.held < firstSlots/4 {
		return true
	}
	c.spill()
	return false
}

func (c *Counter) add(piece []byte, n int64) {
	if len(piece) <= maxShort {
		lo, hi := key(piece)
		c.addShort(lo, hi, n)
		return
	}
	if 2*c.held >= len(c.long) && c.grows(longBytes*2*int64(len(c.long))) {
		old := c.long
		c.long = make([]longCount, 2*len(old))
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
	if len(c.keys)+len(piece) > cap(c.keys) && c.grows(int64(2*cap(c.keys)+len(piece))) {
		c.keys = append(make([]byte, 0, 2*cap(c.keys)+len(piece)), c.keys...)
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
	if 2*c.used >= len(c.short) && c.grows(slotBytes*2*int64(len(c.short))) {
		old := c.short
		c.short, c.used = make([]countSlot, 2*len(old)), 0
		for _, s := range old {
			if s.hi != 0 {
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

// each calls f with every piece in memory and its count, in no order that means anything.
func (c *Counter) each(f func(piece []byte, count int64)) {
	c.cool()
	var b [16]byte
	for _, s := range c.short {
		if s.hi != 0 {
			f(s.piece(&b), s.count)
		}
	}
	for _, s := range c.long {
		if s.n != 0 {
			f(c.keys[s.off:s.off+s.n], s.count)
		}
	}
}

func (s *countSlot) piece(b *[16]byte) []byte {
	binary.LittleEndian.PutUint64(b[:], s.lo)
	binary.LittleEndian.PutUint64(b[8:], s.hi)
	return b[:s.hi>>56]
}

// Merge adds what other has counted; other is empty then.
func (c *Counter) Merge(other *Counter) {
	other.each(c.add)
	c.runs = append(c.runs, other.runs...)
	c.err = errors.Join(c.err, other.err)
	c.added, c.texts = c.added+other.added, c.texts+other.texts
	c.wide[0], c.wide[1] = c.wide[0]+other.wide[0], c.wide[1]+other.wide[1]
	other.runs, other.added, other.texts, other.wide = nil, 0, 0, [2]int64{}
	other.empty()
}
