package fasttext

import (
	"fmt"
	"math"
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
}

type slot struct {
	hash uint32
	id   int32 // of the entry, plus 1; 0 is free
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
		h := hashOf(d.name(id))
		d.slots[d.place(h, d.name(id))] = slot{h, int32(id) + 1}
	}
}

// place finds the slot of a name, or the free one where it belongs.
func (d *dictionary) place(h uint32, name []byte) int {
	mask := len(d.slots) - 1
	for i := int(h) & mask; ; i = (i + 1) & mask {
		s := d.slots[i]
		if s.id == 0 || s.hash == h && string(d.name(int(s.id)-1)) == string(name) {
			return i
		}
	}
}

// find gives the entry of a name, or -1.
func (d *dictionary) find(h uint32, name []byte) int { return int(d.slots[d.place(h, name)].id) - 1 }

// pruned maps the buckets that a cut-down model has kept to their rows. It is nil in a model that kept all.
type pruned struct {
	n          int
	keys, rows []int32 // open addressing, a power of 2; a row of -1 is free
	shift      uint
}

func newPruned(n int) *pruned {
	bits := uint(4)
	for 1<<bits < 2*n {
		bits++
	}
	p := &pruned{keys: make([]int32, 1<<bits), rows: make([]int32, 1<<bits), shift: 32 - bits}
	for i := range p.rows {
		p.rows[i] = -1
	}
	return p
}

func (p *pruned) place(key int32) int {
	mask := len(p.keys) - 1
	for i := int(uint32(key) * 2654435769 >> p.shift); ; i = (i + 1) & mask {
		if p.rows[i&mask] < 0 || p.keys[i&mask] == key {
			return i & mask
		}
	}
}

func (p *pruned) set(key, row int32) {
	i := p.place(key)
	p.keys[i], p.rows[i] = key, row
}

// row gives the row of a bucket, or -1.
func (p *pruned) row(key int32) int32 { return p.rows[p.place(key)] }

// features turns texts into rows of the input matrix.
type features struct {
	dict       *dictionary
	bucket     uint32
	magic      uint64 // of the division by bucket
	minn, maxn int    // lengths of subwords in code points; maxn 0 = none
	ngrams     int    // of words
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
