package tokenize

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/tokenize/sentencepiece"
)

// ParseSentencePiece reads a model file of SentencePiece (.model): BPE or Unigram. The tokenizer gives the ids and the text that SentencePiece gives, from its
// normalizer to its sums in single precision. Its JSON is the tokenizer.json that Hugging Face's converter makes of such a model; of a Unigram model, read anew,
// that may give other ids: it looks for replacements by grapheme, does not take space away at the start, and cuts at spaces first.
//
// Control pieces are special tokens, which no text yields.
func ParseSentencePiece(b []byte) (*Tokenizer, error) {
	b = bytes.Clone(b)
	f, err := sentencepiece.ReadFile(b)
	if err != nil {
		return nil, fmt.Errorf("tokenize: .model: %w", err)
	}
	t := &Tokenizer{spm: b, digest: sync.OnceValue(func() quern.Digest { return quern.DigestOf(b) }), ids: map[string]uint32{}, poster: posters{}}
	for id, p := range f.Pieces {
		if err := t.setToken(uint32(id), p.Text); err != nil {
			return nil, err
		}
		if len(p.Text) > maxTokenBytes {
			return nil, fmt.Errorf("tokenize: .model: piece %d has %d bytes, at most %d", id, len(p.Text), maxTokenBytes)
		}
		if p.Kind == sentencepiece.Control || p.Kind == sentencepiece.Unknown {
			t.added = append(t.added, Added{ID: uint32(id), Content: string(p.Text), Special: true})
			t.ids[string(p.Text)] = uint32(id)
		}
	}
	if f.End < 0 || f.End >= len(f.Pieces) {
		return nil, fmt.Errorf("tokenize: .model: no piece ends a text: eos_id is %d of %d pieces", f.End, len(f.Pieces))
	}
	t.end = uint32(f.End)
	z := &spNormalizer{f.Normalizer()}
	t.normalizer = z
	switch f.Type {
	case sentencepiece.BPEType:
		t.model, err = newPieceBPE(f)
	case sentencepiece.UnigramType:
		t.model, err = newPieceUnigram(f)
	default:
		err = fmt.Errorf("tokenize: .model: model type %d, know 1, unigram, and 2, BPE", f.Type)
	}
	if err != nil {
		return nil, err
	}
	t.pieces = newPieceDecoder(f)
	converted, err := convertSentencePiece(f)
	if err != nil {
		return nil, err
	}
	t.json, t.inexact = func() []byte { return converted }, inexactJSON(f, t.model)
	if t.plain, err = newAddedTokens(nil, nil, func(Added) bool { return false }); err != nil {
		return nil, err
	}
	if t.every, err = newAddedTokens(t.added, nil, func(Added) bool { return true }); err != nil {
		return nil, err
	}
	t.flow = newPieceFlow(t, z)
	return t, nil
}

// Exact is nil if what JSON gives, read anew, gives the ids that the tokenizer gives of every text in UTF-8; else it says why it may not.
func (t *Tokenizer) Exact() error { return t.inexact }

// inexactJSON says what a model file has that its tokenizer.json does in another way; see ParseSentencePiece.
func inexactJSON(f *sentencepiece.File, m model) error {
	b, bpe := m.(*charBPE)
	switch {
	case !bpe:
		return errors.New("its tokenizer.json cuts texts at spaces and adds scores in double precision, Unigram of SentencePiece does neither")
	case len(f.Charsmap) > 0:
		return fmt.Errorf("its tokenizer.json looks for the replacements of its normalizer, %s, by grapheme", f.NormalizerName)
	case f.Squeeze:
		return errors.New("its tokenizer.json does not take space off the start of a text")
	case f.Prefix && !f.Escape:
		return errors.New("its tokenizer.json puts ▁ before a text, and it a space")
	case f.Prefix && b.user != nil:
		return errors.New("its tokenizer.json puts a space behind each piece of a user's, too")
	case slices.ContainsFunc(b.userWords, func(w []byte) bool { return bytes.Contains(w, []byte(spaceMark)) }):
		return errors.New("its tokenizer.json finds pieces of a user's only as they are written, not with spaces for ▁")
	case b.order != nil:
		return errors.New("it has pieces of one score, which no merges can say")
	}
	return nil
}

// spNormalizer is a normalizer of SentencePiece's.
type spNormalizer struct{ z *sentencepiece.Normalizer }

func (n *spNormalizer) normalize(a aligned) (aligned, error) {
	out := aligned{from: a.from}
	if a.span == nil {
		out.text = n.z.Append(nil, nil, a.text)
		return out, nil
	}
	spans := [][2]int32{}
	out.text = n.z.Append(nil, &spans, a.text)
	out.span = make([]span, len(spans))
	for i, s := range spans {
		if s[0] < s[1] {
			out.span[i] = span{a.span[s[0]].from, a.span[s[1]-1].to}
		} else if int(s[0]) < len(a.span) { // a space that was put there
			out.span[i] = span{a.span[s[0]].from, a.span[s[0]].from}
		}
	}
	return out, nil
}

// newPieceFlow is the flow of a model file: the whole text is normalized first.
func newPieceFlow(t *Tokenizer, z *spNormalizer) *flow {
	f := &flow{before: z.z}
	if b, ok := t.model.(*charBPE); ok {
		f.joins = newJoins(b)
	}
	return f
}

