package tokenize

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-83c59573/quern"
)

// hfFile is the part of a tokenizer.json that decides the ids of ordinary text. Padding, truncation and the post-processor concern
// prompts, not documents, and are left alone.
type hfFile struct {
	Added []struct {
		ID      uint32 `json:"id"`
		Content string `json:"content"`
	} `json:"added_tokens"`
	Normalizer *hfPart `json:"normalizer"`
	Pre        *hfPart `json:"pre_tokenizer"`
	Decoder    *hfPart `json:"decoder"`
	Model      struct {
		Type     string            `json:"type"`
		Dropout  *float64          `json:"dropout"`
		Prefix   string            `json:"continuing_subword_prefix"`
		Suffix   string            `json:"end_of_word_suffix"`
		Whole    bool              `json:"ignore_merges"`
		Vocab    map[string]uint32 `json:"vocab"`
		Merges   []json.RawMessage `json:"merges"`
		Fallback bool              `json:"byte_fallback"`
	} `json:"model"`
}

// hfPart is a normalizer, a pre-tokenizer or a decoder.
type hfPart struct {
	Type     string   `json:"type"`
	Parts    []hfPart `json:"pretokenizers"`
	Prefix   bool     `json:"add_prefix_space"`
	UseRegex *bool    `json:"use_regex"` // true if it is not given
	Pattern  struct {
		Regex string `json:"Regex"`
	} `json:"pattern"`
	Behavior string `json:"behavior"`
	Invert   bool   `json:"invert"`
}

// Parse reads a tokenizer.json of Hugging Face's library: byte-level BPE whose split pattern is one of Splits. What it does not know,
// a pattern, a normalizer, a model, is an error that names it; nothing is guessed. It does not keep b.
//
// Two things differ from that library on purpose: text never yields an added token, and no tokens are put around a text.
func Parse(b []byte) (*Tokenizer, error) {
	var f hfFile
	if err := json.Unmarshal(b, &f); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return nil, fmt.Errorf("tokenize: tokenizer.json: offset %d: %w", syntax.Offset, err)
		}
		return nil, fmt.Errorf("tokenize: tokenizer.json: %w", err)
	}
	t := &Tokenizer{json: bytes.Clone(b), digest: quern.DigestOf(b)}
	var err error
	if t.rule, err = f.split(); err != nil {
		return nil, err
	}
	if n := f.Normalizer; n != nil {
		if n.Type != "NFC" {
			return nil, fmt.Errorf("tokenize: unknown normalizer %q, know NFC or none", n.Type)
		}
		t.nfc = true
	}
	if d := f.Decoder; d != nil && d.Type != "ByteLevel" {
		return nil, fmt.Errorf("tokenize: unknown decoder %q, know ByteLevel", d.Type)
	}
	if err := f.checkModel(); err != nil {
		return nil, err
	}
	if err := t.addSpecials(&f); err != nil {
		return nil, err
	}
	src, err := t.addTokens(&f)
	if err != nil {
		return nil, err
	}
	if t.bpe, err = newBPE(src); err != nil {
		return nil, err
	}
	return t, nil
}

// split finds the rule: the pattern of ByteLevel itself, or of a Split before it.
func (f *hfFile) split() (*rule, error) {
	if f.Pre == nil {
		return nil, errors.New("tokenize: no pre_tokenizer, want ByteLevel, or Split and ByteLevel")
	}
	parts := []hfPart{*f.Pre}
	if f.Pre.Type == "Sequence" {
		parts = f.Pre.Parts
	}
	var last hfPart
	if len(parts) > 0 {
		last = parts[len(parts)-1]
	}
	if last.Type != "ByteLevel" {
		return nil, fmt.Errorf("tokenize: unknown pre_tokenizer %q, want ByteLevel last", last.Type)
	}
	if last.Prefix {
		return nil, errors.New("tokenize: add_prefix_space is not supported")
	}
	regex := last.UseRegex == nil || *last.UseRegex
	switch {
	case len(parts) == 1 && regex:
		return ruleByName("gpt2")
	case len(parts) != 2 || regex:
		return nil, fmt.Errorf("tokenize: unknown pre_tokenizer: %d parts, want one Split before a ByteLevel that does not split", len(parts))
	case parts[0].Type != "Split":
		return nil, fmt.Errorf("tokenize: unknown pre_tokenizer %q, want Split", parts[0].Type)
	}
	s := parts[0]
	// Cutting the matches out and dropping what is between them are one thing for patterns that match everything.
	if !(s.Behavior == "Isolated" && !s.Invert || s.Behavior == "Removed" && s.Invert) {
		return nil, fmt.Errorf("tokenize: unknown Split behavior %q (invert %v)", s.Behavior, s.Invert)
	}
	return ruleByPattern(s.Pattern.Regex)
}

func (f *hfFile) checkModel() error {
	m := &f.Model
	switch {
	case m.Type != "BPE" && m.Type != "":
		return fmt.Errorf("tokenize: unknown model %q, know BPE", m.Type)
	case m.Dropout != nil && *m.Dropout != 0:
		return fmt.Errorf("tokenize: dropout is %g: ids would be random", *m.Dropout)
	case m.Prefix != "" || m.Suffix != "":
		return fmt.Errorf("tokenize: continuing_subword_prefix %q and end_of_word_suffix %q are not supported", m.Prefix, m.Suffix)
	case len(m.Vocab) > maxVocab || len(f.Added) > maxVocab:
		return fmt.Errorf("tokenize: %d tokens and %d added ones, at most %d", len(m.Vocab), len(f.Added), maxVocab)
	}
	return nil
}

