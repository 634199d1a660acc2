package train

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train/data"
	"github.com/seed-83c59573/quern/train/model"
)

// everything is a run with all that has a state beside weights.
func everything() Config {
	c := tinyConfig()
	c.Optimizer, c.EMA, c.Documents = ruleMuon, 0.9, true
	c.Skip = Skip{Loss: 6, Grad: 6, Window: 20}
	c.EarlyStop = EarlyStop{Patience: 50}
	c.Micro, c.BatchWarmup, c.LengthWarmup = 8, Ramp{From: 8, Over: 0.5}, Ramp{From: 2, Over: 6}
	c.Eval = 2
	return c
}

func TestAccumulationOfAnySplit(t *testing.T) {
	c := tinyConfig()
	c.Batch, c.Documents = 64, true
	var loss []float64
	var grads [][]float32
	for _, micro := range []int{64, 32, 16, 8} { // 1×8 to 8×1
		c.Micro = micro
		l := tinyLoop(t, c, tinyEnv(t, &quern.Memory{}))
		if err := l.open(); err != nil {
			t.Fatal(err)
		}
		m, err := l.gradient(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		loss = append(loss, m.Loss)
		var all []float32
		for _, p := range l.m.Params() {
			all = append(all, p.G...)
		}
		grads = append(grads, all)
		l.loader.Close()
	}
	for i := 1; i < len(grads); i++ {
		far, size := 0.0, 0.0
		for k, g := range grads[i] {
			far += math.Pow(float64(g)-float64(grads[0][k]), 2)
			size += math.Pow(float64(grads[0][k]), 2)
		}
		if rel := math.Sqrt(far / size); rel > 1e-6 {
			t.Errorf("%d micro-batches: gradients differ by %.2g of their norm", 1<<i, rel)
		}
		if math.Abs(loss[i]/loss[0]-1) > 1e-7 {
			t.Errorf("%d micro-batches: loss %.9g, at once %.9g", 1<<i, loss[i], loss[0])
		}
	}
}

// Sums over tokens are taken 384 at a time and then added up in order. So micro-batches of whole 384s give the bits of one big batch, but
// for an embedding that is the head, too: its gradient has the head's share first, and once for each micro-batch.
func TestAccumulationIsBitEqual(t *testing.T) {
	for _, tied := range []bool{false, true} {
		c := tinyConfig()
		c.Model.Context, c.Model.Width, c.Model.Heads, c.Model.KVHeads, c.Model.Tied = 384, 32, 2, 1, tied
		c.Batch, c.Documents = 384*4, true
		e := tinyEnv(t, &quern.Memory{})
		e.Train, _ = corpus(e.Tokenizer, 40)
		whole := map[string][]float32{}
		for _, micro := range []int{4, 2, 1} {
			c.Micro = 384 * micro
			l := tinyLoop(t, c, e)
			if err := l.open(); err != nil {
				t.Fatal(err)
			}
			if _, err := l.gradient(context.Background()); err != nil {
				t.Fatal(err)
			}
			l.loader.Close()
			for _, p := range l.m.Params() {
				if micro == 4 {
					whole[p.Name] = p.G
				} else if !slices.Equal(p.G, whole[p.Name]) && !(tied && p.Name == "model.embed_tokens.weight") {
					t.Errorf("tied %t, %d micro-batches: the gradient of %s has other bits", tied, 4/micro, p.Name)
				}
			}
		}
	}
}

// The mean is over tokens: NLLs of 1, 2, 3 and of 4 have the mean 2.5, not that of two means, 3.
func TestTheMeanIsOverTokensNotOverMicroBatches(t *testing.T) {
	whole := data.Batch{Rows: 2, Cols: 3, Tokens: make([]int32, 6), Targets: []int32{1, 1, 1, 1, data.NoTarget, data.NoTarget}}
	nll := []float64{-1, -2, -3, -4, 0, 0}
	n := NextToken{}.Count(&whole)
	var total Metrics
	for r := range 2 {
		b := whole.Part(r, r+1)
		total = total.Add(NextToken{}.Loss(&b, &Signals{LogP: nll[3*r : 3*r+3]}, n, &Grads{LogP: make([]float64, 3)}))
	}
	if total.Loss != 2.5 || total.Tokens != 4 {
		t.Errorf("%+v, want a loss of 2.5 over 4 tokens", total)
	}
}

func TestBatchesAndLengthsGrow(t *testing.T) {
	c := tinyConfig()
	c.Micro, c.BatchWarmup, c.LengthWarmup = 8, Ramp{From: 8, Over: 6}, Ramp{From: 2, Over: 4}
	var shapes [][3]int
	var cursors []int64
	e := tinyEnv(t, &quern.Memory{})
	l := tinyLoop(t, c, e)
	tokens := map[int32]int{}
	e.Progress = nil
	l.env.Progress = func(int, int, Metrics) {
		shapes = append(shapes, [3]int{l.step.now.Rows, l.step.now.Cols, len(l.step.now.Tokens)})
		cursors = append(cursors, l.st.Cursor)
		if len(l.step.now.Tokens) != l.step.now.Rows*l.step.now.Cols {
			t.Errorf("%d tokens in %d×%d", len(l.step.now.Tokens), l.step.now.Rows, l.step.now.Cols)
		}
		for _, id := range l.step.now.Targets {
			tokens[id]++
		}
	}
	if err := l.run(context.Background()); err != nil {
		t.Fatal(err)
	}
	want := [][3]int{{4, 2, 8}, {4, 2, 8}, {4, 4, 16}, {4, 4, 16}, {3, 8, 24}, {3, 8, 24}, {4, 8, 32}, {4, 8, 32}}
	if !slices.Equal(shapes[:8], want) {
		t.Errorf("steps of %v, want %v", shapes[:8], want)
	}
	if !slices.Equal(cursors[:7], []int64{1, 2, 4, 6, 9, 12, 16}) {
		t.Errorf("cursors %v", cursors)
	}
	if tokens[data.NoTarget] != 0 {
		t.Errorf("cutting rows lost %d targets", tokens[data.NoTarget])
	}
}

func TestAverageIsTheModelThatIsKept(t *testing.T) {
	c := tinyConfig()
	c.EMA = 0.5
	e := tinyEnv(t, &quern.Memory{})
	l := tinyLoop(t, c, e)
	var want [][]float64 // by hand
	l.env.Progress = func(step, _ int, _ Metrics) {
		if want == nil {
			fresh := tinyLoop(t, c, e)
			for _, p := range fresh.m.Params() {
				w := make([]float64, len(p.W))
				for i, v := range p.W {
					w[i] = float64(v)
				}
				want = append(want, w)
			}
		}
		keep := min(0.5, float64(1+step)/float64(10+step))
		for i, p := range l.m.Params() {
			for j, v := range p.W {
				want[i][j] = keep*want[i][j] + (1-keep)*float64(v)
			}
		}
	}
	if err := l.run(context.Background()); err != nil {
		t.Fatal(err)
	}
	last := slices.Clone(l.m.Params()[0].W)
	if _, err := l.finish(nil, Sampling{}); err != nil {
		t.Fatal(err)
	}
	m, _, err := LoadFolder(quern.Sub(e.Dir, finalName), 1, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range m.Params() {
		for j, v := range p.W {
			if math.Abs(float64(v)-want[i][j]) > 1e-6 {
				t.Fatalf("%s [%d] is %g, the average is %g", p.Name, j, v, want[i][j])
			}
		}
	}
	if slices.Equal(last, m.Params()[0].W) {
		t.Error("the last weights were kept, not their average")
	}
}

func TestEarlyStopKeepsTheBest(t *testing.T) {
	c := tinyConfig()
	c.Steps, c.EarlyStop = 40, EarlyStop{Patience: 3, MinDelta: 0.1}
	e := tinyEnv(t, &quern.Memory{})
	l := tinyLoop(t, c, e)
	losses := []float64{5, 4, 3, 2.95, 3.5, 2.91, 1, 1, 1} // at steps 0, 4, 8, …; none of the next three is better than 3 by 0.1
	at, best := 0, []float32(nil)
	l.eval = 4
	l.measure = func() (float64, bool, error) {
		if at++; at == 3 {
			best = slices.Clone(l.m.Params()[0].W)
		}
		return losses[at-1], true, nil
	}
	if err := l.run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if l.st.Step != 20 || !l.st.Stopped || at != 6 {
		t.Errorf("stopped %t at step %d after %d measurements, want 20 and 6", l.st.Stopped, l.st.Step, at)
	}
	losses[6] = 3.2
	r, err := l.finish(nil, Sampling{})
	if err != nil {
		t.Fatal(err)
	}
	if r.BestStep != 8 || r.ValLoss != 3 || !r.Stopped || r.Steps != 20 {
		t.Errorf("%+v", r)
	}
	m, _, err := LoadFolder(quern.Sub(e.Dir, finalName), 1, 0, 0)
	if err != nil || !slices.Equal(m.Params()[0].W, best) {
		t.Errorf("the model kept is not that of step 8 (%v)", err)
	}
	l = tinyLoop(t, c, tinyEnv(t, &quern.Memory{}))
	if err := l.run(context.Background()); err == nil || !strings.Contains(err.Error(), "early_stop") {
		t.Errorf("without a validation split: %v", err)
	}
}

func TestRulesLearn(t *testing.T) {
	for _, x := range []struct {
		name   string
		change func(*Config)
	}{
		{"muon", func(c *Config) { c.Optimizer = ruleMuon }},
		{"muon as moonlight", func(c *Config) { c.Optimizer, c.Muon.Scale = ruleMuon, scaleMoonlight }},
		{"sgd", func(c *Config) { c.Optimizer, c.LR, c.WeightDecay = ruleSGD, 0.3, 0 }},
		{"an average", func(c *Config) { c.EMA = 0.9 }},
		{"growing", func(c *Config) { c.Micro, c.BatchWarmup, c.LengthWarmup = 8, Ramp{8, 0.2}, Ramp{2, 0.2} }},
		{"linear", func(c *Config) { c.Schedule, c.Warmup = "linear", 0.1 }},
	} {
		c := tinyConfig()
		c.Steps, c.LR, c.Eval, c.Checkpoint, c.Sample.Prompts = 80, 2e-2, 0, 0, nil
		x.change(&c)
		if r := pretrain(t, c, tinyEnv(t, &quern.Memory{})); !(r.LossFirst > 5 && r.LossLast < 2.5 && r.ValLoss < 2.6) {
			t.Errorf("%s: %s", x.name, r.String())
		}
	}
}

func TestAStepAllocatesNothing(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"adamw": func(*Config) {},
		"muon":  func(c *Config) { c.Optimizer = ruleMuon },
		"sgd":   func(c *Config) { c.Optimizer = ruleSGD },
		"all":   func(c *Config) { *c = everything(); c.EarlyStop.Patience = 0 },
	} {
		c := tinyConfig()
		change(&c)
		l := tinyLoop(t, c, tinyEnv(t, &quern.Memory{}))
		if _, err := l.start(); err != nil {
			t.Fatal(err)
		}
		step := func() {
			m, err := l.gradient(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			norm := l.opt.norm()
			if l.outlier(m.Loss, norm) {
				t.Fatal("an outlier")
			}
			l.update(1e-3, l.opt.clip(norm))
			l.st.Step++
		}
		for range 40 { // buffers of their full size, windows full
			step()
		}
		if n := testing.AllocsPerRun(20, step); n > 0 {
			t.Errorf("%s: %g allocations a step", name, n)
		}
		l.loader.Close()
	}
}

func TestOptionsAreRefusedInWords(t *testing.T) {
	some := func(x float64) *float64 { return &x }
	for _, x := range []struct {
		want   string
		change func(*Config)
	}{
		{"want one of them", func(c *Config) { c.Tokens = 100 }},
		{"tokens is -1", func(c *Config) { c.Steps, c.Tokens = 0, -1 }},
		{"epochs is -1", func(c *Config) { c.Steps, c.Epochs = 0, -1 }},
		{"optimizer is \"lion\"", func(c *Config) { c.Optimizer = "lion" }},
		{"momentum is 1", func(c *Config) { c.Momentum = 1 }},
		{"muon.lr is -1", func(c *Config) { c.Muon.LR = -1 }},
		{"muon.momentum is NaN", func(c *Config) { c.Muon.Momentum = math.NaN() }},
		{"muon.scale is \"big\"", func(c *Config) { c.Muon.Scale = "big" }},
		{"groups: match is \"\"", func(c *Config) { c.Groups = []Group{{LR: some(1)}} }},
		{"groups: match is \"[\"", func(c *Config) { c.Groups = []Group{{Match: "[", LR: some(1)}} }},
		{"neither lr nor weight_decay", func(c *Config) { c.Groups = []Group{{Match: "*"}} }},
		{"groups: lr of * is -1", func(c *Config) { c.Groups = []Group{{Match: "*", LR: some(-1)}} }},
		{"groups: weight_decay of * is 1", func(c *Config) { c.Groups = []Group{{Match: "*", WeightDecay: some(1)}} }},
		{"no parameter is left for nothing", func(c *Config) { c.Groups = []Group{{Match: "nothing", LR: some(1)}} }},
		{"skip.loss_sigmas", func(c *Config) { c.Skip.Loss = -1 }},
		{"skip.window is 3", func(c *Config) { c.Skip.Window = 3 }},
		{"ema is 1", func(c *Config) { c.EMA = 1 }},
		{"early_stop has a patience of -1", func(c *Config) { c.EarlyStop.Patience = -1 }},
		{"early_stop needs eval", func(c *Config) { c.EarlyStop.Patience, c.Eval = 1, 0 }},
		{"keep is 0", func(c *Config) { c.Keep = 0 }},
		{"keep_every is 4 steps, want a multiple of checkpoint, 3", func(c *Config) { c.KeepEvery = 4 }},
		{"batch_warmup.from is 64 tokens", func(c *Config) { c.BatchWarmup = Ramp{64, 2} }},
		{"batch_warmup has from 16, but over no steps", func(c *Config) { c.BatchWarmup = Ramp{16, 0} }},
		{"batch_warmup is from 0 over 3", func(c *Config) { c.BatchWarmup = Ramp{0, 3} }},
		{"want a multiple of a micro-batch, 16", func(c *Config) { c.BatchWarmup = Ramp{8, 2} }},
		{"length_warmup.from is 3 tokens", func(c *Config) { c.LengthWarmup = Ramp{3, 2} }},
		{"length_warmup.over is 2.5", func(c *Config) { c.LengthWarmup = Ramp{4, 2.5} }},
		{"model.scores is for programs", func(c *Config) { c.Model.Scores = 1 }},
		{"warmup is 1.5", func(c *Config) { c.Warmup = 1.5 }},
	} {
		c := tinyConfig()
		x.change(&c)
		if _, err := Pretrain(context.Background(), c, tinyEnv(t, &quern.Memory{})); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%v, want %q", err, x.want)
		}
	}
}

// Training goes on from a folder: its model, its tokenizer, its text; a shorter context if one is asked for.
func TestFromAFolder(t *testing.T) {
	dir := quern.Local(t.TempDir())
	first := pretrain(t, tinyConfig(), tinyEnv(t, dir))
	c := tinyConfig()
	c.From, c.Model = dir.Path(finalName), model.Default()
	c.Model.Context, c.LR = 8, 1e-4
	r := pretrain(t, c, tinyEnv(t, &quern.Memory{}))
	if math.Abs(r.ValFirst-first.ValLoss) > 1e-6 || r.Parameters != first.Parameters {
		t.Errorf("begins with a loss of %g, ended with %g", r.ValFirst, first.ValLoss)
	}
	for _, x := range []struct {
		want   string
		change func(*Config, *Env)
	}{
		{"from says what the model is", func(c *Config, _ *Env) { c.Model.Layers = 1 }},
		{"a context of 16 is asked for, the model's is 8", func(c *Config, _ *Env) { c.Model.Context = 16 }},
		{"its tokenizer is not the one", func(_ *Config, e *Env) {
			learn := tokenize.DefaultLearn()
			learn.Vocab = 270
			k := tokenize.NewCounter(learn)
			k.Add([]byte(rhyme))
			e.Tokenizer, _ = k.Learn()
		}},
		{"train: from " + t.Name(), func(c *Config, _ *Env) { c.From = t.Name() }},
	} {
		c, e := c, tinyEnv(t, &quern.Memory{})
		x.change(&c, &e)
		if _, err := Pretrain(context.Background(), c, e); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%v, want %q", err, x.want)
		}
	}
}

