//go:build !linux

package tokenize

func hugePages[T slot | wideSlot | [4]hotSlot | uint64](table []T) []T { return table }
