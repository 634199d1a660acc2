package law

import (
	"fmt"

	"github.com/seed-83c59573/quern"
)

// TreeOptions are those of LightGBM's regression by squared error, of which the names are given.
type TreeOptions struct {
	Trees   int     // num_iterations at most
	Rate    float64 // learning_rate
	Leaves  int     // num_leaves
	MinLeaf int     // min_data_in_leaf
	Stop    int     // early_stopping_round: trees without a gain on held-out runs after which the search for their number ends
	Inner   int     // folds among the runs to learn from, whose held-out errors together find the number of trees; 0 = always Trees
}

// DefaultTrees suit swarms of some hundred runs. RegMix takes LightGBM's 31 leaves of 20 runs each at a rate of 0.01, for more
// (sail-sg/regmix, regression_fitting/regression.ipynb), and stops after 3 trees without a gain on the very runs that it then reports
// on; here inner folds find the number of trees.
func DefaultTrees() TreeOptions {
	return TreeOptions{Trees: 1000, Rate: 0.05, Leaves: 8, MinLeaf: 5, Stop: 30, Inner: 4}
}

// Validate refuses in words.
func (o TreeOptions) Validate() error {
	switch {
	case o.Trees < 1 || o.Trees > 100000:
		return fmt.Errorf("trees is %d, want 1 to 100000", o.Trees)
	case !(o.Rate > 0 && o.Rate <= 1):
		return fmt.Errorf("rate is %g, want above 0 and at most 1", o.Rate)
	case o.Leaves < 2 || o.Leaves > 4096:
		return fmt.Errorf("leaves is %d, want 2 to 4096", o.Leaves)
	case o.MinLeaf < 1:
		return fmt.Errorf("min-leaf is %d, want 1 or more", o.MinLeaf)
	case o.Stop < 1:
		return fmt.Errorf("stop is %d, want 1 or more", o.Stop)
	case o.Inner < 0 || o.Inner == 1 || o.Inner > 1000:
		return fmt.Errorf("inner is %d, want 0 or 2 to 1000", o.Inner)
	}
	return nil
}

// Forest is the law of boosted trees.
type Forest struct {
	base  float64
	trees [][]node
}

// node is a branch, or a leaf when feature is negative.
type node struct {
	feature     int32
	left, right int32
	value       float64 // of a branch the threshold: rows up to it go left
}

// Predict adds the trees up.
func (f *Forest) Predict(r []float64) float64 {
	sum := f.base
	for _, t := range f.trees {
		sum += predict(t, r)
	}
	return sum
}

// Size is the number of trees.
func (f *Forest) Size() int { return len(f.trees) }

func predict(t []node, r []float64) float64 {
	n := &t[0]
	for n.feature >= 0 {
		if r[n.feature] <= n.value {
			n = &t[n.left]
		} else {
			n = &t[n.right]
		}
	}
	return n.value
}

// fitTrees finds the number of trees on inner folds and then grows as many on all runs.
func fitTrees(o TreeOptions, seed uint64, x [][]float64, y []float64) (*Forest, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	n := o.Trees
	if o.Inner > 0 && len(x) >= 2*o.Inner {
		n = o.search(seed, x, y)
	}
	g := newGrower(o, x, y)
	f := &Forest{base: g.base}
	for len(f.trees) < n {
		t := g.tree()
		if len(t) == 1 {
			break // no split gains anything, now or later
		}
		f.trees = append(f.trees, t)
	}
	return f, nil
}

// search grows the trees of all inner folds side by side and gives the number with the least squared error on their held-out runs.
func (o TreeOptions) search(seed uint64, x [][]float64, y []float64) int {
	fold := deal(x, o.Inner, quern.Seed(seed, "mix/law/inner", quern.ID{}))
	growers := make([]*grower, o.Inner)
	for k := range growers {
		var tx [][]float64
		var ty []float64
		for i, f := range fold {
			if f != k {
				tx, ty = append(tx, x[i]), append(ty, y[i])
			}
		}
		if len(ty) == 0 { // all runs are one mixture
			return 0
		}
		growers[k] = newGrower(o, tx, ty)
	}
	left := make([]float64, len(y)) // what the trees so far leave of each held-out measurement
	for i, f := range fold {
		left[i] = y[i] - growers[f].base
	}
	best, least := 0, sumSquares(left)
	for n := 1; n <= o.Trees && n-best <= o.Stop; n++ {
		for k, g := range growers {
			t := g.tree()
			for i, f := range fold {
				if f == k {
					left[i] -= predict(t, x[i])
				}
			}
		}
		if s := sumSquares(left); s < least {
			best, least = n, s
		}
	}
	return best
}

func sumSquares(v []float64) float64 {
	s := 0.0
	for _, e := range v {
		s += e * e
	}
	return s
}
