package dedup

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/seed-83c59573/quern"
)

// finder finds the windows that occur more than once in a corpus, in four passes:
//
//	scan   reads all texts and spills a key for each run of windows (anchors)
//	sift   finds the keys that occur twice: no others' windows can be equal
//	lift   reads the texts that have such keys again and spills their runs, with the bytes of the windows
//	match  hashes the windows of a key's runs and finds those that are equal
//
// What it holds at once are the buffers of a spill and the distinct keys or windows of one part of it; parts that are too large, such as
// that of a phrase with which thousands of different windows begin, are gone through slice by slice.
type finder struct {
	length, symbol int
	first          bool     // of equal windows the first one stays
	starts         []uint32 // number of the first document of each piece, and one past the last
	rank, doc      []uint32 // number → rank and back; nil = the same
	bytes          int64    // of all texts, or more
	seed           uint64
	dir            string
	mem            int64
	workers        int

	// read calls f with the documents of a piece, ascending. Those that want refuses may be left out.
	read func(ctx context.Context, worker, piece int, want func(doc uint32) bool, f func(doc uint32, text []byte) error) error

	// sizes is the bytes of each document of a piece, or more than it has.
	sizes func(piece int) ([]uint32, error)

	tracts   []tract
	areas    []area
	keys     *counted
	twice    *marks // runs whose key occurs twice
	runs     *counted
	found    *marks // repeated windows
	evidence []evidence
	lifted   int64 // runs whose key occurs twice
	windows  int64 // distinct windows that are repeated
}

const (
	keyBytes    = 16
	partKeys    = 1 << 16 // of a part: few, so that they stay in the cache
	partWindows = 1 << 16
	mostParts   = 1 << 13
	mostArea    = 256 << 20 // bytes of text
)

func (f *finder) close() {
	f.keys.close()
	f.runs.close()
	for _, m := range []*marks{f.twice, f.found} {
		if m != nil {
			m.spill.close()
		}
	}
}

// find makes all passes.
func (f *finder) find(ctx context.Context) error {
	if err := f.layout(); err != nil {
		return err
	}
	for _, pass := range []func(context.Context) error{f.scan, f.sift, f.lift, f.match} {
		if err := pass(ctx); err != nil {
			return err
		}
	}
	return nil
}

// parts is how many parts n records need of which at most each make one, if every worker's buffers are to stay small.
func (f *finder) parts(n, each int64) int {
	most := min(mostParts, f.mem/4/int64(f.workers)/leastBuffer)
	return int(max(1, min((n+each-1)/each, most)))
}

// partOf deals keys evenly.
func partOf(key uint64, parts int) int {
	hi, _ := bits.Mul64(key, uint64(parts))
	return int(hi)
}

// layout cuts the corpus into tracts, each with areas.
func (f *finder) layout() error {
	target := int64(min(mostArea, f.mem/4/int64(f.workers)))
	held := int64(0) // bytes of the last tract
	for piece := range len(f.starts) - 1 {
		lo, hi := f.starts[piece], f.starts[piece+1]
		all, err := f.sizes(piece)
		if err != nil {
			return err
		}
		size := int64(0)
		for _, n := range all {
			size += int64(n)
		}
		f.bytes += size
		if n := len(f.tracts); n > 0 && held+size <= target {
			s := &f.tracts[n-1]
			s.pieces++
			held += size
			if lo < hi {
				if s.areas == 0 {
					s.areas = 1
					f.areas = append(f.areas, area{lo, hi})
				}
				f.areas[len(f.areas)-1].hi = hi
			}
			continue
		}
		s := tract{piece: piece, pieces: 1, area: len(f.areas)}
		held = 0
		for i, n := range all {
			if held += int64(n); i == 0 || held > target {
				f.areas = append(f.areas, area{lo: lo + uint32(i)})
				held = int64(n)
			}
			f.areas[len(f.areas)-1].hi = lo + uint32(i) + 1
		}
		s.areas = len(f.areas) - s.area
		if s.areas > 1 {
			held = target + 1 // nothing joins it
		}
		f.tracts = append(f.tracts, s)
	}
	return nil
}

