package cpu

import (
	"sync"
	"sync/atomic"
)

// pool is a fixed set of goroutines. The caller is worker 0; the others sleep between jobs.
type pool struct {
	n    int
	wake chan struct{}
	done sync.WaitGroup
	next atomic.Int64

	j     *job
	tasks int
	body  func(j *job, task, worker int)
}

func newPool(n int) *pool {
	p := &pool{n: n, wake: make(chan struct{})}
	for w := 1; w < n; w++ {
		go p.worker(w)
	}
	return p
}

func (p *pool) worker(w int) {
	for range p.wake {
		p.take(w)
		p.done.Done()
	}
}

func (p *pool) take(w int) {
	for {
		t := int(p.next.Add(1)) - 1
		if t >= p.tasks {
			return
		}
		p.body(p.j, t, w)
	}
}

// run calls body for the tasks 0 to n-1, each once, and returns when all are done. The number of tasks must follow from the problem
// alone, and tasks must write to different places: then the number of workers changes no bit. body must not capture anything, so
// that a call allocates nothing: all that it needs is in j.
func (p *pool) run(n int, j *job, body func(j *job, task, worker int)) {
	p.j, p.tasks, p.body = j, n, body
	p.next.Store(0)
	helpers := min(p.n, n) - 1
	if helpers > 0 {
		p.done.Add(helpers)
		for range helpers {
			p.wake <- struct{}{}
		}
	}
	p.take(0)
	p.done.Wait()
	p.j, p.body = nil, nil
}

// close ends the goroutines.
func (p *pool) close() { close(p.wake) }
