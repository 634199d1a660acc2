package law

import (
	"crypto/sha256"
	"fmt"
	"math"
	"strings"
	"testing"
)

func sampling() Sampling {
	s := DefaultSampling()
	s.Prior = []float64{0.6, 0.25, 0.1, 0.05}
	return s
}

// Mixtures of a swarm sum to 1 in decimal digits, keep the caps and the minimum, differ, and centre on the flattened prior.
func TestSwarm(t *testing.T) {
	s := sampling()
	s.Caps = []float64{1, 1, 0.5, 0.3}
	runs, err := s.Swarm(400)
	if err != nil {
		t.Fatal(err)
	}
	mean := make([]float64, 4)
	for i, r := range runs {
		units := 0
		for j, v := range r.Ratios {
			if v != 0 && v < s.Minimum || v > s.Caps[j] {
				t.Errorf("run %s: ratio %d is %g", r.Name, j, v)
			}
			units += int(math.Round(v * grid))
			mean[j] += v / 400
		}
		if units != grid {
			t.Errorf("run %s sums to %d parts of %d", r.Name, units, grid)
		}
		for _, o := range runs[:i] {
			sum := 0.0
			for j, v := range r.Ratios {
				sum += (v - o.Ratios[j]) * (v - o.Ratios[j])
			}
			if sum < tooNear*tooNear {
				t.Errorf("runs %s and %s are one mixture", r.Name, o.Name)
			}
		}
	}
	if runs[0].Name != "0001" || runs[399].Name != "0400" {
		t.Errorf("names %s to %s", runs[0].Name, runs[399].Name)
	}
	if !(mean[0] > mean[1] && mean[1] > mean[2] && mean[2] > mean[3]) {
		t.Errorf("mean %v is not in the order of the prior", mean)
	}
}

// Of a Dirichlet distribution without bounds, the mean is the prior and the variance p(1−p)/(strength+1).
func TestDrawsAreDirichlet(t *testing.T) {
	for _, strength := range []float64{0.05, 1, 30} {
		s := sampling()
		s.Temperature, s.Low, s.High = 1, strength, strength
		d, rng := s.dirichlet(), random(1, "test")
		const n = 40000
		mean, square := make([]float64, 4), make([]float64, 4)
		r := make([]float64, 4)
		for range n {
			d.draw(rng, r)
			for j, v := range r {
				mean[j] += v / n
				square[j] += v * v / n
			}
		}
		for j, p := range s.Prior {
			variance := p * (1 - p) / (strength + 1)
			if math.Abs(mean[j]-p) > 5*math.Sqrt(variance/n) {
				t.Errorf("strength %g: mean %d is %g, want %g", strength, j, mean[j], p)
			}
			if have := square[j] - mean[j]*mean[j]; math.Abs(have-variance) > 0.06*variance {
				t.Errorf("strength %g: variance %d is %g, want %g", strength, j, have, variance)
			}
		}
	}
}

func TestSwarmsAreReproduced(t *testing.T) {
	digest := func(seed uint64) string {
		s := sampling()
		s.Seed = seed
		runs, err := s.Swarm(50)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := WriteRatios(&b, []string{"a", "b", "c", "d"}, runs); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%.8x", sha256.Sum256([]byte(b.String())))
	}
	const golden = "926c63d5d6d05f50" // changes with Version only
	if have := digest(1); have[:16] != golden {
		t.Errorf("digest %s, want %s", have[:16], golden)
	}
	if digest(1) == digest(2) {
		t.Error("two seeds give one swarm")
	}
}

func TestImpossibleSwarmsAreRefused(t *testing.T) {
	for _, c := range []struct {
		change func(*Sampling)
		runs   int
		want   string
	}{
		{func(s *Sampling) { s.Prior = []float64{1} }, 1, "two domains or more"},
		{func(s *Sampling) { s.Prior = []float64{0.5, 0.6} }, 1, "the prior sums to 1.1"},
		{func(s *Sampling) { s.Prior[0] = math.NaN() }, 1, "a share of the prior is NaN"},
		{func(s *Sampling) { s.Temperature = -1 }, 1, "temperature is -1"},
		{func(s *Sampling) { s.Low = 0 }, 1, "strength is 0 to 5"},
		{func(s *Sampling) { s.High = 0.01 }, 1, "strength is 0.1 to 0.01"},
		{func(s *Sampling) { s.Minimum = 0.3 }, 1, "minimum is 0.3, want 0 to 0.25"},
		{func(s *Sampling) { s.Caps = []float64{0.1, 0.1, 0.1, 0.1} }, 1, "the caps sum to 0.4"},
		{func(s *Sampling) { s.Caps = []float64{1} }, 1, "1 caps for 4 domains"},
		{func(s *Sampling) { s.Low, s.High = 1e6, 1e6 }, 10, "draws gave no new one"},
		{func(*Sampling) {}, 0, "runs is 0"},
	} {
		s := sampling()
		c.change(&s)
		if _, err := s.Swarm(c.runs); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	if _, err := Normalized([]float64{0, 0}); err == nil {
		t.Error("a prior of nothing")
	}
	if _, err := Normalized([]float64{1, math.Inf(1)}); err == nil {
		t.Error("an infinite prior")
	}
}
