package fasttext

import (
	"cmp"
	"slices"
)

// vocabulary counts the words and labels of the examples. It holds about 100 bytes a distinct word.
type vocabulary struct {
	dictionary
	most int   // distinct entries above which the rarest words are given up
	rare int64 // words that were seen less often than this were given up
}

func newVocabulary(most int) *vocabulary {
	v := &vocabulary{most: most, rare: 1}
	v.index()
	return v
}

// count notes a word or a label.
func (v *vocabulary) count(name []byte, h uint32, isLabel bool) {
	v.tokens++
	if id := v.slots[v.place(h, name)].id; id > 0 {
		v.counts[id-1]++
		return
	}
	v.add(name, 1, isLabel)
	if len(v.ends) > v.most {
		v.rare++
		v.keep(v.rare, 0)
	}
}

// add enters a name that is new.
func (v *vocabulary) add(name []byte, count int64, isLabel bool) {
	h := hashOf(name)
	v.slots[v.place(h, name)] = slot{h, int32(len(v.ends)) + 1, uint32(len(v.names)), uint32(len(name))}
	v.names = append(v.names, name...)
	v.ends = append(v.ends, len(v.names))
	v.counts = append(v.counts, count)
	v.isLabel = append(v.isLabel, isLabel)
	if isLabel {
		v.labels++
	} else {
		v.words++
	}
	if len(v.ends)*2 > len(v.slots) {
		v.index()
	}
}

// keep drops words and labels that were seen less often, and puts words before labels and the commonest first. Among equally common
// ones the first seen comes first.
func (v *vocabulary) keep(minWord, minLabel int64) {
	var ids []int
	for id, n := range v.counts {
		if v.isLabel[id] && n >= minLabel || !v.isLabel[id] && n >= minWord {
			ids = append(ids, id)
		}
	}
	slices.SortStableFunc(ids, func(a, b int) int {
		if v.isLabel[a] != v.isLabel[b] {
			if v.isLabel[b] {
				return -1
			}
			return 1
		}
		return cmp.Compare(v.counts[b], v.counts[a])
	})
	old := v.dictionary
	v.dictionary = dictionary{tokens: old.tokens, slots: make([]slot, len(old.slots))}
	for _, id := range ids {
		v.add(old.name(id), old.counts[id], old.isLabel[id])
	}
}
