package shard

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/parquet-go/parquet-go"

	"github.com/seed-83c59573/quern"
)

func openHFParquet(im *Import) error {
	im.texts = &recordSet{docs: readHFParquet, cut: cutParquet}
	for _, name := range im.ending(".parquet") {
		im.texts.files = append(im.texts.files, recordFile{name: name, split: splitOf(name)})
	}
	return nil
}

// parquetTokens is an open file with the columns that are of use.
type parquetTokens struct {
	file       quern.File
	pf         *parquet.File
	tokens, id *parquet.Column // id may be nil
}

func (im *Import) parquet(name string) (p *parquetTokens, err error) {
	f, err := im.dir.Open(name)
	if err != nil {
		return nil, err
	}
	p = &parquetTokens{file: f}
	err = checkParquetFooter(f)
	if err == nil {
		err = guarded(func() error {
			p.pf, err = parquet.OpenFile(f, f.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
			return err
		})
	}
	if err == nil {
		err = guarded(func() error { return p.bind(im) })
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

// bind finds the columns: a list of whole numbers, and a text for the ID.
func (p *parquetTokens) bind(im *Import) error {
	var names []string
	for _, c := range p.pf.Root().Columns() {
		names = append(names, c.Name())
	}
	at, err := im.column(names)
	if err != nil {
		return err
	}
	c := p.pf.Root().Columns()[at]
	for !c.Leaf() && len(c.Columns()) == 1 {
		c = c.Columns()[0]
	}
	if !c.Leaf() || c.MaxRepetitionLevel() != 1 || c.Type().Kind() != parquet.Int32 && c.Type().Kind() != parquet.Int64 {
		return fmt.Errorf("the column %s is no list of whole numbers", names[at])
	}
	p.tokens = c
	if i := slices.Index(names, "id"); i >= 0 {
		if c := p.pf.Root().Columns()[i]; c.Leaf() && c.MaxRepetitionLevel() == 0 && c.Type().Kind() == parquet.ByteArray {
			p.id = c
		}
	}
	return nil
}

// cutParquet makes pieces of row groups.
func cutParquet(im *Import, f *recordFile) ([]quern.Part, error) {
	p, err := im.parquet(f.name)
	if err != nil {
		return nil, err
	}
	defer p.file.Close()
	groups := p.pf.Metadata().RowGroups
	if len(groups) == 0 {
		return []quern.Part{{Path: f.name}}, nil
	}
	var parts []quern.Part
	from, tokens, rows := 0, int64(0), int64(0)
	for g := range groups {
		if p.tokens.Index() >= len(groups[g].Columns) {
			return nil, fmt.Errorf("%s: row group %d has %d columns", f.name, g, len(groups[g].Columns))
		}
		tokens += groups[g].Columns[p.tokens.Index()].MetaData.NumValues
		rows += groups[g].NumRows
		if tokens >= im.o.Unit || rows >= unitDocs || g == len(groups)-1 {
			parts = append(parts, quern.Part{Path: f.name, From: int64(from), To: int64(g + 1)})
			from, tokens, rows = g+1, 0, 0
		}
	}
	return parts, nil
}

// readHFParquet gives the rows of some row groups.
func readHFParquet(im *Import, f *recordFile, from, to int64, d *quern.Doc, emit func() error) error {
	p, err := im.parquet(f.name)
	if err != nil {
		return err
	}
	defer p.file.Close()
	groups := p.pf.RowGroups()
	row := int64(0)
	for g := range groups {
		n := groups[g].NumRows()
		if int64(g) >= from && int64(g) < to {
			fail := func(err error) error { return fmt.Errorf("%s: row group %d: %w", f.name, g, err) }
			lists, err := openParquetColumn(groups[g], p.tokens)
			if err != nil {
				return fail(err)
			}
			ids, err := openParquetColumn(groups[g], p.id)
			if err == nil {
				err = im.parquetRows(f.name, row, n, lists, ids, d, emit, fail)
			}
			lists.close()
			ids.close()
			if err != nil {
				return err
			}
		}
		row += n
	}
	return nil
}

func (im *Import) parquetRows(name string, first, n int64, lists, ids *parquetColumn, d *quern.Doc, emit func() error, fail func(error) error) error {
	for i := range n {
		row := first + i
		told := ""
		if ids != nil {
			v, err := ids.next()
			if err != nil {
				return fail(fmt.Errorf("row %d: id: %w", row, err))
			}
			told = string(v.ByteArray())
		}
		if err := lists.list(d); err != nil {
			return fail(fmt.Errorf("row %d: %w", row, err))
		}
		d.ID = im.idOf(told, name, row)
		if err := emit(); err != nil {
			return err
		}
	}
	if v, err := lists.next(); !errors.Is(err, io.EOF) {
		return fail(errors.Join(err, fmt.Errorf("row %d of %d has values: %v", n, n, v)))
	}
	return nil
}

// parquetColumn gives the values of a column of a row group one by one.
type parquetColumn struct {
	pages  parquet.Pages
	values parquet.ValueReader
	page   parquet.Page
	buf    []parquet.Value
	n, at  int
	most   int  // definition level of a value that is there
	nulls  bool // a value may be null
	back   bool
}

func openParquetColumn(g parquet.RowGroup, c *parquet.Column) (p *parquetColumn, err error) {
	if c == nil {
		return nil, nil
	}
	err = guarded(func() error {
		p = &parquetColumn{pages: g.ColumnChunks()[c.Index()].Pages(), buf: make([]parquet.Value, 1<<12), most: c.MaxDefinitionLevel(), nulls: c.Optional()}
		return nil
	})
	return p, err
}

// next gives the next value; io.EOF behind the last.
func (p *parquetColumn) next() (parquet.Value, error) {
	if p.back {
		p.back = false
		return p.buf[p.at-1], nil
	}
	for p.at == p.n {
		if err := guarded(p.fill); err != nil {
			return parquet.Value{}, err
		}
	}
	p.at++
	return p.buf[p.at-1], nil
}

// fill reads some values of the page, or of the next one.
func (p *parquetColumn) fill() error {
	p.at, p.n = 0, 0
	if p.values == nil {
		page, err := p.pages.ReadPage()
		if err != nil {
			return err
		}
		p.page, p.values = page, page.Values()
	}
	n, err := p.values.ReadValues(p.buf)
	if p.n = n; errors.Is(err, io.EOF) {
		p.values = nil
		if n == 0 {
			parquet.Release(p.page)
			p.page = nil
		}
		return nil
	}
	return err
}

// list reads the ids of a row into d. A row without any, or without a list, has one empty value.
func (p *parquetColumn) list(d *quern.Doc) error {
	d.Tokens = d.Tokens[:0]
	for k := 0; ; k++ {
		v, err := p.next()
		switch {
		case errors.Is(err, io.EOF) && k > 0:
			return nil
		case errors.Is(err, io.EOF):
			return io.ErrUnexpectedEOF
		case err != nil:
			return err
		case k > 0 && v.RepetitionLevel() == 0:
			p.back = true
			return nil
		case k == 0 && v.RepetitionLevel() != 0:
			return errors.New("it begins inside of a list")
		case v.DefinitionLevel() < p.most:
			if k > 0 || p.nulls && v.DefinitionLevel() == p.most-1 {
				return fmt.Errorf("token %d is null", k)
			}
			continue
		}
		t := int64(v.Int32())
		if v.Kind() == parquet.Int64 {
			t = v.Int64()
		}
		if t < 0 || t > math.MaxUint32 {
			return fmt.Errorf("%d is no id", t)
		}
		if len(d.Tokens) == docTokens {
			return fmt.Errorf("more than %d tokens", docTokens)
		}
		d.Tokens = append(d.Tokens, uint32(t))
	}
}

func (p *parquetColumn) close() {
	if p == nil {
		return
	}
	if p.page != nil {
		parquet.Release(p.page)
	}
	p.pages.Close()
}
