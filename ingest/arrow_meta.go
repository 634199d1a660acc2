package ingest

import (
	"errors"
	"fmt"
	"math"
)

const (
	maxArrowMeta   = 64 << 20 // bytes of one message's metadata
	maxArrowFields = 1 << 14
	maxArrowBuffer = 1 << 30 // bytes of one buffer, unpacked
)

// The types of Arrow that have a layout of their own (Schema.fbs).
const (
	arrowNull        = 1
	arrowInt         = 2
	arrowBinary      = 4
	arrowUtf8        = 5
	arrowDate        = 8
	arrowTimestamp   = 10
	arrowList        = 12
	arrowStruct      = 13
	arrowUnion       = 14
	arrowFixedList   = 16
	arrowMap         = 17
	arrowLargeBinary = 19
	arrowLargeUtf8   = 20
	arrowLargeList   = 21
	arrowRunEnd      = 22
	arrowBinaryView  = 23
	arrowUtf8View    = 24
	arrowListView    = 25
	arrowLargeView   = 26
)

// arrowField is one field of a schema, with where its data lie in a batch.
type arrowField struct {
	name     string
	kind     byte
	width    int // of integers, in bytes
	unsigned bool
	unit     int // of times and dates
	dict     int64
	isDict   bool
	value    byte // the type of what the dictionary holds
	children []*arrowField

	node, buffer int // the first of its own, of a batch without view columns before it
	views        int // how many view columns come before it
}

// arrowSchema is a schema whose layout has been counted.
type arrowSchema struct {
	fields                []*arrowField
	nodes, buffers, views int
	old                   bool // metadata version 4: unions have a validity buffer
	n                     int
}

func readArrowSchema(t flatTable, version int) (*arrowSchema, error) {
	s := &arrowSchema{old: version < 4}
	switch {
	case version < 3:
		return nil, fmt.Errorf("metadata of version %d, older than Arrow 0.8", version+1)
	case t.short(0, 0) != 0:
		return nil, errors.New("big-endian")
	}
	var err error
	if s.fields, err = s.read(t.vector(1, 4), 0); err != nil {
		return nil, err
	}
	if t.f.bad {
		return nil, errFlat
	}
	names := map[string]bool{}
	for _, f := range s.fields {
		if names[f.name] {
			return nil, fmt.Errorf("two columns named %s", quoted(f.name))
		}
		names[f.name] = true
	}
	s.place(s.fields)
	return s, nil
}

func (s *arrowSchema) read(v flatVector, depth int) ([]*arrowField, error) {
	if depth > maxSchemaDeep {
		return nil, fmt.Errorf("a schema deeper than %d", maxSchemaDeep)
	}
	var all []*arrowField
	for i := range v.n {
		if s.n++; s.n > maxArrowFields {
			return nil, fmt.Errorf("a schema of more than %d fields", maxArrowFields)
		}
		t := v.table(i)
		f := &arrowField{name: t.string(0), kind: t.byte(2)}
		kind := t.table(3)
		switch f.kind {
		case arrowInt:
			f.integer(kind)
		case arrowTimestamp:
			f.width, f.unit = 8, kind.short(0, 0)
		case arrowDate:
			if f.unit, f.width = kind.short(0, 1), 4; f.unit != 0 {
				f.width = 8
			}
		case arrowUnion:
			f.unit = kind.short(0, 0)
		}
		if d := t.table(4); d.pos != 0 {
			f.isDict, f.dict, f.value, f.width, f.unsigned = true, d.long(0), f.kind, 4, false
			if in := d.table(1); in.pos != 0 {
				f.integer(in)
			}
		}
		var err error
		if f.children, err = s.read(t.vector(5, 4), depth+1); err != nil {
			return nil, err
		}
		if v.f.bad {
			return nil, errFlat
		}
		all = append(all, f)
	}
	return all, nil
}

func (f *arrowField) integer(t flatTable) {
	f.width, f.unsigned = t.int(0)/8, t.byte(1) == 0
}

