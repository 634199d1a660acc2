package train

import (
	"errors"
	"fmt"
	"sort"
	"strings"

	"github.com/seed-83c59573/quern/train/ops/cpu"
)

// Optim is what every kind of training is told: how much, how fast, and when to look up.
type Optim struct {
	Batch       int   `yaml:"batch"`        // tokens of an optimizer step
	BatchWarmup Ramp  `yaml:"batch_warmup"` // steps begin with from tokens and grow, by whole micro-batches, to batch
	Steps       int   `yaml:"steps"`        // how long: this, or one of the next two
	Tokens      int64 `yaml:"tokens"`       // read in all, in whole steps
	Epochs      int   `yaml:"epochs"`       // of the data, in whole steps

	Optimizer   string  `yaml:"optimizer"` // adamw, sgd, or muon, which has AdamW for all but the blocks' matrices
	LR          float64 `yaml:"lr"`
	MinLR       float64 `yaml:"min_lr"` // where a schedule ends, as a share of lr
	Schedule    string  `yaml:"schedule"`
	Warmup      float64 `yaml:"warmup"` // steps; below 1, their share
	Decay       float64 `yaml:"decay"`  // of the schedule wsd: the share of steps in which the rate falls
	WeightDecay float64 `yaml:"weight_decay"`
	Beta1       float64 `yaml:"beta1"`
	Beta2       float64 `yaml:"beta2"`
	Eps         float64 `yaml:"eps"`
	Momentum    float64 `yaml:"momentum"` // of sgd
	Muon        Muon    `yaml:"muon"`
	Groups      []Group `yaml:"groups,omitempty"`
	Clip        float64 `yaml:"clip"` // the gradient's norm is cut to this; 0 = never
	Skip        Skip    `yaml:"skip"`
	EMA         float64 `yaml:"ema"` // the model is a moving average of the weights, which keeps this much a step; 0 = the weights

	Precision  string    `yaml:"precision"` // of what products multiply: fp32, or bf16; sums, weights and all else are fp32
	EarlyStop  EarlyStop `yaml:"early_stop"`
	Micro      int       `yaml:"micro"`               // tokens of a micro-batch, at most: what memory is spent on
	Checkpoint int       `yaml:"checkpoint" json:"-"` // steps between checkpoints; 0 = only at the end
	Keep       int       `yaml:"keep" json:"-"`       // checkpoints that are kept, the newest
	KeepEvery  int       `yaml:"keep_every" json:"-"` // and those of each so many steps; 0 = none besides
}

// Ramp is a size that grows from From over the first Over steps, or, below 1, that share of them. From 0 = it is full from the start.
type Ramp struct {
	From int     `yaml:"from"`
	Over float64 `yaml:"over"`
}

// EarlyStop ends a run after Patience measurements in a row that are not better than the best by more than MinDelta, in nats per token;
// the best weights are the model then. Patience 0 = never.
type EarlyStop struct {
	Patience int     `yaml:"patience"`
	MinDelta float64 `yaml:"min_delta"`
}

// defaultOptim has what all kinds of training begin with.
func defaultOptim() Optim {
	return Optim{Optimizer: ruleAdamW, Precision: string(cpu.FP32), MinLR: 0.1, Schedule: "cosine", Decay: 0.2, Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, Momentum: 0.9,
		Muon: Muon{Momentum: 0.95, Scale: scaleJordan}, Clip: 1, Skip: Skip{Window: 128}, Micro: 8192, Checkpoint: 100, Keep: 2}
}

// schedule is the learning rate over the steps of a run.
func (o Optim) schedule(steps int) Schedule {
	return Schedule{Kind: o.Schedule, Peak: o.LR, Floor: o.MinLR, Warmup: o.Warmup, Decay: o.Decay, Steps: steps}
}

// Validate refuses in words.
func (o Optim) Validate() error {
	long := 0
	for _, given := range []bool{o.Steps != 0, o.Tokens != 0, o.Epochs != 0} {
		if given {
			long++
		}
	}
	switch {
	case long > 1:
		return fmt.Errorf("train: steps is %d, tokens %d, epochs %d: want one of them", o.Steps, o.Tokens, o.Epochs)
	case long == 0:
		return errors.New("train: steps is 0: say how long training is, by steps, tokens or epochs")
	case o.Steps < 0:
		return fmt.Errorf("train: steps is %d, want 1 or more", o.Steps)
	case o.Tokens < 0:
		return fmt.Errorf("train: tokens is %d, want 1 or more", o.Tokens)
	case o.Epochs < 0:
		return fmt.Errorf("train: epochs is %d, want 1 or more", o.Epochs)
	case o.Batch < 1:
		return fmt.Errorf("train: batch is %d tokens, want 1 or more", o.Batch)
	case o.Micro < 1:
		return fmt.Errorf("train: micro is %d tokens, want 1 or more", o.Micro)
	case o.BatchWarmup.From > o.Batch:
		return fmt.Errorf("train: batch_warmup.from is %d tokens, want no more than batch, %d", o.BatchWarmup.From, o.Batch)
	case o.Checkpoint < 0:
		return fmt.Errorf("train: checkpoint is %d steps, want 0 or more", o.Checkpoint)
	case o.Keep < 1:
		return fmt.Errorf("train: keep is %d checkpoints, want 1 or more", o.Keep)
	case o.KeepEvery < 0 || o.KeepEvery > 0 && (o.Checkpoint == 0 || o.KeepEvery%o.Checkpoint != 0):
		return fmt.Errorf("train: keep_every is %d steps, want a multiple of checkpoint, %d", o.KeepEvery, o.Checkpoint)
	case o.EarlyStop.Patience < 0 || !(o.EarlyStop.MinDelta >= 0):
		return fmt.Errorf("train: early_stop has a patience of %d and a min_delta of %g, want 0 or more", o.EarlyStop.Patience, o.EarlyStop.MinDelta)
	}
	return errors.Join(o.BatchWarmup.validate("batch_warmup"), o.validateRule(), o.schedule(max(1, o.Steps)).Validate())
}

