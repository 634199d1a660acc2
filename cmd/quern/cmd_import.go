package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-83c59573/quern/pipelines"
	"github.com/seed-83c59573/quern/shard"
)

func importCommand() *cobra.Command {
	var x pipelines.Import
	var eot int64
	var list, asJSON bool
	cmd := &cobra.Command{
		Use:   "import PATH --to DIR",
		Short: "Make a dataset of tokens from those that another project wrote; --list tells the layouts",
		Long: `Make a dataset of tokens from those that another project wrote: a folder, or a file and what belongs to it.

  quern import fineweb-gpt2 --to fineweb --tokenizer gpt2/tokenizer.json
  quern import edu_fineweb10B --eot 50256 --eot-first --to edu
  quern import train.bin --format nanogpt --eot 50256 --to openwebtext
  quern import --list

The layout is found out from the files where they tell it. Documents end where an index says so or, where there is none, at the token
--eot, or the end of text of --tokenizer. With a tokenizer every id is held against its vocabulary, and the size of the text behind the
tokens is known. DIR begins to exist when all its files are whole; "quern export", "show" and "inspect" read it, and a spec that lists
it under tokens mixes and trains on it.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if list && len(args) == 0 {
				return nil
			}
			return exactArgs(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if list {
				return listFormats(cmd.OutOrStdout(), importFormats())
			}
			if cmd.Flags().Changed("eot") {
				x.EndOfText = &eot
			}
			x.Path = args[0]
			if err := importUsage(&x); err != nil {
				return err
			}
			w := newWatcher(progressTo(cmd, asJSON))
			x.Event = w.event
			done, err := x.Do(cmd.Context())
			w.close()
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), done)
			}
			for _, s := range done.Splits {
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %s: %d documents, %d tokens of %s\n", x.To, s.Name, s.Docs, s.Tokens, done.Format)
			}
			for _, n := range done.Notes {
				fmt.Fprintf(cmd.OutOrStdout(), "note: %s\n", n)
			}
			return nil
		},
	}
	importFlags(cmd, &x)
	f := cmd.Flags()
	f.BoolVar(&list, "list", false, "list the layouts")
	f.Int64Var(&eot, "eot", 0, "the token that separates documents; asked although an index tells them")
	f.BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// importFlags are those that are fields of the request.
func importFlags(cmd *cobra.Command, x *pipelines.Import) {
	f := cmd.Flags()
	f.StringVar(&x.Format, "format", "", "the layout (default: what the files tell)")
	f.StringVar(&x.To, "to", "", "the folder to make")
	f.StringVar(&x.Tokenizer, "tokenizer", "", "the tokenizer of the tokens, a file or the folder of a run")
	f.BoolVar(&x.First, "eot-first", false, "the separator is the first token of a document, as llm.c writes it")
	f.StringVar(&x.Split, "split", "", "only the files of this split")
	f.StringVar(&x.Column, "column", "", "of records: the column of tokens (default: input_ids, tokens or token_ids)")
	f.StringVar(&x.Dtype, "dtype", "", "type of raw ids, where nothing tells: uint16, uint32, int32, int64")
	f.StringVar(&x.Name, "name", "", "of the source of the documents (default: the name of PATH)")
	f.StringVar(&x.Domain, "domain", "any", "of the documents")
	f.IntVar(&x.Workers, "workers", 0, "processors to use (default: all); never changes a result")
	f.BoolVar(&x.Force, "force", false, "replace DIR")
}

// importUsage checks the command line.
func importUsage(x *pipelines.Import) error {
	if x.To == "" {
		return usageError{errors.New("--to: name the folder to make")}
	}
	if x.Format != "" {
		if _, err := shard.ImportFormatNamed(x.Format); err != nil {
			return usageError{fmt.Errorf("--format: %w", err)}
		}
	}
	if x.EndOfText != nil && (*x.EndOfText < 0 || *x.EndOfText > 1<<32-1) {
		return usageError{fmt.Errorf("--eot %d: want an id", *x.EndOfText)}
	}
	if x.Workers < 0 {
		return usageError{fmt.Errorf("--workers %d: want 1 or more", x.Workers)}
	}
	if x.First && x.EndOfText == nil && x.Tokenizer == "" {
		return usageError{errors.New("--eot-first: give the separator with --eot")}
	}
	if x.Name == "" {
		x.Name = strings.TrimSuffix(filepath.Base(filepath.Clean(x.Path)), filepath.Ext(x.Path))
	}
	return nil
}

// importFormats are names and what each is.
func importFormats() (out [][2]string) {
	for _, f := range shard.ImportFormats {
		out = append(out, [2]string{f.Name, f.About})
	}
	return out
}
