package shard

import (
	"encoding/binary"
	"fmt"
	"sort"
	"sync"
)

// endsAtOnce is how many ends of documents are read at a time: a page of them.
const endsAtOnce = 512

// endBlocks spares EndsIn an allocation a call.
var endBlocks = sync.Pool{New: func() any { return new([8 * endsAtOnce]byte) }}

// EndsIn appends to dst where documents end, for ends e with from < e <= to, as numbers of tokens through all shards. Each is given
// once: a document without tokens ends where the one before it does. It finds them in the index, not in the tokens, which may hold the
// end-of-text token inside a document.
func (r *TokenReader) EndsIn(dst []int64, from, to int64) ([]int64, error) {
	if from < 0 || to > r.Len() {
		return dst, fmt.Errorf("ends of documents in tokens (%d, %d] of %d", from, to, r.Len())
	}
	block := endBlocks.Get().(*[8 * endsAtOnce]byte)
	defer endBlocks.Put(block)
	last := from
	for i := sort.Search(len(r.shards), func(i int) bool { return r.tokens[i+1] > from }); i < len(r.shards) && r.tokens[i] < to; i++ {
		s, base := &r.shards[i], r.tokens[i]
		k, err := s.firstEnd(block, last-base)
		for err == nil && k < s.docs {
			n := min(endsAtOnce, s.docs-k)
			if err = s.endsAt(block, k, n); err != nil {
				break
			}
			for j := range n {
				e := int64(binary.LittleEndian.Uint64(block[8*j:]))
				if e < last-base || e > s.layout.tokens {
					return dst, fmt.Errorf("%s.idx: document %d ends at token %d, one before it at %d, all at %d", s.name, k+j, e, last-base, s.layout.tokens)
				}
				if base+e > to {
					return dst, nil
				}
				if base+e > last {
					last = base + e
					dst = append(dst, last)
				}
			}
			k += n
		}
		if err == nil && last-base != s.layout.tokens {
			err = fmt.Errorf("the last document ends at token %d, all at %d", last-base, s.layout.tokens)
		}
		if err != nil {
			return dst, fmt.Errorf("%s.idx: %w", s.name, err)
		}
	}
	return dst, nil
}

// firstEnd is the first document that ends behind a token. The search stops at a block, which costs no more to read than one end.
func (s *tokenShard) firstEnd(block *[8 * endsAtOnce]byte, token int64) (int64, error) {
	lo, hi := int64(0), s.docs // all before lo end at token or earlier, all from hi on behind it
	for hi-lo > endsAtOnce {
		mid := lo + (hi-lo)/2
		if err := s.endsAt(block, mid, 1); err != nil {
			return 0, err
		}
		if binary.LittleEndian.Uint64(block[:]) > uint64(token) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	if err := s.endsAt(block, lo, hi-lo); err != nil {
		return 0, err
	}
	k := sort.Search(int(hi-lo), func(j int) bool { return binary.LittleEndian.Uint64(block[8*j:]) > uint64(token) })
	return lo + int64(k), nil
}

// endsAt reads where n documents end, from document k of the shard on.
func (s *tokenShard) endsAt(block *[8 * endsAtOnce]byte, k, n int64) error {
	return s.idx.read(block[:8*n], s.layout.ends+8*k)
}
