package law

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Kind names a law.
type Kind string

// The laws. On mixtures, whose ratios sum to 1, Exponential and LogLinear are one family of curves: the k of c + k·exp(t·r) is part of
// t, so Olmix leaves it out. They differ in how they are fitted.
const (
	Linear      Kind = "linear"      // b·r, by least squares (the linear model of RegMix)
	LogLinear   Kind = "loglinear"   // c + exp(t·r): log(L − c) is linear in r and fitted there by weighted least squares, c by a search
	Exponential Kind = "exponential" // c + k·exp(t·r), fitted to L itself by Huber's loss from many starts (Ye et al. 2024, Olmix)
	Trees       Kind = "trees"       // gradient-boosted regression trees in the way of LightGBM (RegMix)
)

// Kinds lists the laws.
var Kinds = []Kind{Linear, LogLinear, Exponential, Trees}

// Law predicts a metric from a mixture.
type Law interface {
	Predict(r []float64) float64
}

// convex is a law whose minimum is found exactly.
type convex interface {
	Law
	// add adds weight times its gradient and, unless nil, its second derivatives at r.
	add(r []float64, weight float64, gradient []float64, hessian *mat.SymDense)
}

// Options says how laws are fitted.
type Options struct {
	Seed  uint64
	Huber float64 // residuals beyond it count linearly; 0 = 1.345 robust standard deviations of the residuals, Huber's choice
	Trees TreeOptions
}

// DefaultOptions are the defaults of every law.
func DefaultOptions() Options { return Options{Trees: DefaultTrees()} }

// Parameters is how many free numbers a law has; of trees, whose size depends on the data, 0.
func (k Kind) Parameters(domains int) int {
	switch k {
	case Linear:
		return domains
	case LogLinear, Exponential:
		return domains + 1
	}
	return 0
}

// fit fits a law to runs: x are mixtures, y what was measured.
func (k Kind) fit(o Options, x [][]float64, y []float64) (Law, error) {
	if len(x) == 0 || len(x) != len(y) {
		return nil, fmt.Errorf("%d mixtures and %d measurements", len(x), len(y))
	}
	switch k {
	case Linear:
		return fitPlane(x, y), nil
	case LogLinear:
		return fitLogs(x, y)
	case Exponential:
		return fitExponential(o, x, y)
	case Trees:
		return fitTrees(o.Trees, o.Seed, x, y)
	}
	return nil, fmt.Errorf("no law has the name %q; there are linear, loglinear, exponential and trees", k)
}

// Plane is the linear law: b·r. On mixtures a constant term would be one parameter too many.
type Plane struct {
	B []float64 `json:"coefficients"`
}

// Predict is b·r.
func (p *Plane) Predict(r []float64) float64 { return dot(p.B, r) }

func (p *Plane) add(_ []float64, weight float64, gradient []float64, _ *mat.SymDense) {
	for j, b := range p.B {
		gradient[j] += weight * b
	}
}

func fitPlane(x [][]float64, y []float64) *Plane { return &Plane{leastSquares(x, y, nil)} }

// leastSquares minimizes Σ w (y − b·x)² over b for mixtures x. What the runs do not determine, such as a domain that none of them has,
// gets the mean of y: the solution is the one nearest to it.
func leastSquares(x [][]float64, y, w []float64) []float64 {
	d := len(x[0])
	mean, total := 0.0, 0.0
	for i, v := range y {
		wi := 1.0
		if w != nil {
			wi = w[i]
		}
		mean += wi * v
		total += wi
	}
	mean /= total
	normal := make([]float64, d*d)
	right := make([]float64, d)
	for i, r := range x {
		wi := 1 / total
		if w != nil {
			wi *= w[i]
		}
		for j, a := range r {
			if a == 0 {
				continue
			}
			right[j] += wi * a * (y[i] - mean)
			row := normal[j*d : j*d+d]
			for k := j; k < d; k++ {
				row[k] += wi * a * r[k]
			}
		}
	}
	trace := 0.0
	for j := range d {
		trace += normal[j*d+j]
	}
	// The ridge is far below what any measurement resolves; it only chooses among solutions that fit alike.
	ridge := 1e-11 * trace / float64(d)
	var chol mat.Cholesky
	for {
		for j := range d {
			normal[j*d+j] += ridge
		}
		if chol.Factorize(mat.NewSymDense(d, normal)) {
			break
		}
		ridge *= 100
	}
	b := mat.NewVecDense(d, nil)
	// A poor condition is the ridge's to bear: the answer stands.
	_ = chol.SolveVecTo(b, mat.NewVecDense(d, right))
	out := make([]float64, d)
	for j := range out {
		out[j] = b.AtVec(j) + mean
	}
	return out
}

func dot(a, b []float64) float64 {
	s := 0.0
	for j, v := range a {
		s += v * b[j]
	}
	return s
}

func finite(v []float64) bool {
	for _, x := range v {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}
