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

// softmax makes shares of scores and returns the log of their sum.
func softmax(s []float32) float32 {
	top := vec.Max(s)
	sum := vec.Exps(s, s, top, 1)
	vec.Scale(s, 1/sum)
	return top + float32(math.Log(float64(sum)))
}

// Decode gives each head of keys to a task.
func (o *Ops) Decode(out, qkv, keys, values []float32, past int, a ops.Attn) {
	o.room(past+a.Cols, a)
	o.j = job{a: out, b: qkv, c: keys, d: values, n: past, attn: a, scratch: o.scratch, spaces: o.spaces, kern: o.kern}
	o.pool.run(a.KV, &o.j, func(j *job, kv, worker int) {
		a, w, size := j.attn, j.attn.KV*j.attn.Size, j.attn.Size
		scale := float32(1 / math.Sqrt(float64(size)))
		for c := range a.Cols {
			x, at := j.b[c*a.Stride():], j.n+c
			copy(j.c[at*w+kv*size:][:size], x[(a.Heads+kv)*size:])
			copy(j.d[at*w+kv*size:][:size], x[(a.Heads+a.KV+kv)*size:])
			for q := kv * a.Heads / a.KV; q < (kv+1)*a.Heads/a.KV; q++ {
				s := j.scratch[worker][:at+1]
				for i := range s {
					s[i] = scale * vec.Dot(x[q*size:][:size], j.c[i*w+kv*size:][:size])
				}
				softmax(s)
				out := j.a[(c*a.Heads+q)*size:][:size]
				clear(out)
				for i, p := range s {
					for l, v := range j.d[i*w+kv*size:][:size] {
						out[l] += p * v
					}
				}
			}
		}
	})
	o.j = job{}
}
