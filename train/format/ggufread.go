package format

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"
)

// GGUF is the head of a file of llama.cpp, and where its tensors lie.
type GGUF struct {
	Arch    string
	Values  map[string]any // bool, string, uint64, int64, float64 by key, or a slice of one of these
	Entries []GGUFEntry    // in the order of their data

	r    io.ReaderAt
	base int64
}

// GGUFEntry is a tensor of a file, its shape row-major.
type GGUFEntry struct {
	Name  string
	Shape []int
	Type  GGUFType

	at, size int64
}

// Limits on foreign files.
const (
	maxGGUFText  = 64 << 20 // bytes of a string
	maxGGUFDepth = 4        // of lists in lists
	maxGGUFName  = 63       // bytes of a tensor's name
)

// ErrGGUF is wrapped by every error of reading that is the file's fault.
var ErrGGUF = errors.New("not a sound GGUF file")

// ggufOthers are the types that a file may have and whose numbers are not read here (ggml, gguf-py's constants.py, GGML_QUANT_SIZES).
var ggufOthers = map[GGUFType]struct {
	name           string
	numbers, bytes int
}{3: {"q4_1", 32, 20}, 6: {"q5_0", 32, 22}, 7: {"q5_1", 32, 24}, 9: {"q8_1", 32, 36}, 10: {"q2_k", 256, 84}, 11: {"q3_k", 256, 110}, 12: {"q4_k", 256, 144},
	13: {"q5_k", 256, 176}, 14: {"q6_k", 256, 210}, 15: {"q8_k", 256, 292}, 24: {"i8", 1, 1}, 25: {"i16", 1, 2}, 26: {"i32", 1, 4}, 27: {"i64", 1, 8}, 28: {"f64", 1, 8}}

// OpenGGUF reads the head of a file of size bytes, of version 2 or 3, and refuses what is not exactly the format: a key or a name twice, unknown types, tensors that
// overlap, do not fit their place or leave bytes behind them, and a tokenizer whose lists are not equally long. Errors name the offset.
func OpenGGUF(r io.ReaderAt, size int64) (*GGUF, error) {
	c := &ggufCursor{r: bufio.NewReaderSize(io.NewSectionReader(r, 0, size), 1<<16), left: size}
	magic, err := c.bytes(4)
	if err != nil {
		return nil, err
	}
	if string(magic) != "GGUF" {
		return nil, fmt.Errorf("%w: it begins with %q, want GGUF", ErrGGUF, magic)
	}
	version, err := c.u32()
	switch {
	case err != nil:
		return nil, err
	case version != 0 && version&0xFFFF == 0:
		return nil, c.bad("the bytes of its numbers are in the other order: a file for big-endian machines")
	case version != 2 && version != 3:
		return nil, c.bad("version %d, want 2 or 3", version)
	}
	tensors, err := c.count("tensors", 24)
	if err != nil {
		return nil, err
	}
	keys, err := c.count("keys", 13)
	if err != nil {
		return nil, err
	}
	g := &GGUF{Values: map[string]any{}, r: r}
	for range keys {
		if err := g.readValue(c); err != nil {
			return nil, err
		}
	}
	align, err := g.alignment(c)
	if err != nil {
		return nil, err
	}
	for range tensors {
		if err := g.readEntry(c, align); err != nil {
			return nil, err
		}
	}
	g.base = (c.at + align - 1) / align * align
	if err := g.layout(size, align); err != nil {
		return nil, err
	}
	return g, g.check()
}

// alignment is what the data of each tensor begins on a multiple of.
func (g *GGUF) alignment(c *ggufCursor) (int64, error) {
	v, ok := g.Values["general.alignment"]
	if !ok {
		return ggufAlignment, nil
	}
	n, ok := v.(uint64)
	if !ok || n < 8 || n > 1<<16 || bits.OnesCount64(n) != 1 {
		return 0, c.bad("general.alignment is %v, want a power of 2 from 8 to 65536", v)
	}
	return int64(n), nil
}

func (g *GGUF) readEntry(c *ggufCursor, align int64) error {
	name, err := c.text()
	if err != nil {
		return err
	}
	if name == "" || len(name) > maxGGUFName {
		return c.bad("a tensor's name of %d bytes, want 1 to %d", len(name), maxGGUFName)
	}
	e := GGUFEntry{Name: name}
	dims, err := c.u32()
	if err != nil {
		return err
	}
	if dims < 1 || dims > 4 {
		return c.bad("tensor %q has %d dimensions, want 1 to 4", name, dims)
	}
	for range dims {
		d, err := c.u64()
		if err != nil {
			return err
		}
		if d < 1 || d > math.MaxInt32 {
			return c.bad("tensor %q has a dimension of %d", name, d)
		}
		e.Shape = append(e.Shape, int(d))
	}
	slices.Reverse(e.Shape)
	kind, err := c.u32()
	if err != nil {
		return err
	}
	e.Type = GGUFType(kind)
	at, err := c.u64()
	if err != nil {
		return err
	}
	x, known := ggufTypes[e.Type]
	if !known {
		x, known = ggufOthers[e.Type]
	}
	n, ok := product(e.Shape, 1)
	switch {
	case !known:
		return c.bad("tensor %q is of type %d, which is unknown or was removed", name, kind)
	case !ok || n > math.MaxInt64/8:
		return c.bad("tensor %q of shape %v is too large", name, e.Shape)
	case e.Shape[len(e.Shape)-1]%x.numbers != 0:
		return c.bad("tensor %q has rows of %d numbers, of %s they must be a multiple of %d long", name, e.Shape[len(e.Shape)-1], x.name, x.numbers)
	case at > math.MaxInt64/2 || int64(at)%align != 0:
		return c.bad("tensor %q begins at %d, want a multiple of %d", name, at, align)
	}
	e.at, e.size = int64(at), int64(n)/int64(x.numbers)*int64(x.bytes)
	g.Entries = append(g.Entries, e)
	return nil
}

