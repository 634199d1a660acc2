package cpu

import (
	"math"

	"github.com/seed-83c59573/quern/train/ops/vec"
)

// inverse is 1/√(squares/n + eps).
func inverse(squares float32, n int, eps float32) float32 {
	return float32(1 / math.Sqrt(float64(squares)/float64(n)+float64(eps)))
}

// RMSNorm goes row by row.
func (o *Ops) RMSNorm(out, inv, x, gain []float32, eps float32) {
	o.j = job{a: out, b: inv, c: x, d: gain, x: eps}
	o.rows(len(x)/len(gain), len(gain), func(j *job, lo, hi int) {
		w := len(j.d)
		for t := lo; t < hi; t++ {
			x := j.c[t*w:][:w]
			j.b[t] = inverse(vec.Dot(x, x), w, j.x)
			vec.RMS(j.a[t*w:][:w], x, j.d, j.b[t])
		}
	})
}

// RMSNormBack goes row by row.
func (o *Ops) RMSNormBack(dx, dgain, dout, x, gain, inv []float32) {
	o.j = job{a: dx, b: dout, c: x, d: gain, e: inv}
	o.parted(len(x)/len(gain), len(gain), func(j *job, lo, hi int) {
		w := len(j.d)
		dgain := j.g[lo/j.k*w:][:w]
		for t := lo; t < hi; t++ {
			dout, x, s := j.b[t*w:][:w], j.c[t*w:][:w], j.e[t]
			vec.RMSBack(j.a[t*w:][:w], dgain, dout, x, j.d, s, vec.RMSMean(dout, j.d, x)*s/float32(w))
		}
	}, dgain)
}

// HeadNorm goes head by head.
func (o *Ops) HeadNorm(x, gain []float32, heads, stride int, eps float32) {
	o.j = job{a: x, d: gain, heads: heads, width: stride, x: eps}
	o.rows(ceil(len(x), stride), heads*len(gain), func(j *job, lo, hi int) {
		size := len(j.d)
		for t := lo; t < hi; t++ {
			for h := range j.heads {
				x := j.a[t*j.width+h*size:][:size]
				vec.RMS(x, x, j.d, inverse(vec.Dot(x, x), size, j.x))
			}
		}
	})
}

// HeadNormBack goes head by head.
func (o *Ops) HeadNormBack(dx, dgain, x, gain []float32, heads, stride int, eps float32) {
	o.j = job{a: dx, c: x, d: gain, heads: heads, width: stride, x: eps}
	o.parted(ceil(len(x), stride), len(gain), func(j *job, lo, hi int) {
		size := len(j.d)
		dgain := j.g[lo/j.k*size:][:size]
		for t := lo; t < hi; t++ {
			for h := range j.heads {
				at := t*j.width + h*size
				dx, x := j.a[at:][:size], j.c[at:][:size]
				s := inverse(vec.Dot(x, x), size, j.x)
				vec.RMSTurn(dx, dgain, x, j.d, s, vec.RMSMean(dx, j.d, x)*s/float32(size))
			}
		}
	}, dgain)
}

// LayerNorm goes row by row.
func (o *Ops) LayerNorm(out, mean, inv, x, gain, bias []float32, eps float32) {
	o.j = job{a: out, b: mean, c: inv, d: x, e: gain, f: bias, x: eps}
	o.rows(len(x)/len(gain), len(gain), func(j *job, lo, hi int) {
		w := len(j.e)
		for t := lo; t < hi; t++ {
			x := j.d[t*w:][:w]
			mean := vec.Sum(x) / float32(w)
			j.b[t], j.c[t] = mean, inverse(vec.Spread(x, mean), w, j.x)
			vec.Layer(j.a[t*w:][:w], x, j.e, j.f, mean, j.c[t])
		}
	})
}

// LayerNormBack goes row by row.
func (o *Ops) LayerNormBack(dx, dgain, dbias, dout, x, gain, mean, inv []float32) {
	o.j = job{a: dx, b: dout, c: x, d: gain, e: mean, f: inv}
	o.parted(len(x)/len(gain), 2*len(gain), func(j *job, lo, hi int) {
		w := len(j.d)
		part := j.g[lo/j.k*2*w:][:2*w]
		for t := lo; t < hi; t++ {
			dout, x, mean, s := j.b[t*w:][:w], j.c[t*w:][:w], j.e[t], j.f[t]
			first, second := vec.LayerMeans(dout, j.d, x, mean, s)
			vec.LayerBack(j.a[t*w:][:w], part[:w], part[w:], dout, x, j.d, mean, s, first/float32(w), second/float32(w))
		}
	}, dgain, dbias)
}
