package tokenize

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/seed-83c59573/quern/tokenize/sentencepiece"
)

// convertSentencePiece writes a model file as tokenizer.json in the way of Hugging Face's converters (transformers, convert_slow_tokenizer.py: LlamaConverter
// for BPE, SpmConverter for Unigram).
func convertSentencePiece(f *sentencepiece.File) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("{\n  \"version\": \"1.0\",\n  \"truncation\": null,\n  \"padding\": null,\n  \"added_tokens\": [\n")
	var added []string
	for id, p := range f.Pieces {
		if p.Kind == sentencepiece.Control || p.Kind == sentencepiece.Unknown || p.Kind == sentencepiece.UserDefined {
			added = append(added, fmt.Sprintf("    {\"id\": %d, \"content\": %s, \"single_word\": false, \"lstrip\": false, \"rstrip\": false, \"normalized\": false, \"special\": %v}",
				id, quote(string(p.Text)), p.Kind != sentencepiece.UserDefined))
		}
	}
	for i, a := range added {
		b.WriteString(a + comma(i, len(added)) + "\n")
	}
	b.WriteString("  ],\n")
	if f.Type == sentencepiece.BPEType {
		convertBPE(&b, f)
	} else {
		convertUnigram(&b, f)
	}
	b.WriteString("\n  }\n}\n")
	return b.Bytes(), nil
}

const jsonMark = `{"type": "Replace", "pattern": {"String": " "}, "content": "▁"}`

// charsmapSteps are the normalizers that stand for the table of replacements and for extra space.
func charsmapSteps(f *sentencepiece.File, run string) (steps []string) {
	if len(f.Charsmap) > 0 {
		steps = append(steps, `{"type": "Precompiled", "precompiled_charsmap": "`+base64.StdEncoding.EncodeToString(f.Charsmap)+`"}`)
	}
	if f.Squeeze {
		steps = append(steps, `{"type": "Strip", "strip_left": false, "strip_right": true}`,
			`{"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": `+quote(run)+`}`)
	}
	return steps
}

func writeSteps(b *bytes.Buffer, steps []string) {
	b.WriteString("  \"normalizer\": ")
	if len(steps) == 0 {
		b.WriteString("null,\n")
		return
	}
	b.WriteString("{\"type\": \"Sequence\", \"normalizers\": [\n")
	for i, s := range steps {
		b.WriteString("    " + s + comma(i, len(steps)) + "\n")
	}
	b.WriteString("  ]},\n")
}

func convertBPE(b *bytes.Buffer, f *sentencepiece.File) {
	steps := charsmapSteps(f, " ")
	if f.Prefix {
		steps = append(steps, `{"type": "Prepend", "prepend": "▁"}`)
	}
	if f.Escape {
		steps = append(steps, jsonMark)
	}
	writeSteps(b, steps)
	b.WriteString("  \"pre_tokenizer\": null,\n  \"post_processor\": null,\n  \"decoder\": {\"type\": \"Sequence\", \"decoders\": [\n" +
		"    {\"type\": \"Replace\", \"pattern\": {\"String\": \"▁\"}, \"content\": \" \"},\n    {\"type\": \"ByteFallback\"},\n    {\"type\": \"Fuse\"}")
	if f.Prefix {
		b.WriteString(",\n    {\"type\": \"Strip\", \"content\": \" \", \"start\": 1, \"stop\": 0}")
	}
	b.WriteString("\n  ]},\n  \"model\": {\n    \"type\": \"BPE\",\n    \"dropout\": null,\n    \"unk_token\": " + quote(string(f.Pieces[f.Unknown].Text)) +
		",\n    \"continuing_subword_prefix\": null,\n    \"end_of_word_suffix\": null,\n    \"fuse_unk\": true,\n    \"byte_fallback\": " +
		strconv.FormatBool(f.ByteFallback) + ",\n    \"ignore_merges\": false,\n    \"vocab\": {\n")
	for id, p := range f.Pieces {
		fmt.Fprintf(b, "      %s: %d%s\n", quote(string(p.Text)), id, comma(id, len(f.Pieces)))
	}
	b.WriteString("    },\n    \"merges\": [\n")
	merges := scoredMerges(f)
	for i, m := range merges {
		fmt.Fprintf(b, "      [%s, %s]%s\n", quote(m[0]), quote(m[1]), comma(i, len(merges)))
	}
	b.WriteString("    ]")
}

// scoredMerges are all pairs of pieces that make a piece: the highest score of what they make first, then by the places of that and of the two.
func scoredMerges(f *sentencepiece.File) [][2]string {
	normal := map[string]int{}
	var order []int
	for id, p := range f.Pieces {
		if p.Kind == sentencepiece.Normal {
			normal[string(p.Text)] = id
			order = append(order, id)
		}
	}
	slices.SortStableFunc(order, func(x, y int) int { return byScore(f, x, y) })
	var out [][2]string
	for _, id := range order {
		w := string(f.Pieces[id].Text)
		start := len(out)
		for k := range w {
			_, okL := normal[w[:k]]
			_, okR := normal[w[k:]]
			if k > 0 && okL && okR {
				out = append(out, [2]string{w[:k], w[k:]})
			}
		}
		slices.SortStableFunc(out[start:], func(a, b [2]string) int { return normal[a[0]] - normal[b[0]] })
	}
	return out
}