// layout insists that tensors lie one behind another, each on the next place that is aligned, up to the end of the file.
func (g *GGUF) layout(size, align int64) error {
	seen := map[string]bool{}
	for _, e := range g.Entries {
		if seen[e.Name] {
			return fmt.Errorf("%w: tensor %q twice", ErrGGUF, e.Name)
		}
		seen[e.Name] = true
	}
	slices.SortStableFunc(g.Entries, func(a, b GGUFEntry) int { return int(min(max(a.at-b.at, -1), 1)) })
	at, end := int64(0), int64(0)
	for _, e := range g.Entries {
		if e.at != at {
			return fmt.Errorf("%w: tensor %q begins at byte %d of the data, want %d", ErrGGUF, e.Name, e.at, at)
		}
		end = at + e.size
		at = (end + align - 1) / align * align
		if g.base+end > size {
			return fmt.Errorf("%w: tensor %q ends at byte %d, the file has %d", ErrGGUF, e.Name, g.base+end, size)
		}
	}
	if len(g.Entries) > 0 && size > g.base+at || len(g.Entries) == 0 && size > g.base {
		return fmt.Errorf("%w: %d bytes after the last tensor", ErrGGUF, size-g.base-end)
	}
	return nil
}

// check holds the values against one another that every reader relies on.
func (g *GGUF) check() error {
	arch, ok := g.Values["general.architecture"].(string)
	if !ok || arch == "" {
		return fmt.Errorf("%w: general.architecture is %v, want a name", ErrGGUF, g.Values["general.architecture"])
	}
	g.Arch = arch
	list, ok := g.Values["tokenizer.ggml.tokens"]
	if !ok {
		return nil
	}
	tokens, ok := list.([]string)
	if !ok {
		return fmt.Errorf("%w: tokenizer.ggml.tokens are no strings", ErrGGUF)
	}
	seen := make(map[string]bool, len(tokens))
	for i, t := range tokens {
		if seen[t] {
			return fmt.Errorf("%w: tokenizer.ggml.tokens has %q twice, again at %d", ErrGGUF, t, i)
		}
		seen[t] = true
	}
	for _, key := range []string{"scores", "token_type"} {
		if v, ok := g.Values["tokenizer.ggml."+key]; ok {
			if x, ok := v.([]any); !ok || len(x) != len(tokens) {
				return fmt.Errorf("%w: tokenizer.ggml.%s is not of the %d tokens", ErrGGUF, key, len(tokens))
			}
		}
	}
	for _, key := range []string{"bos", "eos", "padding", "unknown"} {
		if v, ok := g.Values["tokenizer.ggml."+key+"_token_id"]; ok {
			if id, ok := v.(uint64); !ok || id >= uint64(len(tokens)) {
				return fmt.Errorf("%w: tokenizer.ggml.%s_token_id is %v of %d tokens", ErrGGUF, key, v, len(tokens))
			}
		}
	}
	return nil
}

// ReadInto reads the numbers of a tensor straight to where they belong: dst, which must be as long as the tensor.
func (g *GGUF) ReadInto(dst []float32, e *GGUFEntry) error {
	x, ok := ggufTypes[e.Type]
	if !ok {
		return fmt.Errorf("tensor %q: its numbers are %s, want f32, f16, bf16, q8_0 or q4_0", e.Name, ggufOthers[e.Type].name)
	}
	if n, _ := product(e.Shape, 1); n != uint64(len(dst)) {
		return fmt.Errorf("tensor %q has %d numbers, there is room for %d", e.Name, n, len(dst))
	}
	r := io.NewSectionReader(g.r, g.base+e.at, e.size)
	if dtype, ok := ggufFloats[e.Type]; ok {
		return readNumbers(r, dtype, dst)
	}
	buf := make([]byte, min(len(dst), piece)/x.numbers*x.bytes)
	for len(dst) > 0 {
		n := min(len(dst), piece)
		b := buf[:n/x.numbers*x.bytes]
		if _, err := io.ReadFull(r, b); err != nil {
			return err
		}
		for i := 0; i < n; i += 32 {
			block := b[i/32*x.bytes:]
			d := half(binary.LittleEndian.Uint16(block))
			for j := range 16 {
				if e.Type == GGUFQ8_0 {
					dst[i+j], dst[i+j+16] = d*float32(int8(block[2+j])), d*float32(int8(block[2+j+16]))
				} else {
					dst[i+j], dst[i+j+16] = d*float32(int(block[2+j]&15)-8), d*float32(int(block[2+j]>>4)-8)
				}
			}
		}
		dst = dst[n:]
	}
	return nil
}
