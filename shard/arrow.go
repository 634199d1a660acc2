package shard

import (
	"errors"
	"io"
	"maps"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/seed-83c59573/quern"
)

// arrowForm writes name.arrow, an Arrow IPC file of packed rows: input_ids is FixedSizeList<int32>[rows]; ends is List<int32>, where
// documents end inside the row (after their end-of-text token); n_tokens is how many tokens count, less than rows only in the last
// row of a shard, which is filled up with the pad token.
type arrowForm struct {
	blob   *blob
	w      *ipc.FileWriter
	rows   int
	pad    int32
	schema *arrow.Schema
	b      *array.RecordBuilder
	row    []int32
	ends   []int32
	n      int // rows in the record being built
}

func newArrowForm(dir quern.Dir, name string, rows int, l Lineage) (form, error) {
	b, err := create(dir, name+".arrow")
	if err != nil {
		return nil, err
	}
	f := &arrowForm{blob: b, rows: rows, pad: int32(l.Pad)}
	meta := l.metadata()
	keys := slices.Sorted(maps.Keys(meta))
	values := make([]string, len(keys))
	for i, k := range keys {
		values[i] = meta[k]
	}
	md := arrow.NewMetadata(keys, values)
	f.schema = arrow.NewSchema([]arrow.Field{
		{Name: "input_ids", Type: arrow.FixedSizeListOf(int32(rows), arrow.PrimitiveTypes.Int32)},
		{Name: "ends", Type: arrow.ListOf(arrow.PrimitiveTypes.Int32)},
		{Name: "n_tokens", Type: arrow.PrimitiveTypes.Int32},
	}, &md)
	f.b = array.NewRecordBuilder(memory.DefaultAllocator, f.schema)
	if f.w, err = ipc.NewFileWriter(&position{w: b}, ipc.WithSchema(f.schema)); err != nil {
		b.abort()
		return nil, err
	}
	return f, nil
}

// position lets the writer of Arrow files ask where it is; it never moves.
type position struct {
	w  io.Writer
	at int64
}

func (p *position) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	p.at += int64(n)
	return n, err
}

func (p *position) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekCurrent {
		return 0, errors.New("shard: an Arrow file is written front to back")
	}
	return p.at, nil
}

func (f *arrowForm) put(d *quern.Doc) error {
	for i := range d.Tokens {
		f.row = append(f.row, int32(d.Tokens[i]))
		if i == len(d.Tokens)-1 {
			f.ends = append(f.ends, int32(len(f.row)))
		}
		if len(f.row) == f.rows {
			if err := f.endRow(f.rows); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *arrowForm) endRow(n int) error {
	ids := f.b.Field(0).(*array.FixedSizeListBuilder)
	ids.Append(true)
	ids.ValueBuilder().(*array.Int32Builder).AppendValues(f.row, nil)
	ends := f.b.Field(1).(*array.ListBuilder)
	ends.Append(true)
	ends.ValueBuilder().(*array.Int32Builder).AppendValues(f.ends, nil)
	f.b.Field(2).(*array.Int32Builder).Append(int32(n))
	f.row, f.ends = f.row[:0], f.ends[:0]
	if f.n++; f.n*f.rows >= groupTokens {
		return f.flush()
	}
	return nil
}

func (f *arrowForm) flush() error {
	rec := f.b.NewRecord()
	defer rec.Release()
	f.n = 0
	return f.w.Write(rec)
}

func (f *arrowForm) finish() error {
	defer f.b.Release()
	if n := len(f.row); n > 0 {
		for len(f.row) < f.rows {
			f.row = append(f.row, f.pad)
		}
		if err := f.endRow(n); err != nil {
			return err
		}
	}
	if f.n > 0 {
		if err := f.flush(); err != nil {
			return err
		}
	}
	return f.w.Close()
}

func (f *arrowForm) file() *blob { return f.blob }
