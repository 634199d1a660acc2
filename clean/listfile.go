package clean

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
)

// maxListLine bounds a line of a list.
const maxListLine = 1 << 16

// eachLine calls f with each line of a list, trimmed, and its number from 1; empty lines are left out. Names that end in .gz are unpacked.
func eachLine(path string, f func(n int, line []byte) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	var r io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		z, err := gzip.NewReader(bufio.NewReaderSize(file, 1<<16))
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		r = z
	}
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 1<<12), maxListLine)
	n := 0
	for s.Scan() {
		n++
		line := s.Bytes()
		if n == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if err := f(n, line); err != nil {
			return fmt.Errorf("%s: line %d: %w", path, n, err)
		}
	}
	if err := s.Err(); err != nil {
		return fmt.Errorf("%s: line %d: %w", path, n+1, err)
	}
	return nil
}

// once keeps what was loaded from files for all copies of the options that name them, so that workers share it. What key says must be
// all that the result depends on but the files' contents.
type once[T any] struct {
	mu   sync.Mutex
	key  string
	have *T
}

// get loads at the first call, and again if key changed. A nil once loads each time.
func (o *once[T]) get(key string, load func() (*T, error)) (*T, error) {
	if o == nil {
		return load()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.have != nil && o.key == key {
		return o.have, nil
	}
	v, err := load()
	if err != nil {
		return nil, err
	}
	o.key, o.have = key, v
	return v, nil
}

// hashSet is a set of 64-bit hashes in 8.5 bytes each, two lines of memory a look-up. That a stranger is taken for a member happens
// once in 2^64/members.
type hashSet struct {
	hashes []uint64 // sorted
	start  []uint32 // by the first bits of a hash
	shift  uint
}

// newHashSet takes over hashes, in any order.
func newHashSet(hashes []uint64) *hashSet {
	slices.Sort(hashes)
	hashes = slices.Clip(slices.Compact(hashes))
	s := &hashSet{hashes: hashes, shift: 64}
	buckets := 1
	for ; buckets < len(hashes)/8; buckets <<= 1 {
		s.shift--
	}
	s.start = make([]uint32, buckets+1)
	at := 0
	for b := range buckets {
		s.start[b] = uint32(at)
		for at < len(hashes) && s.bucket(hashes[at]) == uint64(b) {
			at++
		}
	}
	s.start[buckets] = uint32(len(hashes))
	return s
}

func (s *hashSet) bucket(h uint64) uint64 { return h >> 1 >> (s.shift - 1) }

func (s *hashSet) has(h uint64) bool {
	b := s.bucket(h)
	for _, x := range s.hashes[s.start[b]:s.start[b+1]] {
		if x >= h {
			return x == h
		}
	}
	return false
}
