package tokenize

import (
	"bytes"
	"encoding/binary"

	"github.com/cespare/xxhash/v2"
)

// slot holds a piece of up to 15 bytes and up to 4 ids. The key is the bytes, little-endian, with the length in the top byte; a
// free slot has hi = 0. The value has the number of ids in the top 4 bits of v1; 0 means that v0 is offset<<32 | number in the arena.
type slot struct{ lo, hi, v0, v1 uint64 }

// value is what a slot says.
type value struct{ v0, v1 uint64 }

// longSlot holds a piece of 16 … maxLong bytes; bytes and ids stand in arenas. A free one has n = 0.
type longSlot struct {
	hash          uint64
	off, n        uint32 // in keys
	idOff, idSize uint32 // in arena
}

const (
	maxShort  = 15
	maxLong   = 255
	hotBits   = 13        // 8,192 lines of two slots: 512 KiB, which a core's second-level cache holds
	firstBits = 14        // table slots at the start, as a power of two
	topBits   = 20        // … and at most: 32 MiB
	maxKeys   = 8 << 20   // bytes of long pieces
	maxArena  = 2 << 20   // ids of pieces that have more than four, or are long
	longBit   = uint64(1) // v1 of a value that stands in the batch's own list
	countBits = 60        // where v1 holds the number of ids
	idMask    = 1<<countBits - 1
)

// cache remembers the ids of pieces. When it is full it is emptied, which only the encoder decides, between batches: values that are in
// use point into the arena.
type cache struct {
	hot   [1 << hotBits][2]slot // newest first
	table []slot                // open addressing
	shift uint
	used  int
	top   uint // slots at most, as a power of two

	long     []longSlot
	longUsed int
	keys     []byte

	arena []uint32
	full  bool
}

func newCache(top uint) *cache {
	c := &cache{top: top}
	first := min(uint(firstBits), top)
	c.table = make([]slot, 1<<first)
	c.shift = 64 - first
	c.long = make([]longSlot, 1<<(first-2))
	return c
}

func (c *cache) wipe() {
	clear(c.hot[:])
	clear(c.table)
	clear(c.long)
	c.used, c.longUsed = 0, 0
	c.keys, c.arena = c.keys[:0], c.arena[:0]
	c.full = false
}

// keyMask cuts a 16-byte load to a length and tags it; a length above maxShort gets a tag that no slot has.
var keyMask = func() (m [maxShort + 2][3]uint64) {
	for n := range m {
		for i := range min(n, maxShort) {
			m[n][i/8] |= 0xFF << (i % 8 * 8)
		}
		m[n][2] = uint64(n) << 56
	}
	m[maxShort+1][2] = 0xFF << 56
	return m
}()

// key packs a piece of at most maxShort bytes.
func key(piece []byte) (lo, hi uint64) {
	var b [16]byte
	copy(b[:], piece)
	return binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:]) | uint64(len(piece))<<56
}

// keyHash spreads a key: the top bits pick a slot of the table, those below bit 32+hotBits a line of the hot part.
func keyHash(lo, hi uint64) uint64 { return (lo ^ hi*0x9E3779B97F4A7C15) * 0xD6E8FEB86659FD93 }

func (c *cache) line(h uint64) *[2]slot { return &c.hot[h>>32&(1<<hotBits-1)] }

// promote makes s the newest of its line.
func (c *cache) promote(h uint64, s slot) {
	l := c.line(h)
	l[1] = l[0]
	l[0] = s
}

// find looks a short piece up in the table.
func (c *cache) find(h, lo, hi uint64) (slot, bool) {
	m := uint64(len(c.table) - 1)
	for i := h >> c.shift; ; i = (i + 1) & m {
		s := c.table[i]
		if s.lo == lo && s.hi == hi {
			return s, true
		}
		if s.hi == 0 {
			return s, false
		}
	}
}

func (c *cache) put(h uint64, s slot) {
	if 4*c.used > 3*len(c.table) {
		if len(c.table) >= 1<<c.top {
			c.full = true // the last quarter is room for the rest of the batch
			if c.used+1 >= len(c.table) {
				return
			}
		} else {
			c.grow()
		}
	}
	m := uint64(len(c.table) - 1)
	i := h >> c.shift
	for c.table[i].hi != 0 {
		i = (i + 1) & m
	}
	c.table[i] = s
	c.used++
}

func (c *cache) grow() {
	old := c.table
	c.table = make([]slot, 4*len(old))
	if len(c.table) > 1<<c.top {
		c.table = make([]slot, 1<<c.top)
	}
	for len(c.table)>>(64-c.shift) > 1 {
		c.shift--
	}
	m := uint64(len(c.table) - 1)
	for _, s := range old {
		if s.hi == 0 {
			continue
		}
		i := keyHash(s.lo, s.hi) >> c.shift
		for c.table[i].hi != 0 {
			i = (i + 1) & m
		}
		c.table[i] = s
	}
}

// store keeps the ids of a short piece.
func (c *cache) store(h, lo, hi uint64, ids []uint32) slot {
	s := slot{lo: lo, hi: hi}
	if n := len(ids); n <= 4 {
		var four [4]uint32
		copy(four[:], ids)
		s.v0 = uint64(four[0]) | uint64(four[1])<<32
		s.v1 = uint64(four[2]) | uint64(four[3])<<32 | uint64(n)<<countBits
	} else {
		s.v0 = uint64(len(c.arena))<<32 | uint64(n)
		c.addIDs(ids)
	}
	c.put(h, s)
	return s
}

// findLong looks a piece of 16 … maxLong bytes up; if it is not there, at is where storeLong puts it.
func (c *cache) findLong(piece []byte) (v value, at int, h uint64, ok bool) {
	h = xxhash.Sum64(piece)
	m := len(c.long) - 1
	for at = int(h) & m; ; at = (at + 1) & m {
		s := &c.long[at]
		if s.n == 0 {
			return v, at, h, false
		}
		if s.hash == h && bytes.Equal(c.keys[s.off:s.off+s.n], piece) {
			return value{v0: uint64(s.idOff)<<32 | uint64(s.idSize)}, at, h, true
		}
	}
}

func (c *cache) storeLong(at int, h uint64, piece []byte, ids []uint32) {
	if 4*c.longUsed > 3*len(c.long) || len(c.keys) > maxKeys {
		if len(c.long) >= 1<<(c.top-2) || len(c.keys) > maxKeys {
			c.full = true
			return
		}
		old := c.long
		c.long = make([]longSlot, 4*len(old))
		m := len(c.long) - 1
		place := func(h uint64) int {
			i := int(h) & m
			for c.long[i].n != 0 {
				i = (i + 1) & m
			}
			return i
		}
		for _, s := range old {
			if s.n != 0 {
				c.long[place(s.hash)] = s
			}
		}
		at = place(h)
	}
	c.long[at] = longSlot{h, uint32(len(c.keys)), uint32(len(piece)), uint32(len(c.arena)), uint32(len(ids))}
	c.keys = append(c.keys, piece...)
	c.addIDs(ids)
	c.longUsed++
}

func (c *cache) addIDs(ids []uint32) {
	c.arena = append(c.arena, ids...)
	if len(c.arena) > maxArena {
		c.full = true
	}
}
