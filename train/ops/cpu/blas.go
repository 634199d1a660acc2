package cpu

import (
	"sync"

	"github.com/seed-83c59573/quern/train/ops"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/blas/gonum"
)

// Use registers BLAS with gonum, so that its matrices, mat.Dense among them, are multiplied by the kernels of this package; 0 workers =
// one for each processor. Where there is no kernel gonum keeps its own.
func Use(workers int) {
	if len(kernels()) == 0 {
		return
	}
	b := NewBLAS(workers)
	blas32.Use(b)
	blas64.Use(b)
}

// BLAS is gonum's implementation with Sgemm and Dgemm replaced where it pays. It panics where gonum's does, with its words. The
// bits do not depend on the number of workers, nor on who else multiplies. Many goroutines may call it: one of them gets the workers,
// the others compute for themselves. Unlike gonum's it does not leave out a product with a zero of a, which would hide a NaN of b.
type BLAS struct {
	gonum.Implementation
	e *engine
}

type engine struct {
	workers int
	kernS   *kernel // nil: gonum's
	kernD   *kernelOf[float64]
	mu      sync.Mutex // held by whom the pool works for
	pool    *pool      // nil until it is needed
	j       job
	single  shared[float32]
	double  shared[float64]
	rooms   sync.Pool // of *rooms, for those who compute for themselves
}

type rooms struct {
	single spaceOf[float32]
	double spaceOf[float64]
}

// NewBLAS is a BLAS with that many workers, which start at the first large product; 0 = one for each processor.
func NewBLAS(workers int) BLAS {
	e := &engine{workers: workers}
	if list := kernels(); len(list) > 0 {
		e.kernS = list[0]
	}
	if list := kernelsDouble(); len(list) > 0 {
		e.kernD = list[0]
	}
	e.rooms.New = func() any { return new(rooms) }
	return BLAS{e: e}
}

// tiny is the number of multiplications below which gonum's own loops are as fast.
const tiny = 1 << 15

// pays says that a product is large enough for a kernel and in order; gonum's says what is wrong with others.
func pays(tA, tB blas.Transpose, m, n, k, la, lda, lb, ldb, lc, ldc int) bool {
	rowsA, colsA, rowsB, colsB := m, k, k, n
	switch {
	case tA == blas.Trans || tA == blas.ConjTrans:
		rowsA, colsA = k, m
	case tA != blas.NoTrans:
		return false
	}
	switch {
	case tB == blas.Trans || tB == blas.ConjTrans:
		rowsB, colsB = n, k
	case tB != blas.NoTrans:
		return false
	}
	return m > 0 && n > 0 && k > 0 && m*n*k >= tiny && lda >= colsA && ldb >= colsB && ldc >= n &&
		la >= (rowsA-1)*lda+colsA && lb >= (rowsB-1)*ldb+colsB && lc >= (m-1)*ldc+n
}

// Sgemm is C = alpha·op(A)·op(B) + beta·C in float32.
func (b BLAS) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, x []float32, lda int, y []float32, ldb int, beta float32, z []float32, ldc int) {
	if b.e.kernS == nil || alpha == 0 || !pays(tA, tB, m, n, k, len(x), lda, len(y), ldb, len(z), ldc) {
		b.Implementation.Sgemm(tA, tB, m, n, k, alpha, x, lda, y, ldb, beta, z, ldc)
		return
	}
	p := product{b.e.kernS, m, n, k, alpha, beta, matrix{x, lda, tA != blas.NoTrans}, matrix{y, ldb, tB != blas.NoTrans}, matrix{z, ldc, false}}
	multiply(b.e, &b.e.single, p, func(r *rooms) *space { return &r.single })
}

// Dgemm is C = alpha·op(A)·op(B) + beta·C in float64.
func (b BLAS) Dgemm(tA, tB blas.Transpose, m, n, k int, alpha float64, x []float64, lda int, y []float64, ldb int, beta float64, z []float64, ldc int) {
	if b.e.kernD == nil || alpha == 0 || !pays(tA, tB, m, n, k, len(x), lda, len(y), ldb, len(z), ldc) {
		b.Implementation.Dgemm(tA, tB, m, n, k, alpha, x, lda, y, ldb, beta, z, ldc)
		return
	}
	type matrix = matrixOf[float64]
	p := productOf[float64]{b.e.kernD, m, n, k, alpha, beta, matrix{x, lda, tA != blas.NoTrans}, matrix{y, ldb, tB != blas.NoTrans}, matrix{z, ldc, false}}
	multiply(b.e, &b.e.double, p, func(r *rooms) *spaceOf[float64] { return &r.double })
}

// multiply computes p with all workers if they are free, else alone, with the same bits.
func multiply[F ops.Float](e *engine, s *shared[F], p productOf[F], room func(*rooms) *spaceOf[F]) {
	if p.m*p.n*p.k >= small && e.mu.TryLock() {
		defer e.mu.Unlock()
		if e.pool == nil {
			e.pool = newPool(workers(e.workers))
		}
		s.productOf = p
		s.compute(e.pool, &e.j)
		s.productOf, e.j = productOf[F]{}, job{}
		return
	}
	r := e.rooms.Get().(*rooms)
	p.serial(room(r))
	e.rooms.Put(r)
}
