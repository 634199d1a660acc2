package tokenize

import (
	"slices"
)

// batch is how many pieces are looked up together, so that loads from memory overlap.
const batch = 512

// Encoder turns text into ids. It belongs to one goroutine and remembers pieces that it has met, within a budget of memory; what it has met never changes what it
// gives.
type Encoder struct {
	t      *Tokenizer
	merger merger
	cache  *cache
	seeds  *seeds
	normal []byte // text in normal form

	ends   [batch + 64]int    // of the pieces of this batch
	values [batch + 64]uint64 // what ids they have
	misses [2 * batch]int32   // those that the hot part lacks
	keys   [batch + 64]sought // of these
	listed []uint32           // ids of the pieces whose value is 0, in their order
	list   []int              // where in listed each of them ends
	outer  []uint32
	sink   uint64

	raw, segs []segment
	counted   []uint32
	scratch   []token
	work      work
	stream    stream
	err       error
}

// NewEncoder makes an encoder with an empty cache that takes up to DefaultEncoderBytes.
func (t *Tokenizer) NewEncoder() *Encoder { return t.NewEncoderSize(DefaultEncoderBytes) }

// NewEncoderSize makes an encoder whose cache takes up to so many bytes, at least 1 MiB. It begins small. What the text at hand takes comes on top: a piece without a place to
// cut, a megabyte of one letter, some 30 bytes a byte.
func (t *Tokenizer) NewEncoderSize(bytes int) *Encoder {
	return t.newEncoder(cacheLimits(bytes, t.flow != nil && t.flow.classes.width == 1))
}

func (t *Tokenizer) newEncoder(max limits) *Encoder {
	e := &Encoder{t: t, merger: merger{b: &t.bpe}, cache: newCache(max)}
	if e.seeds = noSeeds; t.byteLevel {
		e.seeds = t.bpe.seeds()
	}
	return e
}

// Append appends the ids of text to dst. All of text is ordinary: it never yields a special token. Only a tokenizer with a pattern that is none of Splits can
// fail, on a text over which the pattern backtracks without end: then nothing is appended and Err tells it.
func (e *Encoder) Append(dst []uint32, text []byte) []uint32 {
	if e.t.flow != nil {
		return e.flow(dst, text)
	}
	return e.among(dst, text, e.t.plain)
}

// Count is how many ids Append appends for text. Nothing is written, so it is faster.
func (e *Encoder) Count(text []byte) int {
	if e.t.fastWith(e.t.plain) && !e.t.plain.in(text) {
		return e.count(text)
	}
	e.counted = e.Append(e.counted[:0], text)
	return len(e.counted)
}

// Pieces is how many pieces a text is cut into before merges, as it stands: no added token is looked for and no normal form taken. It is 0 where masks do not
// cut.
func (e *Encoder) Pieces(text []byte) int {
	if e.t.rule == nil {
		return 0
	}
	count := 0
	for pos := 0; pos < len(text); {
		next, n := e.t.rule.split(text, pos, &e.ends)
		count += n
		pos = next
	}
	return count
}

// Allowed are special tokens that a text may yield: that of a template, never what a user or a document says.
type Allowed struct {
	t     *Tokenizer
	added *addedTokens
}

// Allow prepares the special tokens that allowed picks by their names, for AppendAllowed. It fails where a file's normalizer does on their names.
func (t *Tokenizer) Allow(allowed func(name string) bool) (*Allowed, error) {
	added, err := newAddedTokens(t.added, t.normalizer, func(a Added) bool { return !a.Special || allowed(a.Content) })
	if err != nil {
		return nil, err
	}
	return &Allowed{t, added}, nil
}

// AppendAllowed is Append for a text that may yield some special tokens, which are those of the encoder's tokenizer.
func (e *Encoder) AppendAllowed(dst []uint32, text []byte, allowed *Allowed) []uint32 {
	if allowed.t != e.t {
		panic("tokenize: special tokens of another tokenizer")
	}
	return e.among(dst, text, allowed.added)
}

// fastWith tells whether texts that may yield some added tokens are cut by masks.
func (t *Tokenizer) fastWith(added *addedTokens) bool {
	return t.rule != nil && (t.normalizer == nil || len(added.normalized.tokens) == 0)
}

