package dedup

import (
	"encoding/binary"

	"github.com/cespare/xxhash/v2"
)

// anchors deals the windows of length symbols of a text to keys, so that equal windows have equal keys wherever they stand, and so that
// most neighbors share one: windows of different keys need not be compared. The key of a window is the hash of a part of it, which its
// content alone selects: of all grams of a few bytes in the window take the leftmost of the smallest hash; there the part begins, or
// step symbols before if the gram lies in the window's right half. A part is about half as long as a window and stands for about a
// third of a window's length of starts. (A minimizer scheme: Schleimer, Wilkerson, Aiken 2003; the halving is the mod-minimizer of
// Groot Koerkamp and Pibiri 2024, by which a part may be long without being chosen often.)
//
// A symbol is a byte, or four bytes that hold a token.
type anchors struct {
	size   int // bytes of a symbol: 1 or 4
	length int // symbols of a window
	step   int // windows have 2·step grams
	part   int // bytes that are hashed to a key
	most   int // windows of a run, so that runs of one letter do not grow with the text
	mask   uint64
	next   []uint64 // the grams of a block: hash in the upper half, place in the lower
	suffix []uint64 // of the block before: the smallest gram from a place to its end
}

const (
	maxPart  = 128 // bytes of a part that are hashed; a longer part is told by its beginning
	gramMult = 0x9e3779b97f4a7c15
)

// run is windows of one key that follow each other.
type run struct {
	from int // the symbol at which the first one begins
	n    int
	key  uint64
	// Several places in the text gave the key, as in runs of one letter: the windows may be equal to each other.
	again bool
}

func newAnchors(length, symbol int) *anchors {
	gram := 8 / symbol // symbols, one less where that makes the number of grams even
	if (length+1-gram)%2 != 0 {
		gram--
	}
	a := &anchors{size: symbol, length: length, step: (length + 1 - gram) / 2, most: max(length, 1<<12), mask: ^uint64(0) >> (64 - 8*gram*symbol)}
	a.part = min(maxPart, (length-a.step+1)*symbol)
	a.next, a.suffix = make([]uint64, 2*a.step), make([]uint64, 2*a.step)
	return a
}

// hash fills dst with the grams from place at on, up to the last one of the text, and returns how many there are.
func (a *anchors) hash(dst []uint64, text []byte, at int) int {
	n, i := min(len(dst), len(text)/a.size-(a.length-2*a.step)-at), 0
	if a.size == 1 {
		for ; i < n && at+i+8 <= len(text); i++ {
			x := binary.LittleEndian.Uint64(text[at+i:at+i+8]) & a.mask
			dst[i] = x*gramMult&^(1<<32-1) | uint64(at+i)
		}
	}
	for ; i < n; i++ {
		var b [8]byte
		copy(b[:], text[(at+i)*a.size:])
		dst[i] = binary.LittleEndian.Uint64(b[:])&a.mask*gramMult&^(1<<32-1) | uint64(at+i)
	}
	return max(n, 0)
}

// runs calls f with the windows of a text in order. The text must be shorter than 4 GiB.
//
// The smallest gram of a window is that of the end of one block and the start of the next one (van Herk 1992).
func (a *anchors) runs(text []byte, f func(run) error) error {
	windows := len(text)/a.size - a.length + 1
	if windows <= 0 {
		return nil
	}
	block := 2 * a.step
	a.hash(a.suffix, text, 0)
	place := -1 // of the part
	var r run
	for base := 0; base < windows; base += block {
		suffixMin(a.suffix)
		a.hash(a.next, text, base+block)
		prefix := ^uint64(0)
		suffix := a.suffix[:min(block, windows-base)]
		next := a.next[:len(suffix)]
		for i, least := range suffix {
			p := int(uint32(min(least, prefix)))
			if p-base-i >= a.step {
				p -= a.step
			}
			if p != place || r.n == a.most {
				if err := a.turn(text, &r, base+i, p, place, f); err != nil {
					return err
				}
				place = p
			}
			r.n++
			prefix = min(prefix, next[i])
		}
		a.suffix, a.next = a.next, a.suffix
	}
	return f(r)
}

// turn goes on with the part at a new place: it ends the run unless the key stays.
func (a *anchors) turn(text []byte, r *run, start, place, before int, f func(run) error) error {
	key := r.key
	if place != before {
		at := place * a.size
		key = xxhash.Sum64(text[at : at+a.part])
	}
	if r.n > 0 && key == r.key && r.n < a.most {
		r.again = true
		return nil
	}
	ended := *r
	*r = run{from: start, key: key}
	if ended.n == 0 {
		return nil
	}
	return f(ended)
}

func suffixMin(v []uint64) {
	least := ^uint64(0)
	for i := len(v) - 1; i >= 0; i-- {
		least = min(least, v[i])
		v[i] = least
	}
}
