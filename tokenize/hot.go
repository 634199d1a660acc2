package tokenize

import (
	"encoding/binary"
	"unsafe"
)

// The hot part of the cache answers nine of ten pieces out of a core's second-level cache, so what counts is how many pieces a byte holds.
// A slot is 16 bytes: a piece of up to 12 bytes, and its one or two ids.
//
// The key of a piece is two words, lo and hi, and keyHash turns lo into h so that h and hi together still say the whole key (it multiplies by an odd
// number). The top bits of h are the number of the set in which the slot stands; the slot need not hold them, and what this frees, with the bytes of hi that
// a short piece leaves empty, is room for the value.
type hotSlot struct {
	a uint64 // h without its top hotBits bits | low hotBits bits of the value
	b uint64 // hi, with the other bits of the value from bit 32 on
}

// hotSet is the newest piece, and the one before it that it did not push out.
type hotSet [2]hotSlot

// A value says what ids a piece has: id | second id << 18 | number of them << 36; 0 says that they stand in a list.
const (
	idBits  = 18 // ids from 1<<18 on are in lists
	idMask  = 1<<idBits - 1
	counted = 2 * idBits // where the number is

	hotBits = 14 // sets as a power of two: 512 KiB
	maxHot  = 12 // bytes of a piece
	hotKey  = 0x0F000000_FFFFFFFF
	hotLow  = 1<<hotBits - 1
)

func oneID(id uint32) uint64       { return uint64(id) | 1<<counted }
func twoIDs(id, id2 uint32) uint64 { return uint64(id) | uint64(id2)<<idBits | 2<<counted }

// inline is the value of ids that need no list, else 0.
func inline(ids []uint32) uint64 {
	switch {
	case len(ids) == 1 && ids[0] <= idMask:
		return oneID(ids[0])
	case len(ids) == 2 && ids[0] <= idMask && ids[1] <= idMask:
		return twoIDs(ids[0], ids[1])
	}
	return 0
}

// keyMask cuts a 16-byte load to a piece of at most maxShort bytes and tags it with its length.
var keyMask = func() (m [maxShort + 1][3]uint64) {
	for n := range m {
		for i := range n {
			m[n][i/8] |= 0xFF << (i % 8 * 8)
		}
		m[n][2] = uint64(n) << 56
	}
	return m
}()

// hotMask is keyMask up to maxHot; the last row is for longer pieces and has a tag that no slot has.
var hotMask = func() (m [maxHot + 2][4]uint64) { // rows of a power of two
	for n := range m {
		copy(m[n][:], keyMask[n][:])
	}
	m[maxHot+1] = [4]uint64{2: maxShort << 56}
	return m
}()

// key packs a piece of at most maxShort bytes: its bytes, little-endian, and the length in the top byte.
func key(piece []byte) (lo, hi uint64) {
	var b [16]byte
	copy(b[:], piece)
	return binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:]) | uint64(len(piece))<<56
}

// keyHash spreads a key; its top bits are the best ones. For each hi it is one-to-one in lo.
func keyHash(lo, hi uint64) uint64 { return (lo ^ hi*0x9E3779B97F4A7C15) * 0xD6E8FEB86659FD93 }

// probe looks the first n pieces of the batch up, the first of which starts at pos, and lists those that are not there. 16 bytes of text can be read where each
// of them starts.
func (e *Encoder) probe(text []byte, pos, n int) (missed int) {
	if n == 0 {
		return 0
	}
	_ = text[e.start(n-1, pos)+15] // the last and furthest load; the ends of pieces rise
	first := 0
	if first, missed = e.probeFours(text, pos, n); first > 0 {
		pos = e.ends[first-1]
	}
	return e.probeGo(text, pos, first, n, missed)
}

// probeGo is probe from piece first on, which starts at pos, behind missed that are listed. Nothing in it branches on what the text is, so that the loads of
// many pieces overlap.
func (e *Encoder) probeGo(text []byte, pos, first, n, missed int) int {
	hot := e.cache.hot
	base := unsafe.Pointer(unsafe.SliceData(text))
	ends := e.ends[:n]
	values := e.values[:len(ends)]
	for i := first; i < len(ends); i++ {
		end := ends[i]
		m := &hotMask[min(uint(end-pos), maxHot+1)]
		b := (*[16]byte)(unsafe.Add(base, pos)) // without a bounds check, which spills registers
		lo := binary.LittleEndian.Uint64(b[:8]) & m[0]
		hi := binary.LittleEndian.Uint64(b[8:])&m[1] | m[2]
		pos = end
		h := keyHash(lo, hi)
		set := &hot[h>>(64-hotBits)]
		h <<= hotBits
		x := (set[0].a^h)>>hotBits | (set[0].b^hi)&hotKey
		y := (set[1].a^h)>>hotBits | (set[1].b^hi)&hotKey
		y = (y - 1) >> 63 // 1 if equal
		x = (x-1)>>63 | y
		s := &set[y&1]
		values[i] = s.a&hotLow | s.b>>(32-hotBits)&((1<<24-1)<<hotBits)
		e.misses[missed&(2*batch-1)] = int32(i)
		missed += int(1 - x)
	}
	return missed
}

// remember makes a piece of at most maxHot bytes the newest of its set. The one that was it mostly stays: a piece that is met often comes back soon after it
// was pushed out, and takes the lasting place one time of eight.
func (c *cache) remember(h, hi, value uint64) {
	set := &c.hot[h>>(64-hotBits)]
	if c.turn++; c.turn&7 == 0 {
		set[0] = set[1]
	}
	set[1] = hotSlot{h<<hotBits | value&hotLow, hi | value>>hotBits<<32}
}

// seeds are the pieces of up to maxShort bytes that are one token: a table that all encoders of a tokenizer read. A token that finds no room in its
// bucket is left out, since each encoder can find its id itself.
type seeds struct {
	buckets [][4]hotSlot // a: h without its top bits | low bits of the id; b: hi with the high 4 bits of the id on top
	shift   uint         // 64 - bits of the number of a bucket
}

const seedTop = 60 // where b holds the top bits of an id

// newSeeds makes the table of the given words, the most frequent first.
func newSeeds(words [][]byte, ids []uint32) *seeds {
	largest := uint32(0)
	for _, id := range ids {
		largest = max(largest, id)
	}
	n := 4
	for 2*len(words) > 4<<n || largest>>(n+64-seedTop) != 0 {
		n++
	}
	t := &seeds{buckets: hugePages(make([][4]hotSlot, 1<<n)), shift: uint(64 - n)}
	for i, w := range words {
		if len(w) > maxShort {
			continue
		}
		lo, hi := key(w)
		h := keyHash(lo, hi)
		id := uint64(ids[i])
		bucket := &t.buckets[h>>t.shift]
		for k := range bucket {
			if bucket[k].b == 0 {
				bucket[k] = hotSlot{h<<(64-t.shift) | id&(1<<n-1), hi | id>>n<<seedTop}
				break
			}
		}
	}
	return t
}

// noSeeds is for tokenizers whose pieces are no tokens by their bytes alone.
var noSeeds = newSeeds(nil, nil)

// find is the id of the piece with the key hi and the hash h.
func (t *seeds) find(h, hi uint64) (id uint32, ok bool) {
	n := 64 - t.shift
	low := uint64(1)<<n - 1
	bucket := &t.buckets[h>>t.shift]
	for k := range bucket {
		s := &bucket[k]
		if (s.a^h<<n)&^low == 0 && (s.b^hi)<<(64-seedTop) == 0 {
			return uint32(s.a&low | s.b>>seedTop<<n), true
		}
	}
	return 0, false
}
