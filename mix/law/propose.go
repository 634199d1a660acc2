package law

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Search says where a mixture is looked for and what it costs to leave the prior.
type Search struct {
	Prior  []float64 // sums to 1
	Floors []float64 // least share of each domain; nil = 0
	Caps   []float64 // largest; nil = 1. See Caps
	// KL times the Kullback-Leibler divergence of the mixture from the prior, in nats, is added to the objective. Olmix takes 0.1 for bits
	// per byte. Domains of which the prior has nothing stay at 0 then.
	KL float64
	// By sampling, for laws without an exact answer: this many mixtures around the prior, of which the mean of the best is proposed
	// (RegMix).
	Samples, Best int
	Seed          uint64
	Workers       int // never changes the result
}

// DefaultSearch has the numbers of Olmix and RegMix.
func DefaultSearch() Search { return Search{KL: 0.1, Samples: 100000, Best: 100} }

// Proposal is a mixture that is predicted to be best.
type Proposal struct {
	Ratios []float64 `json:"ratios"`
	How    string    `json:"how"` // "exact" or "sampled"
	// Predicted values of the objective, at the proposal and at the prior, without the penalty.
	Value      float64   `json:"value"`
	PriorValue float64   `json:"prior_value"`
	Metrics    []float64 `json:"metrics"`       // each predicted at the proposal, in the order of the report
	AtPrior    []float64 `json:"prior_metrics"` // and at the prior
	KL         *float64  `json:"kl"`            // divergence from the prior, in nats; nil = infinite, the prior lacks a domain of the mixture
	// The least and largest share of each domain among the proposals of fits that leave out a fold each: wide = the runs do not settle it.
	Low  []float64 `json:"low,omitempty"`
	High []float64 `json:"high,omitempty"`
	// Residual of an exact answer is how far a step down the gradient, brought back into the bounds, moves the mixture: 0 at the optimum
	// (the Karush-Kuhn-Tucker conditions hold).
	Residual float64  `json:"residual"`
	Warnings []string `json:"warnings,omitempty"`
}

// objective is the weighted laws and the penalty.
type objective struct {
	laws    []Law
	weights []float64
	prior   []float64
	kl      float64
}

func (o *objective) value(r []float64) float64 {
	s := 0.0
	for m, l := range o.laws {
		if o.weights[m] != 0 {
			s += o.weights[m] * l.Predict(r)
		}
	}
	return s
}

func (o *objective) divergence(r []float64) float64 {
	s := 0.0
	for j, v := range r {
		if v > 0 {
			s += v * math.Log(v/o.prior[j])
		}
	}
	return s
}

func (o *objective) total(r []float64) float64 {
	v := o.value(r)
	if o.kl > 0 {
		v += o.kl * o.divergence(r)
	}
	return v
}