func convertUnigram(b *bytes.Buffer, f *sentencepiece.File) {
	writeSteps(b, charsmapSteps(f, spaceMark))
	scheme := "never"
	if f.Prefix {
		scheme = "always"
	}
	space := `{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "` + scheme + `", "split": true}`
	b.WriteString("  \"pre_tokenizer\": " + space + ",\n  \"post_processor\": null,\n  \"decoder\": " + space + ",\n  \"model\": {\n    \"type\": \"Unigram\",\n    \"unk_id\": " +
		strconv.Itoa(f.Unknown) + ",\n    \"vocab\": [\n")
	for id, p := range f.Pieces {
		score, err := json.Marshal(float64(p.Score))
		if err != nil {
			panic("tokenize: " + err.Error()) // a score of a file is finite
		}
		fmt.Fprintf(b, "      [%s, %s]%s\n", quote(string(p.Text)), score, comma(id, len(f.Pieces)))
	}
	b.WriteString("    ],\n    \"byte_fallback\": " + strconv.FormatBool(f.ByteFallback))
}

// SentencePiece is the tokenizer as a model file of SentencePiece: the file that it was read from, or one made of a tokenizer.json that has the form of
// one. What such a file cannot say is an error that names it; a post_processor is left out, since there what stands around a text is the caller's.
func (t *Tokenizer) SentencePiece() ([]byte, error) {
	if t.spm != nil {
		return bytes.Clone(t.spm), nil
	}
	f, err := t.sentencePiece()
	if err != nil {
		return nil, fmt.Errorf("tokenize: as .model: %w", err)
	}
	return f.Bytes(), nil
}

func (t *Tokenizer) sentencePiece() (*sentencepiece.File, error) {
	switch t.model.(type) {
	case *charBPE, *unigram:
	default:
		return nil, fmt.Errorf("the model is %s, want BPE of characters or Unigram", t.Describe())
	}
	f := sentencepiece.NewFile()
	f.Begin, f.End, f.Pad, f.Unknown = -1, int(t.end), -1, -1
	for _, name := range []string{"<s>", "<bos>", "[CLS]"} {
		if id, ok := t.ids[name]; ok && f.Begin < 0 {
			f.Begin = int(id)
		}
	}
	if id, ok := t.ids["<pad>"]; ok {
		f.Pad = int(id)
	}
	for id, w := range t.tokens {
		if w == nil {
			return nil, fmt.Errorf("id %d is a hole", id)
		}
		if !utf8.Valid(w) {
			return nil, fmt.Errorf("token %d, %q, is no UTF-8", id, w)
		}
		f.Pieces = append(f.Pieces, sentencepiece.Piece{Text: w, Kind: sentencepiece.Normal})
	}
	var err error
	switch m := t.model.(type) {
	case *charBPE:
		err = t.bpePieces(f, m)
	case *unigram:
		err = t.unigramPieces(f, m)
	}
	if err != nil {
		return nil, err
	}
	if f.Unknown < 0 {
		return nil, errors.New("no unknown token")
	}
	for _, a := range t.added {
		p := &f.Pieces[a.ID]
		switch {
		case a.Special:
			if p.Kind == sentencepiece.Normal {
				p.Kind = sentencepiece.Control
			}
		case a.LStrip || a.RStrip || a.SingleWord || a.Normalized:
			return nil, fmt.Errorf("added token %q is lstrip, rstrip, single_word or normalized", a.Content)
		case f.Prefix:
			return nil, fmt.Errorf("added token %q parts texts, each of which gets a space before it", a.Content)
		default:
			p.Kind = sentencepiece.UserDefined
		}
	}
	return f, nil
}

// bpePieces gives pieces the scores that make a model file merge as the merges do: what is made first has the highest.
func (t *Tokenizer) bpePieces(f *sentencepiece.File, m *charBPE) error {
	f.Type, f.NormalizerName, f.Squeeze, f.Prefix = sentencepiece.BPEType, "identity", false, false
	switch {
	case t.flow == nil || t.flow.joins == nil:
		return errors.New("normalizer and pre_tokenizer do more than to put marks for spaces")
	case !m.fuse && !m.complete:
		return errors.New("fuse_unk is false")
	case t.flow.lead == leadFirst:
		return errors.New("the prepend_scheme is first")
	case t.flow.lead == leadMark:
		return errors.New("a space is put before texts but for those that begin with one")
	case t.flow.joins.space:
		return errors.New("its Metaspace splits")
	}
	f.Prefix = t.flow.lead == leadSpace
	f.ByteFallback = m.fallback
	setKinds(f, m.unknown, m.fallback, &m.bytes)
	listed, err := t.mergeScores(f, m)
	if err != nil {
		return err
	}
	return t.checkPairs(f, m, listed)
}

