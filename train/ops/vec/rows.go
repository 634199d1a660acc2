package vec

import "math"

// Add is out[i] = x[i] + y[i]; out may be x or y.
func Add(out, x, y []float32) {
	x, y = x[:len(out)], y[:len(out)]
	for i := add(out, x, y); i < len(out); i++ {
		out[i] = x[i] + y[i]
	}
}

// Blend is out[i] = a·x[i] + b·y[i]; out may be x or y.
func Blend(out, x, y []float32, a, b float32) {
	x, y = x[:len(out)], y[:len(out)]
	for i := blend(out, x, y, a, b); i < len(out); i++ {
		out[i] = float32(a*x[i]) + float32(b*y[i])
	}
}

// Sum is Σ x[i].
func Sum(x []float32) float32 {
	var l [lanes]float32
	for i := sum(x, &l); i < len(x); i++ {
		l[i%lanes] += x[i]
	}
	return reduce(&l)
}

// Spread is Σ (x[i]-mean)².
func Spread(x []float32, mean float32) float32 {
	var l [lanes]float32
	for i := spread(x, mean, &l); i < len(x); i++ {
		d := x[i] - mean
		l[i%lanes] += float32(d * d)
	}
	return reduce(&l)
}

// SumSquares is Σ x[i]² in float64.
func SumSquares(x []float32) float64 {
	var l [lanes]float64
	i := whole(len(x))
	switch {
	case i == 0:
	case width == 512:
		sumSquares512(i, &x[0], &l)
	default:
		sumSquares256(i, &x[0], &l)
	}
	for ; i < len(x); i++ {
		v := float64(x[i])
		l[i%lanes] += float64(v * v)
	}
	for n := lanes / 2; n > 0; n /= 2 {
		for i := range n {
			l[i] += l[i+n]
		}
	}
	return l[0]
}

// SumExps is Σ e^(x[i]-shift), strip by strip as SumExp's.
func SumExps(x []float32, shift float32) (total float64) {
	for len(x) > 0 {
		s := x[:min(len(x), strip)]
		var l [lanes]float32
		for i := sumExps(s, shift, &l); i < len(s); i++ {
			l[i%lanes] += Exp(s[i] - shift)
		}
		total += float64(reduce(&l))
		x = x[len(s):]
	}
	return total
}

// EntropyBack is, with e = x[i]-lse, x[i] = -e^e·(dlogp + dentropy·(e+entropy)).
func EntropyBack(x []float32, lse, entropy, dlogp, dentropy float32) {
	for i := entropyBack(x, lse, entropy, dlogp, dentropy); i < len(x); i++ {
		e := x[i] - lse
		x[i] = -(Exp(e) * (float32((e+entropy)*dentropy) + dlogp))
	}
}

// RMS is out[i] = x[i]·inv·gain[i]; out may be x.
func RMS(out, x, gain []float32, inv float32) {
	x, gain = x[:len(out)], gain[:len(out)]
	for i := rms(out, x, gain, inv); i < len(out); i++ {
		out[i] = x[i] * inv * gain[i]
	}
}

// RMSMean is Σ dout[i]·gain[i]·x[i].
func RMSMean(dout, gain, x []float32) float32 {
	gain, x = gain[:len(dout)], x[:len(dout)]
	var l [lanes]float32
	for i := rmsMean(dout, gain, x, &l); i < len(dout); i++ {
		l[i%lanes] += float32(dout[i] * gain[i] * x[i])
	}
	return reduce(&l)
}

// RMSBack is, with y = x·inv, dgain[i] += dout[i]·y[i]; dx[i] += inv·(dout[i]·gain[i] - y[i]·mean).
func RMSBack(dx, dgain, dout, x, gain []float32, inv, mean float32) {
	n := len(dx)
	dgain, dout, x, gain = dgain[:n], dout[:n], x[:n], gain[:n]
	for i := rmsBack(dx, dgain, dout, x, gain, inv, mean); i < n; i++ {
		y := x[i] * inv
		dgain[i] += float32(dout[i] * y)
		dx[i] += float32((float32(dout[i]*gain[i]) - float32(y*mean)) * inv)
	}
}

