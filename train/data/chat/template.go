package chat

import (
	"fmt"

	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train/data"
)

// Segment is a piece of a conversation laid out by a template. A special segment is one special token by its name; any other is
// ordinary text, whatever it spells. Train marks what the model is to produce.
type Segment struct {
	Text    string
	Special bool
	Train   bool
}

// Template lays out a conversation.
type Template string

// ChatML is <|im_start|>role\ncontent<|im_end|>\n for each message; the assistant's content and its <|im_end|> are learned.
const ChatML Template = "chatml"

// Validate refuses templates that are not built in.
func (t Template) Validate() error {
	if t != ChatML {
		return fmt.Errorf("template %q: want %s", string(t), ChatML)
	}
	return nil
}

// Segments lays out messages; with open, the assistant's next turn is opened for it to speak.
func (t Template) Segments(messages []Message, open bool) []Segment {
	var out []Segment
	for _, m := range messages {
		learn := m.Role == "assistant"
		out = append(out,
			Segment{Text: "<|im_start|>", Special: true},
			Segment{Text: m.Role + "\n"},
			Segment{Text: m.Content, Train: learn},
			Segment{Text: "<|im_end|>", Special: true, Train: learn},
			Segment{Text: "\n"})
	}
	if open {
		out = append(out, Segment{Text: "<|im_start|>", Special: true}, Segment{Text: "assistant\n"})
	}
	return out
}

// Encoder turns segments into tokens. One goroutine may use it.
type Encoder struct {
	tok *tokenize.Tokenizer
	enc *tokenize.Encoder
	ids []uint32
}

// NewEncoder fails if the tokenizer lacks the template's special tokens.
func NewEncoder(t Template, tok *tokenize.Tokenizer) (*Encoder, error) {
	if err := t.Validate(); err != nil {
		return nil, err
	}
	for _, name := range []string{"<|im_start|>", "<|im_end|>"} {
		if _, ok := tok.Special(name); !ok {
			return nil, fmt.Errorf("template %s: the tokenizer has no special token %s", t, name)
		}
	}
	return &Encoder{tok: tok, enc: tok.NewEncoder()}, nil
}

// Example encodes segments. The loss mask is that of the segments; ordinary text never yields a special token.
func (e *Encoder) Example(segments []Segment) data.Example {
	var x data.Example
	for _, s := range segments {
		e.ids = e.ids[:0]
		if s.Special {
			id, _ := e.tok.Special(s.Text) // NewEncoder has looked
			e.ids = append(e.ids, id)
		} else {
			e.ids = e.enc.Append(e.ids, []byte(s.Text))
		}
		for _, id := range e.ids {
			x.Tokens = append(x.Tokens, int32(id))
			x.Train = append(x.Train, s.Train)
		}
	}
	return x
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
