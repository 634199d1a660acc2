package gemm

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/gonum"
)

func TestGeneratedFilesAreCurrent(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("go", "run", "gen/main.go", "-dir", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, name := range []string{"kern_amd64.s", "stubs_amd64.go"} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if want, err := os.ReadFile(name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what gen/main.go writes (%v): run go generate", name, err)
		}
	}
}

func TestBuildsWithoutAssembly(t *testing.T) {
	for _, how := range [][]string{{"-tags", "noasm"}, {}} {
		cmd := exec.Command("go", append(append([]string{"build"}, how...), "-o", os.DevNull, ".")...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if len(how) == 0 {
			cmd.Env = append(cmd.Env, "GOARCH=arm64")
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %v: %s", how, err, out)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	f := func(name string, p *problem, x multiplier) {
		t.Helper()
		c := append([]float32(nil), p.c...)
		n := testing.AllocsPerRun(10, func() {
			x.Sgemm(p.ta, p.tb, p.m, p.n, p.k, p.alpha, p.a, p.lda, p.b, p.ldb, p.beta, c, p.ldc)
		})
		if n != 0 {
			t.Errorf("%s: %v allocations a call", name, n)
		}
	}
	r := rand.New(rand.NewPCG(13, 14))
	for _, s := range [][3]int{{300, 300, 300}, {5, 5, 5}, {1, 900, 900}} {
		p := newProblem(r, s[0], s[1], s[2], false, true)
		for _, e := range engines(2) {
			f(e.Kernel(), p, e)
		}
		f("serial", p, new(Serial))
	}
}

// heads is work as attention has it: each task multiplies with the Serial of its worker.
type heads struct {
	p    *problem
	s    []Serial
	out  [][]float32
	done atomic.Int64
}

func (h *heads) Do(task, worker int) {
	h.out[task] = h.p.by(&h.s[worker])
	h.done.Add(1)
}

func TestSerialInsideTasks(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	for _, workers := range []int{1, 2, 7} {
		e := New(workers)
		h := &heads{p: newProblem(r, 65, 40, 129, false, true), s: make([]Serial, e.Workers()), out: make([][]float32, 50)}
		e.Each(len(h.out), h)
		if h.done.Load() != 50 {
			t.Fatalf("%d workers: %d tasks of 50 were done", workers, h.done.Load())
		}
		want := h.p.by(e)
		for i, c := range h.out {
			if !same(want, c) {
				t.Fatalf("%d workers: task %d has other bits", workers, i)
			}
		}
		h.p.check(t, want)
	}
}

func TestSeveralCallersOfOneEngine(t *testing.T) {
	e := New(2)
	p := newProblem(rand.New(rand.NewPCG(17, 18)), 150, 90, 200, true, false)
	want := p.by(e)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 5 {
				if !same(want, p.by(e)) {
					t.Error("a call among others has other bits")
				}
			}
		})
	}
	wg.Wait()
}

func TestNothingToMultiply(t *testing.T) {
	f := func(m, n, k int, alpha, beta float32, want ...float32) {
		t.Helper()
		for _, x := range []multiplier{New(1), new(Serial)} {
			c := []float32{1, 2, float32(math.Inf(1)), 3}
			x.Sgemm(false, false, m, n, k, alpha, make([]float32, 8), 4, make([]float32, 8), 2, beta, c, 2)
			if !same(c, want) {
				t.Errorf("m=%d n=%d k=%d alpha=%v beta=%v: %v, want %v", m, n, k, alpha, beta, c, want)
			}
		}
	}
	inf := float32(math.Inf(1))
	f(0, 2, 2, 1, 0, 1, 2, inf, 3)
	f(2, 0, 2, 1, 0, 1, 2, inf, 3)
	f(2, 2, 0, 1, 0, 0, 0, 0, 0)
	f(2, 2, 0, 1, 2, 2, 4, inf, 6)
	f(2, 2, 4, 0, 1, 1, 2, inf, 3)
	f(2, 1, 4, 0, 0, 0, 2, 0, 3)
}

func TestBuffersThatDoNotFitPanic(t *testing.T) {
	f := func(want string, m, n, k, lena, lda, lenb, ldb, lenc, ldc int) {
		t.Helper()
		defer func() {
			t.Helper()
			if got := fmt.Sprint(recover()); got != want {
				t.Errorf("panic %q, want %q", got, want)
			}
		}()
		New(1).Sgemm(false, true, m, n, k, 1, make([]float32, lena), lda, make([]float32, lenb), ldb, 0, make([]float32, lenc), ldc)
	}
	f("gemm: a size is negative", -1, 2, 3, 9, 3, 9, 3, 9, 3)
	f("gemm: a does not fit", 2, 2, 3, 5, 3, 6, 3, 4, 2)
	f("gemm: a does not fit", 2, 2, 3, 6, 2, 6, 3, 4, 2)
	f("gemm: b does not fit", 2, 2, 3, 6, 3, 5, 3, 4, 2)
	f("gemm: c does not fit", 2, 2, 3, 6, 3, 6, 3, 3, 2)
	f("gemm: c does not fit", 2, 2, 3, 6, 3, 6, 3, 4, 1)
	f("<nil>", 2, 2, 3, 6, 3, 6, 3, 4, 2)
}

func TestNaNIsNotSkipped(t *testing.T) {
	if best() == nil {
		t.Skip("gonum skips zeros")
	}
	a, b, c := make([]float32, 40*40), make([]float32, 40*40), make([]float32, 40*40)
	b[7] = float32(math.NaN())
	New(1).Sgemm(false, false, 40, 40, 40, 1, a, 40, b, 40, 0, c, 40)
	if x := c[3*40+7]; x == x {
		t.Errorf("zero times NaN is %v", x)
	}
}

func TestBehindBlas32(t *testing.T) {
	blas32.Use(BLAS{Engine: New(2)})
	defer blas32.Use(gonum.Implementation{})
	r := rand.New(rand.NewPCG(11, 12))
	a := blas32.General{Rows: 70, Cols: 50, Stride: 50, Data: random(r, 3500)}
	b := blas32.General{Rows: 90, Cols: 50, Stride: 50, Data: random(r, 4500)}
	c := blas32.General{Rows: 70, Cols: 90, Stride: 90, Data: random(r, 6300)}
	p := &problem{tb: true, m: 70, n: 90, k: 50, lda: 50, ldb: 50, ldc: 90, alpha: 2, beta: 0.5, a: a.Data, b: b.Data, c: append([]float32(nil), c.Data...)}
	blas32.Gemm(blas.NoTrans, blas.Trans, 2, a, b, 0.5, c)
	p.check(t, c.Data)
	words := func(x blas.Float32) (s string) {
		defer func() { s = fmt.Sprint(recover()) }()
		x.Sgemm(blas.NoTrans, blas.Trans, 70, 90, 50, 1, a.Data, 49, b.Data, 50, 0, c.Data, 90)
		return
	}
	if got, want := words(BLAS{Engine: New(1)}), words(gonum.Implementation{}); got != want || want == "<nil>" {
		t.Errorf("it panics with %q, gonum with %q", got, want)
	}
}

func ExampleEngine_Sgemm() {
	a := []float32{1, 2, 3, 4} // 2×2
	b := []float32{1, 1, 0, 1} // stored 2×2, used transposed
	c := make([]float32, 4)
	New(0).Sgemm(false, true, 2, 2, 2, 1, a, 2, b, 2, 0, c, 2)
	fmt.Println(c)
	// Output: [3 2 7 4]
}
