//go:build !linux

package dedup

// hugePages is a hint for Linux.
func hugePages([]uint64) {}
