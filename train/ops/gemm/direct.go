package gemm

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// tiny is the number of multiplications up to which even a call of gonum costs more than the loop.
const tiny = 128

func (g *product) tiny() bool { return max(g.a.n, g.b.n, g.kk) <= tiny && g.a.n*g.b.n*g.kk <= tiny }

// loop is the definition of the product, a sum in the order of k. The conversions keep a compiler from fusing operations.
func (g *product) loop() {
	ai, ak, bj, bk := 1, g.a.ld, 1, g.b.ld
	if g.a.alongK {
		ai, ak = g.a.ld, 1
	}
	if g.b.alongK {
		bj, bk = g.b.ld, 1
	}
	for i := range g.a.n {
		a, c := g.a.x[i*ai:], g.c[i*g.ldc:][:g.b.n]
		for j, old := range c {
			b, s := g.b.x[j*bj:], float32(0)
			for k := range g.kk {
				s += float32(a[k*ak] * b[k*bk])
			}
			s *= g.alpha
			if g.beta != 0 {
				s += float32(g.beta * old)
			}
			c[j] = s
		}
	}
}

// direct says that gonum multiplies, because there is no kernel or because packing would cost more than it brings: single rows of c,
// single columns and small tiles of dot products. Only sizes and the way of storage decide.
func (g *product) direct() bool {
	m, n, dots := g.a.n, g.b.n, g.a.alongK && g.b.alongK
	return g.k == nil || m == 1 && (g.a.alongK || !g.b.alongK) || dots && (n < 4 || m*n <= 64)
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
	m, n := min(gonumRows, g.a.n-i), min(gonumCols, g.b.n-j)
	gonum.Implementation{}.Sgemm(ta, tb, m, n, g.kk, g.alpha, a, g.a.ld, b, g.b.ld, g.beta, g.c[i*g.ldc+j:], g.ldc)
}
