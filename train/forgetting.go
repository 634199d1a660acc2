package train

import (
	"fmt"

	"github.com/seed-83c59573/quern/train/data"
)

// Forgetting is what fine-tuning cost of what was learned before: the loss on the pretraining corpus's validation split, nats per token.
type Forgetting struct {
	Before float64 `json:"before"`
	After  float64 `json:"after"`
}

// Nats is by how much the loss rose.
func (f *Forgetting) Nats() float64 { return f.After - f.Before }

func (f *Forgetting) String() string {
	return fmt.Sprintf("forgetting: %+.3f nats (%.3f -> %.3f)", f.Nats(), f.Before, f.After)
}

// forgetLine is a measurement of it in the log.
type forgetLine struct {
	Step       int     `json:"step"`
	Loss       float64 `json:"pretrain_loss"`
	Forgetting float64 `json:"forgetting"` // above the loss before the first step
}

// watcher measures what a run of fine-tuning is to be measured by.
type watcher struct {
	l      *loop
	held   *data.Packed  // conversations that are held out; nil = none
	corpus *data.Windows // the pretraining corpus's validation split; nil = not watched
	forget Forgetting
}

// before measures the model as it was, whether or not the run goes on from a checkpoint: it must be called before anything is loaded over it.
func (w *watcher) before() error {
	if w.corpus == nil {
		return nil
	}
	loss, ok, err := w.l.validate(w.corpus)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("train: forgetting: the corpus has no validation split: set shard.validation")
	}
	w.forget.Before = loss
	return nil
}

// measure is the loss on held-out conversations; it logs what is forgotten by the way.
func (w *watcher) measure() (loss float64, ok bool, err error) {
	if w.corpus != nil {
		if w.forget.After = w.forget.Before; w.l.st.Step > 0 {
			if w.forget.After, _, err = w.l.validate(w.corpus); err != nil {
				return 0, false, err
			}
		}
		if !finite(w.forget.After) {
			return 0, false, w.l.diverged("loss on the pretraining corpus", w.forget.After)
		}
		w.l.metrics.forgetting(w.l.st.Step, &w.forget)
	}
	if w.held == nil {
		return 0, false, nil
	}
	return w.heldOut()
}

// result is what the run came to. The model may have got other weights since it was last measured.
func (w *watcher) result(again bool) (*Forgetting, error) {
	if w.corpus == nil {
		return nil, nil
	}
	if again {
		var err error
		if w.forget.After, _, err = w.l.validate(w.corpus); err != nil {
			return nil, err
		}
	}
	return &w.forget, nil
}

// heldOut is the mean loss on held-out conversations, row by row.
func (w *watcher) heldOut() (float64, bool, error) {
	sum, count, s := 0.0, 0, &w.l.step
	for i := range w.held.Len() {
		b := w.held.Batch(i)
		n := w.l.objective.Count(b)
		if n.Tokens == 0 {
			continue
		}
		if err := w.l.use(b); err != nil {
			return 0, false, err
		}
		w.l.m.Forward(&s.batch, &s.signals)
		for i, t := range b.Targets {
			if t != data.NoTarget {
				sum -= s.signals.LogP[i]
			}
		}
		count += n.Tokens
	}
	return sum / float64(max(1, count)), count > 0, nil
}
