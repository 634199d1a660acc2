package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/clean"
	"github.com/seed-83c59573/quern/clean/ngram"
	"github.com/seed-83c59573/quern/pipelines"
)

// ngramJob is what the command ngram is asked for.
type ngramJob struct {
	out, tokens, normalize, mem string
	order, cut                  int
	format, fields, options     string
}

func ngramCommand() *cobra.Command {
	var j ngramJob
	cmd := &cobra.Command{
		Use:   "ngram INPUT...",
		Short: "Learn an n-gram model for the rules perplexity and ccnet, or the word counts that pes2o reads",
		Long: `Learn a language model by interpolated modified Kneser-Ney from documents: of a file that --out names .arpa or .bin (which KenLM reads
too), or, of one that it names .tsv, counts of words for pes2o. Inputs are files and folders of any format that ingest reads; a
line is a sentence.`,
		Args: someArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			docs, err := j.run(cmd.Context(), args)
			if err == nil {
				fmt.Fprintf(cmd.OutOrStdout(), "%s: learned from %d documents\n", j.out, docs)
			}
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&j.out, "out", "", "file to write: .arpa, .bin or .tsv")
	f.IntVar(&j.order, "order", 3, "longest n-gram, 1 to 5")
	f.StringVar(&j.tokens, "tokens", "words", "words or characters")
	f.StringVar(&j.normalize, "normalize", "ccnet", "ccnet (as the rules do) or none")
	f.IntVar(&j.cut, "cut", 0, "n-grams above single words that occur so often or less are cut off")
	f.StringVar(&j.mem, "mem", "1GiB", "memory for counting; beyond it, scratch files are written beside --out")
	f.StringVar(&j.format, "format", "", "format of the inputs (default by their names)")
	f.StringVar(&j.fields, "fields", "", "their fields, as in a spec")
	f.StringVar(&j.options, "options", "", "their options, as in a spec")
	return cmd
}

func (j *ngramJob) run(ctx context.Context, inputs []string) (int64, error) {
	kind := filepath.Ext(j.out)
	if kind != ".arpa" && kind != ".bin" && kind != ".tsv" {
		return 0, usageError{errors.New("--out: give a file that ends in .arpa, .bin or .tsv")}
	}
	if j.normalize != "ccnet" && j.normalize != "none" {
		return 0, usageError{fmt.Errorf("--normalize %s: want ccnet or none", j.normalize)}
	}
	if kind == ".tsv" {
		l := ngram.NewUnigramLearner(100_000_000)
		docs, err := j.read(ctx, inputs, l.Text)
		if err != nil {
			return docs, err
		}
		return docs, writeFile(j.out, func(w io.Writer) error { return l.Write(w, 1) })
	}
	o := ngram.DefaultLearn()
	o.Order, o.Scratch = j.order, filepath.Dir(j.out)
	if j.cut > 0 {
		o.Cut = []uint64{0, uint64(j.cut)}
	}
	switch j.tokens {
	case "words":
	case "characters":
		o.By = ngram.Characters
	default:
		return 0, usageError{fmt.Errorf("--tokens %s: want words or characters", j.tokens)}
	}
	var err error
	if o.Memory, err = pipelines.ParseBytes(j.mem); err != nil {
		return 0, usageError{fmt.Errorf("--mem: %w", err)}
	}
	l, err := ngram.NewLearner(o)
	if err != nil {
		return 0, usageError{err}
	}
	defer l.Close()
	var line []byte
	docs, err := j.read(ctx, inputs, func(text []byte) error {
		for part := range bytes.Lines(text) {
			if j.normalize == "ccnet" {
				line = clean.NormalizeCCNet(line[:0], part)
				part = line
			}
			if part = bytes.TrimSpace(part); len(part) == 0 {
				continue
			}
			if err := l.Sentence(part); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return docs, err
	}
	m, err := l.Finish()
	if err != nil {
		return docs, err
	}
	return docs, writeFile(j.out, func(w io.Writer) error {
		if kind == ".bin" {
			return m.WriteBinary(w)
		}
		return l.WriteARPA(w)
	})
}

// read gives every document's text to take.
func (j *ngramJob) read(ctx context.Context, inputs []string, take func([]byte) error) (docs int64, err error) {
	for _, path := range inputs {
		src, err := pipelines.OpenInput(path, j.format, j.fields, j.options)
		if err != nil {
			return docs, usageError{err}
		}
		units, err := src.Units(ctx)
		if err != nil {
			return docs, err
		}
		for _, u := range units {
			for d, err := range src.Docs(ctx, u) {
				if errors.Is(err, quern.ErrRecord) {
					continue
				}
				if err == nil {
					err = ctx.Err()
				}
				if err == nil {
					err = take(d.Text)
				}
				if err != nil {
					return docs, err
				}
				docs++
			}
		}
	}
	if docs == 0 {
		return 0, fmt.Errorf("no documents in %s", strings.Join(inputs, ", "))
	}
	return docs, nil
}

// writeFile writes a file that is whole or not there.
func writeFile(path string, write func(io.Writer) error) error {
	dir := quern.Local(filepath.Dir(path))
	b, err := dir.Create(filepath.Base(path))
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(b, 1<<20)
	if err := errors.Join(write(w), w.Flush()); err != nil {
		b.Abort()
		return err
	}
	return b.Commit()
}
