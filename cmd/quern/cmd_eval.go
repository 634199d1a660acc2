package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/seed-83c59573/quern/train/data/chat"
	"github.com/seed-83c59573/quern/train/decode"
	"github.com/seed-83c59573/quern/train/eval"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/serve"
	"github.com/spf13/cobra"
)

// evaluation is what the command line asks for.
type evaluation struct {
	run, out                     string
	asJSON, base                 bool
	slots, rows, workers, length int
	tasks                        []string
	all                          eval.Task // what holds for each task, its options where a flag has none
	shots, tokens, draws         int
	k                            []int
	warm                         float64
	changed                      func(flag string) bool
}

const evalLong = `Measure a model on files in the shape that sets are published in:

  quern eval run --task bpb:texts.jsonl --task blimp:blimp/ --json
  quern eval ./SmolLM2-135M --task choice:arc_easy.jsonl --task gsm8k:test.jsonl --shots-from train.jsonl --out results.json

KIND is one of
  bpb        bits per byte of texts by domain: JSONL with text (and domain or source), plain files, or the folder of a corpus, whose
             validation split is read; --stride sets how far a window goes on
  blimp      minimal pairs: sentence_good, sentence_bad
  choice     multiple choice in the shape of ARC, MMLU or HellaSwag, or query, choices, gold: acc, acc_norm, acc_bytes, acc_token
  gsm8k      problems whose answer ends with #### and a number, after --shots solved ones (default 5)
  humaneval  functions to finish, --draws of each, and the unbiased pass@k; needs --run-code, which runs what the model writes in a
             folder of its own, without network, with limits on time and memory (Linux, python3)
  chat       prompts whose answers are judged by rules (formats, roles, refusals, whether the answer ends); chat:builtin is a set of them

PATH is a file, plain or packed with gzip or zstd, or a folder of them. Prompts and metrics are those of lm-evaluation-harness. Figures
come with their standard errors, and depend neither on --slots nor on --workers.`

func evalCommand() *cobra.Command {
	var e evaluation
	cmd := &cobra.Command{
		Use:   "eval MODEL|RUN --task KIND:PATH …",
		Short: "Measure a model: bits per byte, minimal pairs, multiple choice, exact answers, programs",
		Long:  evalLong,
		Args:  exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			e.changed = cmd.Flags().Changed
			tasks, err := e.list()
			if err != nil {
				return usageError{err}
			}
			rep, err := e.measure(cmd.Context(), args[0], tasks)
			if err != nil {
				return err
			}
			return e.write(cmd.OutOrStdout(), rep)
		},
	}
	f := cmd.Flags()
	f.StringVar(&e.run, "run", "", "the run whose model is measured (default the last)")
	f.BoolVar(&e.base, "base", false, "measure the pretrained model of a run, not the tuned one")
	f.StringArrayVar(&e.tasks, "task", nil, "KIND:PATH, one of "+strings.Join(eval.Kinds, ", ")+"; may be given again")
	f.BoolVar(&e.asJSON, "json", false, "print JSON with samples instead of a table")
	f.StringVar(&e.out, "out", "", "file for the JSON")
	f.IntVar(&e.all.Limit, "limit", 0, "rows of each file at most; 0 = all")
	f.IntVar(&e.all.Samples, "samples", 5, "rows to keep in the JSON")
	f.IntVar(&e.shots, "shots", 0, "solved rows before each question (gsm8k: 5)")
	f.StringVar(&e.all.From, "shots-from", "", "file that they are the first rows of (default the task's own)")
	f.IntVar(&e.all.Stride, "stride", 0, "bpb: tokens that a window goes on; 0 = the model's context")
	f.IntVar(&e.draws, "draws", 1, "humaneval: programs a problem")
	f.IntSliceVar(&e.k, "k", []int{1}, "humaneval: the k of pass@k")
	f.Float64Var(&e.warm, "temperature", 0, "humaneval: of the draws")
	f.IntVar(&e.tokens, "tokens", 0, "gsm8k, humaneval, chat: tokens to draw at most (default 256, 512, 128)")
	f.BoolVar(&e.all.RunCode, "run-code", false, "run programs that the model writes, confined")
	f.Uint64Var(&e.all.Seed, "seed", 1, "humaneval: the same seed draws the same programs")
	f.IntVar(&e.slots, "slots", 32, "sequences that are decoded at once; changes no figure")
	f.IntVar(&e.rows, "rows", 512, "tokens of a step; changes no figure")
	f.IntVar(&e.workers, "workers", 0, "processors to use (default all); never changes a result")
	f.IntVar(&e.length, "context", 0, "tokens of a sequence, at most (default the model's)")
	return cmd
}

