package chat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Shape is how the rows of a file are laid out. The zero Shape is: what the first row tells.
type Shape string

// The shapes that rows may have, and what tells them. system, tools and history may stand in a row besides, where said.
const (
	Messages   Shape = "messages"   // {"messages": [{"role": …, "content": …, "tool_calls"?: …, "weight"?: 0 or 1}], "tools"?: […]}, as chat services take them
	ShareGPT   Shape = "sharegpt"   // {"conversations": [{"from": "human", "value": …}], "system"?: …, "tools"?: …}; or role and content in place of from and value
	Completion Shape = "completion" // {"prompt": …, "completion": …}: two texts, which are a question and its answer; or two lists of messages
	Question   Shape = "question"   // {"question": …, "answer": …}, as in GSM8K
	Alpaca     Shape = "alpaca"     // {"instruction": …, "input"?: …, "output": …, "system"?: …, "history"?: [[question, answer], …]}; or response for output
	Instances  Shape = "instances"  // {"instruction": …, "instances": [{"input": …, "output": …}]}: a conversation an instance
	Text       Shape = "text"       // {"text": …}: a document, all of it learned
)

// fields are a row's.
type fields map[string]json.RawMessage

// has tells whether a field is there and not null.
func (f fields) has(name string) bool {
	v, ok := f[name]
	return ok && !bytes.Equal(v, []byte("null"))
}

