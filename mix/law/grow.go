package law

import "slices"

// maxBins is how many ranges of a feature a split can tell apart. Up to so many runs, thresholds are exact. LightGBM has 255; on swarms
// that predicts no better and takes three times as long.
const maxBins = 63

// grower grows trees on one set of runs: leaf-wise, the split with the largest gain first, by histograms of which the larger child's is
// the parent's less the smaller child's (Ke et al., "LightGBM", 2017).
type grower struct {
	o         TreeOptions
	base      float64 // the mean
	residual  []float64
	bins      []uint8     // by run, then feature
	limits    [][]float64 // by feature, the threshold above each bin but the last
	offset    []int       // by feature, where its bins begin in a histogram
	order     []int32     // the runs, partitioned among the leaves of the tree in growth
	spill     []int32     // scratch of the partition
	histogram [][]bin     // one a leaf
}

// bin is the runs of a leaf whose feature is in one range.
type bin struct {
	sum float64 // of their residuals
	n   int
}

func newGrower(o TreeOptions, x [][]float64, y []float64) *grower {
	n, d := len(x), len(x[0])
	g := &grower{o: o, residual: make([]float64, n), bins: make([]uint8, n*d), offset: make([]int, d+1), order: make([]int32, n), spill: make([]int32, n)}
	for _, v := range y {
		g.base += v
	}
	g.base /= float64(n)
	for i, v := range y {
		g.residual[i] = v - g.base
	}
	values := make([]float64, n)
	for j := range d {
		for i := range x {
			values[i] = x[i][j]
		}
		slices.Sort(values)
		limits := limitsOf(values)
		for i := range x {
			b, _ := slices.BinarySearch(limits, x[i][j])
			g.bins[i*d+j] = uint8(b)
		}
		g.limits = append(g.limits, limits)
		g.offset[j+1] = g.offset[j] + len(limits) + 1
	}
	for range o.Leaves {
		g.histogram = append(g.histogram, nil)
	}
	return g
}

// limitsOf cuts sorted values into bins, of one value each where there are few, midway between neighbors. A value equal to a limit is
// below it.
func limitsOf(sorted []float64) []float64 {
	least := (len(sorted) + maxBins - 1) / maxBins // values in a bin
	var limits []float64
	n := 0
	for i, v := range sorted[:len(sorted)-1] {
		n++
		next := sorted[i+1]
		if n < least || v == next {
			continue
		}
		limit := v + (next-v)/2
		if limit >= next {
			limit = v
		}
		limits = append(limits, limit)
		n = 0
	}
	return limits
}

// leaf is a leaf in growth: a range of the order, its histogram, and its best split.
type leaf struct {
	node       int32
	begin, end int
	histogram  int
	sum        float64
	gain       float64 // of the best split; 0 = none
	feature    int
	cut        int     // the last bin that goes left
	left       int     // runs there
	leftSum    float64 // of their residuals
}

// tree grows one tree and takes its predictions off the residuals.
func (g *grower) tree() []node {
	root := leaf{end: len(g.residual)}
	for i, v := range g.residual {
		g.order[i] = int32(i)
		root.sum += v
	}
	g.count(&root)
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
		a := leaf{node: int32(len(nodes)), begin: l.begin, end: l.begin + l.left, sum: l.leftSum}
		b := leaf{node: a.node + 1, begin: a.end, end: l.end, sum: l.sum - l.leftSum}
		nodes[l.node] = node{feature: int32(l.feature), left: a.node, right: b.node, value: g.limits[l.feature][l.cut]}
		nodes = append(nodes, node{feature: -1}, node{feature: -1})
		small, large := &a, &b
		if b.end-b.begin < a.end-a.begin {
			small, large = &b, &a
		}
		small.histogram, large.histogram = len(leaves), l.histogram
		g.count(small)
		parent := g.histogram[large.histogram]
		for i, s := range g.histogram[small.histogram] {
			parent[i].sum -= s.sum
			parent[i].n -= s.n
		}
		g.best(&a)
		g.best(&b)
		leaves[k] = a
		leaves = append(leaves, b)
	}
	for _, l := range leaves {
		rows := g.order[l.begin:l.end]
		sum := 0.0
		for _, i := range rows {
			sum += g.residual[i]
		}
		v := g.o.Rate * sum / float64(len(rows))
		nodes[l.node].value = v
		for _, i := range rows {
			g.residual[i] -= v
		}
	}
	return nodes
}

// count fills the histogram of a leaf.
func (g *grower) count(l *leaf) {
	d := len(g.limits)
	if g.histogram[l.histogram] == nil {
		g.histogram[l.histogram] = make([]bin, g.offset[d])
	}
	h := g.histogram[l.histogram]
	clear(h)
	for _, i := range g.order[l.begin:l.end] {
		r := g.residual[i]
		for j, b := range g.bins[int(i)*d : int(i)*d+d] {
			c := &h[g.offset[j]+int(b)]
			c.sum += r
			c.n++
		}
	}
}

// best finds the split of a leaf with the largest gain, the first of equals: Σ² / n on both sides less that of the leaf.
func (g *grower) best(l *leaf) {
	n, least := l.end-l.begin, g.o.MinLeaf
	if n < 2*least {
		return
	}
	whole := l.sum * l.sum / float64(n)
	h := g.histogram[l.histogram]
	for j, limits := range g.limits {
		s, left := 0.0, 0
		for b, c := range h[g.offset[j] : g.offset[j]+len(limits)] {
			if c.n == 0 {
				continue
			}
			s += c.sum
			left += c.n
			if left < least {
				continue
			}
			if n-left < least {
				break
			}
			right := l.sum - s
			gain := s*s/float64(left) + right*right/float64(n-left) - whole
			if gain > l.gain && gain > 1e-12*whole {
				l.gain, l.feature, l.cut, l.left, l.leftSum = gain, j, b, left, s
			}
		}
	}
}

// partition brings the runs of a leaf that go left before those that go right, each in order still.
func (g *grower) partition(l *leaf) {
	d := len(g.limits)
	rows := g.order[l.begin:l.end]
	at, over := 0, 0
	for _, i := range rows {
		if int(g.bins[int(i)*d+l.feature]) <= l.cut {
			rows[at] = i
			at++
		} else {
			g.spill[over] = i
			over++
		}
	}
	copy(rows[at:], g.spill[:over])
}
