package train

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/train/data"
	"github.com/seed-83c59573/quern/train/data/chat"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/ops/cpu"
	"github.com/seed-83c59573/quern/train/pretrained"
)

// SFT fine-tunes a model on conversations: with c.From the one of that folder, which base is; else the final model of the training step in
// base. The loss is on the turns to be learned. What is longer than the context is dealt with as c.Long says, and counted in the result;
// a row that is broken or has nothing to learn is an error that names it. env.Train and env.Val are the pretraining corpus, for replay and
// to see what is forgotten; env.Tokenizer is the folder's with c.From.
func SFT(ctx context.Context, c SFTConfig, base quern.Dir, env Env) (Result, error) {
	if err := c.Validate(); err != nil {
		return Result{}, err
	}
	s := &sft{c: c.resolved(), env: env}
	if err := s.load(base); err != nil {
		return Result{}, err
	}
	if err := s.read(); err != nil {
		return Result{}, err
	}
	samples, shuffle, err := s.samples()
	if err != nil {
		return Result{}, err
	}
	own := s.env
	own.Val, own.ValBytes = nil, 0 // its bytes are not those of the conversations
	l, err := newLoop(s.c.Optim, own, s.m, samples, shuffle)
	if err != nil {
		return Result{}, err
	}
	l.eval, l.text, l.base = s.c.Eval, s.text(), s.c.From
	prompts, err := s.prompts()
	if err != nil {
		return Result{}, err
	}
	w, err := s.watch(l)
	if err != nil {
		return Result{}, err
	}
	if err := l.run(ctx); err != nil {
		return Result{}, err
	}
	r, err := l.finish(prompts, s.c.Sample)
	if err != nil {
		return r, err
	}
	r.Cut, r.Dropped = s.counts.Cut, s.counts.Dropped
	if s.c.LoRA != nil {
		for _, p := range s.m.Trainable() {
			r.Trained += len(p.W)
		}
	}
	r.Forgetting, err = w.result(r.BestStep > 0)
	return r, err
}

// sft is a run of fine-tuning before its loop.
type sft struct {
	c              SFTConfig
	env            Env
	m              *model.Model
	cols           int // of a row
	rows           int // of a micro-batch
	enc            *chat.Encoder
	own            pretrained.Text // what the base's folder says
	examples, held []data.Example
	counts         chat.Counts
}

// load loads the model, adapts it, and prepares the template.
func (s *sft) load(base quern.Dir) error {
	if s.c.From == "" {
		base = quern.Sub(base, finalName)
	}
	fail := func(err error) error {
		if s.c.From == "" {
			return fmt.Errorf("the pretrained model: %s: %w", finalName, err)
		}
		return fmt.Errorf("the pretrained model: %s: %w", s.c.From, err)
	}
	shape, err := pretrained.ReadConfig(base)
	if err != nil {
		return fail(err)
	}
	if s.cols = s.c.Context; s.cols == 0 {
		s.cols = shape.Context
	}
	if s.cols > shape.Context {
		return fmt.Errorf("context is %d, the model's %d", s.cols, shape.Context)
	}
	if s.rows, _, err = s.c.rows(s.cols); err != nil {
		return err
	}
	if err := Holds(s.env.Memory, s.c.Memory(shape, s.cols, s.c.rank())); err != nil {
		return err
	}
	m, folder, err := loadFolder(base, cpu.Precision(s.c.Precision), s.env.Workers, 0, s.rows*s.cols)
	if err != nil {
		return fail(err)
	}
	s.m, s.own = m, folder.Text
	if s.c.From != "" {
		if folder.Tokenizer == nil {
			return fail(errors.New("the folder has no tokenizer"))
		}
		if corpus := s.env.Tokenizer; s.c.NeedsCorpus() && corpus != nil && corpus.Digest() != folder.Tokenizer.Digest() {
			return fail(errors.New("its tokenizer is not the corpus's, whose tokens it is to read: set tokenize: {file: …} to it"))
		}
		s.env.Tokenizer = folder.Tokenizer
	}
	switch vocab := s.env.Tokenizer.Vocab(); {
	case m.Config().Vocab < vocab: // more are padding
		return fail(fmt.Errorf("it has %d tokens, the tokenizer %d", m.Config().Vocab, vocab))
	case s.c.From == "" && folder.Tokenizer != nil && folder.Tokenizer.Digest() != s.env.Tokenizer.Digest():
		return fail(errors.New("its tokenizer is another one"))
	}
	if s.c.LoRA != nil {
		if s.c.LoRA.R > shape.Width {
			return fmt.Errorf("lora.r is %d, want no more than the model's width, %d", s.c.LoRA.R, shape.Width)
		}
		if err := m.Adapt(s.c.LoRA.adapter(), quern.Seed(s.env.Seed, "adapter", quern.NewID("sft"))); err != nil {
			return err
		}
	}
	t, err := s.template()
	if err != nil {
		return err
	}
	s.enc, err = chat.NewEncoder(t, s.env.Tokenizer)
	return err
}

func (s *sft) template() (*chat.Template, error) {
	if s.c.Template == chat.OfModel && s.own.Template != "" {
		return chat.Model(s.own.Template, s.own.BOS, s.own.EOS)
	}
	return chat.Named(s.c.Template)
}