// convex reports whether the minimum can be found exactly: laws without curvature at any weight, others at weights of 0 and above.
func (o *objective) convex() bool {
	for m, l := range o.laws {
		switch l.(type) {
		case *Plane:
		case *Curve:
			if o.weights[m] < 0 {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// slopes fills the gradient and, unless nil, the second derivatives of the objective with its penalty.
func (o *objective) slopes(r, g []float64, h *mat.SymDense) {
	clear(g)
	if h != nil {
		h.Zero()
	}
	for m, l := range o.laws {
		if c, ok := l.(convex); ok && o.weights[m] != 0 {
			c.add(r, o.weights[m], g, h)
		}
	}
	if o.kl > 0 {
		for j, v := range r {
			g[j] += o.kl * (math.Log(v/o.prior[j]) + 1)
			if h != nil {
				h.SetSym(j, j, h.At(j, j)+o.kl/v)
			}
		}
	}
}

// Propose looks for the mixture with the least objective: exactly where all laws are convex, else by sampling. A domain that no run had
// stays at its floor: most is what Swarm.Most gives, or nil.
func (r *Report) Propose(ctx context.Context, s Search, most []float64) (*Proposal, error) {
	s, err := r.bounded(s, most)
	if err != nil {
		return nil, err
	}
	o := &objective{prior: s.Prior, kl: s.KL}
	for _, m := range r.Metrics {
		o.laws, o.weights = append(o.laws, m.Fit), append(o.weights, m.Weight)
	}
	p := &Proposal{How: "sampled"}
	if p.Ratios, err = o.least(ctx, s); err != nil {
		return nil, err
	}
	if o.convex() {
		p.How, p.Residual = "exact", o.residual(p.Ratios, s.Floors, s.Caps)
	}
	p.Value, p.PriorValue = o.value(p.Ratios), o.value(s.Prior)
	if kl := o.divergence(p.Ratios); !math.IsInf(kl, 0) {
		p.KL = &kl
	}
	for _, l := range o.laws {
		p.Metrics, p.AtPrior = append(p.Metrics, l.Predict(p.Ratios)), append(p.AtPrior, l.Predict(s.Prior))
	}
	for _, laws := range r.without {
		part := &objective{laws, o.weights, s.Prior, s.KL}
		ratios, err := part.least(ctx, s)
		if err != nil {
			return nil, err
		}
		if p.Low == nil {
			p.Low, p.High = slices.Clone(ratios), slices.Clone(ratios)
		}
		for j, v := range ratios {
			p.Low[j], p.High[j] = min(p.Low[j], v), max(p.High[j], v)
		}
	}
	r.warnOf(p, most)
	return p, nil
}

// warnOf says in words where a proposal stands on little.
func (r *Report) warnOf(p *Proposal, most []float64) {
	add := func(format string, args ...any) { p.Warnings = append(p.Warnings, fmt.Sprintf(format, args...)) }
	if gain := p.PriorValue - p.Value; r.Folds > 0 && gain < r.Objective.MAE {
		add("the predicted gain over the prior, %.4g, is within the error of the law, %.4g", gain, r.Objective.MAE)
	}
	for j, v := range most {
		if p.Ratios[j] > v+1e-9 {
			add("domain %s: %.4f is proposed, but no run has more than %.4f of it: the law extrapolates", r.Domains[j], p.Ratios[j], v)
		}
	}
}

// bounded completes and checks a search.
func (r *Report) bounded(s Search, most []float64) (Search, error) {
	d := len(r.Domains)
	s.Floors, s.Caps = slices.Clone(s.Floors), slices.Clone(s.Caps)
	if s.Floors == nil {
		s.Floors = make([]float64, d)
	}
	if s.Caps == nil {
		s.Caps = slices.Repeat([]float64{1}, d)
	}
	if len(s.Prior) != d || len(s.Floors) != d || len(s.Caps) != d || most != nil && len(most) != d {
		return s, fmt.Errorf("prior, floors and caps are of %d, %d and %d domains, want %d", len(s.Prior), len(s.Floors), len(s.Caps), d)
	}
	if !(s.KL >= 0) || math.IsInf(s.KL, 0) {
		return s, fmt.Errorf("the weight of the divergence is %g, want 0 or more", s.KL)
	}
	for j := range d {
		if s.Floors[j] > s.Caps[j] {
			return s, fmt.Errorf("domain %s: the floor %g is above the cap %g", r.Domains[j], s.Floors[j], s.Caps[j])
		}
		if most != nil && most[j] == 0 {
			s.Caps[j] = s.Floors[j]
		}
		if s.KL > 0 && s.Prior[j] == 0 {
			if s.Floors[j] > 0 {
				return s, fmt.Errorf("domain %s has a floor, but no share of the prior that a divergence could be measured from", r.Domains[j])
			}
			s.Caps[j] = 0
		}
	}
	return s, feasible(s.Floors, s.Caps)
}

// least finds the mixture with the least total.
func (o *objective) least(ctx context.Context, s Search) ([]float64, error) {
	if o.convex() {
		return o.minimize(s.Floors, s.Caps)
	}
	return o.sample(ctx, s)
}
