package cpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-83c59573/quern/train/ops"
	"github.com/seed-83c59573/quern/train/ops/ref"
)

// starts draws documents for rows of columns, with a sliding window if it is positive.
func starts(r *rand.Rand, rows, cols, window, oneIn int) []int32 {
	out := make([]int32, rows*cols)
	for row := range rows {
		doc := 0
		for c := range cols {
			if c > 0 && r.IntN(oneIn) == 0 {
				doc = c
			}
			out[row*cols+c] = int32(doc)
			if window > 0 {
				out[row*cols+c] = int32(max(doc, c+1-window))
			}
		}
	}
	return out
}

type attention struct{ out, lse, dqkv []float32 }

func attend(o *Ops, a ops.Attn, qkv, dout []float32) attention {
	n := a.Rows * a.Cols
	r := attention{make([]float32, n*a.Heads*a.Size), make([]float32, n*a.Heads), make([]float32, n*a.Stride())}
	for i := range r.dqkv {
		r.dqkv[i] = float32(math.NaN())
	}
	o.Attention(r.out, r.lse, qkv, a)
	o.AttentionBack(r.dqkv, dout, r.out, r.lse, qkv, a)
	return r
}

// Shapes that cross the borders of tiles, panels and blocks.
var attns = []ops.Attn{
	{Rows: 1, Cols: 1, Heads: 1, KV: 1, Size: 1},
	{Rows: 2, Cols: 129, Heads: 2, KV: 1, Size: 33},
	{Rows: 1, Cols: 300, Heads: 3, KV: 3, Size: 64},
	{Rows: 1, Cols: 257, Heads: 4, KV: 2, Size: 80},
	{Rows: 3, Cols: 64, Heads: 6, KV: 2, Size: 32},
	{Rows: 1, Cols: 140, Heads: 2, KV: 2, Size: 256},
	{Rows: 1, Cols: 700, Heads: 2, KV: 1, Size: 7},
}

func TestAttentionAgainstFloat64(t *testing.T) {
	for i, a := range attns {
		for _, window := range []int{0, 1, 5, 40, 150} {
			r := rand.New(rand.NewPCG(uint64(i), uint64(window)))
			a.Start = starts(r, a.Rows, a.Cols, window, 200)
			n := a.Rows * a.Cols
			qkv, dout := random(r, n*a.Stride()), random(r, n*a.Heads*a.Size)
			wide := func(x []float32) []float64 {
				y := make([]float64, len(x))
				for i, v := range x {
					y[i] = float64(v)
				}
				return y
			}
			got := attend(New(2), a, qkv, dout)
			out, lse, dqkv := make([]float64, len(got.out)), make([]float64, len(got.lse)), make([]float64, len(qkv))
			ref.Ops{}.Attention(out, lse, wide(qkv), a)
			ref.Ops{}.AttentionBack(dqkv, wide(dout), out, lse, wide(qkv), a)
			close := func(name string, got []float32, want []float64) {
				for i, w := range want {
					if d := math.Abs(float64(got[i]) - w); !(d < 2e-5*(1+math.Abs(w))) {
						t.Fatalf("%v window %d: %s[%d] is %g, want %g", a.Cols, window, name, i, got[i], w)
					}
				}
			}
			close("out", got.out, out)
			close("lse", got.lse, lse)
			close("dqkv", got.dqkv, dqkv)
		}
	}
}

func equal(x, y attention) bool {
	return slices.Equal(x.out, y.out) && slices.Equal(x.lse, y.lse) && slices.Equal(x.dqkv, y.dqkv)
}

// However tasks are cut, the bits are the same.
func TestAttentionDoesNotDependOnWorkers(t *testing.T) {
	for i, a := range attns {
		for _, window := range []int{0, 40} {
			r := rand.New(rand.NewPCG(uint64(i), uint64(window)))
			a.Start = starts(r, a.Rows, a.Cols, window, 100)
			n := a.Rows * a.Cols
			qkv, dout := random(r, n*a.Stride()), random(r, n*a.Heads*a.Size)
			want := attend(New(1), a, qkv, dout)
			for _, workers := range []int{2, 3, 7} {
				if !equal(attend(New(workers), a, qkv, dout), want) {
					t.Errorf("shape %d window %d: %d workers give other bits", i, window, workers)
				}
			}
		}
	}
}

