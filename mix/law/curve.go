package law

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

// Curve is the law c + exp(t·r) of laws for mixing data (Ye et al., "Data mixing laws", arXiv 2403.16952, with k inside t) and of Olmix
// (arXiv 2602.12237; allenai/olmix, olmix/fit/utils.py, mixing_law). A run of domain j alone is predicted at c + exp(t[j]).
type Curve struct {
	C float64   `json:"floor"`        // c, 0 or more: what no mixture goes below
	T []float64 `json:"coefficients"` // t
}

// Predict is c + exp(t·r).
func (l *Curve) Predict(r []float64) float64 { return l.C + math.Exp(dot(l.T, r)) }

// add adds weight·e·t and weight·e·t·tᵀ with e = exp(t·r).
func (l *Curve) add(r []float64, weight float64, gradient []float64, hessian *mat.SymDense) {
	e := weight * math.Exp(dot(l.T, r))
	for j, t := range l.T {
		gradient[j] += e * t
	}
	if hessian != nil {
		hessian.SymRankOne(hessian, e, mat.NewVecDense(len(l.T), l.T))
	}
}

// ErrUnfit means that a law does not suit the measurements.
var ErrUnfit = errors.New("the law does not suit the measurements")

// positive refuses what has no logarithm.
func positive(y []float64) error {
	for _, v := range y {
		if v <= 0 {
			return fmt.Errorf("%w: it has a floor at 0 or above and wants numbers above 0 of which lower is better, as losses are; one is %g", ErrUnfit, v)
		}
	}
	return nil
}

// logsAt fits t for a given c: log(y − c) by least squares, weighted by (y − c)², since an error of y is one of 1/(y − c) in the logarithm.
func logsAt(c float64, x [][]float64, y []float64) *Curve {
	z, w := make([]float64, len(y)), make([]float64, len(y))
	for i, v := range y {
		z[i] = math.Log(v - c)
		w[i] = (v - c) * (v - c)
	}
	return &Curve{c, leastSquares(x, z, w)}
}

func squares(l Law, x [][]float64, y []float64) float64 {
	s := 0.0
	for i, r := range x {
		e := y[i] - l.Predict(r)
		s += e * e
	}
	if math.IsNaN(s) {
		return math.Inf(1)
	}
	return s
}

// floors are where the search for c starts, as parts of the lowest measurement.
var floors = []float64{0, 0.2, 0.4, 0.55, 0.7, 0.8, 0.88, 0.93, 0.965, 0.985, 0.995}

// fitLogs fits by logarithms and takes the c whose fit has the least squared error: the best of a few, refined by golden sections.
func fitLogs(x [][]float64, y []float64) (*Curve, error) {
	if err := positive(y); err != nil {
		return nil, err
	}
	low := slices.Min(y)
	at := func(part float64) (*Curve, float64) {
		l := logsAt(part*low, x, y)
		return l, squares(l, x, y)
	}
	best, most, k := (*Curve)(nil), math.Inf(1), 0
	for i, part := range floors {
		if l, s := at(part); s < most || best == nil {
			best, most, k = l, s, i
		}
	}
	a, b := floors[max(k-1, 0)], floors[min(k+1, len(floors)-1)]
	if k == len(floors)-1 {
		b = 1 - 1e-6
	}
	const golden = 0.6180339887498949
	p, q := b-golden*(b-a), a+golden*(b-a)
	lp, sp := at(p)
	lq, sq := at(q)
	for range 40 {
		if sp <= sq {
			b, q, lq, sq = q, p, lp, sp
			p = b - golden*(b-a)
			lp, sp = at(p)
		} else {
			a, p, lp, sp = p, q, lq, sq
			q = a + golden*(b-a)
			lq, sq = at(q)
		}
		if sp < most {
			best, most = lp, sp
		}
		if sq < most {
			best, most = lq, sq
		}
	}
	return best, nil
}

// starts is how many starting points are descended from, jitters how many random neighbors each floor adds to choose from.
const (
	starts  = 4
	jitters = 2
)

