package train

import (
	"fmt"

	"github.com/seed-83c59573/quern/train/data"
	"github.com/seed-83c59573/quern/train/model"
)

// Signals are what a network says of each position of a batch, and Grads what an objective wants changed.
type (
	Signals = model.Signals
	Grads   = model.Grads
)

// Norm holds the denominators of one optimizer step. It is counted over the whole step before the first loss is taken, so that
// accumulating the gradients of micro-batches gives what one big batch would.
type Norm struct {
	Tokens int // positions that a loss is taken at
}

// Metrics are what a step measured. They add up over micro-batches.
type Metrics struct {
	Loss   float64 // mean over the whole step's Norm
	Tokens int
	Speed  float64 // tokens a second, and the share of the machine's peak: of a whole step, when it is done
	MFU    float64
}

// Add sums metrics of micro-batches of one step.
func (m Metrics) Add(o Metrics) Metrics {
	return Metrics{Loss: m.Loss + o.Loss, Tokens: m.Tokens + o.Tokens}
}

func (m Metrics) String() string {
	s := fmt.Sprintf("loss %.3f", m.Loss)
	if m.Speed > 0 {
		s += fmt.Sprintf(", %.0f tokens/s", m.Speed)
	}
	if m.MFU > 0 {
		s += fmt.Sprintf(", MFU %.0f %%", 100*m.MFU)
	}
	return s
}

// An Objective is a loss on per-token signals. It knows no network. Loss adds to g, which is zero when it is called, the gradient of
// the mean loss; it is additive over micro-batches.
type Objective interface {
	Count(b *data.Batch) Norm
	Loss(b *data.Batch, s *Signals, n Norm, g *Grads) Metrics
}

// foreseen is an Objective whose gradients do not depend on the signals: it knows them before the network has spoken, which spares
// computing wide logits twice. Gradients adds to g what Loss would.
type foreseen interface {
	Gradients(b *data.Batch, n Norm, g *Grads)
}

// NextToken is the mean negative log-likelihood of the targets, in nats: of every token in pretraining, of the assistant's in
// fine-tuning. Which is which stands in the batch.
type NextToken struct{}

// Count counts the targets.
func (NextToken) Count(b *data.Batch) Norm { return Norm{b.Count()} }

// Loss is -Σ log p(target) / n.
func (NextToken) Loss(b *data.Batch, s *Signals, n Norm, g *Grads) Metrics {
	sum, count := 0.0, 0
	for i, t := range b.Targets {
		if t == data.NoTarget {
			continue
		}
		sum -= s.LogP[i]
		g.LogP[i] -= 1 / float64(n.Tokens)
		count++
	}
	return Metrics{Loss: sum / float64(n.Tokens), Tokens: count}
}

// Gradients is -1/n at each target.
func (NextToken) Gradients(b *data.Batch, n Norm, g *Grads) {
	for i, t := range b.Targets {
		if t != data.NoTarget {
			g.LogP[i] -= 1 / float64(n.Tokens)
		}
	}
}
