package tokenize

// trie finds the longest token at the start of a text. The first two bytes lead to a node by a dense table, every other byte by one search of a hash table of
// edges, which is quick to build.
type trie struct {
	two    []uint32 // by two bytes: node, 0 = none
	edges  []uint64 // parent 25 bits | byte 8 | child 25 | the child is a token 1; 0 = free
	shift  uint
	filter *[1 << 15]uint64 // a bit for each edge: ends most searches for what is not there
	token  []uint32         // by node: token, none if it is none
	prefix []uint32         // by token: its longest proper prefix that is a token, none if there is none
	length []uint16         // by token: its bytes
}

const edgeKey = 26 // where an edge's parent and byte begin

// newTrie makes the trie of words; the first 256 are the bytes, and none stands there twice. Those that are marked in out stay out of it.
func newTrie(words [][]byte, out []bool) trie {
	t := trie{two: make([]uint32, 1<<16), token: make([]uint32, 1, 2*len(words)+1), prefix: make([]uint32, len(words)), filter: new([1 << 15]uint64), length: make([]uint16, len(words))}
	t.token[0] = none
	t.resize(1 << 10)
	for i, w := range words {
		t.length[i] = uint16(len(w))
		if len(w) < 2 || out != nil && out[i] {
			continue
		}
		node := &t.two[int(w[0])<<8|int(w[1])]
		if *node == 0 {
			*node = t.node()
		}
		at := *node
		last := (*uint64)(nil)
		for _, c := range w[2:] {
			last = t.edge(at, c)
			if *last == 0 {
				h := edgeHash(uint64(at)<<8 | uint64(c))
				t.filter[h>>49] |= 1 << (h >> 43 & 63)
				child := t.node()
				*last = uint64(at)<<34 | uint64(c)<<26 | uint64(child)<<1
				if 2*len(t.token) > len(t.edges) {
					t.resize(4 * len(t.edges))
					last = t.edge(at, c)
				}
			}
			at = uint32(*last >> 1 & (1<<25 - 1))
		}
		if last != nil {
			*last |= 1
		}
		t.token[at] = uint32(i)
	}
	for i, w := range words {
		t.prefix[i] = none
		if len(w) > 1 {
			t.prefix[i] = t.longest(w[:len(w)-1])
		}
	}
	return t
}

// node makes a node.
func (t *trie) node() uint32 {
	t.token = append(t.token, none)
	return uint32(len(t.token) - 1)
}

func (t *trie) resize(n int) {
	old := t.edges
	t.edges = hugePages(make([]uint64, n))
	t.shift = 64
	for n > 1 {
		n /= 2
		t.shift--
	}
	for _, e := range old {
		if e != 0 {
			*t.edge(uint32(e>>34), uint8(e>>26)) = e
		}
	}
}

func edgeHash(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 }

// edge is where the edge stands, or a free place for it.
func (t *trie) edge(node uint32, c byte) *uint64 {
	key := uint64(node)<<8 | uint64(c)
	m := uint64(len(t.edges) - 1)
	for i := edgeHash(key) >> t.shift; ; i++ {
		if e := &t.edges[i&m]; *e == 0 || *e>>edgeKey == key {
			return e
		}
	}
}

// longest is the longest token that starts text, none if there is none.
func (t *trie) longest(text []byte) uint32 {
	best := uint32(text[0])
	if len(text) < 2 {
		return best
	}
	node := t.two[int(text[0])<<8|int(text[1])]
	if node == 0 {
		return best
	}
	at := uint32(0) // node of the longest token so far
	if t.token[node] != none {
		at = node
	}
	edges, filter := t.edges, t.filter
	m := uint64(len(edges) - 1)
	shift := t.shift & 63
search:
	for _, c := range text[2:] {
		key := uint64(node)<<8 | uint64(c)
		h := edgeHash(key)
		if filter[h>>49]>>(h>>43&63)&1 == 0 {
			break
		}
		for i := h >> shift; ; i++ {
			e := edges[i&m]
			if e>>edgeKey == key {
				node = uint32(e >> 1 & (1<<25 - 1))
				if e&1 != 0 {
					at = node
				}
				break
			}
			if e == 0 {
				break search
			}
		}
	}
	if at != 0 {
		return t.token[at]
	}
	return best
}
