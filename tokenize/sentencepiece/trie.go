package sentencepiece

// trie holds texts by their bytes: a hash table from a node and a byte to the next node. Node 0 is the root.
type trie struct {
	keys  []uint64 // node << 8 | byte, plus one; 0 = free
	nodes []uint32
	used  int
	ids   []int32 // by node, of the text that ends there; -1 = none
}

func (t *trie) slot(key uint64) int {
	mask := len(t.keys) - 1
	for i := int(key*0x9e3779b97f4a7c15>>33) & mask; ; i = (i + 1) & mask {
		if k := t.keys[i]; k == key || k == 0 {
			return i
		}
	}
}

// next is the node behind a byte, 0 if there is none.
func (t *trie) next(node uint32, c byte) uint32 {
	i := t.slot((uint64(node)<<8 | uint64(c)) + 1)
	if t.keys[i] == 0 {
		return 0
	}
	return t.nodes[i]
}

// insert enters a text, unless it is there.
func (t *trie) insert(text []byte, id int32) bool {
	if len(t.keys) == 0 {
		t.keys, t.nodes, t.ids = make([]uint64, 64), make([]uint32, 64), []int32{-1}
	}
	node := uint32(0)
	for _, c := range text {
		to := t.next(node, c)
		if to == 0 {
			to = uint32(len(t.ids))
			t.ids = append(t.ids, -1)
			t.add((uint64(node)<<8|uint64(c))+1, to)
		}
		node = to
	}
	if t.ids[node] >= 0 {
		return false
	}
	t.ids[node] = id
	return true
}

func (t *trie) add(key uint64, node uint32) {
	if 2*t.used >= len(t.keys) {
		keys, nodes := t.keys, t.nodes
		t.keys, t.nodes = make([]uint64, 2*len(keys)), make([]uint32, 2*len(keys))
		for i, k := range keys {
			if k != 0 {
				at := t.slot(k)
				t.keys[at], t.nodes[at] = k, nodes[i]
			}
		}
	}
	at := t.slot(key)
	t.keys[at], t.nodes[at] = key, node
	t.used++
}
