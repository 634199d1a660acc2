package train

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/seed-83c59573/quern/train/data/chat"
	"github.com/seed-83c59573/quern/train/model"
)

// Share is a part of a whole: 0.05, or 5% where text is read.
type Share float64

// UnmarshalText reads 0.05 or 5%.
func (s *Share) UnmarshalText(b []byte) error {
	num, percent := strings.CutSuffix(strings.TrimSpace(string(b)), "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(num), 64)
	if err != nil {
		return fmt.Errorf("%q: want a share such as 0.05 or 5%%", b)
	}
	if percent {
		v /= 100
	}
	*s = Share(v)
	return nil
}

// SFTConfig is supervised fine-tuning.
type SFTConfig struct {
	From     string     `yaml:"from"` // a folder of a model in Hugging Face's form to start from; "" = the model that the run pretrained
	Data     []string   `yaml:"data"` // files of conversations, see chat.Read
	Rows     chat.Shape `yaml:"rows"` // what they look like; "" = each file tells
	Template string     `yaml:"template"`
	Context  int        `yaml:"context"` // tokens of a row; 0 = the model's context

	Roles    []string `yaml:"roles"`     // whose turns are learned
	LastOnly bool     `yaml:"last_only"` // of them, only a conversation's last one
	Long     string   `yaml:"long"`      // what is done with conversations longer than the context: chat.CutTurns and so on
	Pack     bool     `yaml:"pack"`      // several conversations in a row, which never see each other; else one a row

	Validation Share `yaml:"validation"` // of the conversations, held out; early_stop looks at the loss on them
	Replay     Share `yaml:"replay"`     // of the rows, from the pretraining corpus
	Forgetting bool  `yaml:"forgetting"` // the loss on the corpus's validation split is measured too
	Eval       int   `yaml:"eval"`       // steps between measurements; 0 = first and last

	LoRA   *LoRA `yaml:"lora,omitempty"` // instead of all weights
	Optim  `yaml:",inline"`
	Sample Sampling `yaml:"sample"`
}

// LoRA trains an adapter beside frozen weights. The final model has it merged in; the adapter itself stands beside it, in the form of the
// Python package peft.
type LoRA struct {
	R       int      `yaml:"r"`
	Alpha   float64  `yaml:"alpha"`
	Targets []string `yaml:"targets"` // ends of the names of linear layers; none = all but the head
	RSLoRA  bool     `yaml:"rslora"`
	DoRA    bool     `yaml:"dora"`
}

// adapter is what the model calls it.
func (l LoRA) adapter() model.Adapter {
	a := model.Adapter{Rank: l.R, Alpha: l.Alpha, Targets: l.Targets, Stable: l.RSLoRA, DoRA: l.DoRA}
	if a.Alpha == 0 {
		a.Alpha = float64(l.R)
	}
	if len(a.Targets) == 0 {
		a.Targets = []string{model.AllLinear}
	}
	return a
}

// rank is that of the adapter; 0 = all weights are trained.
func (c SFTConfig) rank() int {
	if c.LoRA == nil {
		return 0
	}
	return c.LoRA.R
}

func (l LoRA) validate() error {
	switch {
	case l.R < 1:
		return fmt.Errorf("train: lora.r is %d, want 1 or more", l.R)
	case !(l.Alpha >= 0):
		return fmt.Errorf("train: lora.alpha is %g, want above 0, or 0 for r", l.Alpha)
	}
	return nil
}

// DefaultSFT learns gently.
func DefaultSFT() SFTConfig {
	o := defaultOptim()
	o.Batch, o.LR, o.Warmup = 8192, 2e-4, 5
	return SFTConfig{Template: chat.ChatML, Long: chat.CutTurns, Pack: true, Optim: o, Sample: Sampling{Tokens: 64, Temperature: 0.7, TopK: 50, TopP: 1}}
}

func (c SFTConfig) mask() chat.Mask { return chat.Mask{Roles: c.Roles, Last: c.LastOnly} }

// resolved says how long it is, if the configuration does not: once through the data.
func (c SFTConfig) resolved() SFTConfig {
	if c.Steps == 0 && c.Tokens == 0 && c.Epochs == 0 {
		c.Epochs = 1
	}
	return c
}

// NeedsCorpus tells whether it reads the pretraining corpus.
func (c SFTConfig) NeedsCorpus() bool { return c.Replay > 0 || c.Forgetting }

// Validate refuses in words.
func (c SFTConfig) Validate() error {
	switch {
	case len(c.Data) == 0:
		return errors.New("train: sft lists no data")
	case !(c.Validation >= 0 && c.Validation < 1):
		return fmt.Errorf("train: validation is %g of the conversations, want 0 to below 1", float64(c.Validation))
	case !(c.Replay >= 0 && c.Replay < 1):
		return fmt.Errorf("train: replay is %g of the rows, want 0 to below 1", float64(c.Replay))
	case c.Context < 0:
		return fmt.Errorf("train: context is %d, want 1 or more, or 0 for the model's", c.Context)
	case c.Eval < 0:
		return fmt.Errorf("train: eval is %d steps, want 0 or more", c.Eval)
	case c.Eval > 0 && c.Validation == 0 && !c.Forgetting:
		return errors.New("train: eval has nothing to measure: set validation, forgetting or both")
	case c.EarlyStop.Patience > 0 && (c.Eval == 0 || c.Validation == 0):
		return errors.New("train: early_stop needs eval and validation: it looks at the loss on held-out conversations every so many steps")
	}
	if c.LoRA != nil {
		if err := c.LoRA.validate(); err != nil {
			return err
		}
	}
	return errors.Join(chat.ValidateName(c.Template), c.Rows.Validate(), c.mask().Validate(), chat.ValidateLong(c.Long),
		c.resolved().Optim.Validate(), c.Sample.Validate())
}
