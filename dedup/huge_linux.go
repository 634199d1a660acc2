package dedup

import (
	"syscall"
	"unsafe"
)

// hugePages asks for pages of 2 MiB below a large table that is read here and there: there are fewer of them to look up. It is best
// asked before the memory is touched, and a hint: nothing depends on the answer.
func hugePages[T uint32 | uint64](words []T) {
	const huge = 2 << 20
	size := len(words) * int(unsafe.Sizeof(T(0)))
	if size < 2*huge {
		return
	}
	b := unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), size)
	skip := -uintptr(unsafe.Pointer(&words[0])) & (huge - 1)
	b = b[skip:]
	syscall.Madvise(b[:len(b)&^(huge-1)], syscall.MADV_HUGEPAGE)
}
