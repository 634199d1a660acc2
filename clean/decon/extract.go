package decon

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// record is what is taken from a row.
type record struct {
	questions []string
	passage   string
	answers   []string
}

// extractor takes records from the rows of one file.
type extractor struct {
	*recipe
	rows  int
	seen  map[string]bool // which of the columns some row had
	names []string        // of the columns of the first row
	out   record
}

// record takes the parts of a row. The memory is the extractor's.
func (x *extractor) record(row any) (*record, error) {
	if x.rows++; x.rows == 1 {
		x.seen = map[string]bool{}
		if m, ok := row.(map[string]any); ok {
			x.names = slices.Sorted(maps.Keys(m))
		}
	}
	x.out = record{questions: x.out.questions[:0], answers: x.out.answers[:0]}
	found := false
	for _, path := range x.Question {
		v, ok := x.at(row, path)
		found = found || ok
		if text := textOf(v); strings.TrimSpace(text) != "" {
			x.out.questions = append(x.out.questions, text)
		}
	}
	if !found {
		return nil, fmt.Errorf("no column %s; there are %s", strings.Join(x.Question, " or "), names(row))
	}
	if x.Passage != "" {
		v, _ := x.at(row, x.Passage)
		x.out.passage = textOf(v)
	}
	if x.Label != "" {
		text, err := x.choice(row)
		if err != nil {
			return nil, err
		}
		x.answer(text)
	}
	for _, path := range x.Answer {
		v, _ := x.at(row, path)
		if list, ok := v.([]any); ok {
			for _, e := range list {
				x.answer(textOf(e))
			}
			continue
		}
		x.answer(textOf(v))
	}
	return &x.out, nil
}

// answer takes an answer; those of GSM8K in the forms in which they are handed on.
func (x *extractor) answer(text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	if !x.steps {
		x.out.answers = append(x.out.answers, text)
		return
	}
	bare := withoutSteps(text)
	x.out.answers = append(x.out.answers, bare)
	if bare != text {
		x.out.answers = append(x.out.answers, text)
	}
	if _, last, ok := strings.Cut(bare, "####"); ok {
		x.out.answers = append(x.out.answers, strings.TrimSpace(last))
	}
}

// withoutSteps takes <<3*4=12>> out.
func withoutSteps(s string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "<<")
		_, after, closed := strings.Cut(rest, ">>")
		if !ok || !closed {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(before)
		s = after
	}
}

// choice is the text of the choice that the label names; "" if the row has no label, as those of hidden tests.
func (x *extractor) choice(row any) (string, error) {
	v, _ := x.at(row, x.Label)
	label := strings.TrimSpace(textOf(v))
	if label == "" || label == "-1" {
		return "", nil
	}
	var choices []string
	for _, path := range x.Choices {
		c, ok := x.at(row, path)
		if list, isList := c.([]any); isList {
			for _, e := range list {
				choices = append(choices, textOf(e))
			}
		} else if ok {
			choices = append(choices, textOf(c))
		}
	}
	if len(choices) == 0 && x.columns != nil { // a table without names
		for _, path := range x.columns[1 : len(x.columns)-1] {
			if m, ok := row.(map[string]any); ok && m[path] != nil {
				choices = append(choices, textOf(m[path]))
				x.seen[x.Choices[0]] = true
			}
		}
	}
	if len(choices) == 0 {
		return "", nil // an item without choices beside those that have them
	}
	i, err := x.number(row, label)
	if err != nil {
		return "", err
	}
	if i < 0 || i >= len(choices) {
		return "", fmt.Errorf("column %s is %q, and there are %d choices", x.Label, clip(label), len(choices))
	}
	return choices[i], nil
}

// number is which choice a label means, from 0.
func (x *extractor) number(row any, label string) (int, error) {
	if x.Labels != "" {
		v, _ := x.at(row, x.Labels)
		list, _ := v.([]any)
		for i, e := range list {
			if textOf(e) == label {
				return i, nil
			}
		}
		return 0, fmt.Errorf("column %s is %q, which is none of %s", x.Label, clip(label), x.Labels)
	}
	if n, err := strconv.Atoi(label); err == nil {
		return n - x.First, nil
	}
	if len(label) == 1 && label[0]|0x20-'a' < 26 {
		return int(label[0]|0x20) - 'a', nil
	}
	return 0, fmt.Errorf("column %s is %q: want a number or a letter", x.Label, clip(label))
}

// at follows a path into a row. A name with dots in it comes before a path.
func (x *extractor) at(row any, path string) (any, bool) {
	v, ok := follow(row, path)
	if ok {
		x.seen[path] = true
	}
	return v, ok
}

func follow(v any, path string) (any, bool) {
	switch t := v.(type) {
	case map[string]any:
		if e, ok := t[path]; ok {
			return e, true
		}
		for i := range len(path) {
			if path[i] != '.' {
				continue
			}
			if e, ok := t[path[:i]]; ok {
				return follow(e, path[i+1:])
			}
		}
	case []any:
		name, rest, deeper := strings.Cut(path, ".")
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(t) {
			if deeper {
				return follow(t[i], rest)
			}
			return t[i], true
		}
	}
	return nil, false
}

// missing refuses a file of which no row had a column that is asked for.
func (x *extractor) missing() error {
	if x.rows == 0 {
		return nil
	}
	answered := x.Label != "" && x.seen[x.Label]
	for _, path := range x.Answer {
		answered = answered || x.seen[path]
	}
	for _, path := range append([]string{x.Passage, x.Labels}, x.Choices...) {
		if path != "" && !x.seen[path] && !(x.Label != "" && len(x.Answer) > 0 && answered) {
			return fmt.Errorf("no record has a column %s; there are %s", path, clip(strings.Join(x.names, ", ")))
		}
	}
	want := slices.Clone(x.Answer)
	if x.Label != "" {
		want = append(want, x.Label)
	}
	if !answered && len(want) > 0 {
		return fmt.Errorf("no record has a column %s; there are %s", strings.Join(want, " or "), clip(strings.Join(x.names, ", ")))
	}
	return nil
}

// textOf is a value as a text: null is none, a list is its elements' texts, one a line.
func textOf(v any) string {
	switch t := v.(type) {
	case string:
		return t
	case json.Number:
		return t.String()
	case bool:
		return strconv.FormatBool(t)
	case []any:
		var parts []string
		for _, e := range t {
			parts = append(parts, textOf(e))
		}
		return strings.Join(parts, "\n")
	}
	return ""
}

func names(row any) string {
	m, _ := row.(map[string]any)
	return clip(strings.Join(slices.Sorted(maps.Keys(m)), ", "))
}

// clip shortens what is quoted from a file.
func clip(s string) string {
	if len(s) > 200 {
		return strings.ToValidUTF8(s[:200], "") + "…"
	}
	return s
}
