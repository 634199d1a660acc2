package cpu

import (
	"math"

	"github.com/seed-83c59573/quern/train/ops/vec"
)

// LogProb goes row by row: the largest logit, then the sums of e^l and, for the entropy, of e^l·l.
func (o *Ops) LogProb(logp, entropy, lse []float64, logits []float32, targets []int32, width int) {
	o.j = job{p: logp, q: entropy, r: lse, a: logits, ids: targets, width: width}
	o.rows(len(targets), width, func(j *job, lo, hi int) {
		for t := lo; t < hi; t++ {
			l, target := j.a[t*j.width:][:j.width], j.ids[t]
			if j.p[t] = 0; target < 0 && j.q == nil {
				j.r[t] = 0
				continue
			}
			top := vec.Max(l)
			var logSum float64
			if j.q == nil {
				logSum = math.Log(vec.SumExps(l, top))
			} else {
				sum, mean := vec.SumExp(l, top)
				logSum = math.Log(sum)
				j.q[t] = logSum - mean/sum
			}
			j.r[t] = float64(top) + logSum
			if target >= 0 {
				j.p[t] = float64(l[target]-top) - logSum
			}
		}
	})
}

// LogProbBack goes row by row, in place.
func (o *Ops) LogProbBack(logits []float32, targets []int32, entropy, lse, dlogp, dentropy []float64, width int) {
	o.j = job{a: logits, ids: targets, p: entropy, q: lse, r: dlogp, s: dentropy, width: width}
	o.rows(len(targets), width, func(j *job, lo, hi int) {
		for t := lo; t < hi; t++ {
			l := j.a[t*j.width:][:j.width]
			target, dl, de := j.ids[t], float32(0), float32(0)
			if target >= 0 {
				dl = float32(j.r[t])
			}
			if j.s != nil {
				de = float32(j.s[t])
			}
			if dl == 0 && de == 0 {
				clear(l)
				continue
			}
			if lse := float32(j.q[t]); de == 0 {
				vec.Exps(l, l, lse, -dl)
			} else {
				vec.EntropyBack(l, lse, float32(j.p[t]), dl, de)
			}
			if target >= 0 {
				l[target] += dl
			}
		}
	})
}
