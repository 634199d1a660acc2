package tokenize

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

const (
	maxShort = 15  // bytes of a piece that a slot holds
	maxWide  = 31  // … that a wide slot holds
	maxLong  = 255 // … that is remembered at all
)

// slot holds a piece of up to maxShort bytes and up to 4 ids. A free slot has hi = 0. The number of ids stands in the top 4 bits of v1; 0 means that
// v0 is offset<<32 | number in the arena.
type slot struct{ lo, hi, v0, v1 uint64 }

// wideSlot holds a piece of 16 … maxWide bytes and up to 8 ids. The last byte of the key is the length | (number of ids - 1) << 5; a free one has 0 there.
type wideSlot struct {
	key [4]uint64
	ids [8]uint32
}

// longSlot holds what a wideSlot cannot; bytes and ids stand in arenas. A free one has n = 0.
type longSlot struct {
	hash          uint64
	off, n        uint32 // in keys
	idOff, idSize uint32 // in arena
}

// limits are the largest sizes of a cache's parts.
type limits struct{ table, wide, long, keys, arena int } // slots, slots, slots, bytes, ids

// DefaultEncoderBytes is the memory that an Encoder may take if it is not told otherwise.
const DefaultEncoderBytes = 64 << 20

// maxProbes ends a search of a table: a text that is made for it could have all of its pieces begin at one slot. What finds no slot is not remembered.
const maxProbes = 256

// startSlots is the size of a table that something is put in for the first time.
const startSlots = 1 << 10

// minEncoderBytes is what an Encoder always may take: the hot part and small tables.
const minEncoderBytes = 1 << 20

// cacheLimits divides a budget: half of it for short pieces, most of which are English or code. Where texts are cut at spaces alone (spaced) it is a
// quarter, since all that has none, addresses, code, Chinese, is long pieces of many ids.
func cacheLimits(budget int, spaced bool) limits {
	b := max(budget, minEncoderBytes) - 1<<hotBits*32 // the hot part stands apart
	power := func(n int) int { return 1 << (bits.Len(uint(n)) - 1) }
	if spaced {
		return limits{table: power(b * 9 / 32 / 32), wide: power(b * 5 / 32 / 64), long: power(b / 8 / 24), keys: b / 8, arena: b * 5 / 16 / 4}
	}
	return limits{table: power(b * 9 / 16 / 32), wide: power(b * 5 / 32 / 64), long: power(b / 16 / 24), keys: b * 7 / 64, arena: b * 7 / 64 / 4}
}

// cache remembers the ids of pieces. When a part of it is full, all but the hot part is emptied.
type cache struct {
	hot  *[1 << hotBits]hotSet
	turn uint

	max      limits
	table    []slot // open addressing, as all of them
	used     int
	shift    uint // 64 - bits of the number of slots
	wide     []wideSlot
	wideUsed int
	long     []longSlot
	longUsed int
	keys     []byte
	arena    []uint32
	wipes    int
}

func newCache(max limits) *cache {
	return &cache{hot: new([1 << hotBits]hotSet), max: max, table: make([]slot, 1), shift: 64, wide: make([]wideSlot, 1), long: make([]longSlot, 1)}
}

func (c *cache) wipe() {
	clear(c.table)
	clear(c.wide)
	clear(c.long)
	c.used, c.wideUsed, c.longUsed = 0, 0, 0
	c.keys, c.arena = c.keys[:0], c.arena[:0]
	c.wipes++
}

// room tells how a table of n slots, used of which are taken, makes room for one more: it grows to the size that is returned, in few steps, since each moves
// everything. 0 means that it may not grow any more.
func room(n, used, max int) int {
	switch {
	case 4*(used+1) <= 3*n:
		return n
	case n >= max:
		return 0
	case n < startSlots:
		return min(max, startSlots)
	}
	return min(max, 32*n)
}

// find looks a piece of at most maxShort bytes up.
func (c *cache) find(h, lo, hi uint64) *slot {
	m := uint64(len(c.table) - 1)
	for i := h >> c.shift; i < h>>c.shift+maxProbes; i++ {
		s := &c.table[i&m]
		if s.lo == lo && s.hi == hi {
			return s
		}
		if s.hi == 0 {
			break
		}
	}
	return nil
}

// store remembers a piece of at most maxShort bytes.
func (c *cache) store(h, lo, hi uint64, ids []uint32) {
	if n := room(len(c.table), c.used, c.max.table); n == 0 || len(c.arena)+len(ids) > c.max.arena {
		c.wipe()
	} else if n > len(c.table) {
		old := c.table
		c.table = hugePages(make([]slot, n))
		c.shift = 64 - uint(bits.Len(uint(n-1)))
		for _, s := range old {
			if s.hi != 0 {
				c.put(keyHash(s.lo, s.hi), s)
			}
		}
	}
	s := slot{lo: lo, hi: hi}
	if n := len(ids); n <= 4 {
		var four [4]uint32
		copy(four[:], ids)
		s.v0 = uint64(four[0]) | uint64(four[1])<<32
		s.v1 = uint64(four[2]) | uint64(four[3])<<32 | uint64(n)<<60
	} else {
		s.v0 = uint64(len(c.arena))<<32 | uint64(n)
		c.keep(ids)
	}
	c.put(h, s)
	c.used++
}

