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
	return a
}

// runs calls f with the windows of a text in order. The text must be shorter than 4 GiB.
//
// The smallest gram stays the smallest until a smaller one comes in or it leaves the window at the left; only then are all grams of the
// window looked at.
func (a *anchors) runs(text []byte, f func(run) error) error {
	windows, grams := len(text)/a.size-a.length+1, 2*a.step
	if windows <= 0 {
		return nil
	}
	d := windowDealer{anchors: a, text: text, place: -1, f: f}
	least, at := a.least(text, 0, grams, 0)
	for start := 0; start < windows; {
		end := min(at+1, windows) // of the windows of this gram
		next := a.below(text, start+grams, end+grams-1, least)
		end = next - grams + 1
		if half := min(at-a.step+1, end); start < half {
			if err := d.deal(start, half, at-a.step); err != nil {
				return err
			}
			start = half
		}
		if start < end {
			if err := d.deal(start, end, at); err != nil {
				return err
			}
			start = end
		}
		switch {
		case start == windows:
		case start > at:
			if last := a.gram(text, start+grams-1); last < least {
				least, at = last, start+grams-1
			} else {
				least, at = a.least(text, start, start+grams, least)
			}
		default:
			least, at = a.gram(text, next), next
		}
	}
	return f(d.run)
}

// gram is the hash of the gram at a place.
func (a *anchors) gram(text []byte, at int) uint64 {
	var b [8]byte
	copy(b[:], text[at*a.size:])
	return binary.LittleEndian.Uint64(b[:]) & a.mask * gramMult
}

// below is the first place from a place on at which a gram is smaller than least, or to.
func (a *anchors) below(text []byte, from, to int, least uint64) int {
	mask := a.mask
	if a.size == 1 {
		t := text[from:min(to+7, len(text))]
		for len(t) >= 11 { // four at a time
			w := binary.LittleEndian.Uint64(t)
			x := binary.LittleEndian.Uint64(t[1:])
			y := binary.LittleEndian.Uint64(t[2:])
			z := binary.LittleEndian.Uint64(t[3:])
			if w&mask*gramMult < least || x&mask*gramMult < least || y&mask*gramMult < least || z&mask*gramMult < least {
				break
			}
			t = t[4:]
		}
		for from = min(to+7, len(text)) - len(t); from < to && from+8 <= len(text); from++ {
			if binary.LittleEndian.Uint64(text[from:])&mask*gramMult < least {
				return from
			}
		}
	}
	for ; from < to; from++ {
		if a.gram(text, from) < least {
			return from
		}
	}
	return to
}

// least is the smallest gram and its first place. None is smaller than bound: at one that equals it the search ends.
func (a *anchors) least(text []byte, from, to int, bound uint64) (least uint64, at int) {
	least, at = ^uint64(0), from
	if a.size == 1 {
		for ; from < to && from+8 <= len(text); from++ {
			if x := binary.LittleEndian.Uint64(text[from:]) & a.mask * gramMult; x < least {
				least, at = x, from
				if x == bound {
					return least, at
				}
			}
		}
	}
	for ; from < to; from++ {
		if x := a.gram(text, from); x < least {
			least, at = x, from
		}
	}
	return least, at
}

// windowDealer joins the windows of one key.
type windowDealer struct {
	*anchors
	text  []byte
	place int // of the part that made the key
	run   run
	f     func(run) error
}

// deal adds the windows from start to end, which a part at a place stands for.
func (d *windowDealer) deal(start, end, place int) error {
	if place != d.place {
		at := place * d.size
		key := xxhash.Sum64(d.text[at : at+d.part])
		d.place = place
		switch {
		case d.run.n == 0:
			d.run.key = key
		case key == d.run.key:
			d.run.again = true
		default:
			if err := d.f(d.run); err != nil {
				return err
			}
			d.run = run{from: start, key: key}
		}
	}
	for d.run.n += end - start; d.run.n > d.most; {
		full := d.run
		full.n = d.most
		if err := d.f(full); err != nil {
			return err
		}
		d.run = run{from: full.from + full.n, n: d.run.n - full.n, key: full.key}
	}
	return nil
}
