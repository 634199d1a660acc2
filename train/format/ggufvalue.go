package format

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"
)

// ggufCursor reads the head, and never more of it than the file has.
type ggufCursor struct {
	r    *bufio.Reader
	at   int64
	left int64
}

func (c *ggufCursor) bad(format string, a ...any) error {
	return fmt.Errorf("%w: offset %d: %s", ErrGGUF, c.at, fmt.Sprintf(format, a...))
}

func (c *ggufCursor) bytes(n uint64) ([]byte, error) {
	if n > uint64(c.left) {
		return nil, c.bad("%d bytes are told of, the file has %d more", n, c.left)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(c.r, b); err != nil {
		return nil, err
	}
	c.at, c.left = c.at+int64(n), c.left-int64(n)
	return b, nil
}

func (c *ggufCursor) u32() (uint32, error) {
	b, err := c.bytes(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

func (c *ggufCursor) u64() (uint64, error) {
	b, err := c.bytes(8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

// count reads how many things follow, each of which takes at least size bytes.
func (c *ggufCursor) count(what string, size int64) (int, error) {
	n, err := c.u64()
	if err == nil && n > uint64(c.left/size) {
		err = c.bad("%d %s, the file has %d more bytes", n, what, c.left)
	}
	return int(n), err
}

func (c *ggufCursor) text() (string, error) {
	n, err := c.u64()
	if err != nil {
		return "", err
	}
	if n > maxGGUFText {
		return "", c.bad("a string of %d bytes, the limit is %d", n, maxGGUFText)
	}
	b, err := c.bytes(n)
	if err == nil && !utf8.Valid(b) {
		err = c.bad("a string is not UTF-8")
	}
	return string(b), err
}

func (g *GGUF) readValue(c *ggufCursor) error {
	key, err := c.text()
	if err != nil {
		return err
	}
	if key == "" || len(key) > 1<<16-1 || strings.ContainsRune(key, 0) {
		return c.bad("a key of %d bytes, want 1 to 65535 without a NUL", len(key))
	}
	if _, twice := g.Values[key]; twice {
		return c.bad("key %q twice", key)
	}
	kind, err := c.u32()
	if err != nil {
		return err
	}
	if g.Values[key], err = c.value(kind, 0); err != nil {
		return fmt.Errorf("key %q: %w", key, err)
	}
	return nil
}

// The types of values beside those that are written.
const (
	ggufUint8   = 0
	ggufInt8    = 1
	ggufUint16  = 2
	ggufInt16   = 3
	ggufInt64   = 11
	ggufFloat64 = 12
)

// ggufSizes are how many bytes a value has at least.
var ggufSizes = map[uint32]int64{ggufUint8: 1, ggufInt8: 1, ggufUint16: 2, ggufInt16: 2, ggufUint32: 4, ggufInt32: 4, ggufFloat32: 4, ggufBool: 1, ggufString: 8,
	ggufArray: 12, ggufUint64: 8, ggufInt64: 8, ggufFloat64: 8}

func (c *ggufCursor) value(kind uint32, depth int) (any, error) {
	switch kind {
	case ggufString:
		return c.text()
	case ggufArray:
		return c.array(depth + 1)
	}
	size, ok := ggufSizes[kind]
	if !ok {
		return nil, c.bad("a value of type %d", kind)
	}
	b, err := c.bytes(uint64(size))
	if err != nil {
		return nil, err
	}
	u := uint64(0)
	for i, x := range b {
		u |= uint64(x) << (8 * i)
	}
	switch kind {
	case ggufInt8, ggufInt16, ggufInt32, ggufInt64:
		shift := 64 - 8*size
		return int64(u<<shift) >> shift, nil
	case ggufFloat32:
		return float64(math.Float32frombits(uint32(u))), nil
	case ggufFloat64:
		return math.Float64frombits(u), nil
	case ggufBool:
		if u > 1 {
			return nil, c.bad("a bool of %d", u)
		}
		return u == 1, nil
	}
	return u, nil
}

func (c *ggufCursor) array(depth int) (any, error) {
	if depth > maxGGUFDepth {
		return nil, c.bad("more than %d lists in one another", maxGGUFDepth)
	}
	kind, err := c.u32()
	if err != nil {
		return nil, err
	}
	size, ok := ggufSizes[kind]
	if !ok {
		return nil, c.bad("a list of type %d", kind)
	}
	n, err := c.count("values of a list", size)
	if err != nil {
		return nil, err
	}
	if kind == ggufString {
		out := make([]string, n)
		for i := range out {
			if out[i], err = c.text(); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	out := make([]any, n)
	for i := range out {
		if out[i], err = c.value(kind, depth); err != nil {
			return nil, err
		}
	}
	return out, nil
}
