package model

import (
	"encoding/json"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern/train/ops"
	"github.com/seed-83c59573/quern/train/ops/cpu"
	"github.com/seed-83c59573/quern/train/ops/ref"
)

// numbers are those of cmd/versus/models.py: from -1 to 1, made of a name, exact in float32.
func numbers(name string, n int) []float64 {
	out, seed := make([]float64, n), crc32.ChecksumIEEE([]byte(name))
	for i := range out {
		x := uint32(i)*0x9E3779B9 + seed
		x ^= x >> 16
		x *= 0x85EBCA6B
		x ^= x >> 13
		x *= 0xC2B2AE35
		x ^= x >> 16
		out[i] = float64(x>>16)/32768 - 1
	}
	return out
}

// golden is what transformers and peft said of a model, in float64.
type golden struct {
	Config    Config
	Adapter   *Adapter
	Tokens    []int32
	Logits    []float64
	Gradients map[string]float64
}

func goldens(t *testing.T) map[string]golden {
	t.Helper()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d goldens, %v", len(files), err)
	}
	out := map[string]golden{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var g golden
		if err := json.Unmarshal(b, &g); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		out[strings.TrimSuffix(filepath.Base(f), ".json")] = g
	}
	return out
}

// load builds the model of a golden with its weights.
func load[F ops.Float](t *testing.T, g golden, o ops.Ops[F], change func(*Config)) *Decoder[F] {
	t.Helper()
	if change != nil {
		change(&g.Config)
	}
	m := build(t, g.Config, o, len(g.Tokens))
	fill := func(ps []ParamOf[F]) {
		for _, p := range ps {
			one := len(p.Shape) == 1 && strings.HasSuffix(p.Name, "weight") || strings.HasSuffix(p.Name, "vector")
			for i, x := range numbers(p.Name, len(p.W)) {
				if p.W[i] = F(x / 2); one {
					p.W[i] = F(1 + x/4)
				}
			}
		}
	}
	fill(m.Params())
	if g.Adapter != nil {
		if err := m.Adapt(*g.Adapter, 1); err != nil {
			t.Fatal(err)
		}
		fill(m.AdapterParams())
	}
	return m
}

// run is the golden's forward pass and the gradients of its sum, by way of the model's own parts.
func run[F ops.Float](m *Decoder[F], g golden) (logits []F) {
	n := len(g.Tokens)
	b := &Batch{Rows: 2, Cols: n / 2, Tokens: g.Tokens, Targets: make([]int32, n)}
	m.forward(b)
	logits = make([]F, len(g.Logits))
	weights := make([]F, len(g.Logits))
	for i, x := range numbers("gradient", len(weights)) {
		weights[i] = F(x)
	}
	normed := m.acts.normed[:n*m.cfg.Width]
	dnormed := m.acts.dtmp[:len(normed)]
	if m.cfg.Scores > 0 {
		s := &Signals{Value: make([]float64, len(g.Logits))}
		m.signals(b, s)
		d := make([]float64, len(weights))
		for i, x := range s.Value {
			logits[i], d[i] = F(x), float64(weights[i])
		}
		m.signalsBack(dnormed, b, &Grads{Value: d})
	} else {
		m.multiply(logits, normed, &m.head)
		m.multiplyBack(dnormed, weights, normed, &m.head)
	}
	m.backward(dnormed, b)
	return logits
}

func hold[F ops.Float](t *testing.T, g golden, m *Decoder[F], tolerance float64) {
	t.Helper()
	logits := run(m, g)
	for i, want := range g.Logits {
		if math.Abs(float64(logits[i])-want) > tolerance {
			t.Fatalf("logit %d is %.9g, transformers has %.9g", i, logits[i], want)
		}
	}
	if len(m.Trainable()) != len(g.Gradients) {
		t.Errorf("%d parameters train, %d with transformers", len(m.Trainable()), len(g.Gradients))
	}
	for _, p := range m.Trainable() {
		want, ok := g.Gradients[p.Name]
		if !ok {
			t.Errorf("transformers has no %s", p.Name)
		}
		got, size := 0.0, 0.0
		for i, x := range numbers("g"+p.Name, len(p.G)) {
			got += x * float64(p.G[i])
			size += math.Abs(x * float64(p.G[i]))
		}
		if math.Abs(got-want) > tolerance*(1+size) {
			t.Errorf("%s: the gradient's product is %.9g, transformers has %.9g", p.Name, got, want)
		}
	}
}

// Every architecture, every scaling beyond its first context, windows, heads and adapters: logits and gradients are those of
// transformers and peft.
func TestLikeTransformers(t *testing.T) {
	for name, g := range goldens(t) {
		t.Run(name, func(t *testing.T) {
			hold(t, g, load(t, g, ops.Ops[float64](ref.Ops{}), nil), 1e-8)
			hold(t, g, load(t, g, ops.Ops[float64](ref.Ops{}), func(c *Config) { c.Recompute = true }), 1e-8)
			hold(t, g, load(t, g, ops.Ops[float32](cpu.New(2)), nil), 1e-4)
		})
	}
}
