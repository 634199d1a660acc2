package tokenize

import (
	"syscall"
	"unsafe"
)

// hugePages asks for pages of 2 MiB below a large table that is read here and there: there are fewer of them to look up. It is best asked before the memory
// is touched, and a hint: nothing depends on the answer.
func hugePages[T slot | wideSlot | [4]hotSlot | uint64](table []T) []T {
	const huge = 2 << 20
	size := len(table) * int(unsafe.Sizeof(table[0]))
	if size < 2*huge {
		return table
	}
	b := unsafe.Slice((*byte)(unsafe.Pointer(&table[0])), size)
	skip := -uintptr(unsafe.Pointer(&table[0])) & (huge - 1)
	b = b[skip:]
	_ = syscall.Madvise(b[:len(b)&^(huge-1)], syscall.MADV_HUGEPAGE)
	return table
}
