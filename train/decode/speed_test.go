package decode

import (
	"fmt"
	"testing"

	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/ops/cpu"
	"github.com/seed-83c59573/quern/train/ops/vec"
)

// BenchmarkGPT2 draws tokens from a model of the size of GPT-2 with 124M parameters. MB/s is how fast it reads its weights, to be held
// against BenchmarkRead: what a pass over as many bytes costs that does nothing else.
func BenchmarkGPT2(b *testing.B) {
	c := model.Config{Arch: model.GPT2, Layers: 12, Width: 768, Heads: 12, Context: 1024, Vocab: 50257, Tied: true, NormEps: 1e-5}
	m, err := model.New(c, cpu.New(2), 1)
	if err != nil {
		b.Fatal(err)
	}
	m.Init(1)
	for _, n := range []int{1, 8} {
		b.Run(fmt.Sprint(n, " sequences"), func(b *testing.B) {
			e := NewEngine(m, nil, n, max(n, 64))
			for i := range n {
				r := &Request{Prompt: make([]int32, 64), Options: Default()}
				r.Options.Tokens, r.Options.Seed = 900, uint64(i)
				if err := e.Add(r); err != nil {
					b.Fatal(err)
				}
			}
			for range n + 2 {
				e.Step()
			}
			b.SetBytes(int64(4 * (c.Parameters() - 1024*768)))
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				e.Step()
			}
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}

// BenchmarkRead reads as many bytes as a token of BenchmarkGPT2 does, on two processors.
func BenchmarkRead(b *testing.B) {
	const n = 123_653_376
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(i)
	}
	b.SetBytes(4 * n)
	for range b.N {
		done := make(chan float32)
		for half := range 2 {
			go func() {
				part, top := x[half*n/2:(half+1)*n/2], float32(0)
				for lo := 0; lo < len(part); lo += 1 << 14 {
					top = max(top, vec.Max(part[lo:min(lo+1<<14, len(part))]))
				}
				done <- top
			}()
		}
		<-done
		<-done
	}
}
