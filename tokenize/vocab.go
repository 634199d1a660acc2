package tokenize

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/seed-83c59573/quern"
)

// Limits on what Parse accepts; the largest vocabularies in use hold about 260,000 tokens of up to 128 bytes.
const (
	maxVocab      = 1 << 21 // ids
	maxTokenBytes = 2048    // one token
	maxVocabBytes = 1 << 24 // all tokens
)

// Tokenizer turns texts into ids and back. It is immutable: share it between goroutines, and give each its own Encoder.
type Tokenizer struct {
	json   []byte // the file that it was read from
	spm    []byte // the .model, if that is what it was read from
	digest quern.Digest

	added      []Added
	plain      *addedTokens      // those that ordinary text yields
	ids        map[string]uint32 // of added tokens
	end        uint32
	tokens     [][]byte // by id: bytes if byteLevel, else spellings; nil = a hole in the numbering
	normalizer normalizer
	cutter     cutter
	byteLevel  bool  // tokens are bytes: bpe is the model
	bpe        bpe   // of bytes
	model      model // of characters
	poster     poster
	decoder    decoder       // nil = spellings with spaces between
	shown      *shownTokens  // the decoder, if it is one of the usual
	pieces     *pieceDecoder // of a .model, instead of decoder
	truncation *truncation   // applied only if asked for
	padding    *padding
	every      *addedTokens // all that there are

	rule *rule // the fast path: texts are cut by masks; nil if there is none
	flow *flow // the fast path of others
	nfc  bool  // on it, text is brought to Unicode normal form C first
}

// JSON is the tokenizer.json that the tokenizer was read from or learned as, byte for byte; of a .model what Hugging Face's converter makes of it.
func (t *Tokenizer) JSON() ([]byte, error) { return bytes.Clone(t.json), nil }

// Digest is the digest of JSON, or of the .model that it was read from: two tokenizers with one digest give the same ids.
func (t *Tokenizer) Digest() quern.Digest { return t.digest }

// Vocab is how many ids there are: the largest id, added tokens included, plus one. Foreign vocabularies may have holes below it.
func (t *Tokenizer) Vocab() int { return len(t.tokens) }

// Special is the id of an added token such as <|im_start|>.
func (t *Tokenizer) Special(name string) (uint32, bool) {
	id, ok := t.ids[name]
	return id, ok
}

// Lossless reports whether the bytes of the ids of a text are the text, byte for byte, whatever it is: no normal form is applied first.
func (t *Tokenizer) Lossless() bool { return t.byteLevel && t.normalizer == nil }

// Added lists the added tokens, special or not.
func (t *Tokenizer) Added() []Added { return slices.Clone(t.added) }

// Describe says what kind of tokenizer it is.
func (t *Tokenizer) Describe() string {
	if t.byteLevel {
		return "byte-level BPE"
	}
	switch m := t.model.(type) {
	case *charBPE:
		if m.fallback {
			return "BPE of characters with byte fallback"
		}
		return "BPE of characters"
	case *unigram:
		return "Unigram"
	case *pieceUnigram:
		return "Unigram of SentencePiece"
	case *wordPiece:
		return "WordPiece"
	}
	return "WordLevel"
}

// Fast tells whether texts are cut by masks and cached piece by piece; otherwise each part of the file runs on its own, which gives the same ids and is ten to
// a hundred times slower.
func (t *Tokenizer) Fast() bool { return t.rule != nil || t.flow != nil }

// EndOfText is the id that ends a document.
func (t *Tokenizer) EndOfText() uint32 { return t.end }

// Token gives what an id stands for: its bytes, which need not be valid UTF-8 on their own, or in vocabularies that are not byte-level its spelling (▁the, ##ing,
// <0x41>). It is nil for an id that the vocabulary does not have. The caller must not change it.
func (t *Tokenizer) Token(id uint32) []byte {
	if int64(id) >= int64(len(t.tokens)) {
		return nil
	}
	return t.tokens[id]
}

// endOfTextNames are the names that vocabularies give to the token that ends a document, the first that there is wins.
var endOfTextNames = []string{EndOfTextName, "<|end_of_text|>", "<｜end▁of▁sentence｜>", "<eos>", "</s>", "<EOT>", "[SEP]", "<|im_end|>"}

// source is a vocabulary as a file tells it: tokens by position, with the id of each, and merges in their order.
type source struct {
	bytes  [][]byte
	ids    []uint32
	merges []merge
	whole  bool // a piece that is a token needs no merges to reach it
}

