package cost

import (
	"math"
	"testing"
)

func near(t *testing.T, what string, got, want, share float64) {
	t.Helper()
	if !(math.Abs(got-want) <= share*math.Abs(want)) {
		t.Errorf("%s: %.6g, want %.6g", what, got, want)
	}
}

// TestPresetsHaveTheirParameters holds shapes to the numbers of weights that their published files have; GPT-3 was never published,
// and is called 175 billion.
func TestPresetsHaveTheirParameters(t *testing.T) {
	for name, want := range map[string]int{
		"gpt2": 124_439_808, "gpt2-medium": 354_823_168, "gpt2-large": 774_030_080, "gpt2-xl": 1_557_611_200, "gpt3": 174_604_259_328,
		"tinyllama": 1_100_048_384, "llama2-7b": 6_738_415_616, "llama3-8b": 8_030_261_248, "llama3-70b": 70_553_706_496, "llama3-405b": 405_853_388_800,
		"mistral-7b": 7_241_732_096, "qwen2.5-0.5b": 494_032_768, "qwen3-0.6b": 596_049_920,
	} {
		c, err := Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := c.Parameters(); got != want {
			t.Errorf("%s: %d parameters, want %d", name, got, want)
		}
	}
	if _, err := Preset("gpt5"); err == nil {
		t.Error("gpt5 is known")
	}
}

// TestPublishedRuns: GPT-3's operations stand in Brown et al. (2020, table D.1: 3.14e23 for 174.6 billion parameters, 300 billion tokens),
// Llama 3's in Dubey et al. (2024: 3.8e25 for 405B and 15.6T), its hours on H100 in its model card, and its share of the peak, 38 to 43 %, for 405B in
// the paper's table 4.
func TestPublishedRuns(t *testing.T) {
	a100 := Hardware{Flops: Devices["a100"], Count: 1, MFU: 0.4, Price: 2}
	c, err := Estimate(Job{Method: "pretrain", Params: 175e9, Tokens: 300e9}, a100)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "GPT-3 of 175e9", c.Flops, 3.15e23, 1e-9)
	near(t, "GPT-3 hours", c.Hours, 701_122, 1e-5)
	near(t, "GPT-3 money", c.Money, 1_402_244, 1e-5)
	near(t, "bytes a parameter", c.BytesPerParam, 16, 0)
	near(t, "the copy that is written", c.Memory.Saving, 12*175e9, 0)

	of := func(name string, tokens float64, context int, h Hardware) Bill {
		m, err := Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		c, err := Estimate(Job{Method: "pretrain", Model: m, Tokens: tokens, Context: context}, h)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	near(t, "GPT-3", of("gpt3", 300e9, 0, a100).Flops, 3.14e23, 2e-3)
	near(t, "Llama 3 405B", of("llama3-405b", 15.6e12, 0, a100).Flops, 3.8e25, 5e-3)
	// The hours of the model card are all that was spent on, so the share that follows from them is below that of a step.
	for name, card := range map[string]struct{ hours, low, high float64 }{
		"llama3-8b": {1.46e6, .12, .2}, "llama3-70b": {7.0e6, .24, .32}, "llama3-405b": {30.84e6, .33, .43},
	} {
		h := Hardware{Flops: Devices["h100"], Count: 1, MFU: 1}
		share := of(name, 15e12, 0, h).Hours / card.hours
		if share < card.low || share > card.high {
			t.Errorf("%s: %g hours are a share of %.3f of the peak", name, card.hours, share)
		}
	}
}

// TestMethods: bytes a parameter with AdamW in float32, and operations a token in units of a parameter.
func TestMethods(t *testing.T) {
	h := Hardware{Flops: 1e12, Count: 1, MFU: 1}
	for _, x := range []struct {
		job          Job
		bytes, flops float64
	}{
		{Job{Method: "pretrain"}, 16, 6},
		{Job{Method: "sft"}, 16, 6},
		{Job{Method: "dpo"}, 16, 8},
		{Job{Method: "dpo", Epochs: 2}, 16, 7},
		{Job{Method: "ppo", Epochs: 4}, 40, 56},
		{Job{Method: "grpo", Epochs: 1}, 16, 8},
		{Job{Method: "grpo", Epochs: 1, KL: true}, 20, 10},
	} {
		x.job.Params, x.job.Tokens = 1e9, 1e9
		c, err := Estimate(x.job, h)
		if err != nil {
			t.Fatal(err)
		}
		near(t, x.job.Method+" bytes", c.BytesPerParam, x.bytes, 1e-12)
		near(t, x.job.Method+" operations", c.PerToken/1e9, x.flops, 1e-12)
	}
	m, _ := Preset("llama3-8b")
	c, err := Estimate(Job{Method: "lora", Model: m, Rank: 16, Tokens: 1}, h)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "adapters of rank 16", c.Trained, 41_943_040, 0) // as peft counts for all linear layers
	near(t, "lora's operations", c.PerToken, 4*c.Params+6*c.Trained, 1e-12)
	near(t, "keys and values", c.Memory.KVPerToken, 2*4*32*8*128, 0)
	if c.Memory.Recompute >= c.Memory.Activations {
		t.Errorf("recomputed activations take %g bytes of %g", c.Memory.Recompute, c.Memory.Activations)
	}
}

func TestEstimateRefuses(t *testing.T) {
	good := Hardware{Flops: 1, Count: 1, MFU: 1}
	for name, x := range map[string]struct {
		j Job
		h Hardware
	}{
		"method": {Job{Method: "magic", Params: 1}, good}, "no size": {Job{Method: "sft"}, good}, "NaN": {Job{Method: "sft", Params: math.NaN()}, good},
		"tokens": {Job{Method: "sft", Params: 1, Tokens: -1}, good}, "lora": {Job{Method: "lora", Params: 1}, good},
		"flops": {Job{Method: "sft", Params: 1}, Hardware{Count: 1, MFU: 1}}, "count": {Job{Method: "sft", Params: 1}, Hardware{Flops: 1, MFU: 1}},
		"mfu": {Job{Method: "sft", Params: 1}, Hardware{Flops: 1, Count: 1, MFU: 2}}, "price": {Job{Method: "sft", Params: 1}, Hardware{Flops: 1, Count: 1, MFU: 1, Price: -1}},
	} {
		if _, err := Estimate(x.j, x.h); err == nil {
			t.Errorf("%s is not refused", name)
		}
	}
}
