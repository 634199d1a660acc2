package law

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/seed-83c59573/quern"
)

// pieceDraws is how many mixtures one piece of the search draws, each piece with chance of its own.
const pieceDraws = 1024

// sample draws mixtures around the prior and gives the mean of the best, which is within floors and caps since they are. The strength
// runs from spread out to close to the prior. Draws outside the bounds are brought to the nearest mixture inside, so none is lost when
// caps are tight.
func (o *objective) sample(ctx context.Context, s Search) ([]float64, error) {
	if s.Samples < 1 || s.Samples > 100_000_000 || s.Best < 1 || s.Best > s.Samples {
		return nil, fmt.Errorf("samples is %d and best %d, want 1 to 100 million, of which the best are not more than all", s.Samples, s.Best)
	}
	pieces := make([][]scored, (s.Samples+pieceDraws-1)/pieceDraws)
	err := quern.Each(ctx, s.Workers, len(pieces), func(_ context.Context, _, i int) error {
		var err error
		pieces[i], err = o.piece(s, i)
		return err
	})
	if err != nil {
		return nil, err
	}
	var best []scored
	for _, p := range pieces {
		best = append(best, p...)
	}
	best = shrink(best, s.Best)
	out := make([]float64, len(s.Prior))
	for _, b := range best {
		for j, v := range b.ratios {
			out[j] += v / float64(len(best))
		}
	}
	return out, nil
}

// piece gives the best of the i-th piece.
func (o *objective) piece(s Search, i int) ([]scored, error) {
	draws := Sampling{Prior: s.Prior, Temperature: 1, Low: 1, High: 100}.dirichlet()
	rng := random(s.Seed, fmt.Sprint("search/", i))
	n := min(pieceDraws, s.Samples-i*pieceDraws)
	out := make([]scored, n)
	for k := range out {
		r := make([]float64, len(s.Prior))
		draws.draw(rng, r)
		if !within(r, s.Floors, s.Caps) {
			project(r, s.Floors, s.Caps)
		}
		out[k] = scored{o.total(r), i*pieceDraws + k, r}
		if math.IsNaN(out[k].value) {
			return nil, errors.New("the law predicts no number for a mixture: scale the metrics")
		}
	}
	return slices.Clone(shrink(out, s.Best)), nil
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
