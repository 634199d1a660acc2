package model

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Version is of what a model computes from the same weights and batches, and of the weights that Init draws.
const Version = "2"

// Architectures. All but GPT2 are one network, with rotary positions, RMSNorm, SwiGLU and grouped heads, that differs in a detail.
const (
	GPT2    = "gpt2"    // LayerNorm, learned positions, GELU, biases
	Llama   = "llama"   // the plain one, without biases
	Mistral = "mistral" // Llama that looks back over a window
	Qwen2   = "qwen2"   // Llama with biases on queries, keys and values
	Qwen3   = "qwen3"   // Llama with an RMSNorm on each head of queries and keys
)

var archs = []string{GPT2, Llama, Mistral, Qwen2, Qwen3}

// Config is the shape of a model.
type Config struct {
	Arch      string      `yaml:"arch" json:"arch"`
	Layers    int         `yaml:"layers" json:"layers"`
	Width     int         `yaml:"width" json:"width"`
	Heads     int         `yaml:"heads" json:"heads"`
	KVHeads   int         `yaml:"kv_heads" json:"kv_heads"`             // 0 = Heads
	HeadSize  int         `yaml:"head_size" json:"head_size,omitempty"` // numbers of a head; 0 = Width/Heads
	Hidden    int         `yaml:"hidden" json:"hidden"`                 // of the feed-forward part; 0 = 4·Width for gpt2, 8/3·Width in whole 64s for others
	Context   int         `yaml:"context" json:"context"`               // most tokens of a sequence
	Window    int         `yaml:"window" json:"window,omitempty"`       // tokens that one looks at, itself and those before it; 0 = all of its document
	Vocab     int         `yaml:"vocab" json:"vocab"`
	Tied      bool        `yaml:"tied" json:"tied"`                // the head is the embedding
	Scores    int         `yaml:"scores" json:"scores,omitempty"`  // numbers that a second head says of each token: 1 = a value or reward, more = classes
	RopeTheta float64     `yaml:"rope_theta" json:"rope_theta"`    // the base of rotary positions
	Scaling   RopeScaling `yaml:"scaling" json:"scaling,omitzero"` // of rotary positions, for contexts beyond those of the first training
	NormEps   float64     `yaml:"norm_eps" json:"norm_eps"`
	Recompute bool        `yaml:"recompute" json:"-"` // keep only what each layer takes, and compute the rest again going back: the same bits, less memory, a third more work
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
	case !slices.Contains(archs, c.Arch):
		return bad("arch is %q, want one of %s", c.Arch, strings.Join(archs, ", "))
	case c.Layers < 1 || c.Layers > maxLayers:
		return bad("layers is %d, want 1 to %d", c.Layers, maxLayers)
	case c.Width < 1 || c.Width > maxWidth:
		return bad("width is %d, want 1 to %d", c.Width, maxWidth)
	case c.Heads < 1 || c.Heads > maxWidth:
		return bad("heads is %d, want 1 to %d", c.Heads, maxWidth)
	case c.HeadSize < 0 || c.HeadSize > maxWidth:
		return bad("head_size is %d, want 0 to %d", c.HeadSize, maxWidth)
	case c.HeadSize == 0 && c.Width%c.Heads != 0:
		return bad("heads is %d, must divide the width of %d unless head_size is given", c.Heads, c.Width)
	case c.size()*c.Heads > 16*maxWidth:
		return bad("%d heads of %d numbers, want at most %d numbers", c.Heads, c.size(), 16*maxWidth)
	case c.KVHeads < 0 || c.KVHeads > 0 && c.Heads%c.KVHeads != 0:
		return bad("kv_heads is %d, must divide the %d heads", c.KVHeads, c.Heads)
	case c.Hidden < 0 || c.Hidden > 16*maxWidth:
		return bad("hidden is %d, want 0 to %d", c.Hidden, 16*maxWidth)
	case c.Context < 1 || c.Context > 1<<24:
		return bad("context is %d, want 1 to %d", c.Context, 1<<24)
	case c.Vocab < 1 || c.Vocab > maxVocab:
		return bad("vocab is %d, want 1 to %d", c.Vocab, maxVocab)
	case c.Scores < 0 || c.Scores > maxVocab:
		return bad("scores is %d, want 0 to %d", c.Scores, maxVocab)
	case !(c.NormEps > 0 && c.NormEps < 1):
		return bad("norm_eps is %g, want more than 0 and less than 1", c.NormEps)
	case c.Window < 0:
		return bad("window is %d, want 0 for none or a number of tokens", c.Window)
	case c.Window > 0 && (c.Arch == GPT2 || c.Arch == Llama):
		return bad("window is %d, but %s looks at all tokens before: %s is a llama with a window", c.Window, c.Arch, Mistral)
	case c.Arch == GPT2:
		return c.validateGPT2(bad)
	case c.size()%2 != 0:
		return bad("a head has %d numbers, an odd number: rotary positions turn pairs", c.size())
	case !(c.RopeTheta > 1 && c.RopeTheta < 1e12):
		return bad("rope_theta is %g, want more than 1", c.RopeTheta)
	}
	return c.Scaling.validate(c, bad)
}

// validateGPT2 refuses what GPT-2 has no place for.
func (c Config) validateGPT2(bad func(string, ...any) error) error {
	switch {
	case c.KVHeads != 0 && c.KVHeads != c.Heads:
		return bad("kv_heads is %d, but each of gpt2's %d heads has keys of its own", c.KVHeads, c.Heads)
	case c.size()*c.Heads != c.Width:
		return bad("%d heads of %d numbers, but gpt2's make up its width of %d", c.Heads, c.size(), c.Width)
	case c.Scaling != RopeScaling{}:
		return bad("scaling is of rotary positions, but gpt2 learns its positions")
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
	c.HeadSize = c.size()
	return c
}

// size is the length of a head.
func (c Config) size() int {
	if c.HeadSize > 0 {
		return c.HeadSize
	}
	return c.Width / c.Heads
}

// attn is the length of a token's queries, and of what attention says of it.
func (c Config) attn() int { return c.Heads * c.size() }

// qkv is the length of a token's queries, keys and values.
func (c Config) qkv() int { return (c.Heads + 2*c.KVHeads) * c.size() }

// up is the width of what the activation takes: gates beside ups for SwiGLU.
func (c Config) up() int {
	if c.Arch == GPT2 {
		return c.Hidden
	}
	return 2 * c.Hidden
}

// Resolved is c with the numbers that its zeros stand for.
func (c Config) Resolved() Config { return c.resolved() }

// Parameters is the number of weights.
func (c Config) Parameters() int {
	n := 0
	for _, s := range specs(c.resolved()) {
		n += s.len()
	}
	return n
}
