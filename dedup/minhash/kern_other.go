//go:build !amd64 || noasm

package minhash

// width is 0: plain Go does all.
var width = 0

func (f *xorMul) signWide(x []uint64) {}

func (f *affine) signWide(x []uint64) {}

func (w *words) blocks(t *rule, text []byte) int { return 0 }

func han(dst, text []byte, apart bool) (consumed, written int) { return 0, 0 }

func (w *words) endsWide() int { return 0 }

func (w *words) hashWordsWide() {}

func (w *words) rollWide(n, k int) {}

func (w *words) xxh64Wide(n, k int) {}

func collapse(dst, text []byte, space, spaces, small bool) (consumed, written int, last bool) {
	return 0, 0, space
}

func stripes(sums *[8]uint64, text []byte) {}
