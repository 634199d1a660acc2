package chat

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train/data"
)

// Encoder turns conversations into tokens by one template. One goroutine may use it.
//
// Text between special tokens is encoded as one piece, whoever it is from, so that the ids are those that Hugging Face's library gives; but where
// something begins or ends to be learned a token ends as well, as it does when the model speaks. Special tokens come from the template's text alone,
// whatever a speaker spells.
type Encoder struct {
	t        *Template
	tok      *tokenize.Tokenizer
	enc      *tokenize.Encoder
	bos, eos string
	specials specials
	leads    []lead
	stops    []int32
	turnEnds string
	ids      []uint32
	text     []byte
}

// required are the special tokens that built-in templates need.
var required = map[string][]string{
	ChatML:  {tokenize.TurnStartName, tokenize.TurnEndName},
	Qwen:    {tokenize.TurnStartName, tokenize.TurnEndName},
	Llama3:  {"<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"},
	Mistral: {"<s>", "</s>"},
}

// NewEncoder fails if the tokenizer lacks the template's special tokens.
func NewEncoder(t *Template, tok *tokenize.Tokenizer) (*Encoder, error) {
	for _, name := range required[t.name] {
		if _, ok := tok.Special(name); !ok {
			return nil, fmt.Errorf("template %s: the tokenizer has no special token %s", t.name, name)
		}
	}
	e := &Encoder{t: t, tok: tok, enc: tok.NewEncoder(), bos: t.bos, eos: t.eos}
	end := string(tok.Token(tok.EndOfText()))
	for _, name := range []*string{&e.bos, &e.eos} {
		if *name == "" {
			*name = end
		}
	}
	for _, a := range tok.Added() {
		if a.Special && a.Content != "" {
			e.specials = append(e.specials, a)
		}
	}
	if !tok.Lossless() {
		if err := e.findLeads(); err != nil {
			return nil, err
		}
	}
	return e, e.findStops()
}

// specials are tokens that templates may spell.
type specials []tokenize.Added

// find is the first special token in a text, of those that begin there the longest: where, which, and its length; -1 if there is none.
func (s specials) find(text string) (at, which, n int) {
	at = -1
	for i, a := range s {
		limit := len(text)
		if at >= 0 {
			limit = min(limit, at+len(a.Content))
		}
		k := strings.Index(text[:limit], a.Content)
		if k >= 0 && (at < 0 || k < at || k == at && len(a.Content) > n) {
			at, which, n = k, i, len(a.Content)
		}
	}
	return at, which, n
}

// lead is a special token that text can be encoded behind: tokenizers like SentencePiece put a space before the first word of a text, and only there.
type lead struct {
	name    string
	allowed *tokenize.Allowed
}

func (e *Encoder) findLeads() error {
	for _, a := range e.specials {
		if a.LStrip || a.RStrip || a.SingleWord || len(e.leads) == 4 {
			continue
		}
		allowed, err := e.tok.Allow(func(name string) bool { return name == a.Content })
		if err != nil {
			return err
		}
		e.leads = append(e.leads, lead{a.Content, allowed})
	}
	return nil
}

// findStops looks what the template writes behind an answer.
func (e *Encoder) findStops() error {
	e.stops = []int32{int32(e.tok.EndOfText())}
	if id, ok := e.tok.Special(e.eos); ok {
		e.stops = append(e.stops, int32(id))
	}
	probe := Conversation{Messages: []Message{{Role: "user", Content: "a"}, {Role: "assistant", Content: "b"}}}
	rendered, err := e.t.render(probe.Messages, nil, false, e.bos, e.eos)
	if err != nil {
		return fmt.Errorf("template %s: a question and its answer: %w", e.t.name, err)
	}
	said := whereSaid(rendered, 2)[1][1]
	if said == 0 {
		return fmt.Errorf("template %s: it leaves the assistant's answer out", e.t.name)
	}
	if end := e.turnEnd(rendered, said); end > said {
		var all strings.Builder
		for _, s := range rendered {
			all.WriteString(s.Text)
		}
		_, which, _ := e.specials.find(all.String()[said:end])
		e.turnEnds = e.specials[which].Content
		e.stops = append(e.stops, int32(e.specials[which].ID))
	}
	slices.Sort(e.stops)
	e.stops = slices.Compact(e.stops)
	return nil
}

