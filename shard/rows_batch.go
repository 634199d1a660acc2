package shard

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// batch reads the message of a record batch: how many rows it has and, where the file is mapped, where its columns are.
func (r *RowReader) batch(i int, b *rowBatch) error {
	m, batch, err := r.message(b)
	if err != nil {
		return err
	}
	if b.rows = m.number(batch, 0); b.rows < 0 || b.rows > r.file.Size() {
		return fmt.Errorf("%d rows", b.rows)
	}
	if b.packed = m.table(batch, 3) > 0; m.bad {
		return errMessage
	}
	if r.file.mem == nil || b.packed {
		return nil
	}
	at := b.offset + b.meta
	b.data, err = r.data(i, b, m, batch, r.file.mem[at:at+b.body])
	return err
}

var errMessage = errors.New("damaged message")

// message reads the metadata of a batch.
func (r *RowReader) message(b *rowBatch) (m *flat, batch int, err error) {
	raw := make([]byte, b.meta)
	if err := r.file.read(raw, b.offset); err != nil {
		return nil, 0, err
	}
	if len(raw) < 8 {
		return nil, 0, errMessage
	}
	prefix := 4 // of files before Arrow 0.15
	if binary.LittleEndian.Uint32(raw) == 0xFFFFFFFF {
		prefix = 8
	}
	m = &flat{b: raw[prefix:]}
	root := m.root()
	kind := m.field(root, 1)
	if kind == 0 || m.bad || m.b[min(kind, len(m.b)-1)] != 3 {
		return nil, 0, fmt.Errorf("%w: not a record batch", errMessage)
	}
	if batch = m.table(root, 2); batch == 0 || m.bad {
		return nil, 0, errMessage
	}
	return m, batch, nil
}

// load gives the columns of batch i: those in place, or of the batch that was read last, or read now.
func (r *RowReader) load(i int) (*rowData, error) {
	b := &r.batches[i]
	if b.data != nil {
		return b.data, nil
	}
	if d := r.last.Load(); d != nil && d.batch == i {
		return d, nil
	}
	d, err := r.fetch(i, b)
	if err != nil {
		return nil, fmt.Errorf("%s: batch %d at offset %d: %w", r.name, i, b.offset, err)
	}
	r.last.Store(d)
	return d, nil
}

func (r *RowReader) fetch(i int, b *rowBatch) (*rowData, error) {
	if b.body > maxBatch {
		return nil, fmt.Errorf("%d bytes, at most %d are read at once", b.body, maxBatch)
	}
	m, batch, err := r.message(b)
	if err != nil {
		return nil, err
	}
	if !b.packed {
		body := make([]byte, b.body)
		if err := r.file.read(body, b.offset+b.meta); err != nil {
			return nil, err
		}
		return r.data(i, b, m, batch, body)
	}
	if err := r.unpacked(b, m, batch); err != nil {
		return nil, err
	}
	d := &rowData{batch: i}
	err = calmly(func() error {
		rec, err := r.arrow.RecordAt(i)
		if err != nil {
			return err
		}
		return r.record(d, b, rec) // its memory is Go's own: it is never released
	})
	return d, err
}

// unpacked bounds what a compressed batch unpacks to, before Arrow's reader asks for the memory.
func (r *RowReader) unpacked(b *rowBatch, m *flat, batch int) error {
	buffers := m.vector(batch, 2, 16)
	total := int64(0)
	for ; len(buffers) > 0; buffers = buffers[16:] {
		offset, n := int64(binary.LittleEndian.Uint64(buffers)), int64(binary.LittleEndian.Uint64(buffers[8:]))
		if n == 0 {
			continue
		}
		if offset < 0 || n < 8 || offset > b.body-n {
			return fmt.Errorf("a buffer of bytes [%d, +%d) in a body of %d", offset, n, b.body)
		}
		var size [8]byte
		if err := r.file.read(size[:], b.offset+b.meta+offset); err != nil {
			return err
		}
		s := int64(binary.LittleEndian.Uint64(size[:]))
		if s == -1 { // stored as it is
			s = n - 8
		}
		if s < 0 || s > maxBatch-total {
			return fmt.Errorf("unpacks to more than %d bytes", maxBatch)
		}
		total += s
	}
	if m.bad {
		return errMessage
	}
	return nil
}