func (f *finder) scan(ctx context.Context) error {
	expected := f.bytes / int64(f.symbol) * 3 / int64(f.length)
	f.keys = newCounted(f.dir, "keys", f.parts(expected, partKeys), f.workers, f.mem/4)
	writers := f.keys.workers()
	tools := make([]*anchors, f.workers)
	return quern.Each(ctx, f.workers, len(f.starts)-1, func(ctx context.Context, worker, piece int) error {
		if tools[worker] == nil {
			tools[worker] = newAnchors(f.length, f.symbol)
		}
		w := writers[worker]
		return f.read(ctx, worker, piece, nil, func(doc uint32, text []byte) error {
			return tools[worker].runs(text, func(r run) error {
				times := 1
				if r.again {
					times = 2 // its windows may be equal to each other
				}
				b := w.record(keyBytes)
				binary.LittleEndian.PutUint64(b, r.key)
				binary.LittleEndian.PutUint32(b[8:], doc)
				binary.LittleEndian.PutUint32(b[12:], uint32(r.from))
				for range times {
					if err := w.put(partOf(r.key, f.keys.bins), b); err != nil {
						return err
					}
				}
				return nil
			})
		})
	})
}

// sift passes on the runs whose key occurs twice.
func (f *finder) sift(ctx context.Context) error {
	f.twice = f.newMarks("twice")
	writers := f.twice.spill.workers()
	sifters := make([]sifter, f.workers)
	err := quern.Each(ctx, f.workers, f.keys.bins, func(ctx context.Context, worker, part int) error {
		return sifters[worker].sift(ctx, f, part, writers[worker])
	})
	f.keys.close()
	f.keys = nil
	return err
}

func (f *finder) docs() int { return int(f.starts[len(f.starts)-1]) }

// sifter is a worker's set of keys: open addressing, the lowest bit tells whether the key came twice.
type sifter struct {
	slots []uint64
	buf   []byte
}

