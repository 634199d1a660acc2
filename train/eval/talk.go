package eval

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/seed-83c59573/quern/train/data/chat"
	"github.com/seed-83c59573/quern/train/decode"
	"github.com/seed-83c59573/quern/train/eval/check"
)

// Builtin, as the path of a chat task, is the set of prompts that this program has.
const Builtin = "builtin"

// Chat lays out a conversation for the assistant to go on, and lists the tokens that end its turn.
type Chat func([]chat.Message) (prompt, stop []int32, err error)

// talk asks prompts and judges the answers by rules: formats, refusals, roles, and how often an answer ends by itself.
func (r *Runner) talk(ctx context.Context, t Task, res *Result) error {
	if r.Chat == nil {
		return errors.New("this model has no chat template")
	}
	prompts := check.Builtin()
	if t.Path != Builtin {
		f, err := os.Open(t.Path)
		if err != nil {
			return err
		}
		defer f.Close()
		if prompts, err = check.Read(f); err != nil {
			return err
		}
		if res.Digest, err = digestOf([]string{t.Path}); err != nil {
			return err
		}
	}
	if t.Limit > 0 && t.Limit < len(prompts) {
		prompts = prompts[:t.Limit]
	}
	res.Options = map[string]any{"tokens": t.Tokens}
	rs := make([]*decode.Request, len(prompts))
	for i, p := range prompts {
		ids, stop, err := r.Chat(p.Messages)
		if err != nil {
			return fmt.Errorf("prompt %s: %w", p.ID, err)
		}
		if len(ids) > r.engine.Context() {
			return fmt.Errorf("prompt %s has %d tokens, the model's context is %d", p.ID, len(ids), r.engine.Context())
		}
		rs[i] = &decode.Request{Prompt: ids, Options: decode.Greedy(t.Tokens)}
		rs[i].Options.StopTokens = stop
	}
	if err := r.run(ctx, rs); err != nil {
		return err
	}
	answers := make([]check.Answer, len(rs))
	for i, q := range rs {
		answers[i] = check.Answer{Prompt: prompts[i].ID, Text: string(q.Text), Ended: q.Reason == decode.Stopped}
	}
	rep, err := check.Run(prompts, answers)
	if err != nil {
		return err
	}
	metrics := func(c check.Category) []Metric {
		return []Metric{share("prompts_passed", c.Prompts), share("checks_passed", c.Checks)}
	}
	res.Metrics = append(metrics(rep.All), share("stop_rate", rep.Stop))
	for _, c := range rep.Categories {
		res.Groups = append(res.Groups, Group{c.Name, metrics(c)})
	}
	for i, v := range rep.Verdicts {
		if len(res.Samples) < t.Samples {
			last := prompts[i].Messages[len(prompts[i].Messages)-1]
			res.Samples = append(res.Samples, Sample{Row: v.Prompt, Prompt: last.Content, Output: answers[i].Text, Want: fmt.Sprint(v.Failed), Right: v.Passed})
		}
	}
	return nil
}

// share is a rate as a figure.
func share(name string, r check.Rate) Metric {
	xs := make([]float64, r.Of)
	for i := range r.Held {
		xs[i] = 1
	}
	return mean(name, xs)
}
