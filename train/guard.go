package train

import (
	"fmt"
	"math"
)

// Skip leaves out the update of a step whose loss or gradient norm lies so many standard deviations above the mean of the last Window
// steps; 0 = whatever it is. The windows are llm.c's and OLMo's: nothing is left out before they hold 20 steps and are half full, and
// an outlier counts from the next step on, so that a lasting change is followed.
type Skip struct {
	Loss   float64 `yaml:"loss_sigmas"`
	Grad   float64 `yaml:"grad_sigmas"`
	Window int     `yaml:"window"` // steps
}

func (s Skip) validate() error {
	switch {
	case !(s.Loss >= 0), !(s.Grad >= 0):
		return fmt.Errorf("train: skip.loss_sigmas and grad_sigmas are %g and %g, want 0 or more", s.Loss, s.Grad)
	case s.Window < 20 || s.Window > 1<<16:
		return fmt.Errorf("train: skip.window is %d steps, want 20 to 65536", s.Window)
	}
	return nil
}

// outlier tells whether x lies more than sigmas above those seen, and then adds it to them. It allocates nothing once the window is
// full.
func (s Skip) outlier(seen *[]float64, x, sigmas float64) bool {
	if sigmas == 0 {
		return false
	}
	list := *seen
	far := false
	if n := len(list); n >= max(20, s.Window/2) {
		mean, square := 0.0, 0.0
		for _, v := range list {
			mean += v
		}
		mean /= float64(n)
		for _, v := range list {
			square += (v - mean) * (v - mean)
		}
		std := math.Sqrt(square / float64(n-1))
		far = std > 0 && x > mean+sigmas*std
	}
	if len(list) == s.Window {
		copy(list, list[1:])
		list = list[:s.Window-1]
	}
	*seen = append(list, x)
	return far
}

// culprit says where the first number of a model that is none comes from.
func (l *loop) culprit() string {
	if where := l.m.FirstBad(); where != "" {
		return "; first, " + where
	}
	return ""
}
