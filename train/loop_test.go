package train

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/train/data"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/ops/cpu"
)

func tinyLoop(t testing.TB, c Config, e Env) *loop {
	t.Helper()
	c.Model.Vocab = e.Tokenizer.Vocab()
	rows, _, err := c.rows(c.Model.Context)
	if err != nil {
		t.Fatal(err)
	}
	m, err := newModel(c.Model, c.Precision, e.Workers, rows*c.Model.Context)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(e.Seed)
	w := &data.Windows{Stream: e.Train, Cols: c.Model.Context, EOT: int32(e.Tokenizer.EndOfText()), Segmented: c.Documents}
	l, err := newLoop(c.Optim, e, m, w, false)
	if err != nil {
		t.Fatal(err)
	}
	l.lengths = c.LengthWarmup
	return l
}

func TestAccumulationIsOneBigBatch(t *testing.T) {
	for _, documents := range []bool{false, true} { // with documents, micro-batches have different numbers of targets
		c := tinyConfig()
		c.Documents = documents
		var norms []Metrics
		var grads [][]float32
		for _, micro := range []int{32, 16, 8} {
			c.Micro = micro
			l := tinyLoop(t, c, tinyEnv(t, &quern.Memory{}))
			if l.step.micros != 32/micro {
				t.Fatalf("micro %d: %d micro-batches", micro, l.step.micros)
			}
			if err := l.open(); err != nil {
				t.Fatal(err)
			}
			m, err := l.gradient(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			norms = append(norms, m)
			var all []float32
			for _, p := range l.m.Params() {
				all = append(all, p.G...)
			}
			grads = append(grads, all)
		}
		for i := 1; i < len(grads); i++ {
			if math.Abs(norms[i].Loss-norms[0].Loss) > 1e-6 || norms[i].Tokens != norms[0].Tokens {
				t.Errorf("documents %t: %+v accumulated, %+v at once", documents, norms[i], norms[0])
			}
			for k, g := range grads[i] {
				if math.Abs(float64(g-grads[0][k])) > 1e-5 {
					t.Fatalf("documents %t: gradient %d is %g accumulated, %g at once", documents, k, g, grads[0][k])
				}
			}
		}
	}
	a, _ := json.Marshal(Optim{Micro: 1})
	b, _ := json.Marshal(Optim{Micro: 2})
	if bytes.Equal(a, b) {
		t.Error("micro is no part of the configuration, although it may change the last bits")
	}
}

func TestRowsSplitAStep(t *testing.T) {
	for _, c := range []struct{ batch, micro, cols, rows, micros int }{
		{32, 32, 8, 4, 1}, {32, 16, 8, 2, 2}, {32, 31, 8, 2, 2}, {24, 16, 8, 1, 3}, {32, 1, 8, 1, 4}, {8, 8, 8, 1, 1},
	} {
		rows, micros, err := Optim{Batch: c.batch, Micro: c.micro}.rows(c.cols)
		if err != nil || rows != c.rows || micros != c.micros {
			t.Errorf("%+v: %d rows, %d micro-batches, %v", c, rows, micros, err)
		}
	}
	if err := (Optim{Batch: 30, Micro: 8}).Fits(8); err == nil {
		t.Error("a step of 30 tokens fits a context of 8")
	}
}

func TestLossFalls(t *testing.T) {
	for _, arch := range []string{model.Llama, model.GPT2} {
		c := tinyConfig()
		c.Model.Arch, c.Steps, c.Model.Layers, c.LR = arch, 80, 2, 2e-2
		if arch == model.GPT2 {
			c.Model.KVHeads = 0
		}
		e := tinyEnv(t, &quern.Memory{})
		r := pretrain(t, c, e)
		if !(r.LossFirst > 5 && r.LossLast < 2) || !(r.ValLoss < r.ValFirst-3) {
			t.Errorf("%s: %s", arch, r.String())
		}
		if r.Steps != 80 || r.Tokens != 80*32 || r.Parameters == 0 || len(r.Samples) != 1 || !strings.HasPrefix(r.Samples[0], "the") {
			t.Errorf("%s: %+v", arch, r)
		}
	}
}

func TestLogAndBitsPerByte(t *testing.T) {
	c := tinyConfig()
	var log bytes.Buffer
	e := tinyEnv(t, &quern.Memory{})
	e.Log = &log
	r := pretrain(t, c, e)
	var steps, vals []int
	var last map[string]float64
	known := cpu.New(1).Peak() > 0
	for _, l := range strings.Split(strings.TrimSpace(log.String()), "\n") {
		var m map[string]float64
		if err := json.Unmarshal([]byte(l), &m); err != nil {
			t.Fatalf("%q: %v", l, err)
		}
		if _, ok := m["val_loss"]; ok {
			vals, last = append(vals, int(m["step"])), m
			continue
		}
		steps = append(steps, int(m["step"]))
		if s := m["step"]; m["lr"] != c.schedule(c.Steps).At(int(s)-1) || m["tokens"] != 32*s || !(m["grad_norm"] > 0) || !(m["loss"] > 0) || !(m["tokens_per_s"] > 0) ||
			(m["mfu"] > 0) != known {
			t.Errorf("line %q", l)
		}
	}
	if len(steps) != 12 || steps[0] != 1 || steps[11] != 12 {
		t.Errorf("steps %v", steps)
	}
	if len(vals) != 4 || vals[0] != 0 || vals[1] != 4 || vals[2] != 8 || vals[3] != 12 {
		t.Errorf("measured at steps %v, want 0, 4, 8 and 12", vals)
	}
	bpb := r.ValLoss / 0.6931471805599453 * float64(e.Val.Len()) / float64(e.ValBytes)
	if math.Abs(r.ValBPB-bpb) > 1e-12 || last["val_bpb"] != r.ValBPB || last["val_loss"] != r.ValLoss {
		t.Errorf("%g bits per byte, by hand %g, logged %v", r.ValBPB, bpb, last)
	}
	e.Log, e.Dir = brokenLog{}, &quern.Memory{}
	if again := pretrain(t, c, e); again.Checkpoint != r.Checkpoint {
		t.Error("a log that cannot be written changes the model")
	}
}

type brokenLog struct{}

func (brokenLog) Write([]byte) (int, error) { return 0, errors.New("full") }

// The last rows are shorter and the last batch is not full: each token must count once all the same.
func TestValidationMeasuresEveryToken(t *testing.T) {
	e := tinyEnv(t, &quern.Memory{})
	c := tinyConfig()
	l := tinyLoop(t, c, e)
	for _, n := range []int{2, 9, 16, 17, 30} {
		val := e.Val.(data.Tokens)[:n]
		got, ok, err := l.validate(&data.Windows{Stream: val, Rows: 2, Cols: 8})
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		sum := 0.0
		for at := 0; at < n-1; at += 8 {
			w := val[at:min(n, at+9)]
			s := Signals{LogP: make([]float64, len(w)-1)}
			l.m.Forward(&model.Batch{Rows: 1, Cols: len(w) - 1, Tokens: w[:len(w)-1], Targets: w[1:]}, &s)
			for _, p := range s.LogP {
				sum -= p
			}
		}
		if want := sum / float64(n-1); math.Abs(got-want) > 1e-6 {
			t.Errorf("%d tokens: loss %g, by hand %g", n, got, want)
		}
	}
}

// poison is NextToken that yields no number at a step.
type poison struct {
	next      NextToken
	calls, at int
	grad      bool
}

func (p *poison) Count(b *data.Batch) Norm { return p.next.Count(b) }

func (p *poison) Loss(b *data.Batch, s *Signals, n Norm, g *Grads) Metrics {
	m := p.next.Loss(b, s, n, g)
	if p.calls++; p.calls == p.at {
		if p.grad {
			g.LogP[0] = math.Inf(1)
		} else {
			m.Loss = math.NaN()
		}
	}
	return m
}

func TestDivergenceStopsAtOnceAndKeepsTheCheckpoint(t *testing.T) {
	for _, c := range []struct {
		at         int // step
		grad       bool
		want, kept string
	}{
		{6, false, "step 6: the loss is NaN", "the checkpoint of step 3 is kept"},
		{6, true, "step 6: the gradient's norm is ", "the checkpoint of step 3 is kept"},
		{2, false, "step 2: the loss is NaN", "no checkpoint was kept"},
	} {
		dir := &quern.Memory{}
		steps := 0
		e := tinyEnv(t, dir)
		e.Progress = func(int, int, Metrics) { steps++ }
		l := tinyLoop(t, tinyConfig(), e)
		l.objective = &poison{at: 2 * c.at, grad: c.grad} // two micro-batches a step
		err := l.run(context.Background())
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.kept) {
			t.Fatalf("%v, want %q and %q", err, c.want, c.kept)
		}
		if steps != c.at-1 {
			t.Errorf("%d steps taken, want %d", steps, c.at-1)
		}
		if c.at > 3 {
			if st, ok, err := resume(dir, l.saver.run, l.saver.files, nil); err != nil || !ok || st.Step != 3 {
				t.Errorf("the checkpoint kept is %+v, %t, %v", st, ok, err)
			}
		}
	}
	l := tinyLoop(t, tinyConfig(), tinyEnv(t, &quern.Memory{}))
	l.measure = func() (float64, bool, error) { return math.NaN(), true, nil }
	if err := l.run(context.Background()); err == nil || !strings.Contains(err.Error(), "validation loss is NaN") {
		t.Errorf("a validation loss that is no number: %v", err)
	}
	if _, err := l.finish(nil, Sampling{}); err == nil || !strings.Contains(err.Error(), "validation loss is NaN") {
		t.Errorf("at the end: %v", err)
	}
}

