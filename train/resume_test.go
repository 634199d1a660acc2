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
	c.Steps, c.Checkpoint, c.Eval, c.Sample.Prompts = 4, 1, 0, nil
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
	l := newLoop(t, c, e)
	if err := l.run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if st, ok, err := resume(dir, l.opt); err != nil || !ok || st.Step != 4 || st.Cursor != 16 {
		t.Errorf("kept %+v, %t, %v, want step 4 and cursor 16", st, ok, err)
	}
}

func TestCheckpointsOfOtherVersionsAreRefused(t *testing.T) {
	dir := &quern.Memory{}
	l := newLoop(t, tinyConfig(), tinyEnv(t, dir))
	if err := save(dir, l.opt, state{Step: 3}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := resume(dir, l.opt); err == nil || !strings.Contains(err.Error(), "cursor 0 after 3 steps; remove ckpt/latest.json") {
		t.Errorf("a checkpoint without a cursor: %v", err)
	}
}

func TestCheckpointsTakeTurns(t *testing.T) {
	dir := &quern.Memory{}
	c := tinyConfig()
	c.Checkpoint = 1
	var slots []string
	e := tinyEnv(t, dir)
	e.Progress = func(step, _ int, _ Metrics) {
		if l, err := readLatest(dir); err == nil {
			slots = append(slots, l.Slot)
		}
	}
	pretrain(t, c, e)
	want := []string{"ckpt/a", "ckpt/b", "ckpt/a", "ckpt/b"}
	if len(slots) != c.Steps-1 || !slices.Equal(slots[:4], want) {
		t.Errorf("slots %v, want %v and on", slots, want)
	}
}

func TestDamagedCheckpointsAreErrors(t *testing.T) {
	c := tinyConfig()
	stopped := &quern.Memory{}
	ctx, cancel := context.WithCancel(context.Background())
	e := tinyEnv(t, stopped)
	e.Progress = func(step, _ int, _ Metrics) {
		if step == 5 {
			cancel()
		}
	}
	if _, err := Pretrain(ctx, c, e); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	e.Progress = nil
	l, err := readLatest(stopped)
	if err != nil || l.Slot != "ckpt/b" {
		t.Fatal(l, err)
	}
	names, _ := stopped.List("")
	// copied is what was left, with one file changed; nil removes it.
	copied := func(name string, change func([]byte) []byte) *quern.Memory {
		dir := &quern.Memory{}
		for _, n := range names {
			b := bytes.Clone(blob(t, stopped, n))
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
	cut := func(b []byte) []byte { return b[:len(b)-1] }
	flip := func(b []byte) []byte { b[len(b)/2] ^= 1; return b }
	gone := func([]byte) []byte { return nil }
	text := func(s string) func([]byte) []byte { return func([]byte) []byte { return []byte(s) } }
	for _, f := range []string{"model.safetensors", "optimizer.safetensors", "state.json"} {
		for what, change := range map[string]func([]byte) []byte{"cut": cut, "flipped": flip, "gone": gone, "empty": text("")} {
			e.Dir = copied("ckpt/b/"+f, change)
			_, err := Pretrain(context.Background(), c, e)
			if err == nil || !strings.Contains(err.Error(), "ckpt/b/"+f) || !strings.Contains(err.Error(), "remove ckpt/latest.json") {
				t.Errorf("%s %s: %v, want an error that names it and what to do", f, what, err)
			}
		}
	}
	for what, change := range map[string]func([]byte) []byte{"cut": func(b []byte) []byte { return b[:len(b)/2] }, "empty": text(""), "of another slot": text(`{"slot": "ckpt/c"}`),
		"of other files": text(strings.ReplaceAll(string(blob(t, stopped, latestName)), "ckpt/b/state", "ckpt/a/state"))} {
		e.Dir = copied(latestName, change)
		if _, err := Pretrain(context.Background(), c, e); err == nil || !strings.Contains(err.Error(), latestName) || !strings.Contains(err.Error(), "remove") {
			t.Errorf("latest.json %s: %v, want an error that names it and what to do", what, err)
		}
	}
	// Without latest.json a run starts again; the other slot may be anything.
	whole := &quern.Memory{}
	e.Dir = whole
	want := pretrain(t, c, e)
	for name, change := range map[string]func([]byte) []byte{latestName: gone, "ckpt/a/model.safetensors": flip} {
		dir := copied(name, change)
		e.Dir = dir
		same(t, name, want, pretrain(t, c, e), whole, dir)
	}
	short := c
	short.Steps = 4
	e.Dir = copied("", nil)
	if _, err := Pretrain(context.Background(), short, e); err == nil || !strings.Contains(err.Error(), "step 5") {
		t.Errorf("a checkpoint beyond the run's end: %v", err)
	}
	wide := c
	wide.Model.Width = 32
	if _, err := Pretrain(context.Background(), wide, e); err == nil || !strings.Contains(err.Error(), "shape") {
		t.Errorf("a checkpoint of another model: %v", err)
	}
}
