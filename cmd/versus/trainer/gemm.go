package main

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"time"

	"github.com/seed-83c59573/quern/train/ops"
	"github.com/seed-83c59573/quern/train/ops/cpu"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// product holds the matrices of the last shape, so that turns do not pay for fresh memory.
type product struct {
	m, n, k int
	a, b, c []float32
}

func (s *side) gemm(q request) (float64, error) {
	p := s.product
	if p == nil || p.m != q.M || p.n != q.N || p.k != q.K {
		p = &product{q.M, q.N, q.K, random(q.M * q.K), random(q.K * q.N), make([]float32, q.M*q.N)}
		s.product = p
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(q.Workers)) // gonum takes what it gets
	var f func()
	engine, packed := strings.CutPrefix(q.Engine, "packed")
	switch engine {
	case "quern", "quern-bf16", "", "-bf16":
		precision := cpu.FP32
		if strings.HasSuffix(engine, "bf16") {
			precision = cpu.BF16
		}
		o := cpu.NewIn(precision, q.Workers)
		f = func() { o.MatMul(q.TA, q.TB, q.M, q.N, q.K, p.a, p.b, 0, p.c) }
		if packed {
			if q.TA {
				return 0, fmt.Errorf("%s: no packed weights behind a transposed left side", q.Engine)
			}
			w := &ops.Weight[float32]{T: q.TB, K: q.K, N: q.N, B: p.b}
			o.Pack(w)
			f = func() { o.Linear(p.c, p.a, w, nil, 0) }
		}
	case "gonum":
		ta, lda, tb, ldb := blas.NoTrans, q.K, blas.NoTrans, q.N
		if q.TA {
			ta, lda = blas.Trans, q.M
		}
		if q.TB {
			tb, ldb = blas.Trans, q.K
		}
		f = func() { gonum.Implementation{}.Sgemm(ta, tb, q.M, q.N, q.K, 1, p.a, lda, p.b, ldb, 0, p.c, q.N) }
	default:
		return 0, fmt.Errorf("no engine %q", q.Engine)
	}
	return best(f, q.Rounds), nil
}

// best is the shortest of some calls, in seconds, after one that is not counted.
func best(f func(), rounds int) float64 {
	f()
	least := 0.0
	for i := range max(1, rounds) {
		at := time.Now()
		f()
		if took := time.Since(at).Seconds(); i == 0 || took < least {
			least = took
		}
	}
	return least
}

func random(n int) []float32 {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	x := make([]float32, n)
	for i := range x {
		x[i] = r.Float32() - 0.5
	}
	return x
}
