package train

import (
	"testing"

	"github.com/seed-83c59573/quern/train/cost"
	"github.com/seed-83c59573/quern/train/model"
)

// TestStepsAreCountedAsForecast: what the log takes a share of is what an estimate was made of.
func TestStepsAreCountedAsForecast(t *testing.T) {
	same := func(what string, got, want float64) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %g, forecast as %g", what, got, want)
		}
	}
	h := cost.Hardware{Flops: 1, Count: 1, MFU: 1}
	for _, c := range []model.Config{
		{Arch: model.GPT2, Layers: 2, Width: 16, Heads: 2, Context: 8, Vocab: 50, Tied: true},
		{Arch: model.Llama, Layers: 2, Width: 16, Heads: 4, KVHeads: 2, HeadSize: 8, Context: 16, Vocab: 50},
		{Arch: model.Mistral, Layers: 1, Width: 16, Heads: 4, KVHeads: 2, Context: 16, Window: 4, Vocab: 50},
	} {
		c.RopeTheta, c.NormEps = 10000, 1e-5
		c = c.Resolved()
		m, err := newModel(c, "fp32", 1, c.Context)
		if err != nil {
			t.Fatal(err)
		}
		bill, err := cost.Estimate(cost.Job{Method: "pretrain", Model: c, Tokens: 1}, h)
		if err != nil {
			t.Fatal(err)
		}
		same(c.Arch+": weights", stepFlops(m), bill.PerToken)
		same(c.Arch+": attention", cost.Attention(c, c.Context, 3), bill.AttnPerToken)
		if err := m.Adapt(model.Adapter{Rank: 2, Alpha: 2, Targets: []string{model.AllLinear}}, 1); err != nil {
			t.Fatal(err)
		}
		if bill, err = cost.Estimate(cost.Job{Method: "lora", Rank: 2, Model: c, Tokens: 1}, h); err != nil {
			t.Fatal(err)
		}
		same(c.Arch+": adapters", stepFlops(m), bill.PerToken)
	}
}