// text is what goes out with the model: an answer ends with the template's token, and no text stands before the first message.
func (s *sft) text() pretrained.Text {
	if s.c.Template == chat.OfModel {
		return s.own
	}
	t := pretrained.DefaultText(s.env.Tokenizer)
	t.AddBOS, t.Template = false, s.enc.Template().Jinja()
	if end := s.enc.TurnEnd(); end != "" && end != t.EOS {
		t.EOS, t.Stop = end, append(t.Stop, t.EOS)
	}
	return t
}

// read reads all conversations as examples.
func (s *sft) read() error {
	for _, path := range s.c.Data {
		conversations, err := chat.Read(path, s.c.Rows)
		if err != nil {
			return err
		}
		for i := range conversations {
			x, ok, err := s.enc.Fit(&conversations[i], s.c.mask(), s.cols, s.c.Long, &s.counts)
			switch {
			case err != nil:
				return err
			case !ok:
			case s.holdOut(x):
				s.held = append(s.held, x)
			default:
				s.examples = append(s.examples, x)
			}
		}
	}
	switch {
	case len(s.examples) == 0 && s.counts.Kept == 0:
		return fmt.Errorf("no conversation has an answer within a context of %d tokens", s.cols)
	case len(s.examples) == 0 || s.c.Validation > 0 && len(s.held) == 0:
		return fmt.Errorf("validation: of %d conversations, %d are held out: want some on both sides", s.counts.Kept, len(s.held))
	}
	return nil
}

// holdOut draws by what is said, so that a conversation that is there twice stands on one side.
func (s *sft) holdOut(x data.Example) bool {
	if s.c.Validation == 0 {
		return false
	}
	b := make([]byte, 0, 4*len(x.Tokens))
	for _, t := range x.Tokens {
		b = append(b, byte(t), byte(t>>8), byte(t>>16), byte(t>>24))
	}
	return float64(quern.Seed(s.env.Seed, "sft validation", quern.NewID(string(b)))) < float64(s.c.Validation)*math.MaxUint64
}

// pack lays examples into rows.
func (s *sft) pack(examples []data.Example) (*data.Packed, error) {
	lay := data.Alone
	if s.c.Pack {
		lay = data.Pack
	}
	return lay(examples, s.cols, int32(s.env.Tokenizer.EndOfText()))
}

// samples are the rows of the run, and whether the loader is to shuffle them.
func (s *sft) samples() (data.Samples, bool, error) {
	packed, err := s.pack(s.examples)
	if err != nil || s.c.Replay == 0 {
		return packed, true, err
	}
	if s.env.Train == nil {
		return nil, false, errors.New("train: replay: there is no pretraining corpus")
	}
	share := float64(s.c.Replay)
	s.c.Steps = s.c.Planned(s.cols, data.RowsFor(packed.Len(), share)*int64(s.cols))
	s.c.Epochs, s.c.Tokens = 0, 0
	corpus := s.windows(s.env.Train)
	if corpus.Len() == 0 {
		return nil, false, fmt.Errorf("train: replay: the corpus has %d tokens, fewer than a row of %d", s.env.Train.Len(), s.cols)
	}
	return &data.Mixed{Main: packed, Replay: corpus, Share: share, Seed: s.env.Seed, Rows: int64(s.c.Steps) * int64(s.c.Batch/s.cols)}, false, nil
}

// windows are rows of the pretraining corpus, as pretraining had them.
func (s *sft) windows(of data.Stream) *data.Windows {
	return &data.Windows{Stream: of, Rows: s.rows, Cols: s.cols, EOT: int32(s.env.Tokenizer.EndOfText()), Segmented: s.env.Documents}
}

// watch prepares what the run is measured by.
func (s *sft) watch(l *loop) (*watcher, error) {
	w := &watcher{l: l}
	if len(s.held) > 0 {
		var err error
		if w.held, err = s.pack(s.held); err != nil {
			return nil, err
		}
	}
	if s.c.Forgetting {
		if s.env.Val == nil || s.env.Val.Len() < 2 {
			return nil, errors.New("train: forgetting: the pretraining corpus has no validation split")
		}
		w.corpus = s.windows(s.env.Val)
	}
	if w.held != nil || w.corpus != nil {
		l.measure = w.measure
	}
	return w, w.before()
}

// prompts are the questions to be answered at the end: one that does not fit must not cost a run.
func (s *sft) prompts() ([]prompt, error) {
	out := make([]prompt, len(s.c.Sample.Prompts))
	for i, text := range s.c.Sample.Prompts {
		var err error
		if out[i], err = chatPrompt(s.enc, text); err != nil {
			return nil, err
		}
		if err := out[i].fits(s.m.Config().Context); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// TemplateOf is the chat template of a folder of a model; of one that brings none, what name says.
func TemplateOf(text pretrained.Text, name string) (*chat.Template, error) {
	if text.Template != "" {
		return chat.Model(text.Template, text.BOS, text.EOS)
	}
	return chat.Named(name)
}

// chatPrompt asks as the user and lets the assistant speak.
func chatPrompt(enc *chat.Encoder, question string) (prompt, error) {
	tokens, err := enc.Prompt([]chat.Message{{Role: "user", Content: question}}, nil)
	return prompt{tokens: tokens, shown: question + "\n", stop: enc.Stops()}, err
}
