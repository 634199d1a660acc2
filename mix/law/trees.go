package law

import (
	"fmt"
	"slices"

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

// DefaultTrees suit swarms of some hundred runs: RegMix's rate with LightGBM's 31 leaves of 20 runs each (sail-sg/regmix,
// regression_fitting/regression.ipynb) is for more. RegMix also stops after 3 trees without a gain on the very runs that it then
// reports on; here inner folds find the number of trees.
func DefaultTrees() TreeOptions {
	return TreeOptions{Trees: 3000, Rate: 0.01, Leaves: 8, MinLeaf: 5, Stop: 50, Inner: 5}
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
	fold := Folds(x, o.Inner, quern.Seed(seed, "mix/law/inner", quern.ID{}))
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

// grower grows trees on one set of runs: leaf-wise, the split with the largest gain first, at exact thresholds midway between values.
type grower struct {
	o        TreeOptions
	x        [][]float64 // by feature, then run
	base     float64     // the mean
	residual []float64
	sorted   [][]int32 // by feature, the runs in order of its values
	order    [][]int32 // the same, partitioned among the leaves of the tree in growth
	left     []bool    // scratch: whether a run goes left
	spill    []int32   // scratch of the partition
}

func newGrower(o TreeOptions, x [][]float64, y []float64) *grower {
	n, d := len(x), len(x[0])
	g := &grower{o: o, residual: make([]float64, n), left: make([]bool, n), spill: make([]int32, n)}
	for _, v := range y {
		g.base += v
	}
	g.base /= float64(n)
	for i, v := range y {
		g.residual[i] = v - g.base
	}
	for j := range d {
		v := make([]float64, n)
		s := make([]int32, n)
		for i := range n {
			v[i], s[i] = x[i][j], int32(i)
		}
		slices.SortStableFunc(s, func(a, b int32) int { return compare(v[a], v[b]) })
		g.x, g.sorted, g.order = append(g.x, v), append(g.sorted, s), append(g.order, make([]int32, n))
	}
	return g
}

// leaf is a leaf in growth: a range of every feature's order, and its best split.
type leaf struct {
	node       int32
	begin, end int
	sum        float64
	gain       float64 // of the best split; 0 = none
	feature    int
	threshold  float64
	cut        int     // rows that go left
	leftSum    float64 // of their residuals
}

// tree grows one tree and takes its predictions off the residuals.
func (g *grower) tree() []node {
	for j := range g.order {
		copy(g.order[j], g.sorted[j])
	}
	root := leaf{end: len(g.residual)}
	for _, v := range g.residual {
		root.sum += v
	}
	g.best(&root)
	leaves := []leaf{root}
	nodes := []node{{feature: -1}}
	for len(leaves) < g.o.Leaves {
		k := 0
		for i := range leaves {
			if leaves[i].gain > leaves[k].gain {
				k = i
			}
		}
		l := leaves[k]
		if l.gain <= 0 {
			break
		}
		g.partition(&l)
		a := leaf{node: int32(len(nodes)), begin: l.begin, end: l.begin + l.cut, sum: l.leftSum}
		b := leaf{node: a.node + 1, begin: a.end, end: l.end, sum: l.sum - l.leftSum}
		nodes[l.node] = node{feature: int32(l.feature), left: a.node, right: b.node, value: l.threshold}
		nodes = append(nodes, node{feature: -1}, node{feature: -1})
		g.best(&a)
		g.best(&b)
		leaves[k] = a
		leaves = append(leaves, b)
	}
	for _, l := range leaves {
		v := g.o.Rate * l.sum / float64(l.end-l.begin)
		nodes[l.node].value = v
		for _, i := range g.order[0][l.begin:l.end] {
			g.residual[i] -= v
		}
	}
	return nodes
}

// best finds the split of a leaf with the largest gain, the first of equals: Σ² / n on both sides less that of the leaf.
func (g *grower) best(l *leaf) {
	n := l.end - l.begin
	if n < 2*g.o.MinLeaf {
		return
	}
	whole := l.sum * l.sum / float64(n)
	for j, order := range g.order {
		rows, x := order[l.begin:l.end], g.x[j]
		if x[rows[0]] == x[rows[n-1]] {
			continue
		}
		s := 0.0
		for k := range n - g.o.MinLeaf {
			s += g.residual[rows[k]]
			here, next := x[rows[k]], x[rows[k+1]]
			if k+1 < g.o.MinLeaf || here == next {
				continue
			}
			right := l.sum - s
			gain := s*s/float64(k+1) + right*right/float64(n-k-1) - whole
			if gain > l.gain && gain > 1e-12*whole {
				l.gain, l.feature, l.cut, l.leftSum = gain, j, k+1, s
				if l.threshold = here + (next-here)/2; l.threshold >= next {
					l.threshold = here
				}
			}
		}
	}
}

// partition sorts the rows of a leaf into those that go left and those that go right, each in its feature's order still.
func (g *grower) partition(l *leaf) {
	for k, i := range g.order[l.feature][l.begin:l.end] {
		g.left[i] = k < l.cut
	}
	for _, order := range g.order {
		rows := order[l.begin:l.end]
		at, over := 0, 0
		for _, i := range rows {
			if g.left[i] {
				rows[at] = i
				at++
			} else {
				g.spill[over] = i
				over++
			}
		}
		copy(rows[at:], g.spill[:over])
	}
}
