package clean

// gramFacts is how much the n-grams of one length repeat. Characters are code points of the words, without what is between them.
type gramFacts struct {
	grams   int // how many there are, copies counted
	times   int // copies of the most frequent one; 0 = there is none
	first   int // where it stands first; among equals, the one that is seen first
	longest int // characters of the longest one among the most frequent
	all     int // characters of all n-grams, copies counted
	copies  int // of all copies of those that occur more than once
	covered int // of the words in such copies, each word once
	again   int // of the words in copies after the first, each word once, and a space between words
}

// ladder finds repeated n-grams step by step: an n-gram can occur twice only if both of its (n-1)-grams do, and it is known by
// the classes of those two. The class of an n-gram is the first position where it stands.
type ladder struct {
	key         []uint64
	class, next []uint32
	count       []uint32
	live        []uint32 // the positions, in order, whose n-gram occurs again
	table       table
}

// climb fills facts[2] to facts[10] for words given by identity and by the sums of their code points.
func (g *ladder) climb(hash []uint64, chars []uint32, facts *[11]gramFacts) {
	*facts = [11]gramFacts{}
	nt := len(hash)
	if nt < 2 {
		return
	}
	g.key, g.count, g.live = grow(g.key, nt), grow(g.count, nt), grow(g.live, nt)
	g.class, g.next = grow(g.class, nt), grow(g.next, nt)
	for n := 2; n <= 10 && n <= nt; n++ {
		f := &facts[n]
		m := nt - n + 1
		f.grams = m
		// A sum over windows: what the prefix sums at their ends have more than at their starts.
		for j := range n {
			f.all += int(chars[m+j]) - int(chars[j])
		}
		best := uint64(1)<<32 | 0xFFFFFFFF
		if n == 2 {
			best = g.pairs(hash, best)
		} else {
			best = g.step(m, best)
		}
		f.times, f.first = int(best>>32), int(^uint32(best))
		if f.times == 1 {
			f.first = 0
			g.live = g.live[:0]
			f.longest = int(chars[n] - chars[0])
			continue
		}
		g.sum(f, n, chars)
	}
}

// pairs classes all 2-grams. In best stand the count and, below it, the complement of the position, so that the first of the most
// frequent is greatest.
func (g *ladder) pairs(hash []uint64, best uint64) uint64 {
	n := len(hash) - 1
	g.table.reset(n)
	slots, base, shift := g.table.slots, g.table.base, g.table.shift&63
	mask := uint64(1)<<(64-shift) - 1
	slots = slots[:mask+1]
	key, class, count := g.key[:n], g.class[:n], g.count[:n]
	clear(count)
	prev := hash[0]
	for i := range key {
		h := hash[i+1]
		k := prev*mul1 + h
		prev = h
		key[i] = k
		at := k * mul0 >> shift & mask
		var c uint32
		for {
			// Empty and old slots lie below base: their distance wraps to a large number and is taken for i, whose key is k.
			c = min(slots[at]-base, uint32(i))
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
	g.table.done(n)
	live, kept := g.live[:cap(g.live)], 0
	for i, c := range class {
		live[kept] = uint32(i)
		kept += int((1 - count[c]) >> 31)
	}
	g.live = live[:kept]
	return best
}

// step classes the n-grams whose two parts both repeat; there are m n-grams.
func (g *ladder) step(m int, best uint64) uint64 {
	// Candidates stand at neighboring positions.
	kept := 0
	for j, i := range g.live {
		g.live[kept] = i
		if j+1 < len(g.live) && g.live[j+1] == i+1 && int(i) < m {
			kept++
		}
	}
	live := g.live[:kept]
	g.table.reset(kept)
	slots, base, shift := g.table.slots, g.table.base, g.table.shift&63
	mask := uint64(1)<<(64-shift) - 1
	slots = slots[:mask+1]
	for j, i := range live {
		k := uint64(g.class[i])<<32 | uint64(g.class[i+1])
		g.key[j] = k
		at := k * mul0 >> shift & mask
		var c uint32
		for {
			c = min(slots[at]-base, uint32(j))
			if g.key[c] == k {
				break
			}
			at = (at + 1) & mask
		}
		slots[at] = base + c
		first := live[c]
		if c == uint32(j) {
			g.count[first] = 0
		}
		g.next[i] = first
		g.count[first]++
		best = max(best, uint64(g.count[first])<<32|uint64(^first))
	}
	g.table.done(kept)
	kept = 0
	for _, i := range live {
		live[kept] = i
		kept += int((1 - g.count[g.next[i]]) >> 31)
	}
	g.live = live[:kept]
	g.class, g.next = g.next, g.class
	return best
}

// sum adds up the characters of the n-grams that occur again.
func (g *ladder) sum(f *gramFacts, n int, chars []uint32) {
	done, doneAgain := 0, 0 // words before these are counted
	for _, p := range g.live {
		i, end := int(p), int(p)+n
		size := int(chars[end] - chars[i])
		f.copies += size
		f.covered += int(chars[end] - chars[max(i, done)])
		done = end
		if g.class[p] == p {
			if int(g.count[p]) == f.times {
				f.longest = max(f.longest, size)
			}
			continue
		}
		from := max(i, doneAgain)
		f.again += int(chars[end]-chars[from]) + min(end-from, n-1)
		doneAgain = end
	}
}
