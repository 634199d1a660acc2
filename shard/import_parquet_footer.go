package shard

import (
	"encoding/binary"
	"fmt"

	"github.com/seed-83c59573/quern"
)

// checkParquetFooter holds the lengths that a footer tells against the bytes that are there, before anything is decoded: the decoder believes them.
func checkParquetFooter(f quern.File) error {
	size := f.Size()
	tail := make([]byte, 8)
	if size < 12 {
		return fmt.Errorf("offset 0: %d bytes are no Parquet", size)
	}
	if err := readWhole(f, tail, size-8); err != nil {
		return err
	}
	n := int64(binary.LittleEndian.Uint32(tail))
	if string(tail[4:]) != "PAR1" || n > size-12 {
		return fmt.Errorf("offset %d: no footer of Parquet: want its length and PAR1", size-8)
	}
	if n > 1<<28 {
		return fmt.Errorf("offset %d: a footer of %d bytes", size-8, n)
	}
	footer := make([]byte, n)
	if err := readWhole(f, footer, size-8-n); err != nil {
		return err
	}
	w := thriftWalk{b: footer}
	if w.fields(0); w.bad {
		return fmt.Errorf("offset %d: the footer is damaged at its byte %d", size-8-n, w.at)
	}
	return nil
}

// thriftWalk passes over a structure of Thrift's compact protocol and sees that its lists are no longer than what is left.
type thriftWalk struct {
	b   []byte
	at  int
	bad bool
}

func (w *thriftWalk) varint() uint64 {
	v, n := binary.Uvarint(w.b[w.at:])
	if n <= 0 {
		w.bad = true
		return 0
	}
	w.at += n
	return v
}

func (w *thriftWalk) skip(n uint64) {
	if n > uint64(len(w.b)-w.at) {
		w.bad = true
		return
	}
	w.at += int(n)
}

func (w *thriftWalk) byte() byte {
	if w.at >= len(w.b) {
		w.bad = true
		return 0
	}
	w.at++
	return w.b[w.at-1]
}

func (w *thriftWalk) fields(depth int) {
	for !w.bad {
		head := w.byte()
		if head == 0 {
			return
		}
		if head>>4 == 0 {
			w.varint()
		}
		w.value(head&15, depth+1, false)
	}
}

func (w *thriftWalk) value(kind byte, depth int, inList bool) {
	switch {
	case depth > 32:
		w.bad = true
	case kind == 1 || kind == 2: // a truth is in the head of a field
		if inList {
			w.byte()
		}
	case kind == 3:
		w.byte()
	case kind >= 4 && kind <= 6:
		w.varint()
	case kind == 7:
		w.skip(8)
	case kind == 8:
		w.skip(w.varint())
	case kind == 9 || kind == 10:
		head := w.byte()
		n := uint64(head >> 4)
		if n == 15 {
			n = w.varint()
		}
		if n > uint64(len(w.b)-w.at) {
			w.bad = true
		}
		for range n {
			if w.bad {
				return
			}
			w.value(head&15, depth+1, true)
		}
	case kind == 12:
		w.fields(depth)
	default: // maps: no footer has them
		w.bad = true
	}
}
