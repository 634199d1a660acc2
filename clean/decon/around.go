package decon

import "math/bits"

// nearby is a set of runs of three words of a text, with where they are; it need not be emptied between uses.
type nearby struct {
	key   []uint64
	at    []uint32
	stamp []uint32
	now   uint32
	shift uint
}

func (t *nearby) reset(n int) {
	size := 1 << bits.Len(uint(2*n+1))
	if len(t.key) < size {
		t.key, t.at, t.stamp, t.now = make([]uint64, size), make([]uint32, size), make([]uint32, size), 0
	}
	t.shift = uint(64 - bits.Len(uint(size-1)))
	if t.now++; t.now == 0 {
		clear(t.stamp)
		t.now = 1
	}
}

// slot finds a key, or the place where it belongs.
func (t *nearby) slot(key uint64) (at uint64, found bool) {
	mask := uint64(1)<<(64-t.shift) - 1
	for s := key * mul1 >> t.shift; ; s = (s + 1) & mask {
		if t.stamp[s] != t.now {
			return s, false
		}
		if t.key[s] == key {
			return s, true
		}
	}
}

// three is the number of words of an answer that must stand in a row to be met.
const three = 3

func threeOf(a, b, c uint32) uint64 {
	return (uint64(a)*mul0+uint64(b))*mul1 + uint64(c)
}

// around looks for an answer or a passage near the words [left, right) of the text. It returns which share is there, and its first and
// last word in the text.
func (f *Finder) around(part span, left, right int) (share float64, from, to int) {
	hash, words := f.list.hash, f.ix.words[part.from:part.to]
	window := f.ix.opt.Window
	if len(words) > shortLimit {
		window = max(window, 2*len(words))
	}
	before, after := max(0, left-window), min(len(hash), right+window)
	if len(words) <= shortLimit {
		for _, side := range [2][2]int{{right, after}, {before, left}} {
			if at := exactly(hash, words, side[0], side[1]); at >= 0 {
				return 1, at, at + len(words)
			}
		}
		return 0, 0, 0
	}
	t := &f.near
	t.reset(after - before)
	for _, side := range [2][2]int{{right, after}, {before, left}} {
		for i := side[0]; i+three <= side[1]; i++ {
			s, found := t.slot(threeOf(uint32(hash[i]), uint32(hash[i+1]), uint32(hash[i+2])))
			if !found {
				t.key[s], t.at[s], t.stamp[s] = threeOf(uint32(hash[i]), uint32(hash[i+1]), uint32(hash[i+2])), uint32(i), t.now
			}
		}
	}
	return f.share(part, words)
}

// share tells how much of a part is in runs of three words that stand in the window.
func (f *Finder) share(part span, words []uint32) (share float64, from, to int) {
	weight := f.ix.weight[part.from:part.to]
	sum, have, until := 0.0, 0.0, 0
	from = -1
	for k, w := range weight {
		sum += float64(w)
		if k+three <= len(words) {
			if s, found := f.near.slot(threeOf(words[k], words[k+1], words[k+2])); found {
				at := int(f.near.at[s])
				if from < 0 || at < from {
					from = at
				}
				to = max(to, at+three)
				until = k + three
			}
		}
		if k < until {
			have += float64(w)
		}
	}
	if sum == 0 || from < 0 {
		return 0, 0, 0
	}
	return have / sum, from, to
}

// exactly finds words in a row among words [from, to) of the text; -1 if they are not there.
func exactly(hash []uint64, words []uint32, from, to int) int {
	for i := from; i+len(words) <= to; i++ {
		k := 0
		for k < len(words) && uint32(hash[i+k]) == words[k] {
			k++
		}
		if k == len(words) {
			return i
		}
	}
	return -1
}
