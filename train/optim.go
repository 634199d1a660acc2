package train

import (
	"fmt"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern/train/format"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/ops"
)

// optimizer moves parameters along their gradients: each by the rule that it was given when the optimizer was made. Its whole state is
// moments, which has the tensors that the rules keep, and updates.
type optimizer struct {
	o       Optim
	ops     ops.Ops[float32]
	params  []model.Param
	members []member
	work    newtonSchulz // of Muon
	updates int          // taken: those that were skipped do not count
}

// member is a parameter with its rule and what the rule remembers.
type member struct {
	rule   string    // adamw, muon or sgd
	rate   float64   // its share of the learning rate
	decay  float64   // weight decay
	m, v   []float32 // averages of the gradient and of its square; of Muon and SGD, m is the momentum
	blocks []blockOf // of Muon: the matrices that stand in the tensor
}

// Rules.
const (
	ruleAdamW = "adamw"
	ruleMuon  = "muon"
	ruleSGD   = "sgd"
)

// Group gives some parameters a learning rate and a weight decay of their own.
type Group struct {
	Match       string   `yaml:"match"`                  // a pattern for names, where * is anything: "*embed*"
	LR          *float64 `yaml:"lr,omitempty"`           // a factor of the learning rate; 0 freezes
	WeightDecay *float64 `yaml:"weight_decay,omitempty"` // instead of the run's
}

func (g Group) validate() error {
	if _, err := path.Match(g.Match, ""); err != nil || g.Match == "" {
		return fmt.Errorf("train: groups: match is %q, want a pattern of names, such as \"*embed*\"", g.Match)
	}
	if g.LR == nil && g.WeightDecay == nil {
		return fmt.Errorf("train: groups: %s has neither lr nor weight_decay", g.Match)
	}
	if g.LR != nil && !(*g.LR >= 0 && *g.LR <= 1000) {
		return fmt.Errorf("train: groups: lr of %s is %g, want a factor of the learning rate from 0 to 1000", g.Match, *g.LR)
	}
	if g.WeightDecay != nil && !(*g.WeightDecay >= 0 && *g.WeightDecay < 1) {
		return fmt.Errorf("train: groups: weight_decay of %s is %g, want 0 to 1", g.Match, *g.WeightDecay)
	}
	return nil
}

// newOptimizer takes all memory that updates need. A group that matches nothing is a mistake.
func newOptimizer(o Optim, k ops.Ops[float32], c model.Config, params []model.Param) (*optimizer, error) {
	a := &optimizer{o: o, ops: k, params: params, members: make([]member, len(params))}
	used := make([]bool, len(o.Groups))
	for i, p := range params {
		b := member{rule: o.Optimizer, rate: 1}
		if o.Optimizer == ruleMuon && !hidden(p) {
			b.rule = ruleAdamW
		}
		if p.Decay {
			b.decay = o.WeightDecay
		}
		for j, g := range o.Groups { // the first that matches
			if ok, _ := path.Match(g.Match, p.Name); ok {
				used[j] = true
				if g.LR != nil {
					b.rate = *g.LR
				}
				if g.WeightDecay != nil {
					b.decay = *g.WeightDecay
				}
				break
			}
		}
		b.m = make([]float32, len(p.W))
		switch b.rule {
		case ruleAdamW:
			b.v = make([]float32, len(p.W))
		case ruleMuon:
			b.blocks = blocks(c, p)
			a.work.reserve(b.blocks)
		}
		a.members[i] = b
	}
	if j := slices.Index(used, false); j >= 0 {
		return nil, fmt.Errorf("train: groups: no parameter is left for %s: it matches none, or groups before it match them all; the first is %s, the last %s", o.Groups[j].Match, params[0].Name, params[len(params)-1].Name)
	}
	return a, nil
}

// hidden tells whether Muon is for a parameter: the matrices of the blocks. Embeddings and the head, whose rows are tokens, are not
// (Jordan et al., 2024).
func hidden(p model.Param) bool {
	return len(p.Shape) == 2 && (strings.Contains(p.Name, "layers.") || strings.HasPrefix(p.Name, "h.") || strings.Contains(p.Name, ".h."))
}

// norm is the Euclidean norm of all gradients, summed in float64 in an order that no number of workers changes.
func (a *optimizer) norm() float64 {
	sum := 0.0
	for _, p := range a.params {
		sum += a.ops.SumSquares(p.G)
	}
	return math.Sqrt(sum)
}

// clip is what gradients of a norm are scaled by, so that it is at most Clip.
func (a *optimizer) clip(norm float64) float64 {
	if a.o.Clip > 0 && norm > a.o.Clip {
		return a.o.Clip / norm
	}
	return 1
}

// update takes one step at a learning rate, with gradients scaled. It may spoil the gradients.
func (a *optimizer) update(lr, scale float64) {
	a.updates++
	for i := range a.members {
		switch b, p := &a.members[i], &a.params[i]; b.rule {
		case ruleAdamW:
			a.adamW(b, p, lr*b.rate, scale)
		case ruleMuon:
			a.muon(b, p, lr*b.rate*a.o.muonFactor(), scale)
		case ruleSGD:
			a.sgd(b, p, lr*b.rate, scale)
		}
	}
}

// moments are the optimizer's state as tensors.
func (a *optimizer) moments() []format.Tensor {
	out := make([]format.Tensor, 0, 2*len(a.params))
	for i, p := range a.params {
		b := a.members[i]
		if out = append(out, format.Tensor{Name: p.Name + ".m", Shape: p.Shape, Data: b.m}); b.v != nil {
			out = append(out, format.Tensor{Name: p.Name + ".v", Shape: p.Shape, Data: b.v})
		}
	}
	return out
}

// adamW is Adam with decoupled weight decay (Loshchilov and Hutter, 2019).
func (a *optimizer) adamW(b *member, p *model.Param, lr, scale float64) {
	c1 := 1 - math.Pow(a.o.Beta1, float64(a.updates))
	c2 := 1 - math.Pow(a.o.Beta2, float64(a.updates))
	a.ops.AdamW(p.W, p.G, b.m, b.v, ops.Adam{Scale: scale, Beta1: a.o.Beta1, Beta2: a.o.Beta2,
		Rate: lr * math.Sqrt(c2) / c1,
		Eps:  a.o.Eps * math.Sqrt(c2), // the same as dividing v by c2 first
		Keep: 1 - lr*b.decay})
}

// sgd is PyTorch's: m = momentum·m + g, w -= lr·m, where g has decay·w in it: its weight decay is not decoupled.
func (a *optimizer) sgd(b *member, p *model.Param, lr, scale float64) {
	a.ops.Blend(p.G, p.G, p.W, float32(scale), float32(b.decay))
	a.ops.Blend(b.m, b.m, p.G, float32(a.o.Momentum), 1)
	a.ops.Blend(p.W, p.W, b.m, 1, float32(-lr))
}
