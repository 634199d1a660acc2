package law

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// reported makes a report of known laws, as if they had been fitted.
func reported(domains []string, weights []float64, laws ...Law) *Report {
	r := &Report{Domains: domains}
	for m, l := range laws {
		r.Metrics = append(r.Metrics, Metric{Name: string(rune('a' + m)), Weight: weights[m], Fit: l})
	}
	return r
}

func names(n int) []string {
	var out []string
	for j := range n {
		out = append(out, string(rune('A'+j)))
	}
	return out
}

// The least of a plane without penalty is known: caps are filled in order of the coefficients.
func TestAPlaneFillsTheBestCapsFirst(t *testing.T) {
	r := reported(names(4), []float64{1}, &Plane{[]float64{3, 1, 2, 4}})
	s := Search{Prior: []float64{0.25, 0.25, 0.25, 0.25}, Floors: []float64{0.1, 0, 0, 0.05}, Caps: []float64{1, 0.3, 0.4, 1}}
	p, err := r.Propose(context.Background(), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	for j, want := range []float64{0.25, 0.3, 0.4, 0.05} {
		if math.Abs(p.Ratios[j]-want) > 1e-9 {
			t.Errorf("%s is %.12f, want %g", r.Domains[j], p.Ratios[j], want)
		}
	}
	if p.How != "exact" || p.Residual > 1e-9 || math.Abs(p.Value-(0.75+0.3+0.8+0.2)) > 1e-9 || p.PriorValue != 2.5 {
		t.Errorf("%+v", p)
	}
}

// With a penalty and no bounds the least of a plane is the prior tilted by exp(−b/KL).
func TestAPlaneWithPenaltyTiltsThePrior(t *testing.T) {
	b, prior := []float64{0.3, 0.1, 0.25}, []float64{0.5, 0.2, 0.3}
	p, err := reported(names(3), []float64{1}, &Plane{b}).Propose(context.Background(), Search{Prior: prior, KL: 0.1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]float64, 3)
	for j := range want {
		want[j] = prior[j] * math.Exp(-b[j]/0.1)
	}
	want, _ = Normalized(want)
	for j := range want {
		if math.Abs(p.Ratios[j]-want[j]) > 1e-9 {
			t.Errorf("%d is %.12f, want %.12f", j, p.Ratios[j], want[j])
		}
	}
}

// No mixture that a random search or a walk around the answer finds is better, whatever laws, bounds and penalty; the answer keeps the
// bounds and its residual is small.
func TestNothingBeatsTheExactAnswer(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 7))
		d := 2 + rng.IntN(9)
		var laws []Law
		var weights []float64
		for range 1 + rng.IntN(4) {
			l := &Curve{C: rng.Float64()}
			for range d {
				l.T = append(l.T, 2*rng.NormFloat64())
			}
			laws, weights = append(laws, l), append(weights, rng.Float64())
		}
		if rng.IntN(3) == 0 {
			b := make([]float64, d)
			for j := range b {
				b[j] = rng.NormFloat64()
			}
			laws, weights = append(laws, &Plane{b}), append(weights, -rng.Float64())
		}
		s := Search{KL: []float64{0, 0.01, 0.1, 3}[rng.IntN(4)], Prior: make([]float64, d), Floors: make([]float64, d), Caps: make([]float64, d)}
		for j := range d {
			s.Prior[j] = rng.ExpFloat64()
			s.Floors[j] = []float64{0, 0, 0.3 / float64(d)}[rng.IntN(3)]
			s.Caps[j] = []float64{1, 0.8, 2 / float64(d), s.Floors[j]}[rng.IntN(4)]
			s.Caps[j] = max(s.Floors[j], min(1, s.Caps[j]))
		}
		s.Prior, _ = Normalized(s.Prior)
		p, err := reported(names(d), weights, laws...).Propose(context.Background(), s, nil)
		if err != nil {
			if feasible(s.Floors, s.Caps) != nil {
				continue
			}
			t.Fatalf("seed %d: %v", seed, err)
		}
		sum := 0.0
		for j, v := range p.Ratios {
			sum += v
			if v < s.Floors[j] || v > s.Caps[j] {
				t.Errorf("seed %d: ratio %d is %g, outside %g to %g", seed, j, v, s.Floors[j], s.Caps[j])
			}
		}
		if math.Abs(sum-1) > 1e-9 || p.Residual > 1e-6 {
			t.Errorf("seed %d: sum %.12f, residual %g", seed, sum, p.Residual)
		}
		o := &objective{laws, weights, s.Prior, s.KL}
		least := o.total(p.Ratios)
		for k := range 2000 {
			r := slices.Clone(p.Ratios)
			size := math.Pow(10, -4*rng.Float64())
			if k%2 == 0 {
				r, size = make([]float64, d), 1
			}
			for j := range r {
				r[j] += size * rng.NormFloat64()
			}
			project(r, s.Floors, s.Caps)
			if v := o.total(r); v < least-1e-9*(1+math.Abs(least)) {
				t.Fatalf("seed %d: %v has %.12g, the answer %v %.12g", seed, r, v, p.Ratios, least)
			}
		}
	}
}

