package tokenize

import (
	"bytes"

	"github.com/cespare/xxhash/v2"
)

// wordTable finds words, each once, by their bytes.
type wordTable struct {
	words [][]byte
	slots []uint64 // high half of the hash | position + 1; 0 = free
}

func newWordTable(n int) *wordTable {
	size := 16
	for size < 2*n {
		size *= 2
	}
	return &wordTable{words: make([][]byte, 0, n), slots: make([]uint64, size)}
}

// find is the position of a word; none if it is not there.
func (t *wordTable) find(word []byte) uint32 {
	h := xxhash.Sum64(word)
	m := uint64(len(t.slots) - 1)
	for i := h; ; i++ {
		s := t.slots[i&m]
		if s == 0 {
			return none
		}
		if s>>32 == h>>32 && bytes.Equal(t.words[uint32(s)-1], word) {
			return uint32(s) - 1
		}
	}
}

// add gives a word, which it keeps, the next position; false if it is there already.
func (t *wordTable) add(word []byte) bool {
	if 2*len(t.words) >= len(t.slots) {
		words := t.words
		*t = *newWordTable(2 * len(words))
		for _, w := range words {
			t.add(w)
		}
	}
	h := xxhash.Sum64(word)
	m := uint64(len(t.slots) - 1)
	i := h
	for ; ; i++ {
		s := t.slots[i&m]
		if s == 0 {
			break
		}
		if s>>32 == h>>32 && bytes.Equal(t.words[uint32(s)-1], word) {
			return false
		}
	}
	t.words = append(t.words, word)
	t.slots[i&m] = h>>32<<32 | uint64(len(t.words))
	return true
}
