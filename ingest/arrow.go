package ingest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// NewArrow reads Arrow IPC files and streams (.arrow, .arrows, .feather of version 2, .ipc), told apart by their first bytes, by the columns that f
// names; other columns are not read. It is also what datasets saved to disk by Hugging Face's library consist of. The text must be a
// string or binary column of any kind, also one with a dictionary; the other fields may be integers, times and dates, too. A dotted
// name leads into structs. A column that is not there reads as nothing, except the text. A document's ID is made from the ID column,
// or from the text.
//
// A file is refused (bad-arrow) before any of its documents goes out: framing, metadata, and all buffers, offsets and indexes of the
// columns that are needed are held against the bytes present. Of a file larger than a unit, each unit does so for its own record
// batches. Buffers are at most 1 GiB, texts 16 MiB.
//
// Reasons: no-text (null), empty-text, invalid-utf8, text-too-long.
func NewArrow(o Options, f Fields) (Reader, error) {
	if f.Text == "" {
		return nil, fmt.Errorf("ingest: source %q: the text column has no name", o.Name)
	}
	return newSource(o, &arrowFormat{f})
}

// Arrow is what a spec may say of Arrow files.
type Arrow struct {
	Fields Fields `yaml:"-"`
	Split  string `yaml:"split"` // of folders with splits in their names, only the files of this one; empty = all
}

func (c *Arrow) Columns() *Fields { return &c.Fields }
func (c *Arrow) Reader(o Options) (Reader, error) {
	r, err := NewArrow(o, c.Fields)
	return ofSplit(c.Split, r, err)
}

type arrowFormat struct{ fields Fields }

func (x *arrowFormat) wants(name string) bool { return isArrow(name) }

func isArrow(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".arrow", ".arrows", ".feather", ".ipc":
		return true
	}
	return false
}

// The kinds of messages (Message.fbs).
const (
	arrowSchemaMsg = 1
	arrowDictMsg   = 2
	arrowBatchMsg  = 3
)

// arrowBlock is one message after the schema: where it starts, where its body starts, and the body's size.
type arrowBlock struct {
	at, bodyAt, body int64
	kind             byte
}

type arrowFile struct {
	schema *arrowSchema
	blocks []arrowBlock
}

const (
	arrowMagic    = "ARROW1"
	maxArrowParts = 1 << 22 // messages of one file
)

// openArrow finds the messages of a file or stream of the given size.
func openArrow(d io.ReaderAt, size int64) (*arrowFile, error) {
	head := make([]byte, 8)
	n, err := d.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case n < 8:
		return nil, fmt.Errorf("%d bytes cannot be Arrow", n)
	case string(head[:6]) == arrowMagic:
		return openArrowFile(d, size)
	case string(head[:4]) == "FEA1":
		return nil, errors.New("not Arrow IPC but Feather of version 1")
	case sniff(head) != plain || string(head[:4]) == "PAR1":
		return nil, errors.New("not Arrow: it " + looksLike(head))
	}
	return openArrowStream(d, size)
}

// message reads the metadata of the message at an offset; of an end-of-stream marker, and of nothing at the end, that is empty.
func arrowMessage(d io.ReaderAt, at, size int64) (meta []byte, bodyAt int64, err error) {
	var head [8]byte
	n, err := d.ReadAt(head[:], at)
	if err != nil && err != io.EOF {
		return nil, 0, err
	}
	if n == 0 {
		return nil, at, nil
	}
	if n < 4 {
		return nil, 0, io.ErrUnexpectedEOF
	}
	length, prefix := int32(binary.LittleEndian.Uint32(head[:])), int64(4) // as before Arrow 0.15
	if length == -1 {
		if n < 8 {
			return nil, 0, io.ErrUnexpectedEOF
		}
		length, prefix = int32(binary.LittleEndian.Uint32(head[4:])), 8
	}
	if length == 0 {
		return nil, at + prefix, nil
	}
	if length < 0 || length > maxArrowMeta || int64(length) > size-at-prefix {
		return nil, 0, fmt.Errorf("metadata of %d bytes at offset %d of %d", length, at, size)
	}
	meta, err = readAt(d, at+prefix, int64(length), nil)
	return meta, at + prefix + int64(length), err
}

// header opens the metadata of a message.
func arrowHeader(meta []byte) (kind byte, version int, header flatTable, body int64, err error) {
	f := &flat{b: meta}
	t := f.root()
	kind, version, header, body = t.byte(1), t.short(0, 0), t.table(2), t.long(3)
	if f.bad || header.pos == 0 {
		return 0, 0, header, 0, errFlat
	}
	return kind, version, header, body, nil
}

