package train

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/train/data"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/ops/cpu"
	"github.com/seed-83c59573/quern/train/pretrained"
)

// evalTokens bounds how much of the validation split one measurement reads.
const evalTokens = 1 << 17

// Pretrain fits a model to the tokens of a corpus. It goes on from the newest checkpoint in env.Dir, if there is one.
func Pretrain(ctx context.Context, c Config, env Env) (Result, error) {
	if err := c.Validate(); err != nil {
		return Result{}, err
	}
	cols := c.Model.Context
	rows, _, err := c.rows(cols)
	if err != nil {
		return Result{}, err
	}
	m, text, err := c.begin(env, rows*cols)
	if err != nil {
		return Result{}, err
	}
	eot := int32(env.Tokenizer.EndOfText())
	windows := &data.Windows{Stream: env.Train, Cols: cols, EOT: eot, Segmented: c.Documents}
	if windows.Len() == 0 {
		return Result{}, fmt.Errorf("train: the corpus has %d tokens, fewer than a context of %d: mix more tokens", env.Train.Len(), cols)
	}
	l, err := newLoop(c.Optim, env, m, windows, c.Shuffle)
	if err != nil {
		return Result{}, err
	}
	l.eval, l.lengths, l.text = c.Eval, c.LengthWarmup, text
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

// begin is the model that training starts with, and what a folder said of its text.
func (c Config) begin(env Env, maxTokens int) (*model.Model, pretrained.Text, error) {
	if c.From == "" {
		c.Model.Vocab = env.Tokenizer.Vocab()
		if err := Holds(env.Memory, c.Memory(c.Model, c.Model.Context, 0)); err != nil {
			return nil, pretrained.Text{}, fmt.Errorf("train: %w", err)
		}
		m, err := newModel(c.Model, c.Precision, env.Workers, maxTokens)
		if err == nil {
			m.Init(env.Seed)
		}
		return m, pretrained.Text{}, err
	}
	f, err := pretrained.Open(quern.Local(c.From))
	if err != nil {
		return nil, pretrained.Text{}, fmt.Errorf("train: from %s: %w", c.From, err)
	}
	defer f.Close()
	switch {
	case f.Tokenizer != nil && f.Tokenizer.Digest() != env.Tokenizer.Digest():
		return nil, f.Text, fmt.Errorf("train: from %s: its tokenizer is not the one that the corpus was tokenized with: tokenize with file: %s", c.From, filepath.Join(c.From, pretrained.TokenizerName))
	case f.Config.Vocab < env.Tokenizer.Vocab():
		return nil, f.Text, fmt.Errorf("train: from %s: it has %d tokens, the tokenizer %d", c.From, f.Config.Vocab, env.Tokenizer.Vocab())
	}
	f.Config.Recompute = c.Model.Recompute
	if err := Holds(env.Memory, c.Memory(f.Config, c.Model.Context, 0)); err != nil {
		return nil, f.Text, fmt.Errorf("train: from %s: %w", c.From, err)
	}
	m, err := f.Load(cpu.NewIn(cpu.Precision(c.Precision), env.Workers), c.Model.Context, maxTokens)
	if err != nil {
		err = fmt.Errorf("train: from %s: %w", c.From, err)
	}
	return m, f.Text, err
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
		if err := l.use(b); err != nil {
			return 0, false, err
		}
		l.m.Forward(&l.step.batch, &l.step.signals)
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
