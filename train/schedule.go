package train

import (
	"fmt"
	"math"
)

// Schedule is a learning rate over the steps of a run.
type Schedule struct {
	Kind   string  // "cosine", "wsd" or "constant"
	Peak   float64 // the learning rate after warm-up
	Floor  float64 // where it ends, as a share of Peak
	Warmup int     // steps of linear rise from Peak/Warmup
	Decay  float64 // of wsd: the share of all steps in which it falls, linearly, at the end
	Steps  int
}

// Validate refuses in words.
func (s Schedule) Validate() error {
	switch {
	case s.Kind != "cosine" && s.Kind != "wsd" && s.Kind != "constant":
		return fmt.Errorf("train: schedule %q: want cosine, wsd or constant", s.Kind)
	case !(s.Peak > 0 && s.Peak < 10):
		return fmt.Errorf("train: lr is %g, want above 0 and below 10", s.Peak)
	case !(s.Floor >= 0 && s.Floor <= 1):
		return fmt.Errorf("train: min_lr is %g, want a share of lr from 0 to 1", s.Floor)
	case s.Warmup < 0:
		return fmt.Errorf("train: warmup is %d steps, want 0 or more", s.Warmup)
	case s.Kind == "wsd" && !(s.Decay > 0 && s.Decay <= 1):
		return fmt.Errorf("train: decay is %g, want a share of the steps above 0 and up to 1", s.Decay)
	}
	return nil
}

// At is the learning rate of a step, counted from 0.
func (s Schedule) At(step int) float64 {
	if step < s.Warmup {
		return s.Peak * float64(step+1) / float64(s.Warmup)
	}
	switch s.Kind {
	case "cosine": // half a wave from Peak after warm-up to Floor at the last step
		span := max(1, s.Steps-1-s.Warmup)
		x := min(1, float64(step-s.Warmup)/float64(span))
		return s.Peak * (s.Floor + (1-s.Floor)*0.5*(1+math.Cos(math.Pi*x)))
	case "wsd":
		fall := max(1, int(math.Round(s.Decay*float64(s.Steps))))
		start := s.Steps - fall
		if step < start {
			return s.Peak
		}
		x := min(1, float64(step-start+1)/float64(fall))
		return s.Peak * (1 - (1-s.Floor)*x)
	}
	return s.Peak
}
