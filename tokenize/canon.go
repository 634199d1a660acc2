package tokenize

import (
	"math/bits"
	"slices"
)

// source is a byte-level vocabulary as a file tells it: tokens by position, and which neighbors merge. Merges come either as a list (tokenizer.json), or not at all
// (.tiktoken): then tokens merge where what they make is a token, and the position of a token is its rank.
type source struct {
	words  *wordTable
	ids    []uint32
	merges []merge
	ranked bool // no list of merges
	whole  bool // a piece that is a token needs no merges to reach it
}

// merge makes the token to of two neighbors; all three are positions in the vocabulary.
type merge struct{ left, right, to uint32 }

// path is the last merge of a token that merges reach.
type path struct {
	merge
	rank int
}

// A token's bytes on their own always merge along one path, and wherever two parts that make the token come to stand side by side they are the ends of this path: what
// has happened inside of them is what happens on their own. So of all the ways to split a token only the last merge of its path is of use. Most vocabularies
// list merges such that parts stand before the whole, and then the path of each token follows from those before it. Where a vocabulary does not, the tokens that
// hold the bytes of one that is not reached so are merged by the definition.

// canonicalize gives the paths of all tokens that merges reach, by rank.
func (src *source) canonicalize(byteAt *[256]uint32) []path {
	n := len(src.words.words)
	g := &grower{src: src, inner: make([]uint32, n), late: make([]bool, n)}
	g.b.reserve(n)
	for i := range g.inner {
		g.inner[i] = none
	}
	for c, token := range byteAt {
		g.inner[token] = uint32(c)
		g.b.left, g.b.right = append(g.b.left, uint32(c)), append(g.b.right, uint32(c))
	}
	if src.ranked {
		g.ranks()
	} else {
		g.list()
	}
	if !g.any && !g.twice {
		return g.paths
	}
	return g.redo(byteAt)
}

// grower builds a vocabulary token by token.
type grower struct {
	src   *source
	b     bpe
	inner []uint32 // by position: the id in b, none if no merge has reached the token yet
	paths []path
	late  []bool // tokens that were not reached, with a merge that stands before its parts
	any   bool   // there is one
	twice bool   // a pair is listed twice, and the last one counts
}

func (g *grower) accept(m merge, rank int) {
	l, r, t := g.inner[m.left], g.inner[m.right], uint32(len(g.b.left))
	g.inner[m.to] = t
	g.b.left, g.b.right = append(g.b.left, l), append(g.b.right, r)
	g.b.pairs.put(l, r, t)
	g.paths = append(g.paths, path{m, rank})
}

// list goes through a list of merges.
func (g *grower) list() {
	for rank, m := range g.src.merges {
		l, r := g.inner[m.left], g.inner[m.right]
		switch {
		case l == none || r == none:
			g.late[m.to] = true
		case g.inner[m.to] != none:
			g.twice = g.twice || g.b.pairs.get(l, r) != none
		case g.b.apart(l, r):
			g.accept(m, rank)
		}
	}
	// A token that was reached another way was reached the only way that there is.
	for i, late := range g.late {
		g.late[i] = late && g.inner[i] == none
		g.any = g.any || g.late[i]
	}
}

// ranks merges each token by those before it.
func (g *grower) ranks() {
	merger := merger{b: &g.b}
	position := make([]uint32, 0, len(g.inner)) // by id in g.b
	for c := range 256 {
		position = append(position, g.src.words.find([]byte{byte(c)}))
	}
	for i, w := range g.src.words.words {
		if len(w) < 2 {
			continue
		}
		var ids []uint32
		if len(w) < heapMin {
			ids = merger.flat(w)
		} else {
			ids = merger.heap(w)
		}
		if len(ids) != 2 {
			g.late[i], g.any = true, true
			continue
		}
		g.accept(merge{position[ids[0]], position[ids[1]], uint32(i)}, i)
		position = append(position, uint32(i))
	}
}

