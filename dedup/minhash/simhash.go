package minhash

import "math/bits"

// simHash finds 64-bit hashes that differ in few bits. The bits are cut into blocks. If two hashes differ in at most d bits, the
// differences touch at most d blocks, so that at least blocks-d others are equal: for one choice of blocks-d blocks all of them agree.
// One key for each of the choose(blocks, d) choices therefore finds every pair within the distance (Manku, Jain, Das Sarma 2007). It
// finds others too: with 6 blocks and 4 bits a key is 21 or 22 bits of hash, so verify candidates.
type simHash struct {
	masks []uint64 // the bits of each choice of blocks
	count [48]uint64
}

func newSimHash(blocks, distance int) *simHash {
	s := &simHash{}
	for set := range uint64(1) << blocks {
		if bits.OnesCount64(set) != blocks-distance {
			continue
		}
		var m uint64
		for b := range blocks {
			if set>>b&1 != 0 {
				from, to := b*64/blocks, (b+1)*64/blocks
				m |= (1<<(to-from) - 1) << from
			}
		}
		s.masks = append(s.masks, m)
	}
	return s
}

// choose is the number of ways to choose k of n things.
func choose(n, k int) int {
	c := 1
	for i := range k {
		c = c * (n - i) / (i + 1)
	}
	return c
}

// vote sets each bit that is set in more than half of the shingles, so that a shingle weighs as often as it occurs. The 64 counters
// stand upright: count[p] holds bit p of each.
func (s *simHash) vote(shingles []uint64) uint64 {
	planes := bits.Len(uint(len(shingles)))
	count := s.count[:planes]
	clear(count)
	for _, x := range shingles {
		for p := 0; x != 0; p++ {
			count[p], x = count[p]^x, count[p]&x
		}
	}
	// more = counter > half, compared from the highest bit down
	half := uint64(len(shingles) / 2)
	var more uint64
	equal := ^uint64(0)
	for p := planes - 1; p >= 0; p-- {
		if half>>p&1 == 0 {
			more |= equal & count[p]
			equal &^= count[p]
		} else {
			equal &= count[p]
		}
	}
	return more
}

func (s *simHash) keysOf(hash uint64, keys []uint64) {
	for i, m := range s.masks {
		h := (hash&m ^ uint64(i)) * 0x9E3779B97F4A7C15
		h = (h ^ h>>32) * 0xD6E8FEB86659FD93
		keys[i] = max(h^h>>32, 1)
	}
}

// Distance is the number of bits in which two SimHashes differ.
func Distance(a, b uint64) int { return bits.OnesCount64(a ^ b) }
