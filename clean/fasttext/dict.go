package fasttext

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// eos is the word that ends every line.
const eos = "</s>"

const (
	fnvStart = 2166136261
	fnvPrime = 16777619
)

// hashByte extends a hash by a byte, which counts as signed: fastText's first models were trained so.
func hashByte(h uint32, c byte) uint32 { return (h ^ uint32(int32(int8(c)))) * fnvPrime }

func hashOf(word []byte) uint32 {
	h := uint32(fnvStart)
	for _, c := range word {
		h = hashByte(h, c)
	}
	return h
}

// isSpace tells the bytes that part words.
var isSpace = [256]bool{' ': true, '\n': true, '\r': true, '\t': true, '\v': true, '\f': true, 0: true}

// dictionary knows words and labels. Words come first: entries below words are rows of the input matrix.
type dictionary struct {
	words, labels int
	tokens        int64
	names         []byte // all names on end
	ends          []int  // where a name ends
	counts        []int64
	isLabel       []bool
	slots         []slot // open addressing, a power of 2
	pruned        *pruned
	kept          int64 // buckets
}

// slot says where a name stands among all, so that it can be compared without looking further.
type slot struct {
	hash    uint32
	id      int32 // of the entry, plus 1; 0 is free
	from, n uint32
}

func (d *dictionary) name(id int) []byte {
	from := 0
	if id > 0 {
		from = d.ends[id-1]
	}
	return d.names[from:d.ends[id]]
}

// index builds the table of names. Of two equal ones the later counts, as in fastText.
func (d *dictionary) index() {
	size := 16
	for size < 2*len(d.ends) {
		size *= 2
	}
	d.slots = make([]slot, size)
	for id := range d.ends {
		name := d.name(id)
		h := hashOf(name)
		d.slots[d.place(h, name)] = slot{h, int32(id) + 1, uint32(d.ends[id] - len(name)), uint32(len(name))}
	}
}

// place finds the slot of a name, or the free one where it belongs.
func (d *dictionary) place(h uint32, name []byte) int {
	mask := len(d.slots) - 1
	for i := int(h) & mask; ; i = (i + 1) & mask {
		s := &d.slots[i]
		if s.id == 0 || s.hash == h && int(s.n) == len(name) && string(d.names[s.from:s.from+s.n]) == string(name) {
			return i
		}
	}
}

// find gives the entry of a name, or -1.
func (d *dictionary) find(h uint32, name []byte) int { return int(d.slots[d.place(h, name)].id) - 1 }

// pruned maps the buckets that a cut-down model has kept to their rows. It is nil in a model that kept all.
type pruned struct {
	groups []group
	rows   []int32 // of the kept buckets in order, and one more
}

// group tells which of 64 buckets are kept, and how many before them.
type group struct {
	kept   uint64
	before int32
}

// maxPruned is how many buckets a model may have of which only some are kept: each 64 take 16 bytes.
const maxPruned = 1 << 28

// newPruned takes pairs of a bucket and its row; of two for the same bucket the later counts.
func newPruned(buckets int, pairs []keptBucket) *pruned {
	slices.SortStableFunc(pairs, func(a, b keptBucket) int { return cmp.Compare(a.bucket, b.bucket) })
	p := &pruned{groups: make([]group, (buckets+63)/64)}
	for i, pair := range pairs {
		if i+1 < len(pairs) && pairs[i+1].bucket == pair.bucket {
			continue
		}
		p.groups[pair.bucket/64].kept |= 1 << (pair.bucket % 64)
		p.rows = append(p.rows, pair.row)
	}
	before := int32(0)
	for i := range p.groups {
		p.groups[i].before = before
		before += int32(bits.OnesCount64(p.groups[i].kept))
	}
	p.rows = append(p.rows, 0)
	return p
}

type keptBucket struct{ bucket, row int32 }

// row gives the row of a bucket, and 1 if it is kept, 0 if not.
func (p *pruned) row(bucket int32) (row int32, kept int) {
	g := &p.groups[uint32(bucket)/64]
	at := uint32(bucket) % 64
	i := int(g.before) + bits.OnesCount64(g.kept&(1<<at-1))
	return p.rows[i], int(g.kept >> at & 1)
}

// each calls f for every kept bucket.
func (p *pruned) each(f func(bucket, row int32)) {
	if p == nil {
		return
	}
	i := 0
	for g := range p.groups {
		for kept := p.groups[g].kept; kept != 0; kept &= kept - 1 {
			f(int32(g*64+bits.TrailingZeros64(kept)), p.rows[i])
			i++
		}
	}
}

// features turns texts into rows of the input matrix.
type features struct {
	dict       *dictionary
	bucket     uint32
	magic      uint64 // of the division by bucket
	minn, maxn int    // lengths of subwords in code points; maxn 0 = none
	ngrams     int    // of words
	lists      []int32
	starts     []uint32 // where the rows of the commonest words begin among lists; an empty list is not held
}

// maxLists is how many rows of words are held: 16 MiB of them.
const maxLists = 1 << 22

// hold finds the rows of the commonest words, each by itself and with its subwords.
func (f *features) hold() {
	if f.maxn < f.minn {
		return
	}
	r := newReader(f)
	f.starts = make([]uint32, 1, f.dict.words+1)
	for id := range f.dict.words {
		if len(f.lists) > maxLists {
			break
		}
		r.rows = r.rows[:0]
		name := f.dict.name(id)
		if r.begin(nil); len(name) <= maxHeld {
			r.add(name, hashOf(name))
			r.subwords()
		}
		if len(r.rows) <= maxHeld && !r.last {
			f.lists = append(f.lists, r.rows...)
		}
		f.starts = append(f.starts, uint32(len(f.lists)))
	}
}

// maxHeld is how many letters and rows a word has at most whose rows are held.
const maxHeld = 64

// held gives the rows of a word, or none.
func (f *features) held(id int) []int32 {
	if id+1 >= len(f.starts) {
		return nil
	}
	return f.lists[f.starts[id]:f.starts[id+1]]
}

// limits of what a model may ask for: far above what anyone trains, so that the time for a byte of text is bounded.
const (
	maxSubword = 64
	maxNgrams  = 64
)

func newFeatures(d *dictionary, bucket, minn, maxn, ngrams int) (features, error) {
	switch {
	case minn < 0 || maxn < 0 || maxn > maxSubword || minn > math.MaxInt32:
		return features{}, fmt.Errorf("subwords of %d to %d letters, want 0 to %d", minn, maxn, maxSubword)
	case ngrams < 0 || ngrams > maxNgrams:
		return features{}, fmt.Errorf("n-grams of %d words, want 0 to %d", ngrams, maxNgrams)
	case bucket < 0 || bucket > math.MaxInt32:
		return features{}, fmt.Errorf("%d buckets, want 0 to %d", bucket, math.MaxInt32)
	case bucket == 0 && (maxn > 0 && maxn >= minn || ngrams > 1):
		return features{}, fmt.Errorf("no buckets, but subwords of up to %d letters and n-grams of %d words", maxn, ngrams)
	}
	f := features{dict: d, bucket: uint32(bucket), minn: max(minn, 1), maxn: maxn, ngrams: ngrams}
	if bucket > 0 {
		f.magic = math.MaxUint64/uint64(bucket) + 1
	}
	return f, nil
}
