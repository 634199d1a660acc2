package eval

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-83c59573/quern/train/decode"
)

func box(t *testing.T) *sandbox {
	t.Helper()
	b, err := newSandbox(context.Background(), nil)
	if err != nil {
		t.Skip(err)
	}
	return b
}

func TestProgramsAreConfined(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()) // to see what is left there
	b := box(t)
	outside := filepath.Join(t.TempDir(), "kept")
	if err := os.WriteFile(outside, []byte("kept"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, source string
		pass         bool
		why          string
	}{
		{"what is right", "import math, re, collections\nassert math.sqrt(4) == 2", true, ""},
		{"may write in its folder", "open('a', 'w').write('x')\nassert open('a').read() == 'x'", true, ""},
		{"what is wrong", "assert 1 == 2", false, "AssertionError"},
		{"no Python", "def f(:", false, "SyntaxError"},
		{"leaves early", "import sys\nsys.exit(0)", false, "left before its end"},
		{"leaves at once", "import os\nos._exit(0)", false, "left before its end"},
		{"writes elsewhere", "open('" + outside + "', 'w').write('x')", false, "PermissionError"},
		{"removes elsewhere", "import os\nos.remove('" + outside + "')", false, "PermissionError"},
		{"reads elsewhere", "open('" + outside + "').read()", false, "PermissionError"},
		{"starts a program", "import subprocess\nsubprocess.run(['/bin/sh', '-c', 'true'], check=True)", false, "Error"},
		{"calls out", "import socket\nsocket.create_connection(('1.1.1.1', 80), 2)", false, "Error"},
		{"wants much memory", "x = bytearray(1 << 33)", false, "MemoryError"},
		{"writes much", "f = open('a', 'wb')\nfor i in range(100):\n    f.write(bytes(1 << 20))\nf.close()", false, ""},
		{"talks much", "while True:\n    print('x' * 100000)", false, "longer than"},
		{"never ends", "while True:\n    pass", false, "longer than"},
		{"sleeps", "import time\ntime.sleep(99)", false, "longer than"},
	} {
		start, limit := time.Now(), 5*time.Second
		if c.why == "longer than" {
			limit = 300 * time.Millisecond
		}
		pass, why, err := b.run(context.Background(), c.source, limit)
		if err != nil || pass != c.pass || !strings.Contains(why, c.why) {
			t.Errorf("%s: %v, %q, %v; want %v, %q", c.name, pass, why, err, c.pass, c.why)
		}
		if time.Since(start) > limit+5*time.Second {
			t.Errorf("%s took %s", c.name, time.Since(start))
		}
	}
	if got, err := os.ReadFile(outside); err != nil || string(got) != "kept" {
		t.Errorf("a file outside is now %q, %v", got, err)
	}
	left, _ := filepath.Glob(filepath.Join(os.TempDir(), "quern-eval-*"))
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// The published solutions pass their tests, and others do not.
func TestPublishedSolutionsPass(t *testing.T) {
	path := filepath.Join("..", "..", "..", "shared", "data", "eval", "HumanEval.jsonl.gz")
	if _, err := os.Stat(path); err != nil {
		t.Skip("no set beside the repository: ", err)
	}
	b := box(t)
	type solved struct {
		exercise
		Solution string `json:"canonical_solution"`
	}
	all, err := rows(path, 6, func(*solved) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if pass, why, err := b.run(context.Background(), program(e.exercise, e.Solution), 10*time.Second); !pass || err != nil {
			t.Errorf("%s: %q, %v", e.ID, why, err)
		}
		if pass, _, err := b.run(context.Background(), program(e.exercise, "    return None\n"), 10*time.Second); pass || err != nil {
			t.Errorf("%s passes with nothing in it, %v", e.ID, err)
		}
	}
}

func TestHumanEval(t *testing.T) {
	box(t)
	r, m := tiny(t, 2, 64)
	// A set whose every program passes, and one whose none does.
	row := `{"task_id": "T/0", "prompt": "x = 1\n#", "test": "def check(f):\n    assert True\n", "entry_point": "x"}` + "\n" +
		`{"task_id": "T/1", "prompt": "x = 1\n#", "test": "def check(f):\n    assert False\n", "entry_point": "x"}`
	task := Task{Kind: "humaneval", Path: write(t, "h.jsonl", row), Draws: 2, K: []int{1, 2}, Tokens: 1, RunCode: true, Warm: 0, Samples: 4}
	for _, p := range m.Params() { // it says what is no end of a line
		clear(p.W)
	}
	r.engine = decode.NewEngine(m, r.tok, 2, 64)
	res, err := r.Run(context.Background(), task)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "pass@1", metric(t, res.Metrics, "pass@1").Value, 0.5, 0)
	near(t, "pass@2", metric(t, res.Metrics, "pass@2").Value, 0.5, 0)
	if len(res.Samples) != 2 || !res.Samples[0].Right || res.Samples[1].Right {
		t.Errorf("%+v", res.Samples)
	}
}
