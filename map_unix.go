//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package quern

import (
	"errors"
	"os"
	"syscall"
)

// mapFile lends a file's bytes. Writing to them is a fault.
func mapFile(f *os.File, size int64) ([]byte, error) {
	if size == 0 {
		return []byte{}, nil
	}
	if int64(int(size)) != size {
		return nil, errors.ErrUnsupported
	}
	return syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_SHARED)
}

func unmapFile(b []byte) {
	if len(b) > 0 {
		syscall.Munmap(b) // it is the whole of a mapping of ours
	}
}
