package tokenize

import (
	"fmt"
	"unicode/utf8"

	"github.com/seed-83c59573/quern/tokenize/sentencepiece"
)

// token is an id and the bytes of the piece that it stands for.
type token struct {
	id       uint32
	from, to int32
}

// A model turns a piece into tokens. It is immutable; work is scratch space of the caller's.
type model interface {
	// tokens appends the tokens of a piece that is not empty.
	tokens(dst []token, piece []byte, work *work) []token
}

// work is what models need while they work on a piece.
type work struct {
	symbols []symbol
	queue   mergeQueue
	nodes   []unigramNode
	steps   []sentencepiece.Step
	name    []byte
}

// spaceMark stands for a space within the tokens of SentencePiece.
const (
	spaceMark = "▁"
	markRune  = '▁'
)

// charBPE merges characters: BPE in the way of SentencePiece, where a character that is no token of its own is spelled by tokens of its
// bytes (<0x41>), or is unknown.
type charBPE struct {
	vocab     map[string]uint32
	ascii     [utf8.RuneSelf]uint32 // tokens of one character; none = it is no token
	chars     map[rune]uint32       // … of others
	pairs     pairTable             // to the rank of a merge
	made      []uint32              // by rank: what it makes
	order     []uint32              // by rank: which is first; nil = the ranks themselves
	user      *finder               // symbols that are taken whole before any merge; nil = none
	userWords [][]byte
	userIDs   []uint32 // of user
	unknown   uint32   // none = what is unknown is left out
	fuse      bool     // unknown characters side by side are one
	fallback  bool
	bytes     [256]uint32 // none = there is no token for the byte
	complete  bool        // every byte has a token, so that nothing is unknown
	unknowns  bool        // merges take the token of what is unknown: any character may join a neighbor
	partial   bool        // merges take tokens of bytes, which stand for parts of characters
	whole     bool        // a piece that is a token needs no merges to reach it
	prefix    string      // before each character but the first of a piece
	suffix    string      // behind the last character of a piece
}

func newCharBPE(f *hfFile) (*charBPE, error) {
	m := &f.Model
	b := &charBPE{vocab: m.Vocab.ids, unknown: none, fuse: m.FuseUnk, fallback: m.Fallback, whole: m.Whole, prefix: m.Prefix, suffix: m.Suffix}
	if m.Unknown != "" {
		id, ok := b.vocab[m.Unknown]
		if !ok {
			return nil, fmt.Errorf("tokenize: unk_token %q is not in the vocabulary", m.Unknown)
		}
		b.unknown = id
	}
	b.bytes = byteTokens(b.vocab)
	b.complete = b.fallback
	for _, id := range b.bytes {
		b.complete = b.complete && id != none
	}
	b.setChars()
	if len(m.Merges) >= maxMerges {
		return nil, fmt.Errorf("tokenize: %d merges, at most %d", len(m.Merges), maxMerges-1)
	}
	b.pairs = newPairTable(len(m.Merges))
	b.made = make([]uint32, len(m.Merges))
	last := make(map[uint64]int, len(m.Merges)) // a pair listed twice has its last rank
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
		if max(l, r, to) >= maxVocab {
			return nil, fmt.Errorf("tokenize: merge %d: an id above %d", i, maxVocab-1)
		}
		b.made[i] = to
		b.partial = b.partial || b.fallback && (isByte(left) || isByte(right) || isByte(made))
		b.unknowns = b.unknowns || b.unknown != none && (l == b.unknown || r == b.unknown)
		last[uint64(l)<<32|uint64(r)] = i
	}
	for pair, rank := range last {
		b.pairs.put(uint32(pair>>32), uint32(pair), uint32(rank))
	}
	return b, nil
}

// maxMerges is what the pair table and the queue of merges hold.
const maxMerges = 1<<22 - 2

// byteTokens are the tokens that spell single bytes, <0x00> to <0xFF>.
func byteTokens(vocab map[string]uint32) (at [256]uint32) {
	for c := range at {
		id, ok := vocab[fmt.Sprintf("<0x%02X>", c)]
		if at[c] = none; ok {
			at[c] = id
		}
	}
	return at
}

func isByte(w string) bool {
	_, ok := spelledByte([]byte(w))
	return ok
}

// setChars finds the tokens of one character.
func (b *charBPE) setChars() {
	b.chars = map[rune]uint32{}
	for c := range b.ascii {
		b.ascii[c] = none
	}
	for w, id := range b.vocab {
		r, n := utf8.DecodeRuneInString(w)
		switch {
		case n != len(w) || n == 0 || r == utf8.RuneError && n == 1:
		case r < utf8.RuneSelf:
			b.ascii[r] = id
		default:
			b.chars[r] = id
		}
	}
}

// symbol is a token on its way to be merged, in a list of those that are left.
type symbol struct {
	id         uint32 // none = it was merged away
	rank       uint32 // of its merge with the next; none = they do not merge
	prev, next int32
	from, to   int32
}

