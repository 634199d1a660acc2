package gemm

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// BLAS is gonum's BLAS with an engine's product: blas32.Use(gemm.BLAS{Engine: gemm.New(0)}).
type BLAS struct {
	gonum.Implementation
	Engine *Engine
}

var _ blas.Float32 = BLAS{}

// Sgemm is c = alpha·op(a)·op(b) + beta·c. It panics with gonum's words.
func (x BLAS) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	known := (tA == blas.NoTrans || tA == blas.Trans || tA == blas.ConjTrans) && (tB == blas.NoTrans || tB == blas.Trans || tB == blas.ConjTrans)
	ta, tb := tA != blas.NoTrans, tB != blas.NoTrans
	if !known || fits(ta, tb, m, n, k, a, lda, b, ldb, c, ldc) != "" {
		x.Implementation.Sgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	x.Engine.Sgemm(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}
