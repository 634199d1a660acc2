// Package opstest holds implementations of kernels to their definition: the same random buffers go through an implementation and
// through package ref, and what comes out must agree. Gradients are held to finite differences.
package opstest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern/train/ops"
	"github.com/seed-83c59573/quern/train/ops/ref"
)

// Run compares every kernel of o with package ref. tolerance is relative to the largest number of each result.
func Run[F ops.Float](t *testing.T, o ops.Ops[F], tolerance float64) {
	t.Helper()
	for seed := range uint64(8) {
		got := Results(o, seed)
		compare(t, seed, got, Results(ref.Ops{}, seed), tolerance)
		for i, r := range got {
			if strings.HasSuffix(r.Name, " packed") && !slices.Equal(r.X, got[i-1].X) {
				t.Errorf("seed %d: %s has other bits", seed, r.Name)
			}
		}
	}
}

// compare wants NaN where the truth has it, the same infinities, and all else close.
func compare(t *testing.T, seed uint64, got, want []Result, tolerance float64) {
	t.Helper()
	for i, w := range want {
		largest := 1e-30
		for _, x := range w.X {
			if !math.IsInf(x, 0) && x == x {
				largest = max(largest, math.Abs(x))
			}
		}
		for j, x := range w.X {
			y := got[i].X[j]
			if d := math.Abs(y - x); x != y && (x == x || y == y) && !(d <= tolerance*largest) {
				t.Errorf("seed %d: %s [%d of %d] is %g, want %g", seed, w.Name, j, len(w.X), y, x)
				break
			}
		}
	}
}

// Result is a buffer that a kernel wrote.
type Result struct {
	Name string
	X    []float64
}

// Results runs every kernel on small and odd shapes that the seed draws. Two implementations get the same numbers.
func Results[F ops.Float](o ops.Ops[F], seed uint64) []Result {
	k := &kit[F]{o: o, r: rand.New(rand.NewPCG(seed, 0))}
	k.rows()
	k.attention()
	k.decode()
	return k.out
}

// rows runs every kernel in which a number meets only those that its definition names.
func (k *kit[F]) rows() {
	k.matrices()
	k.weights()
	k.embeddings()
	k.norms()
	k.headNorms()
	k.activations()
	k.rotations()
	k.elementwise()
	k.logProbs()
}

type kit[F ops.Float] struct {
	o     ops.Ops[F]
	r     *rand.Rand
	out   []Result
	edges bool // whether now and then a number is none
}

// random has numbers that float32 holds exactly.
func (k *kit[F]) random(n int) []F {
	x := make([]F, n)
	for i := range x {
		x[i] = F(float32(k.r.NormFloat64()))
		if k.edges && k.r.IntN(300) == 0 {
			x[i] = F([]float64{math.NaN(), math.Inf(1), math.Inf(-1)}[k.r.IntN(3)])
		}
	}
	return x
}

func (k *kit[F]) doubles(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(float32(k.r.NormFloat64()))
	}
	return x
}

func (k *kit[F]) ids(n, below int) []int32 {
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32(k.r.IntN(below))
	}
	return ids
}

// size is a length that now and then crosses the border of a task.
func (k *kit[F]) size(most int) int { return 1 + k.r.IntN(most) }

func (k *kit[F]) keep(name string, x []F) {
	d := make([]float64, len(x))
	for i, v := range x {
		d[i] = float64(v)
	}
	k.out = append(k.out, Result{name, d})
}

func (k *kit[F]) keepDoubles(name string, x []float64) {
	k.out = append(k.out, Result{name, append([]float64(nil), x...)})
}

func (k *kit[F]) matrices() {
	for i := range 12 {
		ta, tb := i&1 != 0, i&2 != 0
		m, n, l := k.size(150), k.size(220), k.size(90)
		a, b, c := k.random(m*l), k.random(l*n), k.random(m*n)
		beta := []F{0, 1, -0.5}[i/4]
		if beta == 0 { // must not be read
			for j := range c {
				c[j] = F(math.NaN())
			}
		}
		k.o.MatMul(ta, tb, m, n, l, a, b, beta, c)
		k.keep(fmt.Sprintf("MatMul ta=%v tb=%v %d×%d×%d beta=%v", ta, tb, m, n, l, beta), c)
	}
}

