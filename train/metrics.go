package train

import (
	"encoding/json"
	"io"

	"github.com/seed-83c59573/quern/train/cost"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/ops"
)

// line is one line of the log.
type line struct {
	Step      int     `json:"step"`
	Loss      float64 `json:"loss"` // nats per token, before the step's update
	LR        float64 `json:"lr"`
	GradNorm  float64 `json:"grad_norm"` // before it was cut
	Tokens    int64   `json:"tokens"`    // that a loss was taken on, since the first step
	PerSecond float64 `json:"tokens_per_s"`
	MFU       float64 `json:"mfu"`               // share of what the kernels of products reach on this machine; 0 = unknown
	ClipShare float64 `json:"clip_share"`        // of all steps so far, those whose gradient was cut
	Skipped   bool    `json:"skipped,omitempty"` // the update was left out as an outlier
}

// valLine is a measurement on the validation split.
type valLine struct {
	Step    int     `json:"step"`
	ValLoss float64 `json:"val_loss"`
	ValBPB  float64 `json:"val_bpb,omitempty"` // where the size of the text is known
}

// metrics tells what a run measures: as JSON lines, and as TensorBoard's events. What cannot be written costs what is written, not the
// run, and no time that it tells reaches a result.
type metrics struct {
	log    io.Writer
	events *events
	config model.Config
	flops  float64 // of a token, forward and backward, without attention
	peak   float64 // of this machine, a second
}

func newMetrics(l *loop) *metrics {
	m := &metrics{log: l.env.Log, events: newEvents(l.env.Events), config: l.m.Config()}
	if m.log != nil || m.events != nil || l.env.Progress != nil {
		m.flops, m.peak = stepFlops(l.m), peakOf(l.m.Ops())
	}
	return m
}

// step logs a step over rows of so many tokens that took some seconds, and completes its metrics. The share of the peak is that of all tokens
// that the model read, with a loss or without.
func (t *metrics) step(st state, m Metrics, rows, cols int, lr, norm float64, skipped bool, seconds float64) Metrics {
	seconds = max(seconds, 1e-6)
	m.Speed = float64(m.Tokens) / seconds
	if t.peak > 0 {
		m.MFU = float64(rows*cols) * (t.flops + cost.Attention(t.config, cols, 3)) / seconds / t.peak
	}
	clips := float64(st.Clipped) / float64(st.Step)
	if t.log != nil {
		t.write(line{st.Step, m.Loss, lr, norm, st.Tokens, m.Speed, m.MFU, clips, skipped})
	}
	if t.events != nil {
		t.events.add(st.Step, scalar{"train/loss", m.Loss}, scalar{"train/learning_rate", lr}, scalar{"train/grad_norm", norm},
			scalar{"train/num_tokens", float64(st.Tokens)}, scalar{"train/tokens_per_s", m.Speed}, scalar{"train/mfu", m.MFU},
			scalar{"train/clip_share", clips}, scalar{"train/skipped_steps", float64(st.skipped())})
	}
	return m
}

func (t *metrics) validation(step int, loss, bpb float64) {
	if t.log != nil {
		t.write(valLine{step, loss, bpb})
	}
	if t.events != nil {
		t.events.add(step, scalar{"validation/loss", loss}, scalar{"validation/bits_per_byte", bpb})
	}
}

func (t *metrics) forgetting(step int, f *Forgetting) {
	if t.log != nil {
		t.write(forgetLine{step, f.After, f.Nats()})
	}
	if t.events != nil {
		t.events.add(step, scalar{"pretrain/loss", f.After}, scalar{"pretrain/forgetting", f.Nats()})
	}
}

func (t *metrics) write(v any) {
	b, err := json.Marshal(v)
	if err == nil {
		_, err = t.log.Write(append(b, '\n'))
	}
	if err != nil {
		t.log = nil
	}
}

// stepFlops is what a step of training m costs a token, without attention.
func stepFlops(m *model.Model) float64 {
	count := func(list []model.Param) (n float64) {
		for _, p := range list {
			n += float64(len(p.W))
		}
		return n
	}
	if _, ok := m.Adapter(); ok {
		return cost.Frozen(count(m.Params()), count(m.Trainable()))
	}
	return cost.Weights(count(m.Params()), 3)
}

// peakOf is what the kernels of products reach at best, in FLOP a second; 0 = they do not say.
func peakOf(o ops.Ops[float32]) float64 {
	if p, ok := o.(interface{ Peak() float64 }); ok {
		return p.Peak()
	}
	return 0
}