func (o Optim) validateRule() error {
	switch {
	case o.Optimizer != ruleAdamW && o.Optimizer != ruleMuon && o.Optimizer != ruleSGD:
		return fmt.Errorf("train: optimizer is %q, want %s", o.Optimizer, strings.Join([]string{ruleAdamW, ruleMuon, ruleSGD}, ", "))
	case !(o.WeightDecay >= 0 && o.WeightDecay < 1):
		return fmt.Errorf("train: weight_decay is %g, want 0 to below 1", o.WeightDecay)
	case !(o.Beta1 >= 0 && o.Beta1 < 1), !(o.Beta2 >= 0 && o.Beta2 < 1):
		return fmt.Errorf("train: beta1 and beta2 are %g and %g, want 0 to below 1", o.Beta1, o.Beta2)
	case !(o.Eps > 0):
		return fmt.Errorf("train: eps is %g, want above 0", o.Eps)
	case !(o.Momentum >= 0 && o.Momentum < 1):
		return fmt.Errorf("train: momentum is %g, want 0 to below 1", o.Momentum)
	case !(o.Clip >= 0):
		return fmt.Errorf("train: clip is %g, want 0 or more", o.Clip)
	case o.Precision != string(cpu.FP32) && o.Precision != string(cpu.BF16):
		return fmt.Errorf("train: precision is %q, want %s or %s", o.Precision, cpu.FP32, cpu.BF16)
	case !(o.EMA >= 0 && o.EMA < 1):
		return fmt.Errorf("train: ema is %g, want 0 to below 1", o.EMA)
	}
	for _, g := range o.Groups {
		if err := g.validate(); err != nil {
			return err
		}
	}
	return errors.Join(o.Muon.validate(), o.Skip.validate())
}

func (r Ramp) validate(name string) error {
	if r.From < 0 || r.From == 0 && r.Over != 0 {
		return fmt.Errorf("train: %s is from %d over %g, want from 1 or more, or neither", name, r.From, r.Over)
	}
	if r.From > 0 && r.Over == 0 {
		return fmt.Errorf("train: %s has from %d, but over no steps", name, r.From)
	}
	return stepsOrShare(name+".over", r.Over)
}

// rows splits a step of Batch tokens into micro-batches of equal rows of cols tokens. It depends on the configuration alone, so a
// result never depends on the machine.
func (o Optim) rows(cols int) (rows, micros int, err error) {
	if o.Batch%cols != 0 {
		return 0, 0, fmt.Errorf("train: batch is %d tokens, want a multiple of the context, %d", o.Batch, cols)
	}
	total := o.Batch / cols
	for micros = 1; micros < total; micros++ {
		if total%micros == 0 && total/micros*cols <= o.Micro {
			break
		}
	}
	if rows = total / micros; o.BatchWarmup.From%(rows*cols) != 0 {
		return 0, 0, fmt.Errorf("train: batch_warmup.from is %d tokens, want a multiple of a micro-batch, %d: set micro", o.BatchWarmup.From, rows*cols)
	}
	return rows, micros, nil
}

// Fits reports an error unless a step is a whole number of rows of this context.
func (o Optim) Fits(context int) error {
	_, _, err := o.rows(max(1, context))
	return err
}

// microsAt is how many of a full step's micro-batches, of micro tokens each, a step has of a run of so many steps.
func (o Optim) microsAt(step, steps, micros, micro int) int {
	over := share(o.BatchWarmup.Over, steps)
	if step >= over {
		return micros
	}
	from := o.BatchWarmup.From / micro
	return from + (micros-from)*step/over
}

// Planned is the number of steps of a run whose data have so many tokens an epoch, in rows of the given context.
func (o Optim) Planned(context int, epoch int64) int {
	if o.Steps > 0 {
		return o.Steps
	}
	rows, micros, err := o.rows(context)
	if err != nil {
		return 0
	}
	micro := rows * context
	want := o.Tokens
	if o.Epochs > 0 {
		want = int64(o.Epochs) * epoch
	}
	full := int((want + int64(o.Batch) - 1) / int64(o.Batch))
	if o.BatchWarmup.From == 0 {
		return max(1, full)
	}
	most := int(want/int64(o.BatchWarmup.From)) + 1
	return full + sort.Search(most-full, func(i int) bool {
		steps := full + i
		over := min(steps, share(o.BatchWarmup.Over, steps))
		tokens := int64(steps-over) * int64(o.Batch)
		for s := range over {
			tokens += int64(o.microsAt(s, steps, micros, micro)) * int64(micro)
		}
		return tokens >= want
	})
}

// lengths refuses a warm-up of lengths that never comes to the context by doubling.
func (r Ramp) lengths(context int) error {
	if err := r.validate("length_warmup"); err != nil || r.From == 0 {
		return err
	}
	for n := r.From; n <= context; n *= 2 {
		if n == context {
			return nil
		}
	}
	return fmt.Errorf("train: length_warmup.from is %d tokens, want the context, %d, halved some times", r.From, context)
}

// lengthAt is how long the rows of a step are, of a run of so many steps.
func (r Ramp) lengthAt(step, steps, context int) int {
	over := share(r.Over, steps)
	if r.From == 0 || step >= over {
		return context
	}
	doublings := 0
	for n := r.From; n < context; n *= 2 {
		doublings++
	}
	return r.From << (doublings * step / over)
}