// put takes a free slot, if one is near.
func (c *cache) put(h uint64, s slot) {
	m := uint64(len(c.table) - 1)
	for i := h >> c.shift; i < h>>c.shift+maxProbes; i++ {
		if c.table[i&m].hi == 0 {
			c.table[i&m] = s
			return
		}
	}
}

// ids appends what a slot holds.
func (c *cache) ids(dst []uint32, s *slot) []uint32 {
	switch s.v1 >> 60 {
	case 0:
		return append(dst, c.arena[s.v0>>32:][:uint32(s.v0)]...)
	case 1:
		return append(dst, uint32(s.v0))
	case 2:
		return append(dst, uint32(s.v0), uint32(s.v0>>32))
	case 3:
		return append(dst, uint32(s.v0), uint32(s.v0>>32), uint32(s.v1))
	}
	return append(dst, uint32(s.v0), uint32(s.v0>>32), uint32(s.v1), uint32(s.v1<<4>>36))
}

// wideKey packs a piece of 16 … maxWide bytes.
func wideKey(piece []byte) (k [4]uint64) {
	n := len(piece)
	k[0], k[1] = binary.LittleEndian.Uint64(piece), binary.LittleEndian.Uint64(piece[8:])
	var b [16]byte
	copy(b[:], piece[16:])
	k[2], k[3] = binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:])|uint64(n)<<56
	return k
}

const wideCount = 7 << 61 // where the last word of a wide key has the number of ids, less one

func wideHash(k *[4]uint64) uint64 {
	a, b := bits.Mul64(k[0]^bits.RotateLeft64(k[2], 31)^0x9E3779B97F4A7C15, k[1]^bits.RotateLeft64(k[3]&^wideCount, 17)^0xC2B2AE3D27D4EB4F)
	return a ^ b
}

func (c *cache) findWide(h uint64, k *[4]uint64) *wideSlot {
	m := uint64(len(c.wide) - 1)
	for i := range uint64(maxProbes) {
		s := &c.wide[(h+i)&m]
		if s.key[0] == k[0] && s.key[1] == k[1] && s.key[2] == k[2] && s.key[3]&^wideCount == k[3] {
			return s
		}
		if s.key[3] == 0 {
			break
		}
	}
	return nil
}

// storeWide remembers a piece of 16 … maxWide bytes that has 1 to 8 ids.
func (c *cache) storeWide(h uint64, k *[4]uint64, ids []uint32) {
	if n := room(len(c.wide), c.wideUsed, c.max.wide); n == 0 {
		c.wipe()
	} else if n > len(c.wide) {
		old := c.wide
		c.wide = hugePages(make([]wideSlot, n))
		for i := range old {
			if s := &old[i]; s.key[3] != 0 {
				c.putWide(wideHash(&s.key), s)
			}
		}
	}
	s := wideSlot{key: *k}
	s.key[3] |= uint64(len(ids)-1) << 61
	copy(s.ids[:], ids)
	c.putWide(h, &s)
	c.wideUsed++
}

func (c *cache) putWide(h uint64, s *wideSlot) {
	m := uint64(len(c.wide) - 1)
	for i := range uint64(maxProbes) {
		if to := &c.wide[(h+i)&m]; to.key[3] == 0 {
			*to = *s
			return
		}
	}
}

// findLong looks a piece of 16 … maxLong bytes up; it may have no ids.
func (c *cache) findLong(h uint64, piece []byte) (ids []uint32, ok bool) {
	m := len(c.long) - 1
	for i := int(h); ; i++ {
		s := &c.long[i&m]
		if s.n == 0 {
			return nil, false
		}
		if s.hash == h && bytes.Equal(c.keys[s.off:s.off+s.n], piece) {
			return c.arena[s.idOff : s.idOff+s.idSize], true
		}
	}
}

func (c *cache) storeLong(h uint64, piece []byte, ids []uint32) {
	if n := room(len(c.long), c.longUsed, c.max.long); n == 0 || len(c.keys)+len(piece) > c.max.keys || len(c.arena)+len(ids) > c.max.arena {
		c.wipe()
	} else if n > len(c.long) {
		old := c.long
		c.long = make([]longSlot, n)
		for _, s := range old {
			if s.n != 0 {
				*c.freeLong(s.hash) = s
			}
		}
	}
	*c.freeLong(h) = longSlot{h, uint32(len(c.keys)), uint32(len(piece)), uint32(len(c.arena)), uint32(len(ids))}
	if n := len(c.keys) + len(piece); n > cap(c.keys) {
		c.keys = append(make([]byte, 0, min(c.max.keys, 4*n)), c.keys...)
	}
	c.keys = append(c.keys, piece...)
	c.keep(ids)
	c.longUsed++
}

// keep appends ids to the arena, which has room for them within its limit.
func (c *cache) keep(ids []uint32) {
	if n := len(c.arena) + len(ids); n > cap(c.arena) {
		c.arena = append(make([]uint32, 0, min(c.max.arena, 4*n)), c.arena...)
	}
	c.arena = append(c.arena, ids...)
}

func (c *cache) freeLong(h uint64) *longSlot {
	m := len(c.long) - 1
	for i := int(h); ; i++ {
		if s := &c.long[i&m]; s.n == 0 {
			return s
		}
	}
}
