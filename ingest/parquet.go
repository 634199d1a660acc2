package ingest

import (
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/seed-83c59573/quern"
)

// NewParquet reads Parquet files by the columns that f names; other columns are not read. The text must be a byte array, with or
// without the mark of a string; the other fields may be integers, and the time a timestamp or a date. A column that is not there
// reads as nothing, except the text. A document's ID is made from the ID column, or from the text.
//
// A file is refused (bad-parquet) before any of its documents goes out: footer, schema and page headers are held against the bytes
// present, checksums are compared, and all pages that are needed are unpacked and walked through; up to 64 MiB of them are kept, what
// is more is unpacked again. Of a file larger than a unit, each unit does so for its own row groups; a unit's size is that of the
// needed columns when unpacked. Pages are at most 128 MiB, texts 16 MiB. LZO and the LZ4 of Hadoop are not read.
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
	Split  string `yaml:"split"` // of folders with splits in their names, only the files of this one; empty = all
}

func (c *Parquet) Columns() *Fields { return &c.Fields }
func (c *Parquet) Reader(o Options) (Reader, error) {
	r, err := NewParquet(o, c.Fields)
	return ofSplit(c.Split, r, err)
}

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
	m, err := checkFooter(d, d.size)
	if err != nil || len(m.RowGroups) < 2 {
		return whole
	}
	paths := x.fields.paths()
	var all []piece
	var from, size int64
	for g := range m.RowGroups {
		for _, c := range m.RowGroups[g].Columns {
			if reads(&paths, c.MetaData.PathInSchema) {
				size += c.MetaData.TotalUncompressedSize
			}
		}
		if to := int64(g) + 1; size >= unit || to == int64(len(m.RowGroups)) {
			all = append(all, pieceOf(f, from, to, size))
			from, size = to, 0
		}
	}
	return all
}

// reads reports whether a column is one of the fields.
func reads(paths *[numFields][]string, column []string) bool {
	for _, p := range paths {
		if len(p) > 0 && slices.Equal(p, column) {
			return true
		}
	}
	return false
}

func (x *parquetFormat) reader(w *out) reader {
	return &parquetReader{rows: rows{w: w}, paths: x.fields.paths()}
}

type parquetReader struct {
	rows  rows
	paths [numFields][]string
	pages pageDecoder
	room  [numFields]pageRoom
	buf   []byte
}

// parquetGroup is one row group: for each field what gives its values, row by row; nil = nothing.
type parquetGroup struct {
	cells [numFields]cellReader
	first int64 // the number of its first row in the file
	rows  int64
}

// cellReader gives the values of a column, nil for null. They have been checked.
type cellReader interface {
	begin()
	next() ([]byte, error)
	close()
}

func (r *parquetReader) read(f input, p quern.Part) error {
	d, err := f.open()
	if err != nil {
		return err
	}
	defer d.Close()
	groups, err := r.open(f, d, p)
	defer func() {
		for i := range groups {
			groups[i].close()
		}
	}()
	if err != nil {
		if d.err != nil {
			return d.err
		}
		return refuse(f.key(), "bad-parquet", -1, err)
	}
	for i := range groups {
		if err := r.group(f.key(), &groups[i]); err != nil {
			return err
		}
	}
	return nil
}

// open finds the row groups of the part and checks all that will be read of them.
func (r *parquetReader) open(f input, d *disk, p quern.Part) ([]parquetGroup, error) {
	m, err := checkFooter(d, d.size)
	if err != nil {
		return nil, err
	}
	file, err := openParquet(d, d.size)
	if err != nil {
		return nil, err
	}
	all := file.RowGroups()
	if len(all) != len(m.RowGroups) {
		return nil, errors.New("row groups do not match the footer")
	}
	to := int(p.To)
	if p.To == 0 {
		to = len(all)
	}
	if to > len(all) || int(p.From) > to {
		return nil, fmt.Errorf("row groups %d to %d of %d: the file has changed", p.From, to, len(all))
	}
	var leaves [numFields]*parquet.Column
	err = guard(func() error {
		leaves, err = r.bind(file)
		return err
	})
	if err != nil {
		return nil, err
	}
	r.pages.r = d
	r.pages.hold.reset()
	var groups []parquetGroup
	row := int64(0)
	for g := range to {
		if g >= int(p.From) {
			groups = append(groups, parquetGroup{first: row, rows: m.RowGroups[g].NumRows})
			if err := r.check(d, all[g], &m.RowGroups[g], leaves, &groups[len(groups)-1]); err != nil {
				return groups, fmt.Errorf("row group %d: %w", g, err)
			}
		}
		row += m.RowGroups[g].NumRows
	}
	return groups, nil
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

// check reads all values of the needed columns of a row group for nothing, and readies them to be read.
func (r *parquetReader) check(d *disk, g parquet.RowGroup, m *format.RowGroup, leaves [numFields]*parquet.Column, to *parquetGroup) error {
	for i, leaf := range leaves {
		if leaf == nil {
			continue
		}
		chunk := &m.Columns[leaf.Index()].MetaData
		if chunk.NumValues != m.NumRows {
			return fmt.Errorf("column %q: %d values in %d rows", leaf.Name(), chunk.NumValues, m.NumRows)
		}
		var err error
		if chunk.Type == format.ByteArray {
			c := &byteColumn{pages: &r.pages, room: &r.room[i], chunk: chunk, maxDef: leaf.MaxDefinitionLevel()}
			to.cells[i] = c
			err = c.check()
		} else {
			c := &column{chunk: g.ColumnChunks()[leaf.Index()], when: timesOf(leaf)}
			to.cells[i] = c
			err = c.check(d, chunk, &r.buf)
		}
		if err != nil {
			return fmt.Errorf("column %q: %w", leaf.Name(), err)
		}
	}
	return nil
}

// group emits the rows of one row group.
func (r *parquetReader) group(name string, g *parquetGroup) error {
	for _, c := range g.cells {
		if c != nil {
			c.begin()
		}
	}
	for row := range g.rows {
		var vals cells
		for i, c := range g.cells {
			if c == nil {
				continue
			}
			var err error
			if vals[i], err = c.next(); err != nil {
				return fmt.Errorf("%s: row %d: %w: it changed while being read", name, g.first+row, err)
			}
		}
		var err error
		if reason := r.rows.check(vals[fText]); reason != "" {
			err = r.rows.bad(name, reason, g.first+row, "row", nil)
		} else {
			r.rows.fill(&vals)
			err = r.rows.w.put()
		}
		if err != nil {
			return err
		}
	}
	g.close()
	return nil
}

func (g *parquetGroup) close() {
	for _, c := range g.cells {
		if c != nil {
			c.close()
		}
	}
	g.cells = [numFields]cellReader{}
}
