package dedup

// Forest is a union-find over 0 … n-1 in 4 bytes each. The root of a tree is its lowest member, so that trees do not depend on the
// order of unions.
type Forest []uint32

// NewForest is n trees of one member each.
func NewForest(n int) Forest {
	f := make(Forest, n)
	hugePages(f)
	f.reset()
	return f
}

func (f Forest) reset() {
	for i := range f {
		f[i] = uint32(i)
	}
}

// Union joins the trees of a and b by Rem's algorithm with splicing (Dijkstra 1976; Patwary, Blair, Manne 2010), and reports whether
// they were two.
func (f Forest) Union(a, b uint32) bool {
	x, y := f[a], f[b]
	for x != y {
		if x > y {
			f[a] = y
			if a == x {
				return true
			}
			a, x = x, f[x]
		} else {
			f[b] = x
			if b == y {
				return true
			}
			b, y = y, f[y]
		}
	}
	return false
}

const unionsAtOnce = 16

// UnionAll is Union of the upper and lower halves of each pair. It looks at a few pairs ahead, so that their cache misses overlap, and
// passes over those that are joined already. It is fastest where pairs come by one of their halves, as sorted edges do.
func (f Forest) UnionAll(pairs []uint64) {
	var apart [unionsAtOnce]uint32
	for ; len(pairs) >= unionsAtOnce; pairs = pairs[unionsAtOnce:] {
		p := (*[unionsAtOnce]uint64)(pairs)
		for i, e := range p {
			apart[i] = f[e>>32] ^ f[uint32(e)]
		}
		for i, e := range p {
			if apart[i] != 0 {
				f.Union(uint32(e>>32), uint32(e))
			}
		}
	}
	for _, e := range pairs {
		f.Union(uint32(e>>32), uint32(e))
	}
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
