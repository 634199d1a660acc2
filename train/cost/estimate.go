package cost

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern/train/model"
)

// Job is a training run whose cost is to be told before it is paid.
type Job struct {
	Model   model.Config `json:"model,omitzero"`    // with its vocabulary; without one, Params says all that is known
	Params  float64      `json:"params"`            // 0 = the model's
	Tokens  float64      `json:"tokens"`            // that are trained on, with repeats; of rl, of answers
	Context int          `json:"context,omitempty"` // of training sequences; 0 = the model's
	Micro   int          `json:"micro,omitempty"`   // tokens in memory at once
	Method  string       `json:"method"`            // of Methods
	Rank    int          `json:"rank,omitempty"`    // of lora
	Epochs  float64      `json:"epochs"`            // of dpo, how often each pair is seen; of ppo and grpo, updates on each answer
	KL      bool         `json:"kl,omitempty"`      // of grpo: a reference model is asked, too
}

// Methods are the kinds of training that Estimate knows.
var Methods = []string{"pretrain", "sft", "lora", "dpo", "ppo", "grpo"}

// Hardware is what a run is paid on.
type Hardware struct {
	Name  string  `json:"name"`
	Flops float64 `json:"flops"` // a second at most, of the precision that it trains in
	Count int     `json:"count"`
	MFU   float64 `json:"mfu"`             // share of Flops that a step of training reaches
	Price float64 `json:"price,omitempty"` // of one for an hour
}

// Devices are peaks of dense bf16 products (fp16 where there is none), in FLOP/s, from the makers' data sheets; not those with sparsity.
var Devices = map[string]float64{
	"t4": 65e12, "v100": 125e12, "a10": 125e12, "a100": 312e12, "l4": 121e12, "l40s": 362e12, "h100": 989e12, "h100-pcie": 756e12, "h200": 989e12, "b200": 2250e12,
	"mi250x": 383e12, "mi300x": 1307e12, "tpu-v4": 275e12, "tpu-v5e": 197e12, "tpu-v5p": 459e12, "rtx-3090": 71e12, "rtx-4090": 165e12,
}

// Bill is what a job comes to. Bytes are of float32, in which this trainer keeps all that lasts.
type Bill struct {
	Params        float64 `json:"params"`
	Trained       float64 `json:"trained"`         // of them, and of adapters, those that learn
	PerToken      float64 `json:"flops_per_token"` // without attention
	AttnPerToken  float64 `json:"attention_flops_per_token,omitempty"`
	Flops         float64 `json:"flops"`           // of the whole run, without attention: the figure that is published
	AttnFlops     float64 `json:"attention_flops"` // of the whole run, on top
	BytesPerParam float64 `json:"bytes_per_param"` // of weights, gradients, moments and the models beside
	Memory        Memory  `json:"memory"`
	Hours         float64 `json:"device_hours"` // of one device, attention included
	BareHours     float64 `json:"device_hours_without_attention"`
	Days          float64 `json:"days"` // on all devices
	Money         float64 `json:"money,omitempty"`
}

// Memory is in bytes, of one copy of the model.
type Memory struct {
	Weights     float64 `json:"weights"`
	Gradients   float64 `json:"gradients"`
	Moments     float64 `json:"moments"` // of AdamW
	Beside      float64 `json:"beside,omitempty"`
	Saving      float64 `json:"checkpoint_copy"`                  // while checkpoints are written beside training; not in Total
	Activations float64 `json:"activations,omitempty"`            // for Micro tokens, and what a step works in
	Recompute   float64 `json:"activations_recomputed,omitempty"` // with recompute
	KVPerToken  float64 `json:"kv_bytes_per_token,omitempty"`
	KVContext   float64 `json:"kv_bytes_of_a_context,omitempty"`
}

// Total is what training takes, with all activations kept.
func (m Memory) Total() float64 {
	return m.Weights + m.Gradients + m.Moments + m.Beside + m.Activations
}

// Validate refuses in words.
func (j Job) Validate() error {
	switch {
	case !slices.Contains(Methods, j.Method):
		return fmt.Errorf("estimate: method %q: want one of %s", j.Method, strings.Join(Methods, ", "))
	case j.Model.Layers == 0 && !(j.Params > 0 && j.Params < 1e18):
		return fmt.Errorf("estimate: %g parameters, want more than 0", j.Params)
	case !(j.Tokens >= 0 && j.Tokens < 1e24):
		return fmt.Errorf("estimate: %g tokens, want 0 or more", j.Tokens)
	case j.Context < 0 || j.Micro < 0 || j.Rank < 0 || !(j.Epochs >= 0):
		return fmt.Errorf("estimate: context %d, micro %d, rank %d, epochs %g: want 0 or more", j.Context, j.Micro, j.Rank, j.Epochs)
	case j.Method == "lora" && j.Model.Layers == 0:
		return fmt.Errorf("estimate: lora's adapters depend on the shape of a model: name one")
	case j.Model.Layers > 0:
		return j.Model.Validate()
	}
	return nil
}

