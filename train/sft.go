package train

import (
	"context"
	"fmt"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train/data"
	"github.com/seed-83c59573/quern/train/data/chat"
	"github.com/seed-83c59573/quern/train/ops/cpu"
	"github.com/seed-83c59573/quern/train/pretrained"
)

// SFT fine-tunes the final model of the training step in base on conversations: the loss is on the assistant's tokens only. A
// conversation longer than the context is cut at its end, or left out if its first answer lies beyond; both are counted in
// Result.Cut. One without any answer is refused with its row.
func SFT(ctx context.Context, c SFTConfig, base quern.Dir, env Env) (Result, error) {
	if err := c.Validate(); err != nil {
		return Result{}, err
	}
	shape, err := loadConfig(base)
	if err != nil {
		return Result{}, fmt.Errorf("the pretrained model: %w", err)
	}
	cols := shape.Context
	rows, _, err := c.rows(cols)
	if err != nil {
		return Result{}, err
	}
	m, err := loadFinal(base, cpu.Precision(c.Precision), env.Workers, rows*cols)
	if err != nil {
		return Result{}, fmt.Errorf("the pretrained model: %w", err)
	}
	if m.Config().Vocab != env.Tokenizer.Vocab() {
		return Result{}, fmt.Errorf("the pretrained model has %d tokens, the tokenizer %d", m.Config().Vocab, env.Tokenizer.Vocab())
	}
	examples, cut, err := encode(c, env, cols)
	if err != nil {
		return Result{}, err
	}
	packed, err := data.Pack(examples, cols, int32(env.Tokenizer.EndOfText()))
	if err != nil {
		return Result{}, err
	}
	l, err := newLoop(c.Optim, env, m, packed, true)
	if err != nil {
		return Result{}, err
	}
	l.text = chatText(chat.Template(c.Template), env.Tokenizer)
	prompts := make([]prompt, len(c.Sample.Prompts)) // before the first step: a prompt that does not fit must not cost a run
	for i, p := range c.Sample.Prompts {
		if prompts[i], err = chatPrompt(chat.Template(c.Template), env.Tokenizer, p); err != nil {
			return Result{}, err
		}
		if err := prompts[i].fits(cols); err != nil {
			return Result{}, err
		}
	}
	if err := l.run(ctx); err != nil {
		return Result{}, err
	}
	r, err := l.finish(prompts, c.Sample)
	r.Cut = cut
	return r, err
}

// chatText is the text of a model that was tuned on conversations: an answer ends with the template's token, and no text stands before the first message.
func chatText(t chat.Template, tok *tokenize.Tokenizer) pretrained.Text {
	text := pretrained.DefaultText(tok)
	stop := t.Stop()
	text.AddBOS, text.EOS, text.Stop, text.Template = false, stop[0], append(stop[1:], text.EOS), t.Jinja()
	return text
}

// encode reads all conversations as examples of at most cols tokens.
func encode(c SFTConfig, env Env, cols int) (examples []data.Example, cut int, err error) {
	enc, err := chat.NewEncoder(chat.Template(c.Template), env.Tokenizer)
	if err != nil {
		return nil, 0, err
	}
	for _, path := range c.Data {
		conversations, err := chat.Read(path)
		if err != nil {
			return nil, 0, err
		}
		for _, conv := range conversations {
			x := enc.Example(chat.Template(c.Template).Segments(conv.Messages, false))
			whole := chat.Trained(x)
			if len(x.Tokens) > cols {
				x.Tokens, x.Train = x.Tokens[:cols], x.Train[:cols]
				cut++
			}
			switch {
			case whole == 0:
				return nil, 0, fmt.Errorf("%s:%d: no token to learn: the assistant says nothing", conv.File, conv.Line)
			case chat.Trained(x) == 0:
				continue // its answer begins beyond the context: nothing of it can be learned; it is among the cut
			}
			examples = append(examples, x)
		}
	}
	if len(examples) == 0 {
		return nil, cut, fmt.Errorf("no conversation has an answer within a context of %d tokens", cols)
	}
	return examples, cut, nil
}
