package gemm

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// gonumSgemm is what every product is compared with.
type gonumSgemm struct{}

func (gonumSgemm) Sgemm(ta, tb bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	gonum.Implementation{}.Sgemm(way(ta), way(tb), m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

func way(t bool) blas.Transpose {
	if t {
		return blas.Trans
	}
	return blas.NoTrans
}

// BenchmarkSgemm reports multiplications and additions a nanosecond, ours and gonum's in turns.
func BenchmarkSgemm(b *testing.B) {
	r := rand.New(rand.NewPCG(9, 9))
	all := New(0)
	for _, s := range [][3]int{{1, 1, 1}, {4, 4, 4}, {8, 8, 8}, {16, 16, 16}, {32, 32, 32}, {1, 768, 768}, {64, 256, 32}, {256, 32, 64}, {512, 512, 512}, {1024, 3072, 768}} {
		for way, name := range []string{"NN", "TN", "NT", "TT"} {
			p := newProblem(r, s[0], s[1], s[2], way&1 != 0, way&2 != 0)
			for _, by := range []struct {
				name string
				x    multiplier
			}{{"engine", all}, {"serial", new(Serial)}, {"gonum", gonumSgemm{}}} {
				b.Run(fmt.Sprintf("%dx%dx%d/%s/%s", s[0], s[1], s[2], name, by.name), func(b *testing.B) {
					for b.Loop() {
						by.x.Sgemm(p.ta, p.tb, p.m, p.n, p.k, 1, p.a, p.lda, p.b, p.ldb, 0, p.c, p.ldc)
					}
					b.ReportMetric(2*float64(p.m*p.n*p.k)/(b.Elapsed().Seconds()*1e9/float64(b.N)), "GF/s")
				})
			}
		}
	}
}
