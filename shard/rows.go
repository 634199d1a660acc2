package shard

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/seed-83c59573/quern"
)

// RowReader reads the packed rows of an Arrow file, ours or anybody's that has a column input_ids of FixedSizeList<int32>. Where the
// system maps files and the batches are not compressed, tokens are read in place. Methods may be called from many goroutines.
type RowReader struct {
	file    inplace
	name    string
	cols    int
	meta    arrow.Metadata
	arrow   *ipc.FileReader
	columns [rowColumns]rowColumn
	batches []rowBatch
	starts  []int64 // the first row of each batch, and one past the last
	last    atomic.Pointer[rowData]
}

// PackedRow is one row. What is in place is borrowed until Close and is read-only.
type PackedRow struct {
	Tokens []int32 // all places of the row
	N      int     // how many of them count; the others are padding
	Ends   []int32 // where documents end, ascending; nil if the file does not say
	Docs   []int32 // the document of each piece, its number in the shard; nil if the file does not say
	Froms  []int32 // and its first token here
}

// The columns that are read, and what there is of each.
const (
	rowIDs = iota
	rowN
	rowEnds
	rowDocs
	rowFroms
	rowColumns
)

var rowNames = [rowColumns]string{"input_ids", "n_tokens", "ends", "docs", "froms"}

// rowColumn is where a column's parts are among the nodes and buffers of a batch; node < 0 = there is no such column.
type rowColumn struct{ node, buffer, field int }

// rowBatch is a record batch of the file.
type rowBatch struct {
	offset     int64 // of its message
	meta, body int64 // bytes of both parts
	rows       int64
	packed     bool // its buffers are compressed
	data       *rowData
}

// rowData are the columns of a batch.
type rowData struct {
	batch int
	ids   []int32
	n     []int32
	lists [rowColumns]struct{ offsets, values []int32 }
}

const (
	maxBatch = 1 << 30 // bytes of a batch that are read into memory at once
	maxMeta  = 64 << 20
)

// OpenRows opens an Arrow file of packed rows; close it after use, and after the last row has been read.
func OpenRows(dir quern.Dir, name string) (*RowReader, error) { return openRows(dir, name, true) }

func openRows(dir quern.Dir, name string, mapped bool) (*RowReader, error) {
	file, err := openInPlace(dir, name, mapped)
	if err != nil {
		return nil, err
	}
	r := &RowReader{file: file, name: name, starts: []int64{0}}
	if err := r.parse(); err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}

// Close closes the file.
func (r *RowReader) Close() { r.file.Close() }

// Rows is the number of rows.
func (r *RowReader) Rows() int64 { return r.starts[len(r.starts)-1] }

// Cols is the number of places of a row.
func (r *RowReader) Cols() int { return r.cols }

// Metadata is what the schema says under a key, such as "quern.tokenizer"; "" if nothing.
func (r *RowReader) Metadata(key string) string {
	v, _ := r.meta.GetValue(key)
	return v
}

// Batches is the number of record batches.
func (r *RowReader) Batches() int { return len(r.batches) }

// Batch are the tokens of all rows of a batch, one after the other, in place where Row's are.
func (r *RowReader) Batch(i int) ([]int32, error) {
	d, err := r.load(i)
	if err != nil {
		return nil, err
	}
	return d.ids, nil
}

// Row sets row to row number i.
func (r *RowReader) Row(i int64, row *PackedRow) error {
	if i < 0 || i >= r.Rows() {
		return fmt.Errorf("%s: row %d of %d", r.name, i, r.Rows())
	}
	k := shardOf(r.starts, i)
	d, err := r.load(k)
	if err != nil {
		return err
	}
	at := int(i - r.starts[k])
	if err := d.row(row, at, r.cols); err != nil {
		return fmt.Errorf("%s: row %d: %w", r.name, i, err)
	}
	return nil
}

func (d *rowData) row(row *PackedRow, at, cols int) (err error) {
	defer faulted(&err, debug.SetPanicOnFault(true))
	row.Tokens, row.N = d.ids[at*cols:(at+1)*cols], cols
	if d.n != nil {
		if row.N = int(d.n[at]); row.N < 0 || row.N > cols {
			return fmt.Errorf("%d of %d tokens count", row.N, cols)
		}
	}
	if row.Ends, err = d.list(rowEnds, at); err != nil {
		return err
	}
	if row.Docs, err = d.list(rowDocs, at); err != nil {
		return err
	}
	if row.Froms, err = d.list(rowFroms, at); err != nil {
		return err
	}
	before := int32(0)
	for _, e := range row.Ends {
		if e <= before || int(e) > row.N {
			return fmt.Errorf("a document ends at %d behind %d, %d tokens count", e, before, row.N)
		}
		before = e
	}
	return nil
}

// list is what a column of lists has in a row; nil if there is no such column.
func (d *rowData) list(c, at int) ([]int32, error) {
	l := &d.lists[c]
	if l.offsets == nil {
		return nil, nil
	}
	from, to := int(l.offsets[at]), int(l.offsets[at+1])
	if from < 0 || to < from || to > len(l.values) {
		return nil, fmt.Errorf("%s are values [%d, %d) of %d", rowNames[c], from, to, len(l.values))
	}
	return l.values[from:to:to], nil
}