// among encodes a text that may yield some added tokens.
func (e *Encoder) among(dst []uint32, text []byte, added *addedTokens) []uint32 {
	if e.t.fastWith(added) {
		if !added.in(text) {
			return e.fast(dst, text)
		}
		for _, s := range e.segments(text, added) {
			if s.token != nil {
				dst = append(dst, s.token.ID)
			} else {
				dst = e.fast(dst, s.text)
			}
		}
		return dst
	}
	tokens, err := e.slow(text, added, false)
	if err != nil {
		e.err = err
		return dst
	}
	for _, t := range tokens {
		dst = append(dst, t.id)
	}
	return dst
}

// segments cuts a text at added tokens, where fastWith holds. The result is valid until the next call.
func (e *Encoder) segments(text []byte, added *addedTokens) []segment {
	e.raw = added.raw.cut(e.raw[:0], aligned{text: text, asIs: true}, nil)
	e.segs = e.segs[:0]
	for _, s := range e.raw {
		if s.token != nil {
			e.segs = append(e.segs, s)
		} else {
			e.segs = added.normalized.cut(e.segs, s.aligned, nil)
		}
	}
	return e.segs
}

// Err is the first failure of Append since the last call of Err.
func (e *Encoder) Err() error {
	err := e.err
	e.err = nil
	return err
}

// fast is Append by masks.
func (e *Encoder) fast(dst []uint32, text []byte) []uint32 {
	text = e.normalize(text)
	for pos := 0; pos < len(text); {
		next, n := e.t.rule.split(text, pos, &e.ends)
		dst = e.append(dst, text, pos, n)
		pos = next
	}
	e.trim()
	return dst
}

// count is fast without ids.
func (e *Encoder) count(text []byte) (total int) {
	text = e.normalize(text)
	for pos := 0; pos < len(text); {
		next, n := e.t.rule.split(text, pos, &e.ends)
		e.find(text, pos, n)
		for _, v := range e.values[:n] {
			total += int(v >> counted)
		}
		total += len(e.listed)
		pos = next
	}
	e.trim()
	return total
}

func (e *Encoder) normalize(text []byte) []byte {
	if f := e.t.form; f != nil && !isNormal(*f, text) {
		e.normal = appendNormal(*f, e.normal[:0], text)
		return e.normal
	}
	return text
}

// trim gives up what a long piece has taken.
func (e *Encoder) trim() {
	if cap(e.listed) > maxScratch {
		e.listed, e.outer, e.merger = nil, nil, merger{b: &e.t.bpe}
	}
	if cap(e.normal) > 4*maxScratch {
		e.normal = nil
	}
}

// maxScratch is how many ids of one batch an encoder keeps room for.
const maxScratch = 1 << 17

// append encodes the n pieces of this batch, the first of which starts at pos.
func (e *Encoder) append(dst []uint32, text []byte, pos, n int) []uint32 {
	e.find(text, pos, n)
	room := 2*n + len(e.listed)
	if cap(dst)-len(dst) < room {
		dst = slices.Grow(dst, room)
	}
	all := dst[:cap(dst)]
	k, list, from := len(dst), 0, 0
	for _, v := range e.values[:n] {
		if v == 0 {
			to := e.list[list]
			for _, id := range e.listed[from:to] {
				all[k] = id
				k++
			}
			list, from = list+1, to
			continue
		}
		two := all[k : k+2 : k+2]
		two[0], two[1] = uint32(v&idMask), uint32(v>>idBits&idMask)
		k += int(v >> counted)
	}
	return all[:k]
}

// merge encodes a piece without the cache; the result is valid until the next call.
func (e *Encoder) merge(piece []byte) []uint32 {
	e.outer = e.outer[:0]
	if e.t.flow != nil {
		return e.flowPiece(piece)
	}
	if id, ok := e.t.bpe.whole[string(piece)]; ok {
		return append(e.outer, id)
	}
	for _, id := range e.merger.piece(piece) {
		e.outer = append(e.outer, e.t.bpe.outer[id])
	}
	return e.outer
}
