package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-83c59573/quern/mix/law"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/seed-83c59573/quern/train/ops/cpu"
)

func mixCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "mix",
		Short: "Search for a mixture: draw a swarm of small runs, fit laws to what they measured, propose the best; export a plan",
		Long: `Search for a mixture in three steps. Tables are those of Olmix and RegMix: ratios.csv has a row a run and a column a domain, metrics.csv
a row a run and a column a metric; the column run (or run_id, or index) joins them.

  quern mix swarm --tokens web=3T,code=400B,paper=60B --runs 64 --out ratios.csv
  (train a small model on each row, write what it measured to metrics.csv)
  quern mix fit ratios.csv metrics.csv
  quern mix propose ratios.csv metrics.csv --law exponential --tokens web=3T,code=400B,paper=60B --budget 2T`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(mixSwarmCommand(), mixFitCommand(), mixProposeCommand(), mixExportCommand())
	return cmd
}

// mixWorld is what there is of each domain, and what a mixture starts from.
type mixWorld struct {
	prior, tokens, budget string
	repeat                float64
	epochs                []float64 // that a share of 1 would take of each domain; set by read when the budget is known
}

func (w *mixWorld) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&w.prior, "prior", "", "shares to start from, as web=75,code=25 (default: by --tokens)")
	f.StringVar(&w.tokens, "tokens", "", "tokens there are of each domain, as web=3T,code=400B")
	f.StringVar(&w.budget, "budget", "", "tokens of the large run; with --tokens and --repeat this caps the share of each domain")
	f.Float64Var(&w.repeat, "repeat", 5, "epochs of a domain at most")
}

// read gives prior and caps in the order of domains; without domains, in the order of the flags, which then name them.
func (w *mixWorld) read(domains []string) (names []string, prior, caps []float64, err error) {
	tokens, err := parsePairs("--tokens", w.tokens, func(s string) (float64, error) {
		n, err := pipelines.ParseCount(s)
		return float64(n), err
	})
	if err != nil {
		return nil, nil, nil, err
	}
	shares, err := parsePairs("--prior", w.prior, parseNumber)
	if err != nil {
		return nil, nil, nil, err
	}
	first, flag := shares, "--prior"
	if len(first) == 0 {
		first, flag = tokens, "--tokens"
	}
	if names = domains; names == nil {
		for _, p := range first {
			names = append(names, p.name)
		}
	}
	if len(first) > 0 {
		if prior, err = inOrder(flag, first, names, true); err != nil {
			return nil, nil, nil, err
		}
		if prior, err = law.Normalized(prior); err != nil {
			return nil, nil, nil, usageError{fmt.Errorf("%s: %w", flag, err)}
		}
	}
	if w.budget == "" {
		return names, prior, nil, nil
	}
	budget, err := pipelines.ParseCount(w.budget)
	switch {
	case err != nil:
		return nil, nil, nil, usageError{fmt.Errorf("--budget: %w", err)}
	case budget < 1:
		return nil, nil, nil, usageError{errors.New("--budget: want 1 token or more")}
	case len(tokens) == 0:
		return nil, nil, nil, usageError{errors.New("--budget caps nothing without --tokens")}
	case !(w.repeat > 0):
		return nil, nil, nil, usageError{fmt.Errorf("--repeat is %g, want above 0", w.repeat)}
	}
	have, err := inOrder("--tokens", tokens, names, true)
	if err != nil {
		return nil, nil, nil, err
	}
	for _, n := range have {
		w.epochs = append(w.epochs, float64(budget)/n)
	}
	return names, prior, law.Caps(have, float64(budget), w.repeat), nil
}

// pair is a name and its number.
type pair struct {
	name  string
	value float64
}

// parsePairs reads name=number,name=number; a name may hold = itself.
func parsePairs(flag, s string, number func(string) (float64, error)) ([]pair, error) {
	var out []pair
	if s == "" {
		return nil, nil
	}
	for part := range strings.SplitSeq(s, ",") {
		at := strings.LastIndexByte(part, '=')
		if at < 1 {
			return nil, usageError{fmt.Errorf("%s: %q: want NAME=NUMBER, with commas between", flag, part)}
		}
		name := strings.TrimSpace(part[:at])
		if slices.ContainsFunc(out, func(p pair) bool { return p.name == name }) {
			return nil, usageError{fmt.Errorf("%s: %s is given twice", flag, name)}
		}
		v, err := number(strings.TrimSpace(part[at+1:]))
		if err != nil {
			return nil, usageError{fmt.Errorf("%s: %s: %w", flag, name, err)}
		}
		out = append(out, pair{name, v})
	}
	return out, nil
}

