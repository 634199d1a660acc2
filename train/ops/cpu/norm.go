package cpu

import "math"

// RMSNorm goes row by row.
func (o *Ops) RMSNorm(out, inv, x, gain []float32, eps float32) {
	o.j = job{a: out, b: inv, c: x, d: gain, x: eps}
	o.rows(len(x)/len(gain), len(gain), func(j *job, lo, hi int) {
		w := len(j.d)
		for t := lo; t < hi; t++ {
			x, out := j.c[t*w:][:w], j.a[t*w:][:w]
			s := float32(1 / math.Sqrt(float64(dot(x, x))/float64(w)+float64(j.x)))
			j.b[t] = s
			for i, g := range j.d {
				out[i] = x[i] * s * g
			}
		}
	})
}

// RMSNormBack goes row by row for dx, then column by column for the gain.
func (o *Ops) RMSNormBack(dx, dgain, dout, x, gain, inv []float32) {
	o.j = job{a: dx, b: dout, c: x, d: gain, e: inv}
	o.rows(len(x)/len(gain), len(gain), func(j *job, lo, hi int) {
		w := len(j.d)
		for t := lo; t < hi; t++ {
			dx, dout, x, s := j.a[t*w:][:w], j.b[t*w:][:w], j.c[t*w:][:w], j.e[t]
			mean := float32(0)
			for i, g := range j.d {
				mean += dout[i] * g * x[i]
			}
			mean = mean * s * s / float32(w)
			for i, g := range j.d {
				dx[i] += s * (dout[i]*g - x[i]*mean)
			}
		}
	})
	o.j = job{a: dgain, b: dout, c: x, e: inv, n: len(x) / len(gain), width: len(gain)}
	o.columns(len(gain), func(j *job, lo, hi int) {
		dg, w := j.a[lo:hi], j.width
		for t := range len(j.c) / w {
			dout, x, s := j.b[t*w+lo:][:len(dg)], j.c[t*w+lo:][:len(dg)], j.e[t]
			for i := range dg {
				dg[i] += dout[i] * x[i] * s
			}
		}
	})
}

// LayerNorm goes row by row.
func (o *Ops) LayerNorm(out, mean, inv, x, gain, bias []float32, eps float32) {
	o.j = job{a: out, b: mean, c: inv, d: x, e: gain, f: bias, x: eps}
	o.rows(len(x)/len(gain), len(gain), func(j *job, lo, hi int) {
		w := len(j.e)
		for t := lo; t < hi; t++ {
			x, out := j.d[t*w:][:w], j.a[t*w:][:w]
			sum, square := float32(0), float32(0)
			for _, v := range x {
				sum += v
			}
			mean := sum / float32(w)
			for _, v := range x {
				square += (v - mean) * (v - mean)
			}
			s := float32(1 / math.Sqrt(float64(square)/float64(w)+float64(j.x)))
			j.b[t], j.c[t] = mean, s
			for i, g := range j.e {
				out[i] = (x[i]-mean)*s*g + j.f[i]
			}
		}
	})
}

// LayerNormBack goes row by row for dx, then column by column for gain and bias.
func (o *Ops) LayerNormBack(dx, dgain, dbias, dout, x, gain, mean, inv []float32) {
	o.j = job{a: dx, b: dout, c: x, d: gain, e: mean, f: inv}
	o.rows(len(x)/len(gain), len(gain), func(j *job, lo, hi int) {
		w := len(j.d)
		for t := lo; t < hi; t++ {
			dx, dout, x, mean, s := j.a[t*w:][:w], j.b[t*w:][:w], j.c[t*w:][:w], j.e[t], j.f[t]
			first, second := float32(0), float32(0)
			for i, g := range j.d {
				h := dout[i] * g
				first += h
				second += h * (x[i] - mean) * s
			}
			first, second = first/float32(w), second/float32(w)
			for i, g := range j.d {
				dx[i] += s * (dout[i]*g - first - (x[i]-mean)*s*second)
			}
		}
	})
	o.j = job{a: dgain, g: dbias, b: dout, c: x, e: mean, f: inv, width: len(gain)}
	o.columns(len(gain), func(j *job, lo, hi int) {
		dg, db, w := j.a[lo:hi], j.g[lo:hi], j.width
		for t := range len(j.c) / w {
			dout, x, mean, s := j.b[t*w+lo:][:len(dg)], j.c[t*w+lo:][:len(dg)], j.e[t], j.f[t]
			for i := range dg {
				dg[i] += dout[i] * (x[i] - mean) * s
				db[i] += dout[i]
			}
		}
	})
}

// dot sums in four strands, so that additions need not wait for each other.
func dot(x, y []float32) float32 {
	y = y[:len(x)]
	var a, b, c, d float32
	i := 0
	for ; i+4 <= len(x); i += 4 {
		a += x[i] * y[i]
		b += x[i+1] * y[i+1]
		c += x[i+2] * y[i+2]
		d += x[i+3] * y[i+3]
	}
	for ; i < len(x); i++ {
		a += x[i] * y[i]
	}
	return (a + b) + (c + d)
}
