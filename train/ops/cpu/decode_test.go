package cpu

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"

	"github.com/seed-83c59573/quern/train/ops"
)

// The assembly of decoding is what its generator prints.
func TestDecodeIsGenerated(t *testing.T) {
	isGenerated(t, "gendecode.go", map[string]string{"asm": "decode_amd64.s", "stubs": "decodestubs_amd64.go"})
}

// isGenerated compares files with what a program prints when it is given their keys.
func isGenerated(t *testing.T, program string, files map[string]string) {
	t.Helper()
	for arg, file := range files {
		got, err := exec.Command("go", "run", program, arg).Output()
		if err != nil {
			t.Skipf("cannot run the generator here: %v", err)
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is stale: go generate", file)
		}
	}
}

// drawn is a sequence with caches of random numbers and room for cols more tokens.
func drawn(r *rand.Rand, a ops.Attn, past, cols int) (ops.Span[float32], []float32) {
	random := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		return x
	}
	s := ops.Span[float32]{Cols: cols, Past: past, Keys: random(a.KeySpace(past + cols)), Values: random((past + cols) * a.KV * a.Size)}
	return s, random(cols * a.Stride())
}

func TestDecodeBits(t *testing.T) {
	defer func(d decoder) { decoding = d }(decoding)
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		kv := 1 + r.IntN(3)
		a := ops.Attn{Heads: kv * (1 + r.IntN(3)), KV: kv, Size: []int{6, 16, 48, 64, 80, 128}[r.IntN(6)]}
		s, qkv := drawn(r, a, r.IntN(200), 1+r.IntN(5))
		window := []int{0, 1 + r.IntN(100)}[r.IntN(2)]
		out := make([]float32, s.Cols*a.Heads*a.Size)
		var want []float32
		for _, d := range decoders() {
			decoding = d
			New(2).Decode(out, qkv, []ops.Span[float32]{s}, window, a)
			if want == nil {
				want = append(want, out...)
			}
			for i, x := range out {
				if math.Float32bits(x) != math.Float32bits(want[i]) {
					t.Fatalf("seed %d, %s: number %d is %g, %s has %g", seed, d.name, i, x, decoders()[0].name, want[i])
				}
			}
		}
		// Token by token is all at once.
		one := s
		one.Cols = 1
		part := make([]float32, a.Heads*a.Size)
		for c := range s.Cols {
			New(1).Decode(part, qkv[c*a.Stride():][:a.Stride()], []ops.Span[float32]{one}, window, a)
			one.Past++
			for i, x := range part {
				if x != want[c*len(part)+i] {
					t.Fatalf("seed %d: token %d alone has %g, among %d %g", seed, c, x, s.Cols, want[c*len(part)+i])
				}
			}
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	a := ops.Attn{Heads: 12, KV: 12, Size: 64}
	s, qkv := drawn(rand.New(rand.NewPCG(1, 1)), a, 1000, 1)
	out, o, spans := make([]float32, 768), New(1), []ops.Span[float32]{s}
	for _, d := range decoders() {
		b.Run(d.name, func(b *testing.B) {
			defer func(d decoder) { decoding = d }(decoding)
			decoding = d
			b.SetBytes(int64(2 * 4 * 1000 * 768))
			b.ReportAllocs()
			for range b.N {
				o.Decode(out, qkv, spans, 0, a)
			}
		})
	}
}
