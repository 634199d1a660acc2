package dedup

// Forest is a union-find over 0 … n-1 in 4 bytes each. The root of a tree is its lowest member, so that trees do not depend on the
// order of unions.
type Forest []uint32

// NewForest is n trees of one member each.
func NewForest(n int) Forest {
	f := make(Forest, n)
	f.reset()
	return f
}

func (f Forest) reset() {
	for i := range f {
		f[i] = uint32(i)
	}
}

// Union joins the trees of a and b by Rem's algorithm with splicing (Dijkstra 1976; Patwary, Blair, Manne 2010), and reports whether
// they were two. It is fastest for pairs that come by one of their ends, as sorted edges do: then that end is in the cache.
func (f Forest) Union(a, b uint32) bool {
	x, y := f[a], f[b]
	for x != y {
		if x < y {
			a, b, x, y = b, a, y, x
		}
		f[a] = y
		if a == x {
			return true
		}
		a, x = x, f[x]
	}
	return false
}

// Flatten makes every entry its root. Parents are lower than children, so one ascending pass does.
func (f Forest) Flatten() {
	for i := range f {
		f[i] = f[f[i]]
	}
}

// root is the lowest member of a's tree.
func (f Forest) root(a uint32) uint32 {
	for f[a] != a {
		a = f[a]
	}
	return a
}
