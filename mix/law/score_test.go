package law

import (
	"context"
	"math"
	"strings"
	"testing"
)

// Values of scipy.stats.spearmanr, version 1.17.
func TestSpearman(t *testing.T) {
	for _, c := range []struct {
		a, b []float64
		want float64
	}{
		{[]float64{1, 2, 3, 4}, []float64{10, 20, 30, 40}, 1},
		{[]float64{1, 2, 3, 4}, []float64{4, 3, 2, 1}, -1},
		{[]float64{1, 2, 2, 3, 5}, []float64{5, 6, 7, 8, 7}, 0.7631578947368421},
		{[]float64{1, 1, 1}, []float64{1, 2, 3}, 0},
		{[]float64{0.3, 0.1, 0.9, 0.2}, []float64{1, 2, 3, 4}, 0},
	} {
		if have := spearman(c.a, c.b); math.Abs(have-c.want) > 1e-12 {
			t.Errorf("%v with %v: %.16g, want %.16g", c.a, c.b, have, c.want)
		}
	}
}

func TestScoreOfTheMeanIsZero(t *testing.T) {
	truth := []float64{1, 2, 3, 6}
	mean := []float64{3, 3, 3, 3}
	if s := newScore(truth, mean, mean); s.R2 != 0 || s.MAE != 1.5 || s.MeanMAE != 1.5 || !s.useless() {
		t.Errorf("%+v", s)
	}
	if s := newScore(truth, truth, mean); s.R2 != 1 || s.MAE != 0 || s.Rank != 1 || s.useless() {
		t.Errorf("%+v", s)
	}
}

func TestFolds(t *testing.T) {
	var x [][]float64
	for i := range 23 {
		x = append(x, []float64{float64(i / 2), 1}) // in pairs
	}
	folds := deal(x, 5, 1)
	size := make([]int, 5)
	for i, f := range folds {
		size[f]++
		if i%2 == 1 && f != folds[i-1] {
			t.Errorf("runs %d and %d are one mixture in two folds", i-1, i)
		}
	}
	for _, n := range size {
		if n < 4 || n > 6 {
			t.Errorf("sizes %v", size)
		}
	}
}

// A report says in words what makes a fit worth little.
func TestWarnings(t *testing.T) {
	many := known(t, truth(4, 2), 4, 100, 0.05, 1)
	few := &Swarm{Domains: many.Domains, Metrics: many.Metrics, Runs: many.Runs[:9]}
	fewer := &Swarm{Domains: many.Domains, Metrics: many.Metrics, Runs: many.Runs[:5]}
	absent := &Swarm{Domains: append([]string{"new"}, many.Domains...), Metrics: many.Metrics}
	flat := &Swarm{Domains: many.Domains, Metrics: []string{"flat", "m"}}
	for _, r := range many.Runs {
		absent.Runs = append(absent.Runs, Run{r.Name, append([]float64{0}, r.Ratios...), r.Metrics})
		flat.Runs = append(flat.Runs, Run{r.Name, r.Ratios, []float64{7, r.Metrics[0]}})
	}
	for _, c := range []struct {
		s    *Swarm
		kind Kind
		want string
	}{
		{many, LogLinear, ""},
		{many, Linear, ""},
		{few, LogLinear, "9 runs are few for 5 parameters"},
		{fewer, LogLinear, "learns 5 parameters a metric from 4 runs: they are not determined"},
		{few, Trees, "fewer than two leaves of 5: the trees cannot split"},
		{absent, LogLinear, "domain new is in no run"},
		{flat, Exponential, "metric flat is the same in every run"},
	} {
		r := fit(t, c.s, c.kind)
		all := strings.Join(r.Warnings, "; ")
		if c.want == "" && all != "" || !strings.Contains(all, c.want) {
			t.Errorf("%s: %q, want %q", c.kind, all, c.want)
		}
	}
}

func TestWrongRequestsAreRefused(t *testing.T) {
	s := known(t, truth(3, 2), 3, 20, 0.05, 1)
	negative := &Swarm{Domains: s.Domains, Metrics: []string{"accuracy"}}
	for _, r := range s.Runs {
		negative.Runs = append(negative.Runs, Run{r.Name, r.Ratios, []float64{-r.Metrics[0]}})
	}
	trees := DefaultOptions()
	trees.Trees.Rate = 0
	for _, c := range []struct {
		s    *Swarm
		q    Request
		want string
	}{
		{s, Request{Kind: "cubic", Folds: 5}, `no law has the name "cubic"`},
		{s, Request{Kind: Linear, Folds: 1}, "folds is 1, want 2 to the number of runs, 20"},
		{s, Request{Kind: Linear, Folds: 21}, "folds is 21"},
		{s, Request{Kind: Linear, Folds: 5, Metrics: []string{"x"}}, `no metric has the name "x"`},
		{s, Request{Kind: Linear, Folds: 5, Metrics: []string{"m00", "m00"}}, `metric "m00" is named twice`},
		{s, Request{Kind: Linear, Folds: 5, Weights: map[string]float64{"x": 1}}, `a weight is given for "x"`},
		{s, Request{Kind: Linear, Folds: 5, Weights: map[string]float64{"m00": 0}}, "the weights of all metrics are 0"},
		{s, Request{Kind: Linear, Folds: 5, Weights: map[string]float64{"m00": math.NaN()}}, "the weight of m00 is NaN"},
		{s, Request{Kind: Trees, Folds: 5, Options: trees}, "rate is 0"},
		{negative, Request{Kind: Exponential, Folds: 5}, "metric accuracy: the law does not suit the measurements: it has a floor at 0 or above"},
	} {
		if _, err := c.s.Fit(context.Background(), c.q); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}
