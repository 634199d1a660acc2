package cpu

import "time"

// Peak is what the kernel of products reaches on panels that stay in the first cache, on all workers at once, in FLOP a second: the best
// of some tries in 50 ms. Nothing is packed and nothing is waited for, so no product is faster. It is 0 where there is no kernel of ours.
func (o *Ops) Peak() float64 {
	k := o.matmul
	if k == nil {
		return 0
	}
	const calls = 256
	type room struct{ a, b, c []float32 }
	steps := k.form.steps(kBlock)
	rooms := make([]room, len(o.spaces))
	for i := range rooms {
		rooms[i] = room{make([]float32, k.mr*steps), make([]float32, k.nr*steps), make([]float32, k.mr*k.nr)}
	}
	tasks := 16 * len(rooms)
	flop := float64(tasks) * calls * 2 * float64(k.mr*k.nr) * kBlock
	best := 0.0
	for start := time.Now(); time.Since(start) < 50*time.Millisecond || best == 0; {
		at := time.Now()
		o.pool.run(tasks, &o.j, func(_ *job, _, worker int) {
			r := &rooms[worker]
			for range calls {
				k.mul(steps, &r.a[0], &r.b[0], &r.c[0], k.nr, nil, 1, addC)
			}
		})
		best = max(best, flop/time.Since(at).Seconds())
	}
	return best
}
