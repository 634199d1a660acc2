package clean

import "math/bits"

// grams measures how much of a text is in word n-grams that repeat. Two n-grams are the same if their words are. For n = 2, 3, 4 it is
// the most frequent n-gram's count times its length with single spaces between the words (ties go to the first seen); for n = 5 … 10
// the characters of the words of n-grams seen before, the scan going on behind each repeat.
//
// An n-gram is known by the first position at which it stands, its class. Only the identity of a word is a hash: the class of a longer
// n-gram is the pair of classes of its two (n-1)-grams, which is looked up only where both of these repeat.
type grams struct {
	top [3]int
	dup [6]int

	key                 []uint64
	class, next         []uint32 // class of the n-gram at a position
	count               []uint32 // by class
	repeats, repeatNext []uint64 // bit per position: its n-gram occurs again
	table               table
}

func (g *grams) measure(s *scanner, withDup bool) {
	g.top, g.dup = [3]int{}, [6]int{}
	nt := len(s.from)
	if nt < 2 {
		return
	}
	g.key, g.class, g.next, g.count = grow(g.key, nt), grow(g.class, nt), grow(g.next, nt), grow(g.count, nt)
	nw := nt/64 + 2
	g.repeats, g.repeatNext = grow(g.repeats, nw), grow(g.repeatNext, nw)
	g.setTop(s, 2, g.pairs(s, nt-1))
	for n := 3; n <= 4 && n <= nt; n++ {
		g.setTop(s, n, g.longer(s, nt-n+1))
	}
	for n := 5; withDup && n <= 10 && n <= nt && g.any(); n++ {
		g.dup[n-5] = g.longest(s, n, nt-n+1)
	}
}

// top is a count and, in its low half, the complement of a position: the first of the most frequent n-grams has the greatest.
type top uint64

const topNone = top(1)<<32 | 0xFFFFFFFF // the first n-gram, once

func (g *grams) setTop(s *scanner, n int, best top) {
	times, at := int(best>>32), int(^uint32(best))
	g.top[n-2] = times * (s.runesOf(at, at+n) + n - 1)
}

// runesOf is the number of code points in tokens i to j-1.
func (s *scanner) runesOf(i, j int) (n int) {
	for k := i; k < j; k++ {
		n += s.runesIn(int(s.from[k]), int(s.to[k]))
	}
	return n
}

// pairs finds the classes of m 2-grams.
func (g *grams) pairs(s *scanner, m int) top {
	g.table.reset(m)
	slots, base, shift, spread := g.table.slots, g.table.base, g.table.shift&63, s.spread
	mask := uint64(1)<<(64-shift) - 1
	slots = slots[:mask+1]
	key, class, count, hash := g.key[:m], g.class[:m], g.count[:m], s.hash[:m+1]
	clear(count)
	best := topNone
	prev := hash[0]
	for w := range g.repeats {
		again := uint64(0)
		for i := 64 * w; i < min(64*w+64, m); i++ {
			h := hash[i+1]
			k := prev*mul1 + h
			prev = h
			key[i] = k
			at := k * spread >> shift & mask
			var c uint32
			var d int64
			for {
				// Empty and old slots lie below base: their distance is taken for zero or more and cut to i, whose key is k.
				d = int64(slots[at]-base) - int64(i)
				d &= d >> 63
				c = uint32(int64(i) + d)
				if key[c] == k {
					break
				}
				at = (at + 1) & mask
			}
			slots[at] = base + c
			class[i] = c
			n := count[c] + 1
			count[c] = n
			best = max(best, top(n)<<32|top(^c))
			again |= uint64(d) >> 63 << (i & 63)
		}
		g.repeats[w] = again
	}
	g.table.done(m)
	g.markFirst(g.repeats, class)
	return best
}

// markFirst marks, where a later position's n-gram is known to repeat, its class.
func (g *grams) markFirst(repeats []uint64, class []uint32) {
	for w, x := range repeats {
		for ; x != 0; x &= x - 1 {
			c := class[64*w+bits.TrailingZeros64(x)]
			repeats[c>>6] |= 1 << (c & 63)
		}
	}
}

// step begins a longer n: its candidates are the positions where both parts repeat. It returns how many there are among the first m.
func (g *grams) step(m int) (live int) {
	last := len(g.repeats) - 1
	for w := range last {
		x := g.repeats[w] & (g.repeats[w]>>1 | g.repeats[w+1]<<63)
		if over := m - 64*w; over < 64 {
			x &= 1<<max(over, 0) - 1
		}
		g.repeatNext[w] = x
		live += bits.OnesCount64(x)
	}
	g.repeatNext[last] = 0
	g.repeats, g.repeatNext = g.repeatNext, g.repeats
	g.table.reset(live)
	return live
}

func (g *grams) any() bool {
	for _, w := range g.repeats {
		if w != 0 {
			return true
		}
	}
	return false
}

// find gives the class of the n-gram at i, which is j-th of the candidates.
func (g *grams) find(i int, spread uint64) uint32 {
	slots, base, shift := g.table.slots, g.table.base, g.table.shift&63
	mask := uint64(1)<<(64-shift) - 1
	slots = slots[:mask+1]
	k := uint64(g.class[i])<<32 | uint64(g.class[i+1])
	g.key[i] = k
	at := k * spread >> shift & mask
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
	g.next[i] = c
	return c
}

// longer finds the classes of m 3- or 4-grams that may repeat.
func (g *grams) longer(s *scanner, m int) top {
	g.step(m)
	best := topNone
	for w, x := range g.repeats {
		again := uint64(0)
		for ; x != 0; x &= x - 1 {
			i := 64*w + bits.TrailingZeros64(x)
			g.count[i] = 0
			c := g.find(i, s.spread)
			g.count[c]++
			best = max(best, top(g.count[c])<<32|top(^c))
			again |= uint64(int64(c)-int64(i)) >> 63 << (i & 63)
		}
		g.repeats[w] = again
	}
	g.table.done(m)
	g.markFirst(g.repeats, g.next)
	g.class, g.next = g.next, g.class
	if best>>32 == 1 {
		return topNone
	}
	return best
}

// longest finds the classes of m n-grams that may repeat, and counts the characters of those that occurred before.
func (g *grams) longest(s *scanner, n, m int) (chars int) {
	g.step(m)
	behind := 0
	for w, x := range g.repeats {
		again := uint64(0)
		for ; x != 0; x &= x - 1 {
			i := 64*w + bits.TrailingZeros64(x)
			g.count[i] = 0
			c := g.find(i, s.spread)
			again |= uint64(int64(c)-int64(i)) >> 63 << (i & 63)
			if i < behind {
				continue
			}
			// The first time that the scan comes by, which need not be the first time that the n-gram stands in the text.
			if g.count[c] == 0 {
				g.count[c] = 1
				continue
			}
			chars += s.runesOf(i, i+n)
			behind = i + n
		}
		g.repeats[w] = again
	}
	g.table.done(m)
	g.markFirst(g.repeats, g.next)
	g.class, g.next = g.next, g.class
	return chars
}
