// Package ref is the truth: every kernel as its definition reads, in float64, one loop after another. It is for tests.
package ref

import (
	"math"

	"github.com/seed-83c59573/quern/train/ops"
)

// Ops computes in float64 on one goroutine.
type Ops struct{}

var _ ops.Ops[float64] = Ops{}

// MatMul sums in the order of k.
func (Ops) MatMul(ta, tb bool, m, n, k int, a, b []float64, beta float64, c []float64) {
	at := func(i, l int) float64 {
		if ta {
			return a[l*m+i]
		}
		return a[i*k+l]
	}
	bt := func(l, j int) float64 {
		if tb {
			return b[j*k+l]
		}
		return b[l*n+j]
	}
	for i := range m {
		for j := range n {
			sum := 0.0
			for l := range k {
				sum += at(i, l) * bt(l, j)
			}
			if beta != 0 {
				sum += beta * c[i*n+j]
			}
			c[i*n+j] = sum
		}
	}
}

// Linear multiplies, then adds.
func (o Ops) Linear(out, x []float64, w *ops.Weight[float64], bias []float64, beta float64) {
	o.MatMul(false, w.T, len(out)/w.N, w.N, w.K, x, w.B, beta, out)
	for i := range out {
		if bias != nil {
			out[i] += bias[i%w.N]
		}
	}
}

// Pack has nothing to gain.
func (Ops) Pack(*ops.Weight[float64]) {}

// Embed copies rows.
func (Ops) Embed(out, table []float64, ids []int32, width int) {
	for t, id := range ids {
		copy(out[t*width:][:width], table[int(id)*width:][:width])
	}
}

// EmbedBack adds rows.
func (Ops) EmbedBack(dtable, dout []float64, ids []int32, width int) {
	for t, id := range ids {
		for i := range width {
			dtable[int(id)*width+i] += dout[t*width+i]
		}
	}
}

// RMSNorm is Zhang and Sennrich's (2019).
func (Ops) RMSNorm(out, inv, x, gain []float64, eps float64) {
	w := len(gain)
	for t := range len(x) / w {
		sum := 0.0
		for i := range w {
			sum += x[t*w+i] * x[t*w+i]
		}
		inv[t] = 1 / math.Sqrt(sum/float64(w)+eps)
		for i := range w {
			out[t*w+i] = x[t*w+i] * inv[t] * gain[i]
		}
	}
}

// RMSNormBack is its gradient.
func (Ops) RMSNormBack(dx, dgain, dout, x, gain, inv []float64) {
	w := len(gain)
	for t := range len(x) / w {
		mean := 0.0
		for i := range w {
			y := x[t*w+i] * inv[t]
			dgain[i] += dout[t*w+i] * y
			mean += dout[t*w+i] * gain[i] * y / float64(w)
		}
		for i := range w {
			dx[t*w+i] += inv[t] * (dout[t*w+i]*gain[i] - x[t*w+i]*inv[t]*mean)
		}
	}
}

// LayerNorm is Ba, Kiros and Hinton's (2016).
func (Ops) LayerNorm(out, mean, inv, x, gain, bias []float64, eps float64) {
	w := len(gain)
	for t := range len(x) / w {
		sum, square := 0.0, 0.0
		for i := range w {
			sum += x[t*w+i]
		}
		mean[t] = sum / float64(w)
		for i := range w {
			d := x[t*w+i] - mean[t]
			square += d * d
		}
		inv[t] = 1 / math.Sqrt(square/float64(w)+eps)
		for i := range w {
			out[t*w+i] = (x[t*w+i]-mean[t])*inv[t]*gain[i] + bias[i]
		}
	}
}

// LayerNormBack is its gradient.
func (Ops) LayerNormBack(dx, dgain, dbias, dout, x, gain, mean, inv []float64) {
	w := len(gain)
	for t := range len(x) / w {
		first, second := 0.0, 0.0
		for i := range w {
			y := (x[t*w+i] - mean[t]) * inv[t]
			h := dout[t*w+i] * gain[i]
			dgain[i] += dout[t*w+i] * y
			dbias[i] += dout[t*w+i]
			first += h / float64(w)
			second += h * y / float64(w)
		}
		for i := range w {
			y := (x[t*w+i] - mean[t]) * inv[t]
			dx[t*w+i] += inv[t] * (dout[t*w+i]*gain[i] - first - y*second)
		}
	}
}

// HeadNorm is RMSNorm of each head.
func (o Ops) HeadNorm(x, gain []float64, heads, stride int, eps float64) {
	inv := []float64{0}
	eachHead(x, len(gain), heads, stride, func(at int) { o.RMSNorm(x[at:][:len(gain)], inv, x[at:][:len(gain)], gain, eps) })
}

