package train

import (
	"fmt"

	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train/decode"
	"github.com/seed-83c59573/quern/train/model"
)

// prompt is what a sample starts from, and how it is shown before the sample's text.
type prompt struct {
	tokens []int32
	shown  string
	stop   []int32 // tokens that end the sample
}

// fits reports an error if the prompt is longer than a context.
func (p prompt) fits(context int) error {
	if len(p.tokens) > context {
		return fmt.Errorf("the prompt %.40q has %d tokens, the model's context is %d", p.shown, len(p.tokens), context)
	}
	return nil
}

// textPrompt continues a text; an empty one starts a document.
func textPrompt(tok *tokenize.Tokenizer, text string) prompt {
	eot := int32(tok.EndOfText())
	p := prompt{tokens: []int32{eot}, shown: text, stop: []int32{eot}}
	for _, id := range tok.NewEncoder().Append(nil, []byte(text)) {
		p.tokens = append(p.tokens, int32(id))
	}
	return p
}

// options is how decode says the same.
func (s Sampling) options(seed uint64) decode.Options {
	o := decode.Greedy(s.Tokens)
	o.Temperature, o.TopK, o.TopP, o.Seed = s.Temperature, s.TopK, s.TopP, seed
	return o
}

// generate draws tokens one by one until a stop token, s.Tokens or the end of the context.
func generate(m *model.Model, tok *tokenize.Tokenizer, s Sampling, p prompt, seed uint64) (string, error) {
	if err := s.Validate(); err != nil {
		return "", err
	}
	if err := p.fits(m.Config().Context); err != nil {
		return "", err
	}
	if s.Tokens == 0 {
		return "", nil
	}
	r := &decode.Request{Prompt: p.tokens, Options: s.options(seed)}
	r.Options.StopTokens = p.stop
	e := decode.NewEngine(m, tok, 1, len(p.tokens))
	if err := e.Add(r); err != nil {
		return "", err
	}
	for e.Step() {
	}
	return string(r.Text), r.Err
}
