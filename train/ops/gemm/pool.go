package gemm

import (
	"runtime"
	"sync/atomic"
)

// job is work that several workers do together. A worker that arrives late, or never, does no harm: run returns when nothing is left
// to take.
type job interface{ run(worker int) }

// pool is a fixed set of goroutines that wait a short while for the next job in a loop and then sleep. The caller is worker 0. A pool
// knows no engine, so that an engine without a user can be collected and its pool closed.
type pool struct {
	n       int
	job     job
	inside  atomic.Int32  // workers in the job; -1 = no job is open
	posted  atomic.Uint32 // jobs so far
	closed  atomic.Bool
	workers []sleeper
}

// sleeper is a worker's bed.
type sleeper struct {
	asleep atomic.Bool
	wake   chan struct{}
	_      [48]byte // a cache line each
}

const (
	idleTurns = 1000 // of pause, about 50 µs, before a worker goes to sleep
	waitTurns = 200  // before one that waits for the others lets the scheduler run
)

func newPool(n int) *pool {
	p := &pool{n: n, workers: make([]sleeper, n)}
	p.inside.Store(-1)
	for i := 1; i < n; i++ {
		p.workers[i].wake = make(chan struct{}, 1)
		go p.work(i)
	}
	return p
}

// close ends the workers.
func (p *pool) close() {
	p.closed.Store(true)
	p.post(p.n - 1)
}

func (p *pool) work(id int) {
	for seen := uint32(0); ; {
		p.await(id, seen)
		seen = p.posted.Load()
		if p.closed.Load() {
			return
		}
		for {
			n := p.inside.Load()
			if n < 0 {
				break
			}
			if p.inside.CompareAndSwap(n, n+1) {
				p.job.run(id)
				p.inside.Add(-1)
				break
			}
		}
	}
}

// await returns when a job after number seen was posted.
func (p *pool) await(id int, seen uint32) {
	s := &p.workers[id]
	for i := 0; p.posted.Load() == seen; i++ {
		if i < idleTurns {
			pause()
			continue
		}
		s.asleep.Store(true)
		// A post after this store sees it and wakes; a post before it is seen here, unless it wakes all the same.
		if p.posted.Load() == seen || !s.asleep.CompareAndSwap(true, false) {
			<-s.wake
		}
		i = 0
	}
}

// post announces a job to those who look and wakes sleepers until helpers are up.
func (p *pool) post(helpers int) {
	p.posted.Add(1)
	for i := 1; i <= min(helpers, p.n-1); i++ {
		if s := &p.workers[i]; s.asleep.CompareAndSwap(true, false) {
			s.wake <- struct{}{}
		}
	}
}

// run does a job with up to the given number of helpers. It returns when the job is finished and no worker is inside.
func (p *pool) run(j job, helpers int) {
	if helpers <= 0 || p.n == 1 {
		j.run(0)
		return
	}
	p.job = j
	p.inside.Store(0)
	p.post(helpers)
	j.run(0)
	for i := 0; !p.inside.CompareAndSwap(0, -1); i++ {
		relax(i)
	}
	p.job = nil
}

// relax is turn i of waiting for other workers.
func relax(i int) {
	if i < waitTurns {
		pause()
	} else {
		runtime.Gosched()
	}
}

// phase is a set of numbered tasks; it is over when all are done, whoever did them.
type phase struct {
	next, done atomic.Int32
	_          [56]byte
}

func (p *phase) reset() { p.next.Store(0); p.done.Store(0) }

// each takes tasks 0 to total-1 until none is left, then waits for those that others took.
func (p *phase) each(total int, do func(task int)) {
	for {
		t := int(p.next.Add(1)) - 1
		if t >= total {
			break
		}
		do(t)
		p.done.Add(1)
	}
	for i := 0; int(p.done.Load()) < total; i++ {
		relax(i)
	}
}
