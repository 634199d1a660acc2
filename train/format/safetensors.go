package format

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
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

// Limits on foreign files. The header's is the one of the format's own reader.
const (
	maxHeader  = 100_000_000
	maxDims    = 32
	maxTensors = 1 << 20
	metaKey    = "__metadata__"
)

// ErrFormat is wrapped by every error of Read that is the file's fault.
var ErrFormat = errors.New("not a sound safetensors file")

func bad(offset int64, format string, a ...any) error {
	return fmt.Errorf("%w: offset %d: %s", ErrFormat, offset, fmt.Sprintf(format, a...))
}

// Write writes tensors as F32 in their order, behind a header that names them and holds meta; the data begins on a multiple of 64
// bytes. The same tensors give the same bytes. Names must be unique, valid UTF-8 and not "__metadata__".
func Write(w io.Writer, tensors []Tensor, meta map[string]string) error {
	header, err := appendHeader(nil, tensors, meta)
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
	var b [4]byte
	for _, t := range tensors {
		for _, x := range t.Data {
			binary.LittleEndian.PutUint32(b[:], math.Float32bits(x))
			if _, err := out.Write(b[:]); err != nil {
				return err
			}
		}
	}
	return out.Flush()
}

func appendHeader(h []byte, tensors []Tensor, meta map[string]string) ([]byte, error) {
	h = append(h, '{')
	if len(meta) > 0 {
		keys := make([]string, 0, len(meta))
		for k, v := range meta {
			if !utf8.ValidString(k) || !utf8.ValidString(v) {
				return nil, fmt.Errorf("metadata %q is not UTF-8", k)
			}
			keys = append(keys, k)
		}
		sort.Strings(keys)
		h = append(h, `"`+metaKey+`":{`...)
		for i, k := range keys {
			if i > 0 {
				h = append(h, ',')
			}
			h = append(append(appendString(h, k), ':'), appendString(nil, meta[k])...)
		}
		h = append(h, '}')
	}
	seen := make(map[string]bool, len(tensors))
	at := uint64(0)
	for _, t := range tensors {
		n, ok := product(t.Shape, 1)
		switch {
		case t.Name == metaKey || !utf8.ValidString(t.Name):
			return nil, fmt.Errorf("tensor name %q is reserved or not UTF-8", t.Name)
		case seen[t.Name]:
			return nil, fmt.Errorf("tensor %q twice", t.Name)
		case len(t.Shape) > maxDims:
			return nil, fmt.Errorf("tensor %q has %d dimensions, the limit is %d", t.Name, len(t.Shape), maxDims)
		case !ok || n != uint64(len(t.Data)):
			return nil, fmt.Errorf("tensor %q of shape %v has %d numbers", t.Name, t.Shape, len(t.Data))
		}
		seen[t.Name] = true
		if len(h) > 1 {
			h = append(h, ',')
		}
		h = append(appendString(h, t.Name), `:{"dtype":"F32","shape":[`...)
		for i, d := range t.Shape {
			if i > 0 {
				h = append(h, ',')
			}
			h = fmt.Append(h, d)
		}
		h = fmt.Appendf(h, `],"data_offsets":[%d,%d]}`, at, at+4*n)
		at += 4 * n
	}
	h = append(h, '}')
	for (8+len(h))%64 != 0 {
		h = append(h, ' ')
	}
	if len(h) > maxHeader {
		return nil, fmt.Errorf("a header of %d bytes, the limit is %d", len(h), maxHeader)
	}
	return h, nil
}

func appendString(dst []byte, s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic("format: " + err.Error()) // no string fails
	}
	return append(dst, b...)
}

// product is the number of bytes of a shape, if it fits into 63 bits, zeros notwithstanding.
func product(shape []int, size uint64) (uint64, bool) {
	n, zero := size, false
	for _, d := range shape {
		if d < 0 {
			return 0, false
		}
		if d == 0 {
			zero = true
			continue
		}
		hi, lo := bits.Mul64(n, uint64(d))
		if hi != 0 || lo > math.MaxInt64 {
			return 0, false
		}
		n = lo
	}
	if zero {
		return 0, true
	}
	return n, true
}

