package dedup

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// A record of a block file of shingles is a set of 32-bit hashes, ascending, by Rice's code (1979) of the gaps between them:
//
//	hashes uvarint | k u8 | of each, (hash - the one before - 1) >> k in unary (zeros and a one) and its lower k bits, from the lowest bit on
//
// Hashes are spread evenly, so that k is the logarithm of the mean gap: 3.1 bytes a hash in a document of 350, instead of 4.

// encodeShingles appends a record of a set, ascending.
func encodeShingles(dst []byte, set []uint32) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(set)))
	k := riceBits(len(set))
	dst = append(dst, byte(k))
	var acc uint64 // the lower n bits are not written yet
	n := 0
	last := int64(-1)
	for _, v := range set {
		gap := uint64(int64(v) - last - 1)
		last = int64(v)
		for zeros := gap >> k; ; zeros -= 32 {
			if zeros < 32 {
				acc |= 1 << (n + int(zeros))
				n += int(zeros) + 1
				break
			}
			n += 32
			dst, acc, n = flushBits(dst, acc, n)
		}
		dst, acc, n = flushBits(dst, acc, n)
		acc |= (gap & (1<<k - 1)) << n
		n += k
		dst, acc, n = flushBits(dst, acc, n)
	}
	if n > 0 {
		dst = append(dst, byte(acc))
	}
	return dst
}

// flushBits appends the whole bytes of acc; less than eight bits stay.
func flushBits(dst []byte, acc uint64, n int) ([]byte, uint64, int) {
	for ; n >= 8; n -= 8 {
		dst = append(dst, byte(acc))
		acc >>= 8
	}
	return dst, acc, n
}

// riceBits is the k that suits n hashes of 32 bits.
func riceBits(n int) int {
	return max(0, 31-bits.Len(uint(n)))
}

var errNotSet = errors.New("not a set of shingles")

// decodeShingles reads a record into dst.
func decodeShingles(dst []uint32, record []byte) ([]uint32, error) {
	dst = dst[:0]
	count, m := binary.Uvarint(record)
	if m <= 0 || m == len(record) || record[m] > 31 {
		return dst, errNotSet
	}
	k := int(record[m])
	record = record[m+1:]
	if count > 8*uint64(len(record))/uint64(k+1) {
		return dst, errNotSet
	}
	var acc uint64
	n := 0 // bits of acc
	next := uint64(0)
	for range count {
		zeros := uint64(0)
		for {
			for n <= 56 && len(record) > 0 {
				acc |= uint64(record[0]) << n
				n += 8
				record = record[1:]
			}
			z := bits.TrailingZeros64(acc)
			if z < n {
				zeros += uint64(z)
				acc >>= z + 1
				n -= z + 1
				break
			}
			if len(record) == 0 {
				return dst, errNotSet
			}
			zeros += uint64(n)
			acc, n = 0, 0
		}
		for n < k && len(record) > 0 {
			acc |= uint64(record[0]) << n
			n += 8
			record = record[1:]
		}
		if n < k {
			return dst, errNotSet
		}
		if zeros > (1<<32-1)>>k {
			return dst, errNotSet
		}
		v := next + zeros<<k + acc&(1<<k-1)
		acc >>= k
		n -= k
		if v > 1<<32-1 {
			return dst, errNotSet
		}
		dst = append(dst, uint32(v))
		next = v + 1
	}
	if len(record) > 0 || acc != 0 {
		return dst, errNotSet
	}
	return dst, nil
}
