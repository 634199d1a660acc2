package gemm

import (
	"math"
	"math/rand/v2"
	"testing"
)

// problem is one random product. Buffers end where their last number does.
type problem struct {
	ta, tb        bool
	m, n, k       int
	lda, ldb, ldc int
	alpha, beta   float32
	a, b, c       []float32
}

func random(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

func newProblem(r *rand.Rand, m, n, k int, ta, tb bool) *problem {
	p := &problem{ta: ta, tb: tb, m: m, n: n, k: k, ldc: n + r.IntN(4)}
	ar, ac, br, bc := m, k, k, n
	if ta {
		ar, ac = k, m
	}
	if tb {
		br, bc = n, k
	}
	p.lda, p.ldb = ac+r.IntN(4), bc+r.IntN(4)
	p.a, p.b, p.c = random(r, (ar-1)*p.lda+ac), random(r, (br-1)*p.ldb+bc), random(r, (m-1)*p.ldc+n)
	p.alpha = []float32{1, -1, 0.37, 1}[r.IntN(4)]
	p.beta = []float32{0, 1, -0.6, 0}[r.IntN(4)]
	for i := range p.c {
		if p.beta == 0 && i%p.ldc < n {
			p.c[i] = float32(math.NaN()) // must not be read
		}
	}
	return p
}

// multiplier is what Engine and Serial have in common.
type multiplier interface {
	Sgemm(ta, tb bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int)
}

func (p *problem) by(x multiplier) []float32 {
	c := append([]float32(nil), p.c...)
	x.Sgemm(p.ta, p.tb, p.m, p.n, p.k, p.alpha, p.a, p.lda, p.b, p.ldb, p.beta, c, p.ldc)
	return c
}

// check compares c with a sum in float64 and insists that the gaps between rows are untouched.
func (p *problem) check(t *testing.T, c []float32) {
	t.Helper()
	eps := float64(p.k+8) / (1 << 24)
	for i := range p.m {
		for j := range p.n {
			var s, size float64
			for k := range p.k {
				x, y := i*p.lda+k, k*p.ldb+j
				if p.ta {
					x = k*p.lda + i
				}
				if p.tb {
					y = j*p.ldb + k
				}
				v := float64(p.a[x]) * float64(p.b[y])
				s += v
				size += math.Abs(v)
			}
			s *= float64(p.alpha)
			size *= math.Abs(float64(p.alpha))
			if p.beta != 0 {
				old := float64(p.beta) * float64(p.c[i*p.ldc+j])
				s += old
				size += math.Abs(old)
			}
			if got := float64(c[i*p.ldc+j]); !(math.Abs(got-s) <= eps*size+1e-30) {
				t.Fatalf("%d×%d×%d ta=%v tb=%v alpha=%v beta=%v: c[%d,%d] is %v, want %v", p.m, p.n, p.k, p.ta, p.tb, p.alpha, p.beta, i, j, got, s)
			}
		}
		for j := p.n; j < p.ldc && i < p.m-1; j++ {
			if c[i*p.ldc+j] != p.c[i*p.ldc+j] {
				t.Fatalf("%d×%d×%d: number %d after row %d was written", p.m, p.n, p.k, j-p.n, i)
			}
		}
	}
}

func same(a, b []float32) bool {
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return false
		}
	}
	return len(a) == len(b)
}

// shapes are corners and then random sizes.
func shapes(r *rand.Rand, count int) [][3]int {
	s := [][3]int{
		{1, 1, 1}, {12, 32, 4}, {13, 33, 5}, {6, 16, 1}, {5, 15, 3}, {170, 97, 385}, {1, 200, 771}, {3, 70, 50}, {200, 1, 3},
		{2050, 35, 7}, {29, 3100, 9}, {31, 31, 31}, {33, 33, 33}, {64, 64, 384}, {64, 64, 769},
	}
	for len(s) < count {
		s = append(s, [3]int{1 + r.IntN(260), 1 + r.IntN(260), 1 + r.IntN(800)})
	}
	return s
}

// every calls f for each shape and each way to store the operands.
func every(r *rand.Rand, shapes [][3]int, f func(p *problem)) {
	for _, s := range shapes {
		for way := range 4 {
			f(newProblem(r, s[0], s[1], s[2], way&1 != 0, way&2 != 0))
		}
	}
}

// engines are one for each kernel of this processor, and one for gonum.
func engines(workers int) []*Engine {
	var es []*Engine
	for _, k := range kernels() {
		es = append(es, newEngine(workers, k))
	}
	return append(es, newEngine(workers, nil))
}

func TestEveryKernelAgainstFloat64(t *testing.T) {
	for _, e := range engines(2) {
		t.Run(e.Kernel(), func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			every(r, shapes(r, 22), func(p *problem) { p.check(t, p.by(e)) })
		})
	}
}

func TestSameBitsForAnyWorkersAndVectors(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var all []*Engine
	for _, workers := range []int{1, 2, 7} {
		all = append(all, engines(workers)...)
	}
	list := append(shapes(r, 18), [3]int{256, 256, 64}, [3]int{511, 769, 400}, [3]int{200, 3300, 200}, [3]int{2100, 64, 770})
	every(r, list, func(p *problem) {
		want := map[bool][]float32{}
		for _, e := range all {
			gonum := e.p.k == nil
			c := p.by(e)
			if want[gonum] == nil {
				want[gonum] = c
			} else if !same(want[gonum], c) {
				t.Fatalf("%d×%d×%d ta=%v tb=%v: %s with %d workers has other bits", p.m, p.n, p.k, p.ta, p.tb, e.Kernel(), e.Workers())
			}
		}
		if c := p.by(new(Serial)); !same(want[best() == nil], c) {
			t.Fatalf("%d×%d×%d ta=%v tb=%v: Serial has other bits", p.m, p.n, p.k, p.ta, p.tb)
		}
	})
}
