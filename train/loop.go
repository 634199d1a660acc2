package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/train/data"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/ops/cpu"
	"github.com/seed-83c59573/quern/train/pretrained"
)

// loop runs optimizer steps. What differs between kinds of training is the objective and where batches come from.
type loop struct {
	o         Optim
	env       Env
	m         *model.Model
	opt       *adamW
	objective Objective
	samples   data.Samples
	plan      data.Plan       // a batch is a whole step
	micros    int             // parts of equal rows that it is worked on in
	text      pretrained.Text // of the final model; zero = the default
	eval      int             // steps between measurements; 0 = first and last
	measure   func() (loss float64, ok bool, err error)

	st      state
	loader  *data.Loader
	signals Signals
	grads   Grads
}

// readAhead is how many steps' batches are read while one is worked on.
const readAhead = 2

// newModel builds a model for this machine.
func newModel(c model.Config, workers, maxTokens int) (*model.Model, error) {
	return model.New(c, cpu.New(workers), maxTokens)
}

// line is one line of the log.
type line struct {
	Step      int     `json:"step"`
	Loss      float64 `json:"loss"`
	LR        float64 `json:"lr"`
	GradNorm  float64 `json:"grad_norm"`
	Tokens    int64   `json:"tokens"`
	PerSecond float64 `json:"tokens_per_s"`
}

// valLine is a measurement on the validation split.
type valLine struct {
	Step    int     `json:"step"`
	ValLoss float64 `json:"val_loss"`
	ValBPB  float64 `json:"val_bpb"`
}

// run takes the steps that are left. On a cancelled context it commits a checkpoint at the step's end and returns the context's error.
func (l *loop) run(ctx context.Context) error {
	st, resumed, err := resume(l.env.Dir, l.opt)
	if err != nil {
		return err
	}
	if st.Step < 0 || st.Step > l.o.Steps {
		return fmt.Errorf("checkpoint: it is of step %d, the run has %d; remove %s to start from the first step", st.Step, l.o.Steps, latestName)
	}
	l.st = st
	if err := l.open(); err != nil {
		return err
	}
	defer l.loader.Close()
	if !resumed {
		if err := l.look(true); err != nil {
			return err
		}
	}
	schedule := l.o.schedule()
	for l.st.Step < l.o.Steps {
		start := time.Now()
		m, err := l.gradient(ctx)
		if err != nil {
			return l.interrupted(ctx, err)
		}
		lr := schedule.At(l.st.Step)
		if math.IsNaN(m.Loss) || math.IsInf(m.Loss, 0) {
			return l.diverged("loss", m.Loss)
		}
		norm := l.opt.norm()
		if math.IsNaN(norm) || math.IsInf(norm, 0) {
			return l.diverged("gradient's norm", norm)
		}
		l.opt.update(lr, norm)
		if l.st.Step == 0 {
			l.st.LossFirst = m.Loss
		}
		l.st.Step++
		l.st.Cursor = l.loader.Cursor()
		l.st.Tokens += int64(m.Tokens)
		l.st.LossLast = m.Loss
		l.log(line{l.st.Step, m.Loss, lr, norm, l.st.Tokens, float64(m.Tokens) / max(time.Since(start).Seconds(), 1e-6)})
		if l.env.Progress != nil {
			l.env.Progress(l.st.Step, l.o.Steps, m)
		}
		if err := l.between(ctx); err != nil {
			return err
		}
	}
	return nil
}

// between does what is due between two steps.
func (l *loop) between(ctx context.Context) error {
	last := l.st.Step == l.o.Steps
	if l.eval > 0 && l.st.Step%l.eval == 0 && !last {
		if err := l.look(false); err != nil {
			return err
		}
	}
	stop := ctx.Err()
	if due := l.o.Checkpoint > 0 && l.st.Step%l.o.Checkpoint == 0; (due || stop != nil) && !last {
		if err := save(l.env.Dir, l.opt, l.st); err != nil {
			return err
		}
	}
	if last {
		return nil
	}
	return stop
}

// open starts reading where the state says.
func (l *loop) open() (err error) {
	l.loader, err = data.NewLoader(l.samples, l.plan, l.st.Cursor)
	return err
}

// interrupted keeps what was done before a step that was given up while it waited for its batch.
func (l *loop) interrupted(ctx context.Context, err error) error {
	if stop := ctx.Err(); stop != nil && errors.Is(err, stop) && l.st.Step > 0 {
		return errors.Join(save(l.env.Dir, l.opt, l.st), err)
	}
	return err
}