// merge makes the token to of two neighbors; all three are positions in source.bytes.
type merge struct{ left, right, to uint32 }

// bpe is the merge engine of a vocabulary. Its own ids are ranks: 0 … 255 are the bytes, then come the tokens by the rank of their
// last merge. A token's bytes on their own always merge along one path, so the pair that ends this path is all that is kept of it;
// other splits of the same bytes never come to stand side by side.
type bpe struct {
	outer       []uint32 // to the vocabulary's ids
	left, right []uint32 // the two parts of the last merge; a byte is both itself
	pairs       pairTable
	trie        trie
	ordered     bool              // parts rank below the whole: backtracking is exact
	whole       map[string]uint32 // tokens that no merge reaches, by their bytes, if pieces may be whole tokens: outer ids
}

// path is the last merge of a token that merges reach.
type path struct {
	token, left, right uint32
	rank               int
}

func newBPE(src *source) (bpe, error) {
	var b bpe
	byteAt, err := src.byteTokens()
	if err != nil {
		return b, err
	}
	paths := src.paths(byteAt)
	inner := make([]uint32, len(src.bytes))
	for i := range inner {
		inner[i] = none
	}
	words := make([][]byte, 0, 256+len(paths))
	add := func(token uint32) {
		inner[token] = uint32(len(words))
		words = append(words, src.bytes[token])
		b.outer = append(b.outer, src.ids[token])
	}
	for c, token := range byteAt {
		add(token)
		b.left, b.right = append(b.left, uint32(c)), append(b.right, uint32(c))
	}
	for _, p := range paths {
		add(p.token)
	}
	b.pairs = newPairTable(len(paths))
	b.ordered = true
	for _, p := range paths {
		l, r, t := inner[p.left], inner[p.right], inner[p.token]
		b.left, b.right = append(b.left, l), append(b.right, r)
		b.ordered = b.ordered && l < t && r < t
		b.pairs.put(l, r, t)
	}
	if src.whole {
		b.whole = map[string]uint32{}
		for i, w := range src.bytes {
			if inner[i] == none {
				b.whole[string(w)] = src.ids[i]
			}
		}
	}
	b.trie = newTrie(words)
	return b, nil
}

// byteTokens finds the token of each byte.
func (src *source) byteTokens() (at [256]uint32, err error) {
	for i := range at {
		at[i] = none
	}
	for i, w := range src.bytes {
		if len(w) == 1 {
			at[w[0]] = uint32(i)
		}
	}
	for c, token := range at {
		if token == none {
			return at, fmt.Errorf("tokenize: the vocabulary has no token for byte 0x%02x", c)
		}
	}
	return at, nil
}

// paths merges every token's own bytes as BPE would and keeps the last merge of those that end as one token, by rank.
func (src *source) paths(byteAt [256]uint32) []path {
	type result struct {
		rank int
		to   uint32
	}
	table := make(map[[2]uint32]result, len(src.merges))
	for rank, m := range src.merges {
		table[[2]uint32{m.left, m.right}] = result{rank, m.to} // a pair listed twice has its last rank
	}
	var paths []path
	var symbols []uint32
	var found []result // found[j] is the merge of symbols j and j+1; to = none if there is none
	look := func(j int) {
		found[j] = result{1 << 62, none}
		if j+1 < len(symbols) {
			if r, ok := table[[2]uint32{symbols[j], symbols[j+1]}]; ok {
				found[j] = r
			}
		}
	}
	for i, w := range src.bytes {
		if len(w) < 2 {
			continue
		}
		symbols = symbols[:0]
		for _, c := range w {
			symbols = append(symbols, byteAt[c])
		}
		found = slices.Grow(found[:0], len(w))[:len(w)]
		for j := range symbols {
			look(j)
		}
		for len(symbols) > 1 {
			at := 0
			for j := range symbols {
				if found[j].rank < found[at].rank {
					at = j
				}
			}
			best := found[at]
			if best.to == none {
				break
			}
			if len(symbols) == 2 && best.to == uint32(i) {
				paths = append(paths, path{uint32(i), symbols[0], symbols[1], best.rank})
			}
			symbols[at] = best.to
			symbols = slices.Delete(symbols, at+1, at+2)
			found = slices.Delete(found, at+1, at+2)
			look(at)
			if at > 0 {
				look(at - 1)
			}
		}
	}
	slices.SortFunc(paths, func(a, b path) int { return a.rank - b.rank })
	return paths
}
