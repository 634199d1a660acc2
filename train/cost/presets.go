package cost

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern/train/model"
)

// presets are shapes that people call by name, as their config.json has them; llama-1m and llama-10m are this project's own.
var presets = map[string]model.Config{
	"llama-1m":    llama(4, 128, 4, 4, 384, 256, 4096, 1e4, true),
	"llama-10m":   llama(6, 320, 5, 5, 896, 512, 8192, 1e4, true),
	"tinyllama":   llama(22, 2048, 32, 4, 5632, 2048, 32000, 1e4, false),
	"llama2-7b":   llama(32, 4096, 32, 32, 11008, 4096, 32000, 1e4, false),
	"llama3-8b":   llama(32, 4096, 32, 8, 14336, 8192, 128256, 5e5, false),
	"llama3-70b":  llama(80, 8192, 64, 8, 28672, 8192, 128256, 5e5, false),
	"llama3-405b": llama(126, 16384, 128, 8, 53248, 8192, 128256, 5e5, false),
	"gpt2":        gpt2(12, 768, 12, 1024, 50257),
	"gpt2-medium": gpt2(24, 1024, 16, 1024, 50257),
	"gpt2-large":  gpt2(36, 1280, 20, 1024, 50257),
	"gpt2-xl":     gpt2(48, 1600, 25, 1024, 50257),
	"gpt3":        gpt2(96, 12288, 96, 2048, 50257),
	"mistral-7b":  {Arch: model.Mistral, Layers: 32, Width: 4096, Heads: 32, KVHeads: 8, Hidden: 14336, Context: 32768, Window: 4096, Vocab: 32000, RopeTheta: 1e4, NormEps: 1e-5},
	"qwen2.5-0.5b": {Arch: model.Qwen2, Layers: 24, Width: 896, Heads: 14, KVHeads: 2, Hidden: 4864, Context: 32768, Vocab: 151936, Tied: true,
		RopeTheta: 1e6, NormEps: 1e-6},
	"qwen3-0.6b": {Arch: model.Qwen3, Layers: 28, Width: 1024, Heads: 16, KVHeads: 8, HeadSize: 128, Hidden: 3072, Context: 40960, Vocab: 151936, Tied: true,
		RopeTheta: 1e6, NormEps: 1e-6},
}

func llama(layers, width, heads, kv, hidden, context, vocab int, theta float64, tied bool) model.Config {
	return model.Config{Arch: model.Llama, Layers: layers, Width: width, Heads: heads, KVHeads: kv, Hidden: hidden, Context: context, Vocab: vocab,
		Tied: tied, RopeTheta: theta, NormEps: 1e-5}
}

func gpt2(layers, width, heads, context, vocab int) model.Config {
	return model.Config{Arch: model.GPT2, Layers: layers, Width: width, Heads: heads, Context: context, Vocab: vocab, Tied: true, NormEps: 1e-5}
}

// Presets are the names that Preset knows, in order.
func Presets() []string { return slices.Sorted(maps.Keys(presets)) }

// Preset is a shape by its name, with its vocabulary.
func Preset(name string) (model.Config, error) {
	c, ok := presets[name]
	if !ok {
		return c, fmt.Errorf("no model %q: want one of %s", name, strings.Join(Presets(), ", "))
	}
	return c, nil
}
