package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"text/tabwriter"

	"github.com/seed-83c59573/quern/train"
	"github.com/seed-83c59573/quern/train/cost"
	"github.com/seed-83c59573/quern/train/data"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/ops/cpu"
)

// trainResult is what steps of training came to.
type trainResult struct {
	Model      string  `json:"model"`
	Parameters int     `json:"parameters"`
	Rows       int     `json:"rows"`
	Length     int     `json:"length"`
	Precision  string  `json:"precision"`
	Recompute  bool    `json:"recompute"`
	Steps      int     `json:"steps"`
	Best       float64 `json:"best_tokens_per_s"`
	Median     float64 `json:"median_tokens_per_s"`
	GFlops     float64 `json:"gflops"`      // of the best step, counted as cost.Estimate does
	PeakGFlops float64 `json:"peak_gflops"` // of the kernel of this precision, measured before and after
	MFU        float64 `json:"mfu"`
	StepBytes  int64   `json:"step_bytes"` // weights, gradients, moments and all that a step works in, as planned
	Mallocs    float64 `json:"mallocs_a_step"`
	Loss       float64 `json:"loss"` // of the last step: tokens are random
}

// sized is the shape that --model and --length name, and its rows.
func (b *bench) sized(name string, rows int) (c model.Config, n int, err error) {
	if b.model != "" {
		name = b.model
	}
	if c, err = cost.Preset(name); err != nil {
		return c, 0, usageError{fmt.Errorf("--model: %w", err)}
	}
	if b.length > 0 {
		c.Context = b.length
	}
	if b.rows > 0 {
		rows = b.rows
	}
	if b.rows < 0 || b.length < 0 || rows*c.Context > 1<<24 {
		return c, 0, usageError{fmt.Errorf("--rows and --length: want from 1, and together at most %d tokens", 1<<24)}
	}
	c.Recompute = b.recompute
	return c, rows, nil
}

// precise checks --precision.
func (b *bench) precise() (cpu.Precision, error) {
	p := cpu.Precision(b.precision)
	if p != cpu.FP32 && p != cpu.BF16 {
		return p, usageError{fmt.Errorf("--precision: %q: want %s or %s", b.precision, cpu.FP32, cpu.BF16)}
	}
	return p, nil
}

// benchTrain times whole optimizer steps, as pretraining takes them, of a model called by name on random tokens. The first is not counted.
func benchTrain(b *bench, r *benchResult) error {
	m, rows, err := b.sized("llama-10m", 4)
	if err != nil {
		return err
	}
	precision, err := b.precise()
	if err != nil {
		return err
	}
	c := train.DefaultConfig()
	c.Model, c.Batch, c.Micro, c.Steps, c.Eval, c.Precision = m, rows*m.Context, rows*m.Context, 1<<20, 0, b.precision
	s, err := train.NewStepper(c, randomTokens(8*c.Batch+1, m.Vocab), -1, b.workers, 1)
	if err != nil {
		return err
	}
	defer s.Close()
	k := cpu.NewIn(precision, b.workers)
	t := &trainResult{Model: b.model, Parameters: m.Parameters(), Rows: rows, Length: m.Context, Precision: b.precision, Recompute: m.Recompute}
	if t.Model == "" {
		t.Model = "llama-10m"
	}
	if _, err := s.Step(b.ctx); err != nil {
		return err
	}
	t.PeakGFlops = k.Peak() / 1e9
	var took []float64
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for start := seconds(); len(took) < 2 || seconds()-start < b.seconds; {
		at := seconds()
		x, err := s.Step(b.ctx)
		if err != nil {
			return err
		}
		took = append(took, seconds()-at)
		t.Loss = x.Loss
	}
	runtime.ReadMemStats(&after)
	t.PeakGFlops = max(t.PeakGFlops, k.Peak()/1e9)
	t.Steps, t.Mallocs = len(took), float64(after.Mallocs-before.Mallocs)/float64(len(took))
	for _, x := range took {
		r.Seconds += x
	}
	r.tokens = int64(len(took) * c.Batch)
	slices.Sort(took)
	t.Best, t.Median = float64(c.Batch)/took[0], float64(c.Batch)/took[len(took)/2]
	t.StepBytes = m.Footprint(c.Micro).Total() + 8*int64(t.Parameters)
	r.Train = t
	return t.share(m)
}

func randomTokens(n, vocab int) data.Tokens {
	rnd := rand.New(rand.NewPCG(1, 2))
	out := make(data.Tokens, n)
	for i := range out {
		out[i] = int32(rnd.IntN(vocab))
	}
	return out
}

// share sets the best step beside the peak.
func (t *trainResult) share(m model.Config) error {
	bill, err := cost.Estimate(cost.Job{Method: "pretrain", Model: m, Tokens: 1}, cost.Hardware{Flops: 1, Count: 1, MFU: 1})
	if err != nil {
		return err
	}
	t.GFlops = t.Best * (bill.Flops + bill.AttnFlops) / 1e9
	if t.PeakGFlops > 0 {
		t.MFU = t.GFlops / t.PeakGFlops
	}
	return nil
}

func (t *trainResult) print(out io.Writer, rss float64) {
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "model\tparameters\trows\tlength\tprecision\ttokens/s, best\tmedian\tGF/s\tof peak\tplanned MB\tpeak MB\tallocations a step\t")
	fmt.Fprintf(tw, "%s\t%d\t%d\t%d\t%s\t%.0f\t%.0f\t%.1f\t%.0f %%\t%.0f\t%.0f\t%.1f\t\n", t.Model, t.Parameters, t.Rows, t.Length, t.Precision, t.Best, t.Median, t.GFlops,
		100*t.MFU, float64(t.StepBytes)/1e6, rss, t.Mallocs)
	tw.Flush()
	fmt.Fprintf(out, "%s; peak: the kernel of this precision on panels in the first cache, %.1f GF/s\n", plural(t.Steps, "step"), t.PeakGFlops)
}
