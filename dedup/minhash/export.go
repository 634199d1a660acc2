package minhash

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
)

// Sigs collects the Datatrove signatures of one rank and writes them as its stages read them: in bucket_BBB/RRRRR.minhash.sig one
// record a document, its rows as little-endian numbers of 64 bits and then its number of 32, sorted by all of them in this order
// (datatrove, pipeline/dedup/minhash.py). It holds 8·Bands·Rows + 4 bytes a document.
type Sigs struct {
	bands, rows int
	docs        []uint32
	sigs        []uint64
	order       []int
}

// NewSigs makes a collection of signatures of so many bands of rows.
func NewSigs(bands, rows int) *Sigs { return &Sigs{bands: bands, rows: rows} }

// Add takes the signature of document number doc of the rank. A document without shingles has none and is not told of, as there.
func (s *Sigs) Add(doc int, signature []uint64) error {
	switch {
	case len(signature) == 0:
		return nil
	case len(signature) != s.bands*s.rows:
		return fmt.Errorf("minhash: a signature of %d numbers, want %d bands of %d", len(signature), s.bands, s.rows)
	case doc < 0 || doc >= math.MaxUint32: // the greatest is datatrove's sentinel
		return fmt.Errorf("minhash: document %d has no number in a file of signatures", doc)
	}
	s.docs = append(s.docs, uint32(doc))
	s.sigs = append(s.sigs, signature...)
	return nil
}

// SigName is the name of the file of a band and a rank.
func SigName(band, rank int) string { return fmt.Sprintf("bucket_%03d/%05d.minhash.sig", band, rank) }

// WriteBand writes the file of one band.
func (s *Sigs) WriteBand(w io.Writer, band int) error {
	row := func(i int) []uint64 {
		at := (i*s.bands + band) * s.rows
		return s.sigs[at : at+s.rows]
	}
	s.order = s.order[:0]
	for i := range s.docs {
		s.order = append(s.order, i)
	}
	slices.SortFunc(s.order, func(i, j int) int {
		return cmp.Or(slices.Compare(row(i), row(j)), cmp.Compare(s.docs[i], s.docs[j]))
	})
	b := make([]byte, 0, 64<<10)
	for _, i := range s.order {
		for _, v := range row(i) {
			b = binary.LittleEndian.AppendUint64(b, v)
		}
		b = binary.LittleEndian.AppendUint32(b, s.docs[i])
		if len(b) > 32<<10 {
			if _, err := w.Write(b); err != nil {
				return err
			}
			b = b[:0]
		}
	}
	_, err := w.Write(b)
	return err
}