// mergeScores gives scores to what merges make, and least of all to other pieces, and counts the merges by what they make.
func (t *Tokenizer) mergeScores(f *sentencepiece.File, m *charBPE) (listed map[uint32]int, err error) {
	listed = make(map[uint32]int, len(m.made))
	next := 0
	for rank, id := range m.made {
		if listed[id]++; listed[id] == 1 {
			f.Pieces[id].Score = -float32(next)
			next++
		} else if m.made[rank-1] != id {
			return nil, fmt.Errorf("merge %d makes %q, which merges before it make, and others came between", rank, t.tokens[id])
		}
	}
	if next > 1<<24 {
		return nil, fmt.Errorf("%d pieces: scores hold at most %d apart", next, 1<<24)
	}
	for id := range f.Pieces {
		if listed[uint32(id)] == 0 && f.Pieces[id].Kind == sentencepiece.Normal {
			f.Pieces[id].Score = -float32(next)
		}
	}
	return listed, nil
}

// checkPairs fails if the merges are not all pairs of pieces that make one, which are those of a model file.
func (t *Tokenizer) checkPairs(f *sentencepiece.File, m *charBPE, listed map[uint32]int) error {
	special := map[uint32]bool{}
	for _, a := range t.added {
		special[a.ID] = true
	}
	usual := func(w string) bool {
		id, ok := m.vocab[w]
		return ok && !special[id] && f.Pieces[id].Kind == sentencepiece.Normal
	}
	for id, p := range f.Pieces {
		w := string(p.Text)
		if p.Kind != sentencepiece.Normal || special[uint32(id)] {
			continue
		}
		pairs := 0
		for k := range w {
			if k > 0 && usual(w[:k]) && usual(w[k:]) {
				pairs++
			}
		}
		if pairs != listed[uint32(id)] {
			return fmt.Errorf("token %q: %d merges make it, and %d pairs of tokens would", w, listed[uint32(id)], pairs)
		}
	}
	return nil
}

// unigramPieces takes over the scores, and the normalizer as the converter writes it.
func (t *Tokenizer) unigramPieces(f *sentencepiece.File, m *unigram) error {
	f.Type, f.ByteFallback, f.Squeeze, f.NormalizerName = sentencepiece.UnigramType, m.fallback, false, "custom"
	steps := stepsOf(nil, t.normalizer)
	switch c := t.cutter.(type) {
	case nil:
		var ok bool
		if steps, f.Prefix, ok = cutMarks(steps); !ok {
			return errors.New("there is neither a Metaspace nor, at the end of the normalizer, a Replace of spaces by ▁")
		}
	case *metaspace:
		if string(c.mark) != spaceMark || !c.split || c.scheme == "first" {
			return errors.New("the Metaspace does not split, or not with ▁ and the prepend_scheme always or never")
		}
		f.Prefix = c.scheme == "always"
	default:
		return errors.New("the pre_tokenizer is no Metaspace")
	}
	if err := unigramSteps(f, steps); err != nil {
		return err
	}
	for id := range f.Pieces {
		if id < len(m.scores) {
			if f.Pieces[id].Score = float32(m.scores[id]); math.IsInf(float64(f.Pieces[id].Score), 0) {
				return fmt.Errorf("the score of token %d is too large", id)
			}
		}
	}
	setKinds(f, m.unknown, m.fallback, &m.bytes)
	return nil
}

// cutMarks takes the steps off the end that put marks for spaces, and tells whether one goes before every text; ok is false if there are none.
func cutMarks(steps []normalizer) (rest []normalizer, prefix, ok bool) {
	n := len(steps) - 1
	if n < 0 {
		return nil, false, false
	}
	r, ok := steps[n].(replace)
	if !ok || r.pattern != literal(" ") || string(r.content) != spaceMark {
		return nil, false, false
	}
	if n > 0 && steps[n-1] == prepend(spaceMark) {
		return steps[:n-1], true, true
	}
	return steps[:n], false, true
}

// unigramSteps takes over what a normalizer does beside marks for spaces.
func unigramSteps(f *sentencepiece.File, steps []normalizer) error {
	for _, n := range steps {
		switch n := n.(type) {
		case *precompiled:
			f.Charsmap = n.raw
		case strip:
			if n.left || !n.right {
				return errors.New("a Strip that is not of the right alone")
			}
		case replace:
			if _, ok := n.pattern.(spaceRuns); !ok || string(n.content) != " " && string(n.content) != spaceMark {
				return errors.New("a Replace that does not make one of a run of spaces")
			}
			f.Squeeze = true
		default:
			return fmt.Errorf("a normalizer %s that has no counterpart", strings.TrimPrefix(fmt.Sprintf("%T", n), "tokenize."))
		}
	}
	if len(steps) == 0 {
		f.NormalizerName = "identity"
	}
	return nil
}

// setKinds marks the piece of what is unknown and those of bytes.
func setKinds(f *sentencepiece.File, unknown uint32, fallback bool, bytes *[256]uint32) {
	if unknown != none {
		f.Unknown = int(unknown)
		f.Pieces[unknown].Kind = sentencepiece.Unknown
	}
	if !fallback {
		return
	}
	for _, id := range bytes {
		if id != none {
			f.Pieces[id].Kind = sentencepiece.Byte
		}
	}
}
