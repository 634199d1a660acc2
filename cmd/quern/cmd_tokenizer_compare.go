package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/seed-83c59573/quern/tokenize"
)

// fertility is what a tokenizer makes of a kind of text.
type fertility struct {
	Tokenizer string `json:"tokenizer"`
	Text      string `json:"text"` // input, and language where it is known; "all" for the sum of several
	tokenize.Fertility
}

// gaugeFlags are those of commands that measure.
type gaugeFlags struct {
	in      inputFlags
	workers int
	asJSON  bool
}

func (g *gaugeFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&g.asJSON, "json", false, "as JSON")
	cmd.Flags().IntVar(&g.workers, "workers", 0, "goroutines (default one per processor); never changes a result")
	g.in.add(cmd)
}

func tokenizerCount() *cobra.Command {
	var g gaugeFlags
	cmd := &cobra.Command{
		Use:   "count TOKENIZER INPUT...",
		Short: "Count the tokens of documents, by input and language",
		Args:  someArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			rows, err := g.measure(cmd, args[:1], args[1:])
			if err != nil {
				return err
			}
			return g.print(cmd.OutOrStdout(), rows, 1)
		},
	}
	g.add(cmd)
	return cmd
}

func tokenizerCompare() *cobra.Command {
	var g gaugeFlags
	cmd := &cobra.Command{
		Use:   "compare TOKENIZER... -- INPUT...",
		Short: "Measure several tokenizers on the same documents, side by side",
		Long: `Measure several tokenizers on the same documents, by input and language. A word is what stands between white space; split is the share of words
that have more than one token; tokens, of the first is how many tokens there are for each of the first tokenizer: below 100 % texts get shorter.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			n := cmd.ArgsLenAtDash()
			if n < 1 || n == len(args) {
				return usageError{errors.New("give tokenizers, --, and inputs: quern tokenizer compare A.json B.json -- TEXTS")}
			}
			rows, err := g.measure(cmd, args[:n], args[n:])
			if err != nil {
				return err
			}
			return g.print(cmd.OutOrStdout(), rows, n)
		},
	}
	g.add(cmd)
	return cmd
}

// measured is what one unit holds of one kind of text, by tokenizer.
type measured struct {
	text string
	by   []tokenize.Fertility
}

// measure measures with each tokenizer; rows stand in the order of the texts as they come in the inputs, the sum of several last.
func (g *gaugeFlags) measure(cmd *cobra.Command, names, inputs []string) ([]fertility, error) {
	if g.workers < 0 {
		return nil, usageError{fmt.Errorf("--workers %d: want 1 or more", g.workers)}
	}
	var toks []*tokenize.Tokenizer
	for _, name := range names {
		tok, err := pipelines.OpenTokenizer(name)
		if err != nil {
			return nil, err
		}
		noteSlow(cmd, name, tok)
		toks = append(toks, tok)
	}
	units, err := g.in.units(cmd.Context(), cmd.InOrStdin(), inputs)
	if err != nil {
		return nil, err
	}
	workers := workersFor(g.workers, len(units))
	gauges := make([][]*tokenize.Gauge, workers)
	found := make([][]measured, len(units))
	err = quern.Each(cmd.Context(), workers, len(units), func(ctx context.Context, worker, i int) error {
		if gauges[worker] == nil {
			for _, tok := range toks {
				gauges[worker] = append(gauges[worker], tok.NewGauge())
			}
		}
		return units[i].docs(ctx, func(d *quern.Doc) error {
			text := units[i].input
			if d.Lang != "" {
				text += " " + d.Lang
			}
			m := kindOf(&found[i], text, len(toks))
			for k, gauge := range gauges[worker] {
				f, err := gauge.Measure(d.Text)
				if err != nil {
					return err
				}
				m.by[k].Add(f)
			}
			return nil
		})
	})
	if err == nil {
		err = g.in.tell(cmd.ErrOrStderr(), inputs)
	}
	if err != nil {
		return nil, err
	}
	return sumMeasured(found, names), nil
}

// sumMeasured adds up what the units hold of one kind of text.
func sumMeasured(found [][]measured, names []string) (rows []fertility) {
	var all []measured
	sum := make([]tokenize.Fertility, len(names))
	for _, unit := range found {
		for _, m := range unit {
			to := kindOf(&all, m.text, len(names))
			for k, f := range m.by {
				to.by[k].Add(f)
				sum[k].Add(f)
			}
		}
	}
	if len(all) > 1 {
		all = append(all, measured{"all", sum})
	}
	for _, m := range all {
		for k, f := range m.by {
			rows = append(rows, fertility{names[k], m.text, f})
		}
	}
	return rows
}

// kindOf finds or adds a kind of text.
func kindOf(all *[]measured, text string, tokenizers int) *measured {
	for i := range *all {
		if (*all)[i].text == text {
			return &(*all)[i]
		}
	}
	*all = append(*all, measured{text, make([]tokenize.Fertility, tokenizers)})
	return &(*all)[len(*all)-1]
}

// print prints rows, of which n in a row are of one text.
func (g *gaugeFlags) print(w io.Writer, rows []fertility, n int) error {
	if g.asJSON {
		return json.NewEncoder(w).Encode(rows)
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	head, line := "tokenizer\tdocuments\tbytes\ttokens\tbytes a token\ttokens a word\ttokens a character\tsplit\t", ""
	if n > 1 {
		head += "tokens, of the first\t"
	}
	for i, r := range rows {
		if i%n == 0 {
			if err := tw.Flush(); err != nil {
				return err
			}
			if i > 0 {
				fmt.Fprintln(w)
			}
			fmt.Fprintf(w, "%s\n", printable(r.Text))
			fmt.Fprintln(tw, head)
		}
		line = fmt.Sprintf("%s\t%d\t%d\t%d\t%.3f\t%.3f\t%.3f\t%.1f %%\t", printable(r.Tokenizer), r.Docs, r.Bytes, r.Tokens, r.BytesPerToken(), r.TokensPerWord(), r.TokensPerChar(), r.ContinuedPercent())
		if n > 1 {
			line += fmt.Sprintf("%.1f %%\t", 100*float64(r.Tokens)/float64(max(1, rows[i-i%n].Tokens)))
		}
		fmt.Fprintln(tw, line)
	}
	return tw.Flush()
}
