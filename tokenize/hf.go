package tokenize

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/text/unicode/norm"

	"github.com/seed-83c59573/quern"
)

// hfFile is a tokenizer.json of Hugging Face's library.
type hfFile struct {
	Truncation json.RawMessage `json:"truncation"`
	Padding    json.RawMessage `json:"padding"`
	Added      []Added         `json:"added_tokens"`
	Normalizer *hfPart         `json:"normalizer"`
	Pre        *hfPart         `json:"pre_tokenizer"`
	Post       *hfPart         `json:"post_processor"`
	Decoder    *hfPart         `json:"decoder"`
	Model      hfModel         `json:"model"`
}

// hfModel is the model of a tokenizer.json of any type.
type hfModel struct {
	Type     string            `json:"type"`
	Dropout  *float64          `json:"dropout"`
	Unknown  string            `json:"unk_token"`
	UnkID    *uint32           `json:"unk_id"`
	Prefix   string            `json:"continuing_subword_prefix"`
	Suffix   string            `json:"end_of_word_suffix"`
	FuseUnk  bool              `json:"fuse_unk"`
	Fallback bool              `json:"byte_fallback"`
	Whole    bool              `json:"ignore_merges"`
	MaxInput int               `json:"max_input_chars_per_word"`
	Vocab    hfVocab           `json:"vocab"`
	Merges   []json.RawMessage `json:"merges"`
}

// hfVocab is a vocabulary: ids by token, or a list of tokens with their scores.
type hfVocab struct {
	ids    map[string]uint32
	scores []float64 // nil for ids by token
}

func (v *hfVocab) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		return json.Unmarshal(b, &v.ids)
	}
	var list [][2]json.RawMessage
	if err := json.Unmarshal(b, &list); err != nil {
		return err
	}
	v.ids, v.scores = make(map[string]uint32, len(list)), make([]float64, len(list))
	for i, pair := range list {
		var name string
		if err := json.Unmarshal(pair[0], &name); err != nil {
			return err
		}
		var err error
		if v.scores[i], err = jsonFloat(string(pair[1])); err != nil {
			return fmt.Errorf("token %q: score: %w", name, err)
		}
		if _, ok := v.ids[name]; ok {
			return fmt.Errorf("token %q is listed twice", name)
		}
		v.ids[name] = uint32(i)
	}
	return nil
}

// hfPart is a normalizer, a pre_tokenizer, a post_processor or a decoder, with the options of all of them.
type hfPart struct {
	Type             string           `json:"type"`
	Normalizers      []hfPart         `json:"normalizers"`
	Pretokenizers    []hfPart         `json:"pretokenizers"`
	Processors       []hfPart         `json:"processors"`
	Decoders         []hfPart         `json:"decoders"`
	AddPrefixSpace   *bool            `json:"add_prefix_space"`
	TrimOffsets      *bool            `json:"trim_offsets"`
	UseRegex         *bool            `json:"use_regex"`
	Pattern          hfPattern        `json:"pattern"`
	Behavior         string           `json:"behavior"`
	Invert           bool             `json:"invert"`
	Content          string           `json:"content"`
	Prepend          string           `json:"prepend"`
	CleanText        *bool            `json:"clean_text"`
	ChineseChars     *bool            `json:"handle_chinese_chars"`
	StripAccents     *bool            `json:"strip_accents"`
	Lowercase        *bool            `json:"lowercase"`
	StripLeft        bool             `json:"strip_left"`
	StripRight       bool             `json:"strip_right"`
	Charsmap         string           `json:"precompiled_charsmap"`
	IndividualDigits bool             `json:"individual_digits"`
	Delimiter        string           `json:"delimiter"`
	Replacement      string           `json:"replacement"`
	PrependScheme    string           `json:"prepend_scheme"`
	Split            *bool            `json:"split"`
	Single           []hfTemplatePart `json:"single"`
	Pair             []hfTemplatePart `json:"pair"`
	SpecialTokens    map[string]struct {
		IDs []uint32 `json:"ids"`
	} `json:"special_tokens"`
	Cls      json.RawMessage `json:"cls"`
	Sep      json.RawMessage `json:"sep"`
	Start    int             `json:"start"`
	Stop     int             `json:"stop"`
	Prefix   *string         `json:"prefix"`
	Suffix   *string         `json:"suffix"`
	Cleanup  *bool           `json:"cleanup"`
	PadToken *string         `json:"pad_token"`
	Words    *string         `json:"word_delimiter_token"`
	Length   *int            `json:"length"`
}

// Parse reads a tokenizer.json of Hugging Face's library. What it does not know, a normalizer, a model, is an error that names it; nothing is
// guessed. It does not keep b.
//
// One thing differs from that library on purpose: a text of its own never yields a special token, whatever it spells.
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
	if err := t.build(&f); err != nil {
		return nil, err
	}
	return t, nil
}

// build makes a tokenizer of a file's parts.
func (t *Tokenizer) build(f *hfFile) (err error) {
	if err := f.checkModel(); err != nil {
		return err
	}
	if t.normalizer, err = newNormalizer(f.Normalizer); err != nil {
		return err
	}
	if t.cutter, t.byteLevel, err = newCutter(f.Pre); err != nil {
		return err
	}
	if t.poster, err = newPoster(f.Post); err != nil {
		return err
	}
	if f.Decoder != nil {
		if t.decoder, err = newDecoder(f.Decoder); err != nil {
			return err
		}
	}
	if err := t.addAdded(f); err != nil {
		return err
	}
	if t.byteLevel {
		src, err := t.addTokens(f)
		if err != nil {
			return err
		}
		if t.bpe, err = newBPE(src); err != nil {
			return err
		}
	} else if err := t.addModel(f); err != nil {
		return err
	}
	t.plain, err = newAddedTokens(t.added, t.normalizer, func(a Added) bool { return !a.Special })
	if err != nil {
		return err
	}
	t.rule, t.nfc = t.fast()
	if t.every, err = newAddedTokens(t.added, t.normalizer, func(Added) bool { return true }); err != nil {
		return err
	}
	if err := t.normalizeAdded(); err != nil {
		return err
	}
	if err := t.setFit(f); err != nil {
		return err
	}
	t.flow = newFlow(t)
	t.shown = newShown(t)
	return nil
}