// record takes the columns out of a batch that Arrow's reader has read.
func (r *RowReader) record(d *rowData, b *rowBatch, rec arrow.Record) error {
	values := func(a arrow.Array) []int32 {
		switch a := a.(type) {
		case *array.Int32:
			return a.Int32Values()
		case *array.Uint32:
			return signed(a.Uint32Values())
		}
		return nil
	}
	for c, col := range r.columns {
		if col.node < 0 {
			continue
		}
		a := rec.Column(col.field)
		nulls := a.NullN()
		if l, ok := a.(array.ListLike); ok {
			nulls += l.ListValues().NullN()
		}
		if nulls > 0 || int64(a.Len()) != b.rows {
			return fmt.Errorf("column %s: %d nulls in %d rows of %d", rowNames[c], nulls, a.Len(), b.rows)
		}
		switch a := a.(type) {
		case *array.FixedSizeList:
			d.ids = values(a.ListValues())
		case *array.List:
			d.lists[c].offsets, d.lists[c].values = a.Offsets(), values(a.ListValues())
		default:
			d.n = values(a)
		}
	}
	return r.fits(d, b)
}

// fits checks that the columns are as long as the rows need.
func (r *RowReader) fits(d *rowData, b *rowBatch) error {
	if int64(len(d.ids))/int64(r.cols) < b.rows {
		return fmt.Errorf("%d tokens in %d rows of %d", len(d.ids), b.rows, r.cols)
	}
	d.ids = d.ids[:b.rows*int64(r.cols)]
	if r.columns[rowN].node >= 0 && int64(len(d.n)) < b.rows {
		return fmt.Errorf("column n_tokens has %d values in %d rows", len(d.n), b.rows)
	}
	for c := rowEnds; c < rowColumns; c++ {
		if o := d.lists[c].offsets; r.columns[c].node >= 0 && b.rows > 0 && int64(len(o)) <= b.rows {
			return fmt.Errorf("column %s has %d offsets in %d rows", rowNames[c], len(o), b.rows)
		}
	}
	return nil
}

// data finds the columns of a batch in its body.
func (r *RowReader) data(i int, b *rowBatch, m *flat, batch int, body []byte) (*rowData, error) {
	nodes, buffers := m.vector(batch, 1, 16), m.vector(batch, 2, 16)
	if m.bad {
		return nil, errMessage
	}
	d := &rowData{batch: i}
	var bad error
	take := func(c, k int) []int32 {
		if 16*k+16 > len(buffers) {
			bad = errMessage
			return nil
		}
		at, n := int64(binary.LittleEndian.Uint64(buffers[16*k:])), int64(binary.LittleEndian.Uint64(buffers[16*k+8:]))
		if at < 0 || n < 0 || at > int64(len(body))-n {
			bad = fmt.Errorf("column %s: bytes [%d, +%d) in a body of %d", rowNames[c], at, n, len(body))
			return nil
		}
		v, ok := lent(body[at : at+n])
		if !ok {
			v = make([]int32, n/4)
			bad = lower(v, body[at:at+n], 4)
		}
		return v
	}
	for c, col := range r.columns {
		if col.node < 0 {
			continue
		}
		if 16*col.node+32 > len(nodes) && c != rowN || 16*col.node+16 > len(nodes) {
			return nil, errMessage
		}
		rows, nulls := int64(binary.LittleEndian.Uint64(nodes[16*col.node:])), int64(binary.LittleEndian.Uint64(nodes[16*col.node+8:]))
		if c != rowN {
			nulls |= int64(binary.LittleEndian.Uint64(nodes[16*col.node+24:])) // of the values
		}
		if nulls != 0 || rows != b.rows {
			return nil, fmt.Errorf("column %s: %d nulls in %d rows of %d", rowNames[c], nulls, rows, b.rows)
		}
		switch c {
		case rowIDs: // validity; then those of the values: validity, values
			d.ids = take(c, col.buffer+2)
		case rowN:
			d.n = take(c, col.buffer+1)
		default: // validity, offsets; values
			d.lists[c].offsets, d.lists[c].values = take(c, col.buffer+1), take(c, col.buffer+3)
		}
		if bad != nil {
			return nil, bad
		}
	}
	return d, r.fits(d, b)
}
