package cpu

import (
	"math"

	"github.com/seed-83c59573/quern/train/ops/vec"
)

// LogProb goes row by row: the largest logit, then the sums of e^l and e^l·l.
func (o *Ops) LogProb(logp, entropy, lse []float64, logits []float32, targets []int32, width int) {
	o.j = job{p: logp, q: entropy, r: lse, a: logits, ids: targets, width: width}
	o.rows(len(targets), width, func(j *job, lo, hi int) {
		for t := lo; t < hi; t++ {
			l := j.a[t*j.width:][:j.width]
			top := vec.Max(l)
			sum, mean := vec.SumExp(l, top)
			logSum := math.Log(sum)
			j.r[t] = float64(top) + logSum
			j.q[t] = logSum - mean/sum
			j.p[t] = 0
			if target := j.ids[t]; target >= 0 {
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
			lse, ent := float32(j.q[t]), float32(j.p[t])
			if de == 0 {
				vec.Exps(l, l, lse, -dl)
			} else {
				for i, x := range l {
					l[i] = -vec.Exp(x-lse) * (dl + de*(x-lse+ent))
				}
			}
			if target >= 0 {
				l[target] += dl
			}
		}
	})
}
