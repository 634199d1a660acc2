package shard

import "math/bits"

// buckets hold pieces by a number from 1 to a bound, first in first out, and find the next number that has one in a few steps: a tree
// of bits, 64 children a node.
type buckets struct {
	levels     [][]uint64 // the lowest has a bit for each number, each higher one a bit for each word below it
	head, tail []int32    // by number: the first and last of its slots, +1; 0 = none
	slots      []bucketSlot
	free       int32 // the first free slot, +1
}

type bucketSlot struct {
	piece Piece
	next  int32
}

func newBuckets(most int) buckets {
	b := buckets{head: make([]int32, most+1), tail: make([]int32, most+1)}
	for n := most + 1; ; {
		n = (n + 63) / 64
		b.levels = append(b.levels, make([]uint64, n))
		if n == 1 {
			return b
		}
	}
}

func (b *buckets) push(at int, p Piece) {
	i := b.free
	if i > 0 {
		b.free = b.slots[i-1].next
		b.slots[i-1] = bucketSlot{p, 0}
	} else {
		b.slots = append(b.slots, bucketSlot{p, 0})
		i = int32(len(b.slots))
	}
	if last := b.tail[at]; last > 0 {
		b.slots[last-1].next, b.tail[at] = i, i
		return
	}
	b.head[at], b.tail[at] = i, i
	for _, l := range b.levels {
		l[at/64] |= 1 << (at % 64)
		at /= 64
	}
}

// pop takes the piece that came first to a number; false if there is none.
func (b *buckets) pop(at int) (Piece, bool) {
	if at <= 0 || b.head[at] == 0 {
		return Piece{}, false
	}
	i := b.head[at]
	s := &b.slots[i-1]
	p := s.piece
	b.head[at] = s.next
	s.next, b.free = b.free, i
	if b.head[at] > 0 {
		return p, true
	}
	b.tail[at] = 0
	for _, l := range b.levels {
		if l[at/64] &^= 1 << (at % 64); l[at/64] != 0 {
			break
		}
		at /= 64
	}
	return p, true
}

// atLeast is the smallest number from n on that has a piece; 0 if there is none.
func (b *buckets) atLeast(n int) int {
	for k, l := range b.levels {
		if n/64 >= len(l) {
			return 0
		}
		if w := l[n/64] >> (n % 64) << (n % 64); w != 0 {
			n = n/64*64 + bits.TrailingZeros64(w)
			for ; k > 0; k-- {
				n = n*64 + bits.TrailingZeros64(b.levels[k-1][n])
			}
			return n
		}
		n = n/64 + 1
	}
	return 0
}

// atMost is the largest number up to n that has a piece; 0 if there is none.
func (b *buckets) atMost(n int) int {
	for k, l := range b.levels {
		if n < 0 {
			return 0
		}
		if w := l[n/64] << (63 - n%64) >> (63 - n%64); w != 0 {
			n = n/64*64 + 63 - bits.LeadingZeros64(w)
			for ; k > 0; k-- {
				n = n*64 + 63 - bits.LeadingZeros64(b.levels[k-1][n])
			}
			return n
		}
		n = n/64 - 1
	}
	return 0
}

// clear forgets all pieces.
func (b *buckets) clear() {
	for at := b.atLeast(1); at > 0; at = b.atLeast(1) {
		for ok := true; ok; {
			_, ok = b.pop(at)
		}
	}
	b.slots, b.free = b.slots[:0], 0
}
