package ingest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// What a foreign Parquet file may ask for. Readers allocate what a footer or a page header says; here it is first held against the
// bytes that are there.
const (
	maxFooter     = 64 << 20
	maxElements   = 1 << 19 // structures in one footer: columns × row groups and the like
	maxThriftDeep = 32
	maxSchemaDeep = 64
	maxPage       = 128 << 20 // bytes of one page, unpacked
	maxPageHeader = 64 << 20  // some writers put the least and the greatest value in, whole
)

// checkFooter reads the footer of a Parquet file and holds everything that it says against the file.
func checkFooter(r io.ReaderAt, size int64) (*format.FileMetaData, error) {
	if size < 12 {
		return nil, fmt.Errorf("%d bytes cannot be Parquet", size)
	}
	var head [4]byte
	var tail [8]byte
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return nil, err
	}
	if _, err := r.ReadAt(tail[:], size-8); err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case string(tail[4:]) == "PARE" || string(head[:]) == "PARE":
		return nil, errors.New("encrypted: its footer cannot be read")
	case string(head[:]) != "PAR1":
		return nil, errors.New("no magic number at the start")
	case string(tail[4:]) != "PAR1":
		return nil, errors.New("no magic number at the end: cut, or never finished")
	}
	n := int64(binary.LittleEndian.Uint32(tail[:4]))
	if n == 0 || n > min(size-12, maxFooter) {
		return nil, fmt.Errorf("a footer of %d bytes in a file of %d", n, size)
	}
	footer := make([]byte, n)
	if _, err := r.ReadAt(footer, size-8-n); err != nil {
		return nil, err
	}
	c := compact{b: footer}
	if err := c.structure(0, 0); err != nil {
		return nil, fmt.Errorf("footer, byte %d: %w", c.at, err)
	}
	if c.at != len(footer) {
		return nil, fmt.Errorf("footer: %d bytes after its end", len(footer)-c.at)
	}
	var m format.FileMetaData
	if err := thrift.Unmarshal(&thrift.CompactProtocol{}, footer, &m); err != nil {
		return nil, fmt.Errorf("footer: %w", err)
	}
	leaves, err := checkSchema(m.Schema)
	if err != nil {
		return nil, err
	}
	return &m, checkGroups(&m, leaves, size-8-n)
}

// checkSchema checks that the flat list is one tree of bounded depth with distinct names, and returns its leaves.
func checkSchema(all []format.SchemaElement) (leaves []*format.SchemaElement, err error) {
	if len(all) == 0 {
		return nil, errors.New("an empty schema")
	}
	at := 0
	var walk func(depth int) error
	walk = func(depth int) error {
		if depth > maxSchemaDeep {
			return fmt.Errorf("a schema deeper than %d", maxSchemaDeep)
		}
		e := &all[at]
		at++
		if e.Type.Valid && depth > 0 {
			leaves = append(leaves, e)
			return nil
		}
		n := int(e.NumChildren.V)
		if n < 0 || n > len(all)-at {
			return fmt.Errorf("schema element %q: %d children", e.Name, n)
		}
		names := make(map[string]bool, n)
		for range n {
			if at >= len(all) {
				return errors.New("a schema with children missing")
			}
			if name := all[at].Name; names[name] {
				return fmt.Errorf("two columns named %q", name)
			} else {
				names[name] = true
			}
			if err := walk(depth + 1); err != nil {
				return err
			}
		}
		return nil
	}
	if err := walk(0); err != nil {
		return nil, err
	}
	if at != len(all) {
		return nil, errors.New("a schema with elements left over")
	}
	return leaves, nil
}

func checkGroups(m *format.FileMetaData, leaves []*format.SchemaElement, end int64) error {
	var rows int64
	for g := range m.RowGroups {
		group := &m.RowGroups[g]
		if group.NumRows < 0 || group.NumRows > math.MaxInt32 || len(group.Columns) != len(leaves) {
			return fmt.Errorf("row group %d: %d rows, %d of %d columns", g, group.NumRows, len(group.Columns), len(leaves))
		}
		rows += group.NumRows
		for i := range group.Columns {
			c := &group.Columns[i].MetaData
			if group.Columns[i].FilePath != "" {
				return fmt.Errorf("row group %d: a column in another file", g)
			}
			from, size := chunkPlace(c)
			switch {
			case c.Type != leaves[i].Type.V:
				return fmt.Errorf("row group %d, column %q: %v, but the schema says %v", g, leaves[i].Name, c.Type, leaves[i].Type.V)
			case from < 4 || size < 0 || from > end || size > end-from || c.DataPageOffset < from || c.DataPageOffset-from > size:
				return fmt.Errorf("row group %d, column %q: lies outside the file", g, leaves[i].Name)
			case c.NumValues < 0 || c.NumValues > math.MaxInt32 || c.TotalUncompressedSize < 0:
				return fmt.Errorf("row group %d, column %q: %d values", g, leaves[i].Name, c.NumValues)
			case c.Codec < 0 || c.Codec > format.Lz4Raw:
				return fmt.Errorf("row group %d, column %q: unknown codec %d", g, leaves[i].Name, c.Codec)
			}
		}
	}
	if rows != m.NumRows {
		return fmt.Errorf("%d rows, but its row groups have %d", m.NumRows, rows)
	}
	return nil
}

// chunkPlace is where the pages of a column chunk lie: offset and bytes.
func chunkPlace(c *format.ColumnMetaData) (from, size int64) {
	from = c.DataPageOffset
	if c.DictionaryPageOffset > 0 && c.DictionaryPageOffset < from {
		from = c.DictionaryPageOffset
	}
	return from, c.TotalCompressedSize
}

