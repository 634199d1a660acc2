package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/seed-83c59573/quern/clean"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/spf13/cobra"
)

func rulesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rules [NAME]",
		Short: "List the rules of cleaning; of one, its options, what it measures and its limits",
		Args:  rangeArgs(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			if len(args) == 0 {
				listRules(out)
				return nil
			}
			return describeRule(out, args[0])
		},
	}
}

func listRules(out io.Writer) {
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, r := range clean.Rules {
		fmt.Fprintf(tw, "%s\t%s\n", r.Name, r.About)
		if len(r.Dialects) > 0 {
			fmt.Fprintf(tw, "\tdialects: %s\n", strings.Join(r.Dialects, ", "))
		}
	}
	tw.Flush()
}

func describeRule(out io.Writer, name string) error {
	r, dialect, ok := clean.Find(name)
	if !ok {
		return usageError{fmt.Errorf("no rule has the name %s; quern rules lists them", name)}
	}
	full := r.Name
	if dialect != "" {
		full += "@" + dialect
	}
	config := r.Config(dialect)
	options, err := pipelines.Options(config)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %s\n", full, r.About)
	if len(r.Dialects) > 0 {
		fmt.Fprintf(out, "dialects: %s\n", strings.Join(r.Dialects, ", "))
	}
	fmt.Fprintf(out, "\noptions and their defaults:\n%s", indent(options))
	if facts := clean.FactsOf([]clean.Link{{Name: full, Config: config}}, false); len(facts) > 0 {
		fmt.Fprintln(out, "\nmeasures:")
		for _, f := range facts {
			fmt.Fprintf(out, "  %s\n", f.Name)
		}
	}
	limited, ok := config.(clean.Limited)
	if !ok || len(limited.Limits()) == 0 {
		return nil
	}
	fmt.Fprintln(out, "\ndrops, in this order:")
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, l := range limited.Limits() {
		if !math.IsInf(l.Min, 0) {
			fmt.Fprintf(tw, "  %s\tbelow %v\t%s\n", l.Fact, l.Min, l.Verdict)
		}
		if !math.IsInf(l.Max, 0) {
			fmt.Fprintf(tw, "  %s\tabove %v\t%s\n", l.Fact, l.Max, l.Verdict)
		}
	}
	return tw.Flush()
}

func indent(text []byte) string {
	var b strings.Builder
	for line := range strings.Lines(string(text)) {
		b.WriteString("  " + line)
	}
	return b.String()
}
