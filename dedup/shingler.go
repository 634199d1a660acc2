package dedup

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/dedup/minhash"
)

// spill reads the texts again that have an edge and writes their shingles to their parts.
func (m *matcher) spill(ctx context.Context) error {
	m.sets = newSpill(m.scratch, "shingles", m.parts, m.workers, m.mem/4)
	type job struct{ file, shard int }
	var jobs []job
	units := make([][]quern.Unit, len(m.k.sets))
	file := 0
	for i, set := range m.k.sets {
		var err error
		if len(set.Shards) == 0 {
			continue
		}
		if set.Prior == nil {
			if units[i], err = set.Texts.Units(ctx); err != nil {
				return err
			}
			if len(units[i]) != len(set.Shards) {
				return fmt.Errorf("%s: %d shards of text, %d of signatures", set.Name, len(units[i]), len(set.Shards))
			}
		}
		for shard := range set.Shards {
			if m.wanted(file) > 0 {
				jobs = append(jobs, job{file, shard})
			}
			file++
		}
	}
	shinglers := make([]shingler, max(1, m.workers))
	for i := range shinglers {
		var err error
		if shinglers[i].signer, err = minhash.New(m.near.options(0)); err != nil {
			return err
		}
	}
	return quern.Each(ctx, m.workers, len(jobs), func(ctx context.Context, worker, i int) error {
		j := jobs[i]
		set := m.k.set[j.file]
		s := &shinglers[worker]
		s.m, s.w = m, m.sets.writers[worker]
		if m.k.sets[set].Prior != nil {
			return s.past(ctx, j.file, j.shard)
		}
		return s.unit(ctx, j.file, units[set][j.shard])
	})
}

// wanted counts the documents of a file whose shingles are asked for.
func (m *matcher) wanted(file int) (n int) {
	for d := m.k.starts[file]; d < m.k.starts[file+1]; d++ {
		if m.comp[m.k.rank[d]] != none {
			n++
		}
	}
	return n
}

// shingler makes sets of shingles and writes them to their part: the rank, the number of shingles and the shingles.
type shingler struct {
	m        *matcher
	w        *spillWriter
	signer   *minhash.Signer
	set      hashSet
	shingles []uint32
	out      []byte
}

func (s *shingler) unit(ctx context.Context, file int, u quern.Unit) error {
	m := s.m
	set := m.k.sets[m.k.set[file]]
	f := m.k.files[file]
	ids := idReader{f: f}
	want := func(row int) bool {
		return row >= 0 && int64(row) < f.docs && m.comp[m.k.rank[m.k.starts[file]+uint32(row)]] != none
	}
	seen := 0
	for d, err := range some(ctx, set.Texts, u, want) {
		if err != nil {
			return fmt.Errorf("%s: %w", u.Name, err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		row := d.Row.Index
		if !want(row) {
			return fmt.Errorf("%s: row %d, which is not signed or was not asked for", u.Name, row)
		}
		id, err := ids.at(int64(row))
		if err != nil {
			return err
		}
		if id != d.ID {
			return fmt.Errorf("%s: row %d holds document %s, %s is signed there", u.Name, row, d.ID, id)
		}
		seen++
		s.shingles = m.near.setOf(&s.set, s.shingles[:0], s.signer, d.Text)
		if err := s.put(m.k.rank[m.k.starts[file]+uint32(row)], s.shingles); err != nil {
			return err
		}
	}
	if n := m.wanted(file); seen != n {
		return fmt.Errorf("%s: %d documents of the %d that have a candidate: the texts are not those that were signed", u.Name, seen, n)
	}
	return nil
}

// past asks a prior.
func (s *shingler) past(ctx context.Context, file, shard int) error {
	m := s.m
	set := m.k.sets[m.k.set[file]]
	rank := func(row int) uint32 { return m.k.rank[m.k.starts[file]+uint32(row)] }
	want := func(row int) bool {
		return row >= 0 && int64(row) < m.k.files[file].docs && m.comp[rank(row)] != none
	}
	seen := 0
	err := set.Prior.Sets(ctx, shard, want, func(row int, shingles []uint32) error {
		if !want(row) {
			return fmt.Errorf("row %d, which was not asked for", row)
		}
		seen++
		return s.put(rank(row), shingles)
	})
	if n := m.wanted(file); err == nil && seen != n {
		err = fmt.Errorf("%d sets of shingles of the %d that are asked for", seen, n)
	}
	if err != nil {
		return fmt.Errorf("%s: shard %d: %w", set.Name, shard, err)
	}
	return nil
}

func (s *shingler) put(rank uint32, shingles []uint32) error {
	s.out = binary.LittleEndian.AppendUint32(s.out[:0], rank)
	s.out = binary.LittleEndian.AppendUint32(s.out, uint32(len(shingles)))
	for _, v := range shingles {
		s.out = binary.LittleEndian.AppendUint32(s.out, v)
	}
	return s.w.put(s.m.partOf(s.m.comp[rank]), s.out)
}

// setOf appends the set by which a text is compared to dst: its distinct shingles, in no order, or the bits of its SimHash, so that
// what two documents have in common are the bits that are equal.
func (n *Near) setOf(set *hashSet, dst []uint32, s *minhash.Signer, text []byte) []uint32 {
	shingles := s.Shingles(text)
	if n.Measure != MeasureHamming {
		return distinct(set, dst, shingles)
	}
	for _, h := range s.Signature(shingles) {
		for bit := range uint32(64) {
			dst = append(dst, bit<<1|uint32(h>>bit&1))
		}
	}
	return dst
}

// distinct appends the distinct upper halves of the hashes to dst, in no order. Signing uses the lower halves. Two unequal shingles of
// a pair of documents of a thousand each look equal with a chance of 1 in 4,000.
func distinct(set *hashSet, dst []uint32, hashes []uint64) []uint32 {
	set.reset(len(hashes))
	for _, h := range hashes {
		if v := uint32(h >> 32); set.add(v) {
			dst = append(dst, v)
		}
	}
	return dst
}

// idReader reads IDs of a file in about ascending order.
type idReader struct {
	f    *sigFile
	from int64
	buf  []byte
}

const idsAtOnce = 512

func (r *idReader) at(row int64) (id quern.ID, err error) {
	if row < r.from || row >= r.from+int64(len(r.buf)/16) {
		n := min(idsAtOnce, r.f.docs-row)
		if r.buf == nil {
			r.buf = make([]byte, 16*idsAtOnce)
		}
		r.buf, r.from = r.buf[:16*n], row
		if err := readFull(r.f.file, r.buf, r.f.start(colID)+16*row); err != nil {
			r.buf = r.buf[:0]
			return id, fmt.Errorf("%s: row %d: %w", r.f.name, row, err)
		}
	}
	return quern.ID(r.buf[16*(row-r.from):]), nil
}
