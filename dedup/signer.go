package dedup

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/cespare/xxhash/v2"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/dedup/minhash"
)

// options are those of the signatures under a seed; the seed does not change shingles.
func (n Near) options(seed uint64) minhash.Options {
	return minhash.Options{Shingle: n.Shingle, Bands: n.Bands, Rows: n.Rows, Seed: quern.Seed(seed, "dedup.minhash", quern.ID{})}
}

// Signer is a Sink that keeps of each document its ID, its size and time, 128 bits of hash of its text and one key per band, in one
// blob called name + ".sig": 44 + 8·bands bytes a document, which it holds in memory until Commit. Row i of the blob is the i-th document
// put.
func (c Config) Signer(seed uint64, dir quern.Dir, name string) (quern.Sink, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s := &signer{head: c.header(seed), exact: c.exact(), dir: dir, name: name + ".sig"}
	s.cols = make([][]byte, fixedColumns+s.head.bands)
	if c.Near != nil {
		var err error
		if s.near, err = minhash.New(c.Near.options(seed)); err != nil {
			return nil, err
		}
	}
	return s, nil
}

type signer struct {
	head   header
	exact  Exact
	near   *minhash.Signer // nil if near duplicates are not asked for
	dir    quern.Dir
	name   string
	cols   [][]byte
	field  []byte // what is compared instead of the text
	digest minhash.Digester
	bytes  int64
	ended  bool
}

var errEnded = errors.New("dedup: the sink has ended")

func (s *signer) Put(d *quern.Doc) error {
	if s.ended {
		return errEnded
	}
	if s.head.docs == maxRows {
		return errors.New("dedup: a shard of more than 268,435,456 documents")
	}
	h, _ := s.exact.key(d, s.digest.Digest128, &s.field)
	s.cols[colID] = append(s.cols[colID], d.ID[:]...)
	for _, v := range h {
		s.cols[colHash] = binary.LittleEndian.AppendUint64(s.cols[colHash], v)
	}
	s.cols[colSize] = binary.LittleEndian.AppendUint32(s.cols[colSize], uint32(min(len(d.Text), math.MaxUint32)))
	s.cols[colTime] = binary.LittleEndian.AppendUint64(s.cols[colTime], secondsOf(d.Time))
	if s.near != nil {
		for b, k := range s.near.Keys(s.near.Shingles(d.Text)) {
			s.cols[fixedColumns+b] = binary.LittleEndian.AppendUint64(s.cols[fixedColumns+b], k)
		}
	}
	s.head.docs++
	s.bytes += int64(len(d.Text))
	return nil
}

func (s *signer) Commit() (quern.Shard, error) {
	if s.ended {
		return quern.Shard{}, errEnded
	}
	s.ended = true
	s.head.sums = s.head.sums[:0]
	for _, c := range s.cols {
		s.head.sums = append(s.head.sums, xxhash.Sum64(c))
	}
	blob, err := s.dir.Create(s.name)
	if err != nil {
		return quern.Shard{}, err
	}
	m := quern.NewMeter(blob)
	_, err = m.Write(s.head.encode())
	for _, c := range s.cols {
		if err == nil {
			_, err = m.Write(c)
		}
	}
	if err != nil {
		blob.Abort()
		return quern.Shard{}, err
	}
	if err := blob.Commit(); err != nil {
		return quern.Shard{}, err
	}
	return quern.Shard{Name: s.name, Docs: s.head.docs, Bytes: s.bytes, Blobs: []quern.BlobInfo{{Name: s.name, Size: m.N, Digest: m.Digest()}}}, nil
}

func (s *signer) Abort() { s.ended, s.cols = true, nil }
