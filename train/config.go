package train

import (
	"errors"
	"fmt"
	"io"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train/data"
	"github.com/seed-83c59573/quern/train/data/chat"
	"github.com/seed-83c59573/quern/train/model"
)

// Optim is what every kind of training is told: how much, how fast, and when to look up.
type Optim struct {
	Batch       int     `yaml:"batch"` // tokens of an optimizer step
	Steps       int     `yaml:"steps"`
	LR          float64 `yaml:"lr"`
	MinLR       float64 `yaml:"min_lr"` // where a schedule ends, as a share of lr
	Schedule    string  `yaml:"schedule"`
	Warmup      int     `yaml:"warmup"` // steps
	Decay       float64 `yaml:"decay"`  // of the schedule wsd: the share of steps in which the rate falls
	WeightDecay float64 `yaml:"weight_decay"`
	Beta1       float64 `yaml:"beta1"`
	Beta2       float64 `yaml:"beta2"`
	Eps         float64 `yaml:"eps"`
	Clip        float64 `yaml:"clip"`       // the gradient's norm is cut to this; 0 = never
	Micro       int     `yaml:"micro"`      // tokens of a micro-batch, at most: what memory is spent on
	Checkpoint  int     `yaml:"checkpoint"` // steps between checkpoints; 0 = only at the end
}

// Sampling is how text is drawn from a model.
type Sampling struct {
	Prompts     []string `yaml:"prompts"`
	Tokens      int      `yaml:"tokens"`
	Temperature float64  `yaml:"temperature"` // 0 = always the likeliest token
	TopK        int      `yaml:"top_k"`       // 0 = all
	TopP        float64  `yaml:"top_p"`       // 1 = all
}

// Config is pretraining.
type Config struct {
	Model     model.Config `yaml:"model"`
	Optim     `yaml:",inline"`
	Eval      int      `yaml:"eval"`      // steps between measurements on the validation split; 0 = first and last
	Documents bool     `yaml:"documents"` // attention stays inside documents
	Shuffle   bool     `yaml:"shuffle"`   // each epoch reads the corpus in another order; else all in its own, which is shuffled already
	Sample    Sampling `yaml:"sample"`
}

// DefaultConfig has GPT-3's AdamW with a cosine schedule.
func DefaultConfig() Config {
	return Config{
		Model: model.Default(),
		Optim: Optim{Batch: 32768, Steps: 1000, LR: 1e-3, MinLR: 0.1, Schedule: "cosine", Warmup: 10, Decay: 0.2,
			WeightDecay: 0.1, Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, Clip: 1, Micro: 8192, Checkpoint: 100},
		Eval:   100,
		Sample: Sampling{Tokens: 64, Temperature: 0.8, TopK: 50, TopP: 1},
	}
}

// SFTConfig is supervised fine-tuning.
type SFTConfig struct {
	Data     []string `yaml:"data"`     // files of conversations, see chat.Read
	Template string   `yaml:"template"` // "chatml"
	Optim    `yaml:",inline"`
	Sample   Sampling `yaml:"sample"`
}

// DefaultSFT learns gently.
func DefaultSFT() SFTConfig {
	return SFTConfig{
		Template: string(chat.ChatML),
		Optim: Optim{Batch: 8192, Steps: 100, LR: 2e-4, MinLR: 0.1, Schedule: "cosine", Warmup: 5, Decay: 0.2,
			WeightDecay: 0, Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, Clip: 1, Micro: 8192, Checkpoint: 100},
		Sample: Sampling{Tokens: 64, Temperature: 0.7, TopK: 50, TopP: 1},
	}
}

func (o Optim) schedule() Schedule {
	return Schedule{Kind: o.Schedule, Peak: o.LR, Floor: o.MinLR, Warmup: o.Warmup, Decay: o.Decay, Steps: o.Steps}
}

