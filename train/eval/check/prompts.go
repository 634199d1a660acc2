package check

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/seed-83c59573/quern/train/data/chat"
)

// Prompt is what a model is asked and how its answer is judged.
type Prompt struct {
	ID       string         `json:"id"`
	Category string         `json:"category"`
	Messages []chat.Message `json:"messages"`
	Checks   []Check        `json:"checks"`
}

// Categories are what prompts are about.
func Categories() []string { return []string{"system", "refusal", "json", "code", "format", "math"} }

// maxLine is the bytes of the longest prompt that is read.
const maxLine = 1 << 20

// Read reads prompts from JSON lines:
//
//	{"id": "json-1", "category": "json", "messages": [{"role": "user", "content": …}], "checks": [{"rule": "json"}, …]}
//
// An unknown field, rule or category, an id that is there twice and a check that can never fail are errors with their line.
func Read(r io.Reader) ([]Prompt, error) {
	var out []Prompt
	seen := map[string]bool{}
	scan := bufio.NewScanner(r)
	scan.Buffer(nil, maxLine)
	line := 0
	for scan.Scan() {
		line++
		b := bytes.TrimSpace(scan.Bytes())
		if len(b) == 0 {
			continue
		}
		p, err := readPrompt(b)
		if err == nil && seen[p.ID] {
			err = fmt.Errorf("the id %q is there twice", p.ID)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		seen[p.ID] = true
		out = append(out, p)
	}
	if err := scan.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", line+1, err)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no prompts")
	}
	return out, nil
}

func readPrompt(b []byte) (Prompt, error) {
	var p Prompt
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return p, err
	}
	if _, err := d.Token(); err != io.EOF {
		return p, fmt.Errorf("something follows the prompt")
	}
	switch {
	case p.ID == "":
		return p, fmt.Errorf("no id")
	case !slices.Contains(Categories(), p.Category):
		return p, fmt.Errorf("category %q: want one of %v", p.Category, Categories())
	case len(p.Checks) == 0:
		return p, fmt.Errorf("no checks")
	case len(p.Messages) == 0 || p.Messages[len(p.Messages)-1].Role != "user":
		return p, fmt.Errorf("messages: want the last one to be the user's")
	}
	for i, m := range p.Messages {
		if m.Role != "user" && m.Role != "assistant" && (m.Role != "system" || i > 0) {
			return p, fmt.Errorf("message %d: role %q", i+1, m.Role)
		}
	}
	for i, c := range p.Checks {
		if err := c.Validate(); err != nil {
			return p, fmt.Errorf("check %d: %w", i+1, err)
		}
	}
	return p, nil
}

//go:embed prompts.jsonl
var builtin []byte

// Builtin is a set of prompts in all categories, written for this package.
func Builtin() []Prompt {
	p, err := Read(bytes.NewReader(builtin))
	if err != nil {
		panic("check: prompts.jsonl: " + err.Error())
	}
	return p
}

// Answer is what a model said.
type Answer struct {
	Prompt string `json:"prompt"` // its id
	Text   string `json:"text"`
	Ended  bool   `json:"ended"` // by a token that ends a turn, not by a limit
}
