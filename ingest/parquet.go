package ingest

import (
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/seed-83c59573/quern"
)

// NewParquet reads Parquet files by the columns that f names; other columns are not read. The text must be a byte array, with or
// without the mark of a string; the other fields may be integers, and the time a timestamp or a date. A column that is not there
// reads as nothing, except the text. A document's ID is made from the ID column, or from the text.
//
// A file is refused (bad-parquet) before any of its documents goes out: footer, schema and page headers are held against the bytes
// present, checksums are compared, and all pages that are needed are decoded once for nothing. Of a file larger than a unit, each
// unit does so for its own row groups. Pages are at most 128 MiB, texts 16 MiB. Brotli and LZO are not read.
//
// Reasons: no-text (null), empty-text, invalid-utf8, text-too-long.
func NewParquet(o Options, f Fields) (Reader, error) {
	if f.Text == "" {
		return nil, fmt.Errorf("ingest: source %q: the text column has no name", o.Name)
	}
	return newSource(o, &parquetFormat{f})
}

// Parquet is what a spec may say of Parquet files.
type Parquet struct {
	Fields Fields `yaml:"-"`
}

func (c *Parquet) Columns() *Fields                 { return &c.Fields }
func (c *Parquet) Reader(o Options) (Reader, error) { return NewParquet(o, c.Fields) }

type parquetFormat struct{ fields Fields }

func (x *parquetFormat) wants(name string) bool { return isParquet(name) }

func isParquet(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".parquet" || ext == ".pq"
}

func (x *parquetFormat) pieces(f input, unit int64) []piece {
	whole := []piece{{f.part(), f.size}}
	d, err := f.open()
	if err != nil {
		return whole
	}
	defer d.Close()
	m, err := checkFooter(d, f.size)
	if err != nil || len(m.RowGroups) < 2 {
		return whole
	}
	var all []piece
	var from, size int64
	for g := range m.RowGroups {
		for _, c := range m.RowGroups[g].Columns {
			size += c.MetaData.TotalCompressedSize
		}
		if to := int64(g) + 1; size >= unit || to == int64(len(m.RowGroups)) {
			all = append(all, piece{quern.Part{Path: f.root, Entry: f.entry, From: from, To: to}, size})
			from, size = to, 0
		}
	}
	return all
}

func (x *parquetFormat) reader(w *out) reader {
	r := &parquetReader{w: w}
	for i, name := range []string{x.fields.Text, x.fields.ID, x.fields.Origin, x.fields.Lang, x.fields.License, x.fields.Time} {
		if name != "" {
			r.paths[i] = strings.Split(name, ".")
		}
	}
	return r
}

type parquetReader struct {
	w     *out
	paths [numFields][]string
	buf   []byte
	cols  [numFields]*column
}

func (r *parquetReader) read(f input, p quern.Part) error {
	d, err := f.open()
	if err != nil {
		return err
	}
	defer d.Close()
	bad := func(err error) error {
		if d.err != nil {
			return d.err
		}
		return refuse(f.key(), "bad-parquet", -1, err)
	}
	m, err := checkFooter(d, d.size)
	if err != nil {
		return bad(err)
	}
	file, err := openParquet(d, d.size)
	if err != nil {
		return bad(err)
	}
	groups := file.RowGroups()
	if len(groups) != len(m.RowGroups) {
		return bad(errors.New("row groups do not match the footer"))
	}
	to := int(p.To)
	if p.To == 0 {
		to = len(groups)
	}
	if to > len(groups) || int(p.From) > to {
		return fmt.Errorf("%s: row groups %d to %d of %d: the file has changed", f.key(), p.From, to, len(groups))
	}
	leaves, err := r.bind(file)
	if err != nil {
		return bad(err)
	}
	for g := int(p.From); g < to; g++ {
		if err := r.verify(d, groups[g], &m.RowGroups[g], leaves); err != nil {
			return bad(fmt.Errorf("row group %d: %w", g, err))
		}
	}
	var row int64
	for g := range to {
		if g >= int(p.From) {
			if err := r.group(f.key(), groups[g], leaves, row); err != nil {
				return err
			}
		}
		row += m.RowGroups[g].NumRows
	}
	return nil
}

