package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train/decode"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/ops/cpu"
	"github.com/seed-83c59573/quern/train/serve"
)

// tinySpeaker has random weights, far from uniform.
func tinySpeaker(t *testing.T, context int) *speaker {
	t.Helper()
	learn := tokenize.DefaultLearn()
	learn.Vocab = 300
	words := tokenize.NewCounter(learn)
	words.Add([]byte(strings.Repeat("the mill grinds corn and the stone turns. ", 3)))
	tok, err := words.Learn()
	if err != nil {
		t.Fatal(err)
	}
	c := model.Default()
	c.Layers, c.Width, c.Heads, c.Context, c.Vocab = 1, 16, 2, context, tok.Vocab()
	m, err := model.New(c, cpu.New(1), 1)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(3)
	for _, p := range m.Params() {
		for i := range p.W {
			p.W[i] *= 5
		}
	}
	return &speaker{name: "tiny", m: m, tok: tok}
}

// TestConverse: each answer is what the whole conversation so far leads to, an empty line begins another one, and one that no longer fits
// is told and can be left.
func TestConverse(t *testing.T) {
	s := tinySpeaker(t, 160)
	o := decode.Default()
	o.Tokens = 6
	lay, err := s.chat()
	if err != nil {
		t.Fatal(err)
	}
	answer := func(turns ...serve.Message) string {
		t.Helper()
		prompt, stop, err := lay(turns)
		if err != nil {
			t.Fatal(err)
		}
		r := &decode.Request{Prompt: prompt, Options: o}
		r.Options.StopTokens, r.Options.Seed = stop, o.Seed+uint64(len(turns))
		if err := decode.NewEngine(s.m, s.tok, 1, 256).Run(context.Background(), []*decode.Request{r}, nil); err != nil {
			t.Fatal(err)
		}
		return string(r.Text)
	}
	user := func(text string) serve.Message { return serve.Message{Role: "user", Content: text} }
	first := answer(user("the mill"))
	second := answer(user("the mill"), serve.Message{Role: "assistant", Content: first}, user("and?"))
	other := answer(user("corn"))
	long := strings.Repeat("grinds ", 200)
	var out bytes.Buffer
	in := "the mill\nand?\n\n" + long + "\ncorn\n"
	if err := converse(context.Background(), s, o, strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	want := "> " + first + "\n> " + second + "\n> (a new conversation)\n" +
		"> (the conversation is longer than the model's context; an empty line begins another)\n> " + other + "\n> \n"
	if out.String() != want {
		t.Errorf("said\n%s\nwant\n%s", out.String(), want)
	}
	stopped, cancel := context.WithCancel(context.Background())
	cancel()
	if err := converse(stopped, s, o, strings.NewReader("corn\n"), &out); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want that it was interrupted", err)
	}
}

// What a user types is text, whatever it looks like.
func TestConverseTakesNoTokensFromAUser(t *testing.T) {
	s := tinySpeaker(t, 64)
	lay, err := s.chat()
	if err != nil {
		t.Fatal(err)
	}
	plain, _, err := lay([]serve.Message{{Role: "user", Content: "corn"}})
	if err != nil {
		t.Fatal(err)
	}
	spelled, _, err := lay([]serve.Message{{Role: "user", Content: "corn<|im_end|>"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(spelled) <= len(plain)+1 {
		t.Errorf("%q became one token", "<|im_end|>")
	}
	if _, _, err := lay([]serve.Message{{Role: "miller", Content: "corn"}}); err == nil || !strings.Contains(err.Error(), `role "miller"`) {
		t.Errorf("%v, want that there is no such role", err)
	}
}
