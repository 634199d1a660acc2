// Package cpu runs the kernels in float32 on all cores of this machine: matrices by assembly for AVX-512 or AVX2, or by gonum's BLAS
// where there is neither or with the build tag noasm; everything else by plain loops.
//
// Work is cut into tasks by the size of the problem, never by the number of workers; every number of an output has one owner, who sums
// in a fixed order. So a result has the same bits with any number of workers. AVX-512 and AVX2 give the same bits, too; gonum others. No kernel allocates, after the first of its size.
package cpu

import (
	"math"
	"runtime"

	"github.com/seed-83c59573/quern/train/ops"
)

// Ops implements ops.Ops in float32. One goroutine at a time may call it.
type Ops struct {
	pool    *pool
	j       job             // of the call that runs
	kern    *kernel         // of products within a kernel, always fp32; nil: gonum's BLAS
	matmul  *kernel         // of MatMul and Linear
	single  shared[float32] // the product that all workers share
	few     fewCall         // the product of few rows that they share
	fewA    []float32
	spaces  []space // panels of a worker's own products
	scratch [][]float32
	sums    []float64
	flash   flash
	parts   []float32 // of sums over tokens, by task
}

var _ ops.Ops[float32] = (*Ops)(nil)

// job is what the tasks of one call need: buffers and sizes under the names that the kernel gives them.
type job struct {
	a, b, c, d, e, f, g   []float32
	ids                   []int32
	p, q, r, s            []float64
	n, m, k, width, heads int
	x, y                  float32
	attn                  ops.Attn
	adam                  ops.Adam
	body                  func(j *job, lo, hi int)
	scratch               [][]float32
	phase                 phase
	spaces                []space
	kern                  *kernel
	flash                 *flash
}

// New makes kernels for a number of workers, 0 = one for each processor, in fp32. Workers sleep between calls and end when the Ops is
// garbage.
func New(workers int) *Ops { return NewIn(FP32, workers) }

// NewIn is New with MatMul and Linear in a precision. Attention is in fp32 always.
func NewIn(p Precision, workers int) *Ops {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	o := &Ops{pool: newPool(workers), spaces: make([]space, workers), scratch: make([][]float32, workers)}
	if list := kernels(); len(list) > 0 {
		o.kern = list[0]
	}
	switch o.matmul = o.kern; p {
	case FP32:
	case BF16:
		o.matmul = bestBF16()
	default:
		panic("cpu: no precision " + string(p))
	}
	runtime.AddCleanup(o, (*pool).close, o.pool)
	return o
}

// Sizes of tasks. They are part of no result but SumSquares', whose order of summation they are.
const (
	grain   = 1 << 14 // numbers in a task of an elementwise kernel
	columns = 32      // columns in a task of a sum over rows
)

func ceil(a, b int) int { return (a + b - 1) / b }

// elements runs body over ranges of n numbers.
func (o *Ops) elements(n int, body func(j *job, lo, hi int)) { o.rows(n, 1, body) }

// rows runs body over ranges of n rows of the given width.
func (o *Ops) rows(n, width int, body func(j *job, lo, hi int)) {
	o.ranges(n, max(1, grain/max(1, width)), body)
}

// columns runs body over ranges of columns: each task owns some columns and goes down all rows in order.
func (o *Ops) columns(width int, body func(j *job, lo, hi int)) { o.ranges(width, columns, body) }

func (o *Ops) ranges(n, step int, body func(j *job, lo, hi int)) {
	if n <= step {
		if n > 0 {
			body(&o.j, 0, n)
		}
		o.j = job{}
		return
	}
	o.j.n, o.j.m, o.j.body = n, step, body
	o.pool.run(ceil(n, step), &o.j, func(j *job, t, _ int) { j.body(j, t*j.m, min(j.n, (t+1)*j.m)) })
	o.j = job{}
}

// Embed copies rows.
func (o *Ops) Embed(out, table []float32, ids []int32, width int) {
	o.j = job{a: out, b: table, ids: ids, width: width}
	o.rows(len(ids), width, func(j *job, lo, hi int) {
		for t := lo; t < hi; t++ {
			copy(j.a[t*j.width:][:j.width], j.b[int(j.ids[t])*j.width:][:j.width])
		}
	})
}

