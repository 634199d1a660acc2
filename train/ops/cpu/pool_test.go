package cpu

import (
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-83c59573/quern/train/ops"
)

// Every task runs once, with more workers than processors, fewer tasks than workers, and after a rest long enough to fall asleep.
func TestEveryTaskOnce(t *testing.T) {
	for _, workers := range []int{1, 2, 7} {
		p := newPool(workers)
		for n := range 300 {
			seen := make([]atomic.Int32, n)
			p.run(n, &job{}, func(_ *job, _, _ int) {})
			p.j = nil
			j := &job{phase: counter(seen)}
			p.run(n, j, func(j *job, t, w int) { j.phase.phase(t, w) })
			for i := range seen {
				if c := seen[i].Load(); c != 1 {
					t.Fatalf("%d workers, %d tasks: task %d ran %d times", workers, n, i, c)
				}
			}
			if n%50 == 0 {
				time.Sleep(2 * time.Millisecond)
			}
		}
		p.close()
	}
}

type counter []atomic.Int32

func (c counter) phase(t, _ int) { c[t].Add(1) }

// A kernel that is called from within a kernel says so instead of waiting forever.
func TestNestedCallsPanic(t *testing.T) {
	o := New(2)
	x := make([]float32, 1<<20)
	for name, call := range map[string]func(){
		"elements": func() { o.Scale(x, 1) },
		"large":    func() { o.MatMul(false, false, 512, 512, 512, x, x, 0, make([]float32, 512*512)) },
		"small":    func() { o.MatMul(false, false, 20, 20, 20, x, x, 0, make([]float32, 400)) },
	} {
		msg := ""
		o.pool.run(1, &job{}, func(*job, int, int) { msg = panicOf(call) })
		if !strings.Contains(msg, "another") {
			t.Errorf("%s: %q", name, msg)
		}
	}
	o.Scale(x, 1) // and goes on
}

// No product allocates after the first of its size.
func TestProductsDoNotAllocate(t *testing.T) {
	for _, precision := range []Precision{FP32, BF16} {
		if precision == BF16 && len(kernelsBF16()) == 0 {
			continue
		}
		o := NewIn(precision, 2)
		x, c := make([]float32, 200*800), make([]float32, 200*200)
		w := ops.Weight[float32]{T: true, K: 800, N: 200, B: x}
		b := NewBLAS(2)
		for name, f := range map[string]func(){
			"shared":  func() { o.MatMul(false, true, 200, 200, 800, x, x, 0, c) },
			"few":     func() { o.MatMul(false, true, 2, 200, 800, x, x, 0, c) },
			"alone":   func() { o.MatMul(true, false, 20, 30, 40, x, x, 1, c) },
			"weight":  func() { o.Linear(c, x, &w, x[:200], 1) },
			"pack":    func() { o.Pack(&w) },
			"packed":  func() { o.Linear(c, x, &w, nil, 0) },
			"general": func() { b.Sgemm('N', 'T', 200, 200, 800, 1, x, 800, x, 800, 0, c, 200) },
		} {
			f()
			if n := testing.AllocsPerRun(5, f); n != 0 && o.matmul != nil {
				t.Errorf("%s, %s: %v allocations", precision, name, n)
			}
		}
	}
}

// Workers end with their Ops.
func TestWorkersEnd(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 20 {
		New(4).Scale(make([]float32, 1<<16), 2)
	}
	for range 100 {
		if runtime.GC(); runtime.NumGoroutine() <= before+3 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}
