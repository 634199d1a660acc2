package train

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
)

// golden is testdata/optim.json, by cmd/versus/optim_golden.py.
type golden struct {
	Steps     []int
	Schedules []struct {
		Kind          string
		Warmup, Floor float64
		Rates         []float64
	}
	Optimizers []struct {
		Optimizer, Scale string
		Rows, Cols       int
		Clip             float64
		Decay            float64 `json:"weight_decay"`
		W                []float64
	}
}

func readGolden(t *testing.T) (g golden) {
	t.Helper()
	b, err := os.ReadFile("testdata/optim.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// Hugging Face's schedules count from a step at rate 0, which is not taken here: theirs of step t is ours of step t-1.
func TestSchedulesAreHuggingFaces(t *testing.T) {
	g := readGolden(t)
	for _, x := range g.Schedules {
		s := Schedule{Kind: x.Kind, Peak: 1, Floor: x.Floor, Warmup: x.Warmup, Decay: 0.2, Steps: 100}
		for i, step := range g.Steps {
			if got := s.At(step - 1); math.Abs(got-x.Rates[i]) > 1e-12 {
				t.Errorf("%s, warm-up %g, floor %g: %g at step %d, want %g", x.Kind, x.Warmup, x.Floor, got, step, x.Rates[i])
			}
		}
	}
	// The same by hand, of facts that others publish: peak 1e-5, warm-up 10 of 100 steps, down to a tenth.
	s := Schedule{Kind: "cosine", Peak: 1e-5, Floor: 0.1, Warmup: 10, Steps: 100}
	for step, want := range map[int]float64{1: 1e-6, 5: 5e-6, 10: 1e-5, 55: 5.5e-6, 99: 1.0027413e-6} {
		if got := s.At(step - 1); math.Abs(got-want) > 1e-13 {
			t.Errorf("at step %d: %g, want %g", step, got, want)
		}
	}
}

func TestSchedules(t *testing.T) {
	f := func(s Schedule, step int, want float64) {
		t.Helper()
		if got := s.At(step); math.Abs(got-want) > 1e-12 {
			t.Errorf("%+v at %d: %g, want %g", s, step, got, want)
		}
	}
	wsd := Schedule{Kind: "wsd", Peak: 2, Floor: 0, Warmup: 2, Decay: 0.2, Steps: 100}
	f(wsd, 0, 1)
	f(wsd, 1, 2)
	f(wsd, 79, 2)
	f(wsd, 80, 1.9)
	f(wsd, 99, 0)
	flat := Schedule{Kind: "constant", Peak: 3, Steps: 10}
	f(flat, 0, 3)
	f(flat, 9, 3)
	f(Schedule{Kind: "linear", Peak: 1, Floor: 0.5, Steps: 10}, 9, 0.5)
	f(Schedule{Kind: "linear", Peak: 1, Floor: 0.5, Steps: 10}, 4, 0.75)
	f(Schedule{Kind: "cosine", Peak: 1, Floor: 0.1, Steps: 10}, 500, 0.1)
	part := Schedule{Kind: "linear", Peak: 1, Warmup: 0.1, Steps: 100} // a tenth of the steps
	f(part, 4, 0.5)
	f(part, 9, 1)
	f(part, 54, 0.5)
	f(Schedule{Kind: "cosine", Peak: 1, Warmup: 20, Steps: 10}, 9, 0.5) // it never comes to the peak
	for _, bad := range []struct {
		s    Schedule
		word string
	}{
		{Schedule{Kind: "square", Peak: 1}, "want one of cosine, linear"},
		{Schedule{Kind: "cosine"}, "lr"},
		{Schedule{Kind: "cosine", Peak: math.NaN()}, "lr"},
		{Schedule{Kind: "cosine", Peak: 1, Floor: 2}, "min_lr"},
		{Schedule{Kind: "cosine", Peak: 1, Warmup: -1}, "warmup"},
		{Schedule{Kind: "cosine", Peak: 1, Warmup: 1.5}, "warmup"},
		{Schedule{Kind: "cosine", Peak: 1, Warmup: math.NaN()}, "warmup"},
		{Schedule{Kind: "wsd", Peak: 1}, "decay"},
	} {
		if err := bad.s.Validate(); err == nil || !strings.Contains(err.Error(), bad.word) {
			t.Errorf("%+v: %v, want an error about %s", bad.s, err, bad.word)
		}
	}
}

func TestLengthOfARun(t *testing.T) {
	o := Optim{Batch: 64, Micro: 16}
	for _, x := range []struct {
		steps         int
		tokens        int64
		epochs        int
		from          int
		over          float64
		epoch         int64
		want          int
		tokensAtLeast int
	}{
		{7, 0, 0, 0, 0, 1000, 7, 448},
		{0, 640, 0, 0, 0, 1000, 10, 640},
		{0, 641, 0, 0, 0, 1000, 11, 641},
		{0, 0, 2, 0, 0, 1000, 32, 2000},
		{0, 1, 0, 0, 0, 1000, 1, 1},
		{0, 640, 0, 16, 4, 1000, 13, 640},   // 16, 16, 32, 48, and then 64 each
		{0, 640, 0, 16, 0.5, 1000, 14, 640}, // half of the steps, however many they are
	} {
		o.Steps, o.Tokens, o.Epochs, o.BatchWarmup = x.steps, x.tokens, x.epochs, Ramp{x.from, x.over}
		got := o.Planned(8, x.epoch)
		tokens := 0
		for s := range got {
			tokens += o.microsAt(s, got, 4, 16) * 16
		}
		if got != x.want || tokens < x.tokensAtLeast {
			t.Errorf("%+v: %d steps, %d tokens", x, got, tokens)
		}
	}
}

func TestRamps(t *testing.T) {
	o := Optim{Batch: 64, Micro: 16, BatchWarmup: Ramp{16, 6}}
	want := []int{1, 1, 2, 2, 3, 3, 4, 4}
	for step, w := range want {
		if got := o.microsAt(step, 10, 4, 16); got != w {
			t.Errorf("step %d: %d micro-batches, want %d", step, got, w)
		}
	}
	r := Ramp{16, 6}
	for step, w := range []int{16, 16, 32, 32, 64, 64, 128, 128} {
		if got := r.lengthAt(step, 10, 128); got != w {
			t.Errorf("step %d: rows of %d tokens, want %d", step, got, w)
		}
	}
	if got := (Ramp{}).lengthAt(0, 10, 128); got != 128 {
		t.Errorf("without a warm-up, rows of %d tokens", got)
	}
}
