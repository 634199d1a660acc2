package clean

import (
	"errors"
	"slices"
)

// matcher finds many literals in one pass (Aho and Corasick 1975) by a full table of states and byte classes: one load a byte.
// It is read-only once built, so workers may share it.
type matcher struct {
	class [256]uint8
	width uint32   // classes, a power of two
	next  []uint32 // row + class → the next row, with hit if a literal ends there
	ends  []int32  // by row/width: the longest literal that ends there, -1 if none
	more  []uint32 // by row/width: the row of the longest shorter suffix at which a literal ends, 0 if none
	sizes []int32  // of literals, in bytes
}

const (
	hit          = 1 << 31
	maxMatchRows = 1 << 26 // cells of the table: 256 MB
)

// newMatcher builds a matcher of literals, by their indices; empty ones match nothing, of equal ones the last counts. With fold,
// ASCII capitals count as small letters in the text; literals must be small then.
func newMatcher(literals []string, fold bool) (*matcher, error) {
	m := &matcher{}
	total, classes := 1, 1
	for _, l := range literals {
		total += len(l)
		for i := range len(l) {
			if m.class[l[i]] == 0 {
				if classes == 256 {
					return nil, errors.New("literals of more than 255 different bytes")
				}
				m.class[l[i]] = uint8(classes)
				classes++
			}
		}
	}
	if fold {
		for c := 'a'; c <= 'z'; c++ {
			m.class[c-0x20] = m.class[c]
		}
	}
	for m.width = 1; int(m.width) < classes; m.width <<= 1 {
	}
	if total > maxMatchRows/int(m.width) {
		return nil, errors.New("too many literals")
	}
	m.next = make([]uint32, m.width, total*int(m.width))
	m.ends = append(make([]int32, 0, total), -1)
	m.sizes = make([]int32, len(literals))
	for k, l := range literals {
		m.sizes[k] = int32(len(l))
		if l != "" {
			m.add(l, int32(k))
		}
	}
	m.link()
	return m, nil
}

// add enters a literal into the trie.
func (m *matcher) add(l string, k int32) {
	row := uint32(0)
	for i := range len(l) {
		at := row + uint32(m.class[l[i]])
		if m.next[at] == 0 {
			m.next[at] = uint32(len(m.next))
			m.next = append(m.next, make([]uint32, m.width)...)
			m.ends = append(m.ends, -1)
		}
		row = m.next[at]
	}
	m.ends[row/m.width] = k
}

// link turns the trie into an automaton, breadth first: what a row does not know, its longest proper suffix knows.
func (m *matcher) link() {
	m.more = make([]uint32, len(m.ends))
	fail := make([]uint32, len(m.ends))
	queue := slices.DeleteFunc(slices.Clone(m.next[:m.width]), func(r uint32) bool { return r == 0 })
	for i := 0; i < len(queue); i++ {
		row := queue[i]
		f := fail[row/m.width]
		if m.ends[f/m.width] >= 0 {
			m.more[row/m.width] = f
		} else {
			m.more[row/m.width] = m.more[f/m.width]
		}
		for c := range m.width {
			to := &m.next[row+c]
			if *to == 0 {
				*to = m.next[f+c]
				continue
			}
			fail[*to/m.width] = m.next[f+c]
			queue = append(queue, *to)
		}
	}
	for i, to := range m.next {
		if s := to / m.width; m.ends[s] >= 0 || m.more[s] != 0 {
			m.next[i] |= hit
		}
	}
}

// find goes on from state at text[i] to the next place where a literal ends, and tells the offset behind it and the state there; the
// offset is 0 if no more end. The state of a new text is 0.
func (m *matcher) find(text []byte, i int, state uint32) (end int, at uint32) {
	next := m.next
	for ; i < len(text); i++ {
		state = next[state&^hit+uint32(m.class[text[i]])]
		if state&hit != 0 {
			return i + 1, state
		}
	}
	return 0, state
}

// longest is the longest literal that ends in the state, and the state for asking for the next shorter one; -1 if there is none.
func (m *matcher) longest(state uint32) (literal int, rest uint32) {
	s := state &^ hit / m.width
	if m.ends[s] >= 0 {
		return int(m.ends[s]), m.more[s]
	}
	if r := m.more[s]; r != 0 {
		return int(m.ends[r/m.width]), m.more[r/m.width]
	}
	return -1, 0
}

// rest is longest for what longest or rest gave: 0 means that there are no more.
func (m *matcher) rest(row uint32) (literal int, rest uint32) {
	if row == 0 {
		return -1, 0
	}
	return int(m.ends[row/m.width]), m.more[row/m.width]
}
