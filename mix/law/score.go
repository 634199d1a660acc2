package law

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/seed-83c59573/quern"
)

// Score says how well predictions agree with what was measured, on runs that the fit did not see.
type Score struct {
	R2      float64 `json:"r2"`       // 1 − squared error ÷ squared deviation from the mean of all; 0 or below = no better than a mean
	MAE     float64 `json:"mae"`      // mean absolute error, in units of the metric
	MeanMAE float64 `json:"mean_mae"` // the same of the baseline: the mean of the runs that a fold learns from
	Rank    float64 `json:"rank"`     // Spearman's rank correlation, equal values sharing their mean rank
}

// newScore compares predictions and the baseline's with the truth.
func newScore(truth, predicted, baseline []float64) Score {
	var s Score
	n := float64(len(truth))
	mean := 0.0
	for _, v := range truth {
		mean += v / n
	}
	errors, total := 0.0, 0.0
	for i, v := range truth {
		e := v - predicted[i]
		errors += e * e
		total += (v - mean) * (v - mean)
		s.MAE += math.Abs(e) / n
		s.MeanMAE += math.Abs(v-baseline[i]) / n
	}
	if total > 0 {
		s.R2 = 1 - errors/total
	}
	s.Rank = spearman(truth, predicted)
	return s
}

// spearman is the correlation of ranks; 0 when either side is constant.
func spearman(a, b []float64) float64 {
	x, y := ranks(a), ranks(b)
	mean := float64(len(a)+1) / 2
	xy, xx, yy := 0.0, 0.0, 0.0
	for i := range x {
		xy += (x[i] - mean) * (y[i] - mean)
		xx += (x[i] - mean) * (x[i] - mean)
		yy += (y[i] - mean) * (y[i] - mean)
	}
	if xx == 0 || yy == 0 {
		return 0
	}
	return xy / math.Sqrt(xx*yy)
}

func ranks(v []float64) []float64 {
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return compare(v[a], v[b]) })
	out := make([]float64, len(v))
	for i := 0; i < len(v); {
		k := i + 1
		for k < len(v) && v[order[k]] == v[order[i]] {
			k++
		}
		for _, o := range order[i:k] {
			out[o] = float64(i+k+1) / 2
		}
		i = k
	}
	return out
}

// deal deals runs into folds of nearly the same size. Runs of the same mixture are in one fold, so that none is predicted from its twin.
func deal(x [][]float64, folds int, seed uint64) []int {
	groups := map[string]int{}
	of := make([]int, len(x))
	for i, r := range x {
		key := fmt.Sprint(r)
		g, ok := groups[key]
		if !ok {
			g = len(groups)
			groups[key] = g
		}
		of[i] = g
	}
	size := make([]int, len(groups))
	for _, g := range of {
		size[g]++
	}
	fold := make([]int, len(groups))
	load := make([]int, folds)
	for _, g := range random(seed, "folds").Perm(len(groups)) {
		k := 0
		for f := range load {
			if load[f] < load[k] {
				k = f
			}
		}
		fold[g] = k
		load[k] += size[g]
	}
	for i, g := range of {
		of[i] = fold[g]
	}
	return of
}

// Request asks for fits of one law to the metrics of a swarm.
type Request struct {
	Kind    Kind
	Metrics []string           // to fit; nil = all
	Weights map[string]float64 // of the objective; nil = all metrics alike. A metric of which higher is better has a weight below 0
	Folds   int                // of the cross-validation, 2 or more
	Options Options
	Workers int // never changes the result
}

// Report is what the fits of one law came to.
type Report struct {
	Law       Kind     `json:"law"`
	Runs      int      `json:"runs"`
	Domains   []string `json:"domains"`
	Folds     int      `json:"folds"`
	Seed      uint64   `json:"seed"`
	Metrics   []Metric `json:"metrics"`
	Objective Score    `json:"objective"` // of the weighted sum of metrics
	Warnings  []string `json:"warnings,omitempty"`

	without [][]Law // by fold and metric, the fits to the runs outside of it
}

// Metric is the fit of one.
type Metric struct {
	Name       string  `json:"name"`
	Weight     float64 `json:"weight"` // in the objective, scaled so that their sizes sum to 1
	Parameters int     `json:"parameters"`
	Score
	Fit Law `json:"fit,omitempty"` // to all runs
}