// into decodes a field, if it is there.
func (f fields) into(name string, v any) error {
	if !f.has(name) {
		return nil
	}
	if err := json.Unmarshal(f[name], v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

var shapes = map[Shape]struct {
	all  []string // fields that a row must have
	any  []string // and one of these
	read func(fields) ([]Conversation, error)
}{
	Messages:   {all: []string{"messages"}, read: readMessages},
	ShareGPT:   {all: []string{"conversations"}, read: readShareGPT},
	Completion: {all: []string{"prompt", "completion"}, read: readCompletion},
	Question:   {all: []string{"question", "answer"}, read: readQuestion},
	Alpaca:     {all: []string{"instruction"}, any: []string{"output", "response"}, read: readAlpaca},
	Instances:  {all: []string{"instruction", "instances"}, read: readInstances},
	Text:       {all: []string{"text"}, read: readText},
}

// Shapes lists the names.
func Shapes() []Shape {
	return []Shape{Messages, ShareGPT, Completion, Question, Alpaca, Instances, Text}
}

// Validate refuses names that are none.
func (s Shape) Validate() error {
	if s != "" && !slices.Contains(Shapes(), s) {
		return fmt.Errorf("rows of the shape %q: know %v", string(s), Shapes())
	}
	return nil
}

func (s Shape) fits(f fields) bool {
	d := shapes[s]
	return !slices.ContainsFunc(d.all, func(n string) bool { return !f.has(n) }) && (d.any == nil || slices.ContainsFunc(d.any, f.has))
}

func (s Shape) wants() string {
	d := shapes[s]
	out := strings.Join(d.all, " and ")
	if d.any != nil {
		out += " and " + strings.Join(d.any, " or ")
	}
	return out
}

// detect is the one shape that fits a row.
func detect(f fields) (Shape, error) {
	var fit []string
	for _, s := range Shapes() {
		if s.fits(f) {
			fit = append(fit, string(s))
		}
	}
	switch len(fit) {
	case 1:
		return Shape(fit[0]), nil
	case 0:
		var want []string
		for _, s := range Shapes() {
			want = append(want, s.wants())
		}
		return "", fmt.Errorf("no conversation: want %s", strings.Join(want, "; "))
	}
	return "", fmt.Errorf("fits the shapes %s: say which is meant", strings.Join(fit, " and "))
}

// one is a row of one conversation: what a row says of its system turn and tools, and turns.
func one(f fields, turns ...Message) ([]Conversation, error) {
	var c Conversation
	var system string
	if err := f.into("system", &system); err != nil {
		return nil, err
	}
	if system != "" {
		if len(turns) > 0 && turns[0].Role == "system" {
			return nil, errors.New("a system turn, and the field system besides")
		}
		c.Messages = []Message{{Role: "system", Content: system}}
	}
	c.Messages = append(c.Messages, turns...)
	var err error
	c.Tools, err = toolsOf(f)
	return []Conversation{c}, err
}

// toolsOf is the list of tools of a row: a JSON array, or a string that holds one.
func toolsOf(f fields) (json.RawMessage, error) {
	if !f.has("tools") {
		return nil, nil
	}
	raw := f["tools"]
	var s string
	if json.Unmarshal(raw, &s) == nil {
		if strings.TrimSpace(s) == "" {
			return nil, nil
		}
		raw = json.RawMessage(s)
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("tools: want a JSON array: %w", err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	return raw, nil
}

func readMessages(f fields) ([]Conversation, error) {
	turns, err := messages(f, "messages", true)
	if err != nil {
		return nil, err
	}
	return one(f, turns...)
}

func readShareGPT(f fields) ([]Conversation, error) {
	var list []fields
	if err := f.into("conversations", &list); err != nil {
		return nil, err
	}
	if len(list) > 0 && !list[0].has("from") && list[0].has("role") {
		turns, err := messages(f, "conversations", true)
		if err != nil {
			return nil, err
		}
		return one(f, turns...)
	}
	var turns []Message
	for i, m := range list {
		var from, value string
		if err := errors.Join(m.into("from", &from), m.into("value", &value)); err != nil {
			return nil, fmt.Errorf("message %d: %w", i+1, err)
		}
		role, ok := speakers[from]
		if !ok {
			return nil, fmt.Errorf("message %d: speaker %q: want human, gpt, system, function_call or observation", i+1, from)
		}
		turn := Message{Role: role, Content: value}
		if from == "function_call" {
			calls, err := toolCalls(json.RawMessage(value))
			if err != nil {
				return nil, fmt.Errorf("message %d: function_call: %w", i+1, err)
			}
			turn.Content, turn.ToolCalls = "", calls
		}
		turns = append(turns, turn)
	}
	return one(f, turns...)
}

var speakers = map[string]string{"human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "system": "system",
	"function_call": "assistant", "observation": "tool", "tool": "tool"}

func readCompletion(f fields) ([]Conversation, error) {
	var prompt, completion string
	if json.Unmarshal(f["prompt"], &prompt) == nil {
		if err := f.into("completion", &completion); err != nil {
			return nil, err
		}
		return one(f, Message{Role: "user", Content: prompt}, Message{Role: "assistant", Content: completion})
	}
	before, err := messages(f, "prompt", false)
	if err != nil {
		return nil, err
	}
	after, err := messages(f, "completion", false)
	if err != nil {
		return nil, err
	}
	for i := range before {
		before[i].Mute = true // the completion alone is learned
	}
	return one(f, append(before, after...)...)
}

func readQuestion(f fields) ([]Conversation, error) {
	var question, answer string
	if err := errors.Join(f.into("question", &question), f.into("answer", &answer)); err != nil {
		return nil, err
	}
	return one(f, Message{Role: "user", Content: question}, Message{Role: "assistant", Content: answer})
}

func readAlpaca(f fields) ([]Conversation, error) {
	if f.has("output") && f.has("response") {
		return nil, errors.New("output and response: which one is the answer?")
	}
	var instruction, input, output string
	var history [][2]string
	if err := errors.Join(f.into("instruction", &instruction), f.into("input", &input), f.into("output", &output), f.into("response", &output),
		f.into("history", &history)); err != nil {
		return nil, err
	}
	var turns []Message
	for _, h := range history { // its answers are learned as well
		turns = append(turns, Message{Role: "user", Content: h[0]}, Message{Role: "assistant", Content: h[1]})
	}
	question, err := ask(instruction, input)
	if err != nil {
		return nil, err
	}
	return one(f, append(turns, question, Message{Role: "assistant", Content: output})...)
}

func readInstances(f fields) ([]Conversation, error) {
	var instruction string
	var list []struct{ Input, Output string }
	if err := errors.Join(f.into("instruction", &instruction), f.into("instances", &list)); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errors.New("instances is empty: nothing would be learned from this row")
	}
	var out []Conversation
	for _, in := range list {
		question, err := ask(instruction, in.Input)
		if err != nil {
			return nil, err
		}
		c, err := one(f, question, Message{Role: "assistant", Content: in.Output})
		if err != nil {
			return nil, err
		}
		out = append(out, c...)
	}
	return out, nil
}

func readText(f fields) ([]Conversation, error) {
	var c Conversation
	if err := f.into("text", &c.Text); err != nil {
		return nil, err
	}
	if strings.TrimSpace(c.Text) == "" {
		return nil, errors.New("text is empty: nothing would be learned from this row")
	}
	return []Conversation{c}, nil
}

// ask is an instruction with its input behind it; the template alpaca, which has a place for each, finds them apart as well.
func ask(instruction, input string) (Message, error) {
	if strings.TrimSpace(input) == "" {
		return Message{Role: "user", Content: instruction}, nil
	}
	apart, err := marshal(map[string]string{"instruction": instruction, "input": input})
	return Message{Role: "user", Content: instruction + "\n" + input, More: apart}, err
}

// check refuses conversations that are broken, and those that nothing can be learned from.
func (c *Conversation) check() error {
	if c.Text != "" {
		return nil
	}
	answers, mute := 0, 0
	for i, m := range c.Messages {
		switch m.Role {
		case "user", "tool":
		case "system":
			if i > 0 {
				return fmt.Errorf("message %d: a system turn, want it first", i+1)
			}
		case "assistant":
			if strings.TrimSpace(m.Content) == "" && m.ToolCalls == nil {
				return fmt.Errorf("message %d: the assistant says nothing", i+1)
			}
			if answers++; m.Mute {
				mute++
			}
		default:
			return fmt.Errorf("message %d: role %q: want system, user, assistant or tool", i+1, m.Role)
		}
		if m.ToolCalls != nil && m.Role != "assistant" {
			return fmt.Errorf("message %d: tool_calls of the role %s", i+1, m.Role)
		}
	}
	switch {
	case answers == 0:
		return errors.New("no answer of the assistant: nothing would be learned from this row")
	case answers == mute && !c.anyLoud():
		return errors.New("every turn has weight 0: nothing would be learned from this row")
	}
	return nil
}

func (c *Conversation) anyLoud() bool {
	return slices.ContainsFunc(c.Messages, func(m Message) bool { return !m.Mute })
}