// A document in a packed row has the bits of the same document alone, forward and backward, with and without a window.
func TestPackedIsUnpacked(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 3))
		kv := 1 + r.IntN(3)
		a := ops.Attn{Rows: 1 + r.IntN(2), Cols: 1 + r.IntN(500), KV: kv, Heads: kv * (1 + r.IntN(3)), Size: 1 + r.IntN(70)}
		window := []int{0, 0, 1 + r.IntN(200)}[r.IntN(3)]
		a.Start = starts(r, a.Rows, a.Cols, window, 1+r.IntN(200))
		n, s, w := a.Rows*a.Cols, a.Stride(), a.Heads*a.Size
		qkv, dout := random(r, n*s), random(r, n*w)
		packed := attend(New(2), a, qkv, dout)
		segments(a, func(row, lo, n int) {
			t0 := row*a.Cols + lo
			b := a
			b.Rows, b.Cols, b.Start = 1, n, make([]int32, n)
			for i := range n {
				b.Start[i] = a.Start[t0+i] - int32(lo)
			}
			alone := attend(New(1), b, qkv[t0*s:(t0+n)*s], dout[t0*w:(t0+n)*w])
			part := attention{packed.out[t0*w : (t0+n)*w], packed.lse[t0*a.Heads : (t0+n)*a.Heads], packed.dqkv[t0*s : (t0+n)*s]}
			if !equal(part, alone) {
				t.Errorf("seed %d: a document of %d tokens at %d has other bits alone", seed, n, t0)
			}
		})
	}
}

// What a document cannot see does not reach it, be it NaN.
func TestAttentionSeesItsDocumentOnly(t *testing.T) {
	a := ops.Attn{Rows: 1, Cols: 50, Heads: 2, KV: 1, Size: 16, Start: make([]int32, 50)}
	for c := 20; c < 50; c++ {
		a.Start[c] = 20
	}
	r := rand.New(rand.NewPCG(1, 1))
	qkv, dout := random(r, 50*a.Stride()), random(r, 50*32)
	for i := range 20 * a.Stride() {
		qkv[i] = float32(math.NaN())
	}
	got := attend(New(1), a, qkv, dout)
	for i, x := range append(slices.Clone(got.out[20*32:]), got.dqkv[20*a.Stride():]...) {
		if x != x {
			t.Fatalf("a NaN at %d", i)
		}
	}
	for i, x := range got.out[:20*32] {
		if x == x {
			t.Fatalf("out[%d] is %g, of NaNs", i, x)
		}
	}
}

func TestAttentionAllocatesOnce(t *testing.T) {
	for _, workers := range []int{1, 3} {
		a := ops.Attn{Rows: 2, Cols: 300, Heads: 4, KV: 2, Size: 40}
		r := rand.New(rand.NewPCG(1, 1))
		a.Start = starts(r, a.Rows, a.Cols, 70, 50)
		n := a.Rows * a.Cols
		o, qkv, dout := New(workers), random(r, n*a.Stride()), random(r, n*160)
		out, lse, dqkv := make([]float32, n*160), make([]float32, n*4), make([]float32, n*a.Stride())
		if got := testing.AllocsPerRun(5, func() {
			o.Attention(out, lse, qkv, a)
			o.AttentionBack(dqkv, dout, out, lse, qkv, a)
		}); got != 0 {
			t.Errorf("%d workers: %v allocations", workers, got)
		}
	}
}

// Rates count the products of all visible pairs: 2 forward and 5 backward.
func BenchmarkAttention(b *testing.B) {
	for _, s := range []struct{ rows, cols, heads, kv, size int }{{4, 64, 12, 12, 64}, {4, 256, 12, 12, 64}, {4, 1024, 12, 12, 64}, {1, 4096, 4, 1, 64}} {
		a := ops.Attn{Rows: s.rows, Cols: s.cols, Heads: s.heads, KV: s.kv, Size: s.size, Start: make([]int32, s.rows*s.cols)}
		o, r, n := New(0), rand.New(rand.NewPCG(1, 0)), s.rows*s.cols
		qkv, dout, dqkv := random(r, n*a.Stride()), random(r, n*a.Heads*a.Size), make([]float32, n*a.Stride())
		out, lse := make([]float32, n*a.Heads*a.Size), make([]float32, n*a.Heads)
		pairs := float64(s.rows*s.cols*(s.cols+1)/2*s.heads) * 2 * float64(s.size) / 1e9
		name := fmt.Sprintf("%dx%dx%dx%dx%d", s.rows, s.cols, s.heads, s.kv, s.size)
		b.Run("forward/"+name, func(b *testing.B) {
			for b.Loop() {
				o.Attention(out, lse, qkv, a)
			}
			b.ReportMetric(2*pairs*float64(b.N)/b.Elapsed().Seconds(), "GF/s")
		})
		b.Run("back/"+name, func(b *testing.B) {
			for b.Loop() {
				o.AttentionBack(dqkv, dout, out, lse, qkv, a)
			}
			b.ReportMetric(5*pairs*float64(b.N)/b.Elapsed().Seconds(), "GF/s")
		})
	}
}
