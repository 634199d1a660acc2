//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-83c59573/quern/pipelines"
)

var kills = flag.Int("kills", 3, "how often the quickstart is started to be killed")

// TestKilledRunsEndInTheSameBytes kills the quickstart at random moments, again and again in one folder, and lets it finish: every
// dataset, checkpoint bytes included, must be that of an undisturbed run. CI raises the number of kills. It takes as long as two
// runs and, for each kill, half of one.
func TestKilledRunsEndInTheSameBytes(t *testing.T) {
	if !*slow {
		t.Skip("takes a minute: run with -slow")
	}
	exe := build(t)
	sample := t.TempDir() // not the checkout, whose source is an input and may change while the test runs
	if err := writeSample(sample); err != nil {
		t.Fatal(err)
	}
	args := []string{"run", filepath.Join(sample, "quickstart.yaml"), "--set", "train.steps=10", "--set", "train.checkpoint=2", "--set", "train.eval=5",
		"--set", "tune.sft.steps=5", "--set", "tune.sft.checkpoint=2"}
	want := t.TempDir()
	start := time.Now()
	if out, err := exec.Command(exe, append(args, "--dir", want)...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	whole := time.Since(start)
	seed := uint64(time.Now().UnixNano())
	t.Logf("an undisturbed run takes %v; seed %d", whole, seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	got := t.TempDir()
	killed := 0
	for range *kills { // each takes half as long as the run, on average: what is done before it is killed counts, and begins anew
		cmd := exec.Command(exe, append(args, "--dir", got)...)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rnd.Int64N(int64(whole))))
		cmd.Process.Signal(syscall.SIGKILL)
		if err := cmd.Wait(); err != nil {
			if !strings.Contains(err.Error(), "killed") {
				t.Fatalf("the run that was to be killed failed itself: %v\n%s", err, out.String())
			}
			killed++
			continue
		}
		compareRuns(t, want, got)
		if err := os.RemoveAll(got); err != nil {
			t.Fatal(err)
		}
	}
	if killed == 0 {
		t.Fatalf("all %d runs were done before they could be killed", *kills)
	}
	out, err := exec.Command(exe, append(args, "--dir", got)...).CombinedOutput()
	if err != nil {
		t.Fatalf("after %d kills: %v\n%s", killed, err, out)
	}
	compareRuns(t, want, got)
}

func build(t *testing.T) string {
	t.Helper()
	exe := filepath.Join(t.TempDir(), "quern")
	if out, err := exec.Command("go", "build", "-o", exe, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return exe
}

// compareRuns compares the last runs of two folders: the digest of every dataset, and the bytes of every file that a manifest names.
func compareRuns(t *testing.T, want, got string) {
	t.Helper()
	show := func(dir string) (s pipelines.Summary) {
		var out, errs bytes.Buffer
		if code := run([]string{"show", dir, "--json"}, &out, &errs); code != 0 {
			t.Fatalf("show %s: exit %d: %s", dir, code, errs.String())
		}
		if err := json.Unmarshal(out.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	a, b := show(want), show(got)
	if len(a.Steps) != len(b.Steps) || len(a.Steps) == 0 {
		t.Fatalf("%d steps, want %d", len(b.Steps), len(a.Steps))
	}
	for i := range a.Steps {
		if a.Steps[i].Digest != b.Steps[i].Digest {
			t.Errorf("%s %s: digest %s, want %s", b.Steps[i].Step, b.Steps[i].Source, b.Steps[i].Digest, a.Steps[i].Digest)
			continue
		}
		compareFolders(t, filepath.Join(want, a.Steps[i].Folder), filepath.Join(got, b.Steps[i].Folder))
	}
}

func compareFolders(t *testing.T, want, got string) {
	t.Helper()
	err := filepath.WalkDir(want, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(want, path)
		if err != nil {
			return err
		}
		if rel == "timing.json" || rel == pipelines.MetricsName || strings.HasPrefix(rel, "ckpt") || strings.HasPrefix(rel, pipelines.EventsPrefix) { // speeds, and scaffolding
			return nil
		}
		x, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		y, err := os.ReadFile(filepath.Join(got, rel))
		if err != nil {
			return err
		}
		if !bytes.Equal(x, y) {
			return fmt.Errorf("%s differs from %s", filepath.Join(got, rel), path)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
