package cpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/blas/gonum"
	"gonum.org/v1/gonum/mat"
)

func doubles(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// BLAS against gonum's own, over odd shapes, strides and transposes.
func TestBLASAgainstGonum(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 0))
	b, own := NewBLAS(2), gonum.Implementation{}
	kinds := []blas.Transpose{blas.NoTrans, blas.Trans, blas.ConjTrans}
	for i := range 60 {
		m, n, k := 1+r.IntN(90), 1+r.IntN(120), 1+r.IntN(500)
		tA, tB := kinds[i%3], kinds[i/3%3]
		alpha, beta := []float32{1, -0.7, 0}[r.IntN(3)], []float32{0, 1, 0.3}[r.IntN(3)]
		p := randomProduct(r, m, n, k, tA != blas.NoTrans, tB != blas.NoTrans, alpha, beta)
		da, db, dc := doubles(p.a.x), doubles(p.b.x), doubles(p.c.x)
		want := doubles(p.c.x)
		if beta == 0 {
			for y := range m {
				for x := range n {
					p.c.x[y*p.c.ld+x], dc[y*p.c.ld+x] = float32(math.NaN()), math.NaN()
				}
			}
		}
		own.Dgemm(tA, tB, m, n, k, float64(alpha), da, p.a.ld, db, p.b.ld, float64(beta), want, p.c.ld)
		b.Dgemm(tA, tB, m, n, k, float64(alpha), da, p.a.ld, db, p.b.ld, float64(beta), dc, p.c.ld)
		b.Sgemm(tA, tB, m, n, k, alpha, p.a.x, p.a.ld, p.b.x, p.b.ld, beta, p.c.x, p.c.ld)
		for at, w := range want {
			if !(math.Abs(dc[at]-w) < 1e-12*float64(k)) || !(math.Abs(float64(p.c.x[at])-w) < 1e-4) {
				t.Fatalf("%d×%d×%d %c%c alpha=%v beta=%v: [%d] is %g and %g, want %g", m, n, k, tA, tB, alpha, beta, at, dc[at], p.c.x[at], w)
			}
		}
	}
}

// The kernels for float64 agree with each other to the bit, shared out or not.
func TestDoubleKernelsAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 0))
	for _, s := range [][3]int{{33, 50, 400}, {200, 130, 77}, {2100, 30, 5}} {
		for i := range 4 {
			f := randomProduct(r, s[0], s[1], s[2], i&1 != 0, i&2 != 0, 0.5, 1)
			type matrix = matrixOf[float64]
			var want []float64
			for _, k := range kernelsDouble() {
				for _, workers := range []int{0, 1, 3} {
					p := productOf[float64]{k, f.m, f.n, f.k, 0.5, 1, matrix{doubles(f.a.x), f.a.ld, f.a.t}, matrix{doubles(f.b.x), f.b.ld, f.b.t}, matrix{doubles(f.c.x), f.c.ld, false}}
					if workers == 0 {
						p.serial(&spaceOf[float64]{})
					} else {
						pool := newPool(workers)
						(&shared[float64]{productOf: p}).compute(pool, &job{})
						pool.close()
					}
					if want == nil {
						want = p.c.x
					}
					for at, w := range want {
						if p.c.x[at] != w {
							t.Fatalf("%s, %d workers: %v differs at %d", k.name, workers, s, at)
						}
					}
				}
			}
		}
	}
}

func panicOf(f func()) (msg string) {
	defer func() { msg = fmt.Sprint(recover()) }()
	f()
	return "none"
}

// What gonum's refuses is refused in its words.
func TestBLASPanicsAsGonum(t *testing.T) {
	type call struct {
		tA, tB        blas.Transpose
		m, n, k       int
		la, lb, lc    int
		lda, ldb, ldc int
	}
	good := call{blas.NoTrans, blas.NoTrans, 40, 40, 40, 1600, 1600, 1600, 40, 40, 40}
	for i, change := range []func(*call){
		func(c *call) {},
		func(c *call) { c.tA = 'x' },
		func(c *call) { c.tB = 'x' },
		func(c *call) { c.m = -1 },
		func(c *call) { c.n = -1 },
		func(c *call) { c.k = -1 },
		func(c *call) { c.lda = 39 },
		func(c *call) { c.ldb = 39 },
		func(c *call) { c.ldc = 39 },
		func(c *call) { c.la-- },
		func(c *call) { c.lb-- },
		func(c *call) { c.lc-- },
		func(c *call) { c.m = 0 },
		func(c *call) { c.k = 0 },
	} {
		c := good
		change(&c)
		f := func(g blas.Float64Level3, s blas.Float32Level3) string {
			return panicOf(func() {
				g.Dgemm(c.tA, c.tB, c.m, c.n, c.k, 1, make([]float64, c.la), c.lda, make([]float64, c.lb), c.ldb, 0, make([]float64, c.lc), c.ldc)
			}) + panicOf(func() {
				s.Sgemm(c.tA, c.tB, c.m, c.n, c.k, 1, make([]float32, c.la), c.lda, make([]float32, c.lb), c.ldb, 0, make([]float32, c.lc), c.ldc)
			})
		}
		if got, want := f(NewBLAS(1), NewBLAS(1)), f(gonum.Implementation{}, gonum.Implementation{}); got != want {
			t.Errorf("case %d: %q, gonum says %q", i, got, want)
		}
	}
}

// Matrices of gonum are multiplied by many goroutines at once, and always with the same bits.
func TestUse(t *testing.T) {
	Use(2)
	defer blas64.Use(gonum.Implementation{})
	const n = 150
	x := mat.NewDense(n, n, doubles(random(rand.New(rand.NewPCG(9, 0)), n*n)))
	var want mat.Dense
	want.Mul(x, x.T())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				var got mat.Dense
				got.Mul(x, x.T())
				if !mat.Equal(&got, &want) {
					t.Error("other bits in company")
				}
			}
		})
	}
	wg.Wait()
}
