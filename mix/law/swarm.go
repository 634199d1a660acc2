package law

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// Sampling says how mixtures are drawn: from a Dirichlet distribution around a prior that a temperature flattens, with a strength that
// differs from draw to draw, as RegMix does (sail-sg/regmix, mixture_config/synthesize_mixture.py).
type Sampling struct {
	Prior       []float64 // sums to 1
	Temperature float64   // the prior to this power: 1 leaves it, 0 makes all domains alike
	Low, High   float64   // the strength (the sum of the Dirichlet's parameters), drawn evenly in its logarithm: low = few domains a run
	Minimum     float64   // smaller ratios become 0: too few documents to measure anything
	Caps        []float64 // of each domain; nil = none
	Seed        uint64
}

// DefaultSampling are RegMix's numbers, with the minimum of Olmix for small proxies (allenai/olmix, olmix/generate/synthesize_mixture.py).
func DefaultSampling() Sampling {
	return Sampling{Temperature: 0.5, Low: 0.1, High: 5, Minimum: 0.002}
}

// grid is the number of steps from 0 to 1 in a swarm's ratios, so that few decimal digits state them exactly.
const grid = 100000

// tooNear is the Euclidean distance below which two mixtures of a swarm are one: training both would teach nothing (Olmix).
const tooNear = 0.01

// maxTries bounds the draws for one mixture.
const maxTries = 2000

// Caps gives the largest share of each domain when budget tokens are mixed and none is read more than repeat times.
func Caps(tokens []float64, budget, repeat float64) []float64 {
	caps := make([]float64, len(tokens))
	for j, t := range tokens {
		caps[j] = min(1, t*repeat/budget)
	}
	return caps
}

// Normalized scales numbers to a sum of 1.
func Normalized(v []float64) ([]float64, error) {
	sum := 0.0
	for _, x := range v {
		if !(x >= 0) || math.IsInf(x, 0) {
			return nil, fmt.Errorf("%g is no share, want 0 or more", x)
		}
		sum += x
	}
	if !(sum > 0) || math.IsInf(sum, 0) {
		return nil, errors.New("shares sum to 0")
	}
	out := slices.Clone(v)
	for j := range out {
		out[j] /= sum
	}
	return out, nil
}

// Validate refuses in words.
func (s Sampling) Validate() error {
	sum := 0.0
	for _, p := range s.Prior {
		if !(p >= 0) {
			return fmt.Errorf("a share of the prior is %g, want 0 or more", p)
		}
		sum += p
	}
	switch {
	case len(s.Prior) < 2:
		return errors.New("a mixture wants two domains or more")
	case math.Abs(sum-1) > 1e-9:
		return fmt.Errorf("the prior sums to %g, want 1", sum)
	case !(s.Temperature >= 0 && s.Temperature <= 10):
		return fmt.Errorf("temperature is %g, want 0 to 10", s.Temperature)
	case !(s.Low >= 1e-6 && s.High >= s.Low && s.High <= 1e9):
		return fmt.Errorf("strength is %g to %g, want two numbers from 0.000001 to 1e9, the first not above the second", s.Low, s.High)
	case !(s.Minimum >= 0 && s.Minimum*float64(len(s.Prior)) <= 1):
		return fmt.Errorf("minimum is %g, want 0 to %.3g, one part in as many as there are domains", s.Minimum, 1/float64(len(s.Prior)))
	case s.Caps != nil && len(s.Caps) != len(s.Prior):
		return fmt.Errorf("%d caps for %d domains", len(s.Caps), len(s.Prior))
	}
	return feasible(nil, s.Caps)
}

// feasible reports whether any mixture is between floors and caps.
func feasible(floors, caps []float64) error {
	low, high := 0.0, 0.0
	for j := range max(len(floors), len(caps)) {
		f, c := 0.0, 1.0
		if floors != nil {
			f = floors[j]
		}
		if caps != nil {
			c = caps[j]
		}
		if !(f >= 0 && f <= c && c <= 1) {
			return fmt.Errorf("a share between %g and %g is asked for, want 0 ≤ floor ≤ cap ≤ 1", f, c)
		}
		low, high = low+f, high+c
	}
	if low > 1+1e-12 {
		return fmt.Errorf("the floors sum to %.6g, above 1", low)
	}
	if caps != nil && high < 1-1e-12 {
		return fmt.Errorf("the caps sum to %.6g: there are too few tokens for the budget, even with every allowed epoch", high)
	}
	return nil
}

// Swarm draws mixtures that differ from each other, all within the caps, in steps of 1/100000. Runs are named 0001, 0002, …
func (s Sampling) Swarm(runs int) ([]Run, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if runs < 1 || runs > maxRows {
		return nil, fmt.Errorf("runs is %d, want 1 to %d", runs, maxRows)
	}
	d := s.dirichlet()
	rng := random(s.Seed, "swarm")
	near := newNeighbors()
	width := max(4, len(fmt.Sprint(runs)))
	out := make([]Run, 0, runs)
	for len(out) < runs {
		r := make([]float64, len(s.Prior))
		found := false
		for range maxTries {
			d.draw(rng, r)
			if s.round(r) && !near.has(r) {
				found = true
				break
			}
		}
		if !found {
			return nil, fmt.Errorf("after %d mixtures, %d draws gave no new one within the caps: ask for fewer runs, a wider strength or higher caps (%s)",
				len(out), maxTries, s.tight())
		}
		near.add(r)
		out = append(out, Run{Name: fmt.Sprintf("%0*d", width, len(out)+1), Ratios: r})
	}
	return out, nil
}

// tight names what most likely stands in the way.
func (s Sampling) tight() string {
	var parts []string
	for j, c := range s.Caps {
		if c < 1 {
			parts = append(parts, fmt.Sprintf("domain %d: prior %.3g, cap %.3g", j+1, s.Prior[j], c))
		}
	}
	if len(parts) == 0 {
		return "no caps"
	}
	return strings.Join(parts[:min(len(parts), 8)], "; ")
}

// round clears small ratios and rounds the rest to the grid by largest remainders; it reports whether the result keeps the caps.
func (s Sampling) round(r []float64) bool {
	sum := 0.0
	for j, v := range r {
		if v < s.Minimum {
			r[j] = 0
		}
		sum += r[j]
	}
	if !(sum > 0) {
		return false
	}
	type rest struct {
		j    int
		part float64
	}
	units := make([]int, len(r))
	rests := make([]rest, 0, len(r))
	left := grid
	for j, v := range r {
		x := v / sum * grid
		units[j] = int(x)
		left -= units[j]
		if v > 0 {
			rests = append(rests, rest{j, x - float64(units[j])})
		}
	}
	slices.SortStableFunc(rests, func(a, b rest) int {
		switch {
		case a.part > b.part:
			return -1
		case a.part < b.part:
			return 1
		}
		return 0
	})
	for k := 0; left > 0; k++ {
		units[rests[k%len(rests)].j]++
		left--
	}
	for j, u := range units {
		r[j] = float64(u) / grid
		if s.Caps != nil && r[j] > s.Caps[j] {
			return false
		}
	}
	return true
}

// dirichlet draws mixtures around a prior.
type dirichlet struct {
	prior     []float64
	low, span float64 // of the logarithm of the strength
	logs      []float64
}

func (s Sampling) dirichlet() *dirichlet {
	d := &dirichlet{prior: make([]float64, len(s.Prior)), low: math.Log(s.Low), span: math.Log(s.High) - math.Log(s.Low), logs: make([]float64, len(s.Prior))}
	sum := 0.0
	for j, p := range s.Prior {
		if p > 0 {
			d.prior[j] = math.Pow(p, s.Temperature)
		}
		sum += d.prior[j]
	}
	for j := range d.prior {
		d.prior[j] /= sum
	}
	return d
}

// draw fills r. It works with logarithms, since a gamma variable of a tiny shape is often below the smallest float64.
func (d *dirichlet) draw(rng *rand.Rand, r []float64) {
	strength := math.Exp(d.low + d.span*rng.Float64())
	top := math.Inf(-1)
	for j, p := range d.prior {
		d.logs[j] = math.Inf(-1)
		if p > 0 {
			d.logs[j] = logGamma(rng, p*strength)
			top = max(top, d.logs[j])
		}
	}
	sum := 0.0
	for j, l := range d.logs {
		r[j] = math.Exp(l - top)
		sum += r[j]
	}
	for j := range r {
		r[j] /= sum
	}
}

// logGamma draws the logarithm of a gamma variable (Marsaglia and Tsang, "A simple method for generating gamma variables", 2000).
func logGamma(rng *rand.Rand, shape float64) float64 {
	boost := 0.0
	if shape < 1 {
		boost = math.Log(1-rng.Float64()) / shape // 1-u is never 0
		shape++
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := rng.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-rng.Float64()) < 0.5*x*x+d-d*v+d*math.Log(v) {
			return math.Log(d*v) + boost
		}
	}
}

// neighbors finds mixtures near one another: cells of the grid of two coordinates hold those that begin alike.
type neighbors struct{ cells map[[2]int][][]float64 }

func newNeighbors() neighbors { return neighbors{map[[2]int][][]float64{}} }

func (n neighbors) cell(r []float64) [2]int {
	return [2]int{int(r[0] / tooNear), int(r[1] / tooNear)}
}

func (n neighbors) has(r []float64) bool {
	at := n.cell(r)
	for x := at[0] - 1; x <= at[0]+1; x++ {
		for y := at[1] - 1; y <= at[1]+1; y++ {
			for _, o := range n.cells[[2]int{x, y}] {
				sum := 0.0
				for j, v := range r {
					sum += (v - o[j]) * (v - o[j])
				}
				if sum < tooNear*tooNear {
					return true
				}
			}
		}
	}
	return false
}

func (n neighbors) add(r []float64) { n.cells[n.cell(r)] = append(n.cells[n.cell(r)], r) }
