package train

import (
	"fmt"
	"math"
	"strings"

	"github.com/seed-83c59573/quern/train/model"
)

// Muon is an optimizer for the matrices of hidden layers: momentum whose singular values are all made about 1. Everything else is
// AdamW's.
type Muon struct {
	LR       float64 `yaml:"lr"` // at the top of the schedule; 0 = 0.02 for jordan, the run's lr for moonlight
	Momentum float64 `yaml:"momentum"`
	// Scale is how steps fit matrices of rows×columns: jordan = √max(1, rows/columns), of Jordan et al. (2024), or
	// moonlight = 0.2·√max(rows, columns), of Liu et al. (2025), which makes them as long as AdamW's.
	Scale string `yaml:"scale"`
}

const (
	scaleJordan    = "jordan"
	scaleMoonlight = "moonlight"
)

func (m Muon) validate() error {
	switch {
	case !(m.LR >= 0 && m.LR < 10):
		return fmt.Errorf("train: muon.lr is %g, want 0 to 10", m.LR)
	case !(m.Momentum >= 0 && m.Momentum < 1):
		return fmt.Errorf("train: muon.momentum is %g, want 0 to 1", m.Momentum)
	case m.Scale != scaleJordan && m.Scale != scaleMoonlight:
		return fmt.Errorf("train: muon.scale is %q, want %s or %s", m.Scale, scaleJordan, scaleMoonlight)
	}
	return nil
}

// muonFactor is Muon's learning rate over AdamW's: both follow one schedule.
func (o Optim) muonFactor() float64 {
	switch {
	case o.Muon.LR > 0:
		return o.Muon.LR / o.LR
	case o.Muon.Scale == scaleJordan:
		return 0.02 / o.LR
	}
	return 1
}

// blockOf is a matrix that stands in a tensor of cols columns: a module's weights. GPT-2's tensors hold what a module calls its
// transpose, and three modules side by side: queries, keys and values each are a map of their own.
type blockOf struct {
	at, rows, cols int // within the tensor, which it has all rows of
	stride         int // columns of the tensor
	transposed     bool
}

func blocks(c model.Config, p model.Param) []blockOf {
	rows, cols := p.Shape[0], p.Shape[1]
	if c.Arch != model.GPT2 {
		return []blockOf{{0, rows, cols, cols, false}}
	}
	if !strings.HasSuffix(p.Name, "c_attn.weight") {
		return []blockOf{{0, rows, cols, cols, true}}
	}
	heads, kv := c.Heads, c.KVHeads
	if kv == 0 {
		kv = heads
	}
	size := cols / (heads + 2*kv)
	return []blockOf{{0, rows, heads * size, cols, true}, {heads * size, rows, kv * size, cols, true}, {(heads + kv) * size, rows, kv * size, cols, true}}
}

// newtonSchulz is the room that making a matrix orthogonal takes: x and y of the largest, a and b of its smaller side squared.
type newtonSchulz struct{ x, y, a, b []float32 }

func (n *newtonSchulz) reserve(list []blockOf) {
	for _, b := range list {
		if k := b.rows * b.cols; len(n.x) < k {
			n.x, n.y = make([]float32, k), make([]float32, k)
		}
		if k := min(b.rows, b.cols); len(n.a) < k*k {
			n.a, n.b = make([]float32, k*k), make([]float32, k*k)
		}
	}
}

// muon is m = µ·m + (1-µ)·g; u = (1-µ)·g + µ·m (Nesterov); w = (1-lr·decay)·w - lr·scale·orthogonal(u), as KellerJordan/Muon and
// torch.optim.Muon have it, but in float32 throughout where they multiply in bfloat16.
func (a *optimizer) muon(b *member, p *model.Param, lr, scale float64) {
	mu := a.o.Muon.Momentum
	a.ops.Blend(b.m, b.m, p.G, float32(mu), float32((1-mu)*scale))
	a.ops.Blend(p.G, p.G, b.m, float32((1-mu)*scale), float32(mu))
	for _, k := range b.blocks {
		n := k.rows * k.cols
		x := p.G
		if k.cols != k.stride {
			x = a.work.y[:n]
			for r := range k.rows {
				copy(x[r*k.cols:(r+1)*k.cols], p.G[r*k.stride+k.at:])
			}
		}
		u := a.orthogonal(x[:n], k.rows, k.cols)
		if k.cols != k.stride {
			for r := range k.rows {
				copy(p.G[r*k.stride+k.at:][:k.cols], u[r*k.cols:(r+1)*k.cols])
			}
		} else {
			copy(p.G, u)
		}
	}
	k := b.blocks[0] // blocks of one tensor differ in shape only where keys are fewer: each has its own scale
	if len(b.blocks) == 1 {
		a.ops.Blend(p.W, p.W, p.G, float32(1-lr*b.decay), float32(-lr*a.fit(k)))
		return
	}
	for r := range k.rows {
		for _, k := range b.blocks {
			w, u := p.W[r*k.stride+k.at:][:k.cols], p.G[r*k.stride+k.at:][:k.cols]
			keep, rate := float32(1-lr*b.decay), float32(-lr*a.fit(k))
			for i := range w {
				w[i] = float32(keep*w[i]) + float32(rate*u[i])
			}
		}
	}
}

// fit is the factor of a step that suits a matrix's shape; rows are what the module puts out.
func (a *optimizer) fit(k blockOf) float64 {
	rows, cols := float64(k.rows), float64(k.cols)
	if k.transposed {
		rows, cols = cols, rows
	}
	if a.o.Muon.Scale == scaleMoonlight {
		return 0.2 * math.Sqrt(max(rows, cols))
	}
	return math.Sqrt(max(1, rows/cols))
}

// The quintic of Jordan et al. (2024), and how often it is applied: singular values end in about 0.7 to 1.2.
const (
	quinticA, quinticB, quinticC = 3.4445, -4.7750, 2.0315
	quinticSteps                 = 5
)

// orthogonal is x of rows×cols with its singular values near 1, by Newton-Schulz: x/|x|, then five times
//
//	A = x·xᵀ;  x = a·x + (b·A + c·A·A)·x
//
// on the smaller side: xᵀ·x and x·(…) for tall ones. It spoils x; the result stands in room of the optimizer until the next call.
func (a *optimizer) orthogonal(x []float32, rows, cols int) []float32 {
	n, tall := min(rows, cols), rows > cols
	y, z := a.work.x[:len(x)], x
	gram, poly := a.work.a[:n*n], a.work.b[:n*n]
	norm := math.Sqrt(a.ops.SumSquares(x))
	a.ops.Scale(x, float32(1/max(norm, 1e-7)))
	for range quinticSteps {
		if tall {
			a.ops.MatMul(true, false, n, n, rows, z, z, 0, gram)
		} else {
			a.ops.MatMul(false, true, n, n, cols, z, z, 0, gram)
		}
		a.ops.MatMul(false, false, n, n, n, gram, gram, 0, poly)
		a.ops.Blend(poly, gram, poly, quinticB, quinticC)
		for i := range n {
			poly[i*n+i] += quinticA
		}
		if tall {
			a.ops.MatMul(false, false, rows, n, n, z, poly, 0, y)
		} else {
			a.ops.MatMul(false, false, n, cols, n, poly, z, 0, y)
		}
		y, z = z, y
	}
	return z
}