// fast tells whether texts can be cut by masks: byte-level BPE, one known pattern that matches everything, and at most normal form C before it.
func (t *Tokenizer) fast() (r *rule, nfc bool) {
	if !t.byteLevel || t.normalizer != nil && len(t.plain.normalized.tokens) > 0 {
		return nil, false
	}
	switch n := t.normalizer.(type) {
	case nil:
	case unicodeForm:
		if nfc = n == (unicodeForm{norm.NFC}); !nfc {
			return nil, false
		}
	default:
		return nil, false
	}
	c := t.cutter
	for {
		all, ok := c.(cutters)
		if !ok || len(all) != 1 {
			break
		}
		c = all[0]
	}
	s, ok := c.(splitter)
	if !ok {
		return nil, false
	}
	m, ok := s.pattern.(ruleMatcher)
	// Cutting the matches out and dropping what is between them are one thing for patterns that match everything.
	if !ok || !(s.behavior == isolated && !s.invert || s.behavior == removed && s.invert) {
		return nil, false
	}
	return m.rule, nfc
}

func (f *hfFile) checkModel() error {
	m := &f.Model
	switch {
	case m.Dropout != nil && *m.Dropout != 0:
		return fmt.Errorf("tokenize: dropout is %g: ids would be random", *m.Dropout)
	case len(m.Vocab.ids) > maxVocab || len(f.Added) > maxVocab:
		return fmt.Errorf("tokenize: %d tokens and %d added ones, at most %d", len(m.Vocab.ids), len(f.Added), maxVocab)
	}
	return nil
}

// kind is the type of the model; old files do not say it.
func (m *hfModel) kind() string {
	switch {
	case m.Type != "":
		return m.Type
	case m.Merges != nil:
		return "BPE"
	case m.Vocab.scores != nil:
		return "Unigram"
	case m.MaxInput != 0 || m.Prefix != "":
		return "WordPiece"
	}
	return "WordLevel"
}

// addModel takes over a vocabulary of spellings, and the model of it.
func (t *Tokenizer) addModel(f *hfFile) (err error) {
	switch f.Model.kind() {
	case "BPE":
		t.model, err = newCharBPE(f)
	case "Unigram":
		t.model, err = newUnigram(f)
	case "WordPiece":
		t.model, err = newWordPiece(f)
	case "WordLevel":
		t.model, err = newWordLevel(f)
	default:
		err = fmt.Errorf("tokenize: unknown model %q, know BPE, Unigram, WordPiece and WordLevel", f.Model.Type)
	}
	if err != nil {
		return err
	}
	total := 0
	for name, id := range f.Model.Vocab.ids {
		if total += len(name); len(name) > maxTokenBytes || total > maxVocabBytes {
			return fmt.Errorf("tokenize: token id %d: %d bytes, at most %d, and %d for all tokens", id, len(name), maxTokenBytes, maxVocabBytes)
		}
		if at, ok := t.ids[name]; ok {
			if at != id {
				return fmt.Errorf("tokenize: added token %q has the ids %d and %d", name, at, id)
			}
			continue
		}
		if err := t.setToken(id, []byte(name)); err != nil {
			return err
		}
	}
	return nil
}

// addAdded takes over the added tokens.
func (t *Tokenizer) addAdded(f *hfFile) error {
	t.ids = map[string]uint32{}
	for _, a := range f.Added {
		if _, ok := t.ids[a.Content]; ok || a.Content == "" {
			return fmt.Errorf("tokenize: added token %q is empty or given twice", a.Content)
		}
		if err := t.setToken(a.ID, []byte(a.Content)); err != nil {
			return err
		}
		t.ids[a.Content] = a.ID
	}
	t.added = f.Added
	for _, name := range endOfTextNames {
		if id, ok := t.ids[name]; ok {
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
	if kind := f.Model.kind(); kind != "BPE" {
		return nil, fmt.Errorf("tokenize: ByteLevel before a model %q, want BPE", kind)
	}
	if f.Model.Prefix != "" || f.Model.Suffix != "" {
		return nil, fmt.Errorf("tokenize: continuing_subword_prefix %q and end_of_word_suffix %q with ByteLevel are not supported", f.Model.Prefix, f.Model.Suffix)
	}
	src := &source{whole: f.Model.Whole}
	position := make(map[string]uint32, len(f.Model.Vocab.ids))
	names := make([]string, 0, len(f.Model.Vocab.ids))
	for name, id := range f.Model.Vocab.ids {
		if special, ok := t.ids[name]; ok {
			if special != id {
				return nil, fmt.Errorf("tokenize: added token %q has the ids %d and %d", name, special, id)
			}
			continue // listed in both places
		}
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return int(f.Model.Vocab.ids[a]) - int(f.Model.Vocab.ids[b]) })
	total := 0
	for _, name := range names {
		id := f.Model.Vocab.ids[name]
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
