package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/seed-83c59573/quern/mix/law"
)

func mixFitCommand() *cobra.Command {
	j := mixFit{}
	cmd := &cobra.Command{
		Use:   "fit RATIOS METRICS",
		Short: "Fit laws to a swarm and state how well each predicts runs that it has not seen",
		Long: `Fit a law of the mixture to each metric and measure its error by cross-validation beside that of the plain mean:

  linear       a number a domain, by least squares (RegMix)
  loglinear    c + exp(t·r), fitted in the logarithm of metric − c (Olmix's law; wants metrics above 0 of which lower is better)
  exponential  the same curve fitted to the metric itself, robust against diverged runs, from many starts (data-mixing laws)
  trees        gradient-boosted trees in the way of LightGBM (RegMix)`,
		Args: exactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			swarm, reports, notes, err := j.run(cmd, args)
			if err != nil {
				return err
			}
			if j.asJSON {
				return printJSON(cmd.OutOrStdout(), struct {
					Notes []string      `json:"notes,omitempty"`
					Laws  []*law.Report `json:"laws"`
				}{notes, reports})
			}
			return printFits(cmd.OutOrStdout(), swarm, reports, notes)
		},
	}
	j.flags(cmd, "linear, loglinear, exponential, trees or all")
	return cmd
}

// printFits prints the scores, metric by metric, the coefficients of a single law, and what to beware of.
func printFits(out io.Writer, swarm *law.Swarm, reports []*law.Report, notes []string) error {
	first := reports[0]
	fmt.Fprintf(out, "%d runs, %d domains; errors are of runs that the fit has not seen (%d folds, seed %d)\n\n", first.Runs, len(first.Domains), first.Folds,
		first.Seed)
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "metric\tlaw\tweight\tR²\terror\tof the mean\trank\tparameters")
	row := func(metric string, l law.Kind, weight string, s law.Score, parameters string) {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%.3f\t%.4g\t%.4g\t%.3f\t%s\n", metric, l, weight, s.R2, s.MAE, s.MeanMAE, s.Rank, parameters)
	}
	for m := range first.Metrics {
		for _, r := range reports {
			e := &r.Metrics[m]
			row(e.Name, r.Law, fmt.Sprintf("%.3g", e.Weight), e.Score, fmt.Sprint(e.Parameters))
		}
	}
	if len(first.Metrics) > 1 {
		for _, r := range reports {
			row("objective", r.Law, "-", r.Objective, "-")
		}
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	if len(reports) == 1 {
		if err := printEffects(out, swarm.Mean(), first); err != nil {
			return err
		}
	}
	best := bestReport(reports)
	if len(reports) > 1 {
		fmt.Fprintf(out, "\nleast error of the objective: %s\n", best.Law)
	}
	printWarnings(out, reports, notes)
	return nil
}

// bestReport is the one with the least error of the objective.
func bestReport(reports []*law.Report) *law.Report {
	best := reports[0]
	for _, r := range reports {
		if r.Objective.MAE < best.Objective.MAE {
			best = r
		}
	}
	return best
}

// printEffects prints how each metric changes when a hundredth of the mean mixture gives way to one domain: the table that shows which
// domain helps which metric, where the law has seen runs.
func printEffects(out io.Writer, mean []float64, r *law.Report) error {
	const most, part = 8, 0.01 // columns, share
	metrics := r.Metrics[:min(len(r.Metrics), most)]
	fmt.Fprint(out, "\nchange when 1 % of the mean mixture gives way to a domain")
	if len(metrics) < len(r.Metrics) {
		fmt.Fprintf(out, " (the first %d metrics; --json has all coefficients)", most)
	}
	fmt.Fprintln(out)
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprint(tw, "domain\tmean")
	for _, e := range metrics {
		fmt.Fprintf(tw, "\t%s", e.Name)
	}
	fmt.Fprintln(tw)
	with := make([]float64, len(mean))
	for j, d := range r.Domains {
		for k, v := range mean {
			with[k] = (1 - part) * v
		}
		with[j] += part
		fmt.Fprintf(tw, "%s\t%.4f", d, mean[j])
		for _, e := range metrics {
			fmt.Fprintf(tw, "\t%+.4g", e.Fit.Predict(with)-e.Fit.Predict(mean))
		}
		fmt.Fprintln(tw)
	}
	return tw.Flush()
}

