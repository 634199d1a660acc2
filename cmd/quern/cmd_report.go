package main

import (
	"fmt"
	"path/filepath"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/seed-83c59573/quern/pipelines/report"
	"github.com/spf13/cobra"
)

func reportCommand() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "report DIR",
		Short: "Write one self-contained HTML page: funnel, histograms, shares, clusters, losses, sampled documents",
		Args:  exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := quern.Local(filepath.Clean(args[0]))
			rec, err := pipelines.LoadRecord(dir, name)
			if err != nil {
				return err
			}
			page := "runs/" + rec.Run + ".html"
			if err := report.Write(dir, rec, page); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), dir.Path(page))
			return nil
		},
	}
	cmd.Flags().StringVar(&name, "run", "", "the run to report on (default the last)")
	return cmd
}