func TestPretrainRefusesInWords(t *testing.T) {
	for _, c := range []struct {
		name, want string
		change     func(*Config, *Env)
	}{
		{"tokens of another tokenizer", "another tokenizer's", func(c *Config, e *Env) { e.Train = append(data.Tokens{9999}, e.Train.(data.Tokens)...) }},
		{"validation tokens of another tokenizer", "another tokenizer's", func(c *Config, e *Env) { e.Val = data.Tokens{1, 2, -5, 3} }},
		{"too few tokens", "fewer than a context", func(c *Config, e *Env) { e.Train = data.Tokens{1, 2} }},
		{"a long prompt", "context is 8", func(c *Config, e *Env) { c.Sample.Prompts = []string{strings.Repeat("xyz", 9)} }},
		{"a vocabulary", "model.vocab", func(c *Config, e *Env) { c.Model.Vocab = 300 }},
		{"a batch that does not fit", "multiple of the context", func(c *Config, e *Env) { c.Batch = 30 }},
		{"eval", "eval is -1", func(c *Config, e *Env) { c.Eval = -1 }},
		{"steps", "steps is 0", func(c *Config, e *Env) { c.Steps = 0 }},
		{"batch", "batch is 0", func(c *Config, e *Env) { c.Batch = 0 }},
		{"micro", "micro is 0", func(c *Config, e *Env) { c.Micro = 0 }},
		{"weight_decay", "weight_decay is 1", func(c *Config, e *Env) { c.WeightDecay = 1 }},
		{"beta", "beta1 and beta2", func(c *Config, e *Env) { c.Beta2 = 1 }},
		{"eps", "eps is 0", func(c *Config, e *Env) { c.Eps = 0 }},
		{"clip", "clip is NaN", func(c *Config, e *Env) { c.Clip = math.NaN() }},
		{"checkpoint", "checkpoint is -1", func(c *Config, e *Env) { c.Checkpoint = -1 }},
		{"tokens", "sample of -1", func(c *Config, e *Env) { c.Sample.Tokens = -1 }},
		{"temperature", "temperature is NaN", func(c *Config, e *Env) { c.Sample.Temperature = math.NaN() }},
		{"top_k", "top_k is -1", func(c *Config, e *Env) { c.Sample.TopK = -1 }},
		{"top_p", "top_p is 0", func(c *Config, e *Env) { c.Sample.TopP = 0 }},
	} {
		cfg, e := tinyConfig(), tinyEnv(t, &quern.Memory{})
		c.change(&cfg, &e)
		if _, err := Pretrain(context.Background(), cfg, e); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", c.name, err, c.want)
		}
	}
}

