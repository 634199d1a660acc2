package git

import (
	"fmt"
	"io"
)

const (
	maxChain = 4096    // deltas behind one object; git itself makes no more than 4095
	maxWork  = 1 << 30 // bytes unpacked for one object
)

// place is an object in a pack.
type place struct {
	pack int
	at   int64
}

// packed reads an object from a pack: the deltas down to a whole object, then up again.
func (r *Repo) packed(p *pack, at, limit int64) (Kind, []byte, error) {
	_, n, err := r.packedSize(p, at)
	if err != nil {
		return 0, nil, err
	}
	if n > limit {
		return 0, nil, ErrLarge
	}
	c, err := r.descend(p, at)
	if err != nil {
		return 0, nil, err
	}
	for i := len(c.steps) - 1; i >= 0; i-- {
		s := c.steps[i]
		delta, err := r.inflate(p, s.data, s.size)
		if err != nil {
			return 0, nil, err
		}
		if c.text, err = apply(c.text, delta, &c.work); err != nil {
			return 0, nil, err
		}
		r.cache.put(place{p.id, s.at}, c.kind, c.text)
	}
	return c.kind, c.text, nil
}

// chain is a whole object and the deltas that lead to it, from the one that was asked for.
type chain struct {
	kind  Kind
	text  []byte
	steps []entry
	work  int64 // bytes unpacked so far
}

// descend follows deltas to a whole object.
func (r *Repo) descend(p *pack, at int64) (c chain, err error) {
	for {
		if k, b, ok := r.cache.get(place{p.id, at}); ok {
			c.kind, c.text = k, b
			return c, nil
		}
		e, err := p.entry(at)
		if err != nil {
			return c, err
		}
		if c.work += e.size; e.size > maxObject || c.work > maxWork || len(c.steps) > maxChain {
			return c, ErrLarge
		}
		switch e.kind {
		case offsetDelta:
			at = e.base
		case hashDelta:
			next, ok, err := p.find(e.hash)
			if err != nil || !ok {
				return c, fmt.Errorf("%w: pack: the base %v of a delta is missing", ErrDamaged, e.hash)
			}
			at = next
		default:
			c.kind = e.kind
			c.text, err = r.inflate(p, e.data, e.size)
			if err == nil && len(c.steps) > 0 {
				r.cache.put(place{p.id, at}, c.kind, c.text)
			}
			return c, err
		}
		c.steps = append(c.steps, e)
	}
}

// packedSize reads the size of an object; that of a delta's result stands at the start of the delta.
func (r *Repo) packedSize(p *pack, at int64) (Kind, int64, error) {
	e, err := p.entry(at)
	if err != nil || e.kind != offsetDelta && e.kind != hashDelta {
		return e.kind, e.size, err
	}
	if err := r.z.reset(io.NewSectionReader(p.data, e.data, p.size-e.data)); err != nil {
		return 0, 0, err
	}
	var head [24]byte
	n, err := io.ReadFull(r.z.z, head[:])
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return 0, 0, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	_, rest, ok := length(head[:n])
	size, _, ok2 := length(rest)
	if !ok || !ok2 {
		return 0, 0, fmt.Errorf("%w: delta", ErrDamaged)
	}
	return 0, size, nil
}

// length reads a number of seven bits a byte, the lowest first.
func length(b []byte) (n int64, rest []byte, ok bool) {
	for i, c := range b {
		if i > 6 {
			break
		}
		n |= int64(c&0x7f) << (7 * i)
		if c&0x80 == 0 {
			return n, b[i+1:], true
		}
	}
	return 0, nil, false
}

// apply makes an object from its base and a delta: copies of ranges of the base, and new bytes.
func apply(base, delta []byte, work *int64) ([]byte, error) {
	bad := fmt.Errorf("%w: delta", ErrDamaged)
	from, delta, ok := length(delta)
	if !ok || from != int64(len(base)) {
		return nil, bad
	}
	to, delta, ok := length(delta)
	if !ok {
		return nil, bad
	}
	if *work += to; to > maxObject || *work > maxWork {
		return nil, ErrLarge
	}
	out := make([]byte, 0, to)
	for len(delta) > 0 {
		op := delta[0]
		delta = delta[1:]
		var piece []byte
		switch {
		case op&0x80 != 0:
			var at, n int64
			for i := range 7 {
				if op&(1<<i) == 0 {
					continue
				}
				if len(delta) == 0 {
					return nil, bad
				}
				if i < 4 {
					at |= int64(delta[0]) << (8 * i)
				} else {
					n |= int64(delta[0]) << (8 * (i - 4))
				}
				delta = delta[1:]
			}
			if n == 0 {
				n = 0x10000
			}
			if at+n > from {
				return nil, bad
			}
			piece = base[at : at+n]
		case op > 0 && int(op) <= len(delta):
			piece, delta = delta[:op], delta[op:]
		default:
			return nil, bad
		}
		if int64(len(out)+len(piece)) > to {
			return nil, bad
		}
		out = append(out, piece...)
	}
	if int64(len(out)) != to {
		return nil, bad
	}
	return out, nil
}

// cache keeps objects that deltas were applied to or made, the newest cacheBytes of them. Bytes in it are never changed.
type cache struct {
	kept  map[place]cached
	order []place
	size  int
}

type cached struct {
	kind Kind
	text []byte
}

func (c *cache) get(p place) (Kind, []byte, bool) {
	o, ok := c.kept[p]
	return o.kind, o.text, ok
}

func (c *cache) put(p place, k Kind, text []byte) {
	if _, twice := c.kept[p]; twice || len(text) > cacheBytes/4 {
		return
	}
	if c.kept == nil {
		c.kept = map[place]cached{}
	}
	c.kept[p] = cached{k, text}
	c.order = append(c.order, p)
	c.size += len(text) + 64
	if c.size <= cacheBytes {
		return
	}
	drop := 0
	for c.size > cacheBytes*3/4 {
		old := c.order[drop]
		c.size -= len(c.kept[old].text) + 64
		delete(c.kept, old)
		drop++
	}
	c.order = append(c.order[:0], c.order[drop:]...)
}
