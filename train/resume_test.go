package train

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/train/data"
)

func TestStoppedRunsEndAsUnbrokenOnes(t *testing.T) {
	for name, run := range trainings(t) {
		whole := &quern.Memory{}
		want, err := run(context.Background(), whole, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, chain := range [][]int{{1, 2, 5, 7}, {4, 6}, {3}, {7}} { // epochs end within step 7, and earlier in fine-tuning
			dir := &quern.Memory{}
			for _, stop := range chain {
				ctx, cancel := context.WithCancel(context.Background())
				_, err := run(ctx, dir, 1, func(step, _ int, _ Metrics) {
					if step == stop {
						cancel()
					}
				})
				if !errors.Is(err, context.Canceled) {
					t.Fatalf("%s, stopped at %d: %v", name, stop, err)
				}
			}
			first := 0
			got, err := run(context.Background(), dir, 1, func(step, _ int, _ Metrics) {
				if first == 0 {
					first = step
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if last := chain[len(chain)-1]; first != last+1 {
				t.Errorf("%s, stopped at %v: went on with step %d", name, chain, first)
			}
			same(t, name, want, got, whole, dir)
		}
	}
}

func TestWorkersChangeNothing(t *testing.T) {
	for name, run := range trainings(t) {
		one := &quern.Memory{}
		want, err := run(context.Background(), one, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, workers := range []int{2, 7} {
			dir := &quern.Memory{}
			got, err := run(context.Background(), dir, workers, nil)
			if err != nil {
				t.Fatal(err)
			}
			same(t, name, want, got, one, dir)
		}
	}
}

// A machine that dies at any call leaves what a later run completes to the same bytes.
func TestDeathAtAnyCall(t *testing.T) {
	c := tinyConfig()
	c.Steps, c.Checkpoint, c.Keep, c.Eval, c.Sample.Prompts = 4, 1, 1, 0, nil
	whole := &quern.Memory{}
	count := &failing{Dir: whole, at: math.MaxInt}
	e := tinyEnv(t, count)
	want := pretrain(t, c, e)
	for n := 1; n <= count.calls; n++ {
		dir := &quern.Memory{}
		e.Dir = &failing{Dir: dir, at: n}
		if _, err := Pretrain(context.Background(), c, e); !errors.Is(err, errDied) {
			t.Fatalf("call %d of %d: %v, want the error of the folder", n, count.calls, err)
		}
		e.Dir = dir
		same(t, "after a death", want, pretrain(t, c, e), whole, dir)
	}
}

// stopping is a stream that cancels its run where it is read.
type stopping struct {
	data.Stream
	at     int64
	cancel context.CancelFunc
}

func (s stopping) Read(dst []int32, at int64) error {
	if at == s.at {
		s.cancel()
	}
	return s.Stream.Read(dst, at)
}

// A run that is stopped while it waits for data keeps the steps that it took.
func TestStoppedWhileDataIsRead(t *testing.T) {
	c, dir := tinyConfig(), &quern.Memory{}
	c.Checkpoint = 0
	e := tinyEnv(t, dir)
	ctx, cancel := context.WithCancel(context.Background())
	e.Train = stopping{e.Train, 18 * int64(c.Model.Context), cancel} // in the fifth step of four rows
	l := tinyLoop(t, c, e)
	l.plan.Ahead = 0 // else it may be stopped earlier
	if err := l.run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if st, ok, err := resume(dir, l.saver.run, l.saver.files, nil); err != nil || !ok || st.Step != 4 || st.Cursor != 16 {
		t.Errorf("kept %+v, %t, %v, want step 4 and cursor 16", st, ok, err)
	}
}

// stopped is a run of tinyConfig that was interrupted at step 5: it left the checkpoints of steps 3 and 5.
func stopped(t *testing.T, c Config) *quern.Memory {
	t.Helper()
	dir := &quern.Memory{}
	ctx, cancel := context.WithCancel(context.Background())
	e := tinyEnv(t, dir)
	e.Progress = func(step, _ int, _ Metrics) {
		if step == 5 {
			cancel()
		}
	}
	if _, err := Pretrain(ctx, c, e); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return dir
}

// copied is a folder with one file changed; nil removes it.
func copied(t *testing.T, from *quern.Memory, name string, change func([]byte) []byte) *quern.Memory {
	t.Helper()
	dir := &quern.Memory{}
	names, _ := from.List("")
	for _, n := range names {
		b := bytes.Clone(blob(t, from, n))
		if n == name {
			if b = change(b); b == nil {
				continue
			}
		}
		if err := quern.WriteBlob(dir, n, b); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func cut1(b []byte) []byte { return b[:len(b)-1] }
func flip(b []byte) []byte { b[len(b)-1] ^= 1; return b }
func gone([]byte) []byte   { return nil }
func text(s string) func([]byte) []byte {
	return func([]byte) []byte { return []byte(s) }
}

// Whatever happens to the newest checkpoint, the one before it is taken, with a note that says why, and the run ends in the same bytes.
func TestDamagedCheckpointsFallBack(t *testing.T) {
	c := tinyConfig()
	whole := &quern.Memory{}
	e := tinyEnv(t, whole)
	want := pretrain(t, c, e)
	left := stopped(t, c)
	names, _ := left.List("")
	for _, f := range []string{"model.safetensors", "optimizer.safetensors", "state.json", "config.json", "manifest.json"} {
		for what, change := range map[string]func([]byte) []byte{"cut": func(b []byte) []byte { return b[:len(b)/2] }, "flipped": func(b []byte) []byte { b[0] ^= 1; return b },
			"gone": gone, "empty": text("")} {
			name := "ckpt/step-00000005/" + f
			dir, notes := copied(t, left, name, change), ""
			e.Dir, e.Note = dir, func(s string) { notes += s }
			same(t, f+" "+what, want, pretrain(t, c, e), whole, dir)
			if f == "manifest.json" && what == "gone" { // a crash while it was written: nothing to tell
				continue
			}
			if !strings.Contains(notes, name) || !strings.Contains(notes, "went back to the checkpoint of step 3") {
				t.Errorf("%s %s: noted %q; there were %v", f, what, notes, names)
			}
		}
	}
	dir, notes := copied(t, left, "ckpt/step-00000005/optimizer.safetensors", flip), ""
	e.Dir, e.Note = dir, func(s string) { notes += s }
	pretrain(t, c, e)
	if !strings.Contains(notes, "tensor model.norm.weight.v of optimizer.safetensors is not what was written") {
		t.Errorf("noted %q, want the tensor", notes)
	}
}

func TestNoWholeCheckpointIsAnError(t *testing.T) {
	c := tinyConfig()
	c.Keep = 1
	e := tinyEnv(t, copied(t, stopped(t, c), "ckpt/step-00000005/model.safetensors", cut1))
	_, err := Pretrain(context.Background(), c, e)
	if err == nil || !strings.Contains(err.Error(), "step-00000005/model.safetensors") || !strings.Contains(err.Error(), "remove ckpt to start from the first step") {
		t.Errorf("%v, want an error that names the file and what to do", err)
	}
	e.Dir = copied(t, stopped(t, c), "ckpt/step-00000005/state.json", text(`{"step": 5}`))
	if _, err := Pretrain(context.Background(), c, e); err == nil || !strings.Contains(err.Error(), "state.json") {
		t.Errorf("a state of another version: %v", err)
	}
}

func TestCheckpointsOfOtherRunsAreRefusedInWords(t *testing.T) {
	left := stopped(t, tinyConfig())
	for _, x := range []struct {
		want   string
		change func(*Config, *Env)
	}{
		{"another run: Model.width was 16, is 32", func(c *Config, _ *Env) { c.Model.Width = 32 }},
		{"Weights was", func(_ *Config, e *Env) { e.Seed = 8 }},
		{"Train.LR was 0.01, is 0.02", func(c *Config, _ *Env) { c.LR = 0.02 }},
		{"Steps was 12, is 4", func(c *Config, _ *Env) { c.Steps = 4 }},
		{"Seed was 7, is 8", func(_ *Config, e *Env) { e.Seed = 8 }},
		{"Samples was 28, is 25", func(_ *Config, e *Env) { e.Train = e.Train.(data.Tokens)[:201] }},
		{"Train.Optimizer was \"adamw\", is \"muon\"", func(c *Config, _ *Env) { c.Optimizer = "muon" }},
	} {
		c, e := tinyConfig(), tinyEnv(t, copied(t, left, "", nil))
		x.change(&c, &e)
		if _, err := Pretrain(context.Background(), c, e); err == nil || !strings.Contains(err.Error(), x.want) || !strings.Contains(err.Error(), "remove ckpt") {
			t.Errorf("%v, want %q", err, x.want)
		}
	}
	c := tinyConfig() // how often, and how many, changes nothing
	c.Checkpoint, c.Keep = 2, 5
	whole, dir := &quern.Memory{}, copied(t, left, "", nil)
	same(t, "other intervals", pretrain(t, c, tinyEnv(t, whole)), pretrain(t, c, tinyEnv(t, dir)), whole, dir)
}

func TestCheckpointsAreKeptByPolicy(t *testing.T) {
	for _, x := range []struct {
		keep, every int
		want        []int
	}{{1, 0, []int{11}}, {2, 0, []int{11, 10}}, {3, 0, []int{11, 10, 9}}, {2, 4, []int{11, 10, 8, 4}}} {
		dir := &quern.Memory{}
		c := tinyConfig()
		c.Checkpoint, c.Keep, c.KeepEvery = 1, x.keep, x.every
		if err := quern.WriteBlob(dir, "ckpt/step-00000002/model.safetensors", nil); err != nil { // what a crash left
			t.Fatal(err)
		}
		pretrain(t, c, tinyEnv(t, dir))
		steps, whole, names, err := listCheckpoints(dir)
		if err != nil || !slices.Equal(steps, x.want) || len(whole) != len(x.want) {
			t.Errorf("keep %d, every %d: steps %v in %v, %v, want %v", x.keep, x.every, steps, names, err, x.want)
		}
	}
}

// full is a folder on a disk that is full while a step's checkpoint is written.
type full struct {
	*quern.Memory
	step string
}

var errFull = errors.New("no space left on device")

func (f full) Create(name string) (quern.Blob, error) {
	b, err := f.Memory.Create(name)
	if strings.Contains(name, f.step) && strings.HasSuffix(name, "optimizer.safetensors") {
		return fullBlob{b}, err
	}
	return b, err
}

type fullBlob struct{ quern.Blob }

func (fullBlob) Write([]byte) (int, error) { return 0, errFull }

func TestAFullDiskIsAnErrorAndThePreviousStays(t *testing.T) {
	c, dir := tinyConfig(), &quern.Memory{}
	steps := 0
	e := tinyEnv(t, full{dir, "step-00000006"})
	e.Progress = func(step, _ int, _ Metrics) { steps = step }
	_, err := Pretrain(context.Background(), c, e)
	if !errors.Is(err, errFull) || !strings.Contains(err.Error(), "checkpoint of step 6") {
		t.Fatalf("%v, want the disk's error", err)
	}
	if steps < 6 || steps > 9 {
		t.Errorf("stopped at step %d: one checkpoint is written at most before its error is told", steps)
	}
	if step, ok := newestCheckpoint(dir); !ok || step != 3 {
		t.Errorf("the checkpoint of step %d is left, want 3", step)
	}
	whole := &quern.Memory{}
	e.Dir = dir
	want := pretrain(t, c, tinyEnv(t, whole))
	same(t, "with room again", want, pretrain(t, c, e), whole, dir)
}

// A checkpoint is a model that can be used as it lies.
func TestACheckpointIsAModel(t *testing.T) {
	c := everything()
	dir := stopped(t, c)
	names, _ := dir.List("ckpt/step-00000005")
	for _, want := range []string{"average", "best", "model", "optimizer"} {
		if !slices.Contains(names, "ckpt/step-00000005/"+want+".safetensors") {
			t.Errorf("%s.safetensors is not among %v", want, names)
		}
	}
	m, f, err := LoadFolder(quern.Sub(dir, "ckpt/step-00000005"), 1, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if f.Tokenizer == nil || len(f.Notes) > 0 {
		t.Errorf("its tokenizer is %v; noted %q", f.Tokenizer, f.Notes)
	}
	l := tinyLoop(t, c, tinyEnv(t, dir))
	l.eval, l.measure = 2, func() (float64, bool, error) { return 0, false, nil }
	if resumed, err := l.start(); err != nil || !resumed {
		t.Fatal(resumed, err)
	}
	l.loader.Close()
	for i, p := range m.Params() {
		if !slices.Equal(p.W, l.m.Params()[i].W) {
			t.Fatalf("%s differs from what the run goes on with", p.Name)
		}
	}
}