// place counts the nodes and buffers of fields, in the order in which batches have them.
func (s *arrowSchema) place(fields []*arrowField) {
	for _, f := range fields {
		f.node, f.buffer, f.views = s.nodes, s.buffers, s.views
		s.nodes++
		if f.isDict {
			s.buffers += 2
			continue
		}
		switch f.kind {
		case arrowNull, arrowRunEnd:
		case arrowStruct, arrowFixedList:
			s.buffers++
		case arrowBinary, arrowUtf8, arrowLargeBinary, arrowLargeUtf8, arrowListView, arrowLargeView:
			s.buffers += 3
		case arrowBinaryView, arrowUtf8View:
			s.buffers += 2
			s.views++
		case arrowUnion:
			s.buffers++
			if f.unit == 1 {
				s.buffers++
			}
			if s.old {
				s.buffers++
			}
		default:
			s.buffers += 2
		}
		s.place(f.children)
	}
}

// find is the field of a dotted name, through structs, with the structs that lead to it.
func (s *arrowSchema) find(path []string) []*arrowField {
	var chain []*arrowField
	fields := s.fields
	for _, name := range path {
		var next *arrowField
		for _, f := range fields {
			if f.name == name {
				next = f
			}
		}
		if next == nil || len(chain) > 0 && (chain[len(chain)-1].kind != arrowStruct || chain[len(chain)-1].isDict) {
			return nil
		}
		chain, fields = append(chain, next), next.children
	}
	return chain
}

func (s *arrowSchema) names() []string {
	names := []string{}
	for _, f := range s.fields[:min(len(s.fields), 20)] {
		names = append(names, f.name)
	}
	return names
}

// span is a piece of a batch's body.
type span struct{ from, n int64 }

// arrowBatch is what the metadata of a batch says, held against its body's size.
type arrowBatch struct {
	rows    int64
	nodes   flatVector
	buffers flatVector
	views   []int64 // buffers of each view column beyond its first two
	packed  int     // 0 = not, else 1 + codec
}

func readArrowBatch(t flatTable, s *arrowSchema, body int64) (b arrowBatch, err error) {
	b = arrowBatch{rows: t.long(0), nodes: t.vector(1, 16), buffers: t.vector(2, 16)}
	if c := t.table(3); c.pos != 0 {
		b.packed = 1 + int(c.byte(0))
		if b.packed > 2 || c.byte(1) != 0 {
			return b, fmt.Errorf("unknown compression %d", b.packed-1)
		}
	}
	more := int64(0)
	v := t.vector(4, 8)
	for i := range v.n {
		n := v.f.i64(v.pos + 8*i)
		if n < 0 || n > int64(b.buffers.n) {
			return b, fmt.Errorf("a column of %d view buffers", n)
		}
		b.views = append(b.views, n)
		more += n
	}
	switch {
	case t.f.bad || t.pos == 0:
		return b, errFlat
	case b.rows < 0 || b.rows > math.MaxInt32:
		return b, fmt.Errorf("a batch of %d rows", b.rows)
	case b.nodes.n != s.nodes || int64(b.buffers.n) != int64(s.buffers)+more || len(b.views) != s.views:
		return b, fmt.Errorf("a batch of %d nodes and %d buffers, the schema has %d and %d", b.nodes.n, b.buffers.n, s.nodes, int64(s.buffers)+more)
	}
	for i := range b.buffers.n {
		if s := b.span(i); s.from < 0 || s.n < 0 || s.from > body || s.n > body-s.from {
			return b, fmt.Errorf("buffer %d lies outside its batch", i)
		}
	}
	for i := range b.nodes.n {
		if n, nulls := b.node(i); n < 0 || nulls < 0 || nulls > n {
			return b, fmt.Errorf("node %d: %d values, %d nulls", i, n, nulls)
		}
	}
	return b, nil
}

func (b *arrowBatch) span(i int) span {
	p := b.buffers.pos + 16*i
	return span{b.buffers.f.i64(p), b.buffers.f.i64(p + 8)}
}

func (b *arrowBatch) node(i int) (n, nulls int64) {
	p := b.nodes.pos + 16*i
	return b.nodes.f.i64(p), b.nodes.f.i64(p + 8)
}

// first is the number of the first buffer of f.
func (b *arrowBatch) first(f *arrowField) int {
	n := f.buffer
	for _, v := range b.views[:f.views] {
		n += int(v)
	}
	return n
}
