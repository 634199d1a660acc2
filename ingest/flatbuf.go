package ingest

import (
	"encoding/binary"
	"errors"
)

var errFlat = errors.New("its metadata is damaged")

// flat reads a FlatBuffers message of which nothing is believed: each offset is held against the bytes that are there. After a fault
// all is zero and bad is set.
type flat struct {
	b   []byte
	bad bool
}

// flatTable is a table at pos; its fields are found through the table of offsets at vt, of vn bytes. A pos of 0 is no table.
type flatTable struct {
	f           *flat
	pos, vt, vn int
}

// flatVector is n elements at pos.
type flatVector struct {
	f      *flat
	pos, n int
}

func (f *flat) bytes(at, n int) []byte {
	if f.bad || at < 0 || n < 0 || at > len(f.b) || n > len(f.b)-at {
		f.bad = true
		return make([]byte, n&15) // callers ask for up to eight bytes; longer pieces are checked before
	}
	return f.b[at : at+n]
}

func (f *flat) u16(at int) int   { return int(binary.LittleEndian.Uint16(f.bytes(at, 2))) }
func (f *flat) u32(at int) int   { return int(binary.LittleEndian.Uint32(f.bytes(at, 4))) }
func (f *flat) i64(at int) int64 { return int64(binary.LittleEndian.Uint64(f.bytes(at, 8))) }

func (f *flat) root() flatTable { return f.table(f.u32(0)) }

func (f *flat) table(pos int) flatTable {
	if f.bad || pos <= 0 {
		f.bad = true
		return flatTable{f: f}
	}
	t := flatTable{f: f, pos: pos}
	t.vt = pos - int(int32(f.u32(pos)))
	t.vn = f.u16(t.vt)
	f.bytes(t.vt, min(t.vn, len(f.b)+1))
	return t
}

// at is the place of field i, 0 if it is not there.
func (t flatTable) at(i int) int {
	if t.pos == 0 || t.f.bad || 4+2*i+2 > t.vn {
		return 0
	}
	if off := t.f.u16(t.vt + 4 + 2*i); off != 0 {
		return t.pos + off
	}
	return 0
}

func (t flatTable) byte(i int) byte {
	if p := t.at(i); p != 0 {
		return t.f.bytes(p, 1)[0]
	}
	return 0
}

func (t flatTable) short(i, otherwise int) int {
	if p := t.at(i); p != 0 {
		return int(int16(t.f.u16(p)))
	}
	return otherwise
}

func (t flatTable) int(i int) int {
	if p := t.at(i); p != 0 {
		return int(int32(t.f.u32(p)))
	}
	return 0
}

func (t flatTable) long(i int) int64 {
	if p := t.at(i); p != 0 {
		return t.f.i64(p)
	}
	return 0
}

// table is a table in field i; without one its pos is 0, and all its fields are zero.
func (t flatTable) table(i int) flatTable {
	if p := t.at(i); p != 0 {
		return t.f.table(p + t.f.u32(p))
	}
	return flatTable{f: t.f}
}

// vector is the vector in field i, of elements of the given size.
func (t flatTable) vector(i, size int) flatVector {
	p := t.at(i)
	if p == 0 {
		return flatVector{f: t.f}
	}
	p += t.f.u32(p)
	n := t.f.u32(p)
	if t.f.bad || n > (len(t.f.b)-p-4)/size {
		t.f.bad = true
		return flatVector{f: t.f}
	}
	return flatVector{t.f, p + 4, n}
}

func (t flatTable) string(i int) string {
	v := t.vector(i, 1)
	if v.n == 0 {
		return ""
	}
	return string(v.f.b[v.pos : v.pos+v.n])
}

// table is element i of a vector of tables.
func (v flatVector) table(i int) flatTable {
	p := v.pos + 4*i
	return v.f.table(p + v.f.u32(p))
}
