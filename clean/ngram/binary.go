package ngram

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// The head of KenLM's binary files (lm/binary_format.cc): a magic text, test values, parameters, and the counts by order.
const (
	magic      = "mmap lm http://kheafield.com/code format version 5\n\x00"
	magicStem  = "mmap lm http://kheafield.com/code"
	sanitySize = 88
	fixedSize  = 20
)

var kinds = []string{"probing hash tables", "probing hash tables with rest costs", "trie", "trie with quantization",
	"trie with array-compressed pointers", "trie with quantization and array-compressed pointers"}

// sanity is the part of the head that is the same in every file.
func sanity() []byte {
	b := make([]byte, sanitySize)
	copy(b, magic)
	for i, v := range []uint32{0, math.Float32bits(1), math.Float32bits(-0.5), 1, math.MaxUint32, 0, 1} {
		binary.LittleEndian.PutUint32(b[56+4*i:], v)
	}
	return b
}

type header struct {
	order      int
	multiplier float32
	kind       uint32
	words      bool
	version    uint32
	counts     []uint64
	size       uint64
}

func headerSize(order int) uint64 { return (sanitySize + fixedSize + 8*uint64(order) + 7) / 8 * 8 }

func parseHeader(b []byte) (header, error) {
	var h header
	if len(b) < sanitySize+fixedSize {
		return h, fmt.Errorf("offset %d: the file ends within the head of %d bytes", len(b), sanitySize+fixedSize)
	}
	if !bytes.Equal(b[:sanitySize], sanity()) {
		return h, fmt.Errorf("offset 0: not the head of KenLM's binary format 5 from a 64-bit little-endian machine")
	}
	p := b[sanitySize:]
	h.order = int(p[0])
	h.multiplier = getFloat(p[4:])
	h.kind = binary.LittleEndian.Uint32(p[8:])
	h.words = p[12] != 0
	h.version = binary.LittleEndian.Uint32(p[16:])
	switch {
	case h.order < 2 || h.order > MaxOrder:
		return h, fmt.Errorf("offset %d: order %d, must be 2 to %d", sanitySize, h.order, MaxOrder)
	case !(h.multiplier >= 1 && h.multiplier <= 100):
		return h, fmt.Errorf("offset %d: probing multiplier %v, must be 1 to 100", sanitySize+4, h.multiplier)
	case h.kind >= uint32(len(kinds)):
		return h, fmt.Errorf("offset %d: model type %d is not known", sanitySize+8, h.kind)
	case h.kind == 1:
		return h, fmt.Errorf("offset %d: %s are not read; build the model without -r", sanitySize+8, kinds[1])
	case h.kind == 0 && h.version != 0 || h.kind >= 2 && h.version != 1:
		return h, fmt.Errorf("offset %d: %s of version %d", sanitySize+16, kinds[h.kind], h.version)
	}
	h.size = headerSize(h.order)
	if uint64(len(b)) < h.size {
		return h, fmt.Errorf("offset %d: the file ends within the head of %d bytes", len(b), h.size)
	}
	for n := range h.order {
		c := binary.LittleEndian.Uint64(b[sanitySize+fixedSize+8*n:])
		if c > 1<<40 || n == 0 && c > math.MaxUint32-2 {
			return h, fmt.Errorf("offset %d: %d %d-grams", sanitySize+fixedSize+8*n, c, n+1)
		}
		h.counts = append(h.counts, c)
	}
	return h, nil
}

// parseBinary makes a model of a whole file, which it keeps.
func parseBinary(b []byte) (*Model, error) {
	h, err := parseHeader(b)
	if err != nil {
		return nil, err
	}
	m := &Model{order: h.order, counts: h.counts, image: b}
	end := uint64(0)
	if h.kind == 0 {
		if end = m.lay(h.multiplier); uint64(len(b)) < end {
			return nil, fmt.Errorf("offset %d: the file ends, the tables reach to %d", len(b), end)
		}
		m.cut(h.multiplier)
		err = m.check()
	} else {
		m.trie, end, err = parseTrie(b, &h)
		if err == nil {
			m.bound = m.trie.bound
		}
	}
	if err != nil {
		return nil, err
	}
	if h.words {
		m.words = b[end:]
		if !bytes.HasPrefix(m.words, []byte("<unk>\x00")) {
			return nil, fmt.Errorf("offset %d: the words must begin with <unk>", end)
		}
		if n := bytes.Count(m.words, []byte{0}); n != int(m.bound) {
			return nil, fmt.Errorf("offset %d: %d words, the vocabulary has %d", end, n, m.bound)
		}
	}
	return m, m.marks()
}

// marks finds the begin and the end of sentences, which a model must know.
func (m *Model) marks() error {
	m.bos, m.eos = m.Index([]byte("<s>")), m.Index([]byte("</s>"))
	if m.bos == 0 || m.eos == 0 {
		return fmt.Errorf("the vocabulary lacks <s> or </s>")
	}
	return nil
}