// HeadNormBack is its gradient.
func (o Ops) HeadNormBack(dx, dgain, x, gain []float64, heads, stride int, eps float64) {
	w := len(gain)
	inv, y, dout := []float64{0}, make([]float64, w), make([]float64, w)
	eachHead(x, w, heads, stride, func(at int) {
		o.RMSNorm(y, inv, x[at:][:w], gain, eps)
		copy(dout, dx[at:])
		clear(dx[at:][:w])
		o.RMSNormBack(dx[at:][:w], dgain, dout, x[at:][:w], gain, inv)
	})
}

func eachHead(x []float64, size, heads, stride int, f func(at int)) {
	for t := 0; t < len(x); t += stride {
		for h := range heads {
			f(t + h*size)
		}
	}
}

// Rotary pairs a number with the one half a head away, as Hugging Face's Llama does.
func (Ops) Rotary(x, cos, sin []float64, pos []int32, heads, size, stride int) {
	rotate(x, cos, sin, pos, heads, size, stride, 1)
}

// RotaryBack turns back.
func (Ops) RotaryBack(dx, cos, sin []float64, pos []int32, heads, size, stride int) {
	rotate(dx, cos, sin, pos, heads, size, stride, -1)
}

func rotate(x, cos, sin []float64, pos []int32, heads, size, stride int, sign float64) {
	half := size / 2
	for t, p := range pos {
		for h := range heads {
			v := x[t*stride+h*size:][:size]
			for i := range half {
				c, s := cos[int(p)*half+i], sign*sin[int(p)*half+i]
				v[i], v[i+half] = v[i]*c-v[i+half]*s, v[i+half]*c+v[i]*s
			}
		}
	}
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// SwiGLU is Shazeer's (2020).
func (Ops) SwiGLU(out, x []float64, width int) {
	for t := range len(out) / width {
		for i := range width {
			g, u := x[t*2*width+i], x[t*2*width+width+i]
			out[t*width+i] = g * sigmoid(g) * u
		}
	}
}

// SwiGLUBack is its gradient.
func (Ops) SwiGLUBack(dx, dout, x []float64, width int) {
	for t := range len(dout) / width {
		for i := range width {
			g, u, d := x[t*2*width+i], x[t*2*width+width+i], dout[t*width+i]
			s := sigmoid(g)
			dx[t*2*width+i] = d * u * s * (1 + g*(1-s))
			dx[t*2*width+width+i] = d * g * s
		}
	}
}

const geluScale = 0.7978845608028654 // √(2/π)

// GELU is the tanh form that GPT-2 was trained with.
func (Ops) GELU(out, x []float64) {
	for i, v := range x {
		out[i] = 0.5 * v * (1 + math.Tanh(geluScale*(v+0.044715*v*v*v)))
	}
}

// GELUBack is its gradient.
func (Ops) GELUBack(dx, dout, x []float64) {
	for i, v := range x {
		th := math.Tanh(geluScale * (v + 0.044715*v*v*v))
		dx[i] = dout[i] * (0.5*(1+th) + 0.5*v*(1-th*th)*geluScale*(1+3*0.044715*v*v))
	}
}

// Bias adds to every row.
func (Ops) Bias(x, bias []float64) {
	for i := range x {
		x[i] += bias[i%len(bias)]
	}
}

// BiasBack sums the rows.
func (Ops) BiasBack(dbias, dout []float64) {
	for i, d := range dout {
		dbias[i%len(dbias)] += d
	}
}

// Add adds.
func (Ops) Add(out, x, y []float64) {
	for i := range out {
		out[i] = x[i] + y[i]
	}
}

// Scale multiplies.
func (Ops) Scale(x []float64, by float64) {
	for i := range x {
		x[i] *= by
	}
}

// Blend adds multiples.
func (Ops) Blend(out, x, y []float64, a, b float64) {
	for i := range out {
		out[i] = a*x[i] + b*y[i]
	}
}

// AdamW is Loshchilov and Hutter's (2019).
func (Ops) AdamW(w, g, m, v []float64, a ops.Adam) {
	for i := range w {
		x := a.Scale * g[i]
		m[i] = a.Beta1*m[i] + (1-a.Beta1)*x
		v[i] = a.Beta2*v[i] + (1-a.Beta2)*x*x
		w[i] = a.Keep*w[i] - a.Rate*m[i]/(math.Sqrt(v[i])+a.Eps)
	}
}

// SumSquares sums from the left.
func (Ops) SumSquares(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	return sum
}
