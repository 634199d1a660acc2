package ingest

import (
	"encoding/binary"
	"errors"
	"fmt"
)

var errThrift = errors.New("malformed metadata")

// compact walks a structure in the compact Thrift protocol without building anything.
type compact struct {
	b        []byte
	at       int
	elements int
	visit    func(parent, field int, v int64) // integers and booleans of the top structure (parent 0) and of its fields' structures
}

func (c *compact) uvarint() (uint64, error) {
	v, n := binary.Uvarint(c.b[c.at:])
	if n <= 0 {
		return 0, errThrift
	}
	c.at += n
	return v, nil
}

func (c *compact) byte() (byte, error) {
	if c.at >= len(c.b) {
		return 0, errThrift
	}
	c.at++
	return c.b[c.at-1], nil
}

func (c *compact) skip(n uint64) error {
	if n > uint64(len(c.b)-c.at) {
		return errThrift
	}
	c.at += int(n)
	return nil
}

// structure walks fields until the stop byte.
func (c *compact) structure(depth, parent int) error {
	if depth > maxThriftDeep {
		return fmt.Errorf("%w: nested deeper than %d", errThrift, maxThriftDeep)
	}
	field := 0
	for {
		h, err := c.byte()
		if err != nil || h == 0 {
			return err
		}
		if d := int(h >> 4); d > 0 {
			field += d
		} else {
			v, err := c.uvarint()
			if err != nil {
				return err
			}
			field = int(int16(unzigzag(v)))
		}
		if kind := h & 15; kind <= 2 { // a boolean is in its header
			if c.visit != nil && depth <= 1 {
				c.visit(parent, field, int64(2-kind))
			}
		} else {
			if err := c.value(kind, depth, parent, field); err != nil {
				return err
			}
		}
	}
}

func (c *compact) value(kind byte, depth, parent, field int) error {
	switch kind {
	case 1, 2, 3: // in lists a boolean takes a byte
		return c.skip(1)
	case 4, 5, 6:
		v, err := c.uvarint()
		if err == nil && c.visit != nil && depth <= 1 {
			c.visit(parent, field, unzigzag(v))
		}
		return err
	case 7:
		return c.skip(8)
	case 8:
		n, err := c.uvarint()
		if err != nil {
			return err
		}
		return c.skip(n)
	case 9, 10:
		return c.list(depth)
	case 11:
		return c.mapping(depth)
	case 12:
		return c.structure(depth+1, field)
	}
	return errThrift
}

func (c *compact) list(depth int) error {
	h, err := c.byte()
	if err != nil {
		return err
	}
	n := uint64(h >> 4)
	if n == 15 {
		if n, err = c.uvarint(); err != nil {
			return err
		}
	}
	return c.many(n, depth, h&15)
}

func (c *compact) mapping(depth int) error {
	n, err := c.uvarint()
	if err != nil || n == 0 {
		return err
	}
	h, err := c.byte()
	if err != nil {
		return err
	}
	return c.many(n, depth, h>>4, h&15)
}

// many walks n elements, each of the given kinds in turn.
func (c *compact) many(n uint64, depth int, kinds ...byte) error {
	if n > uint64(len(c.b)-c.at) {
		return fmt.Errorf("%w: a list of %d elements in %d bytes", errThrift, n, len(c.b)-c.at)
	}
	if depth > maxThriftDeep {
		return errThrift
	}
	for range n {
		for _, k := range kinds {
			if k == 12 {
				if c.elements++; c.elements > maxElements {
					return fmt.Errorf("%w: more than %d structures", errThrift, maxElements)
				}
			}
			if err := c.value(k, depth+1, -1, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }
