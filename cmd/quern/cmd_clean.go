package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"text/tabwriter"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/spf13/cobra"
)

func cleanCommand() *cobra.Command {
	var name, attributes, experiment string
	var whatIf []string
	var asJSON, hits bool
	var most int
	var base string
	cmd := &cobra.Command{
		Use:   "clean DIR",
		Short: "Judge the documents of a run again by other thresholds, show evaluation items found, or write what was measured as Dolma attributes",
		Long: `Judge the documents of a run again by other thresholds, from the facts that were stored, without reading a text:

  quern clean run --what-if gopher.min_words=100 --what-if fineweb.min_end_lines=0.2

or write documents and all that was measured on them as the Dolma toolkit lays them out:

  quern clean run --attributes dolma

or show the documents that decontaminate dropped side by side with the evaluation items found in them:

  quern clean run --hits -n 20

With clean: {facts: all} in the spec every rule measures every document, and the forecast is exact as far as no rule rewrites texts
behind a changed limit. With facts: seen, rules behind the one that dropped a document have not seen it; those it lets in are counted as unsure.`,
		Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			asked := 0
			for _, is := range []bool{len(whatIf) > 0, attributes != "", hits} {
				if is {
					asked++
				}
			}
			switch {
			case asked != 1:
				return usageError{errors.New("give either --what-if or --attributes or --hits")}
			case most < 1:
				return usageError{errors.New("-n: want 1 or more")}
			}
			dir := quern.Local(filepath.Clean(args[0]))
			rec, err := pipelines.LoadRecord(dir, name)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if hits {
				return printHits(out, dir, rec, base, most)
			}
			if attributes != "" {
				docs, err := pipelines.ExportAttributes(cmd.Context(), dir, rec, quern.Local(attributes), experiment, 0)
				if err == nil {
					fmt.Fprintf(out, "%s: %d documents in documents/, what was measured on them in attributes/%s/\n", attributes, docs, experiment)
				}
				return err
			}
			w, err := pipelines.JudgeAgain(dir, rec, whatIf)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(out, w)
			}
			printWhatIf(out, w)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&name, "run", "", "the run (default the last)")
	f.StringArrayVar(&whatIf, "what-if", nil, "rule.option=value; may be given more than once")
	f.BoolVar(&asJSON, "json", false, "print one JSON object")
	f.StringVar(&attributes, "attributes", "", "folder to write documents/ and attributes/ into")
	f.StringVar(&experiment, "experiment", "quern", "name of the attributes")
	f.BoolVar(&hits, "hits", false, "show what decontaminate found in the documents that it dropped")
	f.IntVarP(&most, "number", "n", 10, "of hits: documents of each source at most")
	f.StringVar(&base, "base", "", "of hits: the folder of the spec, where paths of evaluation files begin (default: looked for around the run)")
	return cmd
}

// printWhatIf prints fates as they were and as they would be.
func printWhatIf(w io.Writer, r *pipelines.WhatIf) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "source\tdocuments\tkept\twould keep\tMB\twould be\tlet in\tunsure\tput out\t")
	for _, s := range r.Sources {
		fmt.Fprintf(tw, "%s\t%d\t%d\t%d\t%.2f\t%.2f\t%d\t%d\t%d\t\n", s.Source, s.Docs, s.Kept[0].Docs, s.Kept[1].Docs, float64(s.Kept[0].Bytes)/1e6,
			float64(s.Kept[1].Bytes)/1e6, s.In.Docs, s.Unsure, s.Out.Docs)
	}
	tw.Flush()
	tw = tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "\nsource\treason\tdropped\twould drop")
	for _, s := range r.Sources {
		for _, row := range s.Rules {
			if row.Was != row.Would {
				fmt.Fprintf(tw, "%s\t%s\t%d\t%d\n", s.Source, row.Reason, row.Was, row.Would)
			}
		}
	}
	tw.Flush()
}
