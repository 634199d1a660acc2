package format

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"
	"sort"
	"unicode/utf8"
)

// appendMeta writes what a file says of itself, in the order of its keys.
func appendMeta(h []byte, meta map[string]string) ([]byte, error) {
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
	return append(h, '}'), nil
}

// appendHeader writes the header of tensors that are stored as dtype.
func appendHeader(h []byte, dtype string, tensors []Tensor, meta map[string]string) ([]byte, error) {
	size, known := floats[dtype]
	if !known || dtype == F64 {
		return nil, fmt.Errorf("dtype %q, want %s, %s or %s", dtype, F32, BF16, F16)
	}
	h = append(h, '{')
	if len(meta) > 0 {
		var err error
		if h, err = appendMeta(h, meta); err != nil {
			return nil, err
		}
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
		h = append(appendString(h, t.Name), `:{"dtype":"`+dtype+`","shape":[`...)
		for i, d := range t.Shape {
			if i > 0 {
				h = append(h, ',')
			}
			h = fmt.Append(h, d)
		}
		h = fmt.Appendf(h, `],"data_offsets":[%d,%d]}`, at, at+size*n)
		at += size * n
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

func parseHeader(b []byte) ([]Entry, map[string]string, error) {
	h := newStrict(b)
	var entries []Entry
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
	if err == nil {
		err = h.end(b)
	}
	if err != nil {
		return nil, nil, bad(8+h.d.InputOffset(), "%v", err)
	}
	return entries, meta, nil
}

func (h *strict) entry(name string) (Entry, error) {
	e := Entry{Name: name}
	var offsets []int
	err := h.object(func(key string) (err error) {
		switch key {
		case "dtype":
			e.Dtype, err = h.text()
		case "shape":
			e.Shape, err = h.numbers(maxDims)
		case "data_offsets":
			offsets, err = h.numbers(2)
		default:
			err = fmt.Errorf("unknown key %q", key)
		}
		return err
	})
	size, known := floats[e.Dtype]
	if !known {
		size, known = others[e.Dtype]
	}
	switch {
	case err != nil:
		return e, fmt.Errorf("tensor %q: %w", name, err)
	case !known:
		return e, fmt.Errorf("tensor %q: dtype %q, want F64, F32, F16, BF16 or one of whole numbers", name, e.Dtype)
	case e.Shape == nil || len(offsets) != 2:
		return e, fmt.Errorf("tensor %q: shape or data_offsets are missing", name)
	}
	e.begin, e.end = int64(offsets[0]), int64(offsets[1])
	if n, ok := product(e.Shape, size); !ok || e.begin > e.end || n != uint64(e.end-e.begin) {
		return e, fmt.Errorf("tensor %q: shape %v of %s does not fill bytes %d to %d", name, e.Shape, e.Dtype, e.begin, e.end)
	}
	return e, nil
}

// checkLayout sorts entries by their data and insists that they cover n bytes, each once.
func checkLayout(entries []Entry, n int64) error {
	slices.SortStableFunc(entries, func(a, b Entry) int {
		if a.begin != b.begin {
			return int(min(max(a.begin-b.begin, -1), 1))
		}
		return int(min(max(a.end-b.end, -1), 1))
	})
	at := int64(0)
	for _, e := range entries {
		if e.begin != at {
			return bad(8, "tensor %q begins at byte %d of the data, want %d", e.Name, e.begin, at)
		}
		at = e.end
	}
	if at != n {
		return bad(8, "the tensors have %d bytes, the file holds %d", at, n)
	}
	return nil
}
