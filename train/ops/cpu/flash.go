package cpu

import (
	"math"

	"github.com/seed-83c59573/quern/train/ops"
	"github.com/seed-83c59573/quern/train/ops/vec"
)

// Attention goes by tiles of queries and keys, as Dao et al.'s FlashAttention (2022) does: a tile of scores lives in a cache and is
// forgotten, so what a worker holds does not depend on the length of a row.
//
// A row is cut into segments: runs of tokens of which none sees one before its first. Tiles are counted from the first token of their
// segment, so that a document gets the same bits wherever it stands in a row and whatever stands beside it. Each query meets tiles
// of keys in their order, each key tiles of queries in theirs (heads of a group one after another), and sums go on from tile to tile
// number by number: so how tiles are shared out among tasks changes no bit either, and may depend on the number of workers.
const (
	tileQ = 128 // queries in a tile
	tileK = 128 // keys in a tile
)

// unit is a task: a head of keys in a segment, and some of its queries and keys.
type unit struct {
	row, lo, n     int // the segment: n tokens from column lo of a row on
	kv             int
	q0, q1, k0, k1 int  // queries and keys, counted from the segment's first token; keys that queries see beyond k0 to k1 are left out
	keys, queries  bool // which gradients are wanted
}

// flash is what attention needs beside its buffers; it grows to the largest shape and stays.
type flash struct {
	units []unit
	mean  []float32 // dout·out of each query
	space []flashSpace
}

// segments calls f for every segment.
func segments(a ops.Attn, f func(row, lo, n int)) {
	for r := range a.Rows {
		start := a.Start[r*a.Cols : (r+1)*a.Cols]
		lo := 0
		for c := 1; c < a.Cols; c++ {
			if int(start[c]) == c {
				f(r, lo, c-lo)
				lo = c
			}
		}
		f(r, lo, a.Cols-lo)
	}
}

// Attention keeps only the log of each query's sum.
func (o *Ops) Attention(out, lse, qkv []float32, a ops.Attn) {
	checkAttn(a, len(out), len(lse), len(qkv))
	f := &o.flash
	// A task takes some tiles of queries, so that keys are packed once for all of them, unless there are too few tasks then.
	group := a.Heads / a.KV
	block := tileQ * max(1, 4/group)
	if a.Rows*a.KV*ceil(a.Cols, block) < 4*o.pool.n {
		block = tileQ
	}
	f.units = f.units[:0]
	segments(a, func(row, lo, n int) {
		for kv := range a.KV {
			for q1 := n; q1 > 0; q1 = (q1 - 1) / block * block { // the longest first
				f.units = append(f.units, unit{row: row, lo: lo, n: n, kv: kv, q0: (q1 - 1) / block * block, q1: q1, k1: n})
			}
		}
	})
	o.flashRoom(a, group*block)
	o.j = job{a: out, b: lse, c: qkv, attn: a, flash: f}
	o.pool.run(len(f.units), &o.j, func(j *job, t, w int) {
		h := flashHead{a: j.attn, unit: j.flash.units[t], flashSpace: &j.flash.space[w], qkv: j.c}
		h.forward(j.a, j.b)
	})
	o.j = job{}
}

// AttentionBack computes the scores again.
func (o *Ops) AttentionBack(dqkv, dout, out, lse, qkv []float32, a ops.Attn) {
	checkAttn(a, len(out), len(lse), len(qkv))
	checkAttn(a, len(dout), len(lse), len(dqkv))
	f := &o.flash
	o.backUnits(a)
	o.flashRoom(a, tileQ)
	f.mean = grown(f.mean, len(lse))
	o.j = job{a: f.mean, b: dout, c: out, width: a.Size}
	o.rows(len(lse), a.Size, func(j *job, lo, hi int) {
		for t := lo; t < hi; t++ {
			j.a[t] = vec.Dot(j.b[t*j.width:][:j.width], j.c[t*j.width:][:j.width])
		}
	})
	o.j = job{a: dqkv, b: dout, d: lse, e: qkv, attn: a, flash: f}
	o.pool.run(len(f.units), &o.j, func(j *job, t, w int) {
		h := flashHead{a: j.attn, unit: j.flash.units[t], flashSpace: &j.flash.space[w], qkv: j.e}
		h.backward(j.a, j.b, j.d, j.flash.mean)
	})
	o.j = job{}
}

