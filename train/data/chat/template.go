package chat

import (
	"embed"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/seed-83c59573/quern/train/data/chat/jinja"
)

// Template lays out conversations. Every template is Jinja, the built-in ones too: what trains a model is what goes out with it.
type Template struct {
	name, source string
	parsed       *jinja.Template
	tagged       bool   // it has {% generation %} blocks
	bos, eos     string // of a model's own; "" = the tokenizer's end of text
}

// The templates that are built in.
const (
	ChatML  = "chatml"  // <|im_start|>role\n…<|im_end|>\n a turn; tools and calls as Hermes and Qwen2.5 write them
	Llama3  = "llama3"  // <|begin_of_text|>, then <|start_header_id|>role<|end_header_id|>\n\n…<|eot_id|> a turn, contents trimmed
	Mistral = "mistral" // <s>, then [INST] … [/INST] …</s> for each question and answer; the system turn stands in the first question
	Qwen    = "qwen"    // ChatML with Qwen2.5's system turn where a conversation has none
	Alpacas = "alpaca"  // ### Instruction: … ### Response: …, and the end-of-text token
	Plain   = "plain"   // contents as they are, and the end-of-text token behind each answer: a prompt and its completion
	OfModel = "model"   // the chat_template of the model that is tuned
)

// Names lists the built-in templates.
func Names() []string { return []string{ChatML, Llama3, Mistral, Qwen, Alpacas, Plain} }

//go:embed templates/*.jinja
var sources embed.FS

// ValidateName refuses names of no template.
func ValidateName(name string) error {
	for _, n := range append(Names(), OfModel) {
		if n == name {
			return nil
		}
	}
	return fmt.Errorf("template %q: want %s or %s", name, strings.Join(Names(), ", "), OfModel)
}

// Named is a built-in template.
func Named(name string) (*Template, error) {
	if err := ValidateName(name); err != nil {
		return nil, err
	}
	if name == OfModel {
		return nil, fmt.Errorf("template %s: the model brings none along", name)
	}
	b, err := sources.ReadFile("templates/" + name + ".jinja")
	if err != nil {
		return nil, err
	}
	return parseTemplate(name, strings.TrimSuffix(string(b), "\n"), "", "")
}

// Model is a template that a model brings along, with the names of its tokens that begin and end texts; "" = the tokenizer's end of text.
func Model(source, bos, eos string) (*Template, error) {
	return parseTemplate(OfModel, source, bos, eos)
}

var generationTag = regexp.MustCompile(`\{%[-+]?\s*generation\s*[-+]?%\}`)

func parseTemplate(name, source, bos, eos string) (*Template, error) {
	p, err := jinja.Parse(source)
	if err != nil {
		return nil, err
	}
	return &Template{name, source, p, generationTag.MatchString(source), bos, eos}, nil
}

// Name is what a spec calls it.
func (t *Template) Name() string { return t.name }

// Jinja is its text, as a chat_template; the built-in ones have {% generation %} blocks around what is learned.
func (t *Template) Jinja() string { return t.source }

// day is what strftime_now tells templates that put a date into the system turn: the same always, so that the same rows give the same tokens. It is
// the day that the templates of Llama 3.2 name where there is no clock.
var day = time.Date(2024, 7, 26, 0, 0, 0, 0, time.UTC)

// render lays out messages; with open, the assistant's next turn is opened for it to speak. What a message says is marked by its number, from 1.
func (t *Template) render(messages []Message, tools []byte, open bool, bos, eos string) ([]jinja.Segment, error) {
	list := &jinja.List{}
	for i := range messages {
		v, err := messages[i].value(i + 1)
		if err != nil {
			return nil, fmt.Errorf("message %d: %w", i+1, err)
		}
		list.Items = append(list.Items, v)
	}
	values := map[string]jinja.Value{"messages": list, "add_generation_prompt": open,
		"bos_token": jinja.Written(bos), "eos_token": jinja.Written(eos)}
	if tools != nil {
		v, err := jinja.FromJSON(tools)
		if err != nil {
			return nil, fmt.Errorf("tools: %w", err)
		}
		values["tools"] = v
	}
	return t.parsed.Render(values, day)
}

// value is a message as templates see it.
func (m *Message) value(from int) (jinja.Value, error) {
	d := jinja.NewDict()
	d.Set(jinja.Written("role"), jinja.Given(m.Role))
	d.Set(jinja.Written("content"), jinja.GivenBy(m.Content, from))
	if m.ToolCalls != nil {
		v, err := jinja.FromJSONBy(m.ToolCalls, from)
		if err != nil {
			return nil, err
		}
		d.Set(jinja.Written("tool_calls"), v)
	}
	if m.More == nil {
		return d, nil
	}
	v, err := jinja.FromJSONBy(m.More, from)
	if err != nil {
		return nil, err
	}
	more, ok := v.(*jinja.Dict)
	if !ok {
		return nil, fmt.Errorf("more fields: want a JSON object")
	}
	for _, k := range more.Keys() {
		if _, taken := d.Get(k); !taken {
			x, _ := more.Get(k)
			d.Set(jinja.GivenBy(k, from), x)
		}
	}
	return d, nil
}
