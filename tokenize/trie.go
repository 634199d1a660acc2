package tokenize

import (
	"bytes"
	"slices"
)

// trie finds the longest token at the start of a text: an XOR double array. The children of a node with base f stand at f^label, and
// no two nodes share a base, so the label alone tells whose child a slot is.
type trie struct {
	nodes  []uint64 // base 32 bits | token+1 24 | label 8
	prefix []uint32 // by token: its longest proper prefix that is a token, none if there is none
	length []uint16 // by token: its bytes
}

// brood is one node whose children are to be placed: words[from:to] in order share the depth bytes that lead to it.
type brood struct {
	from, to, depth int
	node, prefix    uint32
}

// trieArena is the double array while it grows.
type trieArena struct {
	nodes      []uint64
	used, base []bool // slots taken; bases taken
	single     int    // where the search for a place for one child starts
	many       int    // … for several children: the front is too dense for them
}

func newTrie(words [][]byte) trie {
	t := trie{prefix: make([]uint32, len(words)), length: make([]uint16, len(words))}
	order := make([]uint32, len(words))
	for i := range order {
		order[i] = uint32(i)
		t.length[i] = uint16(len(words[i]))
	}
	slices.SortFunc(order, func(a, b uint32) int { return bytes.Compare(words[a], words[b]) })
	a := trieArena{single: 256, many: 256}
	a.reach(1 << 12)
	a.used[0], a.base[0] = true, true
	queue := []brood{{0, len(order), 0, 0, none}}
	var labels []byte
	var cuts []int
	for len(queue) > 0 {
		f := queue[0]
		queue = queue[1:]
		if f.depth > 0 && len(words[order[f.from]]) == f.depth {
			token := order[f.from]
			t.prefix[token] = f.prefix
			f.prefix = token
			a.nodes[f.node] |= uint64(token+1) << 8
			f.from++
		}
		if f.from == f.to {
			continue
		}
		labels, cuts = labels[:0], cuts[:0]
		for i := f.from; i < f.to; i++ {
			if c := words[order[i]][f.depth]; len(labels) == 0 || labels[len(labels)-1] != c {
				labels, cuts = append(labels, c), append(cuts, i)
			}
		}
		cuts = append(cuts, f.to)
		base := a.place(labels)
		a.nodes[f.node] |= uint64(base) << 32
		for i, c := range labels {
			k := base ^ int(c)
			a.nodes[k] = uint64(c)
			queue = append(queue, brood{cuts[i], cuts[i+1], f.depth + 1, uint32(k), f.prefix})
		}
	}
	last := len(a.used) - 1
	for !a.used[last] {
		last--
	}
	t.nodes = slices.Clone(a.nodes[:(last|255)+1])
	return t
}

// reach makes room for slots below n, a multiple of 256.
func (a *trieArena) reach(n int) {
	if more := n - len(a.nodes); more > 0 {
		a.nodes = append(a.nodes, make([]uint64, more)...)
		a.used = append(a.used, make([]bool, more)...)
		a.base = append(a.base, make([]bool, more)...)
	}
}

// place finds a base whose slots for all labels are free, and takes them.
func (a *trieArena) place(labels []byte) int {
	for a.single < len(a.used) && a.used[a.single] {
		a.single++
	}
	p := a.single
	if len(labels) > 1 {
		a.many = max(a.many, a.single)
		p = a.many
	}
	fails, base := 0, 0
	for ; ; p++ {
		if p >= len(a.nodes) {
			a.reach(2 * len(a.nodes))
		}
		if a.used[p] {
			continue
		}
		if base = p ^ int(labels[0]); base != 0 && !a.base[base] && a.free(base, labels) {
			break
		}
		fails++
	}
	if fails > 50 {
		if len(labels) > 1 {
			a.many = (a.many + p) / 2
		} else {
			a.single = p
		}
	}
	a.base[base] = true
	for _, c := range labels {
		a.used[base^int(c)] = true
	}
	return base
}

func (a *trieArena) free(base int, labels []byte) bool {
	for _, c := range labels {
		if a.used[base^int(c)] {
			return false
		}
	}
	return true
}

// longest is the longest token that starts text, none if there is none.
func (t *trie) longest(text []byte) uint32 {
	node := t.nodes[0]
	best := uint64(0)
	for _, c := range text {
		base := node >> 32
		if base == 0 {
			break
		}
		k := base ^ uint64(c)
		if k >= uint64(len(t.nodes)) {
			break
		}
		node = t.nodes[k]
		if uint8(node) != c || node == 0 {
			break
		}
		if token := node >> 8 & (1<<24 - 1); token != 0 {
			best = token
		}
	}
	return uint32(best - 1)
}
