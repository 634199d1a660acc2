package tokenize

import (
	"bytes"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/text/unicode/norm"

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
	json   func() []byte // the file that it was read from
	spm    []byte        // the .model, if that is what it was read from
	digest func() quern.Digest

	inexact error // why json may give other ids

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
	firsts     *firstTokens  // … of others
	pieces     *pieceDecoder // of a .model, instead of decoder
	truncation *truncation   // applied only if asked for
	padding    *padding
	every      *addedTokens // all that there are
	spelled    func() []spelled

	rule *rule      // the fast path: texts are cut by masks; nil if there is none
	form *norm.Form // on it, text is brought to this Unicode normal form first; nil = it is taken as it is
	flow *flow      // the fast path of others
}

// JSON is the tokenizer.json that the tokenizer was read from or learned as, byte for byte; of a .model what Hugging Face's converter makes of it,
// which may give other ids: see Exact.
func (t *Tokenizer) JSON() ([]byte, error) { return bytes.Clone(t.json()), nil }

// Digest is the digest of JSON, or of the .model that it was read from: two tokenizers with one digest give the same ids.
func (t *Tokenizer) Digest() quern.Digest { return t.digest() }

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

// bpe is the merge engine of a vocabulary. Its own ids are ranks: 0 … 255 are the bytes, then come the tokens by the rank of their
// last merge. A token's bytes on their own always merge along one path, so the pair that ends this path is all that is kept of it;
// other splits of the same bytes never come to stand side by side.
type bpe struct {
	outer       []uint32 // to the vocabulary's ids
	left, right []uint32 // the two parts of the last merge; a byte is both itself
	pairs       pairTable
	trie        trie
	ordered     bool              // parts rank below the whole: backtracking is exact
	disorder    *disorder         // … or they mostly do: it is exact for pieces that hold none of these
	whole       map[string]uint32 // tokens that no merge reaches, by their bytes, if pieces may be whole tokens: outer ids
	seeds       func() *seeds
}

// reserve makes room for n tokens.
func (b *bpe) reserve(n int) {
	b.left, b.right = make([]uint32, 0, n+256), make([]uint32, 0, n+256)
	b.pairs = newPairTable(n)
}

func newBPE(src *source) (bpe, error) {
	var b bpe
	byteAt, err := src.byteTokens()
	if err != nil {
		return b, err
	}
	paths := src.canonicalize(&byteAt)
	inner := make([]uint32, len(src.ids))
	for i := range inner {
		inner[i] = none
	}
	words := make([][]byte, 0, 256+len(paths))
	add := func(token uint32) {
		inner[token] = uint32(len(words))
		words = append(words, src.words.words[token])
		b.outer = append(b.outer, src.ids[token])
	}
	b.reserve(len(paths))
	for c, token := range byteAt {
		add(token)
		b.left, b.right = append(b.left, uint32(c)), append(b.right, uint32(c))
	}
	for _, p := range paths {
		add(p.to)
	}
	for _, p := range paths {
		l, r, t := inner[p.left], inner[p.right], inner[p.to]
		b.left, b.right = append(b.left, l), append(b.right, r)
		b.pairs.put(l, r, t)
	}
	var out []bool
	b.ordered, b.disorder, out = b.order(words)
	b.trie = newTrie(words, out)
	ids := b.outer
	if src.whole {
		b.whole = map[string]uint32{}
		ids = slices.Clone(b.outer)
		for i, w := range src.words.words {
			if inner[i] == none {
				b.whole[string(w)] = src.ids[i]
				words, ids = append(words, w), append(ids, src.ids[i])
			}
		}
	}
	b.seeds = sync.OnceValue(func() *seeds { return newSeeds(words, ids) })
	return b, nil
}

// byteTokens finds the token of each byte.
func (src *source) byteTokens() (at [256]uint32, err error) {
	for c := range at {
		if at[c] = src.words.find([]byte{byte(c)}); at[c] == none {
			return at, fmt.Errorf("tokenize: the vocabulary has no token for byte 0x%02x", c)
		}
	}
	return at, nil
}