func TestDocumentsKeepAttentionInside(t *testing.T) {
	c := tinyConfig()
	joined := pretrain(t, c, tinyEnv(t, &quern.Memory{}))
	c.Documents = true
	apart := pretrain(t, c, tinyEnv(t, &quern.Memory{}))
	if apart.Checkpoint == joined.Checkpoint || apart.Tokens >= joined.Tokens {
		t.Errorf("documents changes nothing: %d tokens of %d learned", apart.Tokens, joined.Tokens)
	}
}

func TestShuffledRunsReadAnotherOrder(t *testing.T) {
	c := tinyConfig()
	plain := pretrain(t, c, tinyEnv(t, &quern.Memory{}))
	c.Shuffle = true
	a, b := pretrain(t, c, tinyEnv(t, &quern.Memory{})), tinyEnv(t, &quern.Memory{})
	b.Seed++
	if a.LossFirst == plain.LossFirst || a.Tokens != plain.Tokens {
		t.Errorf("shuffled %+v, in order %+v", a, plain)
	}
	if other := pretrain(t, c, b); other.LossFirst == a.LossFirst {
		t.Error("two seeds read one order")
	}
}

// An objective that knows its gradients before the network has spoken takes the same steps as one that waits.
func TestForeseenGradientsChangeNothing(t *testing.T) {
	var all [2][]float32
	for i, o := range []Objective{NextToken{}, &poison{}} {
		l := tinyLoop(t, tinyConfig(), tinyEnv(t, &quern.Memory{}))
		l.objective = o
		if err := l.run(context.Background()); err != nil {
			t.Fatal(err)
		}
		for _, p := range l.m.Params() {
			all[i] = append(all[i], p.W...)
		}
	}
	if !slices.Equal(all[0], all[1]) {
		t.Error("the weights differ")
	}
}
