package train

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train/data"
	"github.com/seed-83c59573/quern/train/model"
)

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
	Model        model.Config `yaml:"model"`
	From         string       `yaml:"from"` // a folder of Hugging Face whose model is trained further; model then only has context, and recompute
	Optim        `yaml:",inline"`
	LengthWarmup Ramp `yaml:"length_warmup"` // rows are cut into pieces of from tokens, which double until they are whole
	Eval         int  `yaml:"eval"`          // steps between measurements on the validation split; 0 = first and last
	Documents    bool `yaml:"documents"`     // attention stays inside documents
	// Each epoch reads the corpus in another order; else all in its own, which is shuffled already, and in which the phases of a mix follow
	// one another.
	Shuffle bool     `yaml:"shuffle"`
	Sample  Sampling `yaml:"sample"`
}

// DefaultConfig has GPT-3's AdamW with a cosine schedule.
func DefaultConfig() Config {
	o := defaultOptim()
	o.Batch, o.Steps, o.LR, o.Warmup, o.WeightDecay = 32768, 1000, 1e-3, 10, 0.1
	return Config{Model: model.Default(), Optim: o, Eval: 100, Sample: Sampling{Tokens: 64, Temperature: 0.8, TopK: 50, TopP: 1}}
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
	if c.From != "" && !sameShape(m) {
		return errors.New("train: from says what the model is: leave out all of model but context and recompute")
	}
	m.Vocab = 256 // any will do to check the rest
	if c.Eval < 0 {
		return fmt.Errorf("train: eval is %d steps, want 0 or more", c.Eval)
	}
	if c.EarlyStop.Patience > 0 && c.Eval == 0 {
		return errors.New("train: early_stop needs eval: it looks at the validation loss every so many steps")
	}
	if err := errors.Join(m.Validate(), c.Optim.Validate(), c.Sample.Validate()); err != nil {
		return err
	}
	return errors.Join(c.Fits(m.Context), c.LengthWarmup.lengths(m.Context))
}

// sameShape tells whether a shape is the default, but for what may differ from a folder's.
func sameShape(m model.Config) bool {
	d := model.Default()
	m.Context, m.Recompute = d.Context, d.Recompute
	a, errA := json.Marshal(m)
	b, errB := json.Marshal(d)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// Env is where a training run happens. Nothing in it but the data, the tokenizer and the seed changes a result.
type Env struct {
	Dir       quern.Dir // the step's folder: checkpoints are committed here
	Seed      uint64
	Workers   int   // 0 = one per processor
	Memory    int64 // bytes that training may take: Room; 0 = any
	Tokenizer *tokenize.Tokenizer
	Train     data.Stream
	Val       data.Stream  // may be empty
	Documents bool         // of the corpus that fine-tuning reads: pretraining kept attention inside documents
	ValBytes  int64        // of the text behind Val
	Log       io.Writer    // JSON lines; nil = none
	Events    io.Writer    // the same as TensorBoard's records; nil = none
	Note      func(string) // hears what a user should know, such as a checkpoint that was damaged; nil = nobody
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
	Trained    int              `json:"trained,omitempty"` // parameters, if not all were: an adapter's
	Cut        int              `json:"cut,omitempty"`     // conversations that were longer than the context and are cut
	Dropped    int              `json:"dropped,omitempty"` // or left out
	Forgetting *Forgetting      `json:"forgetting,omitempty"`
	Skipped    int              `json:"skipped,omitempty"`   // steps whose update was left out as an outlier
	Stopped    bool             `json:"stopped,omitempty"`   // early, since the validation loss fell no more
	BestStep   int              `json:"best_step,omitempty"` // of the weights kept, if they are not the last
	Checkpoint quern.Digest     `json:"checkpoint"`          // of the final model's files
	Samples    []string         `json:"samples,omitempty"`
	Blobs      []quern.BlobInfo `json:"-"` // the final model's files
}

func (r *Result) String() string {
	s := fmt.Sprintf("%d parameters, %d steps, %d tokens, loss %.3f -> %.3f", r.Parameters, r.Steps, r.Tokens, r.LossFirst, r.LossLast)
	if r.ValBPB > 0 {
		s += fmt.Sprintf(", validation %.3f -> %.3f (%.3f bits per byte)", r.ValFirst, r.ValLoss, r.ValBPB)
	}
	if r.ValLoss > 0 && r.ValBPB == 0 {
		s += fmt.Sprintf(", validation %.3f -> %.3f", r.ValFirst, r.ValLoss)
	}
	if r.BestStep > 0 {
		s += fmt.Sprintf(", kept the model of step %d", r.BestStep)
	}
	if r.Skipped > 0 {
		s += fmt.Sprintf(", %d steps skipped as outliers", r.Skipped)
	}
	if r.Forgetting != nil {
		s += ", " + r.Forgetting.String()
	}
	return s
}
