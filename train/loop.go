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
	opt       *optimizer
	objective Objective
	samples   data.Samples
	plan      data.Plan // a batch is a micro-batch
	steps     int
	lengths   Ramp
	text      pretrained.Text // of the final model; zero = the default
	base      string          // what an adapter was trained on top of, for people
	eval      int             // steps between measurements; 0 = first and last
	measure   func() (loss float64, ok bool, err error)

	st       state
	schedule Schedule
	loader   *data.Loader
	step     stepOf
	average  *shadow // with EMA
	best     *shadow // with EarlyStop
	saver    *saver
	metrics  *metrics
}

// newModel builds a model for this machine.
func newModel(c model.Config, precision string, workers, maxTokens int) (*model.Model, error) {
	return model.New(c, cpu.NewIn(cpu.Precision(precision), workers), maxTokens)
}

// newLoop plans a run of m, from the weights that it has, over samples. m has room for a micro-batch of o.rows.
func newLoop(o Optim, env Env, m *model.Model, samples data.Samples, shuffle bool) (*loop, error) {
	cols, segments := samples.Shape()
	rows, micros, err := o.rows(cols)
	if err != nil {
		return nil, err
	}
	opt, err := newOptimizer(o, m.Ops(), m.Config(), m.Trainable())
	if err != nil {
		return nil, err
	}
	steps := o.Planned(cols, samples.Len()*int64(cols))
	l := &loop{o: o, env: env, m: m, opt: opt, objective: NextToken{}, samples: samples, steps: steps, schedule: o.schedule(steps),
		plan: data.Plan{Rows: rows, Shuffle: shuffle, Seed: env.Seed, Ahead: readAhead * micros},
		step: newStep(rows, cols, micros, segments)}
	if o.EMA > 0 {
		l.average = newShadow(opt.params)
	}
	if o.EarlyStop.Patience > 0 {
		l.best = newShadow(opt.params)
	}
	return l, nil
}

// start takes what stands beside the weights, and goes on from the newest checkpoint.
func (l *loop) start() (resumed bool, err error) {
	if l.o.EarlyStop.Patience > 0 && (l.measure == nil || l.eval == 0) {
		return false, errors.New("train: early_stop looks at a validation loss, and this run has none")
	}
	files := []tensorFile{{pretrained.WeightsName, tensors(l.m.Params())}, {"optimizer.safetensors", l.opt.moments()}}
	if own := l.m.AdapterParams(); len(own) > 0 {
		files = append(files, tensorFile{"adapter.safetensors", tensors(own)})
	}
	if l.average != nil {
		files = append(files, tensorFile{"average.safetensors", l.average.tensors()})
	}
	if l.best != nil {
		files = append(files, tensorFile{"best.safetensors", l.best.tensors()})
	}
	run, err := l.identity()
	if err != nil {
		return false, err
	}
	l.saver = &saver{dir: l.env.Dir, run: run, config: l.m.Config(), tok: l.env.Tokenizer, text: l.text, keep: l.o.Keep, every: l.o.KeepEvery, files: files}
	if l.st, resumed, err = resume(l.env.Dir, run, files, l.env.Note); err != nil {
		return false, fmt.Errorf("train: %w", err)
	}
	l.opt.updates = l.st.Updates
	l.metrics = newMetrics(l)
	return resumed, l.open()
}

// open starts reading where the state says.
func (l *loop) open() (err error) {
	l.loader, err = data.NewLoader(l.samples, l.plan, l.st.Cursor)
	return err
}

// run takes the steps that are left. On a cancelled context it commits a checkpoint at the step's end and returns the context's error.
func (l *loop) run(ctx context.Context) (err error) {
	resumed, err := l.start()
	if err != nil {
		return err
	}
	defer l.loader.Close()
	defer func() { err = errors.Join(err, l.saver.wait()) }()
	if !resumed {
		if err := l.look(); err != nil {
			return err
		}
	}
	for l.st.Step < l.steps && !l.st.Stopped {
		if err := l.one(ctx); err != nil {
			return l.interrupted(ctx, err)
		}
		if err := l.between(ctx); err != nil {
			return err
		}
	}
	return nil
}

// one takes one step.
func (l *loop) one(ctx context.Context) error {
	start := time.Now()
	m, err := l.gradient(ctx)
	if err != nil {
		return err
	}
	norm := l.opt.norm()
	if !finite(norm) {
		return l.diverged("gradient's norm", norm)
	}
	lr, clip, skip := l.schedule.At(l.st.Step), l.opt.clip(norm), l.outlier(m.Loss, norm)
	if !skip {
		l.update(lr, clip)
	}
	if clip < 1 {
		l.st.Clipped++
	}
	if l.st.Step == 0 {
		l.st.LossFirst = m.Loss
	}
	l.st.Step++
	l.st.Cursor = l.loader.Cursor()
	l.st.Tokens += int64(m.Tokens)
	l.st.LossLast = m.Loss
	m = l.metrics.step(l.st, m, l.step.now.Rows, l.step.now.Cols, lr, norm, skip, time.Since(start).Seconds())
	if l.env.Progress != nil {
		l.env.Progress(l.st.Step, l.steps, m)
	}
	return nil
}

// outlier tells whether the update of this step is to be left out.
func (l *loop) outlier(loss, norm float64) bool {
	far := l.o.Skip.outlier(&l.st.Losses, loss, l.o.Skip.Loss)
	return l.o.Skip.outlier(&l.st.Norms, norm, l.o.Skip.Grad) || far
}

