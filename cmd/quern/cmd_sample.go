package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/seed-83c59573/quern/train/decode"
	"github.com/seed-83c59573/quern/train/serve"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

func sampleCommand() *cobra.Command {
	var run, prompt string
	var asChat bool
	var count, workers, length int
	o := decode.Default()
	cmd := &cobra.Command{
		Use:   "sample MODEL|RUN",
		Short: "Let a model continue a text or, with --chat, answer a question",
		Long: `Draw text from a model: the newest of a run, that of a training step, or a folder as Hugging Face lays it out.

  quern sample run --prompt "The mill"
  quern sample run --chat --prompt "What is a quern?"
  quern sample ./SmolLM2-135M --prompt "Once upon" --temperature 0 --tokens 20 --count 3

The same seed draws the same text, whatever is drawn beside it. With --chat and no prompt on a terminal, a conversation: an empty line
begins another, end of input ends it.`,
		Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.Validate(); err != nil {
				return usageError{err}
			}
			if count < 1 {
				return usageError{fmt.Errorf("--count is %d, want 1 or more", count)}
			}
			s, err := openModel(args[0], run, asChat, workers, length)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if asChat && !cmd.Flags().Changed("prompt") && term.IsTerminal(int(os.Stdin.Fd())) {
				return converse(cmd.Context(), s, o, os.Stdin, out)
			}
			ids := s.prompt(prompt)
			o.StopTokens = s.stops()
			if asChat {
				lay, err := s.chat()
				if err != nil {
					return err
				}
				if ids, o.StopTokens, err = lay([]serve.Message{{Role: "user", Content: prompt}}); err != nil {
					return err
				}
			}
			return s.print(cmd.Context(), ids, prompt, asChat, o, count, out)
		},
	}
	f := cmd.Flags()
	f.StringVar(&run, "run", "", "the run whose model speaks (default the last)")
	f.StringVar(&prompt, "prompt", "", "the text to continue or the question")
	f.BoolVar(&asChat, "chat", false, "ask the fine-tuned model")
	f.Uint64Var(&o.Seed, "seed", 1, "the same seed draws the same text")
	f.IntVar(&count, "count", 1, "texts to draw, with seeds that count on")
	samplingFlags(cmd, &o)
	f.IntVar(&workers, "workers", 0, "processors to use (default all); never changes a result")
	f.IntVar(&length, "context", 0, "tokens of a sequence, at most (default the model's)")
	return cmd
}

// samplingFlags are how text is drawn.
func samplingFlags(cmd *cobra.Command, o *decode.Options) {
	f := cmd.Flags()
	f.IntVar(&o.Tokens, "tokens", o.Tokens, "tokens to draw at most")
	f.Float64Var(&o.Temperature, "temperature", o.Temperature, "0 takes the likeliest token")
	f.IntVar(&o.TopK, "top-k", o.TopK, "draw from the k likeliest; 0 = all")
	f.Float64Var(&o.TopP, "top-p", o.TopP, "draw from the fewest that hold this mass")
	f.Float64Var(&o.MinP, "min-p", o.MinP, "draw from those at least this share as likely as the first")
	f.Float64Var(&o.Repetition, "repetition", o.Repetition, "divides the logits of tokens that stand already; 1 = off")
	f.Float64Var(&o.Presence, "presence", o.Presence, "taken from the logit of each token drawn before")
	f.Float64Var(&o.Frequency, "frequency", o.Frequency, "taken for each time that it was drawn")
	f.StringArrayVar(&o.Stop, "stop", nil, "the text ends before this; may be given again")
}

// print draws texts, some at once, and prints one after the other; one alone is printed as it comes.
func (s *speaker) print(ctx context.Context, ids []int32, prompt string, asChat bool, o decode.Options, count int, out io.Writer) error {
	if asChat {
		prompt = ""
	}
	const together = 64 // texts that are held
	e := decode.NewEngine(s.m, s.tok, min(count, 8), 256)
	if count == 1 {
		fmt.Fprint(out, prompt)
		shown := 0
		r := &decode.Request{Prompt: ids, Options: o, Each: func(r *decode.Request) {
			out.Write(r.Text[shown:])
			shown = len(r.Text)
		}}
		if err := e.Run(ctx, []*decode.Request{r}, nil); err != nil {
			return err
		}
		_, err := fmt.Fprintln(out)
		return err
	}
	for first := 0; first < count; first += together {
		var rs []*decode.Request
		for i := first; i < min(count, first+together); i++ {
			r := &decode.Request{Prompt: ids, Options: o}
			r.Options.Seed += uint64(i)
			rs = append(rs, r)
		}
		if err := e.Run(ctx, rs, nil); err != nil {
			return err
		}
		for _, r := range rs {
			if _, err := fmt.Fprintf(out, "--- seed %d\n%s%s\n", r.Options.Seed, prompt, r.Text); err != nil {
				return err
			}
		}
	}
	return nil
}

// converse is a conversation on a terminal. What the model said stays in its cache, so a turn costs what is new.
func converse(ctx context.Context, s *speaker, o decode.Options, in io.Reader, out io.Writer) error {
	lay, err := s.chat()
	if err != nil {
		return err
	}
	e := decode.NewEngine(s.m, s.tok, 1, 256)
	var turns []serve.Message
	lines := bufio.NewScanner(in)
	for {
		fmt.Fprint(out, "> ")
		if !lines.Scan() {
			fmt.Fprintln(out)
			return lines.Err()
		}
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			if len(turns) > 0 {
				fmt.Fprintln(out, "(a new conversation)")
			}
			turns = nil
			continue
		}
		turns = append(turns, serve.Message{Role: "user", Content: line})
		prompt, stop, err := lay(turns)
		if err != nil {
			return err
		}
		if len(prompt) >= e.Context() {
			fmt.Fprintln(out, "(the conversation is longer than the model's context; an empty line begins another)")
			turns = turns[:len(turns)-1]
			continue
		}
		shown := 0
		r := &decode.Request{Prompt: prompt, Options: o, Each: func(r *decode.Request) {
			out.Write(r.Text[shown:])
			shown = len(r.Text)
		}}
		r.Options.StopTokens = stop
		r.Options.Seed += uint64(len(turns))
		if err := e.Run(ctx, []*decode.Request{r}, nil); err != nil {
			if errors.Is(err, context.Canceled) {
				fmt.Fprintln(out)
			}
			return err
		}
		fmt.Fprintln(out)
		turns = append(turns, serve.Message{Role: "assistant", Content: string(r.Text)})
	}
}