// Fit fits a law to each metric and measures its error by cross-validation.
func (s *Swarm) Fit(ctx context.Context, q Request) (*Report, error) {
	columns, err := s.columns(q.Metrics)
	if err != nil {
		return nil, err
	}
	weights, err := s.weights(columns, q.Weights)
	if err != nil {
		return nil, err
	}
	if q.Folds < 2 || q.Folds > len(s.Runs) {
		return nil, fmt.Errorf("folds is %d, want 2 to the number of runs, %d", q.Folds, len(s.Runs))
	}
	x, y := s.data(columns)
	fold := deal(x, q.Folds, q.Options.Seed)
	predicted, baseline := make([][]float64, len(columns)), make([][]float64, len(columns))
	for m := range columns {
		predicted[m], baseline[m] = make([]float64, len(x)), make([]float64, len(x))
	}
	r := &Report{Law: q.Kind, Runs: len(x), Domains: s.Domains, Folds: q.Folds, Seed: q.Options.Seed, Metrics: make([]Metric, len(columns))}
	for range q.Folds {
		r.without = append(r.without, make([]Law, len(columns)))
	}
	tasks := len(columns) * (q.Folds + 1) // the last of each metric fits all runs
	err = quern.Each(ctx, q.Workers, tasks, func(_ context.Context, _, i int) error {
		m, f := i/(q.Folds+1), i%(q.Folds+1)
		l, mean, err := fitWithout(q.Kind, q.Options, x, y[m], fold, f)
		if err != nil {
			return fmt.Errorf("metric %s: %w", s.Metrics[columns[m]], err)
		}
		if f == q.Folds {
			r.Metrics[m].Fit = l
			return nil
		}
		r.without[f][m] = l
		for k, g := range fold {
			if g != f {
				continue
			}
			predicted[m][k], baseline[m][k] = l.Predict(x[k]), mean
			if v := predicted[m][k]; !(math.Abs(v) < 1e100) {
				return fmt.Errorf("metric %s: %w: it predicts %g for run %s", s.Metrics[columns[m]], ErrUnfit, v, s.Runs[k].Name)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for m, c := range columns {
		e := &r.Metrics[m]
		e.Name, e.Weight, e.Parameters = s.Metrics[c], weights[m], q.Kind.Parameters(len(s.Domains))
		if f, ok := e.Fit.(*Forest); ok {
			e.Parameters = f.Leaves()
		}
		e.Score = newScore(y[m], predicted[m], baseline[m])
	}
	r.Objective = newScore(weighted(weights, y), weighted(weights, predicted), weighted(weights, baseline))
	r.warn(s, q, y)
	return r, nil
}

// fitWithout fits to the runs that are not in a fold and gives their mean beside it.
func fitWithout(k Kind, o Options, x [][]float64, y []float64, fold []int, without int) (Law, float64, error) {
	var tx [][]float64
	var ty []float64
	mean := 0.0
	for i, f := range fold {
		if f != without {
			tx, ty = append(tx, x[i]), append(ty, y[i])
			mean += y[i]
		}
	}
	l, err := k.fit(o, tx, ty)
	return l, mean / float64(max(1, len(ty))), err
}

// weighted sums the rows of v up by their weights.
func weighted(weights []float64, v [][]float64) []float64 {
	out := make([]float64, len(v[0]))
	for m, w := range weights {
		for i, x := range v[m] {
			out[i] += w * x
		}
	}
	return out
}

// columns finds metrics by name.
func (s *Swarm) columns(names []string) ([]int, error) {
	var out []int
	if names == nil {
		for m := range s.Metrics {
			out = append(out, m)
		}
	}
	for _, n := range names {
		m := slices.Index(s.Metrics, n)
		switch {
		case m < 0:
			return nil, fmt.Errorf("no metric has the name %q", n)
		case slices.Contains(out, m):
			return nil, fmt.Errorf("metric %q is named twice", n)
		}
		out = append(out, m)
	}
	return out, nil
}

// weights scales the weights of the objective so that their sizes sum to 1.
func (s *Swarm) weights(columns []int, asked map[string]float64) ([]float64, error) {
	out := make([]float64, len(columns))
	sum, found := 0.0, 0
	for i, c := range columns {
		out[i] = 1
		if asked != nil {
			w, ok := asked[s.Metrics[c]]
			if ok {
				found++
			}
			out[i] = w
		}
		if math.IsNaN(out[i]) || math.IsInf(out[i], 0) {
			return nil, fmt.Errorf("the weight of %s is %g", s.Metrics[c], out[i])
		}
		sum += math.Abs(out[i])
	}
	if found < len(asked) {
		for _, n := range sortedKeys(asked) {
			if !slices.ContainsFunc(columns, func(c int) bool { return s.Metrics[c] == n }) {
				return nil, fmt.Errorf("a weight is given for %q, which is no metric of the fit", n)
			}
		}
	}
	if sum == 0 {
		return nil, fmt.Errorf("the weights of all metrics are 0")
	}
	for i := range out {
		out[i] /= sum
	}
	return out, nil
}

// data gives mixtures by run and measurements by metric and run.
func (s *Swarm) data(columns []int) (x, y [][]float64) {
	x, y = make([][]float64, len(s.Runs)), make([][]float64, len(columns))
	for i, r := range s.Runs {
		x[i] = r.Ratios
	}
	for m, c := range columns {
		y[m] = make([]float64, len(s.Runs))
		for i, r := range s.Runs {
			y[m][i] = r.Metrics[c]
		}
	}
	return x, y
}