// newPieceBPE makes a BPE of pieces: any two neighbors merge that make a piece, that of the highest score first. Symbols of a user's are taken first, and
// merge with nothing.
func newPieceBPE(f *sentencepiece.File) (*charBPE, error) {
	b := &charBPE{vocab: map[string]uint32{}, unknown: none, fuse: true, fallback: f.ByteFallback}
	all := make(map[string]uint32, len(f.Pieces))
	var order []uint32
	for id, p := range f.Pieces {
		all[string(p.Text)] = uint32(id)
		switch p.Kind {
		case sentencepiece.Unused:
			return nil, fmt.Errorf("tokenize: .model: BPE with the unused piece %.40q is not supported", p.Text)
		case sentencepiece.Normal:
			b.vocab[string(p.Text)] = uint32(id)
			order = append(order, uint32(id))
		case sentencepiece.UserDefined:
			b.userWords = append(b.userWords, p.Text)
			b.userIDs = append(b.userIDs, uint32(id))
		}
	}
	if hasUnknown(f) {
		b.unknown = uint32(f.Unknown)
	}
	if b.unknown == none {
		return nil, errors.New("tokenize: .model: no unknown piece")
	}
	if len(b.userWords) > 0 {
		b.user = newFinder(b.userWords)
	}
	b.bytes = byteTokens(all)
	b.complete = b.fallback && !slices.Contains(b.bytes[:], none)
	if b.fallback && !b.complete {
		return nil, errors.New("tokenize: .model: byte_fallback without a piece for each byte")
	}
	b.setChars()
	slices.SortStableFunc(order, func(x, y uint32) int { return byScore(f, int(x), int(y)) })
	return b, b.setPieceMerges(f, order)
}

// byScore orders pieces by their ids, the highest score first.
func byScore(f *sentencepiece.File, x, y int) int {
	switch a, c := f.Pieces[x].Score, f.Pieces[y].Score; {
	case a > c:
		return -1
	case a < c:
		return 1
	}
	return 0
}

// setPieceMerges lists for each piece all pairs of pieces that make it, in the order of the pieces' scores.
func (b *charBPE) setPieceMerges(f *sentencepiece.File, order []uint32) error {
	type pair struct{ left, right, rank uint32 }
	var pairs []pair
	class := uint32(0) // of pieces of one score
	tied := false      // two that merges make are of one
	last := -1         // the class of the last that merges make
	for i, id := range order {
		w := f.Pieces[id].Text
		if i > 0 && f.Pieces[order[i-1]].Score != f.Pieces[id].Score {
			class++
		}
		before := len(pairs)
		for k, r := range string(w) {
			if id, ok := b.char(r); utf8.RuneCount(w) > 1 && (!ok || id == none) {
				return fmt.Errorf("tokenize: .model: piece %.40q has the character %q, which is no piece", w, r)
			}
			if k == 0 {
				continue
			}
			l, okL := b.vocab[string(w[:k])]
			r, okR := b.vocab[string(w[k:])]
			if okL && okR {
				pairs = append(pairs, pair{l, r, uint32(len(b.made))})
			}
		}
		if len(pairs) > before {
			tied, last = tied || last == int(class), int(class)
		}
		b.made, b.order = append(b.made, id), append(b.order, class)
	}
	if !tied {
		b.order = nil // their places are their order
	}
	if len(order) >= maxMerges {
		return fmt.Errorf("tokenize: .model: %d pieces, at most %d", len(order), maxMerges-1)
	}
	b.pairs = newPairTable(len(pairs))
	for _, p := range pairs {
		b.pairs.put(p.left, p.right, p.rank)
	}
	return nil
}

// char is the token of one character.
func (b *charBPE) char(r rune) (uint32, bool) {
	if r < utf8.RuneSelf {
		return b.ascii[r], true
	}
	id, ok := b.chars[r]
	return id, ok
}

// pieceUnigram is unigram as SentencePiece does it: the best way through the whole text, with sums in single precision.
type pieceUnigram struct {
	model    *sentencepiece.Model
	unknown  uint32
	fallback bool
	bytes    [256]uint32
}

// hasUnknown reports whether a piece stands for what is unknown, and for nothing else: its kind says so, as SentencePiece asks.
func hasUnknown(f *sentencepiece.File) bool {
	return f.Unknown >= 0 && f.Unknown < len(f.Pieces) && f.Pieces[f.Unknown].Kind == sentencepiece.Unknown
}

func newPieceUnigram(f *sentencepiece.File) (*pieceUnigram, error) {
	if !hasUnknown(f) {
		return nil, errors.New("tokenize: .model: no unknown piece")
	}
	m, err := f.Model()
	if err != nil {
		return nil, fmt.Errorf("tokenize: .model: %w", err)
	}
	u := &pieceUnigram{model: m, fallback: f.ByteFallback, unknown: uint32(f.Unknown)}
	all := make(map[string]uint32, len(f.Pieces))
	for id, p := range f.Pieces {
		all[string(p.Text)] = uint32(id)
	}
	u.bytes = byteTokens(all)
	if u.fallback && slices.Contains(u.bytes[:], none) {
		return nil, errors.New("tokenize: .model: byte_fallback without a piece for each byte")
	}
	return u, nil
}

func (u *pieceUnigram) tokens(dst []token, piece []byte, w *work) []token {
	w.steps = u.model.Walk(w.steps[:0], piece)
	start := len(dst)
	for end := int32(len(piece)); end > 0; {
		n := w.steps[end]
		last := len(dst) - 1
		switch {
		case n.ID >= 0:
			dst = append(dst, token{uint32(n.ID), n.From, end})
		case u.fallback:
			for i := end - 1; i >= n.From; i-- {
				dst = append(dst, token{u.bytes[piece[i]], n.From, end})
			}
		case last >= start && dst[last].id == u.unknown: // unknown characters side by side are one
			dst[last].from = n.From
		default:
			dst = append(dst, token{u.unknown, n.From, end})
		}
		end = n.From
	}
	slices.Reverse(dst[start:])
	return dst
}