// guard turns a panic of the library into an error. It never stands around code of ours that others hang on to.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the decoder gave up: %v", p)
		}
	}()
	return f()
}

func openParquet(r io.ReaderAt, size int64) (file *parquet.File, err error) {
	err = guard(func() error {
		file, err = parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
		return err
	})
	return file, err
}

// bind finds the columns of the fields. A missing text or one of another type is an error in words.
func (r *parquetReader) bind(file *parquet.File) (leaves [numFields]*parquet.Column, err error) {
	for i, p := range r.paths {
		c := file.Root()
		for _, name := range p {
			if c = c.Column(name); c == nil {
				break
			}
		}
		if c == nil || c == file.Root() {
			if i == fText {
				var names []string
				for _, c := range file.Root().Columns() {
					names = append(names, c.Name())
				}
				slices.Sort(names)
				return leaves, fmt.Errorf("no column %q; it has %q", strings.Join(p, "."), names)
			}
			continue
		}
		ok := c.Leaf() && c.MaxRepetitionLevel() == 0
		if ok && i == fText {
			ok = c.Type().Kind() == parquet.ByteArray
		}
		if !ok {
			if i != fText && !c.Leaf() {
				continue
			}
			return leaves, fmt.Errorf("column %q is %s", strings.Join(p, "."), describe(c))
		}
		leaves[i] = c
	}
	return leaves, nil
}

func describe(c *parquet.Column) string {
	switch {
	case !c.Leaf() && len(c.Columns()) == 1 && c.Columns()[0].Repeated():
		return "a list"
	case !c.Leaf():
		return "a group"
	case c.MaxRepetitionLevel() > 0:
		return "repeated"
	}
	return strings.ToLower(c.Type().String()) + ", want a byte array"
}

// verify reads all values of the needed columns of a row group for nothing.
func (r *parquetReader) verify(d *disk, g parquet.RowGroup, m *format.RowGroup, leaves [numFields]*parquet.Column) error {
	for _, leaf := range leaves {
		if leaf == nil {
			continue
		}
		chunk := &m.Columns[leaf.Index()].MetaData
		if chunk.NumValues != m.NumRows {
			return fmt.Errorf("column %q: %d values in %d rows", leaf.Name(), chunk.NumValues, m.NumRows)
		}
		var err error
		if r.buf, err = checkPages(d, chunk, r.buf); err != nil {
			return fmt.Errorf("column %q: %w", leaf.Name(), err)
		}
		c := newColumn(g.ColumnChunks()[leaf.Index()], leaf)
		n := int64(0)
		for {
			err := c.fill()
			n += int64(len(c.values))
			if err == io.EOF {
				break
			}
			if err != nil {
				c.close()
				return fmt.Errorf("column %q: %w", leaf.Name(), err)
			}
		}
		c.close()
		if n != m.NumRows {
			return fmt.Errorf("column %q: %d values decoded, %d rows", leaf.Name(), n, m.NumRows)
		}
	}
	return nil
}

// group emits the rows of one row group; first is the number of its first row in the file.
func (r *parquetReader) group(name string, g parquet.RowGroup, leaves [numFields]*parquet.Column, first int64) error {
	for i, leaf := range leaves {
		r.cols[i] = nil
		if leaf != nil {
			r.cols[i] = newColumn(g.ColumnChunks()[leaf.Index()], leaf)
			defer r.cols[i].close()
		}
	}
	for row := range g.NumRows() {
		var vals [numFields]parquet.Value
		for i, c := range r.cols {
			if c == nil {
				continue
			}
			var err error
			if vals[i], err = c.next(); err != nil {
				return fmt.Errorf("%s: row %d: %w: it changed while being read", name, first+row, err)
			}
		}
		if err := r.row(name, first+row, &vals); err != nil {
			return err
		}
	}
	return nil
}

