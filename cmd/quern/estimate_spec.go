package main

import (
	"fmt"
	"path/filepath"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/seed-83c59573/quern/train"
	"github.com/seed-83c59573/quern/train/cost"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/pretrained"
)

// spec takes the job from a spec: pretraining, with what is tuned afterwards, or, if that is asked for or all there is, tuning.
func (e *estimate) spec(name string, vocab int) error {
	spec, err := pipelines.LoadSpec(name, nil)
	if err != nil {
		return usageError{err}
	}
	s := specOf{spec, filepath.Dir(name), vocab}
	tunes := spec.Tune != nil && spec.Tune.SFT != nil
	switch tuning := e.job.Method == "sft" || e.job.Method == "lora"; {
	case spec.Train == nil && !tunes:
		return usageError{fmt.Errorf("%s has no section train or tune", name)}
	case tunes && (tuning || spec.Train == nil && !e.method):
		return e.tuned(s)
	case spec.Train == nil:
		return usageError{fmt.Errorf("%s has no section train, but tune: want --method sft or lora", name)}
	case tunes && !e.method:
		later := *e
		later.job = cost.Job{}
		if err := later.tuned(s); err != nil {
			return err
		}
		e.next = &later.job
	}
	t := spec.Train
	if e.job.Model, err = s.pretrained(); err != nil {
		return err
	}
	e.take(t.Optim, t.Model.Context)
	return nil
}

// take takes how much a job reads, at once and in all, where the command line does not say.
func (e *estimate) take(o train.Optim, context int) {
	e.job.Micro = min(o.Micro, o.Batch)
	if e.job.Tokens == 0 && (o.Steps > 0 || o.Tokens > 0) {
		e.job.Tokens = float64(o.Planned(context, 0)) * float64(o.Batch)
	}
}

// tuned takes the job from the section tune. How many tokens conversations have is known when they are read.
func (e *estimate) tuned(s specOf) (err error) {
	c := s.spec.Tune.SFT
	if c.From == "" {
		e.job.Model, err = s.pretrained()
	} else {
		e.job.Model, err = pretrained.ReadConfig(quern.Local(s.path(c.From)))
	}
	if err != nil {
		return err
	}
	if e.job.Context = c.Context; c.Context == 0 {
		e.job.Context = e.job.Model.Context
	}
	if !e.method {
		e.job.Method = "sft"
		if c.LoRA != nil {
			e.job.Method = "lora"
		}
	}
	if e.job.Method == "lora" && c.LoRA != nil {
		e.job.Rank = c.LoRA.R
	}
	e.take(c.Optim, e.job.Context)
	return nil
}

// specOf is a spec, the folder it stands in, and how many ids its tokenizer has, if the command line says it.
type specOf struct {
	spec  *pipelines.Spec
	dir   string
	vocab int
}

func (s specOf) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(s.dir, p)
}

// pretrained is the shape that the section train trains.
func (s specOf) pretrained() (c model.Config, err error) {
	t := s.spec.Train
	if t == nil {
		return c, usageError{fmt.Errorf("tune starts from the model that train makes, and there is no section train")}
	}
	if t.From != "" {
		c, err = pretrained.ReadConfig(quern.Local(s.path(t.From)))
		c.Context = t.Model.Context
		return c, err
	}
	c = t.Model
	c.Vocab, err = s.ids()
	return c, err
}

func (s specOf) ids() (int, error) {
	switch tok := s.spec.Tokenize; {
	case s.vocab > 0:
		return s.vocab, nil
	case tok != nil && tok.Learn != nil:
		return tok.Learn.Vocab, nil
	case tok != nil && tok.File != "":
		opened, err := pipelines.OpenTokenizer(s.path(tok.File))
		if err != nil {
			return 0, err
		}
		return opened.Vocab(), nil
	}
	return 0, usageError{fmt.Errorf("the spec names no tokenizer: say --vocab")}
}