// redo merges the tokens that hold a late one by the definition.
func (g *grower) redo(byteAt *[256]uint32) []path {
	d := newDefinition(g.src)
	var starts [1 << 10]uint64 // of late tokens: which two bytes
	for i, w := range g.src.words.words {
		if g.late[i] && len(w) > 1 {
			starts[int(w[0])<<2|int(w[1])>>6] |= 1 << (w[1] & 63)
		}
	}
	holds := func(w []byte) bool {
		for i := range len(w) - 1 {
			if starts[int(w[i])<<2|int(w[i+1])>>6]>>(w[i+1]&63)&1 == 0 {
				continue
			}
			for j := i + 2; j <= len(w); j++ {
				if p := g.src.words.find(w[i:j]); p != none && g.late[p] {
					return true
				}
			}
		}
		return false
	}
	paths := slices.DeleteFunc(g.paths, func(p path) bool { return g.twice || holds(g.src.words.words[p.to]) })
	for i, w := range g.src.words.words {
		if len(w) > 1 && (g.twice || holds(w)) {
			if p, ok := d.path(uint32(i), byteAt); ok {
				paths = append(paths, p)
			}
		}
	}
	slices.SortFunc(paths, func(a, b path) int { return a.rank - b.rank })
	return paths
}

// definition merges by what the file says alone.
type definition struct {
	src   *source
	ranks []uint32 // by the hash of a pair: the rank of its merge + 1, the last one of a pair that is listed twice; 0 = free

	symbols []uint32
	found   []path // found[j] is the merge of symbols j and j+1
	both    []byte
}

const noRank = 1 << 62 // two neighbors that do not merge

func newDefinition(src *source) *definition {
	d := &definition{src: src}
	if src.ranked {
		return d
	}
	d.ranks = make([]uint32, 1<<bits.Len(uint(2*len(src.merges))))
	for rank, m := range src.merges {
		*d.rank(m.left, m.right) = uint32(rank + 1)
	}
	return d
}

// rank is where the rank of a pair stands, or has room.
func (d *definition) rank(left, right uint32) *uint32 {
	m := uint64(len(d.ranks) - 1)
	for i := pairHash(left, right) >> 32; ; i++ {
		r := &d.ranks[i&m]
		if *r == 0 || d.src.merges[*r-1].left == left && d.src.merges[*r-1].right == right {
			return r
		}
	}
}

func (d *definition) merge(left, right uint32) path {
	if d.src.ranked {
		d.both = append(append(d.both[:0], d.src.words.words[left]...), d.src.words.words[right]...)
		if to := d.src.words.find(d.both); to != none {
			return path{merge{left, right, to}, int(to)}
		}
	} else if r := *d.rank(left, right); r != 0 {
		return path{d.src.merges[r-1], int(r - 1)}
	}
	return path{rank: noRank}
}

// path is the last merge of a token's own bytes, if they end as that token.
func (d *definition) path(token uint32, byteAt *[256]uint32) (p path, ok bool) {
	w := d.src.words.words[token]
	d.symbols, d.found = d.symbols[:0], d.found[:0]
	for i, c := range w {
		d.symbols = append(d.symbols, byteAt[c])
		if i > 0 {
			d.found = append(d.found, d.merge(byteAt[w[i-1]], byteAt[c]))
		}
	}
	for len(d.found) > 0 {
		at := 0
		for j := range d.found {
			if d.found[j].rank < d.found[at].rank {
				at = j
			}
		}
		p = d.found[at]
		if p.rank == noRank {
			return p, false
		}
		d.symbols[at] = p.to
		d.symbols = slices.Delete(d.symbols, at+1, at+2)
		d.found = slices.Delete(d.found, at, at+1)
		if at < len(d.found) {
			d.found[at] = d.merge(p.to, d.symbols[at+1])
		}
		if at > 0 {
			d.found[at-1] = d.merge(d.symbols[at-1], p.to)
		}
	}
	return p, p.to == token
}
