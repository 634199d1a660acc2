package cpu

import "math"

// exp is eˣ in float32 to about 1e-7, relative: x = n·ln 2 + r, a polynomial for e^r (the coefficients of Cephes' expf), and n put
// into the exponent. It is four times as fast as math.Exp. Below -87.3 it is 0.
func exp(x float32) float32 {
	const (
		log2e = 1.44269504088896341
		ln2hi = 0.693359375
		ln2lo = -2.12194440e-4
		magic = 3 << 22 // adding it rounds to a whole number
	)
	switch {
	case x > 88.7:
		return float32(math.Exp(float64(x)))
	case x < -87.3:
		return 0
	case x != x:
		return x
	}
	n := float32(x*log2e) + magic - magic
	r := float32(x-float32(n*ln2hi)) - float32(n*ln2lo)
	p := float32(1.9875691500e-4)
	p = float32(p*r) + 1.3981999507e-3
	p = float32(p*r) + 8.3334519073e-3
	p = float32(p*r) + 4.1665795894e-2
	p = float32(p*r) + 1.6666665459e-1
	p = float32(p*r) + 5.0000001201e-1
	p = float32(float32(p*r)*r) + r + 1
	return p * math.Float32frombits(uint32(int32(n)+127)<<23)
}

func sigmoid(x float32) float32 { return 1 / (1 + exp(-x)) }

// tanh is (e^2x - 1) / (e^2x + 1).
func tanh(x float32) float32 {
	if x > 15 {
		return 1
	}
	e := exp(2 * x)
	return (e - 1) / (e + 1)
}

// Rotary turns in place.
func (o *Ops) Rotary(x, cos, sin []float32, pos []int32, heads, size, stride int) {
	o.rotate(x, cos, sin, pos, heads, size, stride, 1)
}

// RotaryBack turns back.
func (o *Ops) RotaryBack(dx, cos, sin []float32, pos []int32, heads, size, stride int) {
	o.rotate(dx, cos, sin, pos, heads, size, stride, -1)
}

func (o *Ops) rotate(x, cos, sin []float32, pos []int32, heads, size, stride int, sign float32) {
	o.j = job{a: x, b: cos, c: sin, ids: pos, width: stride, k: size, heads: heads, x: sign}
	o.rows(len(pos), stride, func(j *job, lo, hi int) {
		half := j.k / 2
		for t := lo; t < hi; t++ {
			cos, sin := j.b[int(j.ids[t])*half:][:half], j.c[int(j.ids[t])*half:][:half]
			for h := range j.heads {
				v := j.a[t*j.width+h*j.k:][:j.k]
				x, y := v[:half], v[half:]
				for i, c := range cos {
					s := j.x * sin[i]
					x[i], y[i] = x[i]*c-y[i]*s, y[i]*c+x[i]*s
				}
			}
		}
	})
}

// SwiGLU goes row by row.
func (o *Ops) SwiGLU(out, x []float32, width int) {
	o.j = job{a: out, b: x, width: width}
	o.rows(len(out)/width, width, func(j *job, lo, hi int) {
		w := j.width
		for t := lo; t < hi; t++ {
			out, gate, up := j.a[t*w:][:w], j.b[2*t*w:][:w], j.b[(2*t+1)*w:][:w]
			for i, g := range gate {
				out[i] = g * sigmoid(g) * up[i]
			}
		}
	})
}

// SwiGLUBack goes row by row.
func (o *Ops) SwiGLUBack(dx, dout, x []float32, width int) {
	o.j = job{a: dx, b: dout, c: x, width: width}
	o.rows(len(dout)/width, width, func(j *job, lo, hi int) {
		w := j.width
		for t := lo; t < hi; t++ {
			dout, gate, up := j.b[t*w:][:w], j.c[2*t*w:][:w], j.c[(2*t+1)*w:][:w]
			dgate, dup := j.a[2*t*w:][:w], j.a[(2*t+1)*w:][:w]
			for i, g := range gate {
				s := sigmoid(g)
				dgate[i] = dout[i] * up[i] * s * (1 + g*(1-s))
				dup[i] = dout[i] * g * s
			}
		}
	})
}

const (
	geluScale = 0.7978845608028654 // √(2/π)
	geluCube  = 0.044715
)

// GELU goes number by number.
func (o *Ops) GELU(out, x []float32) {
	o.j = job{a: out, b: x}
	o.elements(len(x), func(j *job, lo, hi int) {
		for i := lo; i < hi; i++ {
			v := j.b[i]
			j.a[i] = 0.5 * v * (1 + tanh(geluScale*(v+geluCube*v*v*v)))
		}
	})
}

// GELUBack goes number by number.
func (o *Ops) GELUBack(dx, dout, x []float32) {
	o.j = job{a: dx, b: dout, c: x}
	o.elements(len(x), func(j *job, lo, hi int) {
		for i := lo; i < hi; i++ {
			v := j.c[i]
			th := tanh(geluScale * (v + geluCube*v*v*v))
			j.a[i] = j.b[i] * (0.5*(1+th) + 0.5*v*(1-th*th)*geluScale*(1+3*geluCube*v*v))
		}
	})
}
