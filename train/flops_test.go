package train

import (
	"testing"

	"github.com/seed-83c59573/quern/train/model"
)

// TestStepsAreCountedAsForecast: what the log takes a share of is what an estimate was made of.
func TestStepsAreCountedAsForecast(t *testing.T) {
	h := Hardware{Flops: 1, Count: 1, MFU: 1}
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
		cost, err := Estimate(Job{Method: "pretrain", Model: c, Tokens: 1}, h)
		if err != nil {
			t.Fatal(err)
		}
		near(t, c.Arch+": weights", stepFlops(m), cost.PerToken, 0)
		near(t, c.Arch+": attention", attentionFlops(c, c.Context, 3), cost.AttnPerToken, 0)
		if err := m.Adapt(model.Adapter{Rank: 2, Alpha: 2, Targets: []string{model.AllLinear}}, 1); err != nil {
			t.Fatal(err)
		}
		if cost, err = Estimate(Job{Method: "lora", Rank: 2, Model: c, Tokens: 1}, h); err != nil {
			t.Fatal(err)
		}
		near(t, c.Arch+": adapters", stepFlops(m), cost.PerToken, 0)
	}
}