// entry is a tensor of a header.
type entry struct {
	name       string
	dtype      string
	shape      []int
	begin, end int64
}

// sizes of the types that Read turns into float32.
var sizes = map[string]uint64{"F64": 8, "F32": 4, "F16": 2, "BF16": 2}

// Read reads a whole file of size bytes. It accepts F64, F32, F16 and BF16, all as float32, and refuses what is not exactly the
// format: a name twice, unknown keys, offsets that leave holes, overlap or do not fit their shapes, bytes behind the data. Weights may
// be NaN or infinite: that is for the caller to judge. Errors name the offset and wrap ErrFormat or the reader's own.
func Read(r io.ReaderAt, size int64) (*File, error) {
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
	f := &File{Meta: meta}
	for _, e := range entries {
		data, err := readData(io.NewSectionReader(r, base+e.begin, e.end-e.begin), e)
		if err != nil {
			return nil, fmt.Errorf("tensor %q at offset %d: %w", e.name, base+e.begin, err)
		}
		f.Tensors = append(f.Tensors, Tensor{e.name, e.shape, data})
	}
	return f, nil
}

func readHeader(r io.ReaderAt, size int64) ([]byte, error) {
	var b [8]byte
	if size < 8 {
		return nil, bad(0, "%d bytes, too short for a length", size)
	}
	if _, err := r.ReadAt(b[:], 0); err != nil && err != io.EOF {
		return nil, err
	}
	if string(b[:4]) == "GGUF" {
		return nil, bad(0, "this is a GGUF file")
	}
	n := binary.LittleEndian.Uint64(b[:])
	if n < 2 || n > maxHeader || n > uint64(size-8) {
		return nil, bad(0, "a header of %d bytes in a file of %d", n, size)
	}
	h := make([]byte, n)
	if k, err := r.ReadAt(h, 8); k < len(h) {
		if err == io.EOF {
			return nil, bad(8+int64(k), "the header is cut")
		}
		return nil, err
	}
	if h[0] != '{' {
		return nil, bad(8, "the header does not begin with {")
	}
	if !utf8.Valid(h) {
		return nil, bad(8, "the header is not UTF-8")
	}
	return h, nil
}

// header is a strict reader of the header's JSON, token by token: encoding/json alone lets the last of two equal names win.
type header struct {
	d *json.Decoder
}

func parseHeader(b []byte) ([]entry, map[string]string, error) {
	h := header{json.NewDecoder(bytes.NewReader(b))}
	h.d.UseNumber()
	var entries []entry
	var meta map[string]string
	err := h.object(func(name string) error {
		if name == metaKey {
			meta = map[string]string{}
			return h.object(func(key string) error {
				v, err := h.text()
				meta[key] = v
				return err
			})
		}
		if len(entries) == maxTensors {
			return fmt.Errorf("more than %d tensors", maxTensors)
		}
		e, err := h.entry(name)
		entries = append(entries, e)
		return err
	})
	if err != nil {
		return nil, nil, bad(8+h.d.InputOffset(), "%v", err)
	}
	if rest := strings.TrimRight(string(b[h.d.InputOffset():]), " \t\r\n"); rest != "" {
		return nil, nil, bad(8+h.d.InputOffset(), "%d bytes after the header's object", len(rest))
	}
	return entries, meta, nil
}

func (h *header) delim(want json.Delim) error {
	t, err := h.d.Token()
	if err != nil {
		return err
	}
	if t != want {
		return fmt.Errorf("found %v, want %v", t, want)
	}
	return nil
}

// object calls f after each key; f reads the value.
func (h *header) object(f func(key string) error) error {
	if err := h.delim('{'); err != nil {
		return err
	}
	seen := map[string]bool{}
	for h.d.More() {
		key, err := h.text()
		if err != nil {
			return err
		}
		if seen[key] {
			return fmt.Errorf("%q twice", key)
		}
		seen[key] = true
		if err := f(key); err != nil {
			return err
		}
	}
	return h.delim('}')
}