// list is the tasks that are asked for, before a model is loaded.
func (e *evaluation) list() ([]eval.Task, error) {
	if len(e.tasks) == 0 {
		return nil, errors.New("no --task")
	}
	if e.slots < 1 || e.rows < 1 {
		return nil, errors.New("--slots and --rows must be positive")
	}
	list := make([]eval.Task, len(e.tasks))
	for i, s := range e.tasks {
		t, err := eval.NewTask(s)
		if err != nil {
			return nil, err
		}
		t.Limit, t.From, t.Stride, t.Samples, t.Seed, t.RunCode = e.all.Limit, e.all.From, e.all.Stride, e.all.Samples, e.all.Seed, e.all.RunCode
		if e.changed("shots") {
			t.Shots = e.shots
		}
		if e.changed("tokens") {
			t.Tokens = e.tokens
		}
		if t.Kind == "humaneval" {
			t.Draws, t.K, t.Warm = e.draws, e.k, e.warm
		}
		if err := t.Validate(); err != nil {
			return nil, err
		}
		list[i] = t
	}
	return list, nil
}

// measure loads the model and runs the tasks one after the other.
func (e *evaluation) measure(ctx context.Context, path string, tasks []eval.Task) (*eval.Report, error) {
	s, err := openModel(path, e.run, !e.base, e.workers, e.length)
	if err != nil {
		return nil, err
	}
	r := eval.NewRunner(decode.NewEngine(s.m, s.tok, e.slots, e.rows), s.tok, s.begin())
	if lay, err := s.chat(); err == nil {
		r.Chat = func(turns []chat.Message) (prompt, stop []int32, err error) {
			list := make([]serve.Message, len(turns))
			for i, m := range turns {
				list[i] = serve.Message{Role: m.Role, Content: m.Content}
			}
			return lay(list)
		}
	}
	rep := &eval.Report{Quern: pipelines.Version, Eval: eval.Version, Model: s.name, Weights: weightsDigest(s.m), Tokens: s.tok.Digest()}
	for _, t := range tasks {
		res, err := r.Run(ctx, t)
		if err != nil {
			return nil, err
		}
		rep.Results = append(rep.Results, res)
	}
	return rep, nil
}

// write prints a report, and keeps it in a file if one is named.
func (e *evaluation) write(out io.Writer, rep *eval.Report) error {
	b, err := json.MarshalIndent(rep, "", " ")
	if err != nil {
		return err
	}
	b = append(b, '\n')
	if e.out != "" {
		if err := quern.WriteBlob(quern.Local(filepath.Dir(e.out)), filepath.Base(e.out), b); err != nil {
			return err
		}
	}
	if e.asJSON {
		_, err = out.Write(b)
	} else {
		_, err = fmt.Fprint(out, rep.Table())
	}
	return err
}

// weightsDigest is of all parameters: their names, shapes and numbers.
func weightsDigest(m *model.Model) quern.Digest {
	meter := quern.NewMeter(nowhere{})
	var buf []byte
	for _, p := range m.Params() {
		fmt.Fprintf(meter, "%s %v\n", p.Name, p.Shape)
		for len(p.W) > 0 {
			n := min(len(p.W), 1<<14)
			buf = buf[:0]
			for _, w := range p.W[:n] {
				v := math.Float32bits(w)
				buf = append(buf, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
			}
			meter.Write(buf)
			p.W = p.W[n:]
		}
	}
	return meter.Digest()
}

type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
