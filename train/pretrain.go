package train

import (
	"context"
	"fmt"

	"github.com/seed-83c59573/quern/train/data"
)

// evalTokens bounds how much of the validation split one measurement reads.
const evalTokens = 1 << 17

// Pretrain fits a model to the tokens of a corpus. It goes on from the newest checkpoint in env.Dir, if there is one.
func Pretrain(ctx context.Context, c Config, env Env) (Result, error) {
	if err := c.Validate(); err != nil {
		return Result{}, err
	}
	c.Model.Vocab = env.Tokenizer.Vocab()
	cols := c.Model.Context
	rows, _, err := c.rows(cols)
	if err != nil {
		return Result{}, err
	}
	m, err := newModel(c.Model, c.Precision, env.Workers, rows*cols)
	if err != nil {
		return Result{}, err
	}
	m.Init(env.Seed)
	eot := int32(env.Tokenizer.EndOfText())
	windows := &data.Windows{Stream: env.Train, Cols: cols, EOT: eot, Segmented: c.Documents}
	if windows.Len() == 0 {
		return Result{}, fmt.Errorf("train: the corpus has %d tokens, fewer than a context of %d: mix more tokens", env.Train.Len(), cols)
	}
	l, err := newLoop(c.Optim, env, m, windows, c.Shuffle)
	if err != nil {
		return Result{}, err
	}
	l.eval, l.lengths = c.Eval, c.LengthWarmup
	if env.Val != nil && env.Val.Len() > 1 {
		l.measure = func() (float64, bool, error) {
			return l.validate(&data.Windows{Stream: env.Val, Rows: rows, Cols: cols, EOT: eot, Segmented: c.Documents})
		}
	}
	prompts := make([]prompt, len(c.Sample.Prompts)) // before the first step: a prompt that does not fit must not cost a run
	for i, p := range c.Sample.Prompts {
		prompts[i] = textPrompt(env.Tokenizer, p)
		if err := prompts[i].fits(cols); err != nil {
			return Result{}, err
		}
	}
	if err := l.run(ctx); err != nil {
		return Result{}, err
	}
	return l.finish(prompts, c.Sample)
}

// validate is the mean loss on the first tokens of the validation split.
func (l *loop) validate(w *data.Windows) (float64, bool, error) {
	sum, count := 0.0, 0
	for i := int64(0); i < w.Tail() && i*int64(w.Rows*w.Cols) < evalTokens; i++ {
		b, err := w.Once(i)
		if err != nil {
			return 0, false, err
		}
		n := l.objective.Count(b)
		if n.Tokens == 0 {
			continue
		}
		if err := l.forward(b); err != nil {
			return 0, false, err
		}
		clear(l.step.grads.LogP)
		m := l.objective.Loss(b, &l.step.signals, n, &l.step.grads)
		sum += m.Loss * float64(n.Tokens)
		count += n.Tokens
	}
	if count == 0 {
		return 0, false, nil
	}
	return sum / float64(count), true, nil
}
