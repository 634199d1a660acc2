package gemm

import (
	"runtime"
	"sync"
)

// Engine multiplies with a fixed number of workers. Several goroutines may call it; calls wait for each other. What runs inside a
// call of Each must not call it again: that is what Serial is for.
type Engine struct {
	mu    sync.Mutex
	pool  *pool
	p     product
	batch batch
}

// New makes an engine with a number of workers, the caller being one; 0 = one for each processor. Workers end when the engine is
// garbage.
func New(workers int) *Engine { return newEngine(workers, best()) }

// best is the fastest kernel for this processor, or nil.
func best() *kernel {
	if ks := kernels(); len(ks) > 0 {
		return ks[0]
	}
	return nil
}

func newEngine(workers int, k *kernel) *Engine {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	e := &Engine{pool: newPool(workers)}
	e.p.k, e.p.workers = k, workers
	runtime.AddCleanup(e, (*pool).close, e.pool)
	return e
}

// Workers is how many goroutines work at most.
func (e *Engine) Workers() int { return e.pool.n }

// Kernel names what multiplies: "avx512", "avx2" or "gonum".
func (e *Engine) Kernel() string {
	if e.p.k == nil {
		return "gonum"
	}
	return e.p.k.name
}

// Sgemm is c = alpha·op(a)·op(b) + beta·c with op(a) m×k, op(b) k×n. With ta, a is stored k×m, with tb, b is stored n×k; lda, ldb and
// ldc are the lengths of stored rows. c is not read if beta is 0. It panics on buffers that do not fit.
func (e *Engine) Sgemm(ta, tb bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.p.set(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
		return
	}
	switch {
	case e.pool.n == 1 || float64(m)*float64(n)*float64(k) < 1<<21: // 25 µs: waking the others costs more than they bring
		e.p.serial()
	case e.p.direct():
		e.each(e.p.gonumTiles(), &e.p)
	default:
		e.p.prepare(2)
		e.pool.run(&e.p, e.pool.n-1)
	}
	e.p.forget()
}

// Serial multiplies on the caller's goroutine, with scratch memory of its own: one for each goroutine that multiplies at the same
// time as others. The zero value is ready for use. Results have the bits of Engine's.
type Serial struct {
	p     product
	ready bool
}

// Sgemm is Engine.Sgemm.
func (s *Serial) Sgemm(ta, tb bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	if !s.ready {
		s.p.k, s.p.workers, s.ready = best(), 1, true
	}
	if s.p.set(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
		s.p.serial()
		s.p.forget()
	}
}

// Tasks is work in numbered parts that may be done at the same time, in any order.
type Tasks interface{ Do(task, worker int) }

// Each does the tasks 0 to n-1, each once, and returns when all are done. worker is less than Workers, and no two tasks have the same
// one at the same time.
func (e *Engine) Each(n int, t Tasks) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.each(n, t)
}

func (e *Engine) each(n int, t Tasks) {
	if n == 1 || e.pool.n == 1 {
		for i := range n {
			t.Do(i, 0)
		}
		return
	}
	e.batch.n, e.batch.tasks = n, t
	e.batch.phase.reset()
	e.pool.run(&e.batch, n-1)
	e.batch.tasks = nil
}

// batch is a call of Each as a job.
type batch struct {
	phase phase
	n     int
	tasks Tasks
}

func (b *batch) run(worker int) {
	b.phase.each(b.n, func(t int) { b.tasks.Do(t, worker) })
}
