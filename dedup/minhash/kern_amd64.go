//go:build !noasm

package minhash

import "golang.org/x/sys/cpu"

// width is how many bits the vectors of this processor have that are used: 512, 256, or 0 for plain Go. The wider ones need
// permutation and compression of bytes (AVX-512 VBMI and VBMI2, from Ice Lake and Zen 4).
var width = widest()

func widest() int {
	x := &cpu.X86
	if !x.HasAVX2 || !x.HasBMI1 || !x.HasBMI2 || !x.HasPOPCNT {
		return 0
	}
	if x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL && x.HasAVX512VBMI && x.HasAVX512VBMI2 {
		return 512
	}
	return 256
}

func (f *xorMul) signWide(x []uint64) {
	lanes := width / 32
	for i := 0; i < f.n; i += 8 * lanes {
		vecs := (min(f.n-i, 8*lanes) + lanes - 1) / lanes
		if width == 512 {
			xorMul512(&f.min[i], &x[0], len(x), &f.xor[i], &f.mul[i], vecs)
		} else {
			xorMul256(&f.min[i], &x[0], len(x), &f.xor[i], &f.mul[i], vecs)
		}
	}
}

func (f *affine) signWide(x []uint64) {
	if width == 256 {
		for i := 0; i < f.n; i += lanes64 {
			affine256(&f.min[i], &x[0], len(x), &f.a[i], &f.b[i])
		}
		return
	}
	const most = 14 // vectors
	for i := 0; i < f.n; i += most * lanes64 {
		vecs := (min(f.n-i, most*lanes64) + lanes64 - 1) / lanes64
		affine512(&f.min[i], &x[0], len(x), &f.a[i], &f.b[i], vecs)
	}
}

// blocks simplifies blocks of text onto w.buf, which has room for them, and returns where it stopped.
func (w *words) blocks(t *rule, text []byte) int {
	space, point := uint64(0), uint64('.')
	if w.space {
		space = 1
	}
	if t.comma {
		point = ','
	}
	dst := &w.buf[w.n : w.n+len(text)+block][0]
	var consumed, written int
	var last uint64
	if width == 512 {
		consumed, written, last = simplify512(dst, &text[0], len(text), space, point, &t.wide)
	} else {
		consumed, written, last = simplify256(dst, &text[0], len(text), space, point, &t.wide)
	}
	w.n += written
	w.space = last != 0
	return consumed
}

// han copies Han letters of text to dst, which has room for 4 bytes for every 3 and 64 more.
func han(dst, text []byte, apart bool) (consumed, written int) {
	_ = dst[len(text)/3*4+block-1]
	return han512(&dst[0], &text[0], len(text), mask(apart))
}

func (w *words) endsWide() int {
	_ = w.buf[w.n+block]
	_ = w.ends[w.n/2+32]
	if width == 512 {
		return ends512(&w.buf[0], w.n, &w.ends[1])
	}
	return ends256(&w.buf[0], w.n, &w.ends[1])
}

func (w *words) hashWordsWide() {
	_, _ = w.ends[w.count+8], w.hashes[w.count+7]
	groups := hashWords512(&w.buf[0], &w.ends[0], w.count, &w.hashes[0], &w.longs[0])
	for _, g := range w.longs[:groups] {
		for i := int(g); i < min(int(g)+8, w.count); i++ {
			from := int(w.ends[i] + 1)
			if n := int(w.ends[i+1]) - from; n > 16 {
				w.hashes[i] = longWord(w.hashes[i], w.buf, from, n)
			}
		}
	}
}

func (w *words) rollWide(n, k int) {
	_, _ = w.hashes[n+k+6], w.out[n+6]
	roll512(&w.hashes[0], n, k, &w.out[0])
}

func (w *words) xxh64Wide(n, k int) {
	_, _ = w.ends[n+k+7], w.out[n+6]
	xxh64x8(&w.buf[0], &w.ends[0], n, k, &w.out[0])
}

// collapse copies blocks of text to dst, which has room for them and 64 bytes more.
func collapse(dst, text []byte, space, spaces, small bool) (consumed, written int, last bool) {
	if len(text) < block+2 {
		return 0, 0, space
	}
	var at uint64
	if space {
		at = 1
	}
	_ = dst[len(text)+block-1]
	consumed, written, after := collapse512(&dst[0], &text[0], len(text), at, mask(spaces), mask(small))
	return consumed, written, after != 0
}

func mask(on bool) uint64 {
	if on {
		return ^uint64(0)
	}
	return 0
}

func stripes(sums *[8]uint64, text []byte) { xxh64Pair(sums, &text[0], len(text)/32) }
