package dedup

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/seed-83c59573/quern"
)

// A bucket of a template page may hold thousands of documents. All pairs of it would be quadratic work, so a document is linked to
// the first representatives of its bucket, in the order of preference, and to the ones just before it: up to representatives +
// neighbors + 1 documents share all their pairs. Most true duplicates are found again: representatives are those that stay if the
// bucket is one cluster, neighbors lead to the ones that they were removed for, and each of the bands chooses anew.
const (
	representatives = 4
	neighbors       = 2
)

// edge is a pair of ranks that share a band, the higher rank in the upper half: edges sorted as numbers come child by child.
type edge = uint64

func newEdge(child, parent uint32) edge { return edge(child)<<32 | edge(parent) }

// link adds the edges of a bucket, whose ranks ascend. Children below past have had their ruling.
func link(run []uint32, past uint32, add func(edge) error) error {
	for i := 1; i < len(run); i++ {
		if run[i] < past {
			continue
		}
		for j := 0; j < i; j++ {
			if j == representatives {
				j = max(j, i-neighbors)
			}
			if err := add(newEdge(run[i], run[j])); err != nil {
				return err
			}
		}
	}
	return nil
}

const (
	maxEdgeBins  = 256
	ranksPerBin  = 1 << 14 // at least
	piecesAtOnce = 16
	subranges    = 1024 // into which the ranks of a bin that is too large are cut
)

// edgeStore takes edges in any order and gives them back sorted and once each. They are dealt to bins by their child.
type edgeStore struct {
	*spill
	ranks int // of a bin
	mem   int64
}

func newEdges(scratch string, docs, workers int, mem int64) *edgeStore {
	bins := binsFor(min(maxEdgeBins, docs/ranksPerBin+1), mem, workers)
	s := &edgeStore{spill: newSpill(scratch, "edges", bins, workers, mem), ranks: docs/bins + 1, mem: mem}
	for _, w := range s.writers {
		var a, tmp []edge
		w.pack = func(b []byte) []byte {
			a = appendEdges(a[:0], b)
			a, tmp = sortEdges(a, tmp)
			return encodeEdges(b[:0], slices.Compact(a))
		}
	}
	return s
}

func (s *edgeStore) add(worker int, e edge) error {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], e)
	return s.writers[worker].put(int(e>>32)/s.ranks, b[:])
}

func appendEdges(dst []edge, b []byte) []edge {
	for ; len(b) >= 8; b = b[8:] {
		dst = append(dst, binary.LittleEndian.Uint64(b))
	}
	return dst
}

func encodeEdges(dst []byte, a []edge) []byte {
	for _, e := range a {
		dst = binary.LittleEndian.AppendUint64(dst, e)
	}
	return dst
}

// sortEdges sorts a by its bytes, leaving out those that are the same in all. It returns the sorted edges and the other buffer.
func sortEdges(a, tmp []edge) (sorted, other []edge) {
	if len(a) < 256 {
		slices.Sort(a)
		return a, tmp
	}
	if cap(tmp) < len(a) {
		tmp = make([]edge, cap(a))
	}
	tmp = tmp[:len(a)]
	var counts [8][256]uint32
	for _, e := range a {
		for d := range 8 {
			counts[d][e>>(8*d)&255]++
		}
	}
	for d := range 8 {
		c := &counts[d]
		shift := 8 * d
		if int(c[a[0]>>shift&255]) == len(a) {
			continue
		}
		at := uint32(0)
		for i, n := range c {
			c[i] = at
			at += n
		}
		for _, e := range a {
			i := &c[e>>shift&255]
			tmp[*i] = e
			*i++
		}
		a, tmp = tmp, a
	}
	return a, tmp
}

// edgePiece is the part of a bin that is sorted at once: its children from and up to, and how many edges there are, repeats included.
type edgePiece struct {
	bin      int
	from, to int
	n        int64
}

// pieces cuts bins that are larger than most bytes.
func (s *edgeStore) pieces(most int64) ([]edgePiece, error) {
	var all []edgePiece
	var buf []byte
	for bin := range s.bins {
		from, n := bin*s.ranks, s.bytes(bin)/8
		whole := edgePiece{bin, from, from + s.ranks, n}
		if n == 0 {
			continue
		}
		if 8*n <= most {
			all = append(all, whole)
			continue
		}
		width := s.ranks/subranges + 1
		counts := make([]int64, s.ranks/width+1)
		var err error
		if buf, err = s.each(bin, buf, func(_ int, _ int64, b []byte) error {
			for ; len(b) >= 8; b = b[8:] {
				counts[(int(binary.LittleEndian.Uint64(b)>>32)-from)/width]++
			}
			return nil
		}); err != nil {
			return nil, err
		}
		p := edgePiece{bin: bin, from: from, to: from}
		for i, c := range counts {
			if p.n > 0 && 8*(p.n+c) > most {
				all = append(all, p)
				p.from, p.n = from+i*width, 0
			}
			p.n, p.to = p.n+c, from+(i+1)*width
		}
		all = append(all, p)
	}
	return all, nil
}

// sorted calls f with all edges, ascending and once each, some at a time. Sorting is done side by side, f is not.
func (s *edgeStore) sorted(ctx context.Context, workers int, f func(edges []edge) error) error {
	most := max(s.mem/4, 8*leastBuffer) // with the buffer for sorting it is twice as much
	pieces, err := s.pieces(most)
	if err != nil {
		return err
	}
	var edges, tmp [piecesAtOnce][]edge
	bufs := make([][]byte, max(1, workers))
	for len(pieces) > 0 {
		n, size := 0, int64(0)
		for n < len(pieces) && n < piecesAtOnce && (n == 0 || size+8*pieces[n].n <= most) {
			size += 8 * pieces[n].n
			n++
		}
		held := int64(0)
		for i := range edges {
			held += 8 * int64(cap(edges[i])+cap(tmp[i]))
		}
		if held > 3*most { // the pieces of the next turn may be the large ones in other places
			edges, tmp = [piecesAtOnce][]edge{}, [piecesAtOnce][]edge{}
		}
		err := quern.Each(ctx, workers, n, func(_ context.Context, worker, i int) (err error) {
			p := pieces[i]
			a := edges[i][:0]
			bufs[worker], err = s.each(p.bin, bufs[worker], func(_ int, _ int64, b []byte) error {
				for ; len(b) >= 8; b = b[8:] {
					e := binary.LittleEndian.Uint64(b)
					if c := int(e >> 32); c >= p.from && c < p.to {
						a = append(a, e)
					}
				}
				return nil
			})
			if err == nil && int64(len(a)) != p.n {
				err = fmt.Errorf("dedup: %d edges were written to the scratch folder and %d read", p.n, len(a))
			}
			a, tmp[i] = sortEdges(a, tmp[i])
			edges[i] = slices.Compact(a)
			return err
		})
		if err != nil {
			return err
		}
		for i := range n {
			if err := f(edges[i]); err != nil {
				return err
			}
		}
		pieces = pieces[n:]
	}
	return nil
}
