package model

import (
	"errors"
	"fmt"
)

// Version is of what a model computes from the same weights and batches, and of the weights that Init draws.
const Version = "1"

// Architectures.
const (
	Llama = "llama" // RMSNorm, rotary positions, SwiGLU, grouped heads, no biases
	GPT2  = "gpt2"  // LayerNorm, learned positions, GELU, biases
)

// Config is the shape of a model.
type Config struct {
	Arch      string  `yaml:"arch" json:"arch"`
	Layers    int     `yaml:"layers" json:"layers"`
	Width     int     `yaml:"width" json:"width"`
	Heads     int     `yaml:"heads" json:"heads"`
	KVHeads   int     `yaml:"kv_heads" json:"kv_heads"` // 0 = Heads
	Hidden    int     `yaml:"hidden" json:"hidden"`     // of the feed-forward part; 0 = 4·Width for gpt2, 8/3·Width in whole 64s for llama
	Context   int     `yaml:"context" json:"context"`   // most tokens of a sequence
	Vocab     int     `yaml:"vocab" json:"vocab"`
	Tied      bool    `yaml:"tied" json:"tied"` // the head is the embedding
	RopeTheta float64 `yaml:"rope_theta" json:"rope_theta"`
	NormEps   float64 `yaml:"norm_eps" json:"norm_eps"`
}

// Default is a small Llama. Vocab is the tokenizer's to say.
func Default() Config {
	return Config{Arch: Llama, Layers: 6, Width: 256, Heads: 8, Context: 512, Tied: true, RopeTheta: 10000, NormEps: 1e-5}
}

// Limits that no model of this trainer reaches; a file that asks for more is damaged.
const (
	maxLayers = 1 << 10
	maxWidth  = 1 << 20
	maxVocab  = 1 << 24
)

// Validate says in words what is wrong with a shape.
func (c Config) Validate() error {
	bad := func(format string, a ...any) error { return fmt.Errorf("model: "+format, a...) }
	switch {
	case c.Arch != Llama && c.Arch != GPT2:
		return bad("arch is %q, want %s or %s", c.Arch, Llama, GPT2)
	case c.Layers < 1 || c.Layers > maxLayers:
		return bad("layers is %d, want 1 to %d", c.Layers, maxLayers)
	case c.Width < 1 || c.Width > maxWidth:
		return bad("width is %d, want 1 to %d", c.Width, maxWidth)
	case c.Heads < 1 || c.Width%c.Heads != 0:
		return bad("heads is %d, must divide the width of %d", c.Heads, c.Width)
	case c.KVHeads < 0 || c.KVHeads > 0 && c.Heads%c.KVHeads != 0:
		return bad("kv_heads is %d, must divide the %d heads", c.KVHeads, c.Heads)
	case c.Hidden < 0 || c.Hidden > 16*maxWidth:
		return bad("hidden is %d, want 0 to %d", c.Hidden, 16*maxWidth)
	case c.Context < 1 || c.Context > maxWidth:
		return bad("context is %d, want 1 to %d", c.Context, maxWidth)
	case c.Vocab < 1 || c.Vocab > maxVocab:
		return bad("vocab is %d, want 1 to %d", c.Vocab, maxVocab)
	case !(c.NormEps > 0 && c.NormEps < 1):
		return bad("norm_eps is %g, want more than 0 and less than 1", c.NormEps)
	case c.Arch == GPT2:
		return nil
	case c.Width/c.Heads%2 != 0:
		return bad("a head has %d numbers, an odd number: rotary positions turn pairs", c.Width/c.Heads)
	case !(c.RopeTheta > 1 && c.RopeTheta < 1e12):
		return bad("rope_theta is %g, want more than 1", c.RopeTheta)
	}
	return nil
}

// errTooLarge is of a shape whose parameters no machine holds.
var errTooLarge = errors.New("model: more than 2^40 parameters")

// resolved fills in what 0 stands for.
func (c Config) resolved() Config {
	if c.KVHeads == 0 {
		c.KVHeads = c.Heads
	}
	if c.Hidden == 0 {
		if c.Arch == GPT2 {
			c.Hidden = 4 * c.Width
		} else {
			c.Hidden = (c.Width*8/3 + 63) / 64 * 64
		}
	}
	return c
}

func (c Config) size() int { return c.Width / c.Heads }

// qkv is the length of a token's queries, keys and values.
func (c Config) qkv() int { return (c.Heads + 2*c.KVHeads) * c.size() }

// Parameters is the number of weights.
func (c Config) Parameters() int {
	n := 0
	for _, s := range specs(c.resolved()) {
		n += s.len()
	}
	return n
}
