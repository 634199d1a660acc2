package dedup

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/cespare/xxhash/v2"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/dedup/minhash"
)

// options are those of the signatures under a seed; the seed does not change shingles. Datatrove's functions have a seed of their own.
func (n Near) options(seed uint64) minhash.Options {
	o := minhash.Options{Unit: minhash.Unit(n.Unit), Shingle: n.Shingle, Family: minhash.Family(n.Family), Hash: minhash.Hash(n.Hash), English: n.English,
		Bands: n.Bands, Rows: n.Rows, Blocks: n.Blocks, Distance: n.Distance, Tokens: n.Encode, Seed: quern.Seed(seed, "dedup.minhash", quern.ID{})}
	if o.Family == minhash.Datatrove {
		o.Seed = 1
	}
	return o
}

// flags are the options in 32 bits, for the header of a signature blob, that have no place of their own there: 0 for the default.
func (n Near) flags() uint32 {
	if n.Shingle == 0 { // nothing is signed
		return 0
	}
	s := fmt.Sprintln(n.Unit, n.Family, n.Hash, n.English, n.Blocks, n.Distance, n.Tokenizer)
	if d := DefaultNear(); s == fmt.Sprintln(d.Unit, d.Family, d.Hash, d.English, d.Blocks, d.Distance, d.Tokenizer) {
		return 0
	}
	return uint32(xxhash.Sum64String(s)) | 1
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
