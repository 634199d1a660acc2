package law

import (
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// minimize follows the central path of a logarithmic barrier to the optimum: Newton's method under the sum of 1, with ever smaller
// barriers at floors and caps (Boyd and Vandenberghe, "Convex Optimization", chapter 11).
func (o *objective) minimize(floors, caps []float64) ([]float64, error) {
	r := slices.Clone(floors)
	room, width := 1.0, 0.0
	var free []int // domains with room between floor and cap
	for j := range r {
		room -= floors[j]
		if caps[j]-floors[j] > 1e-12 {
			free = append(free, j)
			width += caps[j] - floors[j]
		}
	}
	if room <= 1e-12 || len(free) == 0 {
		return r, nil // the floors are the only mixture
	}
	for _, j := range free {
		r[j] += (caps[j] - floors[j]) * min(1, room/width)
	}
	if room >= width-1e-12 || len(free) == 1 {
		return r, nil // the caps are
	}
	b := newBarrier(o, free, floors, caps)
	scale := 0.0
	b.o.slopes(r, b.g, nil)
	for _, j := range free {
		scale = max(scale, math.Abs(b.g[j]))
	}
	if scale == 0 {
		scale = 1
	}
	for mu := scale; ; mu *= 0.2 {
		if err := b.center(r, mu); err != nil {
			return nil, err
		}
		if mu < 1e-14*scale {
			return r, nil
		}
	}
}

// barrier is the problem among the free domains.
type barrier struct {
	o            *objective
	free         []int
	floors, caps []float64
	g            []float64
	h            *mat.SymDense
	step, next   []float64
}

func newBarrier(o *objective, free []int, floors, caps []float64) *barrier {
	d := len(floors)
	return &barrier{o: o, free: free, floors: floors, caps: caps, g: make([]float64, d), h: mat.NewSymDense(d, nil), step: make([]float64, d),
		next: make([]float64, d)}
}

func (b *barrier) value(r []float64, mu float64) float64 {
	v := b.o.total(r)
	for _, j := range b.free {
		low, high := r[j]-b.floors[j], b.caps[j]-r[j]
		if low <= 0 || high <= 0 {
			return math.Inf(1)
		}
		v -= mu * (math.Log(low) + math.Log(high))
	}
	return v
}

// center walks to the minimum with a barrier of size mu.
func (b *barrier) center(r []float64, mu float64) error {
	for range 100 {
		decrement, err := b.direction(r, mu)
		if err != nil {
			return err
		}
		if decrement < 1e-12*mu {
			return nil
		}
		t := 1.0
		for _, j := range b.free { // stay inside
			if s := b.step[j]; s < 0 {
				t = min(t, -0.99*(r[j]-b.floors[j])/s)
			} else if s > 0 {
				t = min(t, 0.99*(b.caps[j]-r[j])/s)
			}
		}
		here := b.value(r, mu)
		for {
			copy(b.next, r)
			for _, j := range b.free {
				b.next[j] = r[j] + t*b.step[j]
			}
			b.settle(b.next)
			if b.value(b.next, mu) <= here-0.1*t*decrement {
				break
			}
			if t *= 0.5; t < 1e-10 {
				return nil // no further within the precision of float64
			}
		}
		copy(r, b.next)
	}
	return nil
}

// settle gives what rounding took from the sum of 1 to the domain with the most room on both sides.
func (b *barrier) settle(r []float64) {
	sum, most, at := 0.0, -1.0, b.free[0]
	for _, v := range r {
		sum += v
	}
	for _, j := range b.free {
		if room := min(r[j]-b.floors[j], b.caps[j]-r[j]); room > most {
			most, at = room, j
		}
	}
	r[at] += 1 - sum
}

// direction sets step to Newton's, which keeps the sum, and gives how much it promises.
func (b *barrier) direction(r []float64, mu float64) (float64, error) {
	b.o.slopes(r, b.g, b.h)
	n := len(b.free)
	h := mat.NewSymDense(n, nil)
	g, ones := mat.NewVecDense(n, nil), mat.NewVecDense(n, nil)
	for x, j := range b.free {
		low, high := r[j]-b.floors[j], b.caps[j]-r[j]
		for y := x; y < n; y++ {
			h.SetSym(x, y, b.h.At(j, b.free[y]))
		}
		h.SetSym(x, x, h.At(x, x)+mu/(low*low)+mu/(high*high))
		g.SetVec(x, b.g[j]-mu/low+mu/high)
		ones.SetVec(x, 1)
	}
	// Scaled to a unit diagonal: barriers of domains near and far from their bounds differ by many orders.
	scale := make([]float64, n)
	for x := range n {
		scale[x] = 1 / math.Sqrt(h.At(x, x))
	}
	for x := range n {
		for y := x; y < n; y++ {
			h.SetSym(x, y, h.At(x, y)*scale[x]*scale[y])
		}
		g.SetVec(x, g.AtVec(x)*scale[x])
		ones.SetVec(x, scale[x])
	}
	var chol mat.Cholesky
	if !chol.Factorize(h) {
		return 0, errors.New("the search for the best mixture met numbers beyond float64: scale the metrics")
	}
	u, v := mat.NewVecDense(n, nil), mat.NewVecDense(n, nil)
	_, _ = chol.SolveVecTo(u, g), chol.SolveVecTo(v, ones) // a poor condition costs precision, which the residual shows
	nu := mat.Dot(ones, u) / mat.Dot(ones, v)
	decrement := 0.0
	for x, j := range b.free {
		b.step[j] = -(u.AtVec(x) - nu*v.AtVec(x)) * scale[x]
		decrement -= b.step[j] * g.AtVec(x) / scale[x]
	}
	return decrement, nil
}

// residual is the size of the step from r against the gradient and back into the bounds: the independent check of an optimum.
func (o *objective) residual(r, floors, caps []float64) float64 {
	g := make([]float64, len(r))
	inside := slices.Clone(r)
	for j := range inside {
		inside[j] = max(inside[j], 1e-300) // the penalty's slope at 0 has no number
	}
	o.slopes(inside, g, nil)
	to := make([]float64, len(r))
	for j := range r {
		to[j] = r[j]
		if floors[j] < caps[j] {
			to[j] -= g[j]
		}
	}
	project(to, floors, caps)
	most := 0.0
	for j := range r {
		most = max(most, math.Abs(to[j]-r[j]))
	}
	return most
}

// project moves v to the nearest mixture between floors and caps: all are shifted by one amount, found by bisection, and clipped.
func project(v, floors, caps []float64) {
	sum := func(by float64) float64 {
		s := 0.0
		for j, x := range v {
			s += max(floors[j], min(caps[j], x-by))
		}
		return s
	}
	low, high := math.Inf(1), math.Inf(-1)
	for j, x := range v {
		low, high = min(low, x-caps[j]), max(high, x-floors[j])
	}
	for range 200 {
		if mid := low + (high-low)/2; sum(mid) > 1 {
			low = mid
		} else {
			high = mid
		}
	}
	by := low + (high-low)/2
	for j, x := range v {
		v[j] = max(floors[j], min(caps[j], x-by))
	}
}
