package minhash

import "unicode/utf8"

// charGrams returns a hash for each run of k runes of text, or bytes where it is broken.
func (w *words) charGrams(text []byte, k int) []uint64 {
	if len(w.hashes) < len(text)+slack {
		w.hashes = make([]uint64, len(text)+slack)
	}
	n := 0
	for i := 0; i < len(text); n++ {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			if r, size = utf8.DecodeRune(text[i:]); size == 1 {
				r = utf8.MaxRune + rune(text[i]) // broken bytes are not made alike
			}
		}
		i += size
		w.hashes[n] = uint64(r)
	}
	return w.slide(n, k)
}

func (w *words) tokenGrams(tokens []uint32, k int) []uint64 {
	if len(w.hashes) < len(tokens)+slack {
		w.hashes = make([]uint64, len(tokens)+slack)
	}
	for i, t := range tokens {
		w.hashes[i] = uint64(t)
	}
	return w.slide(len(tokens), k)
}

// slide makes hashes of n numbers in w.hashes, and of these the hashes of runs of k of them. One step adds a unit and takes the one k
// before it away, so that long shingles cost no more than short ones.
func (w *words) slide(n, k int) []uint64 {
	if n < k {
		return nil
	}
	w.room(n - k + 1)
	out := w.out[:n-k+1]
	x := w.hashes[:n]
	gone := uint64(1) // rollMul^k
	for range k {
		gone *= rollMul
	}
	var h uint64
	for i := range x {
		v := (x[i] + wordAdd) * wordMul
		v = (v ^ v>>32) * wordMul2
		v ^= v >> 32
		x[i] = v
		h = h*rollMul + v
		if i >= k {
			h -= x[i-k] * gone
		}
		if i >= k-1 {
			f := h * lastMul
			out[i-k+1] = f ^ f>>32
		}
	}
	return out
}
