package shard

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/seed-83c59573/quern"
)

func isHFArrow(im *Import) (bool, error) {
	for _, n := range im.names {
		if path.Base(n) == "state.json" && len(im.ending(".arrow")) > 0 {
			return true, nil
		}
	}
	return false, nil
}

func openHFArrow(im *Import) error {
	im.texts = &recordSet{docs: readHFArrow}
	for _, name := range im.names {
		if path.Base(name) != "state.json" {
			continue
		}
		b, err := im.small(name)
		if err != nil {
			return err
		}
		var state struct {
			Files []struct {
				Name string `json:"filename"`
			} `json:"_data_files"`
			Split *string `json:"_split"`
		}
		if err := json.Unmarshal(b, &state); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		split := splitOf(name)
		if path.Dir(name) == "." && state.Split != nil {
			split = splitOf(*state.Split)
		}
		im.used = append(im.used, name)
		for _, f := range state.Files {
			file, err := im.inFolder(name, f.Name)
			if err != nil {
				return err
			}
			im.texts.files = append(im.texts.files, recordFile{name: file, split: split})
		}
	}
	return nil
}

// readHFArrow gives the rows of an Arrow stream.
func readHFArrow(im *Import, f *recordFile, _, _ int64, d *quern.Doc, emit func() error) error {
	w, err := openWindow(im.dir, f.name)
	if err != nil {
		return err
	}
	defer w.close()
	m := &messages{w: w}
	fail := func(err error) error { return fmt.Errorf("%s: offset %d: %w", f.name, m.begun, err) }
	r, err := ipc.NewReaderFromMessageReader(m, ipc.WithAllocator(&limited{memory.DefaultAllocator, 8*w.f.Size() + 1<<20}))
	if err != nil {
		return fail(err)
	}
	defer r.Release()
	tokens, id, err := im.arrowColumns(r.Schema())
	if err != nil {
		return fail(err)
	}
	number := int64(0)
	for r.Next() {
		var rows *arrowRows
		err := guarded(func() (err error) {
			rows, err = newArrowRows(r.Record(), tokens, id)
			return err
		})
		if err != nil {
			return fail(err)
		}
		for i := range int(r.Record().NumRows()) {
			told, err := rows.row(i, d)
			if err != nil {
				return fail(fmt.Errorf("row %d: %w", number, err))
			}
			d.ID = im.idOf(told, f.name, number)
			number++
			if err := emit(); err != nil {
				return err
			}
		}
	}
	if err := r.Err(); err != nil && !errors.Is(err, io.EOF) {
		return fail(err)
	}
	return nil
}

// messages reads the messages of an Arrow stream and holds all lengths in them against the bytes that are there before Arrow's reader, which believes
// them, asks for memory.
type messages struct {
	w         *window
	begun, at int64 // of the message, and of what follows it
}

func (m *messages) Retain()  {}
func (m *messages) Release() {}

// Message reads the next message: -1 and the length of its description, or only that length in files before Arrow 0.15; the description; the body. The
// length 0 ends a stream.
func (m *messages) Message() (*ipc.Message, error) {
	m.begun = m.at
	n, err := m.w.u32(m.at)
	if err == nil {
		m.at += 4
		if n == 0xFFFFFFFF {
			n, err = m.w.u32(m.at)
			m.at += 4
		}
	}
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, io.EOF
	}
	left := m.w.f.Size() - m.at
	if int64(n) > left || n > 1<<26 {
		return nil, fmt.Errorf("a message of %d bytes, %d are left", n, left)
	}
	meta := make([]byte, n)
	if err := readWhole(m.w.f, meta, m.at); err != nil {
		return nil, err
	}
	m.at, left = m.at+int64(n), left-int64(n)
	size := checkMessage(meta)
	if size < 0 || size > left {
		return nil, fmt.Errorf("a damaged message, or a body of %d bytes where %d are left", size, left)
	}
	body := make([]byte, size)
	if err := readWhole(m.w.f, body, m.at); err != nil {
		return nil, err
	}
	m.at += size
	return ipc.NewMessage(memory.NewBufferBytes(meta), memory.NewBufferBytes(body)), nil
}