func parseNumber(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("%q: want a number", s)
	}
	return v, nil
}

// inOrder sorts pairs into the order of names. Every pair must be of a name; with all, every name must have a pair.
func inOrder(flag string, pairs []pair, names []string, all bool) ([]float64, error) {
	out := make([]float64, len(names))
	found := make([]bool, len(names))
	for _, p := range pairs {
		j := slices.Index(names, p.name)
		if j < 0 {
			return nil, usageError{fmt.Errorf("%s: no domain has the name %q; there are %s", flag, p.name, strings.Join(names, ", "))}
		}
		out[j], found[j] = p.value, true
	}
	if j := slices.Index(found, false); all && j >= 0 {
		return nil, usageError{fmt.Errorf("%s: nothing is said of domain %s", flag, names[j])}
	}
	return out, nil
}

func mixSwarmCommand() *cobra.Command {
	w := mixWorld{}
	s := law.DefaultSampling()
	runs, out := 64, ""
	strength := "0.1,5"
	cmd := &cobra.Command{
		Use:   "swarm",
		Short: "Draw mixtures around a prior and write them as ratios.csv",
		Long: `Draw mixtures from Dirichlet distributions around a prior: --temperature flattens it, --strength is the range of the concentration (low:
few domains a run, high: all runs near the prior). No two mixtures are nearer than 0.01; none goes beyond the caps that --tokens, --budget
and --repeat set.`,
		Args: exactArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			names, prior, caps, err := w.read(nil)
			if err != nil {
				return err
			}
			if len(names) == 0 {
				return usageError{errors.New("give the domains by --prior or --tokens")}
			}
			low, high, two := strings.Cut(strength, ",")
			var err1, err2 error
			s.Low, err1 = parseNumber(strings.TrimSpace(low))
			if s.High = s.Low; two {
				s.High, err2 = parseNumber(strings.TrimSpace(high))
			}
			if err := errors.Join(err1, err2); err != nil {
				return usageError{fmt.Errorf("--strength: %w", err)}
			}
			s.Prior, s.Caps = prior, caps
			if err := s.Validate(); err != nil {
				return usageError{err}
			}
			drawn, err := s.Swarm(runs)
			if err != nil {
				return err
			}
			return writeRatios(cmd.OutOrStdout(), out, names, drawn)
		},
	}
	w.flags(cmd)
	f := cmd.Flags()
	f.IntVar(&runs, "runs", runs, "mixtures to draw")
	f.Uint64Var(&s.Seed, "seed", 1, "of the draws")
	f.Float64Var(&s.Temperature, "temperature", s.Temperature, "the prior to this power: 1 leaves it, 0 makes all domains alike")
	f.StringVar(&strength, "strength", strength, "lowest and highest sum of the Dirichlet's parameters")
	f.Float64Var(&s.Minimum, "minimum", s.Minimum, "smaller shares become 0")
	f.StringVar(&out, "out", "", "file to write (default: standard output)")
	return cmd
}

// writeRatios writes mixtures to a file, or to standard output without one.
func writeRatios(stdout io.Writer, path string, domains []string, runs []law.Run) error {
	write := func(w io.Writer) error { return law.WriteRatios(w, domains, runs) }
	if path == "" {
		return write(stdout)
	}
	if err := writeFile(path, write); err != nil {
		return err
	}
	_, err := fmt.Fprintf(stdout, "%s: %d mixtures of %d domains\n", path, len(runs), len(domains))
	return err
}

// mixFit is what fit and propose are asked for alike.
type mixFit struct {
	law     string
	metrics []string
	weights []string
	ignore  []string
	folds   int
	options law.Options
	workers int
	asJSON  bool
}

