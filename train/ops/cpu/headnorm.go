package cpu

import "math"

// headRows is how many tokens a task of HeadNorm takes. It is part of HeadNormBack's result: a task sums its part of dgain.
const headRows = 64

// HeadNorm goes head by head.
func (o *Ops) HeadNorm(x, gain []float32, heads, stride int, eps float32) {
	o.j = job{a: x, b: gain, heads: heads, width: stride, x: eps}
	o.ranges(ceil(len(x), stride), headRows, func(j *job, lo, hi int) {
		size := len(j.b)
		for t := lo; t < hi; t++ {
			for h := range j.heads {
				x := j.a[t*j.width+h*size:][:size]
				s := inverse(x, j.x)
				for i, g := range j.b {
					x[i] *= s * g
				}
			}
		}
	})
}

// HeadNormBack goes head by head; parts of dgain are then added in their order.
func (o *Ops) HeadNormBack(dx, dgain, x, gain []float32, heads, stride int, eps float32) {
	tokens, size := ceil(len(x), stride), len(gain)
	parts := ceil(tokens, headRows)
	if len(o.parts) < parts*size {
		o.parts = make([]float32, parts*size)
	}
	o.j = job{a: dx, b: gain, c: x, d: o.parts, heads: heads, width: stride, x: eps}
	o.ranges(tokens, headRows, func(j *job, lo, hi int) {
		size := len(j.b)
		dgain := j.d[lo/headRows*size:][:size]
		clear(dgain)
		for t := lo; t < hi; t++ {
			for h := range j.heads {
				at := t*j.width + h*size
				dx, x := j.a[at:][:size], j.c[at:][:size]
				s, mean := inverse(x, j.x), float32(0)
				for i, g := range j.b {
					dgain[i] += dx[i] * x[i] * s
					mean += dx[i] * g * x[i]
				}
				mean *= s * s / float32(size)
				for i, g := range j.b {
					dx[i] = s * (dx[i]*g - x[i]*mean)
				}
			}
		}
	})
	for i := range parts {
		add(dgain, o.parts[i*size:][:size])
	}
}

// inverse is 1/√(mean x² + eps).
func inverse(x []float32, eps float32) float32 {
	return float32(1 / math.Sqrt(float64(dot(x, x))/float64(len(x))+float64(eps)))
}
