package law

import (
	"context"
	"errors"
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
	// Residual of an exact answer is how far a step down the gradient, brought back into the bounds, moves the mixture: 0 at the optimum
	// (the Karush-Kuhn-Tucker conditions hold).
	Residual float64 `json:"residual"`
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
		if c, ok := l.(Convex); ok && o.weights[m] != 0 {
			c.Add(r, o.weights[m], g, h)
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
// stays at its floor.
func (r *Report) Propose(ctx context.Context, s Search, seen []bool) (*Proposal, error) {
	d := len(r.Domains)
	s.Floors, s.Caps = slices.Clone(s.Floors), slices.Clone(s.Caps)
	if s.Floors == nil {
		s.Floors = make([]float64, d)
	}
	if s.Caps == nil {
		s.Caps = slices.Repeat([]float64{1}, d)
	}
	if len(s.Prior) != d || len(s.Floors) != d || len(s.Caps) != d || seen != nil && len(seen) != d {
		return nil, fmt.Errorf("prior, floors and caps are of %d, %d and %d domains, want %d", len(s.Prior), len(s.Floors), len(s.Caps), d)
	}
	if !(s.KL >= 0) || math.IsInf(s.KL, 0) {
		return nil, fmt.Errorf("the weight of the divergence is %g, want 0 or more", s.KL)
	}
	for j := range d {
		if s.Floors[j] > s.Caps[j] {
			return nil, fmt.Errorf("domain %s: the floor %g is above the cap %g", r.Domains[j], s.Floors[j], s.Caps[j])
		}
		if seen != nil && !seen[j] {
			s.Caps[j] = s.Floors[j]
		}
		if s.KL > 0 && s.Prior[j] == 0 {
			if s.Floors[j] > 0 {
				return nil, fmt.Errorf("domain %s has a floor, but no share of the prior that a divergence could be measured from", r.Domains[j])
			}
			s.Caps[j] = 0
		}
	}
	if err := feasible(s.Floors, s.Caps); err != nil {
		return nil, err
	}
	o := &objective{prior: s.Prior, kl: s.KL}
	for _, m := range r.Metrics {
		o.laws, o.weights = append(o.laws, m.Fit), append(o.weights, m.Weight)
	}
	p := &Proposal{How: "exact"}
	var err error
	if o.convex() {
		p.Ratios, err = o.minimize(s.Floors, s.Caps)
		if err == nil {
			p.Residual = o.residual(p.Ratios, s.Floors, s.Caps)
		}
	} else {
		p.How = "sampled"
		p.Ratios, err = o.sample(ctx, s)
	}
	if err != nil {
		return nil, err
	}
	p.Value, p.PriorValue = o.value(p.Ratios), o.value(s.Prior)
	if kl := o.divergence(p.Ratios); !math.IsInf(kl, 0) {
		p.KL = &kl
	}
	for _, l := range o.laws {
		p.Metrics, p.AtPrior = append(p.Metrics, l.Predict(p.Ratios)), append(p.AtPrior, l.Predict(s.Prior))
	}
	return p, nil
}

// minimize follows the central path of a logarithmic barrier to the optimum: Newton's method under the sum of 1, with ever smaller
// barriers at floors and caps (Boyd and Vandenberghe, "Convex Optimization", chapter 11).
func (o *objective) minimize(floors, caps []float64) ([]float64, error) {
	r := slices.Clone(floors)
	room, width := 1.0, 0.0
	var free []int // domains with room between floor and cap
	for j := range r {
		room -= floors[j]
		if caps[j]-floors[j] > 1e-12 {
			free = append(free, j)
			width += caps[j] - floors[j]
		}
	}
	if room <= 1e-12 || len(free) == 0 {
		return r, nil // the floors are the only mixture
	}
	for _, j := range free {
		r[j] += (caps[j] - floors[j]) * min(1, room/width)
	}
	if room >= width-1e-12 || len(free) == 1 {
		return r, nil // the caps are
	}
	b := newBarrier(o, free, floors, caps)
	scale := 0.0
	b.o.slopes(r, b.g, nil)
	for _, j := range free {
		scale = max(scale, math.Abs(b.g[j]))
	}
	if scale == 0 {
		scale = 1
	}
	for mu := scale; ; mu *= 0.2 {
		if err := b.center(r, mu); err != nil {
			return nil, err
		}
		if mu < 1e-14*scale {
			return r, nil
		}
	}
}

// barrier is the problem among the free domains.
type barrier struct {
	o            *objective
	free         []int
	floors, caps []float64
	g            []float64
	h            *mat.SymDense
	step, next   []float64
}

func newBarrier(o *objective, free []int, floors, caps []float64) *barrier {
	d := len(floors)
	return &barrier{o: o, free: free, floors: floors, caps: caps, g: make([]float64, d), h: mat.NewSymDense(d, nil), step: make([]float64, d),
		next: make([]float64, d)}
}

func (b *barrier) value(r []float64, mu float64) float64 {
	v := b.o.total(r)
	for _, j := range b.free {
		low, high := r[j]-b.floors[j], b.caps[j]-r[j]
		if low <= 0 || high <= 0 {
			return math.Inf(1)
		}
		v -= mu * (math.Log(low) + math.Log(high))
	}
	return v
}

// center walks to the minimum with a barrier of size mu.
func (b *barrier) center(r []float64, mu float64) error {
	for range 100 {
		decrement, err := b.direction(r, mu)
		if err != nil {
			return err
		}
		if decrement < 1e-12*mu {
			return nil
		}
		t := 1.0
		for _, j := range b.free { // stay inside
			if s := b.step[j]; s < 0 {
				t = min(t, -0.99*(r[j]-b.floors[j])/s)
			} else if s > 0 {
				t = min(t, 0.99*(b.caps[j]-r[j])/s)
			}
		}
		here := b.value(r, mu)
		for {
			copy(b.next, r)
			for _, j := range b.free {
				b.next[j] = r[j] + t*b.step[j]
			}
			b.settle(b.next)
			if b.value(b.next, mu) <= here-0.1*t*decrement {
				break
			}
			if t *= 0.5; t < 1e-10 {
				return nil // no further within the precision of float64
			}
		}
		copy(r, b.next)
	}
	return nil
}

// settle gives what rounding took from the sum of 1 to the domain with the most room on both sides.
func (b *barrier) settle(r []float64) {
	sum, most, at := 0.0, -1.0, b.free[0]
	for _, v := range r {
		sum += v
	}
	for _, j := range b.free {
		if room := min(r[j]-b.floors[j], b.caps[j]-r[j]); room > most {
			most, at = room, j
		}
	}
	r[at] += 1 - sum
}

// direction sets step to Newton's, which keeps the sum, and gives how much it promises.
func (b *barrier) direction(r []float64, mu float64) (float64, error) {
	b.o.slopes(r, b.g, b.h)
	n := len(b.free)
	h := mat.NewSymDense(n, nil)
	g, ones := mat.NewVecDense(n, nil), mat.NewVecDense(n, nil)
	for x, j := range b.free {
		low, high := r[j]-b.floors[j], b.caps[j]-r[j]
		for y := x; y < n; y++ {
			h.SetSym(x, y, b.h.At(j, b.free[y]))
		}
		h.SetSym(x, x, h.At(x, x)+mu/(low*low)+mu/(high*high))
		g.SetVec(x, b.g[j]-mu/low+mu/high)
		ones.SetVec(x, 1)
	}
	// Scaled to a unit diagonal: barriers of domains near and far from their bounds differ by many orders.
	scale := make([]float64, n)
	for x := range n {
		scale[x] = 1 / math.Sqrt(h.At(x, x))
	}
	for x := range n {
		for y := x; y < n; y++ {
			h.SetSym(x, y, h.At(x, y)*scale[x]*scale[y])
		}
		g.SetVec(x, g.AtVec(x)*scale[x])
		ones.SetVec(x, scale[x])
	}
	var chol mat.Cholesky
	if !chol.Factorize(h) {
		return 0, errors.New("the search for the best mixture met numbers beyond float64: scale the metrics")
	}
	u, v := mat.NewVecDense(n, nil), mat.NewVecDense(n, nil)
	_, _ = chol.SolveVecTo(u, g), chol.SolveVecTo(v, ones) // a poor condition costs precision, which the residual shows
	nu := mat.Dot(ones, u) / mat.Dot(ones, v)
	decrement := 0.0
	for x, j := range b.free {
		b.step[j] = -(u.AtVec(x) - nu*v.AtVec(x)) * scale[x]
		decrement -= b.step[j] * g.AtVec(x) / scale[x]
	}
	return decrement, nil
}

// residual is the size of the step from r against the gradient and back into the bounds: the independent check of an optimum.
func (o *objective) residual(r, floors, caps []float64) float64 {
	g := make([]float64, len(r))
	inside := slices.Clone(r)
	for j := range inside {
		inside[j] = max(inside[j], 1e-300) // the penalty's slope at 0 has no number
	}
	o.slopes(inside, g, nil)
	to := make([]float64, len(r))
	for j := range r {
		to[j] = r[j]
		if floors[j] < caps[j] {
			to[j] -= g[j]
		}
	}
	project(to, floors, caps)
	most := 0.0
	for j := range r {
		most = max(most, math.Abs(to[j]-r[j]))
	}
	return most
}

// project moves v to the nearest mixture between floors and caps: all are shifted by one amount, found by bisection, and clipped.
func project(v, floors, caps []float64) {
	sum := func(by float64) float64 {
		s := 0.0
		for j, x := range v {
			s += max(floors[j], min(caps[j], x-by))
		}
		return s
	}
	low, high := math.Inf(1), math.Inf(-1)
	for j, x := range v {
		low, high = min(low, x-caps[j]), max(high, x-floors[j])
	}
	for range 200 {
		if mid := low + (high-low)/2; sum(mid) > 1 {
			low = mid
		} else {
			high = mid
		}
	}
	by := low + (high-low)/2
	for j, x := range v {
		v[j] = max(floors[j], min(caps[j], x-by))
	}
}
