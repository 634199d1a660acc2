package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/seed-83c59573/quern/train/cost"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/pretrained"
	"github.com/spf13/cobra"
)

// estimate is what the command line asks for.
type estimate struct {
	job                                        cost.Job
	next                                       *cost.Job // what a spec does to the model afterwards; nil = nothing
	hw                                         cost.Hardware
	params, tokens, flops, context, micro, voc string
	method                                     bool // is said, not the default
}

func estimateCommand() *cobra.Command {
	var e estimate
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "estimate [SPEC|MODEL|FOLDER|config.json]",
		Short: "Forecast parameters, memory, operations, hours and money of training a model",
		Long: `estimate tells what training a model takes before it is paid: parameters by the shape, memory in float32 by this trainer's own
allocation, operations as 6 a parameter and token, attention's on top, and from these hours and money on a device.

The model is a spec with a section train or tune, or both, a folder or config.json of Hugging Face, one of
  ` + strings.Join(cost.Presets(), ", ") + `
or no more than --params. Devices (dense bf16 peaks of their makers): ` + strings.Join(slices.Sorted(maps.Keys(cost.Devices)), ", ") + `, cpu (measured here, fp32).`,
		Example: `  quern estimate --params 175B --tokens 300B --hardware a100 --price 2
  quern estimate llama3-8b --tokens 15T --hardware h100 --gpus 1024
  quern estimate llama3-8b --method lora --tokens 10M --context 2048`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 || len(args) == 0 && e.params == "" {
				return usageError{errors.New("estimate: want one model, or --params")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			e.method = cmd.Flags().Changed("method")
			if err := e.read(args); err != nil {
				return err
			}
			return e.tell(cmd.OutOrStdout(), asJSON)
		},
	}
	f := cmd.Flags()
	f.StringVar(&e.params, "params", "", "parameters, such as 7B, where there is no model")
	f.StringVar(&e.tokens, "tokens", "", "tokens that are trained on, with repeats, such as 300B (default: the spec's; else, of pretrain, 20 a parameter)")
	f.StringVar(&e.job.Method, "method", "pretrain", strings.Join(cost.Methods, ", ")+"; of a spec, sft and lora are its section tune")
	f.StringVar(&e.context, "context", "", "tokens of a sequence (default: the model's)")
	f.StringVar(&e.micro, "micro", "", "tokens in memory at once (default: the spec's, else one sequence)")
	f.StringVar(&e.voc, "vocab", "", "ids of the tokenizer, where a spec names none")
	f.IntVar(&e.job.Rank, "rank", 16, "of lora's adapters, on all matrices of the layers")
	f.Float64Var(&e.job.Epochs, "epochs", 1, "of dpo: how often a pair is seen; of ppo and grpo: updates on each answer")
	f.BoolVar(&e.job.KL, "kl", false, "of grpo: a reference model is asked, too")
	f.StringVar(&e.hw.Name, "hardware", "a100", "a device; cpu measures this machine")
	f.StringVar(&e.flops, "flops", "", "its peak, such as 312T FLOP/s, where it is not in the list")
	f.IntVar(&e.hw.Count, "gpus", 1, "how many of them")
	f.Float64Var(&e.hw.MFU, "mfu", 0.4, "share of the peak that training reaches")
	f.Float64Var(&e.hw.Price, "price", 0, "of one for an hour")
	f.BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// tell prints what the job costs, and what comes after it.
func (e *estimate) tell(out io.Writer, asJSON bool) error {
	bill, err := cost.Estimate(e.job, e.hw)
	if err != nil {
		return usageError{err}
	}
	all := map[string]any{"job": e.job, "hardware": e.hw, "cost": bill}
	if !asJSON {
		e.print(out, e.job, bill)
	}
	if e.next != nil {
		if bill, err = cost.Estimate(*e.next, e.hw); err != nil {
			return usageError{err}
		}
		all["tune"] = map[string]any{"job": e.next, "cost": bill}
		if !asJSON {
			fmt.Fprintln(out)
			e.print(out, *e.next, bill)
		}
	}
	if asJSON {
		return printJSON(out, all)
	}
	return nil
}

// read turns the command line into a job and a device.
func (e *estimate) read(args []string) error {
	for _, x := range []struct {
		flag, text string
		to         *float64
	}{{"params", e.params, &e.job.Params}, {"tokens", e.tokens, &e.job.Tokens}, {"flops", e.flops, &e.hw.Flops}} {
		if x.text == "" {
			continue
		}
		v, err := scaled(x.text)
		if err != nil {
			return usageError{fmt.Errorf("--%s: %w", x.flag, err)}
		}
		*x.to = v
	}
	var context, micro, vocab int
	for _, x := range []struct {
		flag, text string
		to         *int
	}{{"context", e.context, &context}, {"micro", e.micro, &micro}, {"vocab", e.voc, &vocab}} {
		if x.text == "" {
			continue
		}
		v, err := pipelines.ParseCount(x.text)
		if err != nil || v < 1 || v > math.MaxInt32 {
			return usageError{fmt.Errorf("--%s: %q: want a count such as 2048 or 8k", x.flag, x.text)}
		}
		*x.to = int(v)
	}
	if len(args) > 0 {
		if err := e.model(args[0], vocab); err != nil {
			return err
		}
	}
	if context > 0 {
		e.job.Context = context
	}
	if micro > 0 {
		e.job.Micro = micro
	}
	if e.job.Tokens == 0 && e.job.Method == "pretrain" {
		n := e.job.Params
		if n == 0 {
			n = float64(e.job.Model.Parameters())
		}
		e.job.Tokens = 20 * n // what Hoffmann et al. (2022) found to be best for a budget of operations
	}
	return e.device()
}

func (e *estimate) device() error {
	switch peak, ok := cost.Devices[e.hw.Name]; {
	case e.hw.Flops > 0:
		e.hw.Name = ""
	case e.hw.Name == "cpu":
		e.hw.Name, e.hw.Flops = cpuName(), peakFlops(0)
	case ok:
		e.hw.Flops = peak
	default:
		return usageError{fmt.Errorf("--hardware: no device %q: want cpu or one of %s; or say --flops", e.hw.Name, strings.Join(slices.Sorted(maps.Keys(cost.Devices)), ", "))}
	}
	return nil
}

// model finds the shape that is meant by a name: of a preset, a spec, a folder of Hugging Face, or the config.json in one.
func (e *estimate) model(name string, vocab int) (err error) {
	info, statErr := os.Stat(name)
	switch {
	case statErr != nil:
		if e.job.Model, err = cost.Preset(name); err != nil {
			return usageError{fmt.Errorf("%w; nor is there such a file", err)}
		}
	case info.IsDir():
		e.job.Model, err = pretrained.ReadConfig(quern.Local(name))
	case filepath.Base(name) == pretrained.ConfigName:
		e.job.Model, err = pretrained.ReadConfig(quern.Local(filepath.Dir(name)))
	default:
		err = e.spec(name, vocab)
	}
	return err
}

// scaled reads a number such as 312T or 7B.
func scaled(s string) (float64, error) {
	num := strings.TrimRight(s, "kKMBGTPE")
	unit, ok := map[string]float64{"": 1, "k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}[s[len(num):]]
	v, err := strconv.ParseFloat(num, 64)
	if !ok || err != nil || !(v > 0) || math.IsInf(v*unit, 0) {
		return 0, fmt.Errorf("%q: want a number such as 7B or 312T", s)
	}
	return v * unit, nil
}

// said is a number as people say it.
func said(v float64) string {
	units := []struct {
		size float64
		name string
	}{{1e18, "E"}, {1e15, "P"}, {1e12, "T"}, {1e9, "B"}, {1e6, "M"}, {1e3, "k"}}
	for _, u := range units {
		if v >= u.size && v < 1e4*u.size {
			return strconv.FormatFloat(v/u.size, 'f', 2, 64) + " " + u.name
		}
	}
	if v >= 1e4 {
		return fmt.Sprintf("%.3g", v)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

func gigabytes(v float64) string { return fmt.Sprintf("%.3f GB", v/1e9) }

func (e *estimate) print(out io.Writer, j cost.Job, c cost.Bill) {
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(what, value string) { fmt.Fprintf(tw, "%s\t%s\n", what, value) }
	if m := j.Model; m.Layers > 0 {
		row("model", shape(m))
	}
	params := said(c.Params)
	if c.Trained != c.Params {
		params += ", of which " + said(c.Trained) + " in adapters learn"
	}
	row("parameters", params)
	on := said(j.Tokens) + " tokens"
	if j.Tokens == 0 {
		on = "as many tokens as there are: --tokens says how many"
	}
	row(j.Method+" on", on)
	m := c.Memory
	row("weights", gigabytes(m.Weights))
	row("gradients", gigabytes(m.Gradients))
	row("AdamW's moments", gigabytes(m.Moments))
	if m.Beside > 0 {
		row("models beside", gigabytes(m.Beside))
	}
	if m.Activations > 0 {
		row("activations", fmt.Sprintf("%s; with recompute %s", gigabytes(m.Activations), gigabytes(m.Recompute)))
	}
	row("memory", fmt.Sprintf("%s, in float32; %.3g bytes a parameter without activations", gigabytes(m.Total()), c.BytesPerParam))
	row("while a checkpoint is written", gigabytes(m.Saving)+" on top")
	if m.KVPerToken > 0 {
		row("cache of keys and values", fmt.Sprintf("%.1f kB a token, %s a context", m.KVPerToken/1e3, gigabytes(m.KVContext)))
	}
	if j.Tokens == 0 {
		row("operations", fmt.Sprintf("%.3g a token", c.PerToken+c.AttnPerToken))
	} else {
		e.price(row, c)
	}
	tw.Flush()
}

// price tells what all tokens cost.
func (e *estimate) price(row func(what, value string), c cost.Bill) {
	flops := fmt.Sprintf("%.3g", c.Flops)
	if c.AttnFlops > 0 {
		flops += fmt.Sprintf(" and %.3g (%.1f %%) for attention", c.AttnFlops, 100*c.AttnFlops/c.Flops)
	}
	row("operations", flops)
	name := e.hw.Name
	if name != "" {
		name += ", "
	}
	row("on", fmt.Sprintf("%d of %s%sFLOP/s at %.3g %% of that", e.hw.Count, name, strings.Replace(said(e.hw.Flops), " B", " G", 1), 100*e.hw.MFU))
	hours := said(c.Hours) + " of a device"
	if c.AttnFlops > 0 {
		hours += fmt.Sprintf(" (%s without attention)", said(c.BareHours))
	}
	row("hours", fmt.Sprintf("%s; %s days on all", hours, said(c.Days)))
	if e.hw.Price > 0 {
		row("money", said(c.Money))
	}
}

func shape(m model.Config) string {
	m = m.Resolved()
	return fmt.Sprintf("%s, %d layers of %d, %d heads of %d (%d for keys and values), hidden %d, %d ids, context %d", m.Arch, m.Layers, m.Width, m.Heads, m.HeadSize,
		m.KVHeads, m.Hidden, m.Vocab, m.Context)
}
