package ingest

import (
	"encoding/binary"
	"fmt"
)

// rleReader reads the hybrid of runs and packed bits in which Parquet has levels and indexes (Encodings.md, RLE = 3).
type rleReader struct {
	b     []byte
	width int    // bits of a value, up to 32
	run   uint64 // how often value still comes
	value uint32
	some  int // values that are still packed in bits
	bits  uint64
	have  int // bits in bits
}

func (r *rleReader) next() (uint32, error) {
	for {
		switch {
		case r.width == 0:
			return 0, nil
		case r.run > 0:
			r.run--
			return r.value, nil
		case r.some > 0:
			for r.have < r.width {
				r.bits |= uint64(r.b[0]) << r.have
				r.b = r.b[1:]
				r.have += 8
			}
			v := uint32(r.bits & (1<<r.width - 1))
			r.bits >>= r.width
			r.have -= r.width
			r.some--
			return v, nil
		}
		if err := r.head(); err != nil {
			return 0, err
		}
	}
}

// head begins the next run.
func (r *rleReader) head() error {
	h, n := binary.Uvarint(r.b)
	if n <= 0 {
		return errPage
	}
	r.b = r.b[n:]
	if h&1 == 0 {
		size := (r.width + 7) / 8
		if len(r.b) < size {
			return errPage
		}
		r.run, r.value = h>>1, 0
		for i := range size {
			r.value |= uint32(r.b[i]) << (8 * i)
		}
		r.b = r.b[size:]
		return nil
	}
	// Eight values at a time; some writers cut what the last ones would fill up.
	most := uint64(len(r.b)) * 8 / uint64(r.width)
	r.some = int(min(min(h>>1, most)*8, most))
	r.bits, r.have = 0, 0
	if r.some == 0 && h>>1 > 0 {
		return errPage
	}
	return nil
}

const maxDeltas = 1 << 24 // lengths of one page: they can be packed into nothing

// deltas reads up to n lengths (DELTA_BINARY_PACKED) and returns what follows them.
func deltas(dst []int32, b []byte, n int64) ([]int32, []byte, error) {
	number := func() uint64 {
		v, k := binary.Uvarint(b)
		if k <= 0 {
			b = nil
			return 0
		}
		b = b[k:]
		return v
	}
	block, minis, count := number(), number(), number()
	last := unzigzag(number())
	if b == nil || block == 0 || block > 1<<20 || minis == 0 || minis > 512 || block%minis != 0 || (block/minis)%8 != 0 {
		return dst, b, errPage
	}
	if count > uint64(n) || count > maxDeltas {
		return dst, b, fmt.Errorf("%d lengths for %d values, the limit is %d", count, n, maxDeltas)
	}
	per := int(block / minis)
	if count > 0 {
		dst = append(dst, int32(last))
	}
	for left := int(count) - 1; left > 0; {
		least := unzigzag(number())
		if uint64(len(b)) < minis {
			return dst, b, errPage
		}
		widths := b[:minis]
		b = b[minis:]
		for _, w := range widths {
			if left <= 0 {
				break
			}
			size := per / 8 * int(w)
			if w > 64 || size > len(b) {
				return dst, b, errPage
			}
			at := 0
			for range min(left, per) {
				last += least + int64(unpackBits(b, at, int(w)))
				at += int(w)
				dst = append(dst, int32(last))
				left--
			}
			b = b[size:]
		}
	}
	return dst, b, nil
}

// unpackBits is the number of width bits that starts at bit at.
func unpackBits(b []byte, at, width int) uint64 {
	v, have := uint64(0), 0
	for have < width {
		k := min(8-at&7, width-have)
		v |= (uint64(b[at>>3]) >> (at & 7) & (1<<k - 1)) << have
		have += k
		at += k
	}
	return v
}
