package train

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/train/data"
	"github.com/seed-83c59573/quern/train/model"
)

func TestOutliers(t *testing.T) {
	s := Skip{Window: 40}
	var seen []float64
	for i := range 100 {
		x := 3 + 0.1*math.Sin(float64(i)) // a standard deviation of 0.07
		switch i {
		case 10, 60, 61:
			x = 9
		case 70:
			x = -9 // below is fine
		}
		far := s.outlier(&seen, x, 6.5)
		if want := i == 60; far != want { // at 10 there is nothing to judge by; at 61, 60 is among those seen
			t.Errorf("step %d: %g is an outlier: %t", i, x, far)
		}
		if len(seen) > 40 {
			t.Fatalf("%d kept of 40", len(seen))
		}
	}
	if s.outlier(&seen, 1e9, 0) {
		t.Error("a factor of 0 does not switch it off")
	}
	if n := testing.AllocsPerRun(10, func() { s.outlier(&seen, 3, 6) }); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

// loud is NextToken whose gradient is scaled at a step.
type loud struct {
	next      NextToken
	steps, at int
	by        float64
}

func (o *loud) Count(b *data.Batch) Norm {
	o.steps++
	return o.next.Count(b)
}

func (o *loud) Loss(b *data.Batch, s *Signals, n Norm, g *Grads) Metrics {
	m := o.next.Loss(b, s, n, g)
	if o.steps == o.at {
		for i := range g.LogP {
			g.LogP[i] *= o.by
		}
	}
	return m
}

func TestOutliersAreSkipped(t *testing.T) {
	c := tinyConfig()
	c.Steps, c.LR, c.Warmup = 30, 1e-3, 0
	c.Skip = Skip{Grad: 6, Window: 20}
	run := func(at int, dir quern.Dir, stop int) (*loop, string) {
		var log bytes.Buffer
		e := tinyEnv(t, dir)
		ctx, cancel := context.WithCancel(context.Background())
		e.Log = &log
		e.Progress = func(step, _ int, _ Metrics) {
			if step == stop {
				cancel()
			}
		}
		l := tinyLoop(t, c, e)
		l.objective = &loud{at: at, by: 1000}
		if err := l.run(ctx); err != nil && stop == 0 {
			t.Fatal(err)
		}
		return l, log.String()
	}
	l, log := run(25, &quern.Memory{}, 0)
	if l.st.skipped() != 1 || l.st.Updates != 29 || l.opt.updates != 29 {
		t.Fatalf("skipped %d, %d updates", l.st.skipped(), l.st.Updates)
	}
	for i, line := range strings.Split(strings.TrimSpace(log), "\n") {
		var m struct{ Skipped bool }
		if err := json.Unmarshal([]byte(line), &m); err != nil || m.Skipped != (i == 24) {
			t.Errorf("%s: %v", line, err)
		}
	}
	dir := &quern.Memory{} // the windows are part of a checkpoint: what comes after a stop is judged alike
	run(0, dir, 22)
	again, _ := run(3, dir, 0) // the 3rd step of this run is the 25th
	for i, p := range again.opt.params {
		for j, w := range p.W {
			if w != l.opt.params[i].W[j] {
				t.Fatalf("%s: stopped and gone on: %g, unbroken %g", p.Name, w, l.opt.params[i].W[j])
			}
		}
	}
}

func TestNotANumberIsTracedToWhereItAppeared(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, x := range []struct {
		name, want string
		spoil      func(p []model.Param)
	}{
		{"a weight", "the loss is NaN; first, the weight model.layers.1.mlp.up_proj.weight[3] is NaN", func(p []model.Param) { param(p, "model.layers.1.mlp.up_proj.weight").W[3] = nan }},
		{"an overflow in a layer", "; first, the output of layer 1, token", func(p []model.Param) {
			for _, n := range []string{"gate_proj", "up_proj", "down_proj"} {
				for i := range param(p, "model.layers.1.mlp."+n+".weight").W {
					param(p, "model.layers.1.mlp."+n+".weight").W[i] = 1e30
				}
			}
		}},
		{"an infinite embedding", "; first, the weight model.embed_tokens.weight[0] is +Inf", func(p []model.Param) { p[0].W[0] = inf }},
	} {
		c := tinyConfig()
		c.Model.Layers = 3
		l := tinyLoop(t, c, tinyEnv(t, &quern.Memory{}))
		x.spoil(l.m.Params())
		err := l.run(context.Background())
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v, want %q", x.name, err, x.want)
		}
	}
}

func param(list []model.Param, name string) model.Param {
	for _, p := range list {
		if p.Name == name {
			return p
		}
	}
	panic(name)
}
