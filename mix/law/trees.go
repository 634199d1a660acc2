package law

import (
	"fmt"
	"slices"
)

// TreeOptions are those of LightGBM's regression by squared error, of which the names are given.
type TreeOptions struct {
	Trees   int     // num_iterations at most
	Rate    float64 // learning_rate
	Leaves  int     // num_leaves
	MinLeaf int     // min_data_in_leaf
	Stop    int     // early_stopping_round: trees without a gain on held-out runs after which the search for their number ends
	Holdout float64 // share of the runs held out to find the number of trees; all runs then grow that many. 0 = always Trees
}

// DefaultTrees are RegMix's numbers, or LightGBM's where it sets none (sail-sg/regmix, regression_fitting/regression.ipynb), but for
// patience: RegMix stops after 3 trees without a gain on its test runs.
func DefaultTrees() TreeOptions {
	return TreeOptions{Trees: 1000, Rate: 0.01, Leaves: 31, MinLeaf: 20, Stop: 50, Holdout: 0.2}
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
	case !(o.Holdout >= 0 && o.Holdout <= 0.5):
		return fmt.Errorf("holdout is %g, want 0 to 0.5", o.Holdout)
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

// fitTrees finds the number of trees on held-out runs and then grows as many on all.
func fitTrees(o TreeOptions, seed uint64, x [][]float64, y []float64) (*Forest, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	held := int(o.Holdout * float64(len(x)))
	if held < 2 {
		return newGrower(o, x, y).grow(o.Trees, nil), nil
	}
	order := random(seed, "holdout").Perm(len(x))
	var tx, vx [][]float64
	var ty, vy []float64
	for k, i := range order {
		if k < held {
			vx, vy = append(vx, x[i]), append(vy, y[i])
		} else {
			tx, ty = append(tx, x[i]), append(ty, y[i])
		}
	}
	g := newGrower(o, tx, ty)
	watch := &watch{x: vx, y: vy, patience: o.Stop, pred: make([]float64, len(vx))}
	g.grow(o.Trees, watch)
	return newGrower(o, x, y).grow(watch.best, nil), nil
}

// watch follows the squared error on held-out runs.
type watch struct {
	x        [][]float64
	y, pred  []float64
	patience int
	best     int // number of trees with the least error
	least    float64
}

// stop takes note of the n-th tree and reports whether to grow no more. Tree 0 is the mean alone.
func (w *watch) stop(n int, base float64, t []node) bool {
	s := 0.0
	for i, r := range w.x {
		if n == 0 {
			w.pred[i] = base
		} else {
			w.pred[i] += predict(t, r)
		}
		e := w.y[i] - w.pred[i]
		s += e * e
	}
	if n == 0 || s < w.least {
		w.least, w.best = s, n
	}
	return n-w.best >= w.patience
}

// grower grows trees on one set of runs: leaf-wise, the split with the largest gain first, at exact thresholds midway between values.
type grower struct {
	o        TreeOptions
	x        [][]float64 // by feature, then run
	y        []float64
	residual []float64
	sorted   [][]int32 // by feature, the runs in order of its values
	order    [][]int32 // the same, partitioned among the leaves of the tree in growth
	left     []bool    // scratch: whether a run goes left
	spill    []int32   // scratch of the partition
}

func newGrower(o TreeOptions, x [][]float64, y []float64) *grower {
	n, d := len(x), len(x[0])
	g := &grower{o: o, y: y, residual: make([]float64, n), left: make([]bool, n), spill: make([]int32, n)}
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

// grow grows up to n trees, or until w has seen enough.
func (g *grower) grow(n int, w *watch) *Forest {
	f := &Forest{}
	for _, v := range g.y {
		f.base += v
	}
	f.base /= float64(len(g.y))
	for i, v := range g.y {
		g.residual[i] = v - f.base
	}
	if w != nil {
		w.stop(0, f.base, nil)
	}
	for len(f.trees) < n {
		t := g.tree()
		if len(t) == 1 {
			break // no split gains anything, now or later
		}
		f.trees = append(f.trees, t)
		if w != nil && w.stop(len(f.trees), f.base, t) {
			break
		}
	}
	return f
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
	root := leaf{end: len(g.y)}
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
