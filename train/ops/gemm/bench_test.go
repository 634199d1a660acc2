package gemm

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

func TestXRatio(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	e := New(1)
	var s Serial
	for _, sh := range [][3]int{{1, 1, 1}, {2, 2, 2}, {4, 4, 4}, {8, 8, 8}, {12, 12, 12}, {16, 16, 16}, {24, 24, 24}, {32, 32, 32}, {48, 48, 48}, {64, 64, 64}, {3, 32, 32}, {32, 3, 32}, {32, 32, 3}, {1, 32, 32}, {1, 1, 32}, {32, 1, 32}, {8, 8, 32}, {4, 4, 32}, {1, 768, 768}, {2, 768, 768}, {4, 768, 768}, {8, 768, 768}, {768, 1, 768}, {768, 4, 768}, {64, 32, 256}, {256, 256, 1}, {256, 256, 2}, {256, 32, 64}, {64, 256, 32}, {512, 512, 512}} {
		for way := 0; way < 4; way++ {
			p := newProblem(r, sh[0], sh[1], sh[2], way&1 != 0, way&2 != 0)
			p.alpha, p.beta = 1, 0
			tr := map[bool]blas.Transpose{false: blas.NoTrans, true: blas.Trans}
			c := p.c
			fs := []func(){
				func() { s.Sgemm(p.ta, p.tb, p.m, p.n, p.k, p.alpha, p.a, p.lda, p.b, p.ldb, p.beta, c, p.ldc) },
				func() { e.Sgemm(p.ta, p.tb, p.m, p.n, p.k, p.alpha, p.a, p.lda, p.b, p.ldb, p.beta, c, p.ldc) },
				func() {
					gonum.Implementation{}.Sgemm(tr[p.ta], tr[p.tb], p.m, p.n, p.k, p.alpha, p.a, p.lda, p.b, p.ldb, p.beta, c, p.ldc)
				},
			}
			reps := max(1, 200000/(sh[0]*sh[1]*sh[2]+100))
			best := [3]time.Duration{1e9, 1e9, 1e9}
			for round := 0; round < 12; round++ {
				for i, f := range fs {
					at := time.Now()
					for range reps {
						f()
					}
					best[i] = min(best[i], time.Since(at))
				}
			}
			fl := 2 * float64(sh[0]*sh[1]*sh[2]) * float64(reps)
			fmt.Printf("%v ta=%v tb=%v serial %.0f ns engine %.0f gonum %.0f  ratio %.2f  GF %.1f vs %.1f\n", sh, p.ta, p.tb, float64(best[0])/float64(reps), float64(best[1])/float64(reps), float64(best[2])/float64(reps), float64(best[2])/float64(best[0]), fl/float64(best[0]), fl/float64(best[2]))
		}
	}
}