func printWarnings(out io.Writer, reports []*law.Report, notes []string) {
	for _, n := range notes {
		fmt.Fprintf(out, "note: %s\n", n)
	}
	said := map[string]bool{}
	for _, r := range reports {
		for _, w := range r.Warnings {
			if !said[w] {
				fmt.Fprintf(out, "warning: %s: %s\n", r.Law, w)
			}
			said[w] = true
		}
	}
}

func mixProposeCommand() *cobra.Command {
	j, w, s := mixFit{}, mixWorld{}, law.DefaultSearch()
	var floors, caps, out, fragment string
	var within bool
	cmd := &cobra.Command{
		Use:   "propose RATIOS METRICS",
		Short: "Propose the mixture with the best prediction, within what tokens and epochs allow",
		Long: `Fit a law to a swarm and look for the mixture with the least objective plus --kl times its divergence from the prior, within caps and
floors: exactly for linear, loglinear and exponential laws, by sampling around the prior for trees. The range "in parts" is that of proposals
from fits that leave out a fold of the runs each: where it is wide, the swarm does not settle the share. The mixture is printed as the field
ratios of a spec, and written as a table of one row by --out.`,
		Args: exactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			swarm, reports, notes, err := j.run(cmd, args)
			if err != nil {
				return err
			}
			r := bestReport(reports)
			if err := w.search(&s, swarm, floors, caps); err != nil {
				return err
			}
			if within {
				s.Caps = belowMost(s.Caps, swarm)
			}
			s.Seed, s.Workers = j.options.Seed, j.workers
			p, err := r.Propose(cmd.Context(), s, swarm.Most())
			if err != nil {
				return err
			}
			if err := writeProposal(out, fragment, r.Domains, p.Ratios); err != nil {
				return err
			}
			if j.asJSON {
				return printJSON(cmd.OutOrStdout(), struct {
					Notes    []string      `json:"notes,omitempty"`
					Law      *law.Report   `json:"law"`
					Prior    []float64     `json:"prior"`
					Caps     []float64     `json:"caps,omitempty"`
					Proposal *law.Proposal `json:"proposal"`
				}{notes, r, s.Prior, s.Caps, p})
			}
			return printProposal(cmd.OutOrStdout(), r, s, p, w.epochs, notes)
		},
	}
	j.flags(cmd, "linear, loglinear, exponential, trees, or all: the one with the least error of the objective")
	w.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&floors, "floor", "", "least shares, as code=0.1")
	f.StringVar(&caps, "cap", "", "largest shares, as web=0.6, beside those of --budget")
	f.BoolVar(&within, "within", false, "no share above the largest that any run had of the domain")
	f.Float64Var(&s.KL, "kl", s.KL, "price of the divergence from the prior, in units of the objective a nat")
	f.IntVar(&s.Samples, "samples", s.Samples, "trees: mixtures to try")
	f.IntVar(&s.Best, "best", s.Best, "trees: of these, the best whose mean is proposed")
	f.StringVar(&out, "out", "", "table to write, of one row")
	f.StringVar(&fragment, "yaml", "", "file to write the field of the spec to")
	return cmd
}

// belowMost lowers caps to the largest share that any run had.
func belowMost(caps []float64, swarm *law.Swarm) []float64 {
	most := swarm.Most()
	for k, c := range caps {
		most[k] = min(most[k], c)
	}
	return most
}

// writeProposal writes the table and the field of the spec that are asked for.
func writeProposal(table, fragment string, domains []string, ratios []float64) error {
	var first, second error
	if table != "" {
		first = writeFile(table, func(w io.Writer) error {
			return law.WriteRatios(w, domains, []law.Run{{Name: "proposal", Ratios: ratios}})
		})
	}
	if fragment != "" {
		second = writeFile(fragment, func(w io.Writer) error { return writeFragment(w, domains, ratios) })
	}
	return errors.Join(first, second)
}

