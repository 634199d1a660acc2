package tokenize

// symbolTrie finds tokens by their symbols. Node 0 is the root.
type symbolTrie struct {
	keys  []uint64 // (node<<32 | symbol) + 1; 0 = free
	child []uint32
	ids   []int32 // by node: of the token that ends there; -1 = none
}

func newSymbolTrie(tokens [][]int32) *symbolTrie {
	t := &symbolTrie{keys: make([]uint64, 1<<12), child: make([]uint32, 1<<12), ids: []int32{-1}}
	for id, token := range tokens {
		node := uint32(0)
		for _, s := range token {
			next, ok := t.next(node, s)
			if !ok {
				next = t.put(node, s)
			}
			node = next
		}
		t.ids[node] = int32(id)
	}
	return t
}

func (t *symbolTrie) next(node uint32, symbol int32) (uint32, bool) {
	key := uint64(node)<<32 | uint64(symbol) + 1
	m := uint64(len(t.keys) - 1)
	for i := mixPair(key) & m; ; i = (i + 1) & m {
		switch t.keys[i] {
		case key:
			return t.child[i], true
		case 0:
			return 0, false
		}
	}
}

func (t *symbolTrie) put(node uint32, symbol int32) uint32 {
	if 2*len(t.ids) >= len(t.keys) {
		keys, child := t.keys, t.child
		t.keys, t.child = make([]uint64, 2*len(keys)), make([]uint32, 2*len(keys))
		for i, k := range keys {
			if k != 0 {
				t.enter(k, child[i])
			}
		}
	}
	to := uint32(len(t.ids))
	t.ids = append(t.ids, -1)
	t.enter(uint64(node)<<32|uint64(symbol)+1, to)
	return to
}

func (t *symbolTrie) enter(key uint64, to uint32) {
	m := uint64(len(t.keys) - 1)
	i := mixPair(key) & m
	for t.keys[i] != 0 {
		i = (i + 1) & m
	}
	t.keys[i], t.child[i] = key, to
}
