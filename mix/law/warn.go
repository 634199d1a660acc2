package law

import (
	"fmt"
	"maps"
	"slices"
)

func sortedKeys(m map[string]float64) []string { return slices.Sorted(maps.Keys(m)) }

// Most gives the largest share that any run has of each domain. Of a domain without any a law knows nothing, and beyond the largest
// share it extrapolates.
func (s *Swarm) Most() []float64 {
	most := make([]float64, len(s.Domains))
	for _, r := range s.Runs {
		for j, v := range r.Ratios {
			most[j] = max(most[j], v)
		}
	}
	return most
}

// Mean is the mean of the runs' mixtures.
func (s *Swarm) Mean() []float64 {
	mean := make([]float64, len(s.Domains))
	for _, r := range s.Runs {
		for j, v := range r.Ratios {
			mean[j] += v / float64(len(s.Runs))
		}
	}
	return mean
}

// warn says in words what makes the fits worth little.
func (r *Report) warn(s *Swarm, q Request, y [][]float64) {
	add := func(format string, args ...any) { r.Warnings = append(r.Warnings, fmt.Sprintf(format, args...)) }
	for j, most := range s.Most() {
		if most == 0 {
			add("domain %s is in no run: nothing is known about it", s.Domains[j])
		}
	}
	n, p := len(s.Runs), q.Kind.Parameters(len(s.Domains))
	learned := n - n/q.Folds
	switch {
	case q.Kind == Trees && learned < 2*q.Options.Trees.MinLeaf:
		add("%d runs to learn from are fewer than two leaves of %d: the trees cannot split and predict the mean", learned, q.Options.Trees.MinLeaf)
	case p > 0 && learned < p:
		add("a fold learns %d parameters a metric from %d runs: they are not determined", p, learned)
	case p > 0 && n < 3*p:
		add("%d runs are few for %d parameters a metric; %d or more are usual", n, p, 3*p)
	}
	for m := range r.Metrics {
		e := &r.Metrics[m]
		switch {
		case slices.Max(y[m]) == slices.Min(y[m]):
			add("metric %s is the same in every run", e.Name)
		case e.useless():
			add("metric %s: the fit is no better than the mean of the runs (R² %.3f, error %.4g against %.4g)", e.Name, e.R2, e.MAE, e.MeanMAE)
		}
	}
	if len(r.Metrics) > 1 && r.Objective.useless() {
		add("the objective: the fits are no better than the mean of the runs (R² %.3f, error %.4g against %.4g)", r.Objective.R2, r.Objective.MAE,
			r.Objective.MeanMAE)
	}
}

// useless reports a fit that a plain mean replaces.
func (s Score) useless() bool { return !(s.R2 > 0) || !(s.MAE < s.MeanMAE) }

// Leaves is the number of leaves of all trees.
func (f *Forest) Leaves() int {
	n := 0
	for _, t := range f.trees {
		n += len(t)/2 + 1
	}
	return n
}

// MarshalJSON states the size of a forest; the trees themselves are of no use to people.
func (f *Forest) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, `{"mean":%g,"trees":%d,"leaves":%d}`, f.base, f.Size(), f.Leaves()), nil
}
