package cpu

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// A tile of c is one call of BLAS. Three blocks of 64×64 are the most that gonum takes without starting goroutines of its own.
const (
	tileRows = 64
	tileCols = 192
)

// matrix is a row-major matrix within a buffer, as BLAS sees it: transposed if t.
type matrix struct {
	x  []float32
	ld int
	t  bool
}

// from is m without its first i rows and j columns.
func (m matrix) from(i, j int) matrix {
	if m.t {
		i, j = j, i
	}
	m.x = m.x[i*m.ld+j:]
	return m
}

func (m matrix) trans() blas.Transpose {
	if m.t {
		return blas.Trans
	}
	return blas.NoTrans
}

// gemm is c = alpha·a·b + beta·c on this goroutine, a rows×k, b k×cols. It is the one place that knows the BLAS.
func gemm(rows, cols, k int, alpha float32, a, b matrix, beta float32, c matrix) {
	for i := 0; i < rows; i += tileRows {
		for j := 0; j < cols; j += tileCols {
			tile(min(tileRows, rows-i), min(tileCols, cols-j), k, alpha, a.from(i, 0), b.from(0, j), beta, c.from(i, j))
		}
	}
}

func tile(rows, cols, k int, alpha float32, a, b matrix, beta float32, c matrix) {
	gonum.Implementation{}.Sgemm(a.trans(), b.trans(), rows, cols, k, alpha, a.x, a.ld, b.x, b.ld, beta, c.x, c.ld)
}

// MatMul hands the tiles of c out to the workers.
func (o *Ops) MatMul(ta, tb bool, m, n, k int, a, b []float32, beta float32, c []float32) {
	o.j = job{a: a, b: b, c: c, n: n, m: m, k: k, ta: ta, tb: tb, x: beta}
	o.pool.run(ceil(m, tileRows)*ceil(n, tileCols), &o.j, func(j *job, t, _ int) {
		across := ceil(j.n, tileCols)
		i, l := t/across*tileRows, t%across*tileCols
		a, b := matrix{j.a, j.k, j.ta}, matrix{j.b, j.n, j.tb}
		if j.ta {
			a.ld = j.m
		}
		if j.tb {
			b.ld = j.k
		}
		tile(min(tileRows, j.m-i), min(tileCols, j.n-l), j.k, 1, a.from(i, 0), b.from(0, l), j.x, matrix{j.c, j.n, false}.from(i, l))
	})
	o.j = job{}
}
