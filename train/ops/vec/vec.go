// Package vec is what kernels do to rows of float32, and attention to its tiles: exponentials and softmax, SwiGLU and GELU, norms, the
// optimizer, rotary positions, sums.
//
// Results have the same bits with AVX-512, with AVX2 and in plain Go, which the build tag noasm and other processors have: every step
// is one rounded operation, never a fused one, and sums go in 16 lanes, number i to lane i modulo 16, that are added pairwise at the
// end. (The sign and payload of a NaN are not promised; products of tiles say what they promise.) Nothing here allocates or starts a
// goroutine. Slices of a call have the length of its first one.
package vec

import "math"

//go:generate go run gen/main.go gen/rows.go gen/tile.go

const lanes = 16

// Exp is eˣ within 2 units in the last place (tested on a grid of the whole range): x = n·ln 2 + r, a polynomial for e^r (the
// coefficients of Cephes' expf), and n added to the exponent. Below -87.3 it is 0, where eˣ leaves the normal numbers.
func Exp(x float32) float32 {
	const (
		log2e = 1.44269504088896341
		ln2hi = 0.693359375
		ln2lo = -2.12194440e-4
		magic = 3 << 22 // adding it rounds to a whole number, which then stands in the last bits
	)
	switch {
	case x > 88.72283:
		return float32(math.Inf(1))
	case x < -87.3:
		return 0
	case x != x:
		return x
	}
	whole := float32(x*log2e) + magic
	n := whole - magic
	r := float32(x-float32(n*ln2hi)) - float32(n*ln2lo)
	p := float32(1.9875691500e-4)
	p = float32(p*r) + 1.3981999507e-3
	p = float32(p*r) + 8.3334519073e-3
	p = float32(p*r) + 4.1665795894e-2
	p = float32(p*r) + 1.6666665459e-1
	p = float32(p*r) + 5.0000001201e-1
	p = float32(float32(p*r)*r) + r + 1
	return math.Float32frombits(math.Float32bits(p) + math.Float32bits(whole)<<23)
}

func sigmoid(x float32) float32 { return 1 / (1 + Exp(-x)) }

// Tanh is (e^2x - 1) / (e^2x + 1): within 2e-7, absolute.
func Tanh(x float32) float32 {
	if x > 15 {
		return 1
	}
	e := Exp(x + x)
	return (e - 1) / (e + 1)
}

// reduce adds lanes pairwise.
func reduce(l *[lanes]float32) float32 {
	for n := lanes / 2; n > 0; n /= 2 {
		for i := range n {
			l[i] += l[i+n]
		}
	}
	return l[0]
}

// Max is the largest of x, -Inf if there is none. NaNs may count or not.
func Max(x []float32) float32 {
	var l [lanes]float32
	for i := range l {
		l[i] = float32(math.Inf(-1))
	}
	for i, v := range x[largest(x, &l):] {
		if l[i%lanes] < v {
			l[i%lanes] = v
		}
	}
	top := l[0]
	for _, v := range l {
		top = max(top, v)
	}
	return top
}

// Dot is Σ x[i]·y[i].
func Dot(x, y []float32) float32 {
	y = y[:len(x)]
	var l [lanes]float32
	for i := dot(x, y, &l); i < len(x); i++ {
		l[i%lanes] += float32(x[i] * y[i])
	}
	return reduce(&l)
}

// Scale is x[i] *= by.
func Scale(x []float32, by float32) {
	for i := scale(x, by); i < len(x); i++ {
		x[i] *= by
	}
}

// Exps is dst[i] = by·e^(x[i]-shift). It returns the sum of dst, which may be x.
func Exps(dst, x []float32, shift, by float32) float32 {
	x = x[:len(dst)]
	var l [lanes]float32
	for i := exps(dst, x, shift, by, &l); i < len(dst); i++ {
		dst[i] = by * Exp(x[i]-shift)
		l[i%lanes] += dst[i]
	}
	return reduce(&l)
}

// strip is how many numbers are summed in float32 before they go to float64.
const strip = 2048

// SumExp is sum = Σ e^(x[i]-shift) and mean = Σ e^(x[i]-shift)·(x[i]-shift).
func SumExp(x []float32, shift float32) (sum, mean float64) {
	for len(x) > 0 {
		n := min(len(x), strip)
		s, m := sumStrip(x[:n], shift)
		sum += float64(s)
		mean += float64(m)
		x = x[n:]
	}
	return sum, mean
}

func sumStrip(x []float32, shift float32) (sum, mean float32) {
	var s, m [lanes]float32
	for i := sumExp(x, shift, &s, &m); i < len(x); i++ {
		d := x[i] - shift
		e := Exp(d)
		s[i%lanes] += e
		m[i%lanes] += float32(e * d)
	}
	return reduce(&s), reduce(&m)
}

// SwiGLU is out[i] = gate[i]·σ(gate[i])·up[i].
func SwiGLU(out, gate, up []float32) {
	gate, up = gate[:len(out)], up[:len(out)]
	for i := swiglu(out, gate, up); i < len(out); i++ {
		g := gate[i]
		out[i] = g * sigmoid(g) * up[i]
	}
}

// SwiGLUBack is, with s = σ(gate[i]), dgate[i] = dout[i]·up[i]·s·(1+gate[i]·(1-s)); dup[i] = dout[i]·gate[i]·s.
func SwiGLUBack(dgate, dup, dout, gate, up []float32) {
	n := len(dgate)
	dup, dout, gate, up = dup[:n], dout[:n], gate[:n], up[:n]
	for i := swigluBack(dgate, dup, dout, gate, up); i < n; i++ {
		g, d := gate[i], dout[i]
		s := sigmoid(g)
		dgate[i] = d * up[i] * s * (float32(g*(1-s)) + 1)
		dup[i] = d * g * s
	}
}

const (
	geluScale = 0.7978845608028654 // √(2/π)
	geluCube  = 0.044715
)

// inner is what GELU takes the tangent of.
func inner(v float32) float32 { return geluScale * (v + float32(geluCube*v*v*v)) }

// GELU is out[i] = x/2·(1+tanh(√(2/π)·(x+0.044715·x³))). out may be x.
func GELU(out, x []float32) {
	x = x[:len(out)]
	for i := gelu(out, x); i < len(out); i++ {
		out[i] = 0.5 * x[i] * (Tanh(inner(x[i])) + 1)
	}
}

// GELUBack is dx[i] = dout[i]·GELU'(x[i]). dx may be dout.
func GELUBack(dx, dout, x []float32) {
	dout, x = dout[:len(dx)], x[:len(dx)]
	for i := geluBack(dx, dout, x); i < len(dx); i++ {
		v := x[i]
		t := Tanh(inner(v))
		steep := 0.5 * v * (1 - float32(t*t)) * geluScale * (float32(3*geluCube*v*v) + 1)
		dx[i] = dout[i] * (float32(0.5*(t+1)) + float32(steep))
	}
}
