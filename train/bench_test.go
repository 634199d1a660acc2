package train

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/seed-83c59573/quern/train/data"
	"github.com/seed-83c59573/quern/train/model"
)

// walk is the stream of cmd/versus/losscurve.py: three tokens of four follow from the one before.
func walk(n, vocab int, s uint64) data.Tokens {
	out, x := make(data.Tokens, n), 0
	for i := range out {
		s = s*6364136223846793005 + 1442695040888963407
		if s>>62 != 0 {
			x = (5*x + 7) % vocab
		} else {
			x = int((s >> 33) % uint64(vocab))
		}
		out[i] = int32(x)
	}
	return out
}

// TestLossesArePyTorchs takes twenty steps from the weights, over the tokens and with the optimizer that cmd/versus/losscurve.py
// --golden gave to PyTorch 2.15, in float64 and in float32.
func TestLossesArePyTorchs(t *testing.T) {
	for _, name := range []string{"gpt2", "llama"} {
		b, err := os.ReadFile("testdata/torch_" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var golden struct {
			Config struct {
				Model        model.Config
				Batch, Steps int
				Warmup       float64
				LR           float64
				Seed         uint64
			}
			FP32, FP64 []float64
		}
		if err := json.Unmarshal(b, &golden); err != nil {
			t.Fatal(err)
		}
		g := golden.Config
		c := DefaultConfig()
		c.Model, c.Batch, c.Micro, c.Steps, c.LR, c.Warmup = g.Model, g.Batch, g.Batch/2, g.Steps, g.LR, g.Warmup
		s, err := NewStepper(c, walk(g.Batch*g.Steps+1, g.Model.Vocab, g.Seed), -1, 2, g.Seed)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for i := range g.Steps {
			x, err := s.Step(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if d := math.Abs(x.Loss - golden.FP64[i]); !(d < 1e-5) {
				t.Errorf("%s: step %d: loss %.7f, PyTorch in float64 has %.7f", name, i+1, x.Loss, golden.FP64[i])
			}
			if d := math.Abs(x.Loss - golden.FP32[i]); !(d < 1e-5) {
				t.Errorf("%s: step %d: loss %.7f, PyTorch in float32 has %.7f", name, i+1, x.Loss, golden.FP32[i])
			}
		}
	}
}
