package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/mix"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/spf13/cobra"
)

func mixExportCommand() *cobra.Command {
	var name, to, out string
	documents, paths := "documents/{source}/*.jsonl.gz", mix.DolmaPaths{Output: "mixed"}
	cmd := &cobra.Command{
		Use:   "export DIR...",
		Short: "Write the plan of a run's mix for other tools: a Dolma mixer's config, a row of Olmix's ratios.csv, or as it is",
		Long: `Write the plan of a run's mix for other tools:

  quern mix export run --to dolma --experiment random --out mixer.json
  quern mix export run-a run-b --to olmix --out ratios.csv
  quern mix export run --to plan

dolma is a config of the Dolma toolkit's mixer, a stream for each epoch of each source. It reads --documents, where {source} is the name of
a source; part of an epoch is chosen by the attributes that "dolma tag" wrote with its tagger random_number_v1 under the name --experiment.
Its shares are as near as chance is, and the order is the mixer's. olmix is a table of the achieved shares, a row a run, which
"quern mix fit" and Olmix read. plan is quern's own plan: what each part gives, in words and numbers.`,
		Args: someArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if to != "dolma" && to != "olmix" && to != "plan" {
				return usageError{fmt.Errorf("--to %q: want dolma, olmix or plan", to)}
			}
			if len(args) > 1 && to != "olmix" {
				return usageError{fmt.Errorf("--to %s: give one run", to)}
			}
			if strings.Count(documents, "{source}") != 1 || strings.Count(documents, "*") > 1 {
				return usageError{errors.New("--documents: want {source} once, and * once at most")}
			}
			paths.Documents = func(source string) string { return strings.Replace(documents, "{source}", source, 1) }
			b, err := exportMix(args, name, to, paths)
			if err != nil {
				return err
			}
			if out == "" {
				_, err = cmd.OutOrStdout().Write(b)
				return err
			}
			if err := writeFile(out, func(w io.Writer) error { _, err := w.Write(b); return err }); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %d bytes\n", out, len(b))
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&name, "run", "", "the run of each folder (default the last)")
	f.StringVar(&to, "to", "", "dolma, olmix or plan")
	f.StringVar(&out, "out", "", "file to write (default: standard output)")
	f.StringVar(&documents, "documents", documents, "of dolma: where its documents are; as quern clean --attributes writes them, before cleaning")
	f.StringVar(&paths.Output, "output", paths.Output, "of dolma: the folder that the mixer writes to")
	f.StringVar(&paths.Experiment, "experiment", "", "of dolma: the name of the attributes with random numbers; without one there can be no part of an epoch")
	return cmd
}

// exportMix writes plans in a form.
func exportMix(folders []string, name, to string, paths mix.DolmaPaths) ([]byte, error) {
	var runs []string
	var rows []map[string]float64
	for _, folder := range folders {
		dir := quern.Local(filepath.Clean(folder))
		rec, err := pipelines.LoadRecord(dir, name)
		if err != nil {
			return nil, err
		}
		plan, raw, err := pipelines.PlanOf(dir, rec)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", folder, err)
		}
		switch to {
		case "dolma":
			return plan.Dolma(paths)
		case "plan":
			return raw, nil
		}
		for _, r := range runs {
			if r == rec.Run {
				return nil, fmt.Errorf("%s: two runs are named %s, and a table needs a name for each", folder, rec.Run)
			}
		}
		sum := plan.Summary()
		runs, rows = append(runs, rec.Run), append(rows, sum.Row())
	}
	var b bytes.Buffer
	err := mix.WriteRatios(&b, runs, rows)
	return b.Bytes(), err
}
