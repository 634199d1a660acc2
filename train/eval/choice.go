package eval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// item is a question with its choices, as the model is asked.
type item struct {
	group   string
	about   string // stands before everything
	prompt  string
	choices []string
	gold    int
}

// choiceRow has the fields of all shapes: ARC {question, choices: {text, label}, answerKey}; MMLU {question, choices, answer, subject};
// HellaSwag {activity_label, ctx_a, ctx_b, endings, label}; and {query or context, choices, gold or label}, which is asked as it is.
type choiceRow struct {
	Question  *string         `json:"question"`
	Choices   json.RawMessage `json:"choices"`
	AnswerKey *string         `json:"answerKey"`
	Answer    json.RawMessage `json:"answer"`
	Subject   string          `json:"subject"`
	Activity  *string         `json:"activity_label"`
	CtxA      string          `json:"ctx_a"`
	CtxB      string          `json:"ctx_b"`
	Endings   []string        `json:"endings"`
	Label     json.RawMessage `json:"label"`
	Gold      json.RawMessage `json:"gold"`
	Query     *string         `json:"query"`
	Context   *string         `json:"context"`
	item      item
}

// read finds out the shape. Prompts are those of lm-evaluation-harness (tasks/arc, tasks/mmlu/default, tasks/hellaswag).
func (c *choiceRow) read() error {
	var list []string
	it := &c.item
	switch {
	case c.Endings != nil && c.Activity != nil:
		it.prompt = tidy(*c.Activity + ": " + c.CtxA + " " + capital(c.CtxB))
		for _, e := range c.Endings {
			it.choices = append(it.choices, tidy(e))
		}
		return it.want(c.Label)
	case c.Question != nil && c.AnswerKey != nil:
		var choices struct{ Text, Label []string }
		if err := json.Unmarshal(c.Choices, &choices); err != nil {
			return fmt.Errorf("choices: %w", err)
		}
		it.prompt, it.choices = "Question: "+*c.Question+"\nAnswer:", choices.Text
		it.gold = slices.Index(choices.Label, *c.AnswerKey)
		if len(choices.Label) != len(choices.Text) || it.gold < 0 {
			return fmt.Errorf("answerKey is %q, the choices have labels %q", *c.AnswerKey, choices.Label)
		}
		return it.check()
	case c.Question != nil && c.Answer != nil:
		if err := json.Unmarshal(c.Choices, &list); err != nil {
			return fmt.Errorf("choices: %w", err)
		}
		it.group, it.prompt = c.Subject, strings.TrimSpace(*c.Question)
		if c.Subject != "" {
			it.about = "The following are multiple choice questions (with answers) about " + strings.ReplaceAll(c.Subject, "_", " ") + ".\n\n"
		}
		if len(list) > 26 {
			return fmt.Errorf("%d choices, there are 26 letters", len(list))
		}
		for i, s := range list {
			letter := string(rune('A' + i))
			it.prompt += "\n" + letter + ". " + s
			it.choices = append(it.choices, letter)
		}
		it.prompt += "\nAnswer:"
		return it.want(c.Answer)
	case c.Query != nil || c.Context != nil:
		if c.Query == nil {
			c.Query = c.Context
		}
		if err := json.Unmarshal(c.Choices, &list); err != nil {
			return fmt.Errorf("choices: %w", err)
		}
		it.prompt, it.choices = *c.Query, list
		if c.Gold == nil {
			c.Gold = c.Label
		}
		return it.want(c.Gold)
	}
	return errors.New("no known shape: want the fields of ARC, MMLU or HellaSwag, or query, choices and gold")
}

// want takes the number, or the letter, of the right choice.
func (it *item) want(raw json.RawMessage) error {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		s = string(raw)
	}
	n, err := strconv.Atoi(s)
	if err != nil && len(s) == 1 && s[0] >= 'A' && s[0] <= 'Z' {
		n, err = int(s[0]-'A'), nil
	}
	if err != nil {
		return fmt.Errorf("the right choice is %.40q, want its number from 0 or its letter", s)
	}
	it.gold = n
	return it.check()
}

