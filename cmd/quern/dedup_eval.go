package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/dedup"
)

func dedupEvalCommand() *cobra.Command {
	var source, run string
	var least float64
	var ignore, asJSON bool
	cmd := &cobra.Command{
		Use:   "eval TRUTH PREDICTED",
		Short: "Measure duplicates that were found against true ones",
		Long: `Compare what a tool found with what is true. Both are files of JSON lines, or of .csv or .tsv with a header, packed or not:

  id (core_id) and duplicates (labelled_duplicates), a list    every document, as in CORE
  id and cluster (cluster_id)                                  every document, as in NEWS-COPY
  a and b (id1 and id2), maybe similarity (jaccard, score)     pairs
  id and kept                                                  removals

PREDICTED may also be a folder of runs or the step of one that clusters; --source then names the source whose keys stand in TRUTH.
Scores of documents are those of text-dedup's benchmarks, where "macro F1" is the mean of two precisions: both are named.`,
		Args: exactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if math.IsNaN(least) || least < 0 || least > 1 {
				return usageError{fmt.Errorf("--least %v: want 0 to 1", least)}
			}
			found, err := predicted(args[1], run)
			if err != nil {
				return err
			}
			truth := labelFile(args[0])
			truth.Source, truth.Least = source, least
			e, err := dedup.Evaluate(truth, found, ignore)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), e)
			}
			printEvaluation(cmd.OutOrStdout(), e)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&source, "source", "", "IDs of TRUTH are keys of this source of the run")
	f.StringVar(&run, "run", "", "of a folder of runs, this one (default the last)")
	f.Float64Var(&least, "least", 0, "pairs of TRUTH that state a lower similarity do not count")
	f.BoolVar(&ignore, "ignore-unknown", false, "leave out documents that the other file does not list, and count them")
	f.BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func labelFile(path string) dedup.LabelFile {
	return dedup.LabelFile{Name: path, Open: func() (io.ReadCloser, error) { return os.Open(path) }}
}

const removalsFile = "removals.jsonl.zst"

// predicted is a file, the removals of a step, or those of a run, which knows of all documents.
func predicted(path, run string) (dedup.LabelFile, error) {
	st, err := os.Stat(path)
	if err != nil || !st.IsDir() {
		return labelFile(path), err
	}
	if exists(path, removalsFile) {
		return labelFile(filepath.Join(path, removalsFile)), nil
	}
	if !exists(path, "runs") {
		return dedup.LabelFile{}, fmt.Errorf("%s: no %s: want a step that clusters, or a folder of runs", path, removalsFile)
	}
	a, err := openAddition(path, run)
	if err != nil {
		return dedup.LabelFile{}, err
	}
	return dedup.LabelFile{
		Name: path,
		Open: func() (io.ReadCloser, error) {
			f, err := a.Removals.Open(removalsFile)
			if err != nil {
				return nil, err
			}
			return struct {
				io.Reader
				io.Closer
			}{io.NewSectionReader(f, 0, f.Size()), f}, nil
		},
		All: func(f func(quern.ID) error) error {
			for _, s := range a.Sets {
				if err := dedup.EachID(s.Dir, s.Shards, f); err != nil {
					return fmt.Errorf("%s: %w", s.Name, err)
				}
			}
			return nil
		},
	}, nil
}

func printEvaluation(out io.Writer, e dedup.Evaluation) {
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	p := e.PerDoc
	fmt.Fprintln(tw, "\tprecision\trecall\tF1\t")
	for _, row := range []struct {
		name string
		dedup.Scores
	}{{"duplicates", p.Duplicates}, {"other documents", p.Others}, {"pairs", e.Pairs.Scores}} {
		fmt.Fprintf(tw, "%s\t%.4f\t%.4f\t%.4f\t\n", row.name, row.Precision, row.Recall, row.F1)
	}
	tw.Flush()
	fmt.Fprintf(out, "\n%d documents: %d found, %d found wrong or in part, %d missed, %d rightly left alone\n", e.Documents, p.TP, p.FP, p.FN, p.TN)
	fmt.Fprintf(out, "%d true pairs, %d found, %d both\n", e.Pairs.True, e.Pairs.Found, e.Pairs.Both)
	fmt.Fprintf(out, "macro F1 %.4f; macro precision (text-dedup's \"macro F1\") %.4f; accuracy (all duplicates and no other) %.4f\n", p.MacroF1, p.MacroPrecision, p.Accuracy)
	fmt.Fprintf(out, "adjusted Rand index %.4f\n", e.ARI)
	if e.Ignored > 0 {
		fmt.Fprintf(out, "%s of unknown documents ignored\n", plural(int(e.Ignored), "mention"))
	}
}
