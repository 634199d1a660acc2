package opstest

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-83c59573/quern/train/ops"
)

// Gradients holds every backward kernel of o to central differences of its forward kernel.
func Gradients(t *testing.T, o ops.Ops[float64]) {
	t.Helper()
	k := &kit[float64]{o: o, r: rand.New(rand.NewPCG(1, 1))}
	normGradients(t, o, k)
	activationGradients(t, o, k)
	attentionGradients(t, o, k)
	headGradients(t, o, k)
}

// hold compares grad with the differences of loss when each number of x moves.
func hold(t *testing.T, name string, x, grad []float64, loss func() float64) {
	t.Helper()
	const h = 1e-5
	for i := range x {
		was := x[i]
		x[i] = was + h
		up := loss()
		x[i] = was - h
		down := loss()
		x[i] = was
		if want := (up - down) / (2 * h); math.Abs(grad[i]-want) > 1e-6*(1+math.Abs(want)) {
			t.Errorf("%s: gradient [%d of %d] is %g, want %g", name, i, len(x), grad[i], want)
			return
		}
	}
}

func dot(x, y []float64) float64 {
	sum := 0.0
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}

func normGradients(t *testing.T, o ops.Ops[float64], k *kit[float64]) {
	t.Helper()
	const n, w = 3, 5
	x, gain, bias, dout, out := k.random(n*w), k.random(w), k.random(w), k.random(n*w), make([]float64, n*w)
	mean, inv := make([]float64, n), make([]float64, n)
	dx, dgain, dbias := make([]float64, n*w), make([]float64, w), make([]float64, w)

	rms := func() float64 { o.RMSNorm(out, inv, x, gain, 1e-3); return dot(out, dout) }
	rms()
	o.RMSNormBack(dx, dgain, dout, x, gain, inv)
	hold(t, "RMSNormBack dx", x, dx, rms)
	hold(t, "RMSNormBack dgain", gain, dgain, rms)

	clear(dx)
	clear(dgain)
	layer := func() float64 { o.LayerNorm(out, mean, inv, x, gain, bias, 1e-3); return dot(out, dout) }
	layer()
	o.LayerNormBack(dx, dgain, dbias, dout, x, gain, mean, inv)
	hold(t, "LayerNormBack dx", x, dx, layer)
	hold(t, "LayerNormBack dgain", gain, dgain, layer)
	hold(t, "LayerNormBack dbias", bias, dbias, layer)

	clear(dbias)
	o.BiasBack(dbias, dout)
	hold(t, "BiasBack", bias, dbias, func() float64 { y := slices.Clone(x); o.Bias(y, bias); return dot(y, dout) })

	const heads, stride = 2, 2*w + 3
	y, dy := k.random(n*stride), k.random(n*stride)
	dhead := slices.Clone(dy)
	clear(dgain)
	o.HeadNormBack(dhead, dgain, y, gain, heads, stride, 1e-3)
	head := func() float64 { z := slices.Clone(y); o.HeadNorm(z, gain, heads, stride, 1e-3); return dot(z, dy) }
	hold(t, "HeadNormBack dx", y, dhead, head)
	hold(t, "HeadNormBack dgain", gain, dgain, head)

	ids, table, dtable := []int32{1, 0, 1}, k.random(2*w), make([]float64, 2*w)
	o.EmbedBack(dtable, dout, ids, w)
	hold(t, "EmbedBack", table, dtable, func() float64 { o.Embed(out, table, ids, w); return dot(out, dout) })
}

func activationGradients(t *testing.T, o ops.Ops[float64], k *kit[float64]) {
	t.Helper()
	const n, w = 3, 4
	x, dout, out, dx := k.random(n*2*w), k.random(n*w), make([]float64, n*w), make([]float64, n*2*w)
	o.SwiGLUBack(dx, dout, x, w)
	hold(t, "SwiGLUBack", x, dx, func() float64 { o.SwiGLU(out, x, w); return dot(out, dout) })
	o.GELUBack(dx[:n*w], dout, x[:n*w])
	hold(t, "GELUBack", x[:n*w], dx, func() float64 { o.GELU(out, x[:n*w]); return dot(out, dout) })

	cos, sin, pos := k.random(4), k.random(4), []int32{1, 0, 1} // two heads of 4 in a stride of 8
	d := k.random(n * 2 * w)
	back := slices.Clone(d)
	o.RotaryBack(back, cos, sin, pos, 2, 4, 8)
	hold(t, "RotaryBack", x, back, func() float64 {
		y := slices.Clone(x)
		o.Rotary(y, cos, sin, pos, 2, 4, 8)
		return dot(y, d)
	})
}

func attentionGradients(t *testing.T, o ops.Ops[float64], k *kit[float64]) {
	t.Helper()
	for _, a := range []ops.Attn{
		{Rows: 2, Cols: 4, Heads: 4, KV: 2, Size: 3, Start: []int32{0, 0, 2, 2, 0, 0, 0, 0}}, // two documents in a row
		{Rows: 1, Cols: 5, Heads: 2, KV: 1, Size: 4, Start: []int32{0, 0, 1, 2, 3}},          // a window of two
		{Rows: 1, Cols: 1, Heads: 1, KV: 1, Size: 1, Start: []int32{0}},
	} {
		n, w := a.Rows*a.Cols, a.Heads*a.Size
		qkv, dout := k.random(n*a.Stride()), k.random(n*w)
		out, lse, dqkv := make([]float64, n*w), make([]float64, n*a.Heads), k.random(n*a.Stride())
		loss := func() float64 { o.Attention(out, lse, qkv, a); return dot(out, dout) }
		loss()
		o.AttentionBack(dqkv, dout, out, lse, qkv, a)
		hold(t, "AttentionBack", qkv, dqkv, loss)
	}
}

func headGradients(t *testing.T, o ops.Ops[float64], k *kit[float64]) {
	t.Helper()
	const n, w = 3, 6
	targets := []int32{2, -1, 5}
	logits, dlogp, dentropy := k.random(n*w), k.random(n), k.random(n)
	logp, entropy, lse := make([]float64, n), make([]float64, n), make([]float64, n)
	loss := func() float64 {
		o.LogProb(logp, entropy, lse, logits, targets, w)
		return dot(logp, dlogp) + dot(entropy, dentropy)
	}
	loss()
	grad := slices.Clone(logits)
	o.LogProbBack(grad, targets, entropy, lse, dlogp, dentropy, w)
	hold(t, "LogProbBack", logits, grad, loss)
}