func (j *mixFit) flags(cmd *cobra.Command, what string) {
	j.options = law.DefaultOptions()
	f := cmd.Flags()
	f.StringVar(&j.law, "law", "all", what)
	f.StringArrayVar(&j.metrics, "metric", nil, "a metric to use; repeat for several (default: all)")
	f.StringArrayVar(&j.weights, "weight", nil, "METRIC=NUMBER, its weight in the objective, below 0 where higher is better; repeat (default: all alike)")
	f.StringArrayVar(&j.ignore, "ignore", nil, "a column of numbers that is no domain and no metric; repeat")
	f.IntVar(&j.folds, "folds", 5, "of the cross-validation")
	f.Uint64Var(&j.options.Seed, "seed", 1, "of folds, starts and draws")
	f.Float64Var(&j.options.Huber, "huber", 0, "exponential: errors beyond it count linearly, in units of the metric (default: from the errors)")
	t := &j.options.Trees
	f.IntVar(&t.Trees, "trees", t.Trees, "trees: their number at most")
	f.Float64Var(&t.Rate, "rate", t.Rate, "trees: learning rate")
	f.IntVar(&t.Leaves, "leaves", t.Leaves, "trees: leaves of one at most")
	f.IntVar(&t.MinLeaf, "min-leaf", t.MinLeaf, "trees: runs in a leaf at least")
	f.IntVar(&t.Stop, "stop", t.Stop, "trees: trees without a gain on held-out runs that end the search for their number")
	f.IntVar(&t.Inner, "inner", t.Inner, "trees: folds whose held-out runs find their number; 0 = always --trees")
	f.IntVar(&j.workers, "workers", 0, "processors to use (default: all); never changes a result")
	f.BoolVar(&j.asJSON, "json", false, "print JSON")
}

// run reads the tables and fits the laws that are asked for. When all are, one that the metrics do not allow is left out with a note.
func (j *mixFit) run(cmd *cobra.Command, args []string) (*law.Swarm, []*law.Report, []string, error) {
	s, notes, err := j.read(args)
	if err != nil {
		return nil, nil, nil, err
	}
	cpu.Use(j.workers) // a law of many domains solves for them with gonum's matrices
	kinds := law.Kinds
	if j.law != "all" {
		if kinds = []law.Kind{law.Kind(j.law)}; !slices.Contains(law.Kinds, kinds[0]) {
			return nil, nil, nil, usageError{fmt.Errorf("--law %s: want all, linear, loglinear, exponential or trees", j.law)}
		}
	}
	pairs := []pair(nil)
	for _, w := range j.weights {
		p, err := parsePairs("--weight", w, parseNumber)
		if err != nil {
			return nil, nil, nil, err
		}
		pairs = append(pairs, p...)
	}
	var weights map[string]float64
	for _, p := range pairs {
		if weights == nil {
			weights = map[string]float64{}
		}
		if _, dup := weights[p.name]; dup {
			return nil, nil, nil, usageError{fmt.Errorf("--weight: %s is given twice", p.name)}
		}
		weights[p.name] = p.value
	}
	var reports []*law.Report
	for _, k := range kinds {
		r, err := s.Fit(cmd.Context(), law.Request{Kind: k, Metrics: j.metrics, Weights: weights, Folds: j.folds, Options: j.options, Workers: j.workers})
		switch {
		case err == nil:
			reports = append(reports, r)
		case errors.Is(err, law.ErrUnfit) && len(kinds) > 1:
			notes = append(notes, fmt.Sprintf("%s is left out: %v", k, err))
		default:
			return nil, nil, nil, err
		}
	}
	if len(reports) == 0 {
		return nil, nil, nil, fmt.Errorf("no law suits the metrics: %s", strings.Join(notes, "; "))
	}
	return s, reports, notes, nil
}

// read reads the two tables and notes what was left out of them.
func (j *mixFit) read(args []string) (*law.Swarm, []string, error) {
	var tables []*law.Table
	var notes []string
	ignored := map[string]bool{}
	for _, path := range args {
		f, err := os.Open(path)
		if err != nil {
			return nil, nil, err
		}
		t, err := law.Read(f, path, j.ignore)
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, nil, err
		}
		if len(t.Unused) > 0 {
			notes = append(notes, fmt.Sprintf("%s: columns left out: %q", path, t.Unused))
		}
		for _, c := range t.Unused {
			ignored[c] = true
		}
		tables = append(tables, t)
	}
	for _, c := range j.ignore {
		if !ignored[c] {
			return nil, nil, usageError{fmt.Errorf("--ignore: neither table has a column %q", c)}
		}
	}
	s, err := law.Join(tables[0], tables[1])
	return s, notes, err
}