// RMSTurn is RMSBack with dout in dx, which it overwrites.
func RMSTurn(dx, dgain, x, gain []float32, inv, mean float32) {
	n := len(dx)
	dgain, x, gain = dgain[:n], x[:n], gain[:n]
	for i := rmsTurn(dx, dgain, x, gain, inv, mean); i < n; i++ {
		y := x[i] * inv
		d := dx[i]
		dgain[i] += float32(d * y)
		dx[i] = (float32(d*gain[i]) - float32(y*mean)) * inv
	}
}

// Layer is out[i] = (x[i]-mean)·inv·gain[i] + bias[i].
func Layer(out, x, gain, bias []float32, mean, inv float32) {
	n := len(out)
	x, gain, bias = x[:n], gain[:n], bias[:n]
	for i := layer(out, x, gain, bias, mean, inv); i < n; i++ {
		out[i] = float32((x[i]-mean)*inv*gain[i]) + bias[i]
	}
}

// LayerMeans is, with h = dout·gain, first = Σ h[i] and second = Σ h[i]·(x[i]-mean)·inv.
func LayerMeans(dout, gain, x []float32, mean, inv float32) (first, second float32) {
	gain, x = gain[:len(dout)], x[:len(dout)]
	var a, b [lanes]float32
	for i := layerMeans(dout, gain, x, mean, inv, &a, &b); i < len(dout); i++ {
		h := dout[i] * gain[i]
		a[i%lanes] += h
		b[i%lanes] += float32(h * (x[i] - mean) * inv)
	}
	return reduce(&a), reduce(&b)
}

// LayerBack is, with y = (x-mean)·inv, dgain[i] += dout[i]·y[i]; dbias[i] += dout[i];
// dx[i] += inv·(dout[i]·gain[i] - first - y[i]·second).
func LayerBack(dx, dgain, dbias, dout, x, gain []float32, mean, inv, first, second float32) {
	n := len(dx)
	dgain, dbias, dout, x, gain = dgain[:n], dbias[:n], dout[:n], x[:n], gain[:n]
	for i := layerBack(dx, dgain, dbias, dout, x, gain, mean, inv, first, second); i < n; i++ {
		y := (x[i] - mean) * inv
		dgain[i] += float32(dout[i] * y)
		dbias[i] += dout[i]
		dx[i] += float32((float32(dout[i]*gain[i]) - first - float32(y*second)) * inv)
	}
}

// Rotate is x[i], y[i] = x[i]·cos[i] - y[i]·sin[i], y[i]·cos[i] + x[i]·sin[i].
func Rotate(x, y, cos, sin []float32) {
	y, cos, sin = y[:len(x)], cos[:len(x)], sin[:len(x)]
	for i := rotate(x, y, cos, sin); i < len(x); i++ {
		a, b, c, s := x[i], y[i], cos[i], sin[i]
		x[i], y[i] = float32(a*c)-float32(b*s), float32(b*c)+float32(a*s)
	}
}

// RotateBack is Rotate with -sin.
func RotateBack(x, y, cos, sin []float32) {
	y, cos, sin = y[:len(x)], cos[:len(x)], sin[:len(x)]
	for i := rotateBack(x, y, cos, sin); i < len(x); i++ {
		a, b, c, s := x[i], y[i], cos[i], sin[i]
		x[i], y[i] = float32(a*c)+float32(b*s), float32(b*c)-float32(a*s)
	}
}

// AdamW is g = dw·scale; m = b1·m + c1·g; v = b2·v + c2·g²; w = keep·w - rate·m/(√v+eps).
func AdamW(w, dw, m, v []float32, scale, b1, c1, b2, c2, keep, rate, eps float32) {
	n := len(w)
	dw, m, v = dw[:n], m[:n], v[:n]
	for i := adamW(w, dw, m, v, scale, b1, c1, b2, c2, keep, rate, eps); i < n; i++ {
		g := dw[i] * scale
		m[i] = float32(m[i]*b1) + float32(g*c1)
		v[i] = float32(v[i]*b2) + float32(g*c2*g)
		w[i] = float32(w[i]*keep) - float32(m[i]*rate)/(float32(math.Sqrt(float64(v[i])))+eps)
	}
}
