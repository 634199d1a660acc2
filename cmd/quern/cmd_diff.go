package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/seed-83c59573/quern/pipelines"
	"github.com/spf13/cobra"
)

func diffCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Compare two runs: spec, funnel, shares, documents that only one kept, losses",
		Long:  "Compare two runs: spec, funnel, shares, documents that only one kept, losses.\nA and B are folders of runs (their last one) or records DIR/runs/<name>-<n>.json.",
		Args:  exactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := pipelines.Diff(cmd.Context(), args[0], args[1])
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if asJSON {
				return printJSON(out, d)
			}
			for _, s := range d.Spec {
				fmt.Fprintf(out, "spec %s: %s -> %s\n", s.Path, s.A, s.B)
			}
			tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
			for _, s := range d.Steps {
				if !s.Same {
					fmt.Fprintf(tw, "%s\tin %d -> %d\tout %d -> %d\t%s\n", s.Step, s.In[0], s.In[1], s.Out[0], s.Out[1], reasons(s.Dropped, 6))
				}
			}
			tw.Flush()
			fmt.Fprintf(out, "clean documents: %d in both, %d only in %s, %d only in %s\n", d.Both, d.OnlyA, d.A, d.OnlyB, d.B)
			for _, v := range d.Values {
				fmt.Fprintf(out, "%s: %.6g -> %.6g\n", v.Name, v.A, v.B)
			}
			if d.Same() {
				fmt.Fprintln(out, "the runs are equal")
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}
