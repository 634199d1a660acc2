package tokenize

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"unicode/utf8"

	"github.com/seed-83c59573/quern/tokenize/sentencepiece"
)

// unigram takes the most likely of all ways to spell a piece (Kudo 2018), by dynamic programming over its bytes.
type unigram struct {
	words    map[string]uint32
	vocab    sentencepiece.Array
	scores   []float64 // by id: log probabilities
	unknown  uint32    // none = there is no such token
	spelling string    // of unknown
	least    float64   // score of an unknown character
	fallback bool
	bytes    [256]uint32
}

const unknownPenalty = 10 // below the least likely token

func newUnigram(f *hfFile) (*unigram, error) {
	m := &f.Model
	u := &unigram{words: m.Vocab.ids, scores: m.Vocab.scores, unknown: none, least: math.Inf(1), fallback: m.Fallback}
	if len(u.scores) == 0 {
		return nil, errors.New("tokenize: Unigram: the vocabulary is not a list of tokens and scores")
	}
	if m.UnkID != nil {
		if int64(*m.UnkID) >= int64(len(u.scores)) {
			return nil, fmt.Errorf("tokenize: Unigram: unk_id %d of %d tokens", *m.UnkID, len(u.scores))
		}
		u.unknown = *m.UnkID
	}
	words := make([][]byte, len(u.scores))
	for w, id := range m.Vocab.ids {
		if w != "" {
			words[id] = []byte(w)
		}
		if id == u.unknown {
			u.spelling = w
		}
	}
	u.vocab = sentencepiece.NewArray(words)
	for id, s := range u.scores {
		if math.IsNaN(s) || math.IsInf(s, 0) {
			return nil, fmt.Errorf("tokenize: Unigram: the score of token %d is %g", id, s)
		}
		u.least = min(u.least, s)
	}
	u.least -= unknownPenalty
	u.bytes = byteTokens(m.Vocab.ids)
	return u, nil
}

// exact reports whether any sum of scores of a text's tokens is exact in double precision, as those that Learn makes are.
func (u *unigram) exact() bool {
	unit, most := 0, 1.0 // 2^unit divides every score
	for _, s := range append(u.scores[:len(u.scores):len(u.scores)], u.least) {
		if s == 0 {
			continue
		}
		f, exp := math.Frexp(math.Abs(s))
		unit = min(unit, exp-53+bits.TrailingZeros64(uint64(math.Ldexp(f, 53))))
		most = max(most, math.Abs(s))
	}
	return math.Ldexp(1, 53+unit) >= most*maxText
}

// unigramNode is the best way to a place in the piece.
type unigramNode struct {
	score float64
	from  int32 // where its last token starts; -1 = no way leads here
	id    uint32
}

func (u *unigram) tokens(dst []token, piece []byte, w *work) []token {
	nodes := u.walk(piece, w)
	start := len(dst)
	from, to := int32(0), int32(0) // unknown characters side by side, which are one
	for end := int32(len(piece)); end > 0; {
		n := nodes[end]
		switch {
		case n.id != u.unknown:
			dst = u.unknownTokens(dst, piece, from, to)
			dst = append(dst, token{n.id, n.from, end})
			from, to = 0, 0
		case to == 0:
			from, to = n.from, end
		default:
			from = n.from
		}
		end = n.from
	}
	dst = u.unknownTokens(dst, piece, from, to)
	slices.Reverse(dst[start:])
	return dst
}

// unknownTokens writes what is unknown, from the last to the first: byte by byte if there are tokens for the bytes; it is left out if there is none for it
// at all.
func (u *unigram) unknownTokens(dst []token, piece []byte, from, to int32) []token {
	if from == to {
		return dst
	}
	if s := piece[from:to]; u.fallback && string(s) != u.spelling && !slices.ContainsFunc(s, func(c byte) bool { return u.bytes[c] == none }) {
		for i := len(s) - 1; i >= 0; i-- {
			dst = append(dst, token{u.bytes[s[i]], from, to})
		}
		return dst
	}
	if u.unknown == none {
		return dst
	}
	return append(dst, token{u.unknown, from, to})
}

// walk finds the best way to every place, from the left (Viterbi).
func (u *unigram) walk(piece []byte, w *work) []unigramNode {
	nodes := append(w.nodes[:0], unigramNode{})
	for range piece {
		nodes = append(nodes, unigramNode{from: -1})
	}
	w.nodes = nodes
	for i := 0; i < len(piece); {
		n := 1
		if piece[i] >= utf8.RuneSelf {
			_, n = utf8.DecodeRune(piece[i:])
		}
		here := nodes[i].score
		single := false
		node := uint32(0)
		for j := i; j < len(piece); {
			if node = u.vocab.Next(node, piece[j]); node == 0 {
				break
			}
			j++
			id := u.vocab.ID(node)
			if id < 0 {
				continue
			}
			single = single || j == i+n
			if s, to := here+u.scores[id], &nodes[j]; to.from < 0 || s > to.score {
				*to = unigramNode{s, int32(i), uint32(id)}
			}
		}
		if !single {
			if s, to := here+u.least, &nodes[i+n]; to.from < 0 || s > to.score {
				*to = unigramNode{s, int32(i), u.unknown}
			}
		}
		i += n
	}
	return nodes
}
