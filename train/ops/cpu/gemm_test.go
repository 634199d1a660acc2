package cpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

func random(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// randomProduct draws operands whose buffers end exactly at their last number, with gaps between rows.
func randomProduct(r *rand.Rand, m, n, k int, ta, tb bool, alpha, beta float32) product {
	draw := func(rows, cols int, t bool) matrix {
		if t {
			rows, cols = cols, rows
		}
		ld := cols + r.IntN(4)
		return matrix{random(r, (rows-1)*ld+cols), ld, t}
	}
	return product{m: m, n: n, k: k, alpha: alpha, beta: beta, a: draw(m, k, ta), b: draw(k, n, tb), c: draw(m, n, false)}
}

// oracle is p in float64 by gonum.
func oracle(p product) []float64 {
	wide := func(m matrix) []float64 {
		out := make([]float64, len(m.x))
		for i, x := range m.x {
			out[i] = float64(x)
		}
		return out
	}
	trans := func(m matrix) blas.Transpose {
		if m.t {
			return blas.Trans
		}
		return blas.NoTrans
	}
	c := wide(p.c)
	gonum.Implementation{}.Dgemm(trans(p.a), trans(p.b), p.m, p.n, p.k, float64(p.alpha), wide(p.a), p.a.ld, wide(p.b), p.b.ld, float64(p.beta), c, p.c.ld)
	return c
}

// Sizes that end within and beyond a panel, a tile and a block, for every kernel and every way that operands are stored.
func TestProductsAgainstFloat64(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	sizes := [][3]int{{1, 1, 1}, {4, 32, 3}, {12, 32, 4}, {13, 33, 5}, {11, 31, 384}, {25, 65, 385}, {5, 7, 769}, {170, 20, 9}, {2020, 5, 6}, {6, 3080, 5}}
	for _, kern := range append(kernels(), nil) {
		for _, s := range sizes {
			for i := range 4 {
				p := randomProduct(r, s[0], s[1], s[2], i&1 != 0, i&2 != 0, []float32{1, 0.5}[i&1], []float32{0, 1, -0.5}[i%3])
				p.kern = kern
				want, before := oracle(p), slices.Clone(p.c.x)
				p.serial(&space{})
				for at, got := range p.c.x {
					if at%p.c.ld >= p.n {
						if got != before[at] {
							t.Fatalf("%v: wrote between the rows of c", s)
						}
						continue
					}
					if d := math.Abs(float64(got) - want[at]); !(d < 1e-5*math.Sqrt(float64(p.k))+1e-5*math.Abs(want[at])) {
						t.Fatalf("%v ta=%v tb=%v: c[%d] is %g, want %g", s, p.a.t, p.b.t, at, got, want[at])
					}
				}
			}
		}
	}
}

// A product that is shared out has the bits of one that is not, in all its blocks.
func TestSharedOutIsSerial(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 0))
	for _, kern := range append(kernels(), nil) {
		for _, s := range [][3]int{{300, 200, 400}, {2100, 40, 30}, {40, 3200, 30}} {
			a, b, c := random(r, s[0]*s[2]), random(r, s[1]*s[2]), make([]float32, s[0]*s[1])
			p := product{kern: kern, m: s[0], n: s[1], k: s[2], alpha: 1, a: matrix{a, s[2], false}, b: matrix{b, s[2], true}, c: matrix{c, s[1], false}}
			p.serial(&space{})
			for _, workers := range []int{1, 3} {
				o := New(workers)
				o.matmul = kern
				got := make([]float32, len(c))
				o.MatMul(false, true, s[0], s[1], s[2], a, b, 0, got)
				if !slices.Equal(got, c) {
					t.Errorf("%v with %d workers has other bits", s, workers)
				}
			}
		}
	}
}

// Garbage in c is not read when beta is 0.
func TestBetaZeroForgets(t *testing.T) {
	for name, build := range variants() {
		c := []float32{float32(math.NaN()), float32(math.Inf(1)), 0, 0, 0, float32(math.NaN())}
		build(1).MatMul(false, false, 6, 1, 1, []float32{1, 2, 3, 4, 5, 6}, []float32{2}, 0, c)
		if !slices.Equal(c, []float32{2, 4, 6, 8, 10, 12}) {
			t.Errorf("%s: %v", name, c)
		}
	}
}

func TestShapesAreChecked(t *testing.T) {
	f := func(m, n, k, a, b, c int) {
		t.Helper()
		defer func() {
			if recover() == nil {
				t.Errorf("no panic: %d×%d×%d in %d, %d, %d", m, n, k, a, b, c)
			}
		}()
		New(1).MatMul(false, false, m, n, k, make([]float32, a), make([]float32, b), 0, make([]float32, c))
	}
	f(8, 8, 8, 63, 64, 64)
	f(8, 8, 8, 64, 63, 64)
	f(8, 8, 8, 64, 64, 63)
}

func BenchmarkMatMul(b *testing.B) {
	for _, s := range []struct {
		m, n, k int
		ta, tb  bool
	}{{2048, 768, 256, false, true}, {2048, 1376, 256, false, true}, {2048, 16384, 256, false, true}, {16384, 256, 2048, true, false}, {1024, 3072, 768, false, true}, {1024, 1024, 1024, false, false}} {
		b.Run(fmt.Sprintf("%dx%dx%d", s.m, s.n, s.k), func(b *testing.B) {
			o, r := New(0), rand.New(rand.NewPCG(1, 0))
			x, y, z := random(r, s.m*s.k), random(r, s.k*s.n), make([]float32, s.m*s.n)
			for b.Loop() {
				o.MatMul(s.ta, s.tb, s.m, s.n, s.k, x, y, 0, z)
			}
			b.ReportMetric(2*float64(s.m)*float64(s.n)*float64(s.k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GF/s")
		})
	}
}
