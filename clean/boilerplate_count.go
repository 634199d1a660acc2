package clean

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-83c59573/quern"
)

// LineCounter counts on how many pages of its host each line stands: the first pass of Boilerplate. Parts of a dataset can be counted
// apart and merged in any order; the result is the same, to the byte.
//
// Its memory is bounded. Lines are known by 64-bit hashes, and when there are more different ones than the bound allows, those whose
// hash is in the upper half are forgotten, for good, and so on with the upper half of the rest. What is left is counted exactly, and
// depends on the set of lines alone, since a part never has more of them than the whole. Lines that are forgotten are not cut.
type LineCounter struct {
	maxLine int
	hosts   counts // pages by host
	lines   counts // pages by host and line
	keys    []uint64
}

// NewLineCounter takes the bounds of the rule: MaxLine, MaxHosts and MaxLines.
func NewLineCounter(o Boilerplate) (*LineCounter, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	return &LineCounter{maxLine: o.MaxLine, hosts: counts{limit: o.MaxHosts}, lines: counts{limit: o.MaxLines}}, nil
}

// Add counts a page. A document whose Origin has no host is passed over.
func (c *LineCounter) Add(d *quern.Doc) {
	host := hostKey(d.Origin)
	if host == 0 {
		return
	}
	c.hosts.add(host, 1)
	c.keys = c.keys[:0]
	for from := 0; from < len(d.Text); {
		to := lineEnd(d.Text, from)
		if key := lineKey(host, d.Text[from:to], c.maxLine); key != 0 {
			c.keys = append(c.keys, key)
		}
		from = to + 1
	}
	slices.Sort(c.keys)
	for i, key := range c.keys {
		if i == 0 || key != c.keys[i-1] { // a page counts once
			c.lines.add(key, 1)
		}
	}
}

// Merge adds what o counted, by the same bounds.
func (c *LineCounter) Merge(o *LineCounter) error {
	if c.maxLine != o.maxLine || c.hosts.limit != o.hosts.limit || c.lines.limit != o.lines.limit {
		return errors.New("clean: boilerplate: tables of other bounds cannot be merged")
	}
	c.hosts.merge(&o.hosts)
	c.lines.merge(&o.lines)
	return nil
}

// Lines is how many different lines are known, and Kept which share of all different lines that is.
func (c *LineCounter) Lines() int { return c.lines.n }

// Kept is the share of lines that are counted: 1, or a power of a half if there were more than the bound allows.
func (c *LineCounter) Kept() float64 { return 1 / float64(uint64(1)<<c.lines.shift) }

func (c *LineCounter) pages(host uint64) int { return int(c.hosts.get(host)) }

func (c *LineCounter) count(key uint64) int { return int(c.lines.get(key)) }

// counts is an open-addressing table of odd keys, of which only those below 2^(64-shift) are kept.
type counts struct {
	limit int
	shift uint8
	n     int
	keys  []uint64
	vals  []uint32
}

func (t *counts) slot(key uint64) int {
	mask := len(t.keys) - 1
	for i := int(key*mul0>>32) & mask; ; i = (i + 1) & mask {
		if t.keys[i] == key || t.keys[i] == 0 {
			return i
		}
	}
}

func (t *counts) get(key uint64) uint32 {
	if t.n == 0 {
		return 0
	}
	if i := t.slot(key); t.keys[i] == key {
		return t.vals[i]
	}
	return 0
}

func (t *counts) dropped(key uint64) bool { return t.shift > 0 && key>>(64-t.shift) != 0 }

func (t *counts) add(key uint64, n uint32) {
	if t.dropped(key) {
		return
	}
	if 4*(t.n+1) > 3*len(t.keys) {
		t.rehash(max(64, 2*len(t.keys)))
	}
	i := t.slot(key)
	if t.keys[i] == 0 {
		t.keys[i] = key
		if t.n++; t.n > t.limit {
			t.vals[i] = n
			t.halve()
			return
		}
	}
	t.vals[i] += min(n, ^uint32(0)-t.vals[i])
}

// halve forgets keys until the rest is within the limit.
func (t *counts) halve() {
	for t.n > t.limit {
		t.shift++
		t.n = 0
		for _, k := range t.keys {
			if k != 0 && !t.dropped(k) {
				t.n++
			}
		}
	}
	t.rehash(len(t.keys))
}

// rehash moves what is kept into a table of the given size, a power of two.
func (t *counts) rehash(size int) {
	keys, vals := t.keys, t.vals
	t.keys, t.vals = make([]uint64, size), make([]uint32, size)
	for i, k := range keys {
		if k != 0 && !t.dropped(k) {
			j := t.slot(k)
			t.keys[j], t.vals[j] = k, vals[i]
		}
	}
}

