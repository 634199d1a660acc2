package chat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// messages reads a list of {"role": …, "content": …} with what else a chat service has.
func messages(f fields, name string, weights bool) ([]Message, error) {
	var list []fields
	if err := f.into(name, &list); err != nil {
		return nil, err
	}
	out := make([]Message, len(list))
	for i, m := range list {
		if err := out[i].read(m, weights); err != nil {
			if name == "prompt" || name == "completion" {
				return nil, fmt.Errorf("%s: message %d: %w", name, i+1, err)
			}
			return nil, fmt.Errorf("message %d: %w", i+1, err)
		}
	}
	return out, nil
}

func (m *Message) read(f fields, weights bool) error {
	if !f.has("role") {
		return errors.New("no role")
	}
	if err := f.into("role", &m.Role); err != nil {
		return err
	}
	if m.Role == "developer" { // what newer services call it
		m.Role = "system"
	}
	if f.has("tool_calls") {
		calls, err := toolCalls(f["tool_calls"])
		if err != nil {
			return fmt.Errorf("tool_calls: %w", err)
		}
		m.ToolCalls = calls
	}
	if !f.has("content") && m.ToolCalls == nil {
		return errors.New("no content")
	}
	if f.has("content") {
		var err error
		if m.Content, err = contentOf(f["content"]); err != nil {
			return err
		}
	}
	if weights && f.has("weight") {
		var w float64
		if err := f.into("weight", &w); err != nil {
			return err
		}
		if w != 0 && w != 1 {
			return fmt.Errorf("weight %g: want 0 or 1", w)
		}
		m.Mute = w == 0
	}
	return m.keep(f)
}

// keep notes the fields that templates may know and this package does not.
func (m *Message) keep(f fields) error {
	rest := fields{}
	for k, v := range f {
		switch k {
		case "role", "content", "tool_calls", "weight":
		default:
			rest[k] = v
		}
	}
	if len(rest) == 0 {
		return nil
	}
	var err error
	m.More, err = json.Marshal(rest) // sorts the keys
	return err
}

// contentOf is a text, or the texts of a list of parts.
func contentOf(raw json.RawMessage) (string, error) {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s, nil
	}
	var parts []struct {
		Type string  `json:"type"`
		Text *string `json:"text"`
	}
	if err := json.Unmarshal(raw, &parts); err != nil {
		return "", fmt.Errorf("content: want a text or a list of parts: %w", err)
	}
	for _, p := range parts {
		if p.Type != "text" || p.Text == nil {
			return "", fmt.Errorf("content: a part of type %q: want text", p.Type)
		}
		s += *p.Text
	}
	return s, nil
}

// toolCalls brings calls to one form: a list of {"type": "function", "function": {"name": …, "arguments": {…}}}. They come as one call or a list, with
// or without the outer object, and with arguments as an object or as a string that holds one; those that are no JSON stay a string.
func toolCalls(raw json.RawMessage) (json.RawMessage, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) > 0 && raw[0] == '{' {
		raw = append(append([]byte{'['}, raw...), ']')
	}
	var list []fields
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, nil
	}
	type function struct {
		Name      string          `json:"name"`
		Arguments json.RawMessage `json:"arguments"`
	}
	type call struct {
		ID       string   `json:"id,omitempty"`
		Type     string   `json:"type"`
		Function function `json:"function"`
	}
	out := make([]call, len(list))
	for i, c := range list {
		if err := c.into("id", &out[i].ID); err != nil {
			return nil, err
		}
		in := c
		if c.has("function") {
			in = nil
			if err := c.into("function", &in); err != nil {
				return nil, err
			}
		}
		fn := function{Arguments: json.RawMessage("{}")}
		if err := in.into("name", &fn.Name); err != nil {
			return nil, err
		}
		if fn.Name == "" {
			return nil, fmt.Errorf("call %d has no name", i+1)
		}
		for _, name := range []string{"arguments", "parameters"} {
			if in.has(name) {
				fn.Arguments = in[name]
				break
			}
		}
		var s string
		if json.Unmarshal(fn.Arguments, &s) == nil {
			if t := strings.TrimSpace(s); strings.HasPrefix(t, "{") && json.Valid([]byte(t)) {
				fn.Arguments = json.RawMessage(t)
			}
		}
		out[i].Type, out[i].Function = "function", fn
	}
	return marshal(out)
}

// marshal is json.Marshal without HTML escapes.
func marshal(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}
