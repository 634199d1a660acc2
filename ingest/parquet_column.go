package ingest

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// column reads the values of one column chunk that are no byte arrays, through the library, in batches.
type column struct {
	chunk  parquet.ColumnChunk
	pages  parquet.Pages
	page   parquet.Page
	in     parquet.ValueReader
	batch  [128]parquet.Value
	values []parquet.Value
	at     int
	when   func(v int64) time.Time // of a timestamp or date; nil = neither
	buf    []byte
}

// timesOf is what makes times of the integers of a column, if they are times.
func timesOf(leaf *parquet.Column) func(v int64) time.Time {
	t := leaf.Type().LogicalType()
	if t == nil {
		return nil
	}
	switch v := t.Value.(type) {
	case *format.TimestampType:
		if v.Unit.Value != nil {
			unit := v.Unit.Value.Duration()
			return func(n int64) time.Time {
				per := int64(time.Second / unit)
				return time.Unix(n/per, n%per*int64(unit)).UTC()
			}
		}
	case *format.DateType:
		return func(n int64) time.Time { return time.Unix(n*86400, 0).UTC() }
	}
	return nil
}

// check reads all values for nothing, after the headers of their pages.
func (c *column) check(d *disk, m *format.ColumnMetaData, buf *[]byte) error {
	var err error
	if *buf, err = checkPages(d, m, *buf); err != nil {
		return err
	}
	c.begin()
	defer c.close()
	for n := int64(0); ; {
		err := c.fill()
		n += int64(len(c.values))
		if err == io.EOF {
			if n != m.NumValues {
				return fmt.Errorf("%d values decoded of %d", n, m.NumValues)
			}
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (c *column) begin() {
	_ = guard(func() error {
		c.pages = c.chunk.Pages()
		return nil
	})
	c.values, c.at = nil, 0
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

func (c *column) next() ([]byte, error) {
	if c.at >= len(c.values) {
		if err := c.fill(); err != nil {
			return nil, err
		}
	}
	c.at++
	v := c.values[c.at-1]
	switch kind := v.Kind(); {
	case v.IsNull():
		return nil, nil
	case kind == parquet.FixedLenByteArray:
		return v.ByteArray(), nil
	case kind == parquet.Int32 && c.when != nil:
		c.buf = c.when(int64(v.Int32())).AppendFormat(c.buf[:0], time.RFC3339Nano)
	case kind == parquet.Int64 && c.when != nil:
		c.buf = c.when(v.Int64()).AppendFormat(c.buf[:0], time.RFC3339Nano)
	default:
		c.buf = append(c.buf[:0], v.String()...)
	}
	return c.buf, nil
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
		if c.pages == nil {
			return nil
		}
		return c.pages.Close()
	})
	c.pages = nil
}
