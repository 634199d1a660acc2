package minhash

import (
	"crypto/sha1"
	"encoding/binary"
	"math/bits"

	"github.com/cespare/xxhash/v2"
)

// findEnds finds the words of w.buf.
func (w *words) findEnds() {
	if len(w.ends) < w.n/2+slack {
		w.ends = make([]uint32, w.n+2*slack)
	}
	w.ends[0] = ^uint32(0)
	if width != 0 && w.n > 0 {
		w.count = w.endsWide()
		return
	}
	k := 1
	for i, c := range w.buf[:w.n] {
		w.ends[k] = uint32(i)
		if c == ' ' {
			k++
		}
	}
	w.count = k - 1
}

// Constants of the hash of a word; odd numbers with a good mix of bits (golden ratio, Murmur and xxHash families).
const (
	wordAdd  = 0x9E3779B97F4A7C15
	wordMul  = 0xD6E8FEB86659FD93
	wordMul2 = 0xC2B2AE3D27D4EB4F
	rollMul  = 0x9FB21C651E98DF25
	lastMul  = 0xA0761D6478BD642F
)

// hash16 hashes up to 16 bytes at b[at:], n being how many there are; it reads 16.
func hash16(b []byte, at, n int) uint64 {
	b = b[at : at+16]
	lo, hi := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
	c := uint(n) * 8
	lo &= 1<<c - 1
	hi &= 1<<(max(c, 64)-64) - 1
	h := (lo + wordAdd) * wordMul
	h ^= h >> 32
	h = (h + hi) * wordMul2
	return h ^ h>>32
}

// longWord goes on with the hash of a word of more than 16 bytes.
func longWord(h uint64, b []byte, at, n int) uint64 {
	for o := 16; o < n; o += 16 {
		h = bits.RotateLeft64(h, 23)*wordMul2 + hash16(b, at+o, n-o)
	}
	return h
}

// hashWords hashes the words that findEnds found.
func (w *words) hashWords() {
	if len(w.hashes) < w.count+slack {
		w.hashes = make([]uint64, 2*w.count+slack)
		w.longs = make([]uint32, w.count/4+slack)
	}
	if width == 512 && w.count > 0 {
		w.hashWordsWide()
		return
	}
	from := 0
	for i, e := range w.ends[1 : w.count+1] {
		n := int(e) - from
		h := hash16(w.buf, from, n)
		if n > 16 {
			h = longWord(h, w.buf, from, n)
		}
		w.hashes[i] = h
		from = int(e) + 1
	}
}

// room makes w.out hold n shingles and what kernels write beyond.
func (w *words) room(n int) {
	if len(w.out) < n+8 {
		w.out = make([]uint64, 2*n+8)
	}
}

// roll returns a hash for each run of k units of w.hashes.
func (w *words) roll(k int) []uint64 {
	n := w.count - k + 1
	if n <= 0 {
		return nil
	}
	w.room(n)
	if width == 512 {
		w.rollWide(n, k)
		return w.out[:n]
	}
	out := w.out[:n]
	if k == 5 {
		x := w.hashes[:n+4]
		for i := range out {
			h := ((((x[i]*rollMul)+x[i+1])*rollMul+x[i+2])*rollMul+x[i+3])*rollMul + x[i+4]
			h *= lastMul
			out[i] = h ^ h>>32
		}
		return out
	}
	for i := range out {
		var h uint64
		for _, v := range w.hashes[i : i+k] {
			h = h*rollMul + v
		}
		h *= lastMul
		out[i] = h ^ h>>32
	}
	return out
}

// hashText returns a hash of the text of each run of k words.
func (w *words) hashText(k int, hash Hash) []uint64 {
	n := w.count - k + 1
	if n <= 0 {
		return nil
	}
	w.room(n)
	if hash == XXH64 && width == 512 {
		w.xxh64Wide(n, k)
		return w.out[:n]
	}
	out := w.out[:n]
	for i := range out {
		s := w.buf[w.ends[i]+1 : w.ends[i+k]]
		if hash == SHA1 {
			sum := sha1.Sum(s)
			out[i] = binary.LittleEndian.Uint64(sum[:])
		} else {
			out[i] = xxhash.Sum64(s)
		}
	}
	return out
}
