package dedup

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/seed-83c59573/quern"
)

// A signature blob is a header and columns, little-endian, one entry a document:
//
//	"quernsig" | version u32 | shingle u32 | bands u32 | rows u32 | exact u32 | near u32 | seed u64 | documents u64
//	XXH64 of each column u64 … | XXH64 of the header so far u64
//	ID 16 bytes … | hash of the text 16 bytes … | size of the text u32 … | time u64 … | key of band 0 u64 … | key of band 1 u64 …
//
// Columns stand one after the other, so that one band can be read without the others. A key of 0 means that the document has none.
// A time is seconds since 1 January of the year 1, the largest number if it is not known.
const (
	sigMagic   = "quernsig"
	sigVersion = 2

	colID = iota - 2
	colHash
	colSize
	colTime
	fixedColumns
)

// header tells under which options a blob was signed.
type header struct {
	shingle, bands, rows int
	exact, family        uint32 // Exact.flags and Near.flags
	seed                 uint64
	docs                 int64
	sums                 []uint64
}

func (c Config) header(seed uint64) header {
	n := c.near()
	h := header{shingle: n.Shingle, rows: n.Rows, exact: c.exact().flags(), family: n.flags(), seed: seed}
	if c.Near != nil {
		h.bands = n.options(0).Keys()
	}
	return h
}

const fixedHeader = 8 + 6*4 + 2*8

func (h *header) size() int64 { return fixedHeader + int64(fixedColumns+h.bands)*8 + 8 }

func (h *header) encode() []byte {
	b := []byte(sigMagic)
	for _, v := range []uint32{sigVersion, uint32(h.shingle), uint32(h.bands), uint32(h.rows), h.exact, h.family} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	b = binary.LittleEndian.AppendUint64(b, h.seed)
	b = binary.LittleEndian.AppendUint64(b, uint64(h.docs))
	for _, v := range h.sums {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return binary.LittleEndian.AppendUint64(b, xxhash.Sum64(b))
}

// width is the bytes of one entry of a column.
func width(col int) int64 {
	switch col {
	case colID, colHash:
		return 16
	case colSize:
		return 4
	} // times and keys
	return 8
}

// start is where a column stands in the blob.
func (h *header) start(col int) int64 {
	at := h.size()
	for c := range col {
		at += width(c) * h.docs
	}
	return at
}

// sigFile is an open signature blob.
type sigFile struct {
	header
	name string
	file quern.File
}

var errNotSig = errors.New("not a signature blob of this version")

func openSig(dir quern.Dir, name string) (*sigFile, error) {
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	s := &sigFile{name: name, file: f}
	if err := s.readHeader(); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

func (s *sigFile) readHeader() error {
	b := make([]byte, fixedHeader)
	if err := readFull(s.file, b, 0); err != nil || string(b[:8]) != sigMagic {
		return errNotSig
	}
	var v [6]uint32
	for i := range v {
		v[i] = binary.LittleEndian.Uint32(b[8+4*i:])
	}
	docs := binary.LittleEndian.Uint64(b[40:])
	if v[0] != sigVersion || v[2] > maxBands || docs > 1<<32 {
		return errNotSig
	}
	s.shingle, s.bands, s.rows = int(v[1]), int(v[2]), int(v[3])
	s.exact, s.family = v[4], v[5]
	s.seed, s.docs = binary.LittleEndian.Uint64(b[32:]), int64(docs)
	if want := s.start(fixedColumns + s.bands); s.file.Size() != want {
		return fmt.Errorf("%d bytes, its header says %d", s.file.Size(), want)
	}
	b = make([]byte, s.size())
	if err := readFull(s.file, b, 0); err != nil {
		return err
	}
	n := len(b) - 8
	if xxhash.Sum64(b[:n]) != binary.LittleEndian.Uint64(b[n:]) {
		return errors.New("the header is damaged: its checksum differs")
	}
	for at := fixedHeader; at < n; at += 8 {
		s.sums = append(s.sums, binary.LittleEndian.Uint64(b[at:]))
	}
	return nil
}

// sameOptions reports whether s was signed under want.
func (s *sigFile) sameOptions(want header) bool {
	return s.shingle == want.shingle && s.bands == want.bands && s.rows == want.rows && s.exact == want.exact && s.family == want.family && s.seed == want.seed
}

const columnBuffer = 256 << 10 // a multiple of every width

// column calls f with the entries of a column from row on, a buffer at a time, and checks the column's sum at the end.
func (s *sigFile) column(col int, buf []byte, f func(row int64, b []byte)) error {
	return s.columns([]int{col}, [][]byte{buf}, func(row int64, b [][]byte) { f(row, b[0]) })
}

// columns is column for a few of them side by side: f is given the entries of the same rows, as many as fit into every buffer.
func (s *sigFile) columns(cols []int, bufs [][]byte, f func(row int64, b [][]byte)) error {
	sums := make([]xxhash.Digest, len(cols))
	step := s.docs
	for i, col := range cols {
		sums[i].Reset()
		step = min(step, int64(len(bufs[i]))/width(col))
	}
	part := make([][]byte, len(cols))
	for row := int64(0); row < s.docs; row += step {
		n := min(step, s.docs-row)
		for i, col := range cols {
			at := s.start(col) + row*width(col)
			part[i] = bufs[i][:n*width(col)]
			if err := readFull(s.file, part[i], at); err != nil {
				return fmt.Errorf("%s: offset %d: %w", s.name, at, err)
			}
			sums[i].Write(part[i])
		}
		f(row, part)
	}
	for i, col := range cols {
		if sums[i].Sum64() != s.sums[col] {
			return fmt.Errorf("%s: offset %d: column %d is damaged: its checksum differs", s.name, s.start(col), col)
		}
	}
	return nil
}

// entry reads one entry of a column of 16 bytes.
func (s *sigFile) entry(col int, row int64) (e [16]byte, err error) {
	if err := readFull(s.file, e[:], s.start(col)+16*row); err != nil {
		return e, fmt.Errorf("%s: row %d: %w", s.name, row, err)
	}
	return e, nil
}

func readFull(r io.ReaderAt, b []byte, at int64) error {
	n, err := r.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if err == nil || err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

const unknownTime = ^uint64(0)

// secondsOf is a time of RFC 3339, or a date alone, in seconds since the year 1.
func secondsOf(s string) uint64 {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		if t, err = time.Parse(time.DateOnly, s); err != nil {
			return unknownTime
		}
	}
	return uint64(t.Unix() - time.Time{}.Unix())
}
