package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/seed-83c59573/quern/pipelines"
	"github.com/seed-83c59573/quern/shard"
)

func exportCommand() *cobra.Command {
	var x pipelines.Export
	var perFile string
	var list, asJSON bool
	cmd := &cobra.Command{
		Use:   "export RUN_OR_DATASET --format F --out DIR",
		Short: "Write the tokens of a run as another project's trainer reads them; --list tells the layouts",
		Long: `Write the tokens of a run, or of one of its datasets of tokens, as another project's trainer reads them:

  quern export run --format megatron --out corpus
  quern export run/steps/tokenize-web-0123456789 --format mds --split train --out web
  quern export --list

DIR begins to exist when all its files are whole. Both splits are exported unless --split names one.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if list && len(args) == 0 {
				return nil
			}
			return exactArgs(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if list {
				return listFormats(cmd.OutOrStdout(), exportFormats())
			}
			if err := exportUsage(&x, perFile); err != nil {
				return err
			}
			x.From = args[0]
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
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s, %d files, %s MB\n", x.Out, x.Format, done.Files, megabytes(done.Bytes))
			return err
		},
	}
	f := cmd.Flags()
	f.BoolVar(&list, "list", false, "list the layouts")
	f.StringVar(&x.Format, "format", "", "the layout")
	f.StringVar(&x.Out, "out", "", "the folder to make")
	f.StringSliceVar(&x.Splits, "split", nil, "train or validation (default: both)")
	f.IntVar(&x.Rows, "rows", 0, "of litdata: tokens of a block; files are then cut at multiples of it, so that readers drop nothing between files")
	f.StringVar(&perFile, "per-file", "", "tokens of a file, as 100M, where the layout has several (default: what its project uses)")
	f.StringVar(&x.Tokenizer, "tokenizer", "", "the tokenizer of the tokens (default: the one that the dataset names)")
	f.StringVar(&x.Run, "run", "", "of a folder of runs, this one (default: the last)")
	f.BoolVar(&x.Force, "force", false, "replace DIR")
	f.BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// exportUsage checks the command line.
func exportUsage(x *pipelines.Export, perFile string) error {
	if x.Out == "" {
		return usageError{errors.New("--out: name the folder to make")}
	}
	format, err := shard.ExportFormatNamed(x.Format)
	if err != nil {
		return usageError{fmt.Errorf("--format: %w", err)}
	}
	if perFile != "" {
		if x.PerFile, err = pipelines.ParseCount(perFile); err == nil && x.PerFile < 1 {
			err = errors.New("want 1 token or more")
		}
		if err != nil {
			return usageError{fmt.Errorf("--per-file: %w", err)}
		}
		if format.OneFile {
			return usageError{fmt.Errorf("--per-file: a split of %s is one file", x.Format)}
		}
	}
	if x.Rows < 0 || x.Rows > 0 && x.Format != "litdata" {
		return usageError{errors.New("--rows: want tokens of a block of litdata; other layouts hold no blocks")}
	}
	for _, s := range x.Splits {
		if s != "train" && s != "validation" {
			return usageError{fmt.Errorf("--split %q: want train or validation", s)}
		}
	}
	return nil
}

// exportFormats are names and what each is.
func exportFormats() (out [][2]string) {
	for _, f := range shard.ExportFormats {
		out = append(out, [2]string{f.Name, f.About})
	}
	return out
}

func listFormats(w io.Writer, formats [][2]string) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range formats {
		name, files, _ := strings.Cut(f[1], ": ")
		fmt.Fprintf(tw, "%s\t%s\t%s\n", f[0], name, files)
	}
	return tw.Flush()
}

// progressTo is where progress is shown: with what people read, but beside what machines read.
func progressTo(cmd *cobra.Command, asJSON bool) io.Writer {
	if asJSON {
		return cmd.ErrOrStderr()
	}
	return cmd.OutOrStdout()
}
