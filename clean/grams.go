package clean

import (
	"encoding/binary"
	"math/bits"
)

// grams measures how much of a text is in word n-grams that repeat, as the peer does: for n = 2, 3, 4 the most frequent n-gram's
// count times its length with single spaces between the words (ties go to the first seen); for n = 5 … 10 the characters of
// n-grams seen before, words joined without a space, the scan going on behind each repeat.
type grams struct {
	top [3]int
	dup [6]int

	key                 []uint64
	class, next         []uint32 // class of the n-gram at a position: the first position with the same n-gram
	count               []uint32
	repeats, repeatNext []uint64 // bit per position: its n-gram occurs again
	table               table

	live      []uint32 // positions that may start a repeated 5-gram
	depth     []uint8  // how many of the prefixes of sure repeat
	slot      []uint32
	once      []uint8 // by hash of a prefix: a bit shifted in for each position
	seen, two []uint64
}

func (g *grams) measure(s *scanner) {
	g.top, g.dup = [3]int{}, [6]int{}
	nt := len(s.hash) - 16
	if nt >= 2 {
		g.pairs(s, nt)
	}
	if nt >= 5 {
		g.candidates(s, nt)
		g.dups(s, nt)
	}
}

// runesOf is the number of code points in tokens i to j-1.
func (s *scanner) runesOf(i, j int) int {
	from, to := s.squeezed[i], s.squeezed[j]
	n := int(to - from)
	if s.anyHigh {
		for _, b := range s.squeeze[from:to] {
			if int8(b) < -64 { // a continuation byte
				n--
			}
		}
	}
	return n
}

// pairs counts 2-grams, then 3- and 4-grams where both parts repeat.
func (g *grams) pairs(s *scanner, nt int) {
	n2 := nt - 1
	g.key, g.class, g.next, g.count = grow(g.key, nt+8), grow(g.class, nt+8), grow(g.next, nt+8), grow(g.count, nt+8)
	nw := nt/64 + 2
	g.repeats, g.repeatNext = grow(g.repeats, nw), grow(g.repeatNext, nw)
	clear(g.repeats)
	clear(g.count[:n2])
	g.table.reset(n2)
	slots, base, shift := g.table.slots, g.table.base, g.table.shift&63
	mask := uint64(1)<<(64-shift) - 1
	slots = slots[:mask+1]
	key, class, count, hash := g.key[:n2], g.class[:n2], g.count[:n2], s.hash[:nt]
	best := uint64(1)<<32 | 0xFFFFFFFF // count, then the complement of the position: the first of the most frequent is greatest
	prev := hash[0]
	for i := range key {
		h := hash[i+1]
		k := prev*mul1 + h
		prev = h
		key[i] = k
		at := k >> shift & mask
		var c uint32
		for {
			// Empty and old slots lie below base: their distance is taken for zero or more and cut to i, whose key is k.
			d := int64(slots[at]-base) - int64(i)
			c = uint32(int64(i) + d&(d>>63))
			if key[c] == k {
				break
			}
			at = (at + 1) & mask
		}
		slots[at] = base + c
		class[i] = c
		count[c]++
		best = max(best, uint64(count[c])<<32|uint64(^c))
	}
	for i, c := range class {
		g.repeats[i>>6] |= uint64((1-count[c])>>31) << (i & 63)
	}
	g.table.done(n2)
	g.setTop(s, 2, best)
	g.longer(s, nt)
}

func (g *grams) setTop(s *scanner, n int, best uint64) {
	times, at := int(best>>32), int(^uint32(best))
	if times == 1 {
		at = 0
	}
	g.top[n-2] = times * (s.runesOf(at, at+n) + n - 1)
}

// longer counts 3- and 4-grams: the class of an n-gram is the pair of classes of its two (n-1)-grams.
func (g *grams) longer(s *scanner, nt int) {
	prev, next, from, to := g.repeats, g.repeatNext, g.class, g.next
	for n := 3; n <= 4; n++ {
		m := nt - n + 1
		if m <= 0 {
			return
		}
		clear(next)
		g.table.reset(m)
		slots, base, shift := g.table.slots, g.table.base, g.table.shift&63
		mask := uint64(1)<<(64-shift) - 1
		slots = slots[:mask+1]
		best := uint64(1)<<32 | 0xFFFFFFFF
		for w := range prev[:len(prev)-1] {
			for x := prev[w] & (prev[w]>>1 | prev[w+1]<<63); x != 0; x &= x - 1 {
				i := 64*w + bits.TrailingZeros64(x)
				if i >= m {
					break
				}
				k := uint64(from[i])<<32 | uint64(from[i+1])
				g.key[i], g.count[i] = k, 0
				at := k * mul0 >> shift & mask
				var c uint32
				for {
					d := int64(slots[at]-base) - int64(i)
					c = uint32(int64(i) + d&(d>>63))
					if g.key[c] == k {
						break
					}
					at = (at + 1) & mask
				}
				slots[at] = base + c
				to[i] = c
				g.count[c]++
				best = max(best, uint64(g.count[c])<<32|uint64(^c))
			}
		}
		for w := range prev[:len(prev)-1] {
			y := uint64(0)
			for x := prev[w] & (prev[w]>>1 | prev[w+1]<<63); x != 0; x &= x - 1 {
				j := bits.TrailingZeros64(x)
				if 64*w+j >= m {
					break
				}
				y |= uint64((1-g.count[to[64*w+j]])>>31) << j
			}
			next[w] = y
		}
		g.table.done(m)
		g.setTop(s, n, best)
		prev, next, from, to = next, prev, to, from
	}
}

// sure are the lengths in bytes of the prefixes that a repeated n-gram of at least that length repeats as well. The peer joins
// words without a space, so that "a bc" equals "ab c": only the squeezed text can tell.
var sure = [4]uint32{12, 24, 40, 1 << 31}

// candidates finds the positions whose first 12 bytes of squeezed text occur again, or whose 5-gram is shorter than that, and how
// many of the longer prefixes occur again. Hashes may collide: a candidate is not a repeat, but what is none cannot be one.
func (g *grams) candidates(s *scanner, nt int) {
	m := nt - 4
	want := 1024
	for want < 16*nt {
		want <<= 1
	}
	g.once = grow(g.once, want)
	clear(g.once)
	g.slot, g.depth, g.live = grow(g.slot, nt), grow(g.depth, nt), grow(g.live, nt)
	shift := uint(64 - bits.TrailingZeros(uint(want)))
	once, slot, squeezed := g.once, g.slot[:m], s.squeezed[:nt+10]
	for i := range slot {
		p := s.squeeze[squeezed[i]:]
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
func (g *grams) deepen(s *scanner, level uint8) {
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
		t := uint32(hashBytes(s.squeeze, int(s.squeezed[i]), int(sure[level])) * mul0 >> shift)
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
func (g *grams) dups(s *scanner, nt int) {
	live, depth := g.live, g.depth
	for n := 5; n <= 10 && n <= nt && len(live) > 0; n++ {
		// Keep the candidates of this level: all later levels are subsets.
		kept := 0
		for j, i := range live {
			d := depth[j]
			live[kept], depth[kept] = i, d
			kept += int((s.squeezed[int(i)+n] - s.squeezed[i] - sure[d]) >> 31)
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
			from := int(s.squeezed[i])
			k := hashBytes(s.squeeze, from, int(s.squeezed[int(i)+n])-from)
			keys[j] = k
			for at := k * mul0 >> shift & mask; ; at = (at + 1) & mask {
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
