package decon

import (
	"math"
	"strings"
	"testing"
)

func TestWantedShare(t *testing.T) {
	o := testOptions()
	for _, c := range []struct {
		words int
		want  float64
	}{{1, 1}, {15, 1}, {16, 0.992}, {20, 0.96}, {27, 0.904}, {39, 0.808}, {40, 0.8}, {1000, 0.8}} {
		if got := o.wanted(c.words); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%d words: %v, want %v", c.words, got, c.want)
		}
	}
	if o.gap() != 7 {
		t.Errorf("11 runs of 5 are %d words", o.gap())
	}
}

func TestWeighing(t *testing.T) {
	none := math.NaN()
	for _, c := range []struct{ q, a, p, want float64 }{
		{1, none, none, 1}, {0.9, none, none, 0.9}, {1, 0, none, 0.75}, {0.8, 1, none, 0.85}, {1, none, 0, 0.85}, {0.8, none, 1, 0.83},
		{1, 0, 0, 0.7}, {1, 1, 0, 0.9}, {1, 0, 1, 0.8}, {0.8, 0.5, 1, 0.76},
	} {
		if got := weigh(c.q, c.a, c.p); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for want, set := range map[string]func(*Options){
		"want score or ngram": func(o *Options) { o.Method = "x" }, "want words or ngrams": func(o *Options) { o.Unit = "" }, "n is 1": func(o *Options) { o.N = 1 },
		"every is 0": func(o *Options) { o.Every = 0 }, "misses is -1": func(o *Options) { o.Misses = -1 }, "exact is 50": func(o *Options) { o.Exact = 50 },
		"shortest is 4": func(o *Options) { o.Shortest = 4 }, "min is 0": func(o *Options) { o.Min = 0 }, "min is NaN": func(o *Options) { o.Min = math.NaN() },
		"window is -1": func(o *Options) { o.Window = -1 }, "holds nothing": func(o *Options) { o.Limit = 0 },
	} {
		o := testOptions()
		set(&o)
		if err := o.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	q := []Set{{Name: "s", Fields: Fields{Question: []string{"question"}}}}
	for want, text := range map[string]string{
		"its files hold no record": "", "is long enough to be known by": `{"question": "too short"}`,
		"an index of more than 1 MiB": `{"question": "` + strings.Repeat("many words ", 5000) + `"}`,
	} {
		o := testOptions()
		o.Limit = 1 << 20
		q[0].Files = []string{write(t, "a.jsonl", text)}
		if _, err := Build(q, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, err := Build(nil, testOptions()); err == nil {
		t.Error("no sets are a rule of nothing")
	}
}