// Template is what it lays out by.
func (e *Encoder) Template() *Template { return e.t }

// Stops are the tokens that end an answer: the one that the template writes behind it, and the end of a text.
func (e *Encoder) Stops() []int32 { return e.stops }

// TurnEnd is the name of the special token that the template writes behind an answer; "" if it writes none.
func (e *Encoder) TurnEnd() string { return e.turnEnds }

// Segments lays a conversation out. A text without turns, which is all learned, stands between two end-of-text tokens.
func (e *Encoder) Segments(c *Conversation, m Mask) ([]Segment, error) {
	if c.Text != "" {
		end := string(e.tok.Token(e.tok.EndOfText()))
		return []Segment{{end, true, false}, {c.Text, false, true}, {end, true, true}}, nil
	}
	return e.layOut(c, m)
}

// Example is a conversation as tokens.
func (e *Encoder) Example(c *Conversation, m Mask) (data.Example, error) {
	segments, err := e.Segments(c, m)
	if err != nil {
		return data.Example{}, err
	}
	return e.encode(segments)
}

// Prompt is a conversation with the assistant's next turn opened for it to speak.
func (e *Encoder) Prompt(messages []Message, tools []byte) ([]int32, error) {
	rendered, err := e.t.render(messages, tools, true, e.bos, e.eos)
	if err != nil {
		return nil, err
	}
	x, err := e.encode(cutAt(rendered, nil))
	return x.Tokens, err
}

// encode turns segments into tokens.
func (e *Encoder) encode(segments []Segment) (data.Example, error) {
	var x data.Example
	e.text = e.text[:0]
	strip := false // the last special token takes the white space behind it
	for i, s := range segments {
		if i > 0 && s.Train != segments[i-1].Train {
			if err := e.flush(&x, segments[i-1].Train); err != nil {
				return x, err
			}
		}
		for text := s.Text; text != ""; {
			if strip {
				if text = strings.TrimLeftFunc(text, unicode.IsSpace); text == "" {
					break
				}
				strip = false
			}
			at, which, n := -1, 0, 0
			if s.Special {
				at, which, n = e.specials.find(text)
			}
			if at < 0 {
				e.text = append(e.text, text...)
				break
			}
			e.text = append(e.text, text[:at]...)
			text = text[at+n:]
			a := e.specials[which]
			if strip = a.RStrip; a.LStrip {
				e.text = []byte(strings.TrimRightFunc(string(e.text), unicode.IsSpace))
			}
			if err := e.flush(&x, s.Train); err != nil {
				return x, err
			}
			x.Tokens, x.Train = append(x.Tokens, int32(a.ID)), append(x.Train, s.Train)
		}
	}
	if len(segments) == 0 {
		return x, nil
	}
	return x, e.flush(&x, segments[len(segments)-1].Train)
}

var errUnleadable = errors.New("a speaker spells every special token that text could be encoded behind")

// flush encodes the text that has come together.
func (e *Encoder) flush(x *data.Example, train bool) error {
	if len(e.text) == 0 {
		return nil
	}
	e.ids = e.ids[:0]
	if len(e.leads) == 0 || len(x.Tokens) == 0 {
		e.ids = e.enc.Append(e.ids, e.text)
	} else {
		i := slices.IndexFunc(e.leads, func(l lead) bool { return !strings.Contains(string(e.text), l.name) })
		if i < 0 {
			return errUnleadable
		}
		e.ids = e.enc.AppendAllowed(e.ids, append([]byte(e.leads[i].name), e.text...), e.leads[i].allowed)
		e.ids = e.ids[1:]
	}
	if err := e.enc.Err(); err != nil {
		return err
	}
	for _, id := range e.ids {
		x.Tokens, x.Train = append(x.Tokens, int32(id)), append(x.Train, train)
	}
	e.text = e.text[:0]
	return nil
}

// Trained counts the tokens that a loss is taken on: those to be learned, but for the first of all, which nothing precedes.
func Trained(x data.Example) int {
	n := 0
	for i, t := range x.Train {
		if t && i > 0 {
			n++
		}
	}
	return n
}
