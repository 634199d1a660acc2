package dedup

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
)

// loader gives the shingle sets of a part: from memory if all of them fit into the budget, else it reads them from the scratch file
// when they are asked for, and keeps the latest.
type loader struct {
	budget int64
	part   *spill
	bin    int
	slot   []uint32 // 1 + the place of a rank in docs
	docs   []stored
	all    []uint32 // the shingles; nil = they are read one by one
	inCore bool
	buf    []byte

	latest map[uint32][]uint32
	held   int64
}

// stored tells where the n shingles of a document are: in loader.all, in the buffer of a worker or in its file.
type stored struct {
	rank, n uint32
	worker  int32
	buffer  bool
	at      int64
}

func (l *loader) load(sets *spill, part int) error {
	size := sets.bytes(part)
	l.part, l.bin, l.docs, l.all, l.inCore = sets, part, l.docs[:0], l.all[:0], size <= l.budget
	l.latest, l.held = map[uint32][]uint32{}, 0
	if l.inCore {
		l.all = slices.Grow(l.all, int(size/4))
	}
	var err error
	l.buf, err = sets.each(part, l.buf, func(worker int, at int64, piece []byte) error {
		for b := piece; len(b) > 0; {
			s := stored{rank: binary.LittleEndian.Uint32(b), n: binary.LittleEndian.Uint32(b[4:]), worker: int32(worker), buffer: at < 0,
				at: max(at, 0) + int64(len(piece)-len(b)) + 8}
			b = b[8:]
			if l.inCore {
				s.at = int64(len(l.all))
				l.all = appendShingles(l.all, b[:4*s.n])
			}
			l.docs = append(l.docs, s)
			b = b[4*s.n:]
		}
		return nil
	})
	if err != nil {
		return err
	}
	slots := 16 << bits.Len(uint(len(l.docs)/8))
	l.slot = slices.Grow(l.slot[:0], slots)[:slots]
	clear(l.slot)
	for i, d := range l.docs {
		h := l.find(d.rank)
		if l.slot[h] != 0 {
			return fmt.Errorf("dedup: the shingles of rank %d are there twice", d.rank)
		}
		l.slot[h] = uint32(i + 1)
	}
	return nil
}

func appendShingles(dst []uint32, b []byte) []uint32 {
	for ; len(b) >= 4; b = b[4:] {
		dst = append(dst, binary.LittleEndian.Uint32(b))
	}
	return dst
}

// find is the slot of a rank, or the empty one where it would stand.
func (l *loader) find(rank uint32) int {
	mask := len(l.slot) - 1
	h := int(rank*2654435769>>7) & mask
	for l.slot[h] != 0 && l.docs[l.slot[h]-1].rank != rank {
		h = (h + 1) & mask
	}
	return h
}

// get is valid until the next load.
func (l *loader) get(rank uint32) ([]uint32, error) {
	i := l.slot[l.find(rank)]
	if i == 0 {
		return nil, fmt.Errorf("dedup: no shingles of rank %d: the texts changed while they were read", rank)
	}
	d := l.docs[i-1]
	if l.inCore {
		return l.all[d.at : d.at+int64(d.n)], nil
	}
	if s, ok := l.latest[rank]; ok {
		return s, nil
	}
	w := l.part.writers[d.worker]
	var b []byte
	if d.buffer {
		b = w.bufs[l.bin][d.at:][:4*d.n]
	} else {
		l.buf = slices.Grow(l.buf[:0], int(4*d.n))[:4*d.n]
		b = l.buf
		if err := w.read(b, d.at); err != nil {
			return nil, err
		}
	}
	if l.held += int64(len(b)); l.held > l.budget {
		clear(l.latest) // what is needed again comes again: the file is in the page cache
		l.held = int64(len(b))
	}
	s := appendShingles(make([]uint32, 0, d.n), b)
	l.latest[rank] = s
	return s, nil
}
