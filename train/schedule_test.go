package train

import (
	"math"
	"strings"
	"testing"
)

func TestSchedules(t *testing.T) {
	f := func(s Schedule, step int, want float64) {
		t.Helper()
		if got := s.At(step); math.Abs(got-want) > 1e-12 {
			t.Errorf("%s at %d: %g, want %g", s.Kind, step, got, want)
		}
	}
	cos := Schedule{Kind: "cosine", Peak: 1, Floor: 0.1, Warmup: 10, Steps: 111}
	f(cos, 0, 0.1)
	f(cos, 9, 1)
	f(cos, 10, 1)
	f(cos, 60, 0.55)
	f(cos, 110, 0.1)
	f(cos, 500, 0.1)
	wsd := Schedule{Kind: "wsd", Peak: 2, Floor: 0, Warmup: 2, Decay: 0.2, Steps: 100}
	f(wsd, 0, 1)
	f(wsd, 1, 2)
	f(wsd, 79, 2)
	f(wsd, 80, 1.9)
	f(wsd, 99, 0)
	flat := Schedule{Kind: "constant", Peak: 3, Steps: 10}
	f(flat, 0, 3)
	f(flat, 9, 3)
	for _, bad := range []struct {
		s    Schedule
		word string
	}{
		{Schedule{Kind: "linear", Peak: 1}, "linear"},
		{Schedule{Kind: "cosine"}, "lr"},
		{Schedule{Kind: "cosine", Peak: math.NaN()}, "lr"},
		{Schedule{Kind: "cosine", Peak: 1, Floor: 2}, "min_lr"},
		{Schedule{Kind: "cosine", Peak: 1, Warmup: -1}, "warmup"},
		{Schedule{Kind: "wsd", Peak: 1}, "decay"},
	} {
		if err := bad.s.Validate(); err == nil || !strings.Contains(err.Error(), bad.word) {
			t.Errorf("%+v: %v, want an error about %s", bad.s, err, bad.word)
		}
	}
}