// lay gives the size of a probing file without the words.
func (m *Model) lay(multiplier float32) uint64 {
	size := headerSize(m.order) + 8 + wordEntry*bucketsFor(m.counts[0], multiplier) + unigramEntry*(m.counts[0]+1)
	for n := 1; n < m.order-1; n++ {
		size += middleEntry * bucketsFor(m.counts[n], multiplier)
	}
	if m.order > 1 {
		size += longestEntry * bucketsFor(m.counts[m.order-1], multiplier)
	}
	return size
}

// cut points the tables into the image.
func (m *Model) cut(multiplier float32) {
	rest := m.image[headerSize(m.order):]
	m.bound = leUint32(rest[4:])
	rest = rest[8:]
	take := func(n, entry uint64) table {
		t := newTable(rest[:n*entry:n*entry], n, entry)
		rest = rest[n*entry:]
		return t
	}
	m.vocab = take(bucketsFor(m.counts[0], multiplier), wordEntry)
	m.uni = take(m.counts[0]+1, unigramEntry).data
	m.middle = nil
	for n := 1; n < m.order-1; n++ {
		m.middle = append(m.middle, take(bucketsFor(m.counts[n], multiplier), middleEntry))
	}
	if m.order > 1 {
		m.longest = take(bucketsFor(m.counts[m.order-1], multiplier), longestEntry)
	}
}

// check holds every entry of the tables to what scoring relies on: a free entry in each, numbers of words in bounds, numbers.
func (m *Model) check() error {
	at := headerSize(m.order)
	if v := leUint32(m.image[at:]); v != 0 {
		return fmt.Errorf("offset %d: vocabulary version %d, must be 0", at, v)
	}
	if m.bound == 0 || uint64(m.bound) > m.counts[0]+1 {
		return fmt.Errorf("offset %d: %d words, the file counts %d 1-grams", at+4, m.bound, m.counts[0])
	}
	at += 8
	if err := m.vocab.check(at, func(v []byte) bool { return leUint32(v) < m.bound }); err != nil {
		return err
	}
	at += uint64(len(m.vocab.data))
	for i := 0; i < len(m.uni); i += unigramEntry {
		if !isNumber(m.uni[i:]) || !isNumber(m.uni[i+4:]) {
			return fmt.Errorf("offset %d: a probability or backoff is not a number", at+uint64(i))
		}
	}
	at += uint64(len(m.uni))
	for i := range m.middle {
		if err := m.middle[i].check(at, func(v []byte) bool { return isNumber(v) && isNumber(v[4:]) }); err != nil {
			return err
		}
		at += uint64(len(m.middle[i].data))
	}
	if m.order > 1 {
		return m.longest.check(at, isNumber)
	}
	return nil
}

func isNumber(b []byte) bool { return !isSpecial(getFloat(b)) }

func (t *table) check(offset uint64, good func(value []byte) bool) error {
	free := false
	for at := uint64(0); at < t.buckets*t.entry; at += t.entry {
		e := t.data[at : at+t.entry]
		if binary.LittleEndian.Uint64(e) == 0 {
			free = true
		} else if !good(e[8:]) {
			return fmt.Errorf("offset %d: the entry of a hash table is out of bounds or not a number", offset+at)
		}
	}
	if !free {
		return fmt.Errorf("offset %d: a hash table has no free entry", offset)
	}
	return nil
}

// WriteBinary writes the model as KenLM's build_binary would: probing hash tables and the words. It must have been read from an
// ARPA file or a probing file, or learned, and have an order of 2 or more.
func (m *Model) WriteBinary(w io.Writer) error {
	if m.trie != nil || m.order < 2 {
		return fmt.Errorf("ngram: only a model of order 2 or more in hash tables can be written")
	}
	if _, err := w.Write(m.image); err != nil {
		return err
	}
	if len(m.words) > 0 && &m.image[len(m.image)-1] == &m.words[len(m.words)-1] {
		return nil // the words were read with the image
	}
	_, err := w.Write(m.words)
	return err
}

// newImage makes free tables for the counts of m, under a limit in bytes.
func (m *Model) newImage(limit int64) error {
	for n, c := range m.counts {
		if c > 1<<40 || n == 0 && c > math.MaxUint32-2 {
			return fmt.Errorf("%d %d-grams are too many", c, n+1)
		}
	}
	size := m.lay(multiplier)
	if size > uint64(limit) {
		return fmt.Errorf("the tables would take %d bytes, the limit is %d", size, limit)
	}
	m.image = make([]byte, size)
	m.cut(multiplier)
	copy(m.image, sanity())
	p := m.image[sanitySize:]
	p[0] = byte(m.order)
	putFloat(p[4:], multiplier)
	p[12] = 1
	for n, c := range m.counts {
		binary.LittleEndian.PutUint64(p[fixedSize+8*n:], c)
	}
	return nil
}

// setBound notes the number of words, <unk> included.
func (m *Model) setBound(n uint32) {
	m.bound = n
	binary.LittleEndian.PutUint32(m.image[headerSize(m.order)+4:], n)
}

// multiplier is how many entries a table has for each that is used, KenLM's default.
const multiplier = 1.5
