package check

import (
	"context"
	"fmt"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/train/data/chat"
	"github.com/seed-83c59573/quern/train/decode"
)

// Ask lets a model answer all prompts, as many at once as the engine has slots. What is drawn by chance depends on o.Seed and the prompt's id
// alone.
func Ask(ctx context.Context, e *decode.Engine, enc *chat.Encoder, prompts []Prompt, o decode.Options) ([]Answer, error) {
	requests := make([]*decode.Request, len(prompts))
	for i, p := range prompts {
		tokens, err := enc.Prompt(p.Messages, nil)
		if err != nil {
			return nil, fmt.Errorf("prompt %s: %w", p.ID, err)
		}
		r := &decode.Request{Prompt: tokens, Options: o}
		r.Options.StopTokens = enc.Stops()
		r.Options.Seed = quern.Seed(o.Seed, "check", quern.NewID(p.ID))
		if err := e.Add(r); err != nil {
			return nil, fmt.Errorf("prompt %s: %w", p.ID, err)
		}
		requests[i] = r
	}
	for e.Step() {
		if err := ctx.Err(); err != nil {
			for _, r := range requests {
				e.Drop(r)
			}
			return nil, err
		}
	}
	out := make([]Answer, len(prompts))
	for i, r := range requests {
		if r.Err != nil {
			return nil, fmt.Errorf("prompt %s: %w", prompts[i].ID, r.Err)
		}
		out[i] = Answer{prompts[i].ID, string(r.Text), r.Reason == decode.Stopped}
	}
	return out, nil
}
