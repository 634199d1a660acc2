package tokenize

import (
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
)

// unigram takes the most likely of all ways to spell a piece (Kudo 2018), by dynamic programming over its bytes.
type unigram struct {
	vocab    map[string]uint32
	scores   []float64 // by id: log probabilities
	longest  int       // bytes of the longest token
	unknown  uint32    // none = there is no such token
	least    float64   // score of an unknown character
	fallback bool
	bytes    [256]uint32
}

const unknownPenalty = 10 // below the least likely token

func newUnigram(f *hfFile) (*unigram, error) {
	m := &f.Model
	u := &unigram{vocab: m.Vocab.ids, scores: m.Vocab.scores, unknown: none, least: math.Inf(1), fallback: m.Fallback}
	if len(u.scores) == 0 {
		return nil, errors.New("tokenize: Unigram: the vocabulary is not a list of tokens and scores")
	}
	if m.UnkID != nil {
		if int64(*m.UnkID) >= int64(len(u.scores)) {
			return nil, fmt.Errorf("tokenize: Unigram: unk_id %d of %d tokens", *m.UnkID, len(u.scores))
		}
		u.unknown = *m.UnkID
	}
	for w, id := range u.vocab {
		u.longest = max(u.longest, len(w))
		u.least = min(u.least, u.scores[id])
	}
	u.least -= unknownPenalty
	for c := range u.bytes {
		id, ok := u.vocab[fmt.Sprintf("<0x%02X>", c)]
		if u.bytes[c] = none; ok {
			u.bytes[c] = id
		}
	}
	return u, nil
}

// unigramNode is the best way to a place in the piece.
type unigramNode struct {
	score float64
	from  int // where its last token starts; -1 = no way leads here
	id    uint32
}

func (u *unigram) tokens(dst []token, piece []byte) []token {
	nodes := make([]unigramNode, len(piece)+1)
	for i := range nodes[1:] {
		nodes[i+1].from = -1
	}
	for i := 0; i < len(piece); {
		_, n := utf8.DecodeRune(piece[i:])
		single := false
		for j := i + 1; j <= min(len(piece), i+u.longest); j++ {
			id, ok := u.vocab[string(piece[i:j])]
			if !ok {
				continue
			}
			single = single || j == i+n
			if s := nodes[i].score + u.scores[id]; nodes[j].from < 0 || s > nodes[j].score {
				nodes[j] = unigramNode{s, i, id}
			}
		}
		if j := i + n; !single {
			if s := nodes[i].score + u.least; nodes[j].from < 0 || s > nodes[j].score {
				nodes[j] = unigramNode{s, i, u.unknown}
			}
		}
		i += n
	}
	start := len(dst)
	for end := len(piece); end > 0; {
		n := nodes[end]
		last := len(dst) - 1
		if n.id == u.unknown && last >= start && dst[last].id == u.unknown { // unknown characters side by side are one
			dst[last].from = n.from
		} else {
			dst = append(dst, token{n.id, n.from, end})
		}
		end = n.from
	}
	out := dst[start:]
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return u.spellUnknown(dst, start, piece)
}

// spellUnknown writes what is unknown byte by byte, if there are tokens for the bytes, and leaves it out if there is none for it at all.
func (u *unigram) spellUnknown(dst []token, start int, piece []byte) []token {
	tokens := append([]token(nil), dst[start:]...)
	dst = dst[:start]
	for _, t := range tokens {
		if t.id != u.unknown {
			dst = append(dst, t)
			continue
		}
		known := u.fallback
		for _, c := range piece[t.from:t.to] {
			known = known && u.bytes[c] != none
		}
		switch {
		case known:
			for _, c := range piece[t.from:t.to] {
				dst = append(dst, token{u.bytes[c], t.from, t.to})
			}
		case u.unknown != none:
			dst = append(dst, t)
		}
	}
	return dst
}
