package train

import (
	"encoding/json"
	"io"
	"time"

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
	MFU       float64 `json:"mfu"`               // share of the measured peak; 0 = unknown
	ClipShare float64 `json:"clip_share"`        // of all steps so far, those whose gradient was cut
	Skipped   bool    `json:"skipped,omitempty"` // the update was left out as an outlier
}

// valLine is a measurement on the validation split.
type valLine struct {
	Step    int     `json:"step"`
	ValLoss float64 `json:"val_loss"`
	ValBPB  float64 `json:"val_bpb"`
}

// metrics tells what a run measures: as JSON lines, and as TensorBoard's events. What cannot be written costs what is written, not the
// run, and no time that it tells reaches a result.
type metrics struct {
	log    io.Writer
	events *events
	flops  float64 // of a token, forward and backward
	peak   float64 // of this machine, a second
}

func newMetrics(l *loop) *metrics {
	m := &metrics{log: l.env.Log, events: newEvents(l.env.Events)}
	if m.log != nil || m.events != nil || l.env.Progress != nil {
		m.flops, m.peak = flops(l.m.Config(), l.step.cols), peak(l.m.Ops())
	}
	return m
}

// step logs a step of so many seconds, and completes its metrics.
func (t *metrics) step(st state, m Metrics, lr, norm float64, skipped bool, seconds float64) Metrics {
	m.Speed = float64(m.Tokens) / max(seconds, 1e-6)
	if t.peak > 0 {
		m.MFU = m.Speed * t.flops / t.peak
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

// flops is what a token costs, forward and backward: six for each weight of a product, and attention over the context, or the window,
// counted in full as PaLM (Chowdhery et al., 2022, appendix B) and llm.c do.
func flops(c model.Config, context int) float64 {
	weights := float64(c.Parameters())
	if c = c.Resolved(); !c.Tied {
		weights -= float64(c.Vocab) * float64(c.Width) // the embedding is looked up, not multiplied
	}
	if c.Window > 0 {
		context = min(context, c.Window)
	}
	return 6*weights + 12*float64(c.Layers)*float64(c.Heads*c.HeadSize)*float64(context)
}

// peak is what a product of matrices that fit the caches reaches on this machine, in FLOP a second: the best of some.
func peak(o ops.Ops[float32]) float64 {
	const n, tries = 256, 12
	buf := make([]float32, 3*n*n)
	for i := range buf {
		buf[i] = float32(i%7) - 3
	}
	a, b, c := buf[:n*n], buf[n*n:2*n*n], buf[2*n*n:]
	best := 0.0
	for range tries {
		start := time.Now()
		o.MatMul(false, true, n, n, n, a, b, 0, c)
		best = max(best, 2*n*n*n/max(time.Since(start).Seconds(), 1e-9))
	}
	return best
}
