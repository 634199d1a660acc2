package main

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/seed-83c59573/quern/train"
	"github.com/spf13/cobra"
)

func sampleCommand() *cobra.Command {
	var name, prompt string
	var asChat bool
	var seed uint64
	s := train.DefaultConfig().Sample
	cmd := &cobra.Command{
		Use:   "sample DIR",
		Short: "Let the model of a run continue a text or, with --chat, answer a question",
		Args:  exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := s.Validate(); err != nil {
				return usageError{err}
			}
			dir := quern.Local(filepath.Clean(args[0]))
			rec, err := pipelines.LoadRecord(dir, name)
			if err != nil {
				return err
			}
			if !asChat { // the pretrained model continues texts, the tuned one answers
				rec.Steps = slices.DeleteFunc(rec.Steps, func(r pipelines.StepRecord) bool { return r.Step == "tune" })
			}
			folder, tok, err := pipelines.Model(dir, rec)
			if err != nil {
				return err
			}
			m, err := train.LoadModel(folder, 0, 0)
			if err != nil {
				return err
			}
			if asChat {
				t, err := train.FinalTemplate(folder)
				if err != nil {
					return err
				}
				text, err := train.Answer(m, tok, s, t, prompt, seed)
				if err != nil {
					return err
				}
				fmt.Fprintln(cmd.OutOrStdout(), text)
				return nil
			}
			text, err := train.Complete(m, tok, s, prompt, seed)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), prompt+text)
			return nil
		},
	}
	cmd.Flags().StringVar(&name, "run", "", "the run whose model speaks (default the last)")
	cmd.Flags().StringVar(&prompt, "prompt", "", "the text to continue or the question")
	cmd.Flags().BoolVar(&asChat, "chat", false, "ask the fine-tuned model")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "the same seed draws the same text")
	cmd.Flags().IntVar(&s.Tokens, "tokens", s.Tokens, "tokens to draw at most")
	cmd.Flags().Float64Var(&s.Temperature, "temperature", s.Temperature, "0 takes the likeliest token")
	cmd.Flags().IntVar(&s.TopK, "top-k", s.TopK, "draw from the k likeliest; 0 = all")
	cmd.Flags().Float64Var(&s.TopP, "top-p", s.TopP, "draw from the fewest that hold this mass")
	return cmd
}
