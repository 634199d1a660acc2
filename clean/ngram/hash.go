package ngram

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// hashWord is MurmurHash64A with seed 0, by which KenLM's vocabularies know a word.
func hashWord(b []byte) uint64 {
	const m = 0xc6a4a7935bd1e995
	h := uint64(len(b)) * m
	for len(b) >= 8 {
		k := binary.LittleEndian.Uint64(b) * m
		k ^= k >> 47
		h = (h ^ k*m) * m
		b = b[8:]
	}
	if len(b) > 0 {
		k := uint64(0)
		for i, c := range b {
			k |= uint64(c) << (8 * i)
		}
		h = (h ^ k) * m
	}
	h ^= h >> 47
	h *= m
	return h ^ h>>47
}

// chain adds a word, one further to the left, to the hash of an n-gram; the hash of one word is its number. (KenLM,
// lm/search_hashed.hh.)
func chain(node uint64, word uint32) uint64 {
	return node*8978948897894561157 ^ (1+uint64(word))*17894857484156487943
}

// The sign of a probability in the tables, which is never positive, tells that no longer n-gram ends in this one.
const signBit = 1 << 31

// negativeZero, as the bits of a backoff, tells that no longer n-gram begins with this one: a state need not remember it.
const negativeZero = signBit

func getFloat(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }

func putFloat(b []byte, f float32) { binary.LittleEndian.PutUint32(b, math.Float32bits(f)) }

func hasExtension(backoff float32) bool { return math.Float32bits(backoff) != negativeZero }

// Sizes of the entries of the tables in bytes.
const (
	wordEntry    = 12 // hash, number
	unigramEntry = 8  // probability, backoff
	middleEntry  = 16 // hash, probability, backoff
	longestEntry = 12 // hash, probability
)

// table is a hash table with linear probing; the key 0 marks a free entry.
type table struct {
	data    []byte
	buckets uint64
	entry   uint64 // bytes
	used    uint64 // while it is filled
	inverse uint64 // 2^64 / buckets, rounded down
}

// bucketsFor is how many entries KenLM gives a table of n keys, in its own arithmetic.
func bucketsFor(n uint64, multiplier float32) uint64 { return max(n+1, uint64(multiplier*float32(n))) }

func newTable(data []byte, buckets, entry uint64) table {
	return table{data: data, buckets: buckets, entry: entry, inverse: math.MaxUint64 / buckets}
}

// ideal is key modulo the buckets, without a division: the quotient by the inverse is at most one short.
func (t *table) ideal(key uint64) uint64 {
	q, _ := bits.Mul64(key, t.inverse)
	r := key - q*t.buckets
	if r >= t.buckets {
		r -= t.buckets
	}
	return r
}

// find gives the place of what follows the key, or -1.
func (t *table) find(key uint64) int {
	for i := t.ideal(key); ; {
		at := i * t.entry
		switch binary.LittleEndian.Uint64(t.data[at:]) {
		case key:
			return int(at) + 8
		case 0:
			return -1
		}
		if i++; i == t.buckets {
			i = 0
		}
	}
}

// insert takes a free entry for key. The caller sees to it that one more than needed is free.
func (t *table) insert(key uint64) int {
	for i := t.ideal(key); ; {
		at := i * t.entry
		if binary.LittleEndian.Uint64(t.data[at:]) == 0 {
			binary.LittleEndian.PutUint64(t.data[at:], key)
			return int(at) + 8
		}
		if i++; i == t.buckets {
			i = 0
		}
	}
}
