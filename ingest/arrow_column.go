package ingest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// arrowColumn is a column of one batch, in memory and checked: no row can lead outside its buffers.
type arrowColumn struct {
	chain []*arrowField // the structs that lead to it, and itself
	valid [][]byte      // bitmaps: of the structs that lead to it, and its own
	data  [3][]byte     // its buffers without validity: values; offsets and values; views
	more  [][]byte      // what views point into
	dict  *arrowDict
	cell  func(c *arrowColumn, i int) []byte // the value of row i, which is not null
	buf   []byte                             // for values that are written out
	store [5][]byte                          // what buffers are read into
}

// arrowDict is the dictionary of a column.
type arrowDict struct {
	values [][]byte // nil = null
	bytes  int64
}

func (f *arrowField) stringly() bool {
	k := f.kind
	return k == arrowUtf8 || k == arrowBinary || k == arrowLargeUtf8 || k == arrowLargeBinary || k == arrowUtf8View || k == arrowBinaryView
}

// readable says whether rows of f can become a field of a document, and how.
func (f *arrowField) readable(text bool) (func(c *arrowColumn, i int) []byte, bool) {
	whole := !f.unsigned || f.width < 8
	fits := f.width == 1 || f.width == 2 || f.width == 4 || f.width == 8
	switch {
	case f.isDict:
		return dictCell, f.stringly() && fits
	case f.kind == arrowUtf8 || f.kind == arrowBinary:
		return offsetCell32, true
	case f.kind == arrowLargeUtf8 || f.kind == arrowLargeBinary:
		return offsetCell64, true
	case f.stringly():
		return viewCell, true
	case text:
		return nil, false
	case f.kind == arrowInt && fits:
		return func(c *arrowColumn, i int) []byte {
			v := c.integer(i)
			if !whole {
				return strconv.AppendUint(c.buf[:0], uint64(v), 10)
			}
			return strconv.AppendInt(c.buf[:0], v, 10)
		}, true
	case f.kind == arrowDate:
		per := int64(86400)
		if f.unit != 0 {
			per = -1000
		}
		return timeCell(per), true
	case f.kind == arrowTimestamp && f.unit >= 0 && f.unit <= 3:
		return timeCell([]int64{1, -1e3, -1e6, -1e9}[f.unit]), true
	}
	return nil, false
}

// timeCell writes times of per seconds each, or of -per to the second.
func timeCell(per int64) func(c *arrowColumn, i int) []byte {
	return func(c *arrowColumn, i int) []byte {
		v := c.integer(i)
		t := time.Unix(v*per, 0)
		if per < 0 {
			t = time.Unix(v/-per, v%-per*(1e9/-per))
		}
		return t.UTC().AppendFormat(c.buf[:0], time.RFC3339Nano)
	}
}

func dictCell(c *arrowColumn, i int) []byte { return c.dict.values[c.integer(i)] }

func offsetCell32(c *arrowColumn, i int) []byte {
	at := c.data[0][4*i:]
	return c.data[1][binary.LittleEndian.Uint32(at):binary.LittleEndian.Uint32(at[4:])]
}

func offsetCell64(c *arrowColumn, i int) []byte {
	at := c.data[0][8*i:]
	return c.data[1][binary.LittleEndian.Uint64(at):binary.LittleEndian.Uint64(at[8:])]
}

func viewCell(c *arrowColumn, i int) []byte {
	v := c.data[0][16*i : 16*i+16]
	n := binary.LittleEndian.Uint32(v)
	if n <= 12 {
		return v[4 : 4+n]
	}
	from := binary.LittleEndian.Uint32(v[12:])
	return c.more[binary.LittleEndian.Uint32(v[8:])][from:][:n]
}

// integer is the value of an integer column, or the index into a dictionary.
func (c *arrowColumn) integer(i int) int64 {
	f, b := c.chain[len(c.chain)-1], c.data[0]
	switch f.width {
	case 1:
		if f.unsigned {
			return int64(b[i])
		}
		return int64(int8(b[i]))
	case 2:
		v := binary.LittleEndian.Uint16(b[2*i:])
		if f.unsigned {
			return int64(v)
		}
		return int64(int16(v))
	case 4:
		v := binary.LittleEndian.Uint32(b[4*i:])
		if f.unsigned {
			return int64(v)
		}
		return int64(int32(v))
	}
	return int64(binary.LittleEndian.Uint64(b[8*i:]))
}

func (c *arrowColumn) null(i int) bool {
	for _, v := range c.valid {
		if v != nil && v[i>>3]>>(i&7)&1 == 0 {
			return true
		}
	}
	return false
}

// value is the cell of row i; nil if it is null.
func (c *arrowColumn) value(i int) []byte {
	if c == nil || c.null(i) {
		return nil
	}
	v := c.cell(c, i)
	if v == nil && c.dict == nil {
		v = []byte{}
	}
	return v
}

// arrowBody reads buffers from the body of a batch.
type arrowBody struct {
	r      io.ReaderAt
	at     int64
	packed int
	raw    []byte
	zstd   *zstd.Decoder
	lz4    *lz4.Reader
}

