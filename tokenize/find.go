package tokenize

import (
	"encoding/binary"
	"unsafe"

	"github.com/cespare/xxhash/v2"
)

// The pieces of a batch go through the caches together, a step after the other, so that what one step reads of memory was asked for in the step before it, for
// all of them: first the hot part, then the seeds, then the tables of this encoder; what is nowhere is merged.

// find finds the values of the n pieces of this batch.
func (e *Encoder) find(text []byte, pos, n int) {
	e.listed, e.list = e.listed[:0], e.list[:0]
	safe := n // pieces from here on are too near the end of the text for a load of 16 bytes
	for safe > 0 && e.start(safe-1, pos)+16 > len(text) {
		safe--
	}
	missed := e.probe(text, pos, safe)
	for i := safe; i < n; i++ {
		e.misses[missed&(2*batch-1)] = int32(i)
		missed++
	}
	e.touch(text, pos, missed)
	left := e.findSeeds(missed)
	for k, i := range e.misses[:left] {
		v := e.resolve(text[e.start(int(i), pos):e.ends[i]], &e.keys[k])
		if v == 0 { // in the order of the misses, which is that of the pieces
			e.list = append(e.list, len(e.listed))
		}
		e.values[i] = v
	}
}

// start is where piece i of the batch starts.
func (e *Encoder) start(i, pos int) int {
	if i == 0 {
		return pos
	}
	return e.ends[i-1]
}

// sought is the key of a piece: that of a slot, or of a wide slot, and its hash.
type sought struct {
	key   [4]uint64
	h     uint64
	id    uint32 // of a token whose id has no room in a value, else none
	short bool
}

// soughtOf is what touch makes of one piece that is no seed.
func soughtOf(piece []byte) (q sought) {
	q.id, q.short = none, len(piece) <= maxShort
	switch {
	case len(piece) <= maxShort:
		q.key[0], q.key[1] = key(piece)
		q.h = keyHash(q.key[0], q.key[1])
	case len(piece) <= maxWide:
		q.key = wideKey(piece)
		q.h = wideHash(&q.key)
	}
	return q
}

// touch makes the keys of the n misses and asks for what is read next of the large tables: so these loads overlap.
func (e *Encoder) touch(text []byte, pos, n int) {
	c, s := e.cache, e.seeds
	for k, i := range e.misses[:n] {
		from := e.start(int(i), pos)
		piece := text[from:e.ends[i]]
		q := &e.keys[k]
		q.id, q.short = none, len(piece) <= maxShort
		switch {
		case len(piece) <= maxShort:
			if from+16 <= len(text) {
				b := text[from : from+16 : from+16]
				m := &keyMask[len(piece)]
				q.key[0], q.key[1] = binary.LittleEndian.Uint64(b)&m[0], binary.LittleEndian.Uint64(b[8:])&m[1]|m[2]
			} else {
				q.key[0], q.key[1] = key(piece)
			}
			q.h = keyHash(q.key[0], q.key[1])
			e.sink += prefetch(unsafe.Pointer(&s.buckets[q.h>>s.shift]))
		case len(piece) <= maxWide:
			if from+32 <= len(text) {
				b := text[from : from+32 : from+32]
				m := &keyMask[len(piece)-16]
				q.key[0], q.key[1] = binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
				q.key[2], q.key[3] = binary.LittleEndian.Uint64(b[16:])&m[0], binary.LittleEndian.Uint64(b[24:])&m[1]|uint64(len(piece))<<56
			} else {
				q.key = wideKey(piece)
			}
			q.h = wideHash(&q.key)
			e.sink += prefetch(unsafe.Pointer(&c.wide[q.h&uint64(len(c.wide)-1)]))
		}
	}
}

// findSeeds gives those of the n misses their value that are one token, and keeps the others, for which it asks ahead as touch does. It returns how many these are.
func (e *Encoder) findSeeds(n int) (left int) {
	c := e.cache
	for k, i := range e.misses[:n] {
		q := &e.keys[k]
		if q.short {
			h, hi := q.h, q.key[1]
			if id, ok := e.seeds.find(h, hi); !ok {
				e.sink += prefetch(unsafe.Pointer(&c.table[h>>c.shift&uint64(len(c.table)-1)]))
			} else if id > idMask {
				q.id = id
			} else {
				v := oneID(id)
				if hi>>56 <= maxHot {
					c.remember(h, hi, v)
				}
				e.values[i] = v
				continue
			}
		}
		e.misses[left], e.keys[left] = i, *q
		left++
	}
	return left
}

// resolve finds the value of a piece that the hot part does not have; if it is 0, its ids are the last of e.listed.
func (e *Encoder) resolve(piece []byte, q *sought) uint64 {
	if len(piece) > maxShort {
		e.resolveLong(piece, q)
		return 0
	}
	h, lo, hi := q.h, q.key[0], q.key[1]
	if q.id != none {
		e.listed = append(e.listed, q.id)
		return 0
	}
	s := e.cache.find(h, lo, hi)
	if s == nil {
		ids := e.merge(piece)
		e.cache.store(h, lo, hi, ids)
		if v := inline(ids); v != 0 {
			if len(piece) <= maxHot {
				e.cache.remember(h, hi, v)
			}
			return v
		}
		e.listed = append(e.listed, ids...)
		return 0
	}
	if n := s.v1 >> 60; n == 1 || n == 2 { // one is what seeds, which only bytes have, do not hold
		if v := s.v0&idMask | s.v0>>32<<idBits | n<<counted; s.v0&^(idMask<<32|idMask) == 0 {
			if len(piece) <= maxHot {
				e.cache.remember(h, hi, v)
			}
			return v
		}
	}
	e.listed = e.cache.ids(e.listed, s)
	return 0
}

// resolveLong lists the ids of a piece of more than maxShort bytes.
func (e *Encoder) resolveLong(piece []byte, q *sought) {
	c := e.cache
	if len(piece) <= maxWide {
		if s := c.findWide(q.h, &q.key); s != nil {
			n := int(s.key[3] >> 61)
			e.listed = append(e.listed, s.ids[:]...)
			e.listed = e.listed[:len(e.listed)-7+n]
			return
		}
	}
	if len(piece) > maxLong {
		e.listed = append(e.listed, e.merge(piece)...)
		return
	}
	long := xxhash.Sum64(piece)
	if ids, ok := c.findLong(long, piece); ok {
		e.listed = append(e.listed, ids...)
		return
	}
	ids := e.merge(piece)
	if n := len(ids); len(piece) <= maxWide && n > 0 && n <= 8 {
		c.storeWide(q.h, &q.key, ids)
	} else {
		c.storeLong(long, piece, ids)
	}
	e.listed = append(e.listed, ids...)
}
