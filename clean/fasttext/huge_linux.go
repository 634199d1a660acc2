package fasttext

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// newFloats makes a slice that is asked to lie in huge pages if it is large: rows are read in no order, and most of the time would go
// into finding where a page lies. If the system does not do as it is told, nothing else changes.
func newFloats(n int64) []float32 {
	f := make([]float32, n)
	if n < 4<<20 {
		return f
	}
	const page = 2 << 20
	b := unsafe.Slice((*byte)(unsafe.Pointer(&f[0])), len(f)*4)
	skip := -uintptr(unsafe.Pointer(&f[0])) % page
	_ = unix.Madvise(b[skip:], unix.MADV_HUGEPAGE)
	return f
}
