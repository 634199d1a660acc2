package shard

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/parquet-go/parquet-go"
	"github.com/seed-83c59573/quern"
)

// ReadTokenLists calls f for each row of a column of Parquet that holds lists of ids, int32 or int64, ours or anybody's: a page at a
// time, and no other column is read. A row without a list gives none. The tokens are borrowed until f returns.
func ReadTokenLists(dir quern.Dir, name, column string, f func(row int64, tokens []uint32) error) error {
	file, err := dir.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	l := listReader{f: f}
	err = calmly(func() error {
		p, err := parquet.OpenFile(file, file.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
		if err == nil {
			err = l.find(p, column)
		}
		if err != nil {
			return err
		}
		for i, g := range p.RowGroups() {
			if err := l.chunk(g.ColumnChunks()[l.leaf.ColumnIndex]); err != nil && l.failed == nil {
				return fmt.Errorf("row group %d, row %d of %d: %w", i, l.row, p.NumRows(), err)
			}
			if l.failed != nil {
				return nil
			}
		}
		if err := l.end(); err == nil && l.row != p.NumRows() {
			return fmt.Errorf("%d rows, the footer says %d", l.row, p.NumRows())
		}
		return nil
	})
	if l.failed != nil {
		return l.failed
	}
	if err != nil {
		return fmt.Errorf("%s: column %s: %w", name, column, err)
	}
	return nil
}

type listReader struct {
	leaf   parquet.LeafColumn
	wide   bool // 8 bytes an id
	f      func(row int64, tokens []uint32) error
	failed error // of f
	row    int64 // rows that have ended
	open   bool  // a row has begun
	tokens []uint32
}

// find looks for the column: the only leaf at or below a name, with one level of lists.
func (l *listReader) find(p *parquet.File, column string) error {
	found := 0
	for _, path := range p.Schema().Columns() {
		if path[0] == column {
			l.leaf, _ = p.Schema().Lookup(path...)
			found++
		}
	}
	if found != 1 || l.leaf.MaxRepetitionLevel != 1 {
		return errors.New("want one column of lists of ids")
	}
	switch kind := l.leaf.Node.Type().Kind(); kind {
	case parquet.Int32:
	case parquet.Int64:
		l.wide = true
	default:
		return fmt.Errorf("its values are %v, want int32 or int64", kind)
	}
	return nil
}

// end gives the row that has begun to f.
func (l *listReader) end() error {
	if !l.open {
		return nil
	}
	l.open = false
	l.failed = l.f(l.row, l.tokens)
	l.row++
	l.tokens = l.tokens[:0]
	return l.failed
}

func (l *listReader) chunk(c parquet.ColumnChunk) error {
	pages := c.Pages()
	defer pages.Close()
	for {
		p, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		err = l.page(p)
		parquet.Release(p)
		if err != nil {
			return err
		}
	}
}

// page splits the values of a page where the repetition level is 0. A row may go on from the page before it.
func (l *listReader) page(p parquet.Page) error {
	values, err := l.values(p)
	if err != nil {
		return err
	}
	rep, def := p.RepetitionLevels(), p.DefinitionLevels()
	whole := bytes.Count(def, []byte{byte(l.leaf.MaxDefinitionLevel)})
	if len(rep) != len(def) || whole != len(values) {
		return fmt.Errorf("%d and %d levels of %d values", len(rep), len(def), len(values))
	}
	for at := 0; at < len(rep); {
		if rep[at] == 0 {
			if err := l.end(); err != nil {
				return err
			}
			l.open = true
		} else if !l.open {
			return errors.New("a page goes on with a row that never began")
		}
		n := len(rep) - at // to the next row
		if next := bytes.IndexByte(rep[at+1:], 0); next >= 0 {
			n = 1 + next
		}
		here := n
		if whole < len(def) {
			if here = bytes.Count(def[at:at+n], []byte{byte(l.leaf.MaxDefinitionLevel)}); here < n && n > 1 {
				return fmt.Errorf("row %d has nulls among its ids", l.row)
			}
		}
		l.tokens = append(l.tokens, values[:here]...)
		values, at = values[here:], at+n
	}
	return nil
}

// values are the ids of a page, without those that are null.
func (l *listReader) values(p parquet.Page) ([]uint32, error) {
	data := p.Data()
	raw, _ := data.Data()
	if dict := p.Dictionary(); dict != nil {
		words, err := l.ids(rawOf(dict.Page()))
		if err != nil {
			return nil, err
		}
		out := make([]uint32, len(raw)/4)
		for i := range out {
			k := binary.NativeEndian.Uint32(raw[4*i:])
			if int(k) >= len(words) {
				return nil, fmt.Errorf("word %d of a dictionary of %d", k, len(words))
			}
			out[i] = words[k]
		}
		return out, nil
	}
	return l.ids(raw)
}

func rawOf(p parquet.Page) []byte {
	data := p.Data()
	raw, _ := data.Data()
	return raw
}

// ids are values in memory as ids; what is none is an error.
func (l *listReader) ids(raw []byte) ([]uint32, error) {
	width := 4
	if l.wide {
		width = 8
	}
	out := make([]uint32, len(raw)/width)
	for i := range out {
		v := uint64(binary.NativeEndian.Uint32(raw[width*i:]))
		if l.wide {
			v = binary.NativeEndian.Uint64(raw[8*i:])
		}
		if v > math.MaxInt32 {
			return nil, fmt.Errorf("row %d or behind it: %d is no id", l.row, int64(v))
		}
		out[i] = uint32(v)
	}
	return out, nil
}
