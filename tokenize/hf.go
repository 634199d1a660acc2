package tokenize

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/text/unicode/norm"

	"github.com/seed-83c59573/quern"
)

// hfFile is a tokenizer.json of Hugging Face's library.
type hfFile struct {
	Truncation json.RawMessage `json:"truncation"`
	Padding    json.RawMessage `json:"padding"`
	Added      []Added         `json:"added_tokens"`
	Model      hfModel         `json:"model"`

	RawNormalizer json.RawMessage `json:"normalizer"`
	RawPre        json.RawMessage `json:"pre_tokenizer"`
	RawPost       json.RawMessage `json:"post_processor"`
	RawDecoder    json.RawMessage `json:"decoder"`

	Normalizer, Pre, Post, Decoder *hfPart `json:"-"` // what these say, nil for none

	vocab, merges part // of the model
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
		if err := json.Unmarshal(b, &v.ids); err != nil {
			return &partError{[]any{"model", "vocab"}, err}
		}
		return nil
	}
	if len(b) > 0 && b[0] != '[' && b[0] != 'n' {
		return &partError{[]any{"model", "vocab"}, errors.New("model.vocab: want an object of ids or a list of scores")}
	}
	var list [][]json.RawMessage
	if err := json.Unmarshal(b, &list); err != nil {
		return &partError{[]any{"model", "vocab"}, err}
	}
	v.ids, v.scores = make(map[string]uint32, len(list)), make([]float64, len(list))
	for i, pair := range list {
		var name string
		err := errors.New("")
		if len(pair) == 2 && json.Unmarshal(pair[0], &name) == nil {
			v.scores[i], err = jsonFloat(string(pair[1]))
		}
		if err != nil {
			return &partError{[]any{"model", "vocab", i}, errors.New("want a token and its score")}
		}
		if _, ok := v.ids[name]; ok {
			return &partError{[]any{"model", "vocab", i}, fmt.Errorf("token %q is listed twice", name)}
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
	f, err := readFile(b)
	if err != nil {
		return nil, err
	}
	b = bytes.Clone(b)
	t := &Tokenizer{json: func() []byte { return b }}
	if err := t.build(f, nil); err != nil {
		var part *partError
		if errors.As(err, &part) {
			err = placedError(b, err)
		}
		return nil, err
	}
	return t, nil
}

// readFile reads all but the model's vocab and merges, which it finds.
func readFile(b []byte) (*hfFile, error) {
	var f hfFile
	rest, vocab, merges, ok := cutModel(b)
	if !ok {
		rest = b
	}
	if err := json.Unmarshal(rest, &f); err != nil {
		if whole := json.Unmarshal(b, new(hfFile)); whole != nil { // for the place in the file
			return nil, placedError(b, whole)
		}
		return nil, placedError(rest, err)
	}
	if !ok {
		return nil, errors.New("tokenize: tokenizer.json: the model has vocab or merges twice")
	}
	if err := f.parts(b); err != nil {
		return nil, err
	}
	f.vocab, f.merges = vocab, merges
	return &f, nil
}

// readModel reads the vocab and merges of a model of characters.
func (f *hfFile) readModel() error {
	if f.vocab.b != nil {
		if err := json.Unmarshal(f.vocab.b, &f.Model.Vocab); err != nil {
			return err
		}
	}
	if f.merges.b != nil {
		if err := json.Unmarshal(f.merges.b, &f.Model.Merges); err != nil {
			return &partError{[]any{"model", "merges"}, err}
		}
	}
	if n := len(f.Model.Vocab.ids); n > maxVocab {
		return fmt.Errorf("tokenize: %d tokens, at most %d", n, maxVocab)
	}
	return nil
}

// build makes a tokenizer of a file's parts. src is the vocabulary if it does not stand in the file.
func (t *Tokenizer) build(f *hfFile, src *source) (err error) {
	t.spelled = sync.OnceValue(t.spellings)
	t.digest = sync.OnceValue(func() quern.Digest { return quern.DigestOf(t.json()) })
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
	if err := t.setDecoder(f.Decoder); err != nil {
		return err
	}
	if err := t.addAdded(f); err != nil {
		return err
	}
	if t.byteLevel {
		if src == nil {
			if src, err = f.source(t.ids); err != nil {
				return err
			}
		}
		if err := t.addTokens(src); err != nil {
			return err
		}
		if t.bpe, err = newBPE(src); err != nil {
			return err
		}
	} else if err := t.addModel(f); err != nil {
		return err
	}
	if err := t.checkPoster(t.poster); err != nil {
		return err
	}
	t.plain, err = newAddedTokens(t.added, t.normalizer, func(a Added) bool { return !a.Special })
	if err != nil {
		return err
	}
	t.rule, t.form = t.fast()
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
	t.shown, t.firsts = newShown(t), newFirst(t)
	return nil
}

func (t *Tokenizer) setDecoder(p *hfPart) (err error) {
	if p == nil {
		return nil
	}
	if t.decoder, err = newDecoder(p); err != nil {
		return err
	}
	return checkDecoder(t.decoder)
}

// fast tells whether texts can be cut by masks: byte-level BPE, one known rule, and at most a normal form before it.
func (t *Tokenizer) fast() (r *rule, form *norm.Form) {
	if !t.byteLevel || t.normalizer != nil && len(t.plain.normalized.tokens) > 0 {
		return nil, nil
	}
	switch n := t.normalizer.(type) {
	case nil:
	case unicodeForm:
		form = &n.form
	default:
		return nil, nil
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
		return nil, nil
	}
	m, ok := s.pattern.(ruleMatcher)
	// Cutting the matches out and dropping what is between them are one thing for patterns that match everything.
	if !ok || !(s.behavior == isolated && !s.invert || s.behavior == removed && s.invert) {
		return nil, nil
	}
	return m.rule, form
}

func (f *hfFile) checkModel() error {
	m := &f.Model
	switch {
	case m.Dropout != nil && *m.Dropout != 0:
		return fmt.Errorf("tokenize: dropout is %g: ids would be random", *m.Dropout)
	case len(f.Added) > maxVocab:
		return fmt.Errorf("tokenize: %d added tokens, at most %d", len(f.Added), maxVocab)
	case max(len(m.Prefix), len(m.Suffix)) > maxTokenBytes:
		return fmt.Errorf("tokenize: continuing_subword_prefix and end_of_word_suffix have %d and %d bytes, at most %d", len(m.Prefix), len(m.Suffix), maxTokenBytes)
	case m.MaxInput < 0:
		return fmt.Errorf("tokenize: max_input_chars_per_word is %d", m.MaxInput)
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