func (r *parquetReader) row(name string, row int64, vals *[numFields]parquet.Value) error {
	bad := func(reason string) error {
		return r.w.skip(&quern.RecordError{Reason: reason, Path: name, Offset: row, Unit: "row"})
	}
	if vals[fText].IsNull() {
		return bad("no-text")
	}
	text := vals[fText].ByteArray()
	switch {
	case len(text) > maxLine:
		return bad("text-too-long")
	case !utf8.Valid(text):
		return bad("invalid-utf8")
	case blank(text):
		return bad("empty-text")
	}
	d := r.w.fresh()
	d.Text = append(d.Text, text...)
	str := func(i int) string {
		if r.cols[i] == nil || vals[i].IsNull() {
			return ""
		}
		return validName(r.cols[i].str(vals[i]))
	}
	if id := str(fID); id != "" {
		d.ID = quern.NewID(d.Source, id)
	} else {
		d.ID = quern.NewID(d.Source, string(d.Text))
	}
	d.Origin, d.Lang = str(fOrigin), str(fLang)
	if s := str(fLicense); s != "" {
		d.License = s
	}
	d.Time = rfc3339(str(fTime))
	return r.w.put()
}

// column reads the values of one column chunk in batches.
type column struct {
	pages  parquet.Pages
	page   parquet.Page
	in     parquet.ValueReader
	batch  [128]parquet.Value
	values []parquet.Value
	at     int
	when   func(v int64) time.Time // of a timestamp or date; nil = neither
}

func newColumn(c parquet.ColumnChunk, leaf *parquet.Column) *column {
	x := &column{pages: c.Pages()}
	if t := leaf.Type().LogicalType(); t != nil {
		switch v := t.Value.(type) {
		case *format.TimestampType:
			if v.Unit.Value != nil {
				unit := v.Unit.Value.Duration()
				x.when = func(n int64) time.Time {
					per := int64(time.Second / unit)
					return time.Unix(n/per, n%per*int64(unit)).UTC()
				}
			}
		case *format.DateType:
			x.when = func(n int64) time.Time { return time.Unix(n*86400, 0).UTC() }
		}
	}
	return x
}

// fill reads the next batch into c.values; io.EOF comes alone.
func (c *column) fill() error {
	c.values, c.at = nil, 0
	return guard(func() error {
		for {
			if c.in != nil {
				n, err := c.in.ReadValues(c.batch[:])
				if n > 0 {
					c.values = c.batch[:n]
					return nil
				}
				if err != nil && err != io.EOF {
					return err
				}
				if err == nil {
					return errors.New("a page gives no values")
				}
			}
			c.release()
			p, err := c.pages.ReadPage()
			if err != nil {
				return err
			}
			c.page, c.in = p, p.Values()
		}
	})
}

func (c *column) next() (v parquet.Value, err error) {
	if c.at >= len(c.values) {
		if err := c.fill(); err != nil {
			return v, err
		}
	}
	c.at++
	return c.values[c.at-1], nil
}

func (c *column) str(v parquet.Value) string {
	switch v.Kind() {
	case parquet.ByteArray, parquet.FixedLenByteArray:
		return string(v.ByteArray())
	case parquet.Int32:
		if c.when != nil {
			return c.when(int64(v.Int32())).Format(time.RFC3339Nano)
		}
	case parquet.Int64:
		if c.when != nil {
			return c.when(v.Int64()).Format(time.RFC3339Nano)
		}
	}
	return v.String()
}

func (c *column) release() {
	if c.page != nil {
		parquet.Release(c.page)
	}
	c.page, c.in = nil, nil
}

func (c *column) close() {
	_ = guard(func() error {
		c.release()
		return c.pages.Close()
	})
}
