package cpu

import "github.com/seed-83c59573/quern/train/ops"

// panels is b packed once for many products, block after block of columns and, within, of k.
type panels[F ops.Float] struct {
	kern   *kernelOf[F]
	t      bool
	k, n   int
	blocks [][]F
}

// Linear has the bits of MatMul, packed or not; the bias costs nothing.
func (o *Ops) Linear(out, x []float32, w *ops.Weight[float32], bias []float32, beta float32) {
	m := len(out) / w.N
	if len(out) != m*w.N || len(x) != m*w.K || len(w.B) != w.K*w.N {
		panic("cpu: a matrix does not fit its buffer")
	}
	p := product{kern: o.kernel(m), m: m, n: w.N, k: w.K, alpha: 1, beta: beta, a: matrix{x, w.K, false}, b: weights(w), c: matrix{out, w.N, false}}
	f, _ := w.Form.(*panels[float32])
	if f != nil && (f.t != w.T || f.k != w.K || f.n != w.N) {
		panic("cpu: a weight changed its shape after Pack")
	}
	if f != nil && f.kern != p.kern {
		f = nil // packed for products of more rows, or by another Ops
	}
	o.multiply(p, bias, f)
}

func weights(w *ops.Weight[float32]) matrix {
	if w.T {
		return matrix{w.B, w.K, true}
	}
	return matrix{w.B, w.N, false}
}

// Pack fills w.Form, in place if it is there already. In bf16 it takes half the memory of w.B if the processor multiplies bf16 itself.
func (o *Ops) Pack(w *ops.Weight[float32]) {
	if o.matmul == nil || w.K == 0 || w.N == 0 {
		w.Form = nil
		return
	}
	p := product{kern: o.matmul, n: w.N, k: w.K, b: weights(w)}
	f, _ := w.Form.(*panels[float32])
	if f == nil || f.kern != p.kern || f.t != w.T || f.k != w.K || f.n != w.N {
		f = &panels[float32]{kern: p.kern, t: w.T, k: w.K, n: w.N, blocks: make([][]float32, ceil(w.N, colBlock)*ceil(w.K, kBlock))}
		w.Form = f
	}
	for i := range o.spaces {
		p.kern.tileRoom(&o.spaces[i])
	}
	s := &o.single
	s.productOf, s.tiles = p, 0
	s.m = 1
	for i := range f.blocks {
		b := p.blockOf(i)
		b.pb = grown(f.blocks[i], ceil(b.nj, p.kern.nr)*p.kern.nr*p.kern.form.steps(b.kc))
		f.blocks[i] = b.pb
		b.packB = ceil(ceil(b.nj, p.kern.nr), panelsB)
		s.next = b
		o.j.phase = s
		o.pool.run(b.packB, &o.j, runPhase)
	}
	s.productOf, s.next = product{}, block[float32]{}
	o.j = job{}
}

// blockOf is block i of b alone.
func (p *productOf[F]) blockOf(i int) block[F] {
	q := *p
	q.m = 1
	return q.block(i, nil, nil)
}
