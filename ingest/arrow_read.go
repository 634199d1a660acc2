package ingest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/seed-83c59573/quern"
)

func pieceOf(f input, from, to, size int64) piece {
	return piece{quern.Part{Path: f.root, Entry: f.entry, From: from, To: to}, size}
}

func (x *arrowFormat) reader(w *out) reader {
	return &arrowReader{rows: rows{w: w}, paths: x.fields.paths()}
}

type arrowReader struct {
	rows  rows
	paths [numFields][]string
	cols  [numFields]*arrowColumn
	dicts map[int64]*arrowDict // of the columns that are read
	body  arrowBody
}

func (r *arrowReader) read(f input, p quern.Part) error {
	d, err := f.open()
	if err != nil {
		return err
	}
	defer d.Close()
	bad := func(err error) error {
		if d.err != nil {
			return d.err
		}
		return refuse(f.key(), "bad-arrow", -1, err)
	}
	file, err := openArrow(d, d.size)
	if err != nil {
		return bad(err)
	}
	if err := r.bind(file.schema); err != nil {
		return bad(err)
	}
	r.body.r = d
	if err := r.pass(file, p, nil); err != nil {
		return bad(err)
	}
	return r.pass(file, p, func(b *arrowBatch, first int64) error { return r.batch(f.key(), b, first) })
}

// bind finds the columns of the fields. A missing text or one of another type is an error in words.
func (r *arrowReader) bind(s *arrowSchema) error {
	r.dicts = map[int64]*arrowDict{}
	for i, path := range r.paths {
		r.cols[i] = nil
		chain := s.find(path)
		if len(chain) == 0 {
			if i == fText {
				return fmt.Errorf("no column %q; it has %q", strings.Join(path, "."), s.names())
			}
			continue
		}
		f := chain[len(chain)-1]
		cell, ok := f.readable(i == fText)
		if !ok {
			if i == fText {
				return fmt.Errorf("column %q is of type %d of Arrow, want a string", strings.Join(path, "."), f.kind)
			}
			continue
		}
		r.cols[i] = &arrowColumn{chain: chain, cell: cell, buf: make([]byte, 0, 64)}
		if f.isDict {
			r.dicts[f.dict] = nil
		}
	}
	return nil
}

// pass reads the record batches of a part, and the dictionaries before them, and shows each batch to emit if there is one.
func (r *arrowReader) pass(file *arrowFile, p quern.Part, emit func(b *arrowBatch, first int64) error) error {
	for id := range r.dicts {
		r.dicts[id] = nil
	}
	k, row := int64(0), int64(0)
	for i := range file.blocks {
		if p.To > 0 && k >= p.To {
			return nil
		}
		block := &file.blocks[i]
		fail := func(err error) error { return fmt.Errorf("message at offset %d: %w", block.at, err) }
		t, err := block.open(r.body.r)
		if err != nil {
			return fail(err)
		}
		r.body.at = block.bodyAt
		if block.kind == arrowDictMsg {
			if err := r.dictionary(file.schema, t, block.body); err != nil {
				return fail(err)
			}
			continue
		}
		b, err := readArrowBatch(t, file.schema, block.body)
		if err != nil {
			return fail(err)
		}
		if k >= p.From {
			r.body.packed = b.packed
			if err := r.load(&b); err != nil {
				return fail(err)
			}
			if emit != nil {
				if err := emit(&b, row); err != nil {
					return err
				}
			}
		}
		k++
		row += b.rows
	}
	if k < p.To {
		return fmt.Errorf("%d record batches, there should be %d: the file has changed", k, p.To)
	}
	return nil
}

func (r *arrowReader) load(b *arrowBatch) error {
	for _, c := range r.cols {
		if c == nil {
			continue
		}
		f := c.chain[len(c.chain)-1]
		if c.dict = nil; f.isDict {
			c.dict = r.dicts[f.dict]
		}
		if err := c.load(b, &r.body); err != nil {
			return fmt.Errorf("column %s: %w", quoted(f.name), err)
		}
	}
	return nil
}

// dictionary reads a dictionary that a column needs: all of it, or what is added to it.
func (r *arrowReader) dictionary(s *arrowSchema, t flatTable, body int64) error {
	id, data, delta := t.long(0), t.table(1), t.byte(2) != 0
	old, wanted := r.dicts[id]
	if t.f.bad || data.pos == 0 {
		return errFlat
	}
	if !wanted {
		return nil
	}
	f := s.dictField(s.fields, id)
	value := &arrowField{name: f.name, kind: f.value}
	layout := &arrowSchema{fields: []*arrowField{value}}
	layout.place(layout.fields)
	b, err := readArrowBatch(data, layout, body)
	if err != nil {
		return err
	}
	cell, ok := value.readable(true)
	if !ok {
		return errors.New("a dictionary of no strings")
	}
	c := &arrowColumn{chain: layout.fields, cell: cell}
	r.body.packed = b.packed
	if err := c.load(&b, &r.body); err != nil {
		return err
	}
	next := &arrowDict{}
	if delta && old != nil {
		next.values, next.bytes = old.values, old.bytes
	}
	for _, s := range c.store {
		next.bytes += int64(len(s))
	}
	for _, s := range c.more {
		next.bytes += int64(len(s))
	}
	if next.bytes > maxArrowBuffer {
		return fmt.Errorf("a dictionary of %d bytes, the limit is %d", next.bytes, maxArrowBuffer)
	}
	for i := range int(b.rows) {
		next.values = append(next.values, c.value(i))
	}
	r.dicts[id] = next
	return nil
}

func (s *arrowSchema) dictField(fields []*arrowField, id int64) *arrowField {
	for _, f := range fields {
		if f.isDict && f.dict == id && f.stringly() {
			return f
		}
		if g := s.dictField(f.children, id); g != nil {
			return g
		}
	}
	return nil
}

// batch makes the documents of a batch; first is the number of its first row in the file.
func (r *arrowReader) batch(name string, b *arrowBatch, first int64) error {
	for i := range int(b.rows) {
		var c cells
		for k, col := range r.cols {
			c[k] = col.value(i)
		}
		var err error
		if reason := r.rows.check(c[fText]); reason != "" {
			err = r.rows.bad(name, reason, first+int64(i), "row", nil)
		} else {
			r.rows.fill(&c)
			err = r.rows.w.put()
		}
		if err != nil {
			return err
		}
	}
	return nil
}
