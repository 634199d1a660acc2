package gemm

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// direct says that packing costs more than it brings. Only sizes decide.
func (g *product) direct() bool {
	return g.k != nil && false
}

// multiply is the product without packing.
func (g *product) multiply() {
}

// Tiles for gonum: three blocks of 64×64 are the most that it takes without starting goroutines of its own.
const (
	gonumRows = 64
	gonumCols = 192
)

// gonumTiles is how many there are in c.
func (g *product) gonumTiles() int { return ceil(g.a.n, gonumRows) * ceil(g.b.n, gonumCols) }

// Do multiplies one tile with gonum.
func (g *product) Do(t, _ int) {
	across := ceil(g.b.n, gonumCols)
	i, j := t/across*gonumRows, t%across*gonumCols
	a, b, ta, tb := g.a.x, g.b.x, blas.NoTrans, blas.NoTrans
	if g.a.alongK {
		a = a[i*g.a.ld:]
	} else {
		a, ta = a[i:], blas.Trans
	}
	if g.b.alongK {
		b, tb = b[j*g.b.ld:], blas.Trans
	} else {
		b = b[j:]
	}
	gonum.Implementation{}.Sgemm(ta, tb, min(gonumRows, g.a.n-i), min(gonumCols, g.b.n-j), g.kk, g.alpha, a, g.a.ld, b, g.b.ld, g.beta, g.c[i*g.ldc+j:], g.ldc)
}