// weights go through Linear as they are and packed, for few rows and for many: with the same bits.
func (k *kit[F]) weights() {
	for i := range 18 {
		m, w := k.size([]int{3, 20, 90}[i%3]), ops.Weight[F]{T: i&1 != 0, K: 4 * k.size(30), N: 4 + k.size(200)}
		if i > 11 {
			w.K = k.size(500)
		}
		w.B = k.random(w.K * w.N)
		x, out, bias := k.random(m*w.K), k.random(m*w.N), k.random(w.N)
		if i%4 == 0 {
			bias = nil
		}
		beta := []F{0, 1, -0.5}[i/6]
		if beta == 0 { // must not be read
			for j := range out {
				out[j] = F(math.NaN())
			}
		}
		again := append([]F(nil), out...)
		k.o.Linear(out, x, &w, bias, beta)
		k.keep(fmt.Sprintf("Linear %v", w.T), out)
		k.o.Pack(&w)
		k.o.Linear(again, x, &w, bias, beta)
		k.keep(fmt.Sprintf("Linear %v packed", w.T), again)
	}
}

func (k *kit[F]) embeddings() {
	n, rows, width := k.size(400), k.size(20), k.size(100)
	table, out, ids := k.random(rows*width), k.random(n*width), k.ids(n, rows)
	k.o.EmbedBack(table, out, ids, width)
	k.keep("EmbedBack", table)
	k.o.Embed(out, table, ids, width)
	k.keep("Embed", out)
}

func (k *kit[F]) norms() {
	n, w := k.size(300), 1+k.size(120)
	x, gain, bias, dout := k.random(n*w), k.random(w), k.random(w), k.random(n*w)
	out, mean, inv := k.random(n*w), k.random(n), k.random(n)
	k.o.RMSNorm(out, inv, x, gain, 1e-3)
	k.keep("RMSNorm", out)
	dx, dgain, dbias := k.random(n*w), k.random(w), k.random(w)
	k.o.RMSNormBack(dx, dgain, dout, x, gain, inv)
	k.keep("RMSNormBack dx", dx)
	k.keep("RMSNormBack dgain", dgain)
	k.o.LayerNorm(out, mean, inv, x, gain, bias, 1e-3)
	k.keep("LayerNorm", out)
	k.o.LayerNormBack(dx, dgain, dbias, dout, x, gain, mean, inv)
	k.keep("LayerNormBack dx", dx)
	k.keep("LayerNormBack dgain", dgain)
	k.keep("LayerNormBack dbias", dbias)
}

func (k *kit[F]) headNorms() {
	heads, size, n := k.size(5), k.size(40), k.size(300)
	stride := heads*size + k.size(20)
	x, gain, dx, dgain := k.random(n*stride), k.random(size), k.random(n*stride), k.random(size)
	k.o.HeadNormBack(dx, dgain, x, gain, heads, stride, 1e-3)
	k.keep("HeadNormBack dx", dx)
	k.keep("HeadNormBack dgain", dgain)
	k.o.HeadNorm(x[:len(x)-(stride-heads*size)], gain, heads, stride, 1e-3)
	k.keep("HeadNorm", x)
}

func (k *kit[F]) activations() {
	n, w := k.size(300), k.size(100)
	x, dout := k.random(n*2*w), k.random(n*w)
	for i := range min(8, len(x)) {
		x[i] = []F{-100, 100, -30, 30, -10, 10, 0, -88}[i] // saturated
	}
	out, dx := k.random(n*w), k.random(n*2*w)
	k.o.SwiGLU(out, x, w)
	k.keep("SwiGLU", out)
	k.o.SwiGLUBack(dx, dout, x, w)
	k.keep("SwiGLUBack", dx)
	k.o.GELU(out, x[:n*w])
	k.keep("GELU", out)
	k.o.GELUBack(dout, dout, x[:n*w])
	k.keep("GELUBack in place", dout)
}

func (k *kit[F]) rotations() {
	heads, size, n, context := k.size(5), 2*k.size(8), k.size(200), k.size(40)
	stride := heads*size + k.size(20)
	x, cos, sin, pos := k.random(n*stride), k.random(context*size/2), k.random(context*size/2), k.ids(n, context)
	k.o.Rotary(x, cos, sin, pos, heads, size, stride)
	k.keep("Rotary", x)
	k.o.RotaryBack(x, cos, sin, pos, heads, size, stride)
	k.keep("RotaryBack", x)
}

// attn draws a shape whose rows hold several documents, now and then seen through a window.
func (k *kit[F]) attn() ops.Attn {
	kv := k.size(3)
	a := ops.Attn{Rows: k.size(3), Cols: k.size(200), Heads: kv * k.size(3), KV: kv, Size: []int{k.size(12), k.size(70)}[k.r.IntN(2)]}
	window := a.Cols
	if k.r.IntN(3) == 0 {
		window = k.size(a.Cols)
	}
	a.Start = make([]int32, a.Rows*a.Cols)
	for t := range a.Start {
		c := t % a.Cols
		if c > 0 {
			a.Start[t] = a.Start[t-1]
			if k.r.IntN(60) == 0 {
				a.Start[t] = int32(c)
			}
		}
		a.Start[t] = max(a.Start[t], int32(c+1-window))
	}
	return a
}

