package eval

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-83c59573/quern/train/decode"
)

// exercise is a row of HumanEval (Chen et al., 2021).
type exercise struct {
	ID     string `json:"task_id"`
	Prompt string `json:"prompt"`
	Test   string `json:"test"`
	Entry  string `json:"entry_point"`
}

// codeStops end a function: what follows is another thing (lm-evaluation-harness, tasks/humaneval).
var codeStops = []string{"\nclass", "\ndef", "\n#", "\nif", "\nprint"}

// passAtK is the unbiased estimate of the chance that of k draws one passes, if c of n did (Chen et al., 2021, equation 1):
// 1 - C(n-c, k)/C(n, k).
func passAtK(n, c, k int) float64 {
	if n-c < k {
		return 1
	}
	p := 1.0
	for i := n - c + 1; i <= n; i++ {
		p *= 1 - float64(k)/float64(i)
	}
	return 1 - p
}

// errNoRun is of a task that would run code which nobody asked to run.
var errNoRun = errors.New("what the model writes must be run to be measured: allow it (--run-code); it is confined to an empty folder, without network, with limits on time and memory")

// humanEval lets the model finish functions and runs their tests.
func (r *Runner) humanEval(ctx context.Context, t Task, res *Result) error {
	if !t.RunCode {
		return errNoRun
	}
	all, err := rows(t.Path, t.Limit, func(e *exercise) error {
		if e.Prompt == "" || e.Test == "" || e.Entry == "" {
			return errors.New("want prompt, test and entry_point")
		}
		return nil
	})
	if err != nil {
		return err
	}
	if res.Digest, err = digestOf([]string{t.Path}); err != nil {
		return err
	}
	box, err := newSandbox(ctx, t.Python)
	if err != nil {
		return err
	}
	res.Options = map[string]any{"draws": t.Draws, "temperature": t.Warm, "tokens": t.Tokens}
	o := decode.Greedy(t.Tokens)
	o.Temperature, o.Seed, o.Stop = t.Warm, t.Seed, codeStops
	if o.Temperature > 0 {
		o.TopP = 0.95
	}
	prompts := make([]string, len(all))
	for i, e := range all {
		prompts[i] = e.Prompt
	}
	said, err := r.say(ctx, prompts, o, t.Draws, res)
	if err != nil {
		return err
	}
	passes := make([][]float64, len(t.K))
	for i, e := range all {
		c := 0
		for k := range t.Draws {
			code := said[i*t.Draws+k]
			pass, why, err := box.run(ctx, program(e, code), 10*time.Second)
			if err != nil {
				return fmt.Errorf("%s: %w", e.ID, err)
			}
			if pass {
				c++
			}
			if k == 0 && len(res.Samples) < t.Samples {
				res.Samples = append(res.Samples, Sample{Row: e.ID, Prompt: e.Prompt, Output: code, Want: why, Right: pass})
			}
		}
		for j, k := range t.K {
			passes[j] = append(passes[j], passAtK(t.Draws, c, k))
		}
	}
	for j, k := range t.K {
		res.Metrics = append(res.Metrics, mean(fmt.Sprintf("pass@%d", k), passes[j]))
	}
	return nil
}

func program(e exercise, code string) string {
	return e.Prompt + code + "\n" + e.Test + "\ncheck(" + e.Entry + ")\n"
}