// Validate refuses in words.
func (h Hardware) Validate() error {
	switch {
	case !(h.Flops > 0):
		return fmt.Errorf("estimate: %g FLOP/s, want more than 0", h.Flops)
	case h.Count < 1:
		return fmt.Errorf("estimate: %d devices, want 1 or more", h.Count)
	case !(h.MFU > 0 && h.MFU <= 1):
		return fmt.Errorf("estimate: mfu is %g, want a share above 0 and up to 1", h.MFU)
	case !(h.Price >= 0):
		return fmt.Errorf("estimate: price is %g, want 0 or more", h.Price)
	}
	return nil
}

// shares are what a method costs in passes of the whole model. A backward pass costs two forward passes, one for the gradient of what
// came in and one for that of the weights.
type shares struct {
	passes float64 // forward passes' worth a token
	beside float64 // bytes a parameter of models that stand beside the trained one
}

// shares weighs the methods. Sampling an answer costs a forward pass a token; so does each model that scores it.
func (j Job) shares() shares {
	epochs := max(1, j.Epochs)
	switch j.Method {
	case "dpo": // the reference's log-probabilities are computed once and kept
		return shares{3 + 1/epochs, 0}
	case "ppo": // sample; ask reference, reward model and critic; update policy and critic. Critic 16 bytes, the others 4 each
		return shares{4 + 2*3*epochs, 16 + 4 + 4}
	case "grpo": // sample, update
		if j.KL {
			return shares{2 + 3*epochs, 4}
		}
		return shares{1 + 3*epochs, 0}
	case "lora": // no gradients of the frozen weights
		return shares{2, 0}
	}
	return shares{3, 0}
}

// Adapters is the number of weights of rank r beside all matrices of the layers.
func Adapters(c model.Config, r int) float64 {
	n := 0
	for _, s := range c.Shapes() {
		if len(s.Shape) == 2 && (strings.HasPrefix(s.Name, "h.") || strings.HasPrefix(s.Name, "model.layers.")) {
			n += r * (s.Shape[0] + s.Shape[1])
		}
	}
	return float64(n)
}

// Estimate tells what a job costs.
func Estimate(j Job, h Hardware) (Bill, error) {
	if err := j.Validate(); err != nil {
		return Bill{}, err
	}
	if err := h.Validate(); err != nil {
		return Bill{}, err
	}
	s, c := j.shares(), Bill{Params: j.Params}
	if j.Model.Layers > 0 && c.Params == 0 {
		c.Params = float64(j.Model.Parameters())
	}
	c.Trained = c.Params
	c.PerToken = Weights(c.Params, s.passes)
	if j.Method == "lora" {
		c.Trained = Adapters(j.Model, j.Rank)
		c.PerToken = Frozen(c.Params, c.Trained)
	}
	m := &c.Memory
	m.Weights, m.Gradients, m.Moments, m.Beside = 4*c.Params, 4*c.Trained, 8*c.Trained, s.beside*c.Params
	if j.Method == "lora" {
		m.Weights += 4 * c.Trained
	}
	m.Saving = m.Weights + m.Moments
	c.BytesPerParam = m.Total() / c.Params
	if j.Model.Layers > 0 {
		j.shaped(&c, s)
	}
	c.Flops, c.AttnFlops = c.PerToken*j.Tokens, c.AttnPerToken*j.Tokens
	hour := h.Flops * h.MFU * 3600
	c.BareHours, c.Hours = c.Flops/hour, (c.Flops+c.AttnFlops)/hour
	c.Days, c.Money = c.Hours/float64(h.Count)/24, c.Hours*h.Price
	return c, nil
}

// shaped adds what a model's shape tells.
func (j Job) shaped(c *Bill, s shares) {
	r := j.Model.Resolved()
	context := r.Context
	if j.Context > 0 {
		context = j.Context
	}
	passes := s.passes
	if j.Method == "lora" { // attention has no weights to freeze
		passes = 3
	}
	c.AttnPerToken = Attention(r, context, passes)
	micro := j.Micro
	if micro == 0 {
		micro = context
	}
	r.Context, r.Recompute = max(r.Context, context), false
	kept := r.Footprint(micro)
	r.Recompute = true
	again := r.Footprint(micro)
	m := &c.Memory
	m.Activations, m.Recompute = float64(kept.Saved+kept.Arena), float64(again.Saved+again.Arena)
	kv := r.KVHeads
	m.KVPerToken = 2 * 4 * float64(r.Layers*kv*r.HeadSize)
	m.KVContext = m.KVPerToken * float64(context)
}
