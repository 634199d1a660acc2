package shard

import (
	"bufio"
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
	file, err := im.dir.Open(f.name)
	if err != nil {
		return err
	}
	defer file.Close()
	where := &counted{r: io.NewSectionReader(file, 0, file.Size())}
	fail := func(err error) error { return fmt.Errorf("%s: before offset %d: %w", f.name, where.n, err) }
	var r *ipc.Reader
	err = guarded(func() (err error) {
		r, err = ipc.NewReader(&messages{r: bufio.NewReader(where), left: file.Size()}, ipc.WithAllocator(&limited{Allocator: memory.DefaultAllocator, most: 8*file.Size() + 1<<20}))
		return err
	})
	if err != nil {
		return fail(err)
	}
	defer r.Release()
	tokens, id, err := im.arrowColumns(r.Schema())
	if err != nil {
		return fail(err)
	}
	number := int64(0)
	for {
		var rec arrow.Record
		err := guarded(func() error {
			if r.Next() {
				rec = r.Record()
				return nil
			}
			return errors.Join(r.Err(), io.EOF)
		})
		switch {
		case rec == nil && (r.Err() == nil || errors.Is(r.Err(), io.EOF)) && where.n >= file.Size():
			return nil
		case err != nil:
			return fail(err)
		}
		rows, err := newArrowRows(rec, tokens, id)
		if err != nil {
			return fail(fmt.Errorf("row %d: %w", number, err))
		}
		for i := range int(rec.NumRows()) {
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

// messages passes on an Arrow stream and refuses the length of a message that is longer than the file before memory for it is asked for: lengths are read
// four bytes at a time (arrow/ipc), as nothing else is.
type messages struct {
	r    io.Reader
	left int64
}

func (m *messages) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.left -= int64(n)
	if len(p) == 4 && n == 4 {
		v := int64(int32(uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[3])<<24))
		if v != -1 && (v < 0 || v > m.left) {
			return 0, fmt.Errorf("a message of %d bytes, %d are left", v, m.left)
		}
	}
	return n, err
}

// arrowRows reads lists of ids of a record.
type arrowRows struct {
	lists  array.ListLike
	fixed  int64 // the length of each list; 0 = it differs
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
