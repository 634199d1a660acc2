package shard

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/seed-83c59573/quern"
)

// idType is how a file writes an id, little-endian.
type idType struct {
	name   string
	size   int
	signed bool
}

var idTypes = []idType{{"uint8", 1, false}, {"int8", 1, true}, {"uint16", 2, false}, {"int16", 2, true}, {"uint32", 4, false}, {"int32", 4, true},
	{"uint64", 8, false}, {"int64", 8, true}}

func idTypeNamed(name string) (idType, error) {
	for _, t := range idTypes {
		if t.name == name {
			return t, nil
		}
	}
	return idType{}, fmt.Errorf("%q is no type of ids: want uint8, uint16, uint32, uint64 or the same with int", name)
}

// append decodes whole ids. An error says which of them is no id.
func (t idType) append(dst []uint32, b []byte) ([]uint32, error) {
	for i := 0; i+t.size <= len(b); i += t.size {
		var v int64
		switch {
		case t.size == 2 && !t.signed:
			dst = append(dst, uint32(binary.LittleEndian.Uint16(b[i:])))
			continue
		case t.size == 4:
			v = int64(binary.LittleEndian.Uint32(b[i:]))
			if t.signed {
				v = int64(int32(v))
			}
		case t.size == 8:
			v = int64(binary.LittleEndian.Uint64(b[i:]))
		case t.size == 2:
			v = int64(int16(binary.LittleEndian.Uint16(b[i:])))
		case t.signed:
			v = int64(int8(b[i]))
		default:
			v = int64(b[i])
		}
		if v < 0 || v > math.MaxUint32 {
			return dst, fmt.Errorf("id %d of type %s at byte %d is not one", v, t.name, i)
		}
		dst = append(dst, uint32(v))
	}
	return dst, nil
}

// window reads a file front to back through a buffer, and elsewhere when asked.
type window struct {
	f    quern.File
	name string
	buf  []byte
	at   int64 // of buf in the file
}

const windowBytes = 1 << 18

func openWindow(dir quern.Dir, name string) (*window, error) {
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	return &window{f: f, name: name}, nil
}

func (w *window) close() { w.f.Close() }

// bytes gives n bytes from an offset on, at most windowBytes. They are borrowed.
func (w *window) bytes(from int64, n int) ([]byte, error) {
	size := w.f.Size()
	if from < 0 || from > size || int64(n) > size-from {
		return nil, fmt.Errorf("%s: offset %d: want %d bytes, the file has %d", w.name, from, n, size)
	}
	if from < w.at || from+int64(n) > w.at+int64(len(w.buf)) {
		if w.buf == nil {
			w.buf = make([]byte, 0, min(windowBytes, size))
		}
		w.buf = w.buf[:min(int64(cap(w.buf)), size-from)]
		w.at = from
		if err := readWhole(w.f, w.buf, from); err != nil {
			w.buf = w.buf[:0]
			return nil, fmt.Errorf("%s: %w", w.name, err)
		}
	}
	return w.buf[from-w.at:][:n], nil
}

func (w *window) u32(from int64) (uint32, error) {
	b, err := w.bytes(from, 4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

func (w *window) u64(from int64) (uint64, error) {
	b, err := w.bytes(from, 8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

// ids appends n ids that begin at an offset. That they are there is checked before memory is asked for.
func (w *window) ids(dst []uint32, t idType, from, n int64) ([]uint32, error) {
	if size := w.f.Size(); from < 0 || n < 0 || from > size || n > (size-from)/int64(t.size) {
		return dst, fmt.Errorf("%s: offset %d: want %d ids of %d bytes, the file has %d bytes", w.name, from, n, t.size, w.f.Size())
	}
	if n > docTokens {
		return dst, fmt.Errorf("%s: offset %d: a document of %d tokens, at most %d are read", w.name, from, n, docTokens)
	}
	for n > 0 {
		k := min(n, windowBytes/8)
		b, err := w.bytes(from, int(k)*t.size)
		if err != nil {
			return dst, err
		}
		if dst, err = t.append(dst, b); err != nil {
			return dst, fmt.Errorf("%s: offset %d: %w", w.name, from, err)
		}
		n -= k
		from += k * int64(t.size)
	}
	return dst, nil
}

// readWhole reads len(b) bytes of a file; fewer are an error.
func readWhole(f quern.File, b []byte, at int64) error {
	if n, err := f.ReadAt(b, at); n < len(b) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("%d bytes at offset %d: %w", len(b), at, err)
	}
	return nil
}
