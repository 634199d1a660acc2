// Package cpu runs the kernels in float32 on all cores of this machine: matrices by assembly for AVX-512 or AVX2, or by gonum's BLAS
// where there is neither or with the build tag noasm; attention and everything else by the rows and tiles of package vec.
//
// Work is cut into tasks by the size of the problem, never by the number of workers; every number of an output has one owner, who sums
// in a fixed order. So a result has the same bits with any number of workers. AVX-512 and AVX2 give the same bits, too; gonum others. No kernel allocates, after the first of its size.
package cpu

import (
	"runtime"

	"github.com/seed-83c59573/quern/train/ops"
	"github.com/seed-83c59573/quern/train/ops/vec"
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
	parts   []float32 // of sums over tokens, by range
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
	spans                 []ops.Span[float32]
	adam                  ops.Adam
	body                  func(j *job, lo, hi int)
	scratch               [][]float32
	phase                 phase
	flash                 *flash
}

// New makes kernels for a number of workers, 0 = one for each processor, in fp32. Workers sleep between calls and end when the Ops is
// garbage.
func New(workers int) *Ops { return NewIn(FP32, workers) }

// NewIn is New with MatMul and Linear in a precision. Attention is in fp32 always.
func NewIn(p Precision, count int) *Ops {
	if p != FP32 && p != BF16 {
		panic("cpu: no precision " + string(p))
	}
	n := workers(count)
	o := &Ops{pool: newPool(n), spaces: make([]space, n), scratch: make([][]float32, n)}
	o.single.workers = o.spaces
	if list := kernels(); len(list) > 0 {
		o.kern = list[0]
	}
	if o.matmul = o.kern; p == BF16 {
		o.matmul = bestBF16()
	}
	runtime.AddCleanup(o, (*pool).close, o.pool)
	return o
}

// workers is how many are meant by a number of workers.
func workers(n int) int {
	if n <= 0 {
		return runtime.GOMAXPROCS(0)
	}
	return n
}

// Sizes of tasks. They are part of no result but those of sums, whose order they are.
const (
	grain   = 1 << 14 // numbers in a task of an elementwise kernel
	perPart = 32      // rows of a part of a sum over rows: they divide kBlock, so that micro-batches of whole blocks of tokens add up to the bits of a big one
)

func ceil(a, b int) int { return (a + b - 1) / b }

// elements runs body over ranges of n numbers.
func (o *Ops) elements(n int, body func(j *job, lo, hi int)) { o.rows(n, 1, body) }

// rows runs body over ranges of n rows of the given width.
func (o *Ops) rows(n, width int, body func(j *job, lo, hi int)) {
	o.ranges(n, max(1, grain/max(1, width)), body)
}

// parted runs body over ranges of perPart of n rows. Each has, in j.g from lo/j.k·width on, width numbers of its own, zero at first;
// they are added to sums in the order of the ranges, each of sums in its turn. So a sum over rows is cut by the number of rows alone.
func (o *Ops) parted(n, width int, body func(j *job, lo, hi int), sums ...[]float32) {
	count := ceil(n, perPart)
	o.parts = grown(o.parts, count*width)
	clear(o.parts)
	o.j.g, o.j.k = o.parts, perPart
	o.ranges(n, perPart, body)
	for i := range count {
		at := i * width
		for _, s := range sums {
			vec.Add(s, s, o.parts[at:])
			at += len(s)
		}
	}
}

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
