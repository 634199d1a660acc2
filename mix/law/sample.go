package law

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// sample draws mixtures around the prior and gives the mean of the best, which is within floors and caps since they are. The strength
// runs from spread out to close to the prior. Draws outside the bounds are brought to the nearest mixture inside, so none is lost when
// caps are tight.
func (o *objective) sample(s Search) ([]float64, error) {
	if s.Samples < 1 || s.Samples > 100_000_000 || s.Best < 1 || s.Best > s.Samples {
		return nil, fmt.Errorf("samples is %d and best %d, want 1 to 100 million, of which the best are not more than all", s.Samples, s.Best)
	}
	draws := Sampling{Prior: s.Prior, Temperature: 1, Low: 1, High: 100}.dirichlet()
	rng := random(s.Seed, "search")
	best := make([]scored, 0, 2*s.Best)
	r := make([]float64, len(s.Prior))
	limit := math.Inf(1)
	for i := range s.Samples {
		draws.draw(rng, r)
		if !within(r, s.Floors, s.Caps) {
			project(r, s.Floors, s.Caps)
		}
		v := o.total(r)
		if math.IsNaN(v) {
			return nil, errors.New("the law predicts no number for a mixture: scale the metrics")
		}
		if v >= limit {
			continue
		}
		best = append(best, scored{v, i, slices.Clone(r)})
		if len(best) == 2*s.Best {
			best = shrink(best, s.Best)
			limit = best[len(best)-1].value
		}
	}
	best = shrink(best, s.Best)
	out := make([]float64, len(r))
	for _, b := range best {
		for j, v := range b.ratios {
			out[j] += v / float64(len(best))
		}
	}
	return out, nil
}

// scored is a drawn mixture.
type scored struct {
	value  float64
	draw   int
	ratios []float64
}

// shrink keeps the n best, of equals the first drawn.
func shrink(v []scored, n int) []scored {
	slices.SortFunc(v, func(a, b scored) int {
		if c := compare(a.value, b.value); c != 0 {
			return c
		}
		return a.draw - b.draw
	})
	return v[:min(n, len(v))]
}

func within(r, floors, caps []float64) bool {
	for j, v := range r {
		if v < floors[j] || v > caps[j] {
			return false
		}
	}
	return true
}