// fitExponential minimizes Huber's loss of the measurements from the best of many starts: for each floor c the fit by logarithms and
// random neighbors of it. Measurements are scaled to a spread of 1 meanwhile.
func fitExponential(o Options, x [][]float64, y []float64) (*Curve, error) {
	first, err := fitLogs(x, y)
	if err != nil {
		return nil, err
	}
	scale := spread(y)
	if scale == 0 {
		return first, nil // all measurements are the same
	}
	h := &huber{x: x, y: make([]float64, len(y))}
	for i, v := range y {
		h.y[i] = v / scale
	}
	candidates := h.candidates(o.Seed, &Curve{first.C / scale, shifted(first.T, -math.Log(scale))})
	best := candidates[0]
	for round := range 2 { // the second with the spread of residuals that the first leaves
		h.delta = o.Huber / scale
		if o.Huber == 0 {
			h.delta = max(1e-4, 1.345*h.deviation(best))
		}
		from := [][]float64{best}
		if round == 0 {
			slices.SortStableFunc(candidates, func(a, b []float64) int { return compare(h.loss(a), h.loss(b)) })
			from = append(from, candidates[:min(starts, len(candidates))]...)
		}
		for _, p := range from {
			if q := h.descend(p); h.loss(q) < h.loss(best) {
				best = q
			}
		}
	}
	l := h.curve(best)
	return &Curve{l.C * scale, shifted(l.T, math.Log(scale))}, nil
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func shifted(t []float64, by float64) []float64 {
	out := slices.Clone(t)
	for j := range out {
		out[j] += by
	}
	return out
}

// spread is the standard deviation.
func spread(y []float64) float64 {
	mean := 0.0
	for _, v := range y {
		mean += v
	}
	mean /= float64(len(y))
	s := 0.0
	for _, v := range y {
		s += (v - mean) * (v - mean)
	}
	return math.Sqrt(s / float64(len(y)))
}

// huber is the problem of a robust fit. Its parameters are log c, then t.
type huber struct {
	x     [][]float64
	y     []float64
	delta float64
}

func (h *huber) curve(p []float64) *Curve { return &Curve{math.Exp(p[0]), p[1:]} }

// candidates gives starting points, best first: its argument, then others.
func (h *huber) candidates(seed uint64, first *Curve) [][]float64 {
	low := slices.Min(h.y)
	parameters := func(l *Curve) []float64 { return append([]float64{math.Log(max(l.C, 1e-3*low))}, l.T...) }
	out := [][]float64{parameters(first)}
	rng := random(seed, "starts")
	for _, part := range floors {
		p := parameters(logsAt(part*low, h.x, h.y))
		out = append(out, p)
		for range jitters {
			q := slices.Clone(p)
			for j := range q {
				q[j] += 0.3 * rng.NormFloat64()
			}
			out = append(out, q)
		}
	}
	return out
}

// deviation estimates the standard deviation of the residuals by their median size.
func (h *huber) deviation(p []float64) float64 {
	l := h.curve(p)
	e := make([]float64, len(h.y))
	for i, r := range h.x {
		e[i] = math.Abs(h.y[i] - l.Predict(r))
	}
	slices.Sort(e)
	return 1.4826 * e[len(e)/2]
}

// loss is Huber's: half the square up to delta, then linear; the mean over the runs.
func (h *huber) loss(p []float64) float64 {
	l := h.curve(p)
	s := 0.0
	for i, r := range h.x {
		if e := math.Abs(h.y[i] - l.Predict(r)); e <= h.delta {
			s += e * e / 2
		} else {
			s += h.delta * (e - h.delta/2)
		}
	}
	// In units of delta², so that the size of the loss does not depend on the noise.
	s /= float64(len(h.y)) * h.delta * h.delta
	if math.IsNaN(s) {
		return math.Inf(1)
	}
	return s
}

func (h *huber) gradient(g, p []float64) {
	clear(g)
	c := math.Exp(p[0])
	scale := 1 / (float64(len(h.y)) * h.delta * h.delta)
	for i, r := range h.x {
		e := math.Exp(dot(p[1:], r))
		slope := max(-h.delta, min(h.delta, c+e-h.y[i])) * scale
		g[0] += slope * c
		for j, v := range r {
			g[j+1] += slope * e * v
		}
	}
}

// descend walks down from p. Where the line search can go no further, the best point so far stands.
func (h *huber) descend(p []float64) []float64 {
	settings := &optimize.Settings{GradientThreshold: 1e-9, MajorIterations: 1000, FuncEvaluations: 3000, Concurrent: 0}
	result, _ := optimize.Minimize(optimize.Problem{Func: h.loss, Grad: h.gradient}, p, settings, &optimize.BFGS{})
	if result == nil || !finite(result.X) {
		return p
	}
	return result.X
}
