package dedup

import (
	"syscall"
	"unsafe"
)

// hugePages asks for pages of 2 MiB below a large filter: each key goes to another page, and there are fewer of these to look up.
// It is a hint: nothing depends on the answer.
func hugePages(words []uint64) {
	const huge = 2 << 20
	if len(words)*8 < 2*huge {
		return
	}
	b := unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), len(words)*8)
	skip := -uintptr(unsafe.Pointer(&words[0])) & (huge - 1)
	b = b[skip:]
	syscall.Madvise(b[:len(b)&^(huge-1)], syscall.MADV_HUGEPAGE)
}
