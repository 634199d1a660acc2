package train

import (
	"context"
	"fmt"

	"github.com/seed-83c59573/quern/train/data"
	"github.com/seed-83c59573/quern/train/model"
)

// readAhead is how many steps' batches are read while one is worked on.
const readAhead = 2

// stepOf is one optimizer step's batch and what it is worked on with. All of it is used again.
type stepOf struct {
	rows, cols, micros int         // of a micro-batch, and how many a full step has
	whole              *data.Batch // room for a full step
	now, part          data.Batch  // what a step has of it, and a micro-batch of that
	batch              model.Batch
	signals            Signals
	grads              Grads
}

func newStep(rows, cols, micros int, segments bool) stepOf {
	n := rows * micros * cols
	b := &data.Batch{Rows: rows * micros, Cols: cols, Tokens: make([]int32, n), Targets: make([]int32, n)}
	if segments {
		b.Segments = make([]int32, n)
	}
	return stepOf{rows: rows, cols: cols, micros: micros, whole: b,
		signals: Signals{LogP: make([]float64, rows*cols)}, grads: Grads{LogP: make([]float64, rows*cols)}}
}

// read gathers the micro-batches of the step to come, since their denominators must be known before the first is worked on.
func (l *loop) read(ctx context.Context) error {
	s := &l.step
	micros := l.o.microsAt(l.st.Step, l.steps, s.micros, s.rows*s.cols)
	for i := range micros {
		b, err := l.loader.Next(ctx)
		if err != nil {
			return err
		}
		part := s.whole.Part(i*s.rows, (i+1)*s.rows)
		copy(part.Tokens, b.Tokens)
		copy(part.Targets, b.Targets)
		copy(part.Segments, b.Segments)
	}
	s.now = s.whole.Part(0, micros*s.rows)
	cut(&s.now, l.lengths.lengthAt(l.st.Step, l.steps, s.cols))
	return nil
}

// cut makes rows of cols tokens, a divisor of what they have. The pieces keep their targets: none is lost, only attention does not
// reach back over the cuts.
func cut(b *data.Batch, cols int) {
	b.Rows, b.Cols = b.Rows*b.Cols/cols, cols
}

// gradient sums the gradients of all micro-batches of one step. It fails on a loss that is no number.
func (l *loop) gradient(ctx context.Context) (Metrics, error) {
	s := &l.step
	if err := l.read(ctx); err != nil {
		return Metrics{}, err
	}
	norm := l.objective.Count(&s.now)
	if norm.Tokens == 0 {
		return Metrics{}, fmt.Errorf("step %d: its batch has no token to learn", l.st.Step+1)
	}
	l.m.ZeroGrad()
	rows := s.rows * s.cols / s.now.Cols
	if s.now.Rows > rows {
		l.m.Hold()
		defer l.m.Release()
	}
	var total Metrics
	for from := 0; from < s.now.Rows; from += rows {
		s.part = s.now.Part(from, from+rows)
		if err := l.use(&s.part); err != nil {
			return Metrics{}, err
		}
		clear(s.grads.LogP)
		known, ok := l.objective.(foreseen)
		if ok {
			known.Gradients(&s.part, norm, &s.grads)
			l.m.ForwardBackward(&s.batch, &s.signals, &s.grads)
		} else {
			l.m.Forward(&s.batch, &s.signals)
		}
		total = total.Add(l.objective.Loss(&s.part, &s.signals, norm, &s.grads))
		if !finite(total.Loss) {
			return Metrics{}, l.diverged("loss", total.Loss)
		}
		if !ok {
			l.m.Backward(&s.grads)
		}
	}
	return total, nil
}

// use makes b the batch that the model works on. It fails on a token that the model does not know.
func (l *loop) use(b *data.Batch) error {
	vocab := int32(l.m.Config().Vocab)
	for i, t := range b.Tokens {
		if t < 0 || t >= vocab || b.Targets[i] >= vocab {
			return fmt.Errorf("token %d, before %d: the vocabulary has %d: the corpus is another tokenizer's", t, b.Targets[i], vocab)
		}
	}
	l.step.batch = model.Batch{Rows: b.Rows, Cols: b.Cols, Tokens: b.Tokens, Targets: b.Targets, Doc: b.Segments}
	return nil
}
