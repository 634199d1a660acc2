package cpu

import (
	"math"

	"github.com/seed-83c59573/quern/train/ops"
	"github.com/seed-83c59573/quern/train/ops/vec"
)

// A task of attention is one head of keys in one row, with all the queries of its group: it alone writes their gradients. Scores are
// held for one head at a time, Cols×Cols numbers a worker, and for blocks of queries, so that keys beyond the last query of a block,
// nearly half of all, cost nothing.
const queryBlock = 64

// room makes sure that no task of an attention allocates, whichever worker takes it: n scores, and panels for its products.
func (o *Ops) room(n int, a ops.Attn) {
	for i := range o.scratch {
		if len(o.scratch[i]) < n {
			o.scratch[i] = make([]float32, n)
		}
		if o.kern == nil {
			continue
		}
		long, s := max(queryBlock, a.Cols, a.Size), &o.spaces[i]
		s.pa = grown(s.pa, (long+o.kern.mr)*min(long, kBlock))
		s.pb = grown(s.pb, (long+o.kern.nr)*min(long, kBlock))
		s.edge = grown(s.edge, o.kern.mr*o.kern.nr)
	}
}

// Attention keeps only the log of each query's sum.
func (o *Ops) Attention(out, lse, qkv []float32, a ops.Attn) {
	o.room(queryBlock*a.Cols, a)
	o.j = job{a: out, b: lse, c: qkv, attn: a, scratch: o.scratch, spaces: o.spaces, kern: o.kern}
	o.pool.run(a.Rows*a.KV, &o.j, func(j *job, t, w int) {
		a := j.attn
		h := head{a: a, row: t / a.KV, kv: t % a.KV, qkv: j.c, s: j.scratch[w], kern: j.kern, space: &j.spaces[w]}
		for q := h.kv * a.Heads / a.KV; q < (h.kv+1)*a.Heads/a.KV; q++ {
			for c := 0; c < a.Cols; c += queryBlock {
				h.forward(j.a, j.b, q, c, min(queryBlock, a.Cols-c))
			}
		}
	})
	o.j = job{}
}

// AttentionBack computes the scores again.
func (o *Ops) AttentionBack(dqkv, dout, out, lse, qkv []float32, a ops.Attn) {
	o.room(2*queryBlock*a.Cols, a)
	o.j = job{a: dqkv, b: dout, c: out, d: lse, e: qkv, attn: a, scratch: o.scratch, spaces: o.spaces, kern: o.kern}
	o.pool.run(a.Rows*a.KV, &o.j, func(j *job, t, w int) {
		a := j.attn
		h := head{a: a, row: t / a.KV, kv: t % a.KV, qkv: j.e, s: j.scratch[w], kern: j.kern, space: &j.spaces[w]}
		h.clear(j.a)
		for q := h.kv * a.Heads / a.KV; q < (h.kv+1)*a.Heads/a.KV; q++ {
			for c := 0; c < a.Cols; c += queryBlock {
				h.backward(j.a, j.b, j.c, j.d, q, c, min(queryBlock, a.Cols-c))
			}
		}
	})
	o.j = job{}
}

// head is one head of keys and values in one row.
type head struct {
	a       ops.Attn
	row, kv int
	qkv, s  []float32
	kern    *kernel
	space   *space
}

// part is head i of x, counting queries, keys and values, from a column on.
func (h *head) part(x []float32, i, col int) matrix {
	n := h.a.Stride()
	return matrix{x[(h.row*h.a.Cols+col)*n+i*h.a.Size:], n, false}
}

// outs is head q of a buffer of outputs.
func (h *head) outs(x []float32, q, col int) matrix {
	n := h.a.Heads * h.a.Size
	return matrix{x[(h.row*h.a.Cols+col)*n+q*h.a.Size:], n, false}
}