// update moves the weights, and what follows them.
func (l *loop) update(lr, clip float64) {
	l.opt.update(lr, clip)
	l.st.Updates = l.opt.updates
	if l.average != nil {
		l.average.follow(l.m.Ops(), l.o.EMA, l.opt.updates)
	}
}

// between does what is due between two steps.
func (l *loop) between(ctx context.Context) error {
	last := l.st.Step == l.steps
	if l.eval > 0 && l.st.Step%l.eval == 0 && !last {
		if err := l.look(); err != nil {
			return err
		}
	}
	if last || l.st.Stopped {
		return l.saver.wait()
	}
	if err := ctx.Err(); err != nil {
		return errors.Join(l.saver.saveNow(l.st), err)
	}
	if l.o.Checkpoint > 0 && l.st.Step%l.o.Checkpoint == 0 {
		return l.saver.save(l.st)
	}
	return l.saver.poll()
}

// interrupted keeps what was done before a step that was given up while it waited for its batch.
func (l *loop) interrupted(ctx context.Context, err error) error {
	if stop := ctx.Err(); stop != nil && errors.Is(err, stop) && l.st.Step > 0 {
		return errors.Join(l.saver.saveNow(l.st), err)
	}
	return err
}

// look measures the validation loss of the weights that would be kept if this were the end.
func (l *loop) look() error {
	loss, ok, err := l.validation()
	if err != nil || !ok {
		return err
	}
	if l.st.Step == 0 {
		l.st.ValFirst = loss
	}
	l.metrics.validation(l.st.Step, loss, l.bitsPerByte(loss))
	l.judge(loss)
	return nil
}

// judge keeps the best weights, and ends a run that finds no better ones.
func (l *loop) judge(loss float64) {
	if l.best == nil {
		return
	}
	if l.st.Step == 0 || loss < l.st.ValBest-l.o.EarlyStop.MinDelta {
		l.st.ValBest, l.st.BestStep, l.st.Worse = loss, l.st.Step, 0
		l.exported(l.best.take)
		return
	}
	l.st.Worse++
	l.st.Stopped = l.st.Worse >= l.o.EarlyStop.Patience
}

// exported calls f while the model has the weights that are kept at the end: the average, with EMA.
func (l *loop) exported(f func()) {
	if l.average != nil {
		l.average.swap()
		defer l.average.swap()
	}
	f()
}

func (l *loop) validation() (loss float64, ok bool, err error) {
	if l.measure == nil {
		return 0, false, nil
	}
	l.exported(func() { loss, ok, err = l.measure() })
	if err == nil && ok && !finite(loss) {
		err = l.diverged("validation loss", loss)
	}
	return loss, ok, err
}

// bitsPerByte turns nats per token into bits per byte of the validation text, which does not depend on the tokenizer.
func (l *loop) bitsPerByte(loss float64) float64 {
	if l.env.Val == nil || l.env.ValBytes == 0 {
		return 0
	}
	return loss / math.Ln2 * float64(l.env.Val.Len()) / float64(l.env.ValBytes)
}

func finite(x float64) bool { return x-x == 0 }

// diverged says what is no number, where it came from, and what is left.
func (l *loop) diverged(what string, v float64) error {
	kept := "no checkpoint was kept"
	if err := l.saver.wait(); err != nil {
		kept += " (" + err.Error() + ")"
	}
	if step, ok := newestCheckpoint(l.env.Dir); ok {
		kept = fmt.Sprintf("the checkpoint of step %d is kept", step)
	}
	return fmt.Errorf("step %d: the %s is %v%s; %s: lower lr, lengthen warmup or look at the data", l.st.Step+1, what, v, l.culprit(), kept)
}

// finish measures, draws samples, and commits the final model.
func (l *loop) finish(prompts []prompt, s Sampling) (Result, error) {
	r := Result{LossFirst: l.st.LossFirst, LossLast: l.st.LossLast, ValFirst: l.st.ValFirst, Tokens: l.st.Tokens, Steps: l.st.Step,
		Skipped: l.st.skipped(), Stopped: l.st.Stopped}
	for _, p := range l.m.Params() {
		r.Parameters += len(p.W)
	}
	loss, ok, err := l.validation()
	if err != nil {
		return r, err
	}
	if l.average != nil {
		l.average.give()
	}
	if ok {
		l.metrics.validation(l.st.Step, loss, l.bitsPerByte(loss))
		if l.best != nil && l.st.ValBest < loss {
			l.best.give()
			loss, r.BestStep = l.st.ValBest, l.st.BestStep
		}
		r.ValLoss, r.ValBPB = loss, l.bitsPerByte(loss)
	}
	for i, p := range prompts {
		text, err := generate(l.m, l.env.Tokenizer, s, p, quern.Seed(l.env.Seed, "sample", quern.NewID(fmt.Sprint(i))))
		if err != nil {
			return r, err
		}
		r.Samples = append(r.Samples, p.shown+text)
	}
	adapter, err := l.keepAdapter()
	if err != nil {
		return r, err
	}
	if r.Blobs, err = saveModel(l.env.Dir, finalName, l.m, l.env.Tokenizer, l.text); err != nil {
		return r, err
	}
	r.Blobs = append(r.Blobs, adapter...)
	b, err := json.Marshal(r.Blobs)
	r.Checkpoint = quern.DigestOf(b)
	return r, err
}