// Validate refuses in words.
func (o Optim) Validate() error {
	switch {
	case o.Steps < 1:
		return fmt.Errorf("train: steps is %d, want 1 or more", o.Steps)
	case o.Batch < 1:
		return fmt.Errorf("train: batch is %d tokens, want 1 or more", o.Batch)
	case o.Micro < 1:
		return fmt.Errorf("train: micro is %d tokens, want 1 or more", o.Micro)
	case !(o.WeightDecay >= 0 && o.WeightDecay < 1):
		return fmt.Errorf("train: weight_decay is %g, want 0 to 1", o.WeightDecay)
	case !(o.Beta1 >= 0 && o.Beta1 < 1), !(o.Beta2 >= 0 && o.Beta2 < 1):
		return fmt.Errorf("train: beta1 and beta2 are %g and %g, want 0 to 1", o.Beta1, o.Beta2)
	case !(o.Eps > 0):
		return fmt.Errorf("train: eps is %g, want above 0", o.Eps)
	case !(o.Clip >= 0):
		return fmt.Errorf("train: clip is %g, want 0 or more", o.Clip)
	case o.Checkpoint < 0:
		return fmt.Errorf("train: checkpoint is %d steps, want 0 or more", o.Checkpoint)
	}
	return o.schedule().Validate()
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
	return total / micros, micros, nil
}

// Fits reports an error unless a step is a whole number of rows of this context.
func (o Optim) Fits(context int) error {
	_, _, err := o.rows(max(1, context))
	return err
}

// Validate refuses in words.
func (s Sampling) Validate() error {
	switch {
	case s.Tokens < 0:
		return fmt.Errorf("train: sample of %d tokens, want 0 or more", s.Tokens)
	case !(s.Temperature >= 0):
		return fmt.Errorf("train: temperature is %g, want 0 or more", s.Temperature)
	case s.TopK < 0:
		return fmt.Errorf("train: top_k is %d, want 0 or more", s.TopK)
	case !(s.TopP > 0 && s.TopP <= 1):
		return fmt.Errorf("train: top_p is %g, want above 0 and up to 1", s.TopP)
	}
	return nil
}

// Validate refuses in words. The vocabulary is the tokenizer's, so the model need not state one.
func (c Config) Validate() error {
	m := c.Model
	if m.Vocab != 0 {
		return errors.New("train: model.vocab is the tokenizer's: leave it out")
	}
	m.Vocab = 256 // any will do to check the rest
	if c.Eval < 0 {
		return fmt.Errorf("train: eval is %d steps, want 0 or more", c.Eval)
	}
	return errors.Join(m.Validate(), c.Optim.Validate(), c.Sample.Validate(), c.Fits(m.Context))
}

// Validate refuses in words.
func (c SFTConfig) Validate() error {
	if len(c.Data) == 0 {
		return errors.New("train: sft lists no data")
	}
	return errors.Join(chat.Template(c.Template).Validate(), c.Optim.Validate(), c.Sample.Validate())
}

// Env is where a training run happens. Nothing in it but the data, the tokenizer and the seed changes a result.
type Env struct {
	Dir       quern.Dir // the step's folder: checkpoints are committed here
	Seed      uint64
	Workers   int // 0 = one per processor
	Tokenizer *tokenize.Tokenizer
	Train     data.Stream
	Val       data.Stream // may be empty
	ValBytes  int64       // of the text behind Val
	Log       io.Writer   // JSON lines; nil = none
	Progress  func(step, steps int, m Metrics)
}

// Result is what a training run came to.
type Result struct {
	LossFirst  float64          `json:"loss_first"` // of the first step, nats per token
	LossLast   float64          `json:"loss_last"`
	ValFirst   float64          `json:"val_first,omitempty"` // before the first step, nats per token
	ValLoss    float64          `json:"val_loss,omitempty"`
	ValBPB     float64          `json:"val_bpb,omitempty"` // bits per byte of validation text
	Tokens     int64            `json:"tokens"`            // that a loss was taken on
	Steps      int              `json:"steps"`
	Parameters int              `json:"parameters"`
	Cut        int              `json:"cut,omitempty"` // conversations that were longer than the context
	Checkpoint quern.Digest     `json:"checkpoint"`    // of the final model's files
	Samples    []string         `json:"samples,omitempty"`
	Blobs      []quern.BlobInfo `json:"-"` // the final model's files
}

func (r *Result) String() string {
	s := fmt.Sprintf("%d parameters, %d steps, %d tokens, loss %.3f -> %.3f", r.Parameters, r.Steps, r.Tokens, r.LossFirst, r.LossLast)
	if r.ValBPB > 0 {
		s += fmt.Sprintf(", validation %.3f -> %.3f (%.3f bits per byte)", r.ValFirst, r.ValLoss, r.ValBPB)
	}
	return s
}
