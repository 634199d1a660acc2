package decon

import (
	"slices"
)

// Index holds the items of evaluation sets. It never changes; any number of Finders may use it.
type Index struct {
	opt   Options
	sets  []setInfo
	files []string
	items []item
	parts []span // of words: answers, one behind the other

	words  []uint32  // the low halves of the identities of the words of all parts
	weight []float32 // of a word, or of the run of N that begins with it
	heads  []uint32  // of each item, the first of the words in which its runs stand; ascending
	texts  []byte    // of the items, for people

	slots  []slot // open addressing by the identity of a run
	shift  uint
	filter []uint64 // two bits a run
	posts  []uint32 // positions in words; the last of a run's has postLast
}

// setInfo is a set and what became of its records.
type setInfo struct {
	name                          string
	records, items, short, double int
}

// item is a question with what belongs to it. Of the ngram method, question is all parts in a row.
type item struct {
	question, passage       span // of words
	answers                 span // of parts
	questionText, otherText span // of texts: the question, then passage and answers
	set, file, line         uint32
}

type span struct{ from, to uint32 }

func (s span) len() int { return int(s.to - s.from) }

type slot struct {
	tag uint32
	at  uint32 // of posts, from 1; 0 = empty
}

const postLast = 1 << 31

// SetStats tells what became of the records of a set.
type SetStats struct {
	Name    string
	Records int // in its files
	Items   int // looked for
	Short   int // too short to be known by
	Double  int // the same as an item before
}

// Stats lists the sets.
func (ix *Index) Stats() []SetStats {
	var list []SetStats
	for _, s := range ix.sets {
		list = append(list, SetStats{s.name, s.records, s.items, s.short, s.double})
	}
	return list
}

// Size is the memory that the index takes, in bytes.
func (ix *Index) Size() int64 {
	return int64(len(ix.items))*64 + int64(len(ix.parts)+len(ix.slots)+len(ix.filter))*8 + int64(len(ix.words)+len(ix.weight)+len(ix.heads)+len(ix.posts))*4 + int64(len(ix.texts))
}

// roller gives the identity of each run of n words, from those of its words.
type roller struct {
	n        int
	sum, out uint64 // out = mul2 to the power n
}

func newRoller(n int) roller {
	r := roller{n: n, out: 1}
	for range n {
		r.out *= mul2
	}
	return r
}

// next takes a word in and the one n words before it out.
func (r *roller) next(in, out uint64) uint64 {
	r.sum = r.sum*mul2 + in - out*r.out
	return mixRun(r.sum)
}

func mixRun(x uint64) uint64 { return (x ^ x>>32) * mul0 }

// owner is the item at a position of words.
func (ix *Index) owner(at uint32) uint32 {
	i, found := slices.BinarySearch(ix.heads, at)
	if !found {
		i--
	}
	return uint32(i)
}

// filterWord is where the bits of a run are: a word of the filter serves eight slots.
func (ix *Index) filterWord(h uint64) uint64 { return h >> (ix.shift + 3) }

func filterBits(h uint64) uint64 { return 1<<(h&63) | 1<<(h>>6&63) }