func openArrowStream(d io.ReaderAt, size int64) (*arrowFile, error) {
	file := &arrowFile{}
	for at := int64(0); ; {
		meta, bodyAt, err := arrowMessage(d, at, size)
		if err != nil {
			return nil, err
		}
		if meta == nil {
			if bodyAt < size {
				return nil, fmt.Errorf("%d bytes after the end of the stream", size-bodyAt)
			}
			if file.schema == nil {
				return nil, errors.New("no schema")
			}
			return file, nil
		}
		kind, version, t, body, err := arrowHeader(meta)
		if err != nil {
			return nil, fmt.Errorf("message at offset %d: %w", at, err)
		}
		switch {
		case body < 0 || body > size-bodyAt:
			return nil, fmt.Errorf("message at offset %d: a body of %d bytes, %d are left", at, body, size-bodyAt)
		case (kind == arrowSchemaMsg) != (file.schema == nil):
			return nil, fmt.Errorf("message at offset %d: a stream has one schema, at its start", at)
		case kind == arrowSchemaMsg:
			if file.schema, err = readArrowSchema(t, version); err != nil {
				return nil, err
			}
		case kind != arrowDictMsg && kind != arrowBatchMsg:
			return nil, fmt.Errorf("message at offset %d: of unknown kind %d", at, kind)
		case len(file.blocks) == maxArrowParts:
			return nil, fmt.Errorf("more than %d messages", maxArrowParts)
		default:
			file.blocks = append(file.blocks, arrowBlock{at, bodyAt, body, kind})
		}
		at = bodyAt + body
	}
}

func openArrowFile(d io.ReaderAt, size int64) (*arrowFile, error) {
	var tail [10]byte
	if size < 20 {
		return nil, fmt.Errorf("%d bytes cannot be an Arrow file", size)
	}
	if _, err := d.ReadAt(tail[:], size-10); err != nil && err != io.EOF {
		return nil, err
	}
	if string(tail[4:]) != arrowMagic {
		return nil, errors.New("no magic number at the end: cut, or never finished")
	}
	n := int64(int32(binary.LittleEndian.Uint32(tail[:])))
	if n < 8 || n > min(size-18, maxArrowMeta) {
		return nil, fmt.Errorf("a footer of %d bytes in a file of %d", n, size)
	}
	footer, err := readAt(d, size-10-n, n, nil)
	if err != nil {
		return nil, err
	}
	f := &flat{b: footer}
	t := f.root()
	schema := t.table(1)
	if f.bad || schema.pos == 0 {
		return nil, errFlat
	}
	file := &arrowFile{}
	if file.schema, err = readArrowSchema(schema, t.short(0, 0)); err != nil {
		return nil, err
	}
	for i, kind := range []byte{arrowDictMsg, arrowBatchMsg} {
		v := t.vector(2+i, 24)
		if f.bad || v.n > maxArrowParts {
			return nil, errFlat
		}
		for k := range v.n {
			p := v.pos + 24*k
			at, meta, body := f.i64(p), int64(int32(f.u32(p+8))), f.i64(p+16)
			if end := size - 10 - n; at < 8 || meta < 8 || body < 0 || at > end || meta > end-at || body > end-at-meta {
				return nil, fmt.Errorf("message %d lies outside the file", k)
			}
			file.blocks = append(file.blocks, arrowBlock{at, at + meta, body, kind})
		}
	}
	return file, nil
}

// open reads the metadata of a block again and holds it against what the listing said.
func (b *arrowBlock) open(d io.ReaderAt) (flatTable, error) {
	meta, bodyAt, err := arrowMessage(d, b.at, b.bodyAt+b.body)
	if err != nil {
		return flatTable{}, err
	}
	if meta == nil || bodyAt > b.bodyAt {
		return flatTable{}, errors.New("a message that is not where the footer says")
	}
	kind, _, t, body, err := arrowHeader(meta)
	switch {
	case err != nil:
		return t, err
	case kind != b.kind:
		return t, fmt.Errorf("a message of kind %d where %d should be", kind, b.kind)
	case body != b.body:
		return t, fmt.Errorf("a body of %d bytes, its listing says %d", body, b.body)
	}
	return t, nil
}

func (x *arrowFormat) pieces(f input, unit int64) []piece {
	whole := []piece{{f.part(), f.size}}
	d, err := f.open()
	if err != nil {
		return whole
	}
	defer d.Close()
	file, err := openArrow(d, d.size)
	if err != nil {
		return whole
	}
	var all []piece
	var from, n, size int64
	for _, b := range file.blocks {
		if b.kind != arrowBatchMsg {
			continue
		}
		n++
		if size += b.body; size >= unit {
			all = append(all, pieceOf(f, from, n, size))
			from, size = n, 0
		}
	}
	if n > from {
		all = append(all, pieceOf(f, from, n, size))
	}
	if len(all) < 2 {
		return whole
	}
	return all
}
