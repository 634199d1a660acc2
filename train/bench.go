package train

import (
	"context"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/train/data"
	"github.com/seed-83c59573/quern/train/model"
)

// Stepper takes the optimizer steps of a pretraining run one by one, each exactly as Pretrain takes it, with no validation, no
// checkpoint and no log between them: to time a step beside a peer's, or to compare what it gives.
type Stepper struct{ l *loop }

// Stepped is what one step came to.
type Stepped struct {
	Loss     float64 // before the step, nats per token
	LR       float64
	GradNorm float64 // before clipping
	Tokens   int
}

// NewStepper is a run over a stream of tokens, whose vocabulary is c.Model.Vocab, and whose documents end with eot. Its first weights
// are those that Pretrain draws from the same seed.
func NewStepper(c Config, stream data.Stream, eot int32, workers int, seed uint64) (*Stepper, error) {
	vocab := c.Model.Vocab
	c.Model.Vocab = 0 // else the tokenizer's
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c.Model.Vocab = vocab
	cols := c.Model.Context
	rows, _, err := c.rows(cols)
	if err != nil {
		return nil, err
	}
	m, err := newModel(c.Model, c.Precision, workers, rows*cols)
	if err != nil {
		return nil, err
	}
	m.Init(seed)
	windows := &data.Windows{Stream: stream, Cols: cols, EOT: eot, Segmented: c.Documents}
	l, err := newLoop(c.Optim, Env{Dir: &quern.Memory{}, Seed: seed}, m, windows, c.Shuffle)
	if err != nil {
		return nil, err
	}
	l.lengths = c.LengthWarmup
	return &Stepper{l}, l.open()
}

// Model is what is trained.
func (s *Stepper) Model() *model.Model { return s.l.m }

// Step takes the next step.
func (s *Stepper) Step(ctx context.Context) (Stepped, error) {
	l := s.l
	m, err := l.gradient(ctx)
	if err != nil {
		return Stepped{}, err
	}
	r := Stepped{m.Loss, l.schedule.At(l.st.Step), l.opt.norm(), m.Tokens}
	l.update(r.LR, l.opt.clip(r.GradNorm))
	l.st.Step++
	return r, nil
}

// Close ends the reading ahead.
func (s *Stepper) Close() { s.l.loader.Close() }
