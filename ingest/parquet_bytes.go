package ingest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"github.com/parquet-go/parquet-go/format"
)

// byteColumn reads the byte arrays of one column chunk. The first reading is the check: it is done before a document goes out. What
// it unpacks is kept as long as the arena has room, so that most columns are unpacked once.
type byteColumn struct {
	pages  *pageDecoder
	room   *pageRoom
	chunk  *format.ColumnMetaData
	maxDef int
	at     int64 // of the next page in the file
	end    int64
	left   int64      // values that its pages still must have
	kept   []bytePage // all pages so far, if all are kept
	whole  bool
	turn   int // the next page of kept in the second reading; -1 = first reading, or not kept

	page   bytePage
	dict   []uint32 // where the values of the dictionary start in words, and end
	words  []byte
	n      int64 // values of the page that are still to come
	defs   rleReader
	data   []byte // what is left of plain values, or of what the lengths measure
	index  rleReader
	lens   []int32 // of delta encodings, what is left
	starts []int32 // of what is taken from the value before
	last   []byte
}

// bytePage is a page, unpacked.
type bytePage struct {
	facts  pageFacts
	levels []byte // definition levels
	data   []byte
}

// oldDictionary is how the first version of the format called what is now RLE_DICTIONARY; many files have it.
const oldDictionary format.Encoding = 2

var errPage = errors.New("a page that ends too early")

// begin starts a reading from the first page.
func (c *byteColumn) begin() {
	from, size := chunkPlace(c.chunk)
	c.turn = -1
	if c.whole {
		c.turn = 0
	}
	c.at, c.end, c.left, c.n = from, from+size, c.chunk.NumValues, 0
}

// check reads all values for the first time.
func (c *byteColumn) check() error {
	c.begin()
	c.kept = nil
	keep := true
	for rows := c.chunk.NumValues; ; rows-- {
		if c.n == 0 {
			switch err := c.load(&keep); {
			case err == io.EOF && rows == 0:
				c.whole = keep
				return nil
			case err == io.EOF:
				return fmt.Errorf("column of %d values, its pages have %d fewer", c.chunk.NumValues, rows)
			case err != nil:
				return err
			}
		}
		if _, err := c.value(); err != nil {
			return err
		}
	}
}

// next is the next value, nil for null. It is good until the next call. A fault is one that check did not see.
func (c *byteColumn) next() ([]byte, error) {
	if c.n == 0 {
		keep := false
		if err := c.load(&keep); err != nil {
			return nil, err
		}
	}
	return c.value()
}

// close lets go of the pages.
func (c *byteColumn) close() {
	c.kept, c.page, c.dict, c.words, c.data = nil, bytePage{}, nil, nil, nil
}

// load goes to the next page with values. keep is set to false if the pages do not fit into the arena.
func (c *byteColumn) load(keep *bool) error {
	for c.n == 0 {
		if c.turn >= 0 {
			if c.turn == len(c.kept) {
				return io.EOF
			}
			c.page = c.kept[c.turn]
			c.turn++
		} else {
			if c.at >= c.end {
				return io.EOF
			}
			at := c.at
			p, n, err := c.pages.read(c, keep)
			if err != nil {
				return fmt.Errorf("page at %d: %w", at, err)
			}
			c.page, c.at = p, c.at+n
			if *keep {
				c.kept = append(c.kept, p)
			} else {
				c.kept = nil
			}
		}
		if err := c.open(); err != nil {
			return err
		}
	}
	return nil
}

// open prepares the values of c.page.
func (c *byteColumn) open() error {
	p := &c.page
	switch p.facts.kind {
	case 1: // an index
		return nil
	case 2:
		return c.dictionary()
	}
	n := p.facts.values
	if n < 0 || n > c.left {
		return fmt.Errorf("a page of %d values, %d are left", n, c.left)
	}
	c.left -= n
	c.n = n
	c.data, c.defs = p.data, rleReader{}
	if c.maxDef > 0 {
		c.defs = rleReader{b: p.levels, width: bits.Len(uint(c.maxDef))}
	}
	c.lens, c.starts, c.last = c.lens[:0], c.starts[:0], c.last[:0]
	var err error
	switch format.Encoding(p.facts.encoding) {
	case format.Plain:
	case oldDictionary, format.RLEDictionary:
		if c.dict == nil {
			return errors.New("its dictionary is missing")
		}
		width := 0
		if len(c.data) > 0 {
			width = int(c.data[0])
			c.data = c.data[1:]
		}
		if width > 32 {
			return fmt.Errorf("indexes of %d bits", width)
		}
		c.index = rleReader{b: c.data, width: width}
	case format.DeltaByteArray:
		if c.starts, c.data, err = deltas(c.starts, c.data, n); err != nil {
			return err
		}
		fallthrough
	case format.DeltaLengthByteArray:
		if c.lens, c.data, err = deltas(c.lens, c.data, n); err != nil {
			return err
		}
		if len(c.starts) > 0 && len(c.starts) != len(c.lens) {
			return errPage
		}
	default:
		return fmt.Errorf("encoding %d is not for byte arrays", p.facts.encoding)
	}
	return nil
}

// dictionary finds the values of a dictionary page.
func (c *byteColumn) dictionary() error {
	c.words, c.dict = c.page.data, append(c.dict[:0], 0)[:0]
	b := c.words
	at := 0
	for range c.page.facts.entries {
		if len(b)-at < 4 {
			return errPage
		}
		n := binary.LittleEndian.Uint32(b[at:])
		if uint64(n) > uint64(len(b)-at-4) {
			return errPage
		}
		c.dict = append(c.dict, uint32(at))
		at += 4 + int(n)
	}
	return nil
}

// value is the next value of the page.
func (c *byteColumn) value() ([]byte, error) {
	c.n--
	if c.maxDef > 0 {
		def, err := c.defs.next()
		if err != nil {
			return nil, err
		}
		if int(def) > c.maxDef {
			return nil, fmt.Errorf("a definition level of %d, the schema has %d", def, c.maxDef)
		}
		if int(def) < c.maxDef {
			return nil, nil
		}
	}
	switch format.Encoding(c.page.facts.encoding) {
	case format.Plain:
		return c.plain()
	case oldDictionary, format.RLEDictionary:
		i, err := c.index.next()
		if err != nil {
			return nil, err
		}
		if int64(i) >= int64(len(c.dict)) {
			return nil, fmt.Errorf("index %d into a dictionary of %d", i, len(c.dict))
		}
		at := c.dict[i]
		n := binary.LittleEndian.Uint32(c.words[at:])
		return c.words[at+4:][:n:n], nil
	}
	if len(c.lens) == 0 {
		return nil, errPage
	}
	n := int(c.lens[0])
	c.lens = c.lens[1:]
	if n < 0 || n > len(c.data) {
		return nil, errPage
	}
	v := c.data[:n:n]
	c.data = c.data[n:]
	if len(c.starts) == 0 {
		return v, nil
	}
	start := int(c.starts[0])
	c.starts = c.starts[1:]
	if start < 0 || start > len(c.last) || start+n > maxPage {
		return nil, errPage
	}
	c.last = append(c.last[:start], v...)
	return c.last, nil
}

func (c *byteColumn) plain() ([]byte, error) {
	if len(c.data) < 4 {
		return nil, errPage
	}
	n := binary.LittleEndian.Uint32(c.data)
	if uint64(n) > uint64(len(c.data)-4) {
		return nil, errPage
	}
	v := c.data[4 : 4+n : 4+n]
	c.data = c.data[4+n:]
	return v, nil
}
