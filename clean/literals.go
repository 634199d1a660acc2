package clean

import (
	"encoding/binary"
	"errors"
)

// matcher finds many literals in one pass. Places where none can begin, nearly all, are passed over by a table of what three bytes
// may begin one; from the others a trie is walked, never further than the longest literal. (An automaton after Aho and Corasick was slower
// here: each of its steps waits for the one before.) It is read-only once built, so workers may share it.
type matcher struct {
	begins [1 << beginBits]uint8 // by hash of three bytes: whether a literal may begin with them
	class  [256]uint8            // of a byte in the trie; 0 = in no literal
	width  uint32                // classes, a power of two
	next   []uint32              // row + class → the next row, 0 if there is none
	ends   []int32               // by row/width: the literal that ends there, -1 if none does
	sizes  []int32               // of literals, in bytes
}

const (
	beginBits    = 14
	maxTrieCells = 1 << 26 // 256 MB
	smallLetters = 0x202020
)

func beginHash(three uint32) uint32 { return (three | smallLetters) * 0x9E3779B1 >> (32 - beginBits) }

// newMatcher builds a matcher of literals, known by their indices; empty ones match nothing, of equal ones the last counts. With fold,
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
	if total > maxTrieCells/int(m.width) {
		return nil, errors.New("too many literals")
	}
	m.next, m.ends = make([]uint32, m.width), []int32{-1}
	m.sizes = make([]int32, len(literals))
	for k, l := range literals {
		m.sizes[k] = int32(len(l))
		if l != "" {
			m.add(l, int32(k))
		}
	}
	return m, nil
}

// add enters a literal into the trie and the table.
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
	switch len(l) {
	case 1:
		for any2 := range uint32(1 << 16) {
			m.begins[beginHash(uint32(l[0])|any2<<8)] = 1
		}
	case 2:
		for any1 := range uint32(1 << 8) {
			m.begins[beginHash(uint32(l[0])|uint32(l[1])<<8|any1<<16)] = 1
		}
	default:
		m.begins[beginHash(uint32(l[0])|uint32(l[1])<<8|uint32(l[2])<<16)] = 1
	}
}

// find is the next place from i on where a literal may begin; -1 if there is none.
func (m *matcher) find(text []byte, i int) int {
	for ; i+4 <= len(text); i++ {
		if m.begins[beginHash(binary.LittleEndian.Uint32(text[i:])&0xFFFFFF)] != 0 {
			return i
		}
	}
	if i < len(text) {
		return i
	}
	return -1
}

// spot is a place in a trie: the literal that ends there, and where in the text that is.
type spot struct {
	literal int
	end     int
	row     uint32
}

// longer is the next longer literal that begins where s does; false if there is none. At a place that find gave, begin with spot{end: place}.
func (m *matcher) longer(text []byte, s *spot) bool {
	for s.end < len(text) {
		s.row = m.next[s.row+uint32(m.class[text[s.end]])]
		if s.row == 0 {
			return false
		}
		s.end++
		if k := m.ends[s.row/m.width]; k >= 0 {
			s.literal = int(k)
			return true
		}
	}
	return false
}

// within tells whether any literal is in the text.
func (m *matcher) within(text []byte) bool {
	for i := m.find(text, 0); i >= 0; i = m.find(text, i+1) {
		if s := (spot{end: i}); m.longer(text, &s) {
			return true
		}
	}
	return false
}
