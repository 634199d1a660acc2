package main

import (
	"bufio"
	"encoding/binary"
	"os"
	"strconv"
	"strings"

	"github.com/seed-83c59573/quern/train"
	"github.com/seed-83c59573/quern/train/data"
	"github.com/seed-83c59573/quern/train/format"
	"github.com/seed-83c59573/quern/train/model"
)

// setting is a training run as a script asks for it.
type setting struct {
	Model       model.Config `json:"model"`
	Batch       int          `json:"batch"` // tokens of a step
	Micro       int          `json:"micro"` // tokens of a micro-batch; 0 = the whole step
	Steps       int          `json:"steps"` // that the schedule is made for
	LR          float64      `json:"lr"`
	MinLR       float64      `json:"min_lr"`
	Warmup      float64      `json:"warmup"`
	WeightDecay float64      `json:"weight_decay"`
	Tokens      string       `json:"tokens"` // a file of int32, little-endian
	Seed        uint64       `json:"seed"`
}

type run struct{ *train.Stepper }

func newRun(s setting, precision string, workers int) (*run, error) {
	raw, err := os.ReadFile(s.Tokens)
	if err != nil {
		return nil, err
	}
	stream := make(data.Tokens, len(raw)/4)
	for i := range stream {
		stream[i] = int32(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	c := train.DefaultConfig()
	c.Model = s.Model
	c.Batch, c.Micro, c.Steps, c.Warmup = s.Batch, s.Micro, s.Steps, s.Warmup
	if c.Micro == 0 {
		c.Micro = c.Batch
	}
	if precision != "" {
		c.Precision = precision
	}
	c.LR, c.MinLR, c.WeightDecay, c.Eval = s.LR, s.MinLR, s.WeightDecay, 0
	st, err := train.NewStepper(c, stream, -1, workers, s.Seed)
	return &run{st}, err
}

func (r *run) parameters() int {
	n := 0
	for _, p := range r.Model().Params() {
		n += len(p.W)
	}
	return n
}

// save writes the weights as safetensors under the names that Hugging Face gives them.
func (r *run) save(path string) error {
	var ts []format.Tensor
	for _, p := range r.Model().Params() {
		ts = append(ts, format.Tensor{Name: p.Name, Shape: p.Shape, Data: p.W})
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	err = format.Write(w, ts, map[string]string{"format": "pt"})
	if err == nil {
		err = w.Flush()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// peakMB is the most memory that this process ever held, as Linux counts it; 0 elsewhere.
func peakMB() float64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			return kb / 1e3
		}
	}
	return 0
}
