//go:build unix

package train

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/seed-83c59573/quern"
)

// killed is the run that TestKilledRunsEndInTheSameBytes kills: a checkpoint at every second step, so that most are being written when it
// dies.
func killed() Config {
	c := everything()
	c.Steps, c.Checkpoint, c.Sample.Prompts = 60, 2, nil
	return c
}

// TestKilledChild is no test: it is the run, in a process of its own.
func TestKilledChild(t *testing.T) {
	dir := os.Getenv("QUERN_TEST_KILLED")
	if dir == "" {
		t.Skip("runs in a child of TestKilledRunsEndInTheSameBytes")
	}
	e := tinyEnv(t, quern.Local(dir))
	e.Progress = func(step, _ int, _ Metrics) { fmt.Printf("step %d\n", step) }
	if _, err := Pretrain(context.Background(), killed(), e); err != nil {
		t.Fatal(err)
	}
}

// A run that is killed at ten random moments ends in the bytes of one that is not.
func TestKilledRunsEndInTheSameBytes(t *testing.T) {
	whole, dir := &quern.Memory{}, quern.Local(t.TempDir())
	want := pretrain(t, killed(), tinyEnv(t, whole))
	seed := uint64(time.Now().UnixNano())
	rnd := rand.New(rand.NewPCG(seed, 0))
	kept := false // a checkpoint is written in the background: on a busy machine a run may be killed before it has one
	for n := 0; n < 10 || !kept && n < 100; n++ {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledChild$")
		cmd.Env = append(os.Environ(), "QUERN_TEST_KILLED="+string(dir))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		steps, last := 1+rnd.IntN(6), ""
		lines := bufio.NewScanner(out)
		for i := 0; i < steps && lines.Scan(); i++ {
			last = lines.Text()
		}
		time.Sleep(time.Duration(rnd.IntN(2000)) * time.Microsecond)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		_, kept = newestCheckpoint(dir)
		if !strings.HasPrefix(last, "step ") {
			t.Fatalf("seed %d, kill %d: the run said %q before it was killed", seed, n, last)
		}
	}
	step, ok := newestCheckpoint(dir)
	if !ok || step == 60 {
		t.Fatalf("seed %d: the checkpoint of step %d is left", seed, step)
	}
	e := tinyEnv(t, dir)
	e.Note = func(s string) { t.Errorf("seed %d: a kill damaged a checkpoint: %s", seed, s) }
	same(t, fmt.Sprintf("seed %d", seed), want, pretrain(t, killed(), e), whole, dir)
}
