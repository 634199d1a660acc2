package cpu

import "math"

// LogProb goes row by row: the largest logit, then the sums of e^l and e^l·l in strips of float32, the strips in float64.
func (o *Ops) LogProb(logp, entropy, lse []float64, logits []float32, targets []int32, width int) {
	o.j = job{p: logp, q: entropy, r: lse, a: logits, ids: targets, width: width}
	o.rows(len(targets), width, func(j *job, lo, hi int) {
		for t := lo; t < hi; t++ {
			l := j.a[t*j.width:][:j.width]
			top := l[0]
			for _, x := range l {
				top = max(top, x)
			}
			sum, mean := 0.0, 0.0
			for at := 0; at < len(l); at += strip {
				var s, m float32
				for _, x := range l[at:min(len(l), at+strip)] {
					e := exp(x - top)
					s += e
					m += e * (x - top)
				}
				sum += float64(s)
				mean += float64(m)
			}
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

const strip = 256

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
				for i, x := range l {
					l[i] = -dl * exp(x-lse)
				}
			} else {
				for i, x := range l {
					l[i] = -exp(x-lse) * (dl + de*(x-lse+ent))
				}
			}
			if target >= 0 {
				l[target] += dl
			}
		}
	})
}
