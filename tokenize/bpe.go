package tokenize

// merger turns pieces into ids of a bpe; it holds the scratch of one goroutine. Its results are valid until the next call.
//
// Three ways lead to the same ids: flat (short pieces), backtrack (long pieces, linear in their length, where the vocabulary allows
// it) and heap (long pieces otherwise, n log n).
type merger struct {
	b       *bpe
	dead    []uint64 // backtrack: positions that lead nowhere, a bit each
	out     []uint32
	symbols []uint32
	ranks   []uint32
	prev    []int32
	next    []int32
	queue   []uint64
}

const (
	flatMax = 32  // up to here a flat scan beats backtracking, which waits for memory more often
	heapMin = 128 // from here on a heap beats a flat scan
)

// piece gives the ids of a piece that is not empty.
func (m *merger) piece(t []byte) []uint32 {
	switch {
	case len(t) <= flatMax:
		return m.flat(t)
	case m.b.ordered || m.b.disorder != nil && !m.b.disorder.in(t):
		return m.backtrack(t)
	case len(t) < heapMin:
		return m.flat(t)
	}
	return m.heap(t)
}

// apart reports whether BPE leaves a and b as they are when only the two stand side by side: it undoes their last merges from the latest
// one back, and looks whether a merge across the border would have come before it.
func (b *bpe) apart(x, y uint32) bool {
	limit := none
	for {
		if t := b.pairs.get(x, y); t < limit { // none is never below
			return false
		}
		if x > y {
			if x < 256 {
				return true
			}
			limit = x
			x = b.right[x]
		} else { // of two equal ones the right one was merged later
			if y < 256 {
				return true
			}
			limit = y + 1
			y = b.left[y]
		}
	}
}

// backtrack takes the longest token at each place, and a shorter one where its neighbor would have merged otherwise. No place is tried
// twice, so it is linear; what it finds is the only sequence whose neighbors all stand apart, which is what BPE gives.
func (m *merger) backtrack(t []byte) []uint32 {
	b := m.b
	out := m.out[:0]
	if n := len(t)>>6 + 1; cap(m.dead) < n {
		m.dead = make([]uint64, n)
	} else {
		clear(m.dead[:n])
	}
	dead := m.dead[:len(t)>>6+1]
	pos := 0
	token := b.trie.longest(t)
	for {
		found := false
		for ; token != none; token = b.trie.prefix[token] {
			end := pos + int(b.trie.length[token])
			if dead[end>>6]>>(end&63)&1 == 0 && (len(out) == 0 || b.apart(out[len(out)-1], token)) {
				out = append(out, token)
				pos = end
				found = true
				break
			}
		}
		if found {
			if pos == len(t) {
				break
			}
			token = b.trie.longest(t[pos:])
			continue
		}
		dead[pos>>6] |= 1 << (pos & 63)
		token = out[len(out)-1]
		out = out[:len(out)-1]
		pos -= int(b.trie.length[token])
		token = b.trie.prefix[token]
	}
	m.out = out
	return out
}

// flat merges the pair of the lowest rank, the first of equals, until none is left: the definition, for short pieces.
func (m *merger) flat(t []byte) []uint32 {
	b := m.b
	n := len(t)
	if cap(m.symbols) < n {
		m.symbols = make([]uint32, 2*n+64)
		m.ranks = make([]uint32, 2*n+64)
	}
	symbols, ranks := m.symbols[:n], m.ranks[:n]
	for i, c := range t {
		symbols[i] = uint32(c)
		if i+1 < n {
			ranks[i] = b.pairs.bytes[int(c)<<8|int(t[i+1])]
		}
	}
	ranks[n-1] = none
	for n > 1 {
		best, at := none, 0
		for i, r := range ranks[:n-1] {
			if r < best {
				best, at = r, i
			}
		}
		if best == none {
			break
		}
		copy(symbols[at+1:n-1], symbols[at+2:n])
		copy(ranks[at:n-1], ranks[at+1:n])
		n--
		symbols[at] = best
		ranks[at] = none
		if at+1 < n {
			ranks[at] = b.pairs.get(best, symbols[at+1])
		}
		if at > 0 {
			ranks[at-1] = b.pairs.get(symbols[at-1], best)
		}
	}
	return symbols[:n]
}

// heap is flat with a linked list and a queue of pairs, each rank<<32 | place, for long pieces.
func (m *merger) heap(t []byte) []uint32 {
	b := m.b
	n := len(t)
	if cap(m.prev) < n || cap(m.symbols) < n {
		m.symbols, m.ranks = make([]uint32, n), make([]uint32, n)
		m.prev, m.next = make([]int32, n), make([]int32, n)
	}
	symbols, prev, next := m.symbols[:n], m.prev[:n], m.next[:n]
	m.queue = m.queue[:0]
	for i, c := range t {
		symbols[i], prev[i], next[i] = uint32(c), int32(i-1), int32(i+1)
		if i+1 < n {
			if r := b.pairs.bytes[int(c)<<8|int(t[i+1])]; r != none {
				m.push(uint64(r)<<32 | uint64(i))
			}
		}
	}
	for len(m.queue) > 0 {
		x := m.pop()
		i, token := int32(uint32(x)), uint32(x>>32)
		j := next[i]
		if symbols[i] == none || int(j) >= n || b.pairs.get(symbols[i], symbols[j]) != token {
			continue // merged away since it was queued
		}
		symbols[i], symbols[j] = token, none
		k := next[j]
		next[i] = k
		if int(k) < n {
			prev[k] = i
			if r := b.pairs.get(token, symbols[k]); r != none {
				m.push(uint64(r)<<32 | uint64(i))
			}
		}
		if p := prev[i]; p >= 0 {
			if r := b.pairs.get(symbols[p], token); r != none {
				m.push(uint64(r)<<32 | uint64(p))
			}
		}
	}
	out := m.out[:0]
	for i := int32(0); int(i) < n; i = next[i] {
		out = append(out, symbols[i])
	}
	m.out = out
	return out
}

func (m *merger) push(x uint64) {
	q := append(m.queue, x)
	i := len(q) - 1
	for i > 0 && q[(i-1)/2] > x {
		q[i] = q[(i-1)/2]
		i = (i - 1) / 2
	}
	q[i] = x
	m.queue = q
}

func (m *merger) pop() uint64 {
	q := m.queue
	top, x := q[0], q[len(q)-1]
	q = q[:len(q)-1]
	i := 0
	for {
		c := 2*i + 1
		if c >= len(q) {
			break
		}
		if c+1 < len(q) && q[c+1] < q[c] {
			c++
		}
		if q[c] >= x {
			break
		}
		q[i] = q[c]
		i = c
	}
	if len(q) > 0 {
		q[i] = x
	}
	m.queue = q
	return top
}