// backUnits makes one task of each segment's head of keys; or, where few long ones would keep workers waiting, tasks that want the
// gradients of some keys or of some queries only, at the cost of scores computed twice.
func (o *Ops) backUnits(a ops.Attn) {
	f := &o.flash
	f.units = f.units[:0]
	total, most := 0, 0
	segments(a, func(row, lo, n int) {
		total += n * n * a.KV
		most = max(most, n*n)
	})
	whole := most*(o.pool.n-1)*5 <= 2*total || most*o.pool.n == total
	segments(a, func(row, lo, n int) {
		for kv := range a.KV {
			u := unit{row: row, lo: lo, n: n, kv: kv, q1: n, k1: n, keys: true, queries: true}
			if whole || n <= tileK {
				f.units = append(f.units, u)
				continue
			}
			u.queries = false
			for k := 0; k < n; k += tileK {
				u.k0, u.k1 = k, min(n, k+tileK)
				f.units = append(f.units, u)
			}
			u.keys, u.queries, u.k0, u.k1 = false, true, 0, n
			for q := (n - 1) / tileQ * tileQ; q >= 0; q -= tileQ {
				u.q0, u.q1 = q, min(n, q+tileQ)
				f.units = append(f.units, u)
			}
		}
	})
}

func checkAttn(a ops.Attn, out, lse, qkv int) {
	n := a.Rows * a.Cols
	if a.KV < 1 || a.Heads%a.KV != 0 || a.Size < 1 || len(a.Start) < n || out < n*a.Heads*a.Size || lse < n*a.Heads || qkv < n*a.Stride() {
		panic("cpu: buffers of attention do not fit its shape")
	}
}

// flashSpace is a worker's room: tiles in panels of 32 columns.
type flashSpace struct {
	kt, vt, k, v  []float32 // tileK keys and values: transposed, and as they are
	q, o, do      []float32 // queries and outputs, tileQ or more of them
	s, d          []float32 // a tile of scores and of their gradients
	dk, dv        []float32 // gradients of keys and values
	top, sum      []float32 // of each query
	edge          []float32 // a block that does not fit where it belongs
	low           []float32 // numbers of the queries of a tile: the scale of their past; lse
	mean          []float32 //
	first, behind [tileQ / vec.Rows]int
}

// flashRoom makes sure that no task allocates, whichever worker takes it: states is how many queries forward goes on with at once.
func (o *Ops) flashRoom(a ops.Attn, states int) {
	if o.flash.space == nil {
		o.flash.space = make([]flashSpace, o.pool.n)
	}
	wide := ceil(a.Size, vec.Panel) * vec.Panel
	for i := range o.flash.space {
		s := &o.flash.space[i]
		s.kt, s.vt, s.k, s.v = grown(s.kt, tileK*a.Size), grown(s.vt, tileK*a.Size), grown(s.k, tileK*wide), grown(s.v, tileK*wide)
		s.q, s.o, s.do = grown(s.q, states*wide), grown(s.o, states*wide), grown(s.do, tileQ*wide)
		s.s, s.d = grown(s.s, tileQ*tileK), grown(s.d, tileQ*tileK)
		s.dk, s.dv = grown(s.dk, tileK*wide), grown(s.dv, tileK*wide)
		s.top, s.sum = grown(s.top, states), grown(s.sum, states)
		s.edge, s.low, s.mean = grown(s.edge, vec.Rows*vec.Panel), grown(s.low, tileQ), grown(s.mean, tileQ)
	}
}

// flashHead is a unit at work.
type flashHead struct {
	unit
	*flashSpace
	a   ops.Attn
	qkv []float32
}

// token is the index of a token of the segment.
func (h *flashHead) token(i int) int { return h.row*h.a.Cols + h.lo + i }

// start is the first token that a query sees, both counted from the segment's first.
func (h *flashHead) start(q int) int { return int(h.a.Start[h.token(q)]) - h.lo }

// part is head i of x, counting queries, keys and values, from a token of the segment on.
func (h *flashHead) part(x []float32, i, at int) []float32 {
	return x[h.token(at)*h.a.Stride()+i*h.a.Size:]
}

func (h *flashHead) scale() float32 { return float32(1 / math.Sqrt(float64(h.a.Size))) }