func (s *sifter) sift(ctx context.Context, f *finder, part int, w *countedWriter) (err error) {
	n := f.keys.count(part)
	most := max(f.mem/4/int64(f.workers)/8, 1<<10)
	cuts := uint64(max((2*n+most-1)/most, 1)) // each with the keys that leave the same rest
	for slice := range cuts {
		if err := ctx.Err(); err != nil {
			return err
		}
		if s.slots == nil {
			s.slots = make([]uint64, 1<<8)
		}
		clear(s.slots) // as many as a part before needed: parts are alike
		used := 0
		s.buf, err = f.keys.read(part, s.buf, func(b []byte) error {
			for ; len(b) > 0; b = b[keyBytes:] {
				key := binary.LittleEndian.Uint64(b)
				if cuts > 1 && key>>8%cuts != slice {
					continue
				}
				if used*8 > len(s.slots)*7 {
					s.grow()
				}
				if p := s.find(key); *p == 0 {
					*p = plain(key)
					used++
				} else {
					*p |= 1
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		s.buf, err = f.keys.read(part, s.buf, func(b []byte) error {
			for ; len(b) > 0; b = b[keyBytes:] {
				key := binary.LittleEndian.Uint64(b)
				if cuts > 1 && key>>8%cuts != slice || *s.find(key)&1 == 0 {
					continue
				}
				if err := f.twice.put(w, mark{doc: binary.LittleEndian.Uint32(b[8:]), from: binary.LittleEndian.Uint32(b[12:])}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// plain makes room for the bit that tells of a second time: keys that differ in their lowest bit count as equal, and so do 0 to 3.
func plain(key uint64) uint64 { return max(key&^1, 2) }

// find is the slot of a key, or the empty one where it belongs.
func (s *sifter) find(key uint64) *uint64 {
	key = plain(key)
	mask := uint64(len(s.slots) - 1)
	for i := key * gramMult >> 20 & mask; ; i = (i + 1) & mask {
		if p := &s.slots[i]; *p == 0 || *p&^1 == key {
			return p
		}
	}
}

func (s *sifter) grow() {
	old := s.slots
	s.slots = make([]uint64, 2*len(old))
	for _, k := range old {
		if k != 0 {
			*s.find(k) = k // with its bit
		}
	}
}

// runHead is before the bytes of a spilled run: the number of its windows, its rank, its place.
const runHead = 12

func (f *finder) lift(ctx context.Context) error {
	perRun := int64(f.length)/2 + 1 // windows, more than there are on average
	f.runs = newCounted(f.dir, "runs", f.parts(f.twice.spill.total()*perRun, partWindows), f.workers, f.mem/4)
	writers := f.runs.workers()
	tools := make([]*anchors, f.workers)
	err := f.walk(ctx, f.twice, func(worker, _ int, doc uint32, text []byte, list []mark) error {
		if tools[worker] == nil {
			tools[worker] = newAnchors(f.length, f.symbol)
		}
		w := writers[worker]
		err := tools[worker].runs(text, func(r run) error {
			if len(list) == 0 || uint32(r.from) != list[0].from {
				return nil
			}
			list = list[1:]
			content := text[r.from*f.symbol : (r.from+r.n+f.length-1)*f.symbol]
			b := w.record(runHead + len(content))
			binary.LittleEndian.PutUint32(b, uint32(r.n))
			binary.LittleEndian.PutUint32(b[4:], f.rankOf(doc))
			binary.LittleEndian.PutUint32(b[8:], uint32(r.from))
			copy(b[runHead:], content)
			return w.put(partOf(r.key, f.runs.bins), b)
		})
		if err == nil && len(list) > 0 {
			err = errChanged(doc)
		}
		return err
	}, nil)
	f.lifted = f.runs.total()
	f.twice.spill.close()
	return err
}

func (f *finder) rankOf(doc uint32) uint32 {
	if f.rank == nil {
		return doc
	}
	return f.rank[doc]
}

func (f *finder) docOf(rank uint32) uint32 {
	if f.doc == nil {
		return rank
	}
	return f.doc[rank]
}

// walk calls visit with the documents that have marks, and with these; and end, unless it is nil, after each piece, with what went wrong.
func (f *finder) walk(ctx context.Context, m *marks, visit func(worker, piece int, doc uint32, text []byte, list []mark) error, end func(piece int, err error) error) error {
	return quern.Each(ctx, f.workers, len(f.tracts), func(ctx context.Context, worker, i int) error {
		s := f.tracts[i]
		r := m.reader(s, f.mem/4/int64(f.workers))
		for piece := s.piece; piece < s.piece+s.pieces; piece++ {
			var err error
			if m.any(f.starts[piece], f.starts[piece+1]) {
				err = f.read(ctx, worker, piece, m.has, func(doc uint32, text []byte) error {
					if !m.has(doc) {
						return nil
					}
					list, err := r.of(doc)
					if err != nil {
						return err
					}
					return visit(worker, piece, doc, text, list)
				})
			}
			if end != nil {
				err = end(piece, err)
			}
			if err != nil {
				return err
			}
		}
		return r.end()
	})
}

// any reports whether a document of a range has marks.
func (m *marks) any(lo, hi uint32) bool {
	for ; lo < hi && lo%64 != 0; lo++ {
		if m.has(lo) {
			return true
		}
	}
	for ; lo+64 <= hi; lo += 64 {
		if m.docs[lo/64] != 0 {
			return true
		}
	}
	for ; lo < hi; lo++ {
		if m.has(lo) {
			return true
		}
	}
	return false
}

// checkSize refuses texts whose places do not fit in 32 bits.
func checkSize(text []byte) error {
	if uint64(len(text)) >= 1<<32 {
		return fmt.Errorf("a text of %d bytes, the limit is 4 GiB", len(text))
	}
	return nil
}