// checkMessage walks what Arrow's reader will (Message.fbs, Schema.fbs) and gives the length of the body; -1 = a length in it is wrong.
func checkMessage(b []byte) int64 {
	f := &flat{b: b}
	root := f.root()
	kind, head := byte(0), f.table(root, 2)
	if k := f.at(f.field(root, 1), 1); k != nil {
		kind = k[0]
	}
	switch kind {
	case 1: // a schema
		f.vector(head, 2, 4) // metadata
		f.vector(head, 3, 8) // features
		left := maxFields
		f.fields(head, 1, maxDepth, &left)
	case 2, 3: // a dictionary, a batch
		if kind == 2 {
			head = f.table(head, 1)
		}
		f.vector(head, 1, 16) // nodes
		f.vector(head, 2, 16) // buffers
	default:
		f.bad = true
	}
	size := f.number(root, 3)
	if f.bad || head == 0 {
		return -1
	}
	return size
}

// arrowColumns finds the columns of tokens and of IDs, which may be -1.
func (im *Import) arrowColumns(s *arrow.Schema) (tokens, id int, err error) {
	var names []string
	id = -1
	for i, f := range s.Fields() {
		names = append(names, f.Name)
		if f.Name == "id" && f.Type.ID() == arrow.STRING {
			id = i
		}
	}
	tokens, err = im.column(names)
	return tokens, id, err
}

// guarded turns a panic of the library over foreign bytes into an error.
func guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the decoder gave up: %v", p)
		}
	}()
	return f()
}

// limited is an allocator that refuses more than a file can ask for.
type limited struct {
	memory.Allocator
	most int64
}

func (l *limited) Allocate(n int) []byte {
	if n < 0 || int64(n) > l.most {
		panic(fmt.Sprintf("%d bytes are asked for", n))
	}
	return l.Allocator.Allocate(n)
}

func (l *limited) Reallocate(n int, b []byte) []byte {
	if n < 0 || int64(n) > l.most {
		panic(fmt.Sprintf("%d bytes are asked for", n))
	}
	return l.Allocator.Reallocate(n, b)
}

// arrowRows reads lists of ids of a record.
type arrowRows struct {
	lists  array.ListLike
	values func(dst []uint32, from, to int64) ([]uint32, error)
	length int64 // of all values
	ids    *array.String
}

func newArrowRows(rec arrow.Record, tokens, id int) (*arrowRows, error) {
	r := &arrowRows{}
	lists, ok := rec.Column(tokens).(array.ListLike)
	if !ok {
		return nil, fmt.Errorf("the column %s is %s, want lists of whole numbers", rec.ColumnName(tokens), rec.Column(tokens).DataType())
	}
	r.lists = lists
	v := lists.ListValues()
	r.length = int64(v.Len())
	if v.NullN() > 0 {
		return nil, fmt.Errorf("%d tokens are null", v.NullN())
	}
	if id >= 0 {
		r.ids, _ = rec.Column(id).(*array.String)
	}
	switch v := v.(type) {
	case *array.Int32:
		r.values = integers(v.Int32Values())
	case *array.Int64:
		r.values = integers(v.Int64Values())
	case *array.Uint16:
		r.values = integers(v.Uint16Values())
	case *array.Uint32:
		r.values = integers(v.Uint32Values())
	case *array.Int16:
		r.values = integers(v.Int16Values())
	case *array.Uint64:
		r.values = integers(v.Uint64Values())
	case *array.Uint8:
		r.values = integers(v.Uint8Values())
	default:
		return nil, fmt.Errorf("the column %s is %s, want lists of whole numbers", rec.ColumnName(tokens), lists.DataType())
	}
	return r, nil
}

// integers reads ids from numbers of a type.
func integers[T int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64](values []T) func(dst []uint32, from, to int64) ([]uint32, error) {
	return func(dst []uint32, from, to int64) ([]uint32, error) {
		for _, v := range values[from:to] {
			if v < 0 || uint64(v) > 1<<32-1 {
				return dst, fmt.Errorf("%d is no id", v)
			}
			dst = append(dst, uint32(v))
		}
		return dst, nil
	}
}

// row reads row i into d and gives the ID that it tells.
func (r *arrowRows) row(i int, d *quern.Doc) (id string, err error) {
	var from, to int64
	if !r.lists.IsNull(i) {
		err = guarded(func() error {
			from, to = r.lists.ValueOffsets(i)
			if r.ids != nil && !r.ids.IsNull(i) {
				id = r.ids.Value(i)
			}
			return nil
		})
	}
	if err == nil && (from < 0 || to < from || to > r.length || to-from > docTokens) {
		err = fmt.Errorf("its tokens are [%d, %d) of %d", from, to, r.length)
	}
	if err != nil {
		return "", err
	}
	d.Tokens, err = r.values(d.Tokens[:0], from, to)
	return id, err
}