func TestCapsComeFromTokens(t *testing.T) {
	caps := Caps([]float64{1e9, 30e9, 500e9}, 100e9, 5)
	for j, want := range []float64{0.05, 1, 1} {
		if caps[j] != want {
			t.Errorf("cap %d is %g, want %g", j, caps[j], want)
		}
	}
}

func TestImpossibleProposalsAreRefused(t *testing.T) {
	plane := &Plane{[]float64{1, 2}}
	half := []float64{0.5, 0.5}
	for _, c := range []struct {
		s    Search
		want string
	}{
		{Search{Prior: half, Caps: []float64{0.3, 0.3}}, "the caps sum to 0.6: there are too few tokens"},
		{Search{Prior: half, Floors: []float64{0.7, 0.7}}, "the floors sum to 1.4"},
		{Search{Prior: half, Floors: []float64{0.5, 0}, Caps: []float64{0.2, 1}}, "domain A: the floor 0.5 is above the cap 0.2"},
		{Search{Prior: half, KL: math.NaN()}, "the weight of the divergence is NaN"},
		{Search{Prior: []float64{0, 1}, Floors: half, KL: 0.1}, "domain A has a floor, but no share of the prior"},
		{Search{Prior: []float64{1}}, "want 2"},
	} {
		if _, err := reported(names(2), []float64{1}, plane).Propose(context.Background(), c.s, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.s, err, c.want)
		}
	}
}

func TestADomainOfNoRunStaysOut(t *testing.T) {
	r := reported(names(3), []float64{1}, &Plane{[]float64{1, 2, -50}})
	p, err := r.Propose(context.Background(), Search{Prior: []float64{0.4, 0.3, 0.3}}, []float64{0.6, 1, 0})
	if err != nil {
		t.Fatal(err)
	}
	if p.Ratios[2] != 0 || p.Ratios[0] < 1-1e-9 {
		t.Errorf("%v", p.Ratios)
	}
	if len(p.Warnings) != 1 || p.Warnings[0] != "domain A: 1.0000 is proposed, but no run has more than 0.6000 of it: the law extrapolates" {
		t.Errorf("%q", p.Warnings)
	}
}

// Trees, and curves of which more is better, are searched by sampling: within the bounds, better than the prior, and for a curve near
// the exact answer.
func TestSampledProposals(t *testing.T) {
	laws := truth(4, 2)
	s := known(t, laws, 4, 200, 0.02, 4)
	search := DefaultSearch()
	search.Prior, search.Samples = []float64{0.25, 0.25, 0.25, 0.25}, 4000
	search.Caps = []float64{1, 0.3, 0.3, 1}
	exact, err := fit(t, s, LogLinear).Propose(context.Background(), search, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := fit(t, s, Trees).Propose(context.Background(), search, s.Most())
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for j, v := range p.Ratios {
		sum += v
		if v < 0 || v > search.Caps[j]+1e-12 {
			t.Errorf("ratio %d is %g", j, v)
		}
	}
	if p.How != "sampled" || math.Abs(sum-1) > 1e-9 || p.Value >= p.PriorValue {
		t.Errorf("%+v", p)
	}
	value := func(r []float64) float64 { return (laws[0].Predict(r) + laws[1].Predict(r)) / 2 }
	t.Logf("true value: prior %.4f, trees %.4f, exact %.4f; %.3v, %.3v", value(search.Prior), value(p.Ratios), value(exact.Ratios), p.Ratios, exact.Ratios)
	if gain := (value(search.Prior) - value(p.Ratios)) / (value(search.Prior) - value(exact.Ratios)); gain < 0.6 {
		t.Errorf("the sampled mixture gains %.2f of what the exact one does", gain)
	}
	r, err := s.Fit(context.Background(), Request{Kind: LogLinear, Folds: 3, Weights: map[string]float64{"m00": -1}, Options: DefaultOptions()})
	if err != nil {
		t.Fatal(err)
	}
	if p, err = r.Propose(context.Background(), search, nil); err != nil || p.How != "sampled" || p.Value >= p.PriorValue {
		t.Errorf("a curve of which more is better: %+v, %v", p, err)
	}
}

// Without noise the fits of all folds propose one mixture; of few noisy runs they differ, and the range says so.
func TestProposalsOfFoldsShowWhatIsSettled(t *testing.T) {
	width := func(runs int, noise float64) float64 {
		search := DefaultSearch()
		search.Prior, search.KL = []float64{0.25, 0.25, 0.25, 0.25}, 0.02
		p, err := fit(t, known(t, truth(4, 2), 4, runs, noise, 4), LogLinear).Propose(context.Background(), search, nil)
		if err != nil {
			t.Fatal(err)
		}
		most := 0.0
		for j := range p.Ratios {
			if p.Low[j] < 0 || p.High[j] > 1 || p.Low[j] > p.High[j] {
				t.Errorf("domain %d: %g to %g", j, p.Low[j], p.High[j])
			}
			most = max(most, p.High[j]-p.Low[j])
		}
		return most
	}
	exact, noisy := width(60, 0), width(20, 0.5)
	t.Logf("without noise %.2g, with noise %.2g", exact, noisy)
	if exact > 1e-6 || noisy < 0.05 {
		t.Errorf("ranges are %g without noise and %g with it", exact, noisy)
	}
}