// parse reads the footer: the schema and where the batches are.
func (r *RowReader) parse() error {
	const magic = "ARROW1"
	size := r.file.Size()
	tail := make([]byte, 10)
	if size < 8+10 {
		return fmt.Errorf("%d bytes are no Arrow file", size)
	}
	if err := r.file.read(tail, size-10); err != nil {
		return err
	}
	n := int64(binary.LittleEndian.Uint32(tail))
	if string(tail[4:]) != magic {
		return fmt.Errorf("not an Arrow file, which ends with %s (one that is a stream does not)", magic)
	}
	if n > size-18 || n > maxMeta {
		return fmt.Errorf("a footer of %d bytes in a file of %d", n, size)
	}
	footer := flat{b: make([]byte, n)}
	if err := r.file.read(footer.b, size-10-n); err != nil {
		return err
	}
	root := footer.root()
	dicts, blocks := footer.vector(root, 2, 24), footer.vector(root, 3, 24)
	footer.schema(root)
	if footer.bad || len(dicts) > 0 {
		return fmt.Errorf("footer at offset %d: damaged, or with dictionaries, of which packed rows have none", size-10-n)
	}
	if err := calmly(r.schema); err != nil {
		return fmt.Errorf("footer at offset %d: %w", size-10-n, err)
	}
	for i := 0; len(blocks) > 0; i, blocks = i+1, blocks[24:] {
		b := rowBatch{offset: int64(binary.LittleEndian.Uint64(blocks)), meta: int64(binary.LittleEndian.Uint32(blocks[8:])), body: int64(binary.LittleEndian.Uint64(blocks[16:]))}
		if b.offset < 0 || b.offset%8 != 0 || b.meta > maxMeta || b.body < 0 || b.offset > size-b.meta || b.body > size-b.meta-b.offset {
			return fmt.Errorf("batch %d: bytes [%d, +%d, +%d) of %d", i, b.offset, b.meta, b.body, size)
		}
		if err := r.batch(i, &b); err != nil {
			return fmt.Errorf("batch %d at offset %d: %w", i, b.offset, err)
		}
		r.batches = append(r.batches, b)
		r.starts = append(r.starts, r.Rows()+b.rows)
	}
	return nil
}

// schema reads the schema and finds the columns.
func (r *RowReader) schema() (err error) {
	if r.arrow, err = ipc.NewFileReader(&seeker{inplace: &r.file}); err != nil {
		return err
	}
	s := r.arrow.Schema()
	r.meta = s.Metadata()
	if !s.IsNativeEndian() {
		return fmt.Errorf("the file has its bytes in another order than this machine")
	}
	for c := range r.columns {
		r.columns[c].node = -1
	}
	node, buffer := 0, 0
	for i, f := range s.Fields() {
		for c, name := range rowNames {
			if f.Name != name {
				continue
			}
			if err := r.column(c, f.Type); err != nil {
				return err
			}
			r.columns[c] = rowColumn{node, buffer, i}
		}
		n, b, err := parts(f.Type)
		if err != nil {
			return fmt.Errorf("column %s: %w", f.Name, err)
		}
		node, buffer = node+n, buffer+b
	}
	if r.cols == 0 {
		return fmt.Errorf("there is no column input_ids")
	}
	return nil
}

// column checks the type of a column.
func (r *RowReader) column(c int, t arrow.DataType) error {
	switch c {
	case rowIDs:
		l, ok := t.(*arrow.FixedSizeListType)
		if !ok || l.Elem().ID() != arrow.INT32 && l.Elem().ID() != arrow.UINT32 || l.Len() < 1 || l.Len() > packEveryRow {
			return fmt.Errorf("column input_ids is %v, want fixed_size_list<int32>[1 to %d]", t, packEveryRow)
		}
		r.cols = int(l.Len())
	case rowN:
		if t.ID() != arrow.INT32 {
			return fmt.Errorf("column %s is %v, want int32", rowNames[c], t)
		}
	default:
		if l, ok := t.(*arrow.ListType); !ok || l.Elem().ID() != arrow.INT32 {
			return fmt.Errorf("column %s is %v, want list<int32>", rowNames[c], t)
		}
	}
	return nil
}

// parts counts the nodes and buffers that a column of a type has in a batch (Arrow Columnar Format, Recordbatch message).
func parts(t arrow.DataType) (nodes, buffers int, err error) {
	switch t.ID() {
	case arrow.NULL:
		return 1, 0, nil
	case arrow.STRING, arrow.BINARY, arrow.LARGE_STRING, arrow.LARGE_BINARY:
		return 1, 3, nil
	case arrow.STRUCT, arrow.LIST, arrow.LARGE_LIST, arrow.MAP, arrow.FIXED_SIZE_LIST:
		nodes, buffers = 1, 2
		if t.ID() == arrow.STRUCT || t.ID() == arrow.FIXED_SIZE_LIST {
			buffers = 1
		}
		for _, f := range t.(arrow.NestedType).Fields() {
			n, b, err := parts(f.Type)
			if err != nil {
				return 0, 0, err
			}
			nodes, buffers = nodes+n, buffers+b
		}
		return nodes, buffers, nil
	}
	if _, ok := t.(arrow.FixedWidthDataType); ok && t.ID() != arrow.DICTIONARY && t.ID() != arrow.EXTENSION {
		return 1, 2, nil
	}
	return 0, 0, fmt.Errorf("its type %v is not read beside packed rows", t)
}

// seeker lets Arrow's reader have a file.
type seeker struct {
	*inplace
	at int64
}

func (s *seeker) ReadAt(b []byte, at int64) (int, error) {
	if err := s.read(b, at); err != nil {
		return 0, err
	}
	return len(b), nil
}

func (s *seeker) Read([]byte) (int, error) { return 0, errors.ErrUnsupported } // it reads at offsets only

func (s *seeker) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case 1:
		offset += s.at
	case 2:
		offset += s.Size()
	}
	s.at = offset
	return offset, nil
}
