package main

import (
	"fmt"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/train"
	"github.com/seed-83c59573/quern/train/data/chat"
	"github.com/seed-83c59573/quern/train/pretrained"
)

// conversations prints a file of conversations as a model that is tuned on it would read it, and what it would learn.
func (in *inspector) conversations(path string) error {
	mask := chat.Mask{Roles: in.roles}
	if err := mask.Validate(); err != nil {
		return usageError{err}
	}
	tok, err := in.vocabulary()
	if err != nil {
		return err
	}
	rows, err := chat.Read(path, chat.Shape(in.rows))
	if err != nil {
		return err
	}
	t, err := in.chatTemplate()
	if err != nil {
		return err
	}
	enc, err := chat.NewEncoder(t, tok)
	if err != nil {
		return err
	}
	fmt.Fprintf(in.out, "%s\n", in.tint(2, fmt.Sprintf("%d conversations of the shape %s, template %s", len(rows), rows[0].Shape, t.Name())))
	for _, row := range rows[min(in.skip, len(rows)):] {
		x, err := enc.Example(&row, mask)
		if err != nil {
			return fmt.Errorf("%s:%d: %w", row.File, row.Row, err)
		}
		fmt.Fprintf(in.out, "%s\n", in.tint(1, fmt.Sprintf("── %s:%d  %d tokens, %d learned", row.File, row.Row, len(x.Tokens), chat.Trained(x))))
		for i, id := range x.Tokens {
			color := 0
			if x.Train[i] && i > 0 {
				color = 32
			}
			fmt.Fprint(in.out, in.tint(color, printable(string(tok.Token(uint32(id))))))
		}
		fmt.Fprint(in.out, "\n\n")
		if in.n--; in.n == 0 {
			break
		}
	}
	return nil
}

// chatTemplate is the one that is asked for, or that of the model's folder that the tokenizer comes from.
func (in *inspector) chatTemplate() (*chat.Template, error) {
	if in.template != "" && in.template != chat.OfModel {
		if err := chat.ValidateName(in.template); err != nil {
			return nil, usageError{err}
		}
		return chat.Named(in.template)
	}
	fallback := chat.ChatML
	if in.template == chat.OfModel {
		fallback = chat.OfModel // which fails, and says why
	}
	var text pretrained.Text
	if exists(in.tokenizer, "config.json") {
		f, err := pretrained.Open(quern.Local(in.tokenizer))
		if err != nil {
			return nil, err
		}
		defer f.Close()
		text = f.Text
	}
	return train.TemplateOf(text, fallback)
}