// buffer reads one buffer into dst, unpacked.
func (b *arrowBody) buffer(s span, dst []byte) ([]byte, error) {
	if s.n > maxArrowBuffer {
		return dst, fmt.Errorf("a buffer of %d bytes, the limit is %d", s.n, maxArrowBuffer)
	}
	if b.packed == 0 || s.n == 0 {
		return readAt(b.r, b.at+s.from, s.n, dst)
	}
	var err error
	if b.raw, err = readAt(b.r, b.at+s.from, s.n, b.raw); err != nil {
		return dst, err
	}
	if s.n < 8 {
		return dst, errors.New("a packed buffer without its size")
	}
	size, in := int64(binary.LittleEndian.Uint64(b.raw)), b.raw[8:]
	switch {
	case size == -1:
		return append(dst[:0], in...), nil
	case size < 0 || size > maxArrowBuffer || size > max(freeBytes, maxExpansion*s.n):
		return dst, fmt.Errorf("a packed buffer that says %d bytes", size)
	}
	var z io.Reader
	if b.packed == 2 {
		if b.zstd == nil {
			if b.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderMaxMemory(maxArrowBuffer)); err != nil {
				return dst, err
			}
		}
		if err := b.zstd.Reset(bytes.NewReader(in)); err != nil {
			return dst, err
		}
		z = b.zstd
	} else {
		if b.lz4 == nil {
			b.lz4 = lz4.NewReader(nil)
		}
		b.lz4.Reset(bytes.NewReader(in))
		z = b.lz4
	}
	out := bytes.NewBuffer(dst[:0])
	err = guard(func() error {
		_, err := out.ReadFrom(io.LimitReader(z, size+1))
		return err
	})
	if err == nil && int64(out.Len()) != size {
		err = fmt.Errorf("a packed buffer that says %d bytes has not as many", size)
	}
	return out.Bytes(), err
}

// readAt reads n bytes, of which the caller knows that they are in the file.
func readAt(r io.ReaderAt, at, n int64, dst []byte) ([]byte, error) {
	if int64(cap(dst)) < n {
		dst = make([]byte, n, n+n/8)
	}
	dst = dst[:n]
	if _, err := r.ReadAt(dst, at); err != nil && !(err == io.EOF && n == 0) {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return dst, err
	}
	return dst, nil
}

// load reads the column from a batch and checks it.
func (c *arrowColumn) load(b *arrowBatch, body *arrowBody) error {
	c.valid, c.more = c.valid[:0], c.more[:0]
	for i, f := range c.chain {
		n, nulls := b.node(f.node)
		if n != b.rows {
			return fmt.Errorf("%d values in a batch of %d rows", n, b.rows)
		}
		if nulls == 0 {
			continue
		}
		last := i == len(c.chain)-1
		var dst []byte
		if last {
			dst = c.store[0]
		}
		v, err := body.buffer(b.span(b.first(f)), dst)
		if err != nil {
			return err
		}
		if last {
			c.store[0] = v
		}
		if int64(len(v)) < (n+7)/8 {
			return fmt.Errorf("a bitmap of %d bytes for %d rows", len(v), n)
		}
		c.valid = append(c.valid, v)
	}
	f := c.chain[len(c.chain)-1]
	first := b.first(f) + 1
	count := 1
	if !f.isDict && f.stringly() && f.kind != arrowUtf8View && f.kind != arrowBinaryView {
		count = 2
	}
	for i := range count {
		v, err := body.buffer(b.span(first+i), c.store[1+i])
		if err != nil {
			return err
		}
		c.store[1+i], c.data[i] = v, v
	}
	if !f.isDict && (f.kind == arrowUtf8View || f.kind == arrowBinaryView) {
		for i := range int(b.views[f.views]) {
			v, err := body.buffer(b.span(first+1+i), nil)
			if err != nil {
				return err
			}
			c.more = append(c.more, v)
		}
	}
	return c.check(f, b.rows)
}

// check holds what the rows point to against the buffers.
func (c *arrowColumn) check(f *arrowField, rows int64) error {
	have := int64(len(c.data[0]))
	switch {
	case rows == 0:
		return nil
	case f.isDict || !f.stringly():
		if have < rows*int64(f.width) {
			return fmt.Errorf("%d bytes for %d rows", have, rows)
		}
		if !f.isDict {
			return nil
		}
		if c.dict == nil {
			return errors.New("its dictionary is missing")
		}
		for i := range int(rows) {
			if !c.null(i) {
				if v := c.integer(i); v < 0 || v >= int64(len(c.dict.values)) {
					return fmt.Errorf("row %d: index %d into a dictionary of %d", i, v, len(c.dict.values))
				}
			}
		}
		return nil
	case f.kind == arrowUtf8View || f.kind == arrowBinaryView:
		return c.checkViews(rows)
	}
	size := int64(4)
	if f.kind == arrowLargeUtf8 || f.kind == arrowLargeBinary {
		size = 8
	}
	if have < (rows+1)*size {
		return fmt.Errorf("%d bytes of offsets for %d rows", have, rows)
	}
	last := int64(0)
	for i := range rows + 1 {
		var v int64
		if size == 4 {
			v = int64(int32(binary.LittleEndian.Uint32(c.data[0][4*i:])))
		} else {
			v = int64(binary.LittleEndian.Uint64(c.data[0][8*i:]))
		}
		if v < last || v > int64(len(c.data[1])) {
			return fmt.Errorf("row %d: offset %d after %d in %d bytes", i, v, last, len(c.data[1]))
		}
		last = v
	}
	return nil
}

func (c *arrowColumn) checkViews(rows int64) error {
	if int64(len(c.data[0])) < 16*rows {
		return fmt.Errorf("%d bytes of views for %d rows", len(c.data[0]), rows)
	}
	for i := range int(rows) {
		v := c.data[0][16*i : 16*i+16]
		n := binary.LittleEndian.Uint32(v)
		if n <= 12 || c.null(i) {
			continue
		}
		k, from := binary.LittleEndian.Uint32(v[8:]), binary.LittleEndian.Uint32(v[12:])
		if n > math.MaxInt32 || uint64(k) >= uint64(len(c.more)) || uint64(from)+uint64(n) > uint64(len(c.more[k])) {
			return fmt.Errorf("row %d: a view outside its buffers", i)
		}
	}
	return nil
}
