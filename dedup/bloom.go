package dedup

import (
	"fmt"
	"math/bits"
)

// Filter is a Bloom filter in blocks of 512 bits, one cache line: a key sets 8 or 16 bits of one block, one or two in each of its
// eight words. It is filled and asked by one goroutine at a time. The same keys give the same bits in any order.
//
// A blocked filter needs more bits than a plain one, since some blocks get more keys than others: NewFilter takes this into account,
// so that the asked rate is reached.
type Filter struct {
	words    []uint64 // eight a block
	blocks   uint64
	twice    bool // two bits in each word
	capacity int64
	fp       float64
	added    int64
	options  string // what its keys are of; see Save
}

const (
	blockWords = 8
	slices64   = 64 // blocks come in as many equal slices by the upper bits of keys, so that slices can be filled apart
)

// NewFilter is an empty filter for so many distinct keys, of which a false positive rate of at most fp (above 0, below 1) is reached
// when it is full.
func NewFilter(keys int64, fp float64) (*Filter, error) {
	s, err := filterSize(keys, fp)
	if err != nil {
		return nil, err
	}
	f := &Filter{blocks: s.blocks, twice: s.twice, capacity: keys, fp: fp}
	f.words = make([]uint64, s.blocks*blockWords)
	hugePages(f.words)
	return f, nil
}

// FilterBytes is the memory that a filter takes.
func FilterBytes(keys int64, fp float64) (int64, error) {
	s, err := filterSize(keys, fp)
	return int64(s.blocks) * blockWords * 8, err
}

// Bytes is the memory that the filter takes.
func (f *Filter) Bytes() int64 { return int64(len(f.words)) * 8 }

// Added is how many keys were not seen when they were added.
func (f *Filter) Added() int64 { return f.added }

// Capacity is for how many keys the filter was made.
func (f *Filter) Capacity() int64 { return f.capacity }

// block is the first word of the block of a key: upper bits of keys ascend with it.
func (f *Filter) block(key uint64) uint64 {
	hi, _ := bits.Mul64(key, f.blocks)
	return hi * blockWords
}

// pattern is 64 bits of which each six choose a bit of a word.
func pattern(key, odd uint64) uint64 {
	hi, lo := bits.Mul64(key^0x8EBC6AF09C88C6E3, odd)
	return hi ^ lo
}

const (
	odd1 = 0x9FB21C651E98DF25
	odd2 = 0xA0761D6478BD642F
)

// masks are the bits that a key sets in its block.
func (f *Filter) masks(key uint64) (m [blockWords]uint64) {
	g := pattern(key, odd1)
	for j := range m {
		m[j] = 1 << (g >> (6 * j) & 63)
	}
	if f.twice {
		g = pattern(key, odd2)
		for j := range m {
			m[j] |= 1 << (g >> (6 * j) & 63)
		}
	}
	return m
}

// Add adds a key, which must be a hash: 64 bits as good as random. It reports whether the key was seen before, or looks so.
func (f *Filter) Add(key uint64) (seen bool) {
	b := (*[blockWords]uint64)(f.words[f.block(key):])
	m := f.masks(key)
	missing := uint64(0)
	for j := range m {
		missing |= m[j] &^ b[j]
		b[j] |= m[j]
	}
	if missing == 0 {
		return true
	}
	f.added++
	return false
}

// Has reports whether a key was added, or looks so.
func (f *Filter) Has(key uint64) bool {
	b := (*[blockWords]uint64)(f.words[f.block(key):])
	m := f.masks(key)
	missing := uint64(0)
	for j := range m {
		missing |= m[j] &^ b[j]
	}
	return missing == 0
}

// ahead is how many blocks are touched before they are used, so that the waits for memory overlap.
const ahead = 32

// touch loads the blocks of keys. It must not be inlined, or the loads are found to be of no use and left out.
//
//go:noinline
func (f *Filter) touch(keys []uint64) (sum uint64) {
	for _, k := range keys {
		sum += f.words[f.block(k)]
	}
	return sum
}

// AddAll adds keys in their order and tells of each whether it was seen, faster than as many calls of Add.
func (f *Filter) AddAll(keys []uint64, seen []bool) {
	if len(seen) < len(keys) {
		panic(fmt.Sprintf("dedup: %d answers for %d keys", len(seen), len(keys)))
	}
	f.touch(keys[:min(ahead, len(keys))])
	for from := 0; from < len(keys); from += ahead {
		to := min(from+ahead, len(keys))
		f.touch(keys[to:min(to+ahead, len(keys))])
		for i, k := range keys[from:to] {
			seen[from+i] = f.Add(k)
		}
	}
}

// hasAll tells of each key whether it was added, or looks so. Any number of goroutines may ask.
func (f *Filter) hasAll(keys []uint64, seen []bool) {
	f.touch(keys[:min(ahead, len(keys))])
	for from := 0; from < len(keys); from += ahead {
		to := min(from+ahead, len(keys))
		f.touch(keys[to:min(to+ahead, len(keys))])
		for i, k := range keys[from:to] {
			seen[from+i] = f.Has(k)
		}
	}
}

// slice is the slice of the filter that a key belongs to. Slices share no block.
func (f *Filter) slice(key uint64) int { return int(key >> 58) }

// setAll adds keys of one slice without counting them. Slices may be filled at once.
func (f *Filter) setAll(keys []uint64) {
	f.touch(keys[:min(ahead, len(keys))])
	for from := 0; from < len(keys); from += ahead {
		to := min(from+ahead, len(keys))
		f.touch(keys[to:min(to+ahead, len(keys))])
		for _, k := range keys[from:to] {
			b := (*[blockWords]uint64)(f.words[f.block(k):])
			m := f.masks(k)
			for j := range m {
				b[j] |= m[j]
			}
		}
	}
}
