package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/seed-83c59573/quern/tokenize"
)

// learnJob is what "tokenizer learn" is asked to do.
type learnJob struct {
	in    inputFlags
	out   string
	learn tokenize.Learn
	room  tokenize.Room
	mem   string

	inputs []string
}

func tokenizerLearn() *cobra.Command {
	j := learnJob{learn: tokenize.DefaultLearn()}
	cmd := &cobra.Command{
		Use:   "learn INPUT...",
		Short: "Learn a BPE or Unigram vocabulary from documents",
		Long: `Learn a vocabulary from documents: byte-level BPE cut by one of the known patterns (the merges are those of Hugging Face's BpeTrainer), or, with
--split metaspace, BPE or Unigram of characters in the way of SentencePiece, where ▁ stands for a space. The same documents in any order and on any
number of workers give the same file. Beyond --mem counts go to scratch files beside --out.`,
		Args: someArgs(1),
		RunE: j.run,
	}
	f, l := cmd.Flags(), &j.learn
	f.StringVar(&j.out, "out", "", "file to write: "+strings.Join(tokenizerFormats, ", "))
	f.StringVar(&l.Model, "model", l.Model, "bpe or unigram")
	f.IntVar(&l.Vocab, "vocab", l.Vocab, "ids: bytes, characters and special tokens among them")
	f.StringVar(&l.Split, "split", l.Split, "how texts are cut: "+strings.Join(append(tokenize.Splits(), tokenize.Metaspace), ", "))
	f.StringVar(&l.Normalize, "normalize", l.Normalize, "none or nfc, which the tokenizer then applies to every text")
	f.Int64Var(&l.MinFrequency, "min-frequency", l.MinFrequency, "bpe: a pair seen less often is not merged")
	f.Int64Var(&l.MinPiece, "min-piece", l.MinPiece, "a piece (word) counted less often is left out")
	f.IntVar(&l.MaxToken, "max-token", l.MaxToken, "bytes of the longest token")
	f.StringArrayVar(&l.Special, "special", l.Special, "a special token, in the order of their ids; may be given again")
	f.Float64Var(&l.Coverage, "coverage", l.Coverage, "metaspace: share of the text whose characters are tokens, the most frequent first")
	f.StringVar(&l.Alphabet, "alphabet", l.Alphabet, "metaspace: characters that are tokens however rare")
	f.BoolVar(&l.ByteFallback, "byte-fallback", l.ByteFallback, "metaspace: spell other characters by tokens of bytes")
	f.IntVar(&j.room.Workers, "workers", 0, "goroutines (default one per processor); never changes a result")
	f.StringVar(&j.mem, "mem", "", "memory for counts and for learning, such as 2GiB (default: no limit)")
	j.in.add(cmd)
	return cmd
}

func (j *learnJob) run(cmd *cobra.Command, args []string) error {
	if !slices.Contains(tokenizerFormats, filepath.Ext(j.out)) {
		return usageError{errors.New("--out: give a file that ends in " + strings.Join(tokenizerFormats, ", "))}
	}
	if err := j.learn.Validate(); err != nil {
		return usageError{err}
	}
	switch marked := j.learn.Split == tokenize.Metaspace; {
	case filepath.Ext(j.out) == ".model" && (!marked || j.learn.Normalize == tokenize.NFC):
		return usageError{errors.New("--out: a .model holds what --split metaspace makes, without --normalize")}
	case filepath.Ext(j.out) == ".tiktoken" && (marked || j.learn.Normalize == tokenize.NFC):
		return usageError{errors.New("--out: a .tiktoken file holds byte-level BPE, without --normalize")}
	}
	if j.room.Workers < 0 {
		return usageError{fmt.Errorf("--workers %d: want 1 or more", j.room.Workers)}
	}
	if j.mem != "" {
		var err error
		if j.room.Memory, err = pipelines.ParseBytes(j.mem); err != nil {
			return usageError{fmt.Errorf("--mem: %w", err)}
		}
		j.room.Scratch = filepath.Dir(j.out)
	}
	j.inputs = args
	units, err := j.in.units(cmd.Context(), cmd.InOrStdin(), args)
	if err != nil {
		return err
	}
	return j.learnFrom(cmd, units)
}

func (j *learnJob) learnFrom(cmd *cobra.Command, units []inputUnit) (err error) {
	workers := workersFor(j.room.Workers, len(units))
	c := tokenize.NewCounters(j.learn, workers, j.room)
	defer func() { err = errors.Join(err, c.Close()) }()
	err = quern.Each(cmd.Context(), workers, len(units), func(ctx context.Context, worker, i int) error {
		return units[i].docs(ctx, func(d *quern.Doc) error {
			c.Counter(worker).Add(d.Text)
			return nil
		})
	})
	if err != nil {
		return err
	}
	texts, bytes := c.Counted()
	if err := j.in.tell(cmd.ErrOrStderr(), j.inputs); err != nil {
		return err
	}
	if bytes == 0 {
		return fmt.Errorf("%s: no text to learn from", strings.Join(j.inputs, ", "))
	}
	left, leftBytes := c.LeftOut()
	tok, err := c.Learn(cmd.Context())
	if err != nil {
		return err
	}
	if err := writeTokenizer(j.out, tok); err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s: %s, %d ids from %d bytes of %d documents\n", j.out, tok.Describe(), tok.Vocab(), bytes, texts)
	if left > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "%d pieces without a place to cut were longer than 64 KiB and left out: %d bytes\n", left, leftBytes)
	}
	return nil
}

// workersFor is how many goroutines do n pieces of work: as many as were asked for, or one a processor.
func workersFor(asked, n int) int {
	if asked == 0 {
		asked = runtime.GOMAXPROCS(0)
	}
	return max(1, min(asked, n))
}
