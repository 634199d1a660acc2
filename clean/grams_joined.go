package clean

import (
	"encoding/binary"
	"math/bits"
)

// joinedGrams is the part of grams for n = 5 … 10 in which two n-grams are the same if their words are when written without anything
// between: "a bc" equals "ab c". So does datatrove 0.10 (find_all_duplicate in gopher_repetition_filter.py) take them.
type joinedGrams struct {
	dup [6]int

	squeezed []uint32 // of each token the offset in squeeze; a few more after the last
	squeeze  []byte   // the tokens without what is between them
	key      []uint64
	table    table

	live      []uint32 // positions that may start a repeated 5-gram
	depth     []uint8  // how many of the prefixes of sure repeat
	slot      []uint32
	once      []uint8 // by hash of a prefix: a bit shifted in for each position
	seen, two []uint64
}

func (g *joinedGrams) measure(s *scanner) {
	g.dup = [6]int{}
	if nt := len(s.from); nt >= 5 {
		g.join(s)
		g.candidates(s, nt)
		g.dups(s, nt)
	}
}

// join copies the tokens one behind the other.
func (g *joinedGrams) join(s *scanner) {
	nt := len(s.from)
	g.squeezed, g.squeeze = grow(g.squeezed, nt+16), grow(g.squeeze, s.n+192)
	text, out := s.text[padding:], g.squeeze
	to, squeezed := s.to[:nt], g.squeezed[:nt]
	o := 0
	for i, from := range s.from {
		at, n := int(from), int(to[i]-from)
		squeezed[i] = uint32(o)
		if n <= 16 {
			src, dst := text[at:at+16], out[o:o+16]
			binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src))
			binary.LittleEndian.PutUint64(dst[8:], binary.LittleEndian.Uint64(src[8:]))
		} else {
			copy(out[o:], text[at:at+n])
		}
		o += n
	}
	for i := nt; i < nt+16; i++ {
		g.squeezed[i] = uint32(o)
	}
	clear(out[o : o+128])
}

// sure are the lengths in bytes of the prefixes that a repeated n-gram of at least that length repeats as well.
var sure = [4]uint32{12, 24, 40, 1 << 31}

// candidates finds the positions whose first 12 bytes of squeezed text occur again, or whose 5-gram is shorter than that, and how
// many of the longer prefixes occur again. Hashes may collide: a candidate is not a repeat, but what is none cannot be one.
func (g *joinedGrams) candidates(s *scanner, nt int) {
	m := nt - 4
	want := 1024
	for want < 16*nt {
		want <<= 1
	}
	g.once = grow(g.once, want)
	clear(g.once)
	g.slot, g.depth, g.live = grow(g.slot, nt), grow(g.depth, nt), grow(g.live, nt)
	shift := uint(64 - bits.TrailingZeros(uint(want)))
	once, slot, squeezed := g.once, g.slot[:m], g.squeezed[:nt+10]
	for i := range slot {
		p := g.squeeze[squeezed[i]:]
		t := (binary.LittleEndian.Uint64(p)*mul0 + binary.LittleEndian.Uint64(p[4:])*mul1) >> shift
		slot[i] = uint32(t)
		once[t] = once[t]<<1 | 1
	}
	live, depth, n := g.live[:m], g.depth[:m], 0
	for i, t := range slot {
		again := once[t] >> 1 & 1
		live[n], depth[n] = uint32(i), again
		n += int(again) | int((squeezed[i+5]-squeezed[i]-sure[0])>>31)
	}
	g.live = live[:n]
	g.seen, g.two = grow(g.seen, want/64), grow(g.two, want/64)
	g.deepen(s, 1)
	g.deepen(s, 2)
}

// deepen raises the depth of those candidates at depth level or more whose prefix of sure[level] bytes occurs again.
func (g *joinedGrams) deepen(s *scanner, level uint8) {
	want := 512
	for want < 16*len(g.live) && want < 64*len(g.seen) {
		want <<= 1
	}
	seen, two := g.seen[:want/64], g.two[:want/64]
	clear(seen)
	clear(two)
	shift := uint(64 - bits.TrailingZeros(uint(want)))
	for j, i := range g.live {
		if g.depth[j] < level {
			continue
		}
		t := uint32(hashBytes(g.squeeze, int(g.squeezed[i]), int(sure[level])) * mul0 >> shift)
		g.slot[j] = t
		bit := uint64(1) << (t & 63)
		two[t>>6] |= seen[t>>6] & bit
		seen[t>>6] |= bit
	}
	for j := range g.live {
		if g.depth[j] == level {
			t := g.slot[j]
			g.depth[j] += uint8(two[t>>6] >> (t & 63) & 1)
		}
	}
}

// dups counts repeated 5- to 10-grams among the candidates.
func (g *joinedGrams) dups(s *scanner, nt int) {
	live, depth := g.live, g.depth
	for n := 5; n <= 10 && n <= nt && len(live) > 0; n++ {
		// Keep the candidates of this level: all later levels are subsets.
		kept := 0
		for j, i := range live {
			d := depth[j]
			live[kept], depth[kept] = i, d
			kept += int((g.squeezed[int(i)+n] - g.squeezed[i] - sure[d]) >> 31)
		}
		live = live[:kept]
		g.table.reset(kept)
		g.key = grow(g.key, kept+8)
		slots, base, shift := g.table.slots, g.table.base, g.table.shift&63
		mask := uint64(1)<<(64-shift) - 1
		keys, last, behind, total := g.key[:kept], uint32(nt-n), uint32(0), 0
		for j, i := range live {
			if i < behind {
				continue
			}
			if i > last {
				break
			}
			from := int(g.squeezed[i])
			k := hashBytes(g.squeeze, from, int(g.squeezed[int(i)+n])-from)
			keys[j] = k
			for at := k * s.spread >> shift & mask; ; at = (at + 1) & mask {
				c := slots[at] - base
				if c >= uint32(j) {
					slots[at] = base + uint32(j)
					break
				}
				if keys[c] == k {
					total += s.runesOf(int(i), int(i)+n)
					behind = i + uint32(n)
					break
				}
			}
		}
		g.table.done(kept)
		g.dup[n-5] = total
	}
}
