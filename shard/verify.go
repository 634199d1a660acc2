package shard

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/seed-83c59573/quern"
)

// blockSums are the checksums of a shard's blocks, and which of them have been found right. The zero value checks nothing.
type blockSums struct {
	sums []uint32
	seen []atomic.Uint32 // a bit a block
}

func newBlockSums(b []byte) blockSums {
	s := blockSums{sums: make([]uint32, len(b)/4), seen: make([]atomic.Uint32, (len(b)/4+31)/32)}
	for i := range s.sums {
		s.sums[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return s
}

// touch sees to it that the blocks under bytes [from, to) of the raw tokens are right.
func (s *tokenShard) touch(from, to int64) error {
	if len(s.sums) == 0 || from == to {
		return nil
	}
	for k := from / s.block; k <= (to-1)/s.block; k++ {
		if s.seen[k/32].Load()>>(k%32)&1 == 1 {
			continue
		}
		if err := s.checkBlock(k); err != nil {
			return err
		}
		s.seen[k/32].Or(1 << (k % 32))
	}
	return nil
}

// An alteredError is a block that is not what was written.
type alteredError struct {
	file      string
	block     int64
	from, to  int64
	got, want uint32
}

func (e *alteredError) Error() string {
	return fmt.Sprintf("%s: block %d, bytes [%d, %d): CRC32C %08x, its index says %08x: the file was altered after it was written", e.file, e.block, e.from, e.to, e.got, e.want)
}

// checkBlock holds block k against its checksum.
func (s *tokenShard) checkBlock(k int64) error {
	from := k * s.block
	to := min(from+s.block, s.bin.Size())
	got, err := s.bin.sum(from, to)
	if err != nil {
		return fmt.Errorf("%s.bin: block %d, bytes [%d, %d): %w", s.name, k, from, to, err)
	}
	if want := s.sums[k]; got != want {
		return &alteredError{s.name + ".bin", k, from, to, got, want}
	}
	return nil
}

// checkIndex holds an index of so many bytes against the checksum at its end.
func (s *tokenShard) checkIndex(size int64) error {
	var b [4]byte
	if err := s.idx.read(b[:], size-4); err != nil {
		return err
	}
	got, err := s.idx.sum(0, size-4)
	if err != nil {
		return err
	}
	if want := binary.LittleEndian.Uint32(b[:]); got != want {
		return fmt.Errorf("CRC32C %08x of bytes [0, %d), its last four say %08x: the file was altered after it was written", got, size-4, want)
	}
	return nil
}

// sumBuffers are for blocks of files that are not mapped.
var sumBuffers sync.Pool

// sum is the CRC32C of bytes [from, to).
func (p *inplace) sum(from, to int64) (sum uint32, err error) {
	if p.mem != nil {
		defer faulted(&err, debug.SetPanicOnFault(true))
		return crc32.Checksum(p.mem[from:to], castagnoli), nil
	}
	buf, _ := sumBuffers.Get().(*[blockBytes]byte)
	if buf == nil {
		buf = new([blockBytes]byte)
	}
	defer sumBuffers.Put(buf)
	for from < to {
		b := buf[:min(blockBytes, to-from)]
		if err := p.read(b, from); err != nil {
			return 0, err
		}
		sum, from = crc32.Update(sum, castagnoli, b), from+int64(len(b))
	}
	return sum, nil
}

// Verify holds every block of every shard against its checksum, also those that were found right before. The error names the first
// block that is altered and how many there are. Shards without checksums, of version 3 or opened with Trust, are an error that is
// errors.ErrUnsupported.
func (r *TokenReader) Verify() error {
	for i := range r.shards {
		if err := r.shards[i].verify(); err != nil {
			return err
		}
	}
	return nil
}

func (s *tokenShard) verify() error {
	if s.layout.tokens > 0 && len(s.sums) == 0 {
		return fmt.Errorf("%s.idx: there are no checksums of blocks to verify: %w", s.name, errors.ErrUnsupported)
	}
	var first *alteredError
	altered := 0
	for k := range s.blocks {
		err := s.checkBlock(k)
		var a *alteredError
		if errors.As(err, &a) {
			if altered++; first == nil {
				first = a
			}
		} else if err != nil {
			return err
		}
	}
	switch altered {
	case 0:
		return nil
	case 1:
		return first
	}
	return fmt.Errorf("%d of %d blocks are altered, the first: %w", altered, s.blocks, first)
}

// VerifyTokens checks one shard of tokens, named with or without its ending, as fast as its disk: that its index is whole and adds
// up, that the raw tokens have its size, and every block's checksum.
func VerifyTokens(dir quern.Dir, name string) error {
	stem := strings.TrimSuffix(strings.TrimSuffix(name, ".bin"), ".idx")
	r, err := OpenTokens(dir, []quern.Shard{{Name: stem + ".bin"}})
	if err != nil {
		return err
	}
	defer r.Close()
	return r.Verify()
}
