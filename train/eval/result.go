package eval

import (
	"fmt"
	"strings"

	"github.com/seed-83c59573/quern"
)

// Result is what a task came to.
type Result struct {
	Task    string         `json:"task"`   // as it was asked for
	Kind    string         `json:"kind"`   // "blimp"
	Digest  quern.Digest   `json:"digest"` // of the files that it read
	Options map[string]any `json:"options,omitempty"`
	Metrics []Metric       `json:"metrics"`
	Groups  []Group        `json:"groups,omitempty"` // by phenomenon, subject or domain, sorted by name
	Samples []Sample       `json:"samples,omitempty"`
	Notes   []string       `json:"notes,omitempty"`
}

// Group is the figures of some of the rows.
type Group struct {
	Name    string   `json:"name"`
	Metrics []Metric `json:"metrics"`
}

// Sample is a row to look at: what the model was given, what it said or preferred, and what was wanted.
type Sample struct {
	Row    string `json:"row"`
	Prompt string `json:"prompt"`
	Output string `json:"output"`
	Want   string `json:"want,omitempty"`
	Right  bool   `json:"right"`
}

// Report is the results of a model.
type Report struct {
	Quern   string       `json:"quern"`   // version
	Eval    string       `json:"eval"`    // Version
	Model   string       `json:"model"`   // as it was asked for
	Weights quern.Digest `json:"weights"` // digest of all parameters with their names and shapes
	Tokens  quern.Digest `json:"tokenizer"`
	Results []Result     `json:"results"`
}

// Table is for people: a line a figure.
func (r *Report) Table() string {
	rows := [][5]string{{"task", "group", "metric", "value", "n"}}
	add := func(task, group string, ms []Metric) {
		for _, m := range ms {
			value := fmt.Sprintf("%.4f", m.Value)
			if m.StdErr > 0 {
				value += fmt.Sprintf(" ± %.4f", m.StdErr)
			}
			rows = append(rows, [5]string{task, group, m.Name, value, fmt.Sprint(m.N)})
			task, group = "", ""
		}
	}
	for _, res := range r.Results {
		add(res.Task, "all", res.Metrics)
		for _, g := range res.Groups {
			add("", g.Name, g.Metrics)
		}
	}
	var widths [5]int
	for _, row := range rows {
		for i, s := range row {
			widths[i] = max(widths[i], chars(s))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for i, s := range row {
			line += s + strings.Repeat(" ", widths[i]-chars(s)+2)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	for _, res := range r.Results {
		for _, n := range res.Notes {
			fmt.Fprintf(&b, "%s: %s\n", res.Task, n)
		}
	}
	return b.String()
}