// pageFacts is what a page header says that costs memory.
type pageFacts struct {
	kind, size, packed int64
	crc                uint32
	hasCRC             bool
	values             int64 // of a data page; -1 = no data page
	entries            int64 // of a dictionary

	encoding, defEncoding int64
	defBytes, repBytes    int64 // of levels, in a page of the second version
	isPacked              bool
}

// checkPages walks the headers of a column chunk: sizes and counts against the bytes present, checksums where there are any.
func checkPages(r io.ReaderAt, c *format.ColumnMetaData, buf []byte) ([]byte, error) {
	at, size := chunkPlace(c)
	end := at + size
	var values int64
	for at < end {
		p, n, err := readPageHeader(r, at, end)
		if err != nil {
			return buf, fmt.Errorf("page at %d: %w", at, err)
		}
		at += n
		switch {
		case p.packed < 0 || p.packed > end-at:
			return buf, fmt.Errorf("page at %d: %d packed bytes, %d are left", at, p.packed, end-at)
		case p.size < 0 || p.size > maxPage:
			return buf, fmt.Errorf("page at %d: %d bytes when unpacked, the limit is %d", at, p.size, maxPage)
		case p.entries < 0 || p.entries > p.size && c.Type != format.Boolean:
			return buf, fmt.Errorf("page at %d: a dictionary of %d entries in %d bytes", at, p.entries, p.size)
		case p.values < -1 || p.values > c.NumValues-values:
			return buf, fmt.Errorf("page at %d: %d values, %d are left", at, p.values, c.NumValues-values)
		case p.kind != 0 && p.kind != 2 && p.kind != 3 && p.kind != 1:
			return buf, fmt.Errorf("page at %d: unknown type %d", at, p.kind)
		}
		values += max(p.values, 0)
		if int64(cap(buf)) < p.packed {
			buf = make([]byte, p.packed)
		}
		buf = buf[:p.packed]
		if _, err := r.ReadAt(buf, at); err != nil {
			return buf, err
		}
		if p.hasCRC && crc32.ChecksumIEEE(buf) != p.crc {
			return buf, fmt.Errorf("page at %d: checksum does not match", at)
		}
		if p.kind != 1 {
			if err := checkUnpacked(c.Codec, p, buf); err != nil {
				return buf, fmt.Errorf("page at %d: %w", at, err)
			}
		}
		at += p.packed
	}
	if values != c.NumValues {
		return buf, fmt.Errorf("column of %d values, its pages have %d", c.NumValues, values)
	}
	return buf, nil
}

func readPageHeader(r io.ReaderAt, at, end int64) (p pageFacts, n int64, err error) {
	for room := int64(4096); ; room = min(16*room, maxPageHeader) {
		b := make([]byte, min(room, end-at))
		if _, err := r.ReadAt(b, at); err != nil && err != io.EOF {
			return p, 0, err
		}
		p = pageFacts{values: -1, kind: -1, isPacked: true}
		c := compact{b: b, visit: p.take}
		if err = c.structure(0, 0); err == nil {
			return p, int64(c.at), nil
		}
		if room == maxPageHeader || room > end-at {
			return p, 0, err
		}
	}
}

// take takes an integer or boolean of a page header (parquet.thrift, PageHeader).
func (p *pageFacts) take(parent, field int, v int64) {
	switch [2]int{parent, field} {
	case [2]int{0, 1}:
		p.kind = v
	case [2]int{0, 2}:
		p.size = v
	case [2]int{0, 3}:
		p.packed = v
	case [2]int{0, 4}:
		p.crc, p.hasCRC = uint32(v), true
	case [2]int{5, 1}, [2]int{8, 1}:
		p.values = v
		if v < 0 {
			p.values = -2
		}
	case [2]int{7, 1}:
		p.entries = v
	case [2]int{5, 2}, [2]int{8, 4}:
		p.encoding = v
	case [2]int{5, 3}:
		p.defEncoding = v
	case [2]int{8, 5}:
		p.defBytes = v
	case [2]int{8, 6}:
		p.repBytes = v
	case [2]int{8, 7}:
		p.isPacked = v != 0
	}
}

// checkUnpacked refuses a page that would unpack to more than its header says, before a library asks for the memory.
func checkUnpacked(codec format.CompressionCodec, p pageFacts, b []byte) error {
	switch codec {
	case format.Snappy:
		if p.kind == 3 { // its levels are not packed, so the block starts further on; its size is bounded by the page's
			return nil
		}
		if n, k := binary.Uvarint(b); k <= 0 && len(b) > 0 || int64(n) != p.size {
			return fmt.Errorf("a snappy block of %d bytes, the page says %d", n, p.size)
		}
	case format.Zstd:
		var h zstd.Header
		if h.Decode(b) == nil && h.HasFCS && int64(h.FrameContentSize) <= p.size || p.kind == 3 || len(b) == 0 {
			return nil
		}
		z, err := zstd.NewReader(bytes.NewReader(b), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxPage))
		if err != nil {
			return err
		}
		defer z.Close()
		return atMost(z, p.size)
	case format.Gzip:
		if int64(len(b))*1032 <= maxPage || p.kind == 3 {
			return nil
		}
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			return err
		}
		return atMost(z, p.size)
	case format.Brotli:
		if p.kind == 3 {
			return nil
		}
		return atMost(brotli.NewReader(bytes.NewReader(b)), p.size)
	case format.LZO:
		return fmt.Errorf("codec %v is not read", codec)
	}
	return nil
}

func atMost(r io.Reader, n int64) error {
	got, err := io.Copy(io.Discard, io.LimitReader(r, n+1))
	if err == nil && got > n {
		err = fmt.Errorf("unpacks to more than the %d bytes that it says", n)
	}
	return err
}
