package shard

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"unsafe"

	"github.com/seed-83c59573/quern"
)

// inplace is a file that is read where the system maps it, else through ReadAt: the same bytes either way.
type inplace struct {
	quern.File
	mem []byte // nil = not mapped
}

func openInPlace(dir quern.Dir, name string, mapped bool) (inplace, error) {
	f, err := dir.Open(name)
	if err != nil {
		return inplace{}, err
	}
	p := inplace{File: f}
	if m, ok := f.(quern.Mapper); ok && mapped {
		if mem, err := m.Map(); err == nil && int64(len(mem)) == f.Size() {
			p.mem = mem
		}
	}
	return p, nil
}

// read fills b with the bytes from offset at on.
func (p *inplace) read(b []byte, at int64) error {
	if p.mem != nil {
		if at < 0 || at > int64(len(p.mem))-int64(len(b)) {
			return fmt.Errorf("%d bytes at offset %d: %w", len(b), at, io.ErrUnexpectedEOF)
		}
		return lift(b, p.mem[at:])
	}
	return readFull(p, b, at)
}

// readFull fills b with the bytes of a file from offset at on.
func readFull(f io.ReaderAt, b []byte, at int64) error {
	if got, err := f.ReadAt(b, at); err != nil && !(errors.Is(err, io.EOF) && got == len(b)) {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("%d bytes at offset %d: %w", len(b), at, err)
	}
	return nil
}

// lift copies out of mapped memory.
func lift(dst, mem []byte) (err error) {
	defer faulted(&err, debug.SetPanicOnFault(true))
	copy(dst, mem)
	return nil
}

var errFault = errors.New("a fault of memory: the file was cut short, or its disk failed, while it was being read")

// faulted makes an error of the fault that touching mapped memory is when its file has become shorter, or cannot be read. It is
// deferred by whoever touches such memory; before is what debug.SetPanicOnFault returned.
func faulted(err *error, before bool) {
	debug.SetPanicOnFault(before)
	switch p := recover().(type) {
	case nil:
	case interface{ Addr() uintptr }: // of runtime.Error: not a nil pointer, which has no address
		*err = errFault
	default:
		panic(p)
	}
}

// littleEndian: tokens lie in memory as they do in files.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// bytesOf are the bytes of tokens where they are.
func bytesOf[T int32 | uint32](tokens []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(tokens))), 4*len(tokens))
}

// signed are the same tokens; ids stay below 1<<31.
func signed(tokens []uint32) []int32 {
	return unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(tokens))), len(tokens))
}

// lent are the tokens that b holds, in place; false if this machine cannot see them there.
func lent(b []byte) ([]int32, bool) {
	p := unsafe.Pointer(unsafe.SliceData(b))
	if !littleEndian || uintptr(p)%4 != 0 {
		return nil, false
	}
	return unsafe.Slice((*int32)(p), len(b)/4), true
}

// appendTokens writes ids that fit in width bytes.
func appendTokens(dst []byte, tokens []uint32, width int) []byte {
	if width == 4 && littleEndian {
		return append(dst, bytesOf(tokens)...)
	}
	if width == 4 {
		for _, t := range tokens {
			dst = binary.LittleEndian.AppendUint32(dst, t)
		}
		return dst
	}
	for ; len(tokens) >= 4; tokens = tokens[4:] {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(tokens[0])|uint64(tokens[1])<<16|uint64(tokens[2])<<32|uint64(tokens[3])<<48)
	}
	for _, t := range tokens {
		dst = binary.LittleEndian.AppendUint16(dst, uint16(t))
	}
	return dst
}

// widen fills dst with the tokens that b holds in width bytes each. b may be the end of dst's own bytes, which are then widened from
// the front.
func widen(dst []int32, b []byte, width int) {
	if width == 4 {
		if littleEndian {
			copy(bytesOf(dst), b)
			return
		}
		for i := range dst {
			dst[i] = int32(binary.LittleEndian.Uint32(b[4*i:]))
		}
		return
	}
	for len(dst) >= 4 && len(b) >= 8 {
		v := binary.LittleEndian.Uint64(b)
		dst[0], dst[1], dst[2], dst[3] = int32(v&0xFFFF), int32(v>>16&0xFFFF), int32(v>>32&0xFFFF), int32(v>>48)
		dst, b = dst[4:], b[8:]
	}
	for i := range dst {
		dst[i] = int32(binary.LittleEndian.Uint16(b[2*i:]))
	}
}