func (b *charBPE) tokens(dst []token, piece []byte, w *work) []token {
	if b.whole {
		if id, ok := b.vocab[string(piece)]; ok {
			return append(dst, token{id, 0, int32(len(piece))})
		}
	}
	if b.prefix == "" && b.suffix == "" {
		b.spell(piece, w)
	} else {
		b.spellNamed(piece, w)
	}
	s := w.symbols
	for i := range s {
		s[i].prev, s[i].next = int32(i-1), int32(i+1)
		s[i].rank = none
		if i+1 < len(s) {
			s[i].rank = b.pairs.get(s[i].id, s[i+1].id)
		}
	}
	if len(s) <= flatSymbols && b.order == nil {
		s = b.flat(s)
		for i := range s {
			dst = append(dst, token{s[i].id, s[i].from, s[i].to})
		}
		return dst
	}
	if b.order == nil {
		b.merge(s, &w.queue)
	} else {
		b.mergeOrdered(s, &w.queue)
	}
	for i := int32(0); i < int32(len(s)); i = s[i].next {
		dst = append(dst, token{s[i].id, s[i].from, s[i].to})
	}
	return dst
}

// flatSymbols is up to where a scan for each merge is faster than a queue.
const flatSymbols = 24

// flat merges the pair of the lowest rank, the first of equals, until none is left: the definition.
func (b *charBPE) flat(s []symbol) []symbol {
	for len(s) > 1 {
		best, at := none, 0
		for i := range s {
			if s[i].rank < best {
				best, at = s[i].rank, i
			}
		}
		if best == none {
			break
		}
		s[at].id, s[at].to = b.made[best], s[at+1].to
		s = append(s[:at+1], s[at+2:]...)
		s[at].rank = none
		if at+1 < len(s) {
			s[at].rank = b.pairs.get(s[at].id, s[at+1].id)
		}
		if at > 0 {
			s[at-1].rank = b.pairs.get(s[at-1].id, s[at].id)
		}
	}
	return s
}

// merge is flat by a queue, for pieces of any length.
func (b *charBPE) merge(s []symbol, q *mergeQueue) {
	q.reset()
	for i := range s {
		if s[i].rank != none {
			q.add(s[i].rank, int32(i))
		}
	}
	q.order()
	for q.len() > 0 {
		rank, i := q.pop()
		if s[i].id == none || s[i].rank != rank {
			continue // merged away since it was queued
		}
		prev, next := b.join(s, i)
		for _, k := range [2]int32{next, prev} {
			if k >= 0 && s[k].rank != none {
				q.push(s[k].rank, k)
			}
		}
	}
}

// join merges symbol i with the next and gives the symbols whose rank is new: itself, and the one before if there is one.
func (b *charBPE) join(s []symbol, i int32) (before, itself int32) {
	j := s[i].next
	s[i].id, s[i].to, s[i].next = b.made[s[i].rank], s[j].to, s[j].next
	s[j].id = none
	s[i].rank = none
	if next := s[i].next; next < int32(len(s)) {
		s[next].prev = i
		s[i].rank = b.pairs.get(s[i].id, s[next].id)
	}
	before = s[i].prev
	if before >= 0 {
		s[before].rank = b.pairs.get(s[before].id, s[i].id)
	}
	return before, i
}

// spell gives the tokens of a piece before any merge.
func (b *charBPE) spell(piece []byte, w *work) {
	s := w.symbols[:0]
	unknown := false // the last one is
	for i := 0; i < len(piece); {
		var id uint32
		n := 1
		if b.user != nil {
			if word, size := b.user.at(piece[i:], nil); word >= 0 {
				s = append(s, symbol{id: b.userIDs[word], from: int32(i), to: int32(i + size)})
				unknown = false
				i += size
				continue
			}
		}
		if c := piece[i]; c < utf8.RuneSelf {
			id = b.ascii[c]
		} else {
			var r rune
			r, n = utf8.DecodeRune(piece[i:])
			var ok bool
			if id, ok = b.chars[r]; !ok || n == 1 {
				id = none
			}
		}
		if id != none {
			s = append(s, symbol{id: id, from: int32(i), to: int32(i + n)})
			unknown = false
		} else {
			s, unknown = b.spellUnknown(s, piece, i, n, unknown)
		}
		i += n
	}
	w.symbols = s
}

// spellUnknown spells a character that is no token.
func (b *charBPE) spellUnknown(s []symbol, piece []byte, i, n int, after bool) ([]symbol, bool) {
	from, to := int32(i), int32(i+n)
	switch {
	case b.fallback && b.hasBytes(piece[i:i+n]):
		for _, c := range piece[i : i+n] {
			s = append(s, symbol{id: b.bytes[c], from: from, to: to})
		}
		return s, false
	case b.unknown != none && b.fuse && after:
		s[len(s)-1].to = to
	case b.unknown != none:
		s = append(s, symbol{id: b.unknown, from: from, to: to})
	}
	return s, b.unknown != none
}

// spellNamed is spell where the spelling of a character depends on where it stands.
func (b *charBPE) spellNamed(piece []byte, w *work) {
	s := w.symbols[:0]
	unknown := false
	for i := 0; i < len(piece); {
		_, n := utf8.DecodeRune(piece[i:])
		name := w.name[:0]
		if i > 0 {
			name = append(name, b.prefix...)
		}
		name = append(name, piece[i:i+n]...)
		if i+n == len(piece) {
			name = append(name, b.suffix...)
		}
		w.name = name
		if id, ok := b.vocab[string(name)]; ok {
			s = append(s, symbol{id: id, from: int32(i), to: int32(i + n)})
			unknown = false
		} else {
			s, unknown = b.spellUnknown(s, piece, i, n, unknown)
		}
		i += n
	}
	w.symbols = s
}

func (b *charBPE) hasBytes(char []byte) bool {
	for _, c := range char {
		if b.bytes[c] == none {
			return false
		}
	}
	return true
}
