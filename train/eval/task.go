package eval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/train/data"
)

// Task is one set to measure a model on.
type Task struct {
	Kind string // one of Kinds
	Path string // a file, a folder of files, or for bpb the folder of a corpus

	Limit   int      // rows of each file at most; 0 = all
	Shots   int      // solved rows before each question
	From    string   // the file that they are taken from, its first rows; "" = the task's own, the asked row left out
	Stride  int      // bpb: tokens that a window goes on; 0 = as many as it has
	Samples int      // rows to keep
	Draws   int      // humaneval: programs a problem
	K       []int    // humaneval: the k of pass@k
	Warm    float64  // humaneval: temperature
	Tokens  int      // to draw at most
	RunCode bool     // humaneval: run what the model writes
	Python  []string // humaneval: the interpreter and its arguments; nil = python3
	Seed    uint64
}

// Kinds are all kinds of tasks.
var Kinds = []string{"bpb", "blimp", "choice", "gsm8k", "humaneval", "chat"}

// NewTask has the defaults of a kind. A task is written KIND:PATH.
func NewTask(s string) (Task, error) {
	kind, path, ok := strings.Cut(s, ":")
	if !ok || path == "" || !slices.Contains(Kinds, kind) {
		return Task{}, fmt.Errorf("task %q: want KIND:PATH with a kind of %s", s, strings.Join(Kinds, ", "))
	}
	t := Task{Kind: kind, Path: path, Samples: 5, Seed: 1}
	switch kind {
	case "gsm8k":
		t.Shots, t.Tokens = 5, 256 // lm-evaluation-harness, tasks/gsm8k/gsm8k.yaml
	case "chat":
		t.Tokens = 128
	case "humaneval":
		t.Draws, t.K, t.Tokens = 1, []int{1}, 512
	}
	return t, nil
}

// Validate refuses in words.
func (t *Task) Validate() error {
	switch {
	case t.Limit < 0 || t.Shots < 0 || t.Stride < 0 || t.Samples < 0 || t.Tokens < 0:
		return fmt.Errorf("task %s: limit, shots, stride, samples and tokens must not be negative", t.Kind)
	case t.Kind == "humaneval" && (t.Draws < 1 || len(t.K) == 0):
		return errors.New("task humaneval: want one draw or more, and a k")
	case t.Kind == "humaneval" && slices.Max(t.K) > t.Draws || t.Kind == "humaneval" && slices.Min(t.K) < 1:
		return fmt.Errorf("task humaneval: pass@%v of %d draws: k is 1 to the number of draws", t.K, t.Draws)
	case !(t.Warm >= 0):
		return fmt.Errorf("task %s: temperature is %g", t.Kind, t.Warm)
	}
	return nil
}

// Run measures a model on a task.
func (r *Runner) Run(ctx context.Context, t Task) (Result, error) {
	if err := t.Validate(); err != nil {
		return Result{}, err
	}
	res := Result{Task: t.Kind + ":" + filepath.Base(t.Path), Kind: t.Kind}
	var err error
	switch t.Kind {
	case "bpb":
		err = r.bitsPerByte(ctx, t, &res)
	case "blimp":
		err = r.blimp(ctx, t, &res)
	case "choice":
		err = r.choice(ctx, t, &res)
	case "gsm8k":
		err = r.gsm8k(ctx, t, &res)
	case "humaneval":
		err = r.humanEval(ctx, t, &res)
	case "chat":
		err = r.talk(ctx, t, &res)
	default:
		err = fmt.Errorf("no kind %q", t.Kind)
	}
	if err != nil {
		return Result{}, fmt.Errorf("%s:%s: %w", t.Kind, t.Path, err)
	}
	return res, nil
}

// files are the path itself or the files of a folder, sorted.
func files(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	var out []string
	err = filepath.WalkDir(path, func(p string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
			out = append(out, p)
		}
		return err
	})
	if err == nil && len(out) == 0 {
		err = errors.New("no files")
	}
	slices.Sort(out)
	return out, err
}

// digestOf is the digest of files by their names and contents.
func digestOf(paths []string) (quern.Digest, error) {
	var all strings.Builder
	for _, p := range paths {
		m := quern.NewMeter(discard{})
		f, err := os.Open(p)
		if err != nil {
			return "", err
		}
		_, err = f.WriteTo(m)
		f.Close()
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&all, "%s %s\n", filepath.Base(p), m.Digest())
	}
	return quern.DigestOf([]byte(all.String())), nil
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

const maxLine = 16 << 20

// rows reads up to limit rows of a JSONL file.
func rows[T any](path string, limit int, check func(*T) error) ([]T, error) {
	var out []T
	errEnough := errors.New("enough")
	err := data.Lines(path, maxLine, func(_ int, b []byte) error {
		if limit > 0 && len(out) >= limit {
			return errEnough
		}
		var v T
		if err := json.Unmarshal(b, &v); err != nil {
			return err
		}
		if err := check(&v); err != nil {
			return err
		}
		out = append(out, v)
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: no rows", path)
	}
	return out, nil
}

// groups collects figures by name.
type groups struct {
	names []string
	of    map[string][]int // rows
}

func (g *groups) add(name string, row int) {
	if g.of == nil {
		g.of = map[string][]int{}
	}
	if _, ok := g.of[name]; !ok {
		g.names = append(g.names, name)
	}
	g.of[name] = append(g.of[name], row)
}

// list makes the figures of each group; one alone is all there is, and not listed.
func (g *groups) list(metrics func(rows []int) []Metric) []Group {
	if len(g.names) < 2 {
		return nil
	}
	slices.Sort(g.names)
	out := make([]Group, len(g.names))
	for i, name := range g.names {
		out[i] = Group{name, metrics(g.of[name])}
	}
	return out
}

// pick takes some of xs.
func pick(xs []float64, rows []int) []float64 {
	out := make([]float64, len(rows))
	for i, r := range rows {
		out[i] = xs[r]
	}
	return out
}