func (h *head) keys(x []float32, col int) matrix { return h.part(x, h.a.Heads+h.kv, col) }
func (h *head) values(x []float32, col int) matrix {
	return h.part(x, h.a.Heads+h.a.KV+h.kv, col)
}

// first is the first column that any of the queries from col on sees: documents come one after another.
func (h *head) first(col int) int { return int(h.a.Start[h.row*h.a.Cols+col]) }

// gemm is c = alpha·a·b + beta·c.
func (h *head) gemm(m, n, k int, alpha float32, a, b matrix, beta float32, c matrix) {
	p := product{h.kern, m, n, k, alpha, beta, a, b, c}
	p.serial(h.space)
}

// scores fills s with the scaled scores of n queries from col on against the keys lo to col+n-1; each row has col+n-lo of them.
func (h *head) scores(s []float32, q, col, n, lo int) {
	wide := col + n - lo
	h.gemm(n, wide, h.a.Size, float32(1/math.Sqrt(float64(h.a.Size))), h.part(h.qkv, q, col), h.keys(h.qkv, lo).transposed(), 0, matrix{s, wide, false})
}

func (h *head) forward(out, lse []float32, q, col, n int) {
	lo := h.first(col)
	wide := col + n - lo
	s := h.s[:n*wide]
	h.scores(s, q, col, n, lo)
	for i := range n {
		t := h.row*h.a.Cols + col + i
		row, from, to := s[i*wide:][:wide], int(h.a.Start[t])-lo, col+i+1-lo
		lse[t*h.a.Heads+q] = softmax(row[from:to])
		clear(row[:from])
		clear(row[to:])
	}
	h.gemm(n, h.a.Size, wide, 1, matrix{s, wide, false}, h.values(h.qkv, lo), 0, h.outs(out, q, col))
}

// softmax makes shares of scores and returns the log of their sum.
func softmax(s []float32) float32 {
	top := vec.Max(s)
	sum := vec.Exps(s, s, top, 1)
	vec.Scale(s, 1/sum)
	return top + float32(math.Log(float64(sum)))
}

// clear zeroes this head's gradients of keys and values, which queries then add to.
func (h *head) clear(dqkv []float32) {
	for c := range h.a.Cols {
		clear(h.keys(dqkv, c).x[:h.a.Size])
		clear(h.values(dqkv, c).x[:h.a.Size])
	}
}

func (h *head) backward(dqkv, dout, out, lse []float32, q, col, n int) {
	lo := h.first(col)
	wide := col + n - lo
	p, d := h.s[:n*wide], h.s[queryBlock*h.a.Cols:][:n*wide]
	h.scores(p, q, col, n, lo)
	h.gemm(n, wide, h.a.Size, 1, h.outs(dout, q, col), h.values(h.qkv, lo).transposed(), 0, matrix{d, wide, false})
	scale := float32(1 / math.Sqrt(float64(h.a.Size)))
	for i := range n {
		t := h.row*h.a.Cols + col + i
		p, d, from, to := p[i*wide:][:wide], d[i*wide:][:wide], int(h.a.Start[t])-lo, col+i+1-lo
		l := lse[t*h.a.Heads+q]
		mean := dot(h.outs(dout, q, col+i).x[:h.a.Size], h.outs(out, q, col+i).x[:h.a.Size])
		clear(p[:from])
		clear(d[:from])
		vec.SoftmaxBack(p[from:to], d[from:to], l, scale, mean)
		clear(p[to:])
		clear(d[to:])
	}
	pm, dm := matrix{p, wide, false}, matrix{d, wide, false}
	h.gemm(wide, h.a.Size, n, 1, pm.transposed(), h.outs(dout, q, col), 1, h.values(dqkv, lo))
	h.gemm(n, h.a.Size, wide, 1, dm, h.keys(h.qkv, lo), 0, h.part(dqkv, q, col))
	h.gemm(wide, h.a.Size, n, 1, dm.transposed(), h.part(h.qkv, q, col), 1, h.keys(dqkv, lo))
}
