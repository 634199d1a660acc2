package law

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// The first split of a tree is the best of all that can be tried.
func TestTheFirstSplitIsTheBest(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 3))
		n, d, least := 8+rng.IntN(20), 1+rng.IntN(4), 1+rng.IntN(4)
		x, y := make([][]float64, n), make([]float64, n)
		for i := range x {
			for range d {
				x[i] = append(x[i], float64(rng.IntN(6))/5) // many equal values
			}
			y[i] = rng.NormFloat64()
		}
		o := TreeOptions{Trees: 1, Rate: 1, Leaves: 2, MinLeaf: least, Stop: 1}
		f, err := fitTrees(o, 1, x, y)
		if err != nil {
			t.Fatal(err)
		}
		want := math.Inf(1)
		for j := range d {
			for _, at := range x {
				var left, right []float64
				for i, r := range x {
					if r[j] <= at[j] {
						left = append(left, y[i])
					} else {
						right = append(right, y[i])
					}
				}
				if len(left) >= least && len(right) >= least {
					l, r := spread(left), spread(right)
					want = min(want, l*l*float64(len(left))+r*r*float64(len(right)))
				}
			}
		}
		whole := spread(y)
		want = min(want, whole*whole*float64(n))
		if have := squares(f, x, y); math.Abs(have-want) > 1e-9 {
			t.Errorf("seed %d: squared error %g, the best split has %g", seed, have, want)
		}
	}
}

// Without limits one tree of rate 1 learns every run by heart; limits of leaves and rows hold.
func TestTreesKeepTheirLimits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 3))
	x, y := make([][]float64, 200), make([]float64, 200)
	for i := range x {
		x[i] = []float64{rng.Float64(), rng.Float64()}
		y[i] = rng.NormFloat64()
	}
	f, err := fitTrees(TreeOptions{Trees: 1, Rate: 1, Leaves: 4096, MinLeaf: 1, Stop: 1}, 1, x[:maxBins], y[:maxBins])
	if err != nil {
		t.Fatal(err)
	}
	if s := squares(f, x[:maxBins], y[:maxBins]); s > 1e-20 {
		t.Errorf("squared error %g of a tree without limits", s)
	}
	f, err = fitTrees(TreeOptions{Trees: 7, Rate: 0.3, Leaves: 6, MinLeaf: 20, Stop: 1}, 1, x, y)
	if err != nil {
		t.Fatal(err)
	}
	if f.Size() != 7 || f.Leaves() > 7*6 {
		t.Errorf("%d trees with %d leaves", f.Size(), f.Leaves())
	}
	for _, tree := range f.trees {
		count := map[float64]int{}
		for _, r := range x {
			count[predict(tree, r)]++
		}
		for v, n := range count {
			if n < 20 {
				t.Errorf("a leaf of value %g has %d runs", v, n)
			}
		}
	}
	flat := make([]float64, 200)
	for i := range flat {
		flat[i] = 2.5
	}
	if f, err = fitTrees(DefaultTrees(), 1, x, flat); err != nil || f.Size() != 0 || f.Predict(x[0]) != 2.5 {
		t.Errorf("of the same measurement everywhere: %+v, %v", f, err)
	}
}

// The number of trees is found on held-out runs: few of noise, many of a law; a law is learned.
func TestTreesStopEarly(t *testing.T) {
	s := known(t, truth(5, 1), 5, 300, 0.05, 8)
	r := fit(t, s, Trees)
	learned := r.Metrics[0].Fit.(*Forest).Size()
	t.Logf("law: %d trees, %+v", learned, r.Objective)
	if r.Objective.R2 < 0.85 || r.Objective.Rank < 0.9 || learned < 50 {
		t.Errorf("%d trees, %+v", learned, r.Objective)
	}
	rng := rand.New(rand.NewPCG(5, 5))
	for i := range s.Runs {
		s.Runs[i].Metrics[0] = rng.NormFloat64()
	}
	r = fit(t, s, Trees)
	noise := r.Metrics[0].Fit.(*Forest).Size()
	t.Logf("noise: %d trees, %+v", noise, r.Objective)
	if noise > 20 || r.Objective.R2 > 0.05 {
		t.Errorf("noise: %d trees, %+v", noise, r.Objective)
	}
	if fmt.Sprint(r.Warnings) == "[]" {
		t.Error("no warning of a fit to noise")
	}
}
