package tokenize

import (
	"fmt"
	"unicode/utf8"
)

// token is an id and the bytes of the piece that it stands for.
type token struct {
	id       uint32
	from, to int
}

// A model turns a piece into tokens. It is immutable.
type model interface {
	// tokens appends the tokens of a piece that is not empty.
	tokens(dst []token, piece []byte) []token
}

// charBPE merges characters: BPE in the way of SentencePiece, where a character that is no token of its own is spelled by tokens of its
// bytes (<0x41>), or is unknown.
type charBPE struct {
	vocab    map[string]uint32
	pairs    map[[2]uint32]charMerge
	unknown  uint32 // none = what is unknown is left out
	fuse     bool   // unknown characters side by side are one
	fallback bool
	bytes    [256]uint32 // none = there is no token for the byte
	whole    bool        // a piece that is a token needs no merges to reach it
	prefix   string      // before each character but the first of a piece
	suffix   string      // behind the last character of a piece
}

type charMerge struct {
	rank int
	to   uint32
}

func newCharBPE(f *hfFile) (*charBPE, error) {
	m := &f.Model
	b := &charBPE{vocab: m.Vocab.ids, pairs: make(map[[2]uint32]charMerge, len(m.Merges)), unknown: none, fuse: m.FuseUnk, fallback: m.Fallback,
		whole: m.Whole, prefix: m.Prefix, suffix: m.Suffix}
	if m.Unknown != "" {
		id, ok := b.vocab[m.Unknown]
		if !ok {
			return nil, fmt.Errorf("tokenize: unk_token %q is not in the vocabulary", m.Unknown)
		}
		b.unknown = id
	}
	for c := range b.bytes {
		id, ok := b.vocab[fmt.Sprintf("<0x%02X>", c)]
		if b.bytes[c] = none; ok {
			b.bytes[c] = id
		}
	}
	for i, raw := range m.Merges {
		left, right, err := mergeParts(raw)
		if err != nil {
			return nil, fmt.Errorf("tokenize: merge %d: %w", i, err)
		}
		made := left
		if len(right) >= len(b.prefix) {
			made += right[len(b.prefix):]
		}
		l, okL := b.vocab[left]
		r, okR := b.vocab[right]
		to, okTo := b.vocab[made]
		if !okL || !okR || !okTo {
			return nil, fmt.Errorf("tokenize: merge %d: %q and %q: they or what they make is no token", i, left, right)
		}
		b.pairs[[2]uint32{l, r}] = charMerge{i, to}
	}
	return b, nil
}

// symbol is a token on its way to be merged, in a list of those that are left.
type symbol struct {
	token
	prev, next int
}

func (b *charBPE) tokens(dst []token, piece []byte) []token {
	if b.whole {
		if id, ok := b.vocab[string(piece)]; ok {
			return append(dst, token{id, 0, len(piece)})
		}
	}
	s := b.spell(piece)
	if len(s) == 0 {
		return dst
	}
	var q charQueue
	look := func(i int) {
		if j := s[i].next; j < len(s) {
			if m, ok := b.pairs[[2]uint32{s[i].id, s[j].id}]; ok {
				q.push(charEntry{m.rank, i, m.to})
			}
		}
	}
	for i := range s {
		s[i].prev, s[i].next = i-1, i+1
	}
	for i := range s {
		look(i)
	}
	for len(q) > 0 {
		e := q.pop()
		i := e.at
		if s[i].id == none || s[i].next >= len(s) {
			continue
		}
		j := s[i].next
		if m, ok := b.pairs[[2]uint32{s[i].id, s[j].id}]; !ok || m.to != e.to {
			continue // merged away since it was queued
		}
		s[i].id, s[i].to, s[i].next = e.to, s[j].to, s[j].next
		s[j].id = none
		if s[i].next < len(s) {
			s[s[i].next].prev = i
		}
		look(i)
		if s[i].prev >= 0 {
			look(s[i].prev)
		}
	}
	for i := 0; i < len(s); i = s[i].next {
		dst = append(dst, s[i].token)
	}
	return dst
}

// spell gives the tokens of a piece before any merge.
func (b *charBPE) spell(piece []byte) []symbol {
	s := make([]symbol, 0, len(piece))
	var name []byte
	unknown := false // the last one is
	for i := 0; i < len(piece); {
		_, n := utf8.DecodeRune(piece[i:])
		name = name[:0]
		if i > 0 {
			name = append(name, b.prefix...)
		}
		name = append(name, piece[i:i+n]...)
		if i+n == len(piece) {
			name = append(name, b.suffix...)
		}
		id, ok := b.vocab[string(name)]
		switch {
		case ok:
			s = append(s, symbol{token: token{id, i, i + n}})
		case b.fallback && b.hasBytes(piece[i:i+n]):
			for _, c := range piece[i : i+n] {
				s = append(s, symbol{token: token{b.bytes[c], i, i + n}})
			}
			ok = true
		case b.unknown != none && b.fuse && unknown:
			s[len(s)-1].to = i + n
		case b.unknown != none:
			s = append(s, symbol{token: token{b.unknown, i, i + n}})
		}
		unknown = !ok
		i += n
	}
	return s
}

func (b *charBPE) hasBytes(char []byte) bool {
	for _, c := range char {
		if b.bytes[c] == none {
			return false
		}
	}
	return true
}

// charEntry is a merge that waits: lowest rank first, then leftmost.
type charEntry struct {
	rank, at int
	to       uint32
}

func (e charEntry) before(o charEntry) bool {
	return e.rank < o.rank || e.rank == o.rank && e.at < o.at
}

type charQueue []charEntry

func (q *charQueue) push(e charEntry) {
	*q = append(*q, e)
	h := *q
	for i := len(h) - 1; i > 0 && h[i].before(h[(i-1)/2]); i = (i - 1) / 2 {
		h[i], h[(i-1)/2] = h[(i-1)/2], h[i]
	}
}

func (q *charQueue) pop() charEntry {
	h := *q
	top := h[0]
	h[0] = h[len(h)-1]
	h = h[:len(h)-1]
	for i := 0; ; {
		c := 2*i + 1
		if c >= len(h) {
			break
		}
		if c+1 < len(h) && h[c+1].before(h[c]) {
			c++
		}
		if !h[c].before(h[i]) {
			break
		}
		h[i], h[c] = h[c], h[i]
		i = c
	}
	*q = h
	return top
}
