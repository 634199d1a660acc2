package pretrained

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/tokenize"
)

// The files of a folder that tell how text becomes tokens and when an answer ends.
const (
	TokenizerName  = "tokenizer.json"
	tokenizerSetup = "tokenizer_config.json"
	templateName   = "chat_template.jinja"
	generationName = "generation_config.json"
)

// Text is what surrounds a model's text: special tokens by their names, "" for none, and how a conversation is laid out.
type Text struct {
	BOS      string   `json:"bos,omitempty"`
	EOS      string   `json:"eos,omitempty"`
	Pad      string   `json:"pad,omitempty"`
	Unk      string   `json:"unk,omitempty"`
	AddBOS   bool     `json:"add_bos"`            // a text begins with BOS
	Stop     []string `json:"stop,omitempty"`     // tokens that end what the model says, beside EOS
	Template string   `json:"template,omitempty"` // Jinja, with {% generation %} around what an assistant is to learn; "" = none
}

// DefaultText is that of the models that are trained here: each document, and so each text, stands behind the token that ends the one before it.
func DefaultText(tok *tokenize.Tokenizer) Text {
	end := string(tok.Token(tok.EndOfText()))
	t := Text{BOS: end, EOS: end, AddBOS: true}
	for _, name := range []string{"<|pad|>", "<pad>", "[PAD]", "<|padding|>", "<|finetune_right_pad_id|>"} {
		if _, ok := tok.Special(name); ok && t.Pad == "" {
			t.Pad = name
		}
	}
	return t
}

// id finds a token by its name.
func id(tok *tokenize.Tokenizer, name string) (int, bool) {
	if v, ok := tok.Special(name); ok {
		return int(v), true
	}
	for v := range tok.Vocab() {
		if string(tok.Token(uint32(v))) == name {
			return v, true
		}
	}
	return 0, false
}

func ids(tok *tokenize.Tokenizer, names ...string) (out []int) {
	for _, n := range names {
		if n == "" {
			continue
		}
		if v, ok := id(tok, n); ok && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// stops are the tokens that end what the model says, EOS the first.
func (t Text) stops() []string { return append([]string{t.EOS}, t.Stop...) }

// setup is the tokenizer_config.json, which makes transformers take tokenizer.json as it is.
func (t Text) setup(tok *tokenize.Tokenizer, context int) ([]byte, error) {
	var o object
	decoder := object{}
	for _, a := range tok.Added() {
		decoder.add(fmt.Sprint(a.ID), object{{"content", a.Content}, {"lstrip", a.LStrip}, {"normalized", a.Normalized}, {"rstrip", a.RStrip},
			{"single_word", a.SingleWord}, {"special", a.Special}})
	}
	o.add("added_tokens_decoder", decoder)
	for _, s := range []struct{ key, name string }{{"bos_token", t.BOS}, {"eos_token", t.EOS}, {"pad_token", t.Pad}, {"unk_token", t.Unk}} {
		if s.name != "" {
			o.add(s.key, s.name)
		}
	}
	if t.BOS != "" {
		o.add("add_bos_token", t.AddBOS)
	}
	if t.Template != "" {
		o.add("chat_template", t.Template)
	}
	o.add("clean_up_tokenization_spaces", false)
	o.add("model_max_length", context)
	o.add("tokenizer_class", "PreTrainedTokenizerFast")
	return pretty(o)
}

// generation is the generation_config.json.
func (t Text) generation(tok *tokenize.Tokenizer) ([]byte, error) {
	var o object
	addIDs(&o, "bos_token_id", ids(tok, t.BOS))
	addIDs(&o, "eos_token_id", ids(tok, t.stops()...))
	addIDs(&o, "pad_token_id", ids(tok, t.Pad))
	return pretty(o)
}

// readText reads what stands beside a model's weights. A folder without a tokenizer is a folder without text.
func readText(dir quern.Dir) (tok *tokenize.Tokenizer, t Text, err error) {
	b, err := quern.ReadBlob(dir, TokenizerName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, t, nil
	}
	if err == nil {
		tok, err = tokenize.Parse(b)
	}
	if err != nil {
		return nil, t, fmt.Errorf("%s: %w", TokenizerName, err)
	}
	if err := t.readSetup(dir); err != nil {
		return nil, t, err
	}
	template, err := quern.ReadBlob(dir, templateName)
	switch {
	case err == nil:
		t.Template = string(template) // transformers takes it before the one of tokenizer_config.json
	case !errors.Is(err, fs.ErrNotExist):
		return nil, t, err
	}
	if t.EOS == "" {
		t.EOS = string(tok.Token(tok.EndOfText()))
	}
	return tok, t, t.readStops(dir, tok)
}

func (t *Text) readSetup(dir quern.Dir) error {
	b, err := quern.ReadBlob(dir, tokenizerSetup)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	f, err := parseFields(tokenizerSetup, b)
	if err != nil {
		return err
	}
	t.BOS, t.EOS, t.Pad, t.Unk = f.tokenName("bos_token"), f.tokenName("eos_token"), f.tokenName("pad_token"), f.tokenName("unk_token")
	t.AddBOS = f.flag("add_bos_token", false)
	t.Template = f.template()
	return f.err()
}

// tokenName is a token as its name, or as an object that has it as its content.
func (f *fields) tokenName(key string) string {
	if f.has(key) && strings.HasPrefix(strings.TrimSpace(string(f.raw[key])), "{") {
		return f.object(key).text("content", "")
	}
	return f.text(key, "")
}

// template is the one template, or of several the one named default.
func (f *fields) template() string {
	if !f.has("chat_template") || !strings.HasPrefix(strings.TrimSpace(string(f.raw["chat_template"])), "[") {
		return f.text("chat_template", "")
	}
	var all []struct{ Name, Template string }
	f.read("chat_template", &all, "a template or a list of named ones")
	for _, t := range all {
		if t.Name == "default" {
			return t.Template
		}
	}
	return ""
}

// readStops adds what generation_config.json says beyond EOS.
func (t *Text) readStops(dir quern.Dir, tok *tokenize.Tokenizer) error {
	b, err := quern.ReadBlob(dir, generationName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	f, err := parseFields(generationName, b)
	if err != nil {
		return err
	}
	for _, v := range f.ids("eos_token_id") {
		if v < 0 || v >= tok.Vocab() {
			f.bad("eos_token_id", "has %d, the tokenizer has %d ids", v, tok.Vocab())
			continue
		}
		if name := string(tok.Token(uint32(v))); name != t.EOS {
			t.Stop = append(t.Stop, name)
		}
	}
	return f.err()
}

// files writes all of it into a folder and gives what was written, beside tokenizer.json as the tokenizer has it.
func (t Text) files(tok *tokenize.Tokenizer, context int) (names []string, contents [][]byte, err error) {
	add := func(name string, b []byte, e error) {
		names, contents, err = append(names, name), append(contents, b), errors.Join(err, e)
	}
	b, e := tok.JSON()
	add(TokenizerName, b, e)
	b, e = t.setup(tok, context)
	add(tokenizerSetup, b, e)
	b, e = t.generation(tok)
	add(generationName, b, e)
	if t.Template != "" {
		add(templateName, []byte(t.Template), nil)
	}
	return names, contents, err
}