func (h *header) text() (string, error) {
	t, err := h.d.Token()
	if err != nil {
		return "", err
	}
	s, ok := t.(string)
	if !ok {
		return "", fmt.Errorf("found %v, want a string", t)
	}
	return s, nil
}

// numbers reads an array of at most limit whole numbers.
func (h *header) numbers(limit int) ([]int, error) {
	if err := h.delim('['); err != nil {
		return nil, err
	}
	out := []int{}
	for h.d.More() {
		t, err := h.d.Token()
		if err != nil {
			return nil, err
		}
		n, ok := t.(json.Number)
		if !ok {
			return nil, fmt.Errorf("found %v, want a number", t)
		}
		v, err := n.Int64()
		if err != nil || v < 0 || int64(int(v)) != v {
			return nil, fmt.Errorf("found %v, want a whole number that is not negative", n)
		}
		if len(out) == limit {
			return nil, fmt.Errorf("more than %d numbers", limit)
		}
		out = append(out, int(v))
	}
	return out, h.delim(']')
}

func (h *header) entry(name string) (entry, error) {
	e := entry{name: name}
	var offsets []int
	err := h.object(func(key string) (err error) {
		switch key {
		case "dtype":
			e.dtype, err = h.text()
		case "shape":
			e.shape, err = h.numbers(maxDims)
		case "data_offsets":
			offsets, err = h.numbers(2)
		default:
			err = fmt.Errorf("unknown key %q", key)
		}
		return err
	})
	size, known := sizes[e.dtype]
	switch {
	case err != nil:
		return e, fmt.Errorf("tensor %q: %w", name, err)
	case !known:
		return e, fmt.Errorf("tensor %q: dtype %q, want F64, F32, F16 or BF16", name, e.dtype)
	case e.shape == nil || len(offsets) != 2:
		return e, fmt.Errorf("tensor %q: shape or data_offsets are missing", name)
	}
	e.begin, e.end = int64(offsets[0]), int64(offsets[1])
	if n, ok := product(e.shape, size); !ok || e.begin > e.end || n != uint64(e.end-e.begin) {
		return e, fmt.Errorf("tensor %q: shape %v of %s does not fill bytes %d to %d", name, e.shape, e.dtype, e.begin, e.end)
	}
	return e, nil
}

// checkLayout sorts entries by their data and insists that they cover n bytes, each once.
func checkLayout(entries []entry, n int64) error {
	slices.SortStableFunc(entries, func(a, b entry) int {
		if a.begin != b.begin {
			return int(min(max(a.begin-b.begin, -1), 1))
		}
		return int(min(max(a.end-b.end, -1), 1))
	})
	at := int64(0)
	for _, e := range entries {
		if e.begin != at {
			return bad(8, "tensor %q begins at byte %d of the data, want %d", e.name, e.begin, at)
		}
		at = e.end
	}
	if at != n {
		return bad(8, "the tensors have %d bytes, the file holds %d", at, n)
	}
	return nil
}

func readData(r *io.SectionReader, e entry) ([]float32, error) {
	size := int(sizes[e.dtype])
	out := make([]float32, 0, r.Size()/int64(size))
	buf := make([]byte, min(r.Size(), 1<<16))
	for len(out) < cap(out) {
		b := buf[:min(len(buf), (cap(out)-len(out))*size)]
		if _, err := io.ReadFull(r, b); err != nil {
			return nil, err
		}
		for i := 0; i < len(b); i += size {
			out = append(out, number(e.dtype, b[i:]))
		}
	}
	return out, nil
}

func number(dtype string, b []byte) float32 {
	switch dtype {
	case "F64":
		return float32(math.Float64frombits(binary.LittleEndian.Uint64(b)))
	case "F32":
		return math.Float32frombits(binary.LittleEndian.Uint32(b))
	case "BF16":
		return math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16)
	}
	return half(binary.LittleEndian.Uint16(b))
}

// half widens an IEEE binary16.
func half(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10&31), uint32(h&1023)
	switch exp {
	case 0: // zero or subnormal: frac · 2^-24
		return math.Float32frombits(sign | math.Float32bits(float32(frac)*0x1p-24))
	case 31:
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}
