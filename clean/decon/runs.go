package decon

import "math"

// coverage is a set of places in the index, emptied by what was put in.
type coverage struct {
	bits []uint64
	put  []uint32
}

func (c *coverage) add(at uint32) {
	if !c.has(at) {
		c.bits[at>>6] |= 1 << (at & 63)
		c.put = append(c.put, at)
	}
}

func (c *coverage) has(at uint32) bool { return c.bits[at>>6]>>(at&63)&1 != 0 }

// run notes the items that have the run at word i, each with as many words as follow in both. That an item has the run counts once for a
// text; where a text has it again, no more than hotRuns of its items are followed there.
func (f *Finder) run(i int, g uint64) {
	ix := f.ix
	posts := ix.look(g)
	if posts == nil || !f.same(i, posts[0]&^postLast) {
		return
	}
	which := uint32(len(ix.posts) - len(posts))
	again := f.met.has(which)
	f.met.add(which)
	for k, post := range posts {
		at := post &^ postLast
		switch it := ix.owner(at); {
		case f.visited[it] != f.visit || uint32(i) >= f.until[it]:
			f.extend(i, at, it)
		case !again:
			f.covered.add(at)
		}
		if post&postLast != 0 || again && k+1 == hotRuns {
			return
		}
	}
}

// same tells whether the run at word i of the text is the one at a place of the index, whose identity it has.
func (f *Finder) same(i int, at uint32) bool {
	for k, w := range f.ix.words[at : int(at)+f.ix.opt.N] {
		if uint32(f.list.hash[i+k]) != w {
			return false
		}
	}
	return true
}

// extend notes a match: a run of an item and all words that follow it in both.
func (f *Finder) extend(i int, at, it uint32) {
	ix := f.ix
	n, end := ix.opt.N, int(ix.items[it].question.to)
	a, b := i, int(at)
	for a < len(f.list.hash) && b < end && uint32(f.list.hash[a]) == ix.words[b] {
		a++
		b++
	}
	for p := int(at); p+n <= b; p++ {
		f.covered.add(uint32(p))
	}
	f.visited[it], f.until[it] = f.visit, uint32(a-n+1)
	item := &ix.items[it]
	f.matches = append(f.matches, Match{Question: math.NaN(), Answer: math.NaN(), Passage: math.NaN(), From: int(f.list.from[i]), To: int(f.list.to[a-1]),
		Set: int(item.set), item: it})
}

// shares scores the matches by how many of its item's runs the text has, and leaves those that have too few.
func (f *Finder) shares() {
	ix := f.ix
	n := uint32(ix.opt.N)
	for _, at := range f.covered.put {
		it := ix.owner(at)
		f.until[it] = 0 // now it counts
	}
	for _, at := range f.covered.put {
		f.until[ix.owner(at)]++
		f.covered.bits[at>>6] = 0
	}
	f.covered.put = f.covered.put[:0]
	for _, which := range f.met.put {
		f.met.bits[which>>6] = 0
	}
	f.met.put = f.met.put[:0]
	kept := f.matches[:0]
	for _, m := range f.matches {
		m.Score = float64(f.until[m.item]) / float64(uint32(ix.items[m.item].question.len())-n+1)
		f.passed = max(f.passed, m.Score)
		if m.Score >= ix.opt.Min-Tolerance {
			kept = append(kept, m)
		}
	}
	f.matches = kept
}