func (it *item) check() error {
	if len(it.choices) < 2 || it.gold < 0 || it.gold >= len(it.choices) {
		return fmt.Errorf("%d choices, of which number %d is right", len(it.choices), it.gold)
	}
	if slices.Contains(it.choices, "") {
		return errors.New("an empty choice")
	}
	return nil
}

var brackets = regexp.MustCompile(`\[.*?\]`)

// tidy takes WikiHow's marks out of HellaSwag's texts.
func tidy(s string) string {
	s = strings.ReplaceAll(strings.TrimSpace(s), " [title]", ". ")
	return strings.ReplaceAll(brackets.ReplaceAllString(s, ""), "  ", " ")
}

// capital is Python's capitalize: the first letter large, the others small.
func capital(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToTitle(first)) + strings.ToLower(s[n:])
}

// shots are n solved rows, none of them the asked one, joined as lm-evaluation-harness joins them. They are the first of their file.
func shots(n int, from []string, own bool, asked int) string {
	var b strings.Builder
	for i, s := range from {
		if n == 0 {
			break
		}
		if own && i == asked {
			continue
		}
		b.WriteString(s + "\n\n")
		n--
	}
	return b.String()
}

// choice takes the likeliest of the choices, by the sum of its log-probabilities (acc), by characters (acc_norm), bytes and tokens.
func (r *Runner) choice(ctx context.Context, t Task, res *Result) error {
	paths, err := files(t.Path)
	if err != nil {
		return err
	}
	read := func(path string, limit int) ([]choiceRow, error) { return rows(path, limit, (*choiceRow).read) }
	var all []choiceRow
	for _, p := range paths {
		list, err := read(p, t.Limit)
		if err != nil {
			return err
		}
		all = append(all, list...)
	}
	examples, own := all, true
	if t.From != "" {
		own = false
		if examples, err = read(t.From, 0); err != nil {
			return err
		}
		paths = append(paths, t.From)
	}
	if res.Digest, err = digestOf(paths); err != nil {
		return err
	}
	res.Options = map[string]any{"shots": t.Shots}
	var pairs []pair
	for i, row := range all {
		var solved []string
		for j := 0; j < len(examples) && len(solved) <= t.Shots && t.Shots > 0; j++ {
			if e := examples[j].item; e.group == row.item.group && !(own && j == i) {
				solved = append(solved, e.prompt+" "+e.choices[e.gold])
			}
		}
		prompt := row.item.about + shots(t.Shots, solved, false, 0) + row.item.prompt
		for _, c := range row.item.choices {
			pairs = append(pairs, pair{prompt, " " + c})
		}
	}
	got, err := r.score(ctx, pairs)
	if err != nil {
		return err
	}
	right, by := judgeChoices(all, got, t.Samples, res)
	metrics := func(rows []int) (out []Metric) {
		for k, name := range []string{"acc", "acc_norm", "acc_bytes", "acc_token"} {
			out = append(out, mean(name, pick(right[k], rows)))
		}
		return out
	}
	every := make([]int, len(all))
	for i := range every {
		every[i] = i
	}
	res.Metrics, res.Groups = metrics(every), by.list(metrics)
	return nil
}

// judgeChoices tells of each row whether the right choice was the likeliest: by sum, by characters, by bytes and by tokens.
func judgeChoices(all []choiceRow, got []likelihood, samples int, res *Result) (right [4][]float64, by groups) {
	for i, row := range all {
		it := row.item
		lls := got[:len(it.choices)]
		got = got[len(it.choices):]
		taken := 0
		for k := range right {
			xs := make([]float64, len(lls))
			for c, l := range lls {
				xs[c] = l.logp / []float64{1, float64(chars(it.choices[c])), float64(len(it.choices[c])), float64(max(1, l.tokens))}[k]
			}
			best := argmax(xs)
			if k == 0 {
				taken = best
			}
			right[k] = append(right[k], truth(best == it.gold))
		}
		by.add(it.group, i)
		if len(res.Samples) < samples {
			res.Samples = append(res.Samples, Sample{Row: fmt.Sprint(i), Prompt: it.prompt, Output: it.choices[taken], Want: it.choices[it.gold], Right: taken == it.gold})
		}
	}
	return right, by
}
