//go:build !noasm

package tokenize

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// vectors is how many bits the vectors of this processor have that are used: 512, 256, or 0 for plain Go.
var vectors = widest()

func widest() int {
	x := &cpu.X86
	switch {
	case x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL && x.HasAVX512VBMI && x.HasAVX512VBMI2 && x.HasBMI1 && x.HasBMI2 && x.HasPOPCNT:
		return 512
	case x.HasAVX2:
		return 256
	}
	return 0
}

func (a *alphabet) classify(p *[64]byte, m *masks) {
	switch vectors {
	case 512:
		classify512(a, p, m)
	case 256:
		bytes256(a, p, m)
		a.characters(p, m)
	default:
		a.classifyGo(p, m)
	}
}

func (m *masks) deposit(chars uint64) uint64 {
	if vectors == 512 {
		return deposit512(chars, m.first)
	}
	return m.squeeze.spread(chars)
}

func emit(ends *[64]int, pos int, starts uint64) int {
	if vectors == 512 {
		return emit512(ends, pos, starts)
	}
	return emitGo(ends, pos, starts)
}

// probeFours looks pieces up, four at once, as far as they go; first is the first one that is left.
func (e *Encoder) probeFours(text []byte, pos, n int) (first, missed int) {
	if first = n &^ 3; vectors != 512 || first == 0 {
		return 0, 0
	}
	return first, probe512(unsafe.SliceData(text), pos, &e.ends[0], first, &e.cache.hot[0], &e.values[0], &e.misses[0])
}