func (k *kit[F]) attention() {
	a := k.attn()
	n, w := a.Rows*a.Cols, a.Heads*a.Size
	qkv, out, lse := k.random(n*a.Stride()), k.random(n*w), k.random(n*a.Heads)
	k.o.Attention(out, lse, qkv, a)
	k.keep("Attention", out)
	k.keep("Attention lse", lse)
	dqkv, dout := k.random(n*a.Stride()), k.random(n*w)
	k.o.AttentionBack(dqkv, dout, out, lse, qkv, a)
	k.keep("AttentionBack", dqkv)
}

// decode takes several sequences of different lengths at once, of which some see a window only.
func (k *kit[F]) decode() {
	a := k.attn()
	a.Rows, a.Cols, a.Start = 0, 0, nil
	if k.r.IntN(2) == 0 {
		a.Size = 16 * k.size(5)
	}
	w, rows := a.KV*a.Size, 0
	spans := make([]ops.Span[F], k.size(4))
	for i := range spans {
		s := ops.Span[F]{Cols: k.size(20), Past: k.r.IntN(90)}
		s.Keys, s.Values = k.random(a.KeySpace(s.Past+s.Cols)), k.random((s.Past+s.Cols)*w)
		spans[i], rows = s, rows+s.Cols
	}
	qkv, out := k.random(rows*a.Stride()), k.random(rows*a.Heads*a.Size)
	k.o.Decode(out, qkv, spans, []int{0, k.size(40)}[k.r.IntN(2)], a)
	k.keep("Decode", out)
	for _, s := range spans {
		k.keep("Decode keys", s.Keys)
		k.keep("Decode values", s.Values)
	}
}

func (k *kit[F]) elementwise() {
	n, w := k.size(500), k.size(80)
	x, y := k.random(n*w), k.random(n*w)
	k.o.Bias(x, y[:w])
	k.keep("Bias", x)
	dbias := k.random(w)
	k.o.BiasBack(dbias, x)
	k.keep("BiasBack", dbias)
	k.o.Add(x, x, y)
	k.keep("Add in place", x)
	k.o.Scale(x, 0.25)
	k.keep("Scale", x)
	k.o.Blend(y, x, y, 0.75, -0.5)
	k.keep("Blend in place", y)
	k.keepDoubles("SumSquares", []float64{k.o.SumSquares(x)})
	m, v, g := k.random(n*w), k.random(n*w), k.random(n*w)
	for i := range v {
		v[i] *= v[i]
	}
	k.o.AdamW(x, g, m, v, ops.Adam{Scale: 0.5, Beta1: 0.9, Beta2: 0.95, Rate: 0.01, Eps: 1e-6, Keep: 0.999})
	k.keep("AdamW w", x)
	k.keep("AdamW m", m)
	k.keep("AdamW v", v)
}

func (k *kit[F]) logProbs() {
	n, w := k.size(100), k.size(700)
	logits := k.random(n * w)
	targets := k.ids(n, w)
	for t := range targets {
		if k.r.IntN(4) == 0 {
			targets[t] = -1
		}
		if k.r.IntN(4) == 0 {
			k.o.Scale(logits[t*w:(t+1)*w], 20) // a peak
		}
	}
	logp, entropy, lse := k.doubles(n), k.doubles(n), k.doubles(n)
	k.o.LogProb(logp, entropy, lse, logits, targets, w)
	k.keepDoubles("LogProb", logp)
	k.keepDoubles("LogProb entropy", entropy)
	k.keepDoubles("LogProb lse", lse)
	k.o.LogProb(logp, nil, lse, logits, targets, w)
	k.keepDoubles("LogProb without entropy", logp)
	k.keepDoubles("LogProb lse without entropy", lse)
	again, third := append([]F(nil), logits...), append([]F(nil), logits...)
	dlogp, dentropy := k.doubles(n), k.doubles(n)
	k.o.LogProbBack(logits, targets, entropy, lse, dlogp, nil, w)
	k.keep("LogProbBack", logits)
	k.o.LogProbBack(third, targets, nil, lse, dlogp, nil, w)
	k.keep("LogProbBack without entropy", third)
	k.o.LogProb(logp, entropy, lse, again, targets, w)
	k.o.LogProbBack(again, targets, entropy, lse, dlogp, dentropy, w)
	k.keep("LogProbBack with entropy", again)
}
