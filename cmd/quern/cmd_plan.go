package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/seed-83c59573/quern/pipelines"
	"github.com/spf13/cobra"
)

func planCommand() *cobra.Command {
	var p place
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "plan SPEC",
		Short: "Print the resolved spec, its steps with their keys, what is done already, and a forecast",
		Args:  exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			spec, env, err := p.load(args[0])
			if err != nil {
				return err
			}
			steps, err := pipelines.Plan(cmd.Context(), spec, env)
			if err != nil {
				return err
			}
			forecast := pipelines.Predict(spec, steps)
			out := cmd.OutOrStdout()
			if asJSON {
				resolved, err := spec.JSON()
				if err != nil {
					return err
				}
				return printJSON(out, map[string]any{"spec": json.RawMessage(resolved), "steps": steps, "forecast": forecast})
			}
			y, err := spec.YAML()
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "%s\n", y)
			tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(tw, "step\tkey\tinput\t")
			for _, s := range steps {
				key := s.Key.Short()
				if key == "" {
					key = "-"
				}
				state := s.Why
				if s.Cached {
					state = "up to date"
				}
				name := s.Step
				if s.Source != "" {
					name += "." + s.Source
				}
				fmt.Fprintf(tw, "%s\t%s\t%s\t%s\n", name, key, bytesOf(s.In), state)
			}
			tw.Flush()
			if !slices.ContainsFunc(steps, func(s pipelines.PlanStep) bool { return !s.Cached }) {
				fmt.Fprintf(out, "\neverything is up to date\n")
				return nil
			}
			about := "forecast"
			if forecast.Input > 0 {
				about += " for " + bytesOf(forecast.Input) + " of input"
			}
			fmt.Fprintf(out, "\n%s: %s\n", about, forecast)
			return nil
		},
	}
	p.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func bytesOf(n int64) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