// search sets prior and bounds. Without a prior it is the mean of the swarm's mixtures.
func (w *mixWorld) search(s *law.Search, swarm *law.Swarm, floors, caps string) error {
	_, prior, most, err := w.read(swarm.Domains)
	if err != nil {
		return err
	}
	if prior == nil {
		prior = swarm.Mean()
	}
	low, err := parsePairs("--floor", floors, parseNumber)
	if err != nil {
		return err
	}
	if s.Floors, err = inOrder("--floor", low, swarm.Domains, false); err != nil {
		return err
	}
	high, err := parsePairs("--cap", caps, parseNumber)
	if err != nil {
		return err
	}
	asked, err := inOrder("--cap", high, swarm.Domains, false)
	if err != nil {
		return err
	}
	for j, d := range swarm.Domains {
		for _, p := range high {
			if p.name == d {
				if most == nil {
					most = make([]float64, len(swarm.Domains))
					for k := range most {
						most[k] = 1
					}
				}
				most[j] = min(most[j], asked[j])
			}
		}
	}
	s.Prior, s.Caps = prior, most
	return nil
}

// printProposal prints the mixture beside the prior, what is predicted of both, and the field of the spec.
func printProposal(out io.Writer, r *law.Report, s law.Search, p *law.Proposal, epochs []float64, notes []string) error {
	fmt.Fprintf(out, "%s law, %s; price of the divergence %g\n\n", r.Law, p.How, s.KL)
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "domain\tprior\tproposed\tin parts\tcap\tepochs")
	for j, d := range r.Domains {
		limit, times := "-", "-"
		if s.Caps != nil && s.Caps[j] < 1 {
			limit = fmt.Sprintf("%.4f", s.Caps[j])
		}
		if epochs != nil && p.Ratios[j] > 0 {
			times = fmt.Sprintf("%.2f", p.Ratios[j]*epochs[j])
		}
		fmt.Fprintf(tw, "%s\t%.4f\t%.4f\t%.3f to %.3f\t%s\t%s\n", d, s.Prior[j], p.Ratios[j], p.Low[j], p.High[j], limit, times)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out)
	fmt.Fprintln(tw, "predicted\tat the prior\tproposed\terror of the law")
	for m, e := range r.Metrics {
		fmt.Fprintf(tw, "%s\t%.4f\t%.4f\t%.4g\n", e.Name, p.AtPrior[m], p.Metrics[m], e.MAE)
	}
	if len(r.Metrics) > 1 {
		fmt.Fprintf(tw, "objective\t%.4f\t%.4f\t%.4g\n", p.PriorValue, p.Value, r.Objective.MAE)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out)
	if err := writeFragment(out, r.Domains, p.Ratios); err != nil {
		return err
	}
	fmt.Fprintln(out)
	for _, w := range p.Warnings {
		fmt.Fprintf(out, "warning: %s\n", w)
	}
	printWarnings(out, []*law.Report{r}, notes)
	return nil
}

// writeFragment writes the field ratios of a spec in percent. Shares that round to nothing are left out: a spec wants ratios above 0.
func writeFragment(out io.Writer, domains []string, ratios []float64) error {
	var parts []string
	for j, d := range domains {
		if v := fmt.Sprintf("%.4f", 100*ratios[j]); v != "0.0000" {
			parts = append(parts, fmt.Sprintf("%s: %s", yamlKey(d), v))
		}
	}
	_, err := fmt.Fprintf(out, "mix:\n  ratios: {%s}\n", strings.Join(parts, ", "))
	return err
}

// yamlKey quotes a name that is not plain.
func yamlKey(s string) string {
	for i, c := range s {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && !(i > 0 && (c >= '0' && c <= '9' || c == '-')) {
			return strconv.Quote(s) // Go's escapes are YAML's
		}
	}
	switch strings.ToLower(s) {
	case "", "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return strconv.Quote(s)
	}
	return s
}