// EmbedBack adds rows, in their order.
func (o *Ops) EmbedBack(dtable, dout []float32, ids []int32, width int) {
	o.j = job{a: dtable, b: dout, ids: ids, width: width}
	o.columns(width, func(j *job, lo, hi int) {
		for t, id := range j.ids {
			add(j.a[int(id)*j.width+lo:int(id)*j.width+hi], j.b[t*j.width+lo:t*j.width+hi])
		}
	})
}

func add(y, x []float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += v
	}
}

// Add adds.
func (o *Ops) Add(out, x, y []float32) {
	o.j = job{a: out, b: x, c: y}
	o.elements(len(out), func(j *job, lo, hi int) {
		out, x, y := j.a[lo:hi], j.b[lo:hi], j.c[lo:hi]
		for i, v := range x {
			out[i] = v + y[i]
		}
	})
}

// Scale multiplies.
func (o *Ops) Scale(x []float32, by float32) {
	o.j = job{a: x, x: by}
	o.elements(len(x), func(j *job, lo, hi int) {
		for i := lo; i < hi; i++ {
			j.a[i] *= j.x
		}
	})
}

// Blend adds multiples.
func (o *Ops) Blend(out, x, y []float32, a, b float32) {
	o.j = job{a: out, b: x, c: y, x: a, y: b}
	o.elements(len(out), func(j *job, lo, hi int) {
		out, x, y, a, b := j.a[lo:hi], j.b[lo:hi], j.c[lo:hi], j.x, j.y
		for i := range out {
			out[i] = float32(a*x[i]) + float32(b*y[i])
		}
	})
}

// Bias adds to every row.
func (o *Ops) Bias(x, bias []float32) {
	o.j = job{a: x, b: bias}
	o.rows(len(x)/len(bias), len(bias), func(j *job, lo, hi int) {
		w := len(j.b)
		for t := lo; t < hi; t++ {
			add(j.a[t*w:(t+1)*w], j.b)
		}
	})
}

// BiasBack sums the rows.
func (o *Ops) BiasBack(dbias, dout []float32) {
	o.j = job{a: dbias, b: dout}
	o.columns(len(dbias), func(j *job, lo, hi int) {
		w := len(j.a)
		for t := range len(j.b) / w {
			add(j.a[lo:hi], j.b[t*w+lo:t*w+hi])
		}
	})
}

// AdamW is a pass over four buffers; what it costs is memory.
func (o *Ops) AdamW(w, g, m, v []float32, a ops.Adam) {
	o.j = job{a: w, b: g, c: m, d: v, adam: a}
	o.elements(len(w), func(j *job, lo, hi int) {
		w, g, m, v := j.a[lo:hi], j.b[lo:hi], j.c[lo:hi], j.d[lo:hi]
		scale, keep, rate, eps := float32(j.adam.Scale), float32(j.adam.Keep), float32(j.adam.Rate), float32(j.adam.Eps)
		b1, b2 := float32(j.adam.Beta1), float32(j.adam.Beta2)
		c1, c2 := float32(1-j.adam.Beta1), float32(1-j.adam.Beta2)
		for i, x := range g {
			x *= scale
			mi := b1*m[i] + c1*x
			vi := b2*v[i] + c2*x*x
			m[i], v[i] = mi, vi
			w[i] = keep*w[i] - rate*mi/(float32(math.Sqrt(float64(vi)))+eps)
		}
	})
}

// SumSquares sums ranges of grain numbers, then their sums.
func (o *Ops) SumSquares(x []float32) float64 {
	n := ceil(len(x), grain)
	if len(o.sums) < n {
		o.sums = make([]float64, n)
	}
	o.j = job{a: x, p: o.sums}
	o.elements(len(x), func(j *job, lo, hi int) {
		sum := 0.0
		for _, v := range j.a[lo:hi] {
			sum += float64(v) * float64(v)
		}
		j.p[lo/grain] = sum
	})
	sum := 0.0
	for _, s := range o.sums[:n] {
		sum += s
	}
	return sum
}
