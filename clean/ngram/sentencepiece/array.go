package sentencepiece

import "slices"

// array is a trie at rest, as a double array: a child of a node stands at the node's base plus the byte, where its parent is noted.
// Node 0 is the root.
type array struct {
	cells []cell
}

type cell struct {
	base   uint32
	parent uint32 // plus one; 0 = free
	id     int32  // of the text that ends here; -1 = none
}

// next is the node behind a byte, 0 if there is none.
func (a *array) next(node uint32, c byte) uint32 {
	at := a.cells[node].base + uint32(c)
	if at < uint32(len(a.cells)) && a.cells[at].parent == node+1 {
		return at
	}
	return 0
}

// freeze makes an array of the trie, in the order of breadth, each node's children at the first place where all of them fit.
func (t *trie) freeze() array {
	var edges []uint64 // node << 8 | byte
	for _, k := range t.keys {
		if k != 0 {
			edges = append(edges, k-1)
		}
	}
	slices.Sort(edges)
	type pair struct{ from, to uint32 } // a node of the trie, and where it is in the array
	a := array{cells: []cell{{parent: 1, id: -1}}}
	free := 1 // no cell before is free
	for queue := []pair{{0, 0}}; len(queue) > 0; queue = queue[1:] {
		p := queue[0]
		at, _ := slices.BinarySearch(edges, uint64(p.from)<<8)
		end, _ := slices.BinarySearch(edges, (uint64(p.from)+1)<<8)
		if at == end {
			continue
		}
		for free < len(a.cells) && a.cells[free].parent != 0 {
			free++
		}
		first := int(edges[at] & 0xFF)
		base := a.place(edges[at:end], max(free-first, 1))
		a.cells[p.to].base = uint32(base)
		for _, e := range edges[at:end] {
			node := t.next(p.from, byte(e))
			a.cells[base+int(e&0xFF)] = cell{parent: p.to + 1, id: t.ids[node]}
			queue = append(queue, pair{node, uint32(base + int(e&0xFF))})
		}
	}
	return a
}

// place finds room for the children of a node and gives the base, which is at least from. Behind 1,000 free cells that did not do it
// takes new room, so that a full array costs no more than that.
func (a *array) place(edges []uint64, from int) int {
	first := int(edges[0] & 0xFF)
	for tries := 0; ; from++ {
		if from+first < len(a.cells) && a.cells[from+first].parent != 0 {
			continue
		}
		if tries++; tries > 1000 {
			from = max(from, len(a.cells))
		}
		if need := from + int(edges[len(edges)-1]&0xFF) + 1; need > len(a.cells) {
			a.cells = append(a.cells, make([]cell, need-len(a.cells))...)
		}
		if !slices.ContainsFunc(edges, func(e uint64) bool { return a.cells[from+int(e&0xFF)].parent != 0 }) {
			return from
		}
	}
}
