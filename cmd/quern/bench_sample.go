package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/train/decode"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/ops/cpu"
)

// sampleRow is how fast tokens are drawn for some sequences at once.
type sampleRow struct {
	Sequences int     `json:"sequences"`
	Prompt    float64 `json:"prompt_tokens_per_s"` // of reading prompts
	Tokens    float64 `json:"tokens_per_s"`        // drawn, of all sequences together
	GBPerS    float64 `json:"gb_per_s"`            // of weights and of keys and values that this took to read
	Share     float64 `json:"share_of_bandwidth"`
}

// sampleResult sets drawing beside the bandwidth of memory, which bounds it: each pass reads all weights.
type sampleResult struct {
	Model      string      `json:"model"`
	Parameters int         `json:"parameters"`
	Precision  string      `json:"precision"`
	GBPerS     float64     `json:"memory_gb_per_s"` // that reading alone reaches, measured beside each row, the best
	Rows       []sampleRow `json:"rows"`
}

// promptTokens is how long the prompts of bench sample are.
const promptTokens = 32

// benchSample draws the likeliest tokens from random weights, for one sequence and for --rows at once.
func benchSample(b *bench, r *benchResult) error {
	c, rows, err := b.sized("gpt2", 8)
	if err != nil {
		return err
	}
	precision, err := b.precise()
	if err != nil {
		return err
	}
	if c.Context < 2*promptTokens {
		return usageError{fmt.Errorf("--length: a context of %d, want %d or more", c.Context, 2*promptTokens)}
	}
	m, err := model.New(c, cpu.NewIn(precision, b.workers), 1)
	if err != nil {
		return err
	}
	m.Init(1)
	s := &sampleResult{Model: b.model, Parameters: c.Parameters(), Precision: b.precision}
	if s.Model == "" {
		s.Model = "gpt2"
	}
	block := make([]uint64, 32<<20) // 256 MiB: more than caches hold
	for i := range block {
		block[i] = uint64(i)
	}
	for _, n := range []int{1, rows} {
		if n == 1 && len(s.Rows) > 0 {
			break
		}
		for range 3 {
			speed, err := readSpeed(b.ctx, block, b.workers)
			if err != nil {
				return err
			}
			s.GBPerS = max(s.GBPerS, speed/1e9)
		}
		row, err := b.drawn(m, n)
		if err != nil {
			return err
		}
		s.Rows = append(s.Rows, row)
	}
	for i := range s.Rows {
		s.Rows[i].Share = s.Rows[i].GBPerS / s.GBPerS
	}
	last := s.Rows[len(s.Rows)-1]
	r.Seconds, r.tokens = 1, int64(last.Tokens)
	r.Sample = s
	return nil
}

// drawn draws for n sequences until the time is up; those that reach the end of the context begin again.
func (b *bench) drawn(m *model.Model, n int) (sampleRow, error) {
	c := m.Config().Resolved()
	e := decode.NewEngine(m, nil, n, max(n, promptTokens))
	row := sampleRow{Sequences: n}
	weights := float64(c.Parameters())
	if !c.Tied {
		weights -= float64(c.Vocab * c.Width) // a row of the embedding is looked up
	}
	var reading, drawing, bytes float64
	var read, drew int
	for turn := 0; drew == 0 || reading+drawing < b.seconds/2; turn++ {
		requests := make([]*decode.Request, n)
		for i := range requests {
			prompt := make([]int32, promptTokens)
			for j := range prompt {
				prompt[j] = int32((turn*7919 + i*104729 + j*31) % c.Vocab)
			}
			requests[i] = &decode.Request{Prompt: prompt, Options: decode.Greedy(c.Context - promptTokens - 1)}
			if err := e.Add(requests[i]); err != nil {
				return row, err
			}
		}
		begun := func() bool {
			for _, q := range requests {
				if len(q.Tokens) == 0 {
					return false
				}
			}
			return true
		}
		at := seconds()
		for !begun() && e.Step() {
		}
		reading, read = reading+seconds()-at, read+n*promptTokens
		for !requests[0].Done && (drew == 0 || reading+drawing < b.seconds/2) {
			at, past := seconds(), promptTokens+len(requests[0].Tokens)
			e.Step()
			drawing, drew = drawing+seconds()-at, drew+n
			bytes += 4 * (weights + float64(n*past*2*c.Layers*c.KVHeads*c.HeadSize))
			if err := b.ctx.Err(); err != nil {
				return row, err
			}
		}
		for _, q := range requests {
			if q.Err != nil {
				return row, q.Err
			}
			e.Drop(q)
		}
	}
	row.Prompt, row.Tokens, row.GBPerS = float64(read)/reading, float64(drew)/drawing, bytes/drawing/1e9
	return row, nil
}

// readSpeed reads a block of memory once, all workers together, and tells bytes a second.
func readSpeed(ctx context.Context, block []uint64, workers int) (float64, error) {
	sums := make([]uint64, workers)
	at := seconds()
	err := quern.Each(ctx, workers, workers, func(_ context.Context, i, _ int) error {
		part := block[i*len(block)/workers : (i+1)*len(block)/workers]
		var s0, s1, s2, s3 uint64
		for ; len(part) >= 8; part = part[8:] {
			s0 += part[0] ^ part[4]
			s1 += part[1] ^ part[5]
			s2 += part[2] ^ part[6]
			s3 += part[3] ^ part[7]
		}
		sums[i] = s0 + s1 + s2 + s3
		return nil
	})
	return float64(8*len(block)) / (seconds() - at), err
}

func (s *sampleResult) print(out io.Writer) {
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "model\tparameters\tprecision\tsequences\tprompt tokens/s\ttokens/s\tGB/s\tof bandwidth\t")
	for _, x := range s.Rows {
		fmt.Fprintf(tw, "%s\t%d\t%s\t%d\t%.0f\t%.1f\t%.1f\t%.0f %%\t\n", s.Model, s.Parameters, s.Precision, x.Sequences, x.Prompt, x.Tokens, x.GBPerS, 100*x.Share)
	}
	tw.Flush()
	fmt.Fprintf(out, "memory, reading 256 MiB in order: %.1f GB/s\n", s.GBPerS)
}
