package train

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Schedule is a learning rate over the steps of a run.
type Schedule struct {
	Kind   string  // one of schedules
	Peak   float64 // the learning rate after warm-up
	Floor  float64 // where it ends, as a share of Peak; constant and inverse_sqrt have none
	Warmup float64 // steps of linear rise, or, below 1, their share of all steps
	Decay  float64 // of wsd: the share of all steps in which it falls, linearly, at the end
	Steps  int
}

var schedules = []string{"cosine", "linear", "wsd", "constant", "inverse_sqrt"}

// Validate refuses in words.
func (s Schedule) Validate() error {
	switch {
	case !slices.Contains(schedules, s.Kind):
		return fmt.Errorf("train: schedule %q: want one of %s", s.Kind, strings.Join(schedules, ", "))
	case !(s.Peak > 0 && s.Peak < 10):
		return fmt.Errorf("train: lr is %g, want above 0 and below 10", s.Peak)
	case !(s.Floor >= 0 && s.Floor <= 1):
		return fmt.Errorf("train: min_lr is %g, want a share of lr from 0 to 1", s.Floor)
	case s.Kind == "wsd" && !(s.Decay > 0 && s.Decay <= 1):
		return fmt.Errorf("train: decay is %g, want a share of the steps above 0 and up to 1", s.Decay)
	}
	return stepsOrShare("warmup", s.Warmup)
}

// stepsOrShare refuses what is neither whole steps nor a share of them.
func stepsOrShare(name string, x float64) error {
	if !(x >= 0 && x < 1e9) || x >= 1 && x != math.Trunc(x) {
		return fmt.Errorf("train: %s is %g, want whole steps, or a share of all steps below 1", name, x)
	}
	return nil
}

// share is how many of the given steps that stands for.
func share(x float64, steps int) int {
	if x < 1 {
		x *= float64(steps)
	}
	return int(math.Round(x))
}

// At is the learning rate of a step, counted from 0. It is what Hugging Face's schedules give for step+1 (transformers,
// optimization.py: linear, cosine with min_lr, inverse sqrt, warmup-stable-decay with a linear decay): they rise from 0, and we take no
// step at a rate of 0; and so the last step is the one that has the floor.
func (s Schedule) At(step int) float64 {
	t, warmup := float64(step+1), float64(share(s.Warmup, s.Steps))
	if t <= warmup {
		return s.Peak * t / warmup
	}
	done := min(1, (t-warmup)/max(1, float64(s.Steps)-warmup))
	switch s.Kind {
	case "cosine": // half a wave
		return s.Peak * (s.Floor + (1-s.Floor)*0.5*(1+math.Cos(math.Pi*done)))
	case "linear":
		return s.Peak * (s.Floor + (1-s.Floor)*(1-done))
	case "wsd":
		fall := max(1, math.Round(s.Decay*float64(s.Steps)))
		x := max(0, min(1, (t-float64(s.Steps)+fall)/fall))
		return s.Peak * (1 - (1-s.Floor)*x)
	case "inverse_sqrt": // 1/√t after warm-up; without one, as if it had been of 10,000 steps
		if scale := warmup; scale > 0 {
			return s.Peak * math.Sqrt(scale/t)
		}
		return s.Peak * math.Sqrt(inverseScale/(inverseScale+t))
	}
	return s.Peak
}

const inverseScale = 10_000
