package sentencepiece

import "slices"

// Array is a trie at rest, as a double array: a child of a node stands at the node's base plus the byte, where its parent is noted.
// Node 0 is the root.
type Array struct {
	cells []cell
}

type cell struct {
	base   uint32
	parent uint32 // plus one; 0 = free
	id     int32  // of the text that ends here; -1 = none
}

// Next is the node behind a byte, 0 if there is none.
func (a *Array) Next(node uint32, c byte) uint32 {
	at := a.cells[node].base + uint32(c)
	if at < uint32(len(a.cells)) && a.cells[at].parent == node+1 {
		return at
	}
	return 0
}

// ID is the id of the text that ends at a node; -1 = none does.
func (a *Array) ID(node uint32) int32 { return a.cells[node].id }

// NewArray makes an array of texts, the ids of which are their places in the list; nil is no text, and of equal texts the first stays.
func NewArray(texts [][]byte) Array {
	var t trie
	for i, text := range texts {
		if text != nil {
			t.insert(text, int32(i))
		}
	}
	if len(t.ids) == 0 {
		return Array{[]cell{{parent: 1, id: -1}}}
	}
	return t.freeze()
}

// freeze makes an array of the trie, in the order of breadth.
func (t *trie) freeze() Array {
	var edges []uint64 // node << 8 | byte
	for _, k := range t.keys {
		if k != 0 {
			edges = append(edges, k-1)
		}
	}
	slices.Sort(edges)
	type pair struct{ from, to uint32 } // a node of the trie, and where it is in the array
	b := builder{cells: []cell{{parent: 1, id: -1}}, next: []uint32{0}, prev: []uint32{0}}
	for queue := []pair{{0, 0}}; len(queue) > 0; queue = queue[1:] {
		p := queue[0]
		at, _ := slices.BinarySearch(edges, uint64(p.from)<<8)
		end, _ := slices.BinarySearch(edges, (uint64(p.from)+1)<<8)
		if at == end {
			continue
		}
		base := b.place(edges[at:end])
		b.cells[p.to].base = uint32(base)
		for _, e := range edges[at:end] {
			node, to := t.next(p.from, byte(e)), base+int(e&0xFF)
			b.take(to, cell{parent: p.to + 1, id: t.ids[node]})
			queue = append(queue, pair{node, uint32(to)})
		}
	}
	return Array{b.cells}
}

// builder keeps the free cells of an array in a ring, which begins and ends at the root.
type builder struct {
	cells      []cell
	next, prev []uint32
}

// place finds room for the children of a node and gives the base. Behind 64 free cells that did not do, it takes new room.
func (b *builder) place(edges []uint64) int {
	first := int(edges[0] & 0xFF)
	base := max(len(b.cells)-first, 1)
	tries := 0
	for f := b.next[0]; f != 0 && tries < 64; f = b.next[f] {
		if int(f) <= first {
			continue
		}
		tries++
		if at := int(f) - first; !slices.ContainsFunc(edges, func(e uint64) bool {
			return at+int(e&0xFF) < len(b.cells) && b.cells[at+int(e&0xFF)].parent != 0
		}) {
			base = at
			break
		}
	}
	for need := base + int(edges[len(edges)-1]&0xFF) + 1; len(b.cells) < need; {
		i := uint32(len(b.cells))
		b.cells = append(b.cells, cell{})
		b.next, b.prev = append(b.next, 0), append(b.prev, b.prev[0])
		b.next[b.prev[0]], b.prev[0] = i, i
	}
	return base
}

// take fills a free cell.
func (b *builder) take(i int, c cell) {
	b.cells[i] = c
	b.next[b.prev[i]], b.prev[b.next[i]] = b.next[i], b.prev[i]
}
