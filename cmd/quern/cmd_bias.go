package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/clean"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/seed-83c59573/quern/pipelines/report"
	"github.com/spf13/cobra"
)

func biasCommand() *cobra.Command {
	var name, against, terms, page string
	var o pipelines.BiasOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "bias DIR",
		Short: "Count who is named in the texts of a run and near which words, against a reference",
		Long: `Count mentions of groups (gender, religion, ethnicity, nationality, age, disability, orientation) in the texts that survive in a run, by
domain and language, and the words that stand within ten words of them:

  quern bias run --reference wiki --html bias.html
  quern bias run --against older-run --terms terms.tsv --json

Built-in terms are English and Chinese. A file of terms has lines of language, axis, group and term with tabs between; it replaces what is
built in of its languages. Axis "attribute" has sets of words that are looked for near mentions, group "-" phrases that hide terms in them.
A ratio to the reference is marked with ! where its 99 % interval lies wholly above 1.25 or below 0.8 and both have ten documents.`,
		Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if against != "" && len(o.Reference) > 0 {
				return usageError{fmt.Errorf("give either --against or --reference")}
			}
			dir := quern.Local(filepath.Clean(args[0]))
			rec, err := pipelines.LoadRecord(dir, name)
			if err != nil {
				return err
			}
			if against != "" {
				o.Against = quern.Local(filepath.Clean(against))
				if o.Other, err = pipelines.LoadRecord(o.Against, ""); err != nil {
					return err
				}
			}
			if terms != "" {
				if o.Terms, err = readTerms(terms); err != nil {
					return err
				}
			}
			r, err := pipelines.Bias(cmd.Context(), dir, rec, o)
			if err != nil {
				return err
			}
			return writeBias(cmd.OutOrStdout(), r, page, asJSON)
		},
	}
	f := cmd.Flags()
	f.StringVar(&name, "run", "", "the run (default the last)")
	f.StringVar(&against, "against", "", "folder whose last run is the reference")
	f.StringSliceVar(&o.Reference, "reference", nil, "sources of the run that are the reference")
	f.StringVar(&terms, "terms", "", "file of terms: language, axis, group, term")
	f.BoolVar(&asJSON, "json", false, "print one JSON object")
	f.StringVar(&page, "html", "", "file to write one self-contained page into")
	return cmd
}

func readTerms(path string) (clean.BiasTerms, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	own, err := clean.ReadBiasTerms(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return own.With(clean.DefaultBiasTerms()), nil
}

func writeBias(w io.Writer, r *pipelines.BiasReport, page string, asJSON bool) error {
	if page != "" {
		var b bytes.Buffer
		if err := report.WriteBias(&b, r); err != nil {
			return err
		}
		if err := quern.WriteBlob(quern.Local(filepath.Dir(page)), filepath.Base(page), b.Bytes()); err != nil {
			return err
		}
	}
	if asJSON {
		return printJSON(w, r)
	}
	printBias(w, r)
	return nil
}

// printBias prints one table for each domain and language.
func printBias(w io.Writer, r *pipelines.BiasReport) {
	for _, c := range r.Cells {
		lang := c.Lang
		if lang == "" {
			lang = "unknown language"
		}
		fmt.Fprintf(w, "%s, %s: %d documents, %d words\n", c.Domain, lang, c.Docs, c.Words)
		tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprint(tw, "axis\tgroup\tmentions\tper M words\tof axis\tof docs\t")
		if c.Against != "" {
			fmt.Fprint(tw, "reference\tof axis\tratio\t99 % interval\t")
		}
		fmt.Fprintln(tw, "  words that mark it (z)")
		for _, a := range c.Axes {
			for _, g := range a.Groups {
				if g.Mentions == 0 && (g.Against == nil || !g.Against.Off) {
					continue // the reference names it now and then
				}
				fmt.Fprintf(tw, "%s\t%s\t%d\t%.1f\t%.1f %%\t%.2f %%\t", a.Axis, g.Group, g.Mentions, g.PerMillion, 100*g.OfAxis, 100*g.Share)
				if x := g.Against; x != nil {
					mark := " "
					if x.Off {
						mark = "!"
					}
					fmt.Fprintf(tw, "%.1f\t%.1f %%\t%.2f%s\t%.2f … %.2f\t", x.PerMillion, 100*x.OfAxis, x.Ratio, mark, x.Range[0], x.Range[1])
				} else if c.Against != "" {
					fmt.Fprint(tw, "\t\t\t\t")
				}
				var words []string
				for _, x := range g.Contexts[:min(6, len(g.Contexts))] {
					words = append(words, fmt.Sprintf("%s %.1f", x.Word, x.Z))
				}
				fmt.Fprintf(tw, "  %s\n", strings.Join(words, ", "))
			}
		}
		tw.Flush()
		fmt.Fprintln(w)
	}
}
