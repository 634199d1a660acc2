package law

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// known is a swarm of a law that the test knows, with noise as a part of the spread of each metric.
func known(t *testing.T, laws []Law, domains, runs int, noise float64, seed uint64) *Swarm {
	t.Helper()
	s := DefaultSampling()
	s.Seed = seed
	s.High = 20
	for range domains {
		s.Prior = append(s.Prior, 1/float64(domains))
	}
	drawn, err := s.Swarm(runs)
	if err != nil {
		t.Fatal(err)
	}
	swarm := &Swarm{Runs: drawn}
	for j := range domains {
		swarm.Domains = append(swarm.Domains, fmt.Sprintf("d%02d", j))
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	for m, l := range laws {
		swarm.Metrics = append(swarm.Metrics, fmt.Sprintf("m%02d", m))
		y := make([]float64, runs)
		for i, r := range drawn {
			y[i] = l.Predict(r.Ratios)
		}
		sd := spread(y)
		for i := range drawn {
			swarm.Runs[i].Metrics = append(swarm.Runs[i].Metrics, y[i]+noise*sd*rng.NormFloat64())
		}
	}
	return swarm
}

// truth are exponential laws as one meets them: each metric gains most from a domain of its own.
func truth(domains, metrics int) []Law {
	rng := rand.New(rand.NewPCG(9, 9))
	var out []Law
	for m := range metrics {
		l := &Curve{C: 1 + rng.Float64()}
		for j := range domains {
			t := 0.9 - 0.5*rng.Float64()
			if j == m%domains {
				t -= 1.5
			}
			l.T = append(l.T, t)
		}
		out = append(out, l)
	}
	return out
}

func fit(t *testing.T, s *Swarm, k Kind) *Report {
	t.Helper()
	r, err := s.Fit(context.Background(), Request{Kind: k, Folds: 5, Options: DefaultOptions()})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A fit of a known law finds its coefficients and the optimum's place. Noise is given in standard deviations of the metric; the
// tolerances are about three times what was seen.
func TestKnownLawsAreRecovered(t *testing.T) {
	for _, c := range []struct {
		kind      Kind
		runs      int
		noise     float64
		tolerance float64 // of the loss of each domain alone, which the law extrapolates to
		r2        float64 // least, cross-validated
	}{
		{LogLinear, 64, 0, 1e-8, 0.999999},
		{Exponential, 64, 0, 1e-8, 0.999999},
		{LogLinear, 256, 0.02, 0.01, 0.998},
		{Exponential, 256, 0.02, 0.01, 0.998},
		{LogLinear, 256, 0.1, 0.05, 0.97},
		{Exponential, 256, 0.1, 0.05, 0.97},
	} {
		t.Run(fmt.Sprintf("%s/%d/%g", c.kind, c.runs, c.noise), func(t *testing.T) {
			laws := truth(6, 3)
			r := fit(t, known(t, laws, 6, c.runs, c.noise, 5), c.kind)
			for m, e := range r.Metrics {
				want, have := laws[m].(*Curve), e.Fit.(*Curve)
				worst := 0.0
				for j := range want.T {
					alone := make([]float64, 6)
					alone[j] = 1
					worst = max(worst, math.Abs(have.Predict(alone)-want.Predict(alone)))
				}
				t.Logf("%s: c %.4f for %.4f, worst %.2g, R² %.6f, MAE %.2g, rank %.4f", e.Name, have.C, want.C, worst, e.R2, e.MAE, e.Rank)
				if worst > c.tolerance || e.R2 < c.r2 || !(e.MAE < e.MeanMAE) {
					t.Errorf("%s: the loss of a domain is off by %.3g, want %.3g or less; R² %.6f, want %.6f or more", e.Name, worst, c.tolerance, e.R2, c.r2)
				}
			}
			// The optimum of the fit, judged by the true law, is nearly the true optimum.
			search := DefaultSearch()
			search.Prior = []float64{0.4, 0.3, 0.1, 0.1, 0.05, 0.05}
			p, err := r.Propose(context.Background(), search, nil)
			if err != nil {
				t.Fatal(err)
			}
			exact := *r
			exact.Metrics = nil
			for m, e := range r.Metrics {
				e.Fit = laws[m]
				exact.Metrics = append(exact.Metrics, e)
			}
			q, err := exact.Propose(context.Background(), search, nil)
			if err != nil {
				t.Fatal(err)
			}
			far := 0.0
			for j := range p.Ratios {
				far = max(far, math.Abs(p.Ratios[j]-q.Ratios[j]))
			}
			t.Logf("optimum off by %.2g, residual %.2g", far, p.Residual)
			if far > 0.4*c.tolerance+1e-7 || p.Residual > 1e-7 {
				t.Errorf("the optimum is off by %.3g, the residual %.3g", far, p.Residual)
			}
		})
	}
}

func TestOutliersDoNotMoveTheRobustFit(t *testing.T) {
	laws := truth(5, 1)
	s := known(t, laws, 5, 200, 0.01, 3)
	for i := 0; i < len(s.Runs); i += 20 {
		s.Runs[i].Metrics[0] += 3 // diverged runs
	}
	worst := func(k Kind) float64 {
		l := fit(t, s, k).Metrics[0].Fit
		far := 0.0
		for j := range 5 {
			alone := make([]float64, 5)
			alone[j] = 1
			far = max(far, math.Abs(l.Predict(alone)-laws[0].Predict(alone)))
		}
		return far
	}
	robust, squared := worst(Exponential), worst(LogLinear)
	t.Logf("robust %.3g, least squares %.3g", robust, squared)
	if robust > 0.03 || squared < 3*robust {
		t.Errorf("the robust fit is off by %.3g, least squares by %.3g", robust, squared)
	}
}

func TestAPlaneIsRecovered(t *testing.T) {
	want := &Plane{[]float64{3, -1, 2.5, 0}}
	r := fit(t, known(t, []Law{want}, 4, 30, 0, 1), Linear)
	for j, b := range r.Metrics[0].Fit.(*Plane).B {
		if math.Abs(b-want.B[j]) > 1e-7 {
			t.Errorf("b[%d] is %g, want %g", j, b, want.B[j])
		}
	}
	if s := r.Objective; s.R2 < 1-1e-9 || s.Rank < 1-1e-12 {
		t.Errorf("score %+v", s)
	}
}

func TestOrderAndWorkersChangeNothing(t *testing.T) {
	s := known(t, truth(5, 2), 5, 60, 0.1, 2)
	csv := func(runs []Run, of func(Run) []float64, names []string) *Table {
		var b bytes.Buffer
		var rows []Run
		for _, r := range runs {
			rows = append(rows, Run{Name: r.Name, Ratios: of(r)})
		}
		if err := WriteRatios(&b, names, rows); err != nil {
			t.Fatal(err)
		}
		tab, err := Read(&b, "t.csv", nil)
		if err != nil {
			t.Fatal(err)
		}
		return tab
	}
	var first string
	for i, workers := range []int{1, 2, 7} {
		runs := append([]Run(nil), s.Runs...)
		rand.New(rand.NewPCG(uint64(i), 0)).Shuffle(len(runs), func(a, b int) { runs[a], runs[b] = runs[b], runs[a] })
		ratios := csv(runs, func(r Run) []float64 { return r.Ratios }, s.Domains)
		rand.New(rand.NewPCG(uint64(i), 1)).Shuffle(len(runs), func(a, b int) { runs[a], runs[b] = runs[b], runs[a] })
		swarm, err := Join(ratios, csv(runs, func(r Run) []float64 { return r.Metrics }, s.Metrics))
		if err != nil {
			t.Fatal(err)
		}
		all := ""
		for _, k := range Kinds {
			r, err := swarm.Fit(context.Background(), Request{Kind: k, Folds: 4, Options: DefaultOptions(), Workers: workers})
			if err != nil {
				t.Fatal(err)
			}
			search := DefaultSearch()
			search.Prior, search.Samples, search.Workers = []float64{0.2, 0.2, 0.2, 0.2, 0.2}, 3000, workers
			p, err := r.Propose(context.Background(), search, nil)
			if err != nil {
				t.Fatal(err)
			}
			all += fmt.Sprintf("%v %v %v\n", k, r.Objective, p.Ratios)
			for _, m := range r.Metrics {
				all += fmt.Sprintf("%v %v\n", m.Score, m.Fit)
			}
		}
		if i == 0 {
			first = all
		} else if all != first {
			t.Errorf("%d workers and other orders of rows: other numbers", workers)
		}
	}
}
