package tokenize

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// precompiled is SentencePiece's table of replacements: a double array (Aoe 1989, as in Darts) from bytes to places in a pool of strings that end
// with a zero.
type precompiled struct {
	units []uint32
	pool  []byte
	raw   []byte
}

func newPrecompiled(b64 string) (normalizer, error) {
	b, err := base64.StdEncoding.DecodeString(b64)
	if err != nil {
		return nil, fmt.Errorf("tokenize: precompiled_charsmap: %w", err)
	}
	return parsePrecompiled(b)
}

func parsePrecompiled(b []byte) (normalizer, error) {
	if len(b) < 4 {
		return nil, errors.New("tokenize: precompiled_charsmap: cut short")
	}
	size := binary.LittleEndian.Uint32(b)
	if uint64(size) > uint64(len(b)-4) || size%4 != 0 || size == 0 {
		return nil, fmt.Errorf("tokenize: precompiled_charsmap: a table of %d bytes in %d", size, len(b)-4)
	}
	p := &precompiled{units: make([]uint32, size/4), pool: b[4+size:], raw: b}
	for i := range p.units {
		p.units[i] = binary.LittleEndian.Uint32(b[4+4*i:])
	}
	return p, nil
}

// find is the replacement of the shortest start of b that has one.
func (p *precompiled) find(b []byte) ([]byte, bool) {
	offset := func(u uint32) uint32 { return u >> 10 << (u & (1 << 9) >> 6) }
	at := offset(p.units[0])
	for _, c := range b {
		at ^= uint32(c)
		if c == 0 || int(at) >= len(p.units) {
			return nil, false
		}
		u := p.units[at]
		if u&(1<<31|0xFF) != uint32(c) {
			return nil, false
		}
		at ^= offset(u)
		if u>>8&1 == 1 {
			if int(at) >= len(p.units) {
				return nil, false
			}
			from := int(p.units[at] & (1<<31 - 1))
			if from > len(p.pool) {
				return nil, false
			}
			s := p.pool[from:]
			if end := bytes.IndexByte(s, 0); end >= 0 {
				s = s[:end]
			}
			return s, true
		}
	}
	return nil, false
}

const longGrapheme = 6 // bytes: from here on the characters of a cluster are looked up one by one

func (p *precompiled) normalize(a aligned) (aligned, error) {
	r := newRewriter(a)
	var err error
	put := func(s []byte, n int) {
		if err == nil {
			err = a.room(len(r.out.text)+len(s), "precompiled_charsmap")
		}
		if len(s) == 0 || err != nil {
			r.drop(n)
		} else {
			r.replace(s, n)
		}
	}
	clusters := graphemes.FromBytes(a.text)
	for clusters.Next() {
		g := clusters.Value()
		if len(g) < longGrapheme {
			if s, ok := p.find(g); ok {
				put(s, len(g))
				continue
			}
		}
		for len(g) > 0 {
			_, n := utf8.DecodeRune(g)
			if s, ok := p.find(g[:n]); ok {
				put(s, n)
			} else {
				r.keep(n)
			}
			g = g[n:]
		}
	}
	return r.done(), err
}
