package opstest

import (
	"math/rand/v2"
	"testing"

	"github.com/seed-83c59573/quern/train/ops"
	"github.com/seed-83c59573/quern/train/ops/ref"
)

// Edges holds kernels to the truth where some numbers are infinite or none: NaN must come out where the definition says so, and nowhere
// else. Attention is left out: a tile of it may see a NaN that stands later in the same document.
func Edges[F ops.Float](t *testing.T, o ops.Ops[F], tolerance float64) {
	t.Helper()
	for seed := range uint64(8) {
		got := &kit[F]{o: o, r: rand.New(rand.NewPCG(seed, 9)), edges: true}
		want := &kit[float64]{o: ref.Ops{}, r: rand.New(rand.NewPCG(seed, 9)), edges: true}
		got.rows()
		want.rows()
		compare(t, seed, got.out, want.out, tolerance)
	}
}

// Empty calls every kernel with no tokens: nothing may happen, to a gradient least of all.
func Empty[F ops.Float](t *testing.T, o ops.Ops[F]) {
	t.Helper()
	w, g := []F{1, 2}, []F{3, 4}
	for name, call := range map[string]func(){
		"MatMul":        func() { o.MatMul(false, false, 0, 2, 1, nil, w, 0, nil) },
		"MatMul adds 0": func() { o.MatMul(true, false, 1, 2, 0, nil, nil, 1, g) },
		"Embed":         func() { o.Embed(nil, w, nil, 2) },
		"EmbedBack":     func() { o.EmbedBack(g, nil, nil, 2) },
		"RMSNorm":       func() { o.RMSNorm(nil, nil, nil, w, 1) },
		"RMSNormBack":   func() { o.RMSNormBack(nil, g, nil, nil, w, nil) },
		"LayerNorm":     func() { o.LayerNorm(nil, nil, nil, nil, w, w, 1) },
		"LayerNormBack": func() { o.LayerNormBack(nil, g, g, nil, nil, w, nil, nil) },
		"HeadNorm":      func() { o.HeadNorm(nil, w, 1, 2, 1) },
		"HeadNormBack":  func() { o.HeadNormBack(nil, g, nil, w, 1, 2, 1) },
		"Rotary":        func() { o.Rotary(nil, w, w, nil, 1, 2, 2); o.RotaryBack(nil, w, w, nil, 1, 2, 2) },
		"SwiGLU":        func() { o.SwiGLU(nil, nil, 2); o.SwiGLUBack(nil, nil, nil, 2) },
		"GELU":          func() { o.GELU(nil, nil); o.GELUBack(nil, nil, nil) },
		"Attention":     func() { o.Attention(nil, nil, nil, ops.Attn{Heads: 1, KV: 1, Size: 2}) },
		"AttentionBack": func() { o.AttentionBack(nil, nil, nil, nil, nil, ops.Attn{Heads: 1, KV: 1, Size: 2}) },
		"Bias":          func() { o.Bias(nil, w); o.BiasBack(g, nil) },
		"elementwise":   func() { o.Add(nil, nil, nil); o.Scale(nil, 2); o.Blend(nil, nil, nil, 1, 1) },
		"LogProb":       func() { o.LogProb(nil, nil, nil, nil, nil, 2); o.LogProbBack(nil, nil, nil, nil, nil, nil, 2) },
		"AdamW":         func() { o.AdamW(nil, nil, nil, nil, ops.Adam{}) },
	} {
		func() {
			defer func() {
				if e := recover(); e != nil {
					t.Errorf("%s of nothing panics: %v", name, e)
				}
			}()
			call()
		}()
		if w[0] != 1 || w[1] != 2 || g[0] != 3 || g[1] != 4 {
			t.Errorf("%s of nothing leaves %v, %v", name, w, g)
		}
	}
	if got := o.SumSquares(nil); got != 0 {
		t.Errorf("the empty sum is %g", got)
	}
}

// Steady wants that no kernel takes memory after the first call of its size.
func Steady[F ops.Float](t *testing.T, o ops.Ops[F]) {
	t.Helper()
	k := &kit[F]{o: o, r: rand.New(rand.NewPCG(1, 2))}
	const n, w, heads, size = 200, 192, 4, 48
	x, y, z, gain, bias, stat, inv := k.random(2*n*w), k.random(2*n*w), k.random(2*n*w), k.random(w), k.random(w), k.random(n), k.random(n)
	ids, a := k.ids(n, w), ops.Attn{Rows: 1, Cols: n, Heads: heads, KV: heads, Size: size, Start: make([]int32, n)}
	qkv, dqkv, lse := k.random(n*a.Stride()), k.random(n*a.Stride()), k.random(n*heads)
	p, q, r := k.doubles(n), k.doubles(n), k.doubles(n)
	for name, call := range map[string]func(){
		"MatMul":        func() { o.MatMul(false, true, n, w, w, x, y, 0, z) },
		"Embed":         func() { o.Embed(x[:n*w], y, ids, w) },
		"EmbedBack":     func() { o.EmbedBack(y, x[:n*w], ids, w) },
		"RMSNorm":       func() { o.RMSNorm(y, inv, x[:n*w], gain, 1) },
		"RMSNormBack":   func() { o.RMSNormBack(y[:n*w], gain, z, x[:n*w], bias, inv) },
		"LayerNorm":     func() { o.LayerNorm(y, stat, inv, x[:n*w], gain, bias, 1) },
		"LayerNormBack": func() { o.LayerNormBack(y[:n*w], gain, bias, z, x[:n*w], bias, stat, inv) },
		"HeadNorm":      func() { o.HeadNorm(x[:n*w], gain[:size], heads, w, 1) },
		"HeadNormBack":  func() { o.HeadNormBack(x[:n*w], gain[:size], y[:n*w], bias[:size], heads, w, 1) },
		"Rotary":        func() { o.Rotary(x, y, z, ids, heads, size, w) },
		"RotaryBack":    func() { o.RotaryBack(x, y, z, ids, heads, size, w) },
		"SwiGLU":        func() { o.SwiGLU(y[:n*w], x, w) },
		"SwiGLUBack":    func() { o.SwiGLUBack(z, y[:n*w], x, w) },
		"GELU":          func() { o.GELU(y, x) },
		"GELUBack":      func() { o.GELUBack(z, y, x) },
		"Attention":     func() { o.Attention(x, lse, qkv, a) },
		"AttentionBack": func() { o.AttentionBack(dqkv, y, x, lse, qkv, a) },
		"Bias":          func() { o.Bias(x, bias) },
		"BiasBack":      func() { o.BiasBack(bias, x) },
		"Add":           func() { o.Add(x, y, z) },
		"Scale":         func() { o.Scale(x, 0.5) },
		"Blend":         func() { o.Blend(x, y, z, 0.5, 0.5) },
		"LogProb":       func() { o.LogProb(p, q, r, x[:n*w], ids, w) },
		"LogProbBack":   func() { o.LogProbBack(x[:n*w], ids, q, r, p, q, w) },
		"AdamW":         func() { o.AdamW(x, y, z, y, ops.Adam{Scale: 1, Keep: 1, Eps: 1}) },
		"SumSquares":    func() { p[0] = o.SumSquares(x) },
	} {
		if got := testing.AllocsPerRun(2, call); got != 0 {
			t.Errorf("%s: %v allocations", name, got)
		}
	}
}
