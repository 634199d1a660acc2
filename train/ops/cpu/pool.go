package cpu

import (
	"runtime"
	"sync/atomic"
)

// pool is a fixed set of goroutines. The caller is worker 0; the others spin for a short while after a job, since the next one mostly
// follows at once, and then sleep. What is counted is tasks, not workers: one that wakes late finds nothing to do and holds up nobody.
type pool struct {
	n     int
	spins int // before a worker sleeps

	running atomic.Bool
	jobs    atomic.Uint32 // posted so far
	inside  atomic.Int32  // workers that read the fields below; closed = no job
	next    atomic.Int64
	done    atomic.Int64
	quit    atomic.Bool
	sleep   []sleeper

	j     *job
	tasks int
	body  func(j *job, task, worker int)
}

// sleeper wakes one worker.
type sleeper struct {
	asleep atomic.Bool
	wake   chan struct{}
	_      [48]byte // its own cache line
}

const (
	closed     = -1
	idleSpins  = 1000 // of about 50 ns
	waitSpins  = 200
	errRunning = "cpu: a kernel was called while another one of the same Ops ran: one goroutine at a time may call it, and none from within a kernel"
)

func newPool(n int) *pool {
	p := &pool{n: n, sleep: make([]sleeper, n)}
	if n <= runtime.GOMAXPROCS(0) { // otherwise a worker that spins keeps another from working
		p.spins = idleSpins
	}
	p.inside.Store(closed)
	for w := 1; w < n; w++ {
		p.sleep[w].wake = make(chan struct{}, 1)
		go p.worker(w)
	}
	return p
}

func (p *pool) worker(w int) {
	s := &p.sleep[w]
	for seen := uint32(0); ; {
		for i := 0; p.jobs.Load() == seen; i++ {
			if i < p.spins {
				pause(1)
				continue
			}
			s.asleep.Store(true)
			// A job posted after this store finds the worker asleep and wakes it; one posted before is seen here.
			if p.jobs.Load() == seen || !s.asleep.CompareAndSwap(true, false) {
				<-s.wake
			}
			i = 0
		}
		seen = p.jobs.Load()
		if p.quit.Load() {
			return
		}
		for {
			n := p.inside.Load()
			if n == closed {
				break
			}
			if p.inside.CompareAndSwap(n, n+1) {
				p.take(w)
				p.inside.Add(-1)
				break
			}
		}
	}
}

func (p *pool) take(w int) {
	for {
		t := int(p.next.Add(1)) - 1
		if t >= p.tasks {
			return
		}
		p.body(p.j, t, w)
		p.done.Add(1)
	}
}

// run calls body for the tasks 0 to n-1, each once, and returns when all are done. The number of tasks must follow from the problem
// alone, and tasks must write to different places: then the number of workers changes no bit. body must not capture anything, so
// that a call allocates nothing: all that it needs is in j.
func (p *pool) run(n int, j *job, body func(j *job, task, worker int)) {
	if !p.running.CompareAndSwap(false, true) {
		panic(errRunning)
	}
	p.j, p.tasks, p.body = j, n, body
	p.next.Store(0)
	p.done.Store(0)
	if helpers := min(p.n, n) - 1; helpers > 0 {
		p.inside.Store(0)
		p.post(helpers)
	}
	p.take(0)
	for i := 0; int(p.done.Load()) < n; i++ {
		relax(i)
	}
	for i := 0; p.inside.Load() != closed && !p.inside.CompareAndSwap(0, closed); i++ {
		relax(i)
	}
	p.j, p.body = nil, nil
	p.running.Store(false)
}

// post wakes up to so many of those that sleep; those that spin come by themselves.
func (p *pool) post(most int) {
	p.jobs.Add(1)
	for w := 1; w < p.n && most > 0; w++ {
		if s := &p.sleep[w]; s.asleep.CompareAndSwap(true, false) {
			s.wake <- struct{}{}
		}
		most--
	}
}

// relax waits a little, the longer it has waited already the more.
func relax(i int) {
	if i < waitSpins {
		pause(1)
	} else {
		runtime.Gosched()
	}
}

// close ends the goroutines.
func (p *pool) close() {
	p.quit.Store(true)
	p.post(p.n)
}