// addSpecials takes over the added tokens.
func (t *Tokenizer) addSpecials(f *hfFile) error {
	t.specials = map[string]uint32{}
	for _, a := range f.Added {
		if _, ok := t.specials[a.Content]; ok || a.Content == "" {
			return fmt.Errorf("tokenize: added token %q is empty or given twice", a.Content)
		}
		if err := t.setToken(a.ID, []byte(a.Content)); err != nil {
			return err
		}
		t.specials[a.Content] = a.ID
	}
	for _, name := range endOfTextNames {
		if id, ok := t.specials[name]; ok {
			t.end = id
			return nil
		}
	}
	return fmt.Errorf("tokenize: no added token ends a text, want one of %q", endOfTextNames)
}

func (t *Tokenizer) setToken(id uint32, word []byte) error {
	if id >= maxVocab {
		return fmt.Errorf("tokenize: token %q has id %d, ids end at %d", word, id, maxVocab)
	}
	if n := int(id) + 1; n > len(t.tokens) {
		t.tokens = slices.Grow(t.tokens, n-len(t.tokens))[:n]
	}
	if t.tokens[id] != nil {
		return fmt.Errorf("tokenize: id %d is both %q and %q", id, t.tokens[id], word)
	}
	t.tokens[id] = word
	return nil
}

// addTokens takes over the vocabulary and gives the merges by position in it.
func (t *Tokenizer) addTokens(f *hfFile) (*source, error) {
	src := &source{whole: f.Model.Whole}
	position := make(map[string]uint32, len(f.Model.Vocab))
	names := make([]string, 0, len(f.Model.Vocab))
	for name, id := range f.Model.Vocab {
		if special, ok := t.specials[name]; ok {
			if special != id {
				return nil, fmt.Errorf("tokenize: added token %q has the ids %d and %d", name, special, id)
			}
			continue // listed in both places
		}
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return int(f.Model.Vocab[a]) - int(f.Model.Vocab[b]) })
	total := 0
	for _, name := range names {
		id := f.Model.Vocab[name]
		word, ok := fromByteLevel(name)
		if !ok {
			return nil, fmt.Errorf("tokenize: token %q (id %d) is not byte-level", name, id)
		}
		if total += len(word); len(word) > maxTokenBytes || total > maxVocabBytes {
			return nil, fmt.Errorf("tokenize: token id %d: %d bytes, at most %d, and %d for all tokens", id, len(word), maxTokenBytes, maxVocabBytes)
		}
		if err := t.setToken(id, word); err != nil {
			return nil, err
		}
		position[name] = uint32(len(src.bytes))
		src.bytes, src.ids = append(src.bytes, word), append(src.ids, id)
	}
	for i, raw := range f.Model.Merges {
		left, right, err := mergeParts(raw)
		if err != nil {
			return nil, fmt.Errorf("tokenize: merge %d: %w", i, err)
		}
		l, okL := position[left]
		r, okR := position[right]
		to, okTo := position[left+right]
		if !okL || !okR || !okTo {
			return nil, fmt.Errorf("tokenize: merge %d: %q and %q: they or what they make is no token", i, left, right)
		}
		src.merges = append(src.merges, merge{l, r, to})
	}
	return src, nil
}

// mergeParts reads a merge, "a b" in older files, ["a", "b"] in newer ones.
func mergeParts(raw json.RawMessage) (left, right string, err error) {
	if len(raw) > 0 && raw[0] == '[' {
		var parts []string
		if err := json.Unmarshal(raw, &parts); err != nil {
			return "", "", err
		}
		if len(parts) != 2 {
			return "", "", fmt.Errorf("%d parts, want 2", len(parts))
		}
		return parts[0], parts[1], nil
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", "", err
	}
	i := bytes.IndexByte([]byte(s), ' ')
	if i < 0 {
		return "", "", fmt.Errorf("%q: want two tokens and a space", s)
	}
	return s[:i], s[i+1:], nil
}

// byteLevel spells each byte as the character that stands for it in tokenizer.json (GPT-2's table): itself where it is visible
// Latin-1, else the next code point from U+0100 on.
var byteLevel = func() (table [256]rune) {
	next := rune(256)
	for i := range table {
		if visible(byte(i)) {
			table[i] = rune(i)
		} else {
			table[i] = next
			next++
		}
	}
	return table
}()

func visible(b byte) bool { return '!' <= b && b <= '~' || 0xA1 <= b && b <= 0xAC || 0xAE <= b }

var fromRune = func() (table [0x144]int16) {
	for i := range table {
		table[i] = -1
	}
	for b, r := range byteLevel {
		table[r] = int16(b)
	}
	return table
}()

func appendByteLevel(dst []byte, word []byte) []byte {
	for _, b := range word {
		dst = append(dst, string(byteLevel[b])...)
	}
	return dst
}

func fromByteLevel(name string) ([]byte, bool) {
	word := make([]byte, 0, len(name))
	for _, r := range name {
		if int(r) >= len(fromRune) || fromRune[r] < 0 {
			return nil, false
		}
		word = append(word, byte(fromRune[r]))
	}
	return word, len(word) > 0
}