// Rounding to bfloat16 changes bits, and little else.
func TestPrecision(t *testing.T) {
	c := tinyConfig()
	c.Steps = 40
	full := pretrain(t, c, tinyEnv(t, &quern.Memory{}))
	c.Precision = "bf16"
	half := pretrain(t, c, tinyEnv(t, &quern.Memory{}))
	if half.Checkpoint == full.Checkpoint || math.Abs(half.LossLast-full.LossLast) > 0.1 {
		t.Errorf("fp32 %s, bf16 %s", full.String(), half.String())
	}
	c.Precision = "fp8"
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "precision is \"fp8\", want fp32 or bf16") {
		t.Error(err)
	}
}

// Without shuffling, a run reads the corpus in its own order, which is that of the phases of its mix.
func TestTheOrderOfTheCorpusIsTheCurriculum(t *testing.T) {
	l := tinyLoop(t, tinyConfig(), tinyEnv(t, &quern.Memory{}))
	var read data.Tokens
	l.env.Progress = func(int, int, Metrics) { read = append(read, l.step.now.Tokens...) }
	if err := l.run(context.Background()); err != nil {
		t.Fatal(err)
	}
	stream := l.env.Train.(data.Tokens)
	if epoch := stream[:len(stream)-1]; !slices.Equal(read[:len(epoch)], epoch) || !slices.Equal(read[len(epoch):], epoch[:len(read)-len(epoch)]) {
		t.Error("the tokens were read in another order")
	}
}
