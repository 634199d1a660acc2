// Command trainer is quern's side of gemm.py, train.py and losscurve.py: it stays, takes one request a line from standard input, does
// what it asks and answers with one line, so that a script can let it and a peer take turns step by step. Both are JSON. It runs nothing
// between requests: workers sleep.
//
//	{"do":"gemm","engine":"quern","m":512,"n":512,"k":512,"tb":true,"workers":2,"rounds":3}
//	{"do":"model","config":{…},"tokens":"random","workers":2}   then   {"do":"save","path":"…"}, {"do":"step"}, {"do":"step"}, …
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"time"
)

// request is a line of input; which fields count depends on Do.
type request struct {
	Do        string  `json:"do"`
	Engine    string  `json:"engine"`
	M         int     `json:"m"`
	N         int     `json:"n"`
	K         int     `json:"k"`
	TA        bool    `json:"ta"`
	TB        bool    `json:"tb"`
	Workers   int     `json:"workers"`
	Rounds    int     `json:"rounds"`
	Config    setting `json:"config"`
	Precision string  `json:"precision"`
	Path      string  `json:"path"`
	Steps     int     `json:"steps"`
}

// reply is a line of output.
type reply struct {
	Seconds    float64   `json:"seconds,omitempty"`
	Loss       float64   `json:"loss,omitempty"`
	Losses     []float64 `json:"losses,omitempty"`
	GradNorm   float64   `json:"grad_norm,omitempty"`
	Tokens     int       `json:"tokens,omitempty"`
	Parameters int       `json:"parameters,omitempty"`
	Mallocs    uint64    `json:"mallocs"`
	PeakMB     float64   `json:"peak_mb,omitempty"`
	Error      string    `json:"error,omitempty"`
}

func main() {
	var s side
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var q request
		var r reply
		err := json.Unmarshal(in.Bytes(), &q)
		if err == nil {
			r, err = s.answer(q)
		}
		if err != nil {
			r.Error = err.Error()
		}
		if err := out.Encode(r); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// side is what stays between requests.
type side struct {
	product *product
	run     *run
}

func (s *side) answer(q request) (r reply, err error) {
	switch q.Do {
	case "gemm":
		r.Seconds, err = s.gemm(q)
	case "model":
		s.run = nil
		runtime.GC()
		if s.run, err = newRun(q.Config, q.Precision, q.Workers); err == nil {
			r.Parameters = s.run.parameters()
		}
	case "save":
		err = s.run.save(q.Path)
	case "step":
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		for range max(1, q.Steps) {
			x, err := s.run.Step(context.Background())
			if err != nil {
				return r, err
			}
			r.Loss, r.GradNorm, r.Tokens = x.Loss, x.GradNorm, r.Tokens+x.Tokens
			r.Losses = append(r.Losses, x.Loss)
		}
		r.Seconds = time.Since(start).Seconds()
		runtime.ReadMemStats(&after)
		r.Mallocs = after.Mallocs - before.Mallocs
		r.PeakMB = peakMB()
	default:
		err = fmt.Errorf("no request %q", q.Do)
	}
	return r, err
}
