package format

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Version is of the bytes that Write writes.
const Version = "1"

// Tensor is a named array of float32, row-major. A shape without dimensions is one number.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
}

// File is what Read found, tensors in the order of their data.
type File struct {
	Tensors []Tensor
	Meta    map[string]string
}

// Entry is a tensor of a file whose data is not read yet.
type Entry struct {
	Name  string
	Dtype string
	Shape []int

	begin, end int64 // of its bytes, after the header
}

// Float tells whether ReadInto can read its numbers.
func (e *Entry) Float() bool { return floats[e.Dtype] > 0 }

// Bytes is how long its data is.
func (e *Entry) Bytes() int64 { return e.end - e.begin }

// Head is the entry of the first rows of a tensor, which has at least as many.
func (e *Entry) Head(rows int) *Entry {
	h := *e
	h.Shape = append([]int{rows}, e.Shape[1:]...)
	h.end = h.begin
	if e.Shape[0] > 0 {
		h.end += e.Bytes() / int64(e.Shape[0]) * int64(rows)
	}
	return &h
}

// Limits on foreign files. The header's is the one of the format's own reader.
const (
	maxHeader  = 100_000_000
	maxDims    = 32
	maxTensors = 1 << 20
	metaKey    = "__metadata__"
)

// The types of numbers that are read, by their names in safetensors; all but F64 are written.
const (
	F64  = "F64"
	F32  = "F32"
	F16  = "F16"
	BF16 = "BF16"
)

// floats are the sizes of the types that are read as float32.
var floats = map[string]uint64{F64: 8, F32: 4, F16: 2, BF16: 2}

// others are those of types that a file may have beside them, for masks and counters; their data is not read.
var others = map[string]uint64{"BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "I16": 2, "U16": 2, "I32": 4, "U32": 4, "I64": 8, "U64": 8}

// ErrFormat is wrapped by every error of reading that is the file's fault.
var ErrFormat = errors.New("not a sound safetensors file")

func bad(offset int64, format string, a ...any) error {
	return fmt.Errorf("%w: offset %d: %s", ErrFormat, offset, fmt.Sprintf(format, a...))
}

// Write writes tensors as F32 in their order, behind a header that names them and holds meta; the data begins on a multiple of 64
// bytes. The same tensors give the same bytes. Names must be unique, valid UTF-8 and not "__metadata__".
func Write(w io.Writer, tensors []Tensor, meta map[string]string) error {
	return WriteAs(w, F32, tensors, meta)
}

// WriteAs is Write with another type of numbers: F32, BF16 or F16, to which they are rounded.
func WriteAs(w io.Writer, dtype string, tensors []Tensor, meta map[string]string) error {
	header, err := appendHeader(nil, dtype, tensors, meta)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 1<<16)
	if err := binary.Write(out, binary.LittleEndian, uint64(len(header))); err != nil {
		return err
	}
	if _, err := out.Write(header); err != nil {
		return err
	}
	for _, t := range tensors {
		if err := writeNumbers(out, dtype, t.Data); err != nil {
			return err
		}
	}
	return out.Flush()
}

// Reader reads tensors of a file one by one, so that no more of it is in memory than is asked for.
type Reader struct {
	Entries []Entry // in the order of their data
	Meta    map[string]string

	r    io.ReaderAt
	base int64
}

// Open reads the header of a file of size bytes, and refuses what is not exactly the format: a name twice, unknown keys, offsets that leave
// holes, overlap or do not fit their shapes, bytes behind the data. Errors name the offset and wrap ErrFormat or the reader's own.
func Open(r io.ReaderAt, size int64) (*Reader, error) {
	header, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	entries, meta, err := parseHeader(header)
	if err != nil {
		return nil, err
	}
	base := 8 + int64(len(header))
	if err := checkLayout(entries, size-base); err != nil {
		return nil, err
	}
	return &Reader{Entries: entries, Meta: meta, r: r, base: base}, nil
}

// ReadInto reads the numbers of a tensor straight to where they belong: dst, which must be as long as the tensor.
func (r *Reader) ReadInto(dst []float32, e *Entry) error {
	size, ok := floats[e.Dtype]
	if !ok {
		return fmt.Errorf("tensor %q: its numbers are %s, want F64, F32, F16 or BF16", e.Name, e.Dtype)
	}
	if int64(len(dst))*int64(size) != e.Bytes() {
		return fmt.Errorf("tensor %q has %d numbers, there is room for %d", e.Name, e.Bytes()/int64(size), len(dst))
	}
	if err := readNumbers(io.NewSectionReader(r.r, r.base+e.begin, e.Bytes()), e.Dtype, dst); err != nil {
		return fmt.Errorf("tensor %q at offset %d: %w", e.Name, r.base+e.begin, err)
	}
	return nil
}

// Read reads a whole file of size bytes. It accepts F64, F32, F16 and BF16, all as float32, and refuses what Open refuses. Weights may
// be NaN or infinite: that is for the caller to judge.
func Read(r io.ReaderAt, size int64) (*File, error) {
	open, err := Open(r, size)
	if err != nil {
		return nil, err
	}
	f := &File{Meta: open.Meta}
	for i := range open.Entries {
		e := &open.Entries[i]
		if !e.Float() {
			return nil, bad(8, "tensor %q: dtype %q, want F64, F32, F16 or BF16", e.Name, e.Dtype)
		}
		t := Tensor{e.Name, e.Shape, make([]float32, e.Bytes()/int64(floats[e.Dtype]))}
		if err := open.ReadInto(t.Data, e); err != nil {
			return nil, err
		}
		f.Tensors = append(f.Tensors, t)
	}
	return f, nil
}
