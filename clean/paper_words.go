package clean

import (
	"bytes"

	"github.com/cespare/xxhash/v2"
)

// wordCounts counts the words of a text, which white space separates. Its memory is reused.
type wordCounts struct {
	words []paperWord // the distinct words, in order of appearance
	slots []int32     // open addressing; index into words plus one
	text  []byte
	total int
}

type paperWord struct {
	hash     uint64
	from, to int32
	count    int32
}

func (s *wordCounts) reset(text []byte) {
	s.text, s.total = text, 0
	s.words = s.words[:0]
	s.slots = cleared(s.slots, 1<<12)
}

// add counts the words of text[from:to] and gives their number. The bars between cells and the strokes before items, which extraction
// writes, are no words.
func (s *wordCounts) add(from, to int) (n int) {
	for i := from; i < to; {
		space, size := spaceAt(s.text, i)
		if space {
			i += size
			continue
		}
		begin := i
		for i < to {
			if space, size = spaceAt(s.text, i); space {
				break
			}
			i += size
		}
		if i-begin == 1 && (s.text[begin] == '|' || s.text[begin] == '-') {
			continue
		}
		s.addWord(begin, i)
		n++
	}
	s.total += n
	return n
}

// top gives the two most frequent words; of several the first in the text.
func (s *wordCounts) top() (first, second paperWord) {
	for _, w := range s.words {
		if w.count > first.count {
			first, second = w, first
		} else if w.count > second.count {
			second = w
		}
	}
	return first, second
}

func (s *wordCounts) bytes(w paperWord) []byte { return s.text[w.from:w.to] }

// cleared gives n free slots, the old memory if it reaches, so that one long text does not make every later one costly.
func cleared(slots []int32, n int) []int32 {
	if cap(slots) < n {
		return make([]int32, n)
	}
	slots = slots[:n]
	clear(slots)
	return slots
}

func (s *wordCounts) addWord(from, to int) {
	if 2*len(s.words) >= len(s.slots) {
		s.slots = cleared(s.slots, 2*len(s.slots))
		for i, w := range s.words {
			at := s.find(w.hash, s.bytes(w))
			s.slots[at] = int32(i + 1)
		}
	}
	word := s.text[from:to]
	h := xxhash.Sum64(word)
	at := s.find(h, word)
	if k := s.slots[at]; k > 0 {
		s.words[k-1].count++
		return
	}
	s.words = append(s.words, paperWord{h, int32(from), int32(to), 1})
	s.slots[at] = int32(len(s.words))
}

// find is the slot of a word, or the free one where it belongs.
func (s *wordCounts) find(h uint64, word []byte) int {
	mask := len(s.slots) - 1
	for at := int(h) & mask; ; at = (at + 1) & mask {
		k := s.slots[at]
		if k == 0 {
			return at
		}
		if w := &s.words[k-1]; w.hash == h && bytes.Equal(s.bytes(*w), word) {
			return at
		}
	}
}

// isPlainWord is the peer's [A-Za-z][a-z]+ on the whole word; with capitals, [A-Za-z][A-Za-z]+.
func isPlainWord(w []byte, capitals bool) bool {
	if len(w) < 2 || (w[0]|0x20)-'a' >= 26 {
		return false
	}
	for _, c := range w[1:] {
		if c-'a' >= 26 && !(capitals && c-'A' < 26) {
			return false
		}
	}
	return true
}
