package shard

import (
	"fmt"
	"hash/crc32"
	"math"

	"github.com/seed-83c59573/quern"
)

// TokenWidth is the bytes that a token id takes in a vocabulary of this size: 2 or 4.
func TokenWidth(vocab int) int {
	if vocab <= 1<<16 {
		return 2
	}
	return 4
}

// Tokens is a Sink that writes Doc.Tokens as name + ".bin" and the index of documents as name + ".idx".
func Tokens(dir quern.Dir, name string, width int) (quern.Sink, error) {
	return newTokenSink(dir, name, width)
}

type tokenSink struct {
	dir         quern.Dir
	name        string
	width       int
	bin, idx    *blob
	buf         []byte // a block that is being filled
	sums        []uint32
	shard       quern.Shard
	ends        []uint64
	sizes       []uint32
	ids, groups []quern.ID
	copies      []uint32
	buckets     names
	langs       names
}

func newTokenSink(dir quern.Dir, name string, width int) (*tokenSink, error) {
	if width != 2 && width != 4 {
		panic("shard: a token takes 2 or 4 bytes")
	}
	b, err := create(dir, name+".bin")
	if err != nil {
		return nil, err
	}
	return &tokenSink{dir: dir, name: name, width: width, bin: b, shard: quern.Shard{Name: b.name}}, nil
}

func (s *tokenSink) Put(d *quern.Doc) error {
	if err := s.raw(d.Tokens); err != nil {
		return err
	}
	s.shard.Docs++
	s.shard.Tokens += int64(len(d.Tokens))
	size := textBytes(d)
	s.shard.Bytes += int64(size)
	s.ends = append(s.ends, uint64(s.shard.Tokens))
	s.sizes = append(s.sizes, size)
	s.ids = append(s.ids, d.ID)
	s.groups = append(s.groups, d.Group)
	s.copies = append(s.copies, uint32(min(max(0, int64(d.Copies)), math.MaxUint32)))
	s.buckets.add(d.Bucket)
	s.langs.add(d.Lang)
	return nil
}

// raw writes tokens, and sums up each block that they fill.
func (s *tokenSink) raw(tokens []uint32) error {
	if err := fits(tokens, s.width); err != nil {
		return err
	}
	for len(tokens) > 0 {
		n := min(len(tokens), (blockBytes-len(s.buf))/s.width)
		s.buf = appendTokens(s.buf, tokens[:n], s.width)
		tokens = tokens[n:]
		if len(s.buf) == blockBytes {
			if err := s.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// fits refuses ids that a shard cannot hold: other forms, and readers, keep them as int32.
func fits(tokens []uint32, width int) error {
	most := uint32(math.MaxInt32)
	if width == 2 {
		most = 0xFFFF
	}
	all := uint32(0)
	for _, t := range tokens {
		all |= t
	}
	if all <= most { // the largest is no larger than all of them or-ed, and most is all ones
		return nil
	}
	for _, t := range tokens {
		if t > most {
			return fmt.Errorf("token %d does not fit in %d bytes", t, width)
		}
	}
	return nil
}

// bytesMark carries the size of a text that no longer travels with its tokens.
const bytesMark = "text.bytes"

func textBytes(d *quern.Doc) uint32 {
	if len(d.Text) == 0 {
		for _, m := range d.Marks {
			if m.Name == bytesMark {
				return uint32(m.Value)
			}
		}
	}
	return uint32(len(d.Text))
}

func (s *tokenSink) flush() error {
	if len(s.buf) == 0 {
		return nil
	}
	s.sums = append(s.sums, crc32.Checksum(s.buf, castagnoli))
	_, err := s.bin.Write(s.buf)
	s.buf = s.buf[:0]
	return err
}

// finish writes all that is left to write; nothing stands under its name yet.
func (s *tokenSink) finish() error {
	if err := s.flush(); err != nil {
		return err
	}
	index, err := s.index()
	if err != nil {
		return err
	}
	if s.idx, err = create(s.dir, s.name+".idx"); err == nil {
		_, err = s.idx.Write(index)
	}
	return err
}

func (s *tokenSink) Commit() (sh quern.Shard, err error) {
	if err = s.finish(); err == nil {
		sh, err = s.commit()
	}
	if err != nil {
		s.Abort()
	}
	return sh, err
}

// commit makes the index durable first, so that raw tokens which are found have theirs.
func (s *tokenSink) commit() (quern.Shard, error) {
	idx, err := s.idx.commit()
	if err != nil {
		return quern.Shard{}, err
	}
	bin, err := s.bin.commit()
	if err != nil {
		return quern.Shard{}, err
	}
	s.shard.Blobs = []quern.BlobInfo{bin, idx}
	return s.shard, nil
}

func (s *tokenSink) Abort() {
	s.bin.abort()
	if s.idx != nil {
		s.idx.abort()
	}
}
