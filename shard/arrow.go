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

// arrowForm writes name.arrow, an Arrow IPC file of packed rows (see Pack): input_ids is FixedSizeList<int32>[rows]; ends is
// List<int32>, where documents end inside the row (after their end-of-text token); n_tokens is how many tokens count: what is left of
// the row is filled with the pad token. docs and froms, both List<int32>, say for every piece of the row which document of the shard it
// is of, by its number in the index, and which of its tokens is the first here. A piece ends where the next one begins, at an end; only
// the last one may be cut by the row's end.
type arrowForm struct {
	blob   *blob
	w      *ipc.FileWriter
	rows   int
	pad    int32
	schema *arrow.Schema
	b      *array.RecordBuilder
	row    []int32
	ends   []int32
	docs   []int32
	froms  []int32
	n      int // rows in the record being built

	packer *packer
	held   map[int]heldDoc // documents that wait for their rows
	spare  [][]int32
	stats  PackStats
}

type heldDoc struct {
	tokens []int32
	left   int // tokens that are in no row yet
}

func newArrowForm(dir quern.Dir, name string, o ArrowOptions, l Lineage) (*arrowForm, error) {
	b, err := create(dir, name+".arrow")
	if err != nil {
		return nil, err
	}
	f := &arrowForm{blob: b, rows: o.Rows, pad: int32(l.Pad), held: map[int]heldDoc{}}
	if f.packer, err = newPacker(o.Pack, o.Rows, f.pack, f.release); err != nil {
		b.abort()
		return nil, err
	}
	meta := l.metadata()
	meta["quern.pack"] = o.Pack
	keys := slices.Sorted(maps.Keys(meta))
	values := make([]string, len(keys))
	for i, k := range keys {
		values[i] = meta[k]
	}
	md := arrow.NewMetadata(keys, values)
	f.schema = arrow.NewSchema([]arrow.Field{
		{Name: "input_ids", Type: arrow.FixedSizeListOf(int32(o.Rows), arrow.PrimitiveTypes.Int32)},
		{Name: "ends", Type: arrow.ListOf(arrow.PrimitiveTypes.Int32)},
		{Name: "n_tokens", Type: arrow.PrimitiveTypes.Int32},
		{Name: "docs", Type: arrow.ListOf(arrow.PrimitiveTypes.Int32)},
		{Name: "froms", Type: arrow.ListOf(arrow.PrimitiveTypes.Int32)},
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
	var tokens []int32
	if n := len(f.spare); n > 0 {
		tokens, f.spare = f.spare[n-1], f.spare[:n-1]
	}
	tokens = append(tokens[:0], signed(d.Tokens)...)
	f.held[int(f.packer.stats.Docs)] = heldDoc{tokens, len(tokens)}
	return f.packer.add(len(tokens))
}

// release forgets a document.
func (f *arrowForm) release(doc int) {
	if d, ok := f.held[doc]; ok && d.left >= 0 {
		d.left = -1 // until its last piece is in a row
		f.held[doc] = d
	}
}

// pack writes a row of the packer's.
func (f *arrowForm) pack(row []Piece) error {
	f.row, f.ends, f.docs, f.froms = f.row[:0], f.ends[:0], f.docs[:0], f.froms[:0]
	for _, p := range row {
		d := f.held[p.Doc]
		f.row = append(f.row, d.tokens[p.From:p.To]...)
		if p.To == len(d.tokens) {
			f.ends = append(f.ends, int32(len(f.row)))
		}
		f.docs, f.froms = append(f.docs, int32(p.Doc)), append(f.froms, int32(p.From))
		if d.left -= p.To - p.From; d.left <= 0 {
			delete(f.held, p.Doc)
			f.spare = append(f.spare, d.tokens)
			continue
		}
		f.held[p.Doc] = d
	}
	n := len(f.row)
	for len(f.row) < f.rows {
		f.row = append(f.row, f.pad)
	}
	return f.endRow(n)
}

func appendList(b array.Builder, values []int32) {
	l := b.(*array.ListBuilder)
	l.Append(true)
	l.ValueBuilder().(*array.Int32Builder).AppendValues(values, nil)
}

func (f *arrowForm) endRow(n int) error {
	ids := f.b.Field(0).(*array.FixedSizeListBuilder)
	ids.Append(true)
	ids.ValueBuilder().(*array.Int32Builder).AppendValues(f.row, nil)
	appendList(f.b.Field(1), f.ends)
	f.b.Field(2).(*array.Int32Builder).Append(int32(n))
	appendList(f.b.Field(3), f.docs)
	appendList(f.b.Field(4), f.froms)
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
	if err := f.packer.finish(&f.stats); err != nil {
		return err
	}
	if f.n > 0 {
		if err := f.flush(); err != nil {
			return err
		}
	}
	return f.w.Close()
}

func (f *arrowForm) file() *blob { return f.blob }
