package pipelines

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/seed-83c59573/quern"
)

// PlanStep is one step of a plan.
type PlanStep struct {
	Step   string       `json:"step"`
	Source string       `json:"source,omitempty"`
	Key    quern.Digest `json:"key,omitempty"` // "" while an input is not there yet
	Cached bool         `json:"cached"`
	Why    string       `json:"why,omitempty"` // why it would run
	In     int64        `json:"bytes_in"`      // of input files, or of text as far as it is known
}

// Plan tells what Run would do, without doing it. It writes nothing but the cache of digests.
func Plan(ctx context.Context, spec *Spec, env Env) ([]PlanStep, error) {
	dir := env.Dir
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) { // leave no trace of a plan
		tmp, err := os.MkdirTemp("", "quern-plan-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(tmp)
		env.Dir = tmp
	}
	env.world = openWorld(env.root())
	nodes, err := build(spec, &env)
	if err != nil {
		return nil, err
	}
	plan := make([]PlanStep, len(nodes))
	done := make([]*quern.Manifest, len(nodes))
	for i, n := range nodes {
		plan[i] = PlanStep{Step: n.kind, Source: n.source}
		in, missing := []quern.Manifest{}, ""
		for _, k := range n.after {
			if done[k] == nil {
				missing = nodes[k].name()
				break
			}
			in = append(in, *done[k])
		}
		if missing != "" {
			plan[i].Why = "after " + missing
			continue
		}
		head, err := env.head(ctx, n, in)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", n.name(), err)
		}
		plan[i].Key = head.Key
		for _, input := range head.Inputs {
			plan[i].In += input.Size
		}
		if plan[i].In == 0 && len(in) > 0 {
			_, plan[i].In, _ = in[0].Totals()
		}
		m, why := env.committed(quern.Sub(env.root(), Folder(head.Step, head.Key)), head.Key)
		if plan[i].Why = why; why == "" {
			plan[i].Cached = true
			done[i] = &m
		}
	}
	return plan, nil
}

// Forecast is a rough guess at what the steps that are not done will take on one core. It comes from rates that were measured on a
// small sample of documentation, papers and code, so it is good to a factor of two or so.
type Forecast struct {
	Input   int64   `json:"input_bytes"` // of files that are not yet ingested
	Text    int64   `json:"text_bytes"`
	Tokens  int64   `json:"tokens"`
	Disk    int64   `json:"disk_bytes"`
	Memory  int64   `json:"train_memory_bytes,omitempty"` // of pretraining from scratch, at the least
	Seconds float64 `json:"core_seconds"`
}

// The rates behind Predict.
const (
	textPerInput  = 1.5  // bytes of text in a byte of (mostly compressed) input
	bytesPerToken = 3.7  // of text
	keptShare     = 0.6  // of text that survives cleaning and deduplication
	diskPerText   = 1.1  // ingested, clean, dropped, signed and tokenized text together, compressed
	dataSpeed     = 4e6  // bytes of text a second through all data steps on one core
	flopRate      = 3e10 // of training on one core
)

// Predict forecasts the cost of a plan.
func Predict(spec *Spec, steps []PlanStep) Forecast {
	var f Forecast
	training, ingested := false, int64(0)
	for _, s := range steps {
		switch {
		case s.Cached:
		case s.Step == "ingest":
			f.Input += s.In
		case s.Step == "clean": // its input is known if it is there already
			ingested += s.In
		}
		training = training || s.Step == "train" && !s.Cached
	}
	f.Text = int64(textPerInput*float64(f.Input)) + ingested
	f.Tokens = int64(keptShare * float64(f.Text) / bytesPerToken)
	f.Disk = int64(diskPerText * float64(f.Text))
	f.Seconds = float64(f.Text) / dataSpeed
	if training && spec.Train.From == "" {
		f.Memory = spec.memory()
	}
	if training {
		tokens := float64(spec.Train.Batch) * float64(spec.Train.Planned(spec.Train.Model.Context, f.Tokens))
		f.Seconds += 6 * float64(spec.Train.Model.Parameters()) * tokens / flopRate
	}
	return f
}

func (f Forecast) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "about %.0f s on one core", f.Seconds)
	if f.Text > 0 {
		fmt.Fprintf(&out, ", %.0f MB of disk, %.1f M tokens before mixing", float64(f.Disk)/1e6, float64(f.Tokens)/1e6)
	}
	if f.Memory > 0 {
		fmt.Fprintf(&out, ", %.1f GB of memory to train", float64(f.Memory)/1e9)
	}
	return out.String()
}