func (t *counts) merge(o *counts) {
	if o.shift > t.shift {
		t.shift = o.shift
		t.n = 0
		for _, k := range t.keys {
			if k != 0 && !t.dropped(k) {
				t.n++
			}
		}
		if len(t.keys) > 0 {
			t.rehash(len(t.keys))
		}
	}
	for i, k := range o.keys {
		if k != 0 {
			t.add(k, o.vals[i])
		}
	}
}

const lineCounterMagic = "quern lines 1\n"

// Encode writes the table: the magic, then as varints the three bounds and, for hosts and for lines, how often keys were halved, how
// many there are, and in the order of their keys the difference to the key before and the count.
func (c *LineCounter) Encode() []byte {
	b := append([]byte(nil), lineCounterMagic...)
	b = binary.AppendUvarint(b, uint64(c.maxLine))
	b = binary.AppendUvarint(b, uint64(c.hosts.limit))
	b = binary.AppendUvarint(b, uint64(c.lines.limit))
	return c.lines.encode(c.hosts.encode(b))
}

func (t *counts) encode(b []byte) []byte {
	b = binary.AppendUvarint(append(b, t.shift), uint64(t.n))
	sorted := make([]int, 0, t.n)
	for i, k := range t.keys {
		if k != 0 {
			sorted = append(sorted, i)
		}
	}
	slices.SortFunc(sorted, func(i, j int) int {
		if t.keys[i] < t.keys[j] {
			return -1
		}
		return 1
	})
	last := uint64(0)
	for _, i := range sorted {
		b = binary.AppendUvarint(b, t.keys[i]-last)
		b = binary.AppendUvarint(b, uint64(t.vals[i]))
		last = t.keys[i]
	}
	return b
}

// DecodeLineCounter reads what Encode wrote. A table that is cut short or damaged is an error that names the offset.
func DecodeLineCounter(b []byte) (*LineCounter, error) {
	r := &countReader{b: b}
	if len(b) < len(lineCounterMagic) || string(b[:len(lineCounterMagic)]) != lineCounterMagic {
		return nil, errors.New("clean: boilerplate: offset 0: this is no table of lines")
	}
	r.at = len(lineCounterMagic)
	o := DefaultBoilerplate()
	o.MaxLine, o.MaxHosts, o.MaxLines = r.bound("max_line"), r.bound("max_hosts"), r.bound("max_lines")
	if r.err != nil {
		return nil, r.err
	}
	c, err := NewLineCounter(o)
	if err != nil {
		return nil, err
	}
	r.counts(&c.hosts)
	r.counts(&c.lines)
	if r.err == nil && r.at != len(b) {
		r.fail("the end of the table")
	}
	if r.err != nil {
		return nil, r.err
	}
	return c, nil
}

// countReader reads varints and keeps the first error.
type countReader struct {
	b   []byte
	at  int
	err error
}

func (r *countReader) fail(want string) {
	if r.err == nil {
		r.err = fmt.Errorf("clean: boilerplate: offset %d: want %s", r.at, want)
	}
}

func (r *countReader) uvarint(want string) uint64 {
	if r.err != nil {
		return 0
	}
	v, n := binary.Uvarint(r.b[r.at:])
	if n <= 0 {
		r.fail(want)
		return 0
	}
	r.at += n
	return v
}

func (r *countReader) bound(name string) int {
	v := r.uvarint(name)
	if v < 1 || v > 1<<30 {
		r.fail(name + " from 1 to 2^30")
		return 1
	}
	return int(v)
}

func (r *countReader) counts(t *counts) {
	if r.err != nil {
		return
	}
	if r.at >= len(r.b) || r.b[r.at] > 63 {
		r.fail("how often keys were halved")
		return
	}
	t.shift = r.b[r.at]
	r.at++
	n := r.uvarint("the number of keys")
	if n > uint64(t.limit) || n > uint64(len(r.b)-r.at)/2 { // a key takes two bytes at least, so memory follows the input
		r.fail("as many keys as the table may hold")
		return
	}
	key := uint64(0)
	for range n {
		step, v := r.uvarint("a key"), r.uvarint("a count")
		if r.err != nil {
			return
		}
		if key += step; step == 0 || key < step || v == 0 || v > 1<<32-1 || t.dropped(key) {
			r.fail("keys in order and their counts")
			return
		}
		t.add(key, uint32(v))
	}
}
