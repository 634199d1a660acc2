//go:build !linux

package dedup

// hugePages is a hint for Linux.
func hugePages[T uint32 | uint64]([]T) {}
