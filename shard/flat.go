package shard

import "encoding/binary"

// flat reads FlatBuffers, in which Arrow says where the buffers of a record batch are. Every access is held against the end of the
// bytes; the first that is outside makes it bad, and all that is read from then on is zero.
type flat struct {
	b   []byte
	bad bool
}

func (f *flat) at(at, n int) []byte {
	if f.bad || at < 0 || n < 0 || at > len(f.b)-n {
		f.bad = true
		return nil
	}
	return f.b[at : at+n]
}

func (f *flat) u16(at int) int {
	if b := f.at(at, 2); b != nil {
		return int(binary.LittleEndian.Uint16(b))
	}
	return 0
}

func (f *flat) i32(at int) int {
	if b := f.at(at, 4); b != nil {
		return int(int32(binary.LittleEndian.Uint32(b)))
	}
	return 0
}

func (f *flat) i64(at int) int64 {
	if b := f.at(at, 8); b != nil {
		return int64(binary.LittleEndian.Uint64(b))
	}
	return 0
}

// root is where the first table begins.
func (f *flat) root() int { return f.i32(0) }

// field is where a table has its field number k; 0 if it has none.
func (f *flat) field(table, k int) int {
	v := table - f.i32(table)
	if 4+2*k+2 > f.u16(v) {
		return 0
	}
	if off := f.u16(v + 4 + 2*k); off > 0 {
		return table + off
	}
	return 0
}

// table is where the table of a field begins; 0 if there is none.
func (f *flat) table(table, k int) int {
	if at := f.field(table, k); at > 0 {
		return at + f.i32(at)
	}
	return 0
}

// vector are the elements of a field, each of so many bytes.
func (f *flat) vector(table, k, size int) []byte {
	at := f.table(table, k)
	if at == 0 {
		return nil
	}
	n := f.i32(at)
	if n < 0 || n > len(f.b)/size {
		f.bad = true
		return nil
	}
	return f.at(at+4, n*size)
}

// number is a field of 8 bytes; 0 if there is none.
func (f *flat) number(table, k int) int64 {
	if at := f.field(table, k); at > 0 {
		return f.i64(at)
	}
	return 0
}

const (
	maxFields = 1 << 12
	maxDepth  = 32
	unionType = 14
)

// schema walks the schema of a footer, and so bounds what Arrow's reader, which believes every count, will ask memory for.
func (f *flat) schema(footer int) {
	s := f.table(footer, 1)
	if s == 0 {
		f.bad = true
		return
	}
	f.vector(s, 2, 4) // metadata
	f.vector(s, 3, 8) // features
	left := maxFields
	f.fields(s, 1, maxDepth, &left)
}

// fields walks a vector of fields.
func (f *flat) fields(table, k, depth int, left *int) {
	at := f.table(table, k)
	n := len(f.vector(table, k, 4)) / 4
	if *left -= n; *left < 0 || depth == 0 {
		f.bad = true
	}
	for i := 0; i < n && !f.bad; i++ {
		elem := at + 4 + 4*i
		field := elem + f.i32(elem)
		f.vector(field, 0, 1) // name
		f.vector(field, 6, 4) // metadata
		if kind := f.field(field, 2); kind > 0 {
			if b := f.at(kind, 1); b != nil && b[0] == unionType {
				f.bad = true // its type ids are a vector too; no row of tokens has one
			}
		}
		f.fields(field, 5, depth-1, left)
	}
}
