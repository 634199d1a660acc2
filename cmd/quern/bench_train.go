package main

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train"
	"github.com/seed-83c59573/quern/train/data"
	"github.com/seed-83c59573/quern/train/ops/cpu"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
)

// seconds is a clock that only runs forward.
func seconds() float64 { return time.Since(started).Seconds() }

var started = time.Now()

// gemmRow compares one matrix product with gonum's, in the same minute.
type gemmRow struct {
	Shape  string  `json:"shape"`
	GFlops float64 `json:"gflops"`
	Gonum  float64 `json:"gonum_gflops"`
	Ratio  float64 `json:"ratio"`
}

// benchGemm times the products of a training step: NT forward, NN for the gradient of the input, TN for that of the weights.
func benchGemm(b *bench, r *benchResult) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(b.workers)) // gonum takes what it gets
	o := cpu.New(b.workers)
	for _, s := range []struct {
		name    string
		m, n, k int
		ta, tb  bool
	}{
		{"512x512x512 NN", 512, 512, 512, false, false},
		{"1024x1024x1024 NN", 1024, 1024, 1024, false, false},
		{"forward 1024x1024x256 NT", 1024, 1024, 256, false, true},
		{"dX 1024x256x1024 NN", 1024, 256, 1024, false, false},
		{"dW 1024x256x1024 TN", 1024, 256, 1024, true, false},
		{"head 1024x8192x256 NT", 1024, 8192, 256, false, true},
	} {
		x, y, z := random(s.m*s.k), random(s.k*s.n), make([]float32, s.m*s.n)
		ours := func() { o.MatMul(s.ta, s.tb, s.m, s.n, s.k, x, y, 0, z) }
		ga := blas32.General{Rows: s.m, Cols: s.k, Stride: s.k, Data: x}
		if s.ta {
			ga = blas32.General{Rows: s.k, Cols: s.m, Stride: s.m, Data: x}
		}
		gb := blas32.General{Rows: s.k, Cols: s.n, Stride: s.n, Data: y}
		if s.tb {
			gb = blas32.General{Rows: s.n, Cols: s.k, Stride: s.k, Data: y}
		}
		gc := blas32.General{Rows: s.m, Cols: s.n, Stride: s.n, Data: z}
		gonum := func() { blas32.Gemm(transpose(s.ta), transpose(s.tb), 1, ga, gb, 0, gc) }
		flop := 2 * float64(s.m) * float64(s.n) * float64(s.k)
		budget := b.seconds / 12
		a, g := best(ours, budget), best(gonum, budget)
		r.Rows = append(r.Rows, gemmRow{s.name, flop / a / 1e9, flop / g / 1e9, g / a})
		if err := b.ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

func transpose(t bool) blas.Transpose {
	if t {
		return blas.Trans
	}
	return blas.NoTrans
}

func random(n int) []float32 {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// best is the shortest time of f, in seconds, of at least two calls within a budget.
func best(f func(), budget float64) float64 {
	least := 0.0
	for i, start := 0, seconds(); i < 2 || seconds()-start < budget; i++ {
		at := seconds()
		f()
		if took := seconds() - at; i == 0 || took < least {
			least = took
		}
	}
	return least
}

// benchTrain times whole optimizer steps of a decoder of 1.4 M parameters, the first one not counted.
func benchTrain(b *bench, r *benchResult) error {
	learn := tokenize.DefaultLearn()
	learn.Vocab = 4096
	docs, err := b.documents()
	if err != nil {
		return err
	}
	counter := tokenize.NewCounter(learn)
	var stream data.Tokens
	for i := range docs[:min(len(docs), 500)] {
		counter.Add(docs[i].Text)
	}
	tok, err := counter.Learn()
	if err != nil {
		return err
	}
	stage := tok.Stage()
	for i := range docs[:min(len(docs), 500)] {
		if _, err := stage.Apply(&docs[i]); err != nil {
			return err
		}
		for _, t := range docs[i].Tokens {
			stream = append(stream, int32(t))
		}
	}
	c := train.DefaultConfig()
	c.Model.Layers, c.Model.Width, c.Model.Heads, c.Model.Context = 4, 128, 4, 256
	c.Batch, c.Steps, c.Checkpoint, c.Eval, c.Sample.Prompts = 4096, 2, 0, 0, nil
	run := func(steps int) (float64, error) {
		c.Steps = steps
		start := seconds()
		_, err := train.Pretrain(b.ctx, c, train.Env{Dir: &quern.Memory{}, Seed: 1, Workers: b.workers, Tokenizer: tok, Train: stream})
		return seconds() - start, err
	}
	one, err := run(1)
	if err != nil {
		return err
	}
	steps := max(2, int(b.seconds/max(one, 1e-3))+1)
	all, err := run(1 + steps)
	if err != nil {
		return err
	}
	if all <= one {
		return fmt.Errorf("the clock stood still")
	}
	r.Seconds = all - one
	r.tokens = int64(steps * c.Batch)
	return nil
}