// gradient sums the gradients of all micro-batches of one step.
func (l *loop) gradient(ctx context.Context) (Metrics, error) {
	whole, err := l.loader.Next(ctx)
	if err != nil {
		return Metrics{}, err
	}
	norm := l.objective.Count(whole)
	if norm.Tokens == 0 {
		return Metrics{}, fmt.Errorf("step %d: its batch has no token to learn", l.st.Step+1)
	}
	l.m.ZeroGrad()
	if l.micros > 1 {
		l.m.Hold()
		defer l.m.Release()
	}
	var total Metrics
	rows := whole.Rows / l.micros
	for i := range l.micros {
		b := whole.Part(i*rows, (i+1)*rows)
		if err := l.forward(&b); err != nil {
			return Metrics{}, err
		}
		clear(l.grads.LogP)
		total = total.Add(l.objective.Loss(&b, &l.signals, norm, &l.grads))
		l.m.Backward(&l.grads)
	}
	return total, nil
}

// forward fails on a token that the model does not know.
func (l *loop) forward(b *data.Batch) error {
	vocab := int32(l.m.Config().Vocab)
	for i, t := range b.Tokens {
		if t < 0 || t >= vocab || b.Targets[i] >= vocab {
			return fmt.Errorf("token %d, before %d: the vocabulary has %d: the corpus is another tokenizer's", t, b.Targets[i], vocab)
		}
	}
	n := b.Rows * b.Cols
	if len(l.signals.LogP) != n {
		l.signals = Signals{LogP: make([]float64, n)}
		l.grads = Grads{LogP: make([]float64, n)}
	}
	l.m.Forward(&model.Batch{Rows: b.Rows, Cols: b.Cols, Tokens: b.Tokens, Targets: b.Targets, Doc: b.Segments}, &l.signals)
	return nil
}

// look measures the validation loss and logs it.
func (l *loop) look(first bool) error {
	if l.measure == nil {
		return nil
	}
	loss, ok, err := l.measure()
	if err != nil || !ok {
		return err
	}
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return l.diverged("validation loss", loss)
	}
	if first {
		l.st.ValFirst = loss
	}
	l.log(valLine{l.st.Step, loss, l.bitsPerByte(loss)})
	return nil
}

// bitsPerByte turns nats per token into bits per byte of the validation text, which does not depend on the tokenizer.
func (l *loop) bitsPerByte(loss float64) float64 {
	if l.env.Val == nil || l.env.ValBytes == 0 {
		return 0
	}
	return loss / math.Ln2 * float64(l.env.Val.Len()) / float64(l.env.ValBytes)
}

func (l *loop) diverged(what string, v float64) error {
	kept := "no checkpoint was kept"
	if lt, err := readLatest(l.env.Dir); err == nil {
		if b, err := quern.ReadBlob(l.env.Dir, lt.Slot+"/state.json"); err == nil {
			var st state
			if json.Unmarshal(b, &st) == nil {
				kept = fmt.Sprintf("the checkpoint of step %d is kept", st.Step)
			}
		}
	}
	return fmt.Errorf("step %d: the %s is %v; %s: lower lr, lengthen warmup or look at the data", l.st.Step+1, what, v, kept)
}

// log writes one line. A log that cannot be written costs the log, not the run.
func (l *loop) log(v any) {
	if l.env.Log == nil {
		return
	}
	b, err := json.Marshal(v)
	if err == nil {
		_, err = l.env.Log.Write(append(b, '\n'))
	}
	if err != nil {
		l.env.Log = nil
	}
}

// finish measures, draws samples, and commits the final model.
func (l *loop) finish(prompts []prompt, s Sampling) (Result, error) {
	r := Result{LossFirst: l.st.LossFirst, LossLast: l.st.LossLast, ValFirst: l.st.ValFirst, Tokens: l.st.Tokens, Steps: l.st.Step}
	for _, p := range l.m.Params() {
		r.Parameters += len(p.W)
	}
	if l.measure != nil {
		loss, ok, err := l.measure()
		if err != nil {
			return r, err
		}
		if math.IsNaN(loss) || math.IsInf(loss, 0) {
			return r, l.diverged("validation loss", loss)
		}
		if ok {
			r.ValLoss, r.ValBPB = loss, l.bitsPerByte(loss)
			l.log(valLine{l.st.Step, r.ValLoss, r.ValBPB})
		}
	}
	for i, p := range prompts {
		text, err := generate(l.m, l.env.Tokenizer, s, p, quern.Seed(l.env.Seed, "sample", quern.NewID(fmt.Sprint(i))))
		if err != nil {
			return r, err
		}
		r.Samples = append(r.Samples, p.shown+text)
	}
	var err error
	if r.Blobs, err = saveModel(l.env.Dir, finalName, l.m, l.env.Tokenizer, l.text); err != nil {
		return r, err
	}
	b, err := json.Marshal(r.Blobs)
	r.Checkpoint = quern.DigestOf(b)
	return r, err
}
