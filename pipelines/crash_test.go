package pipelines

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-83c59573/quern"
)

// children are what the test binary does when it is started as a process of its own: a name, and its arguments.
var children = map[string]func(args []string) error{"hold": hold}

func childCalled(name string) func(args []string) error {
	if f := children[name]; f != nil {
		return f
	}
	return diskChildren[name]
}

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if child := childCalled(os.Args[1]); child != nil {
			if err := child(os.Args[2:]); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		}
	}
	os.Exit(m.Run())
}

// hold runs a spec and stops for good at the first step, the lock in hand.
func hold(args []string) error {
	spec, err := LoadSpec(args[0], nil)
	if err != nil {
		return err
	}
	_, err = Run(context.Background(), spec, Env{Dir: args[1], Event: func(e Event) {
		if e.State == "start" {
			fmt.Println("holding")
			time.Sleep(time.Hour) // to be killed; a bare select is a deadlock to the runtime
		}
	}})
	return err
}

func child(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exec.Command(self, args...)
}

func TestLock(t *testing.T) {
	m := newMill(t, millSpec)
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	holding := child(t, "hold", filepath.Join(m.dir, "spec.yaml"), m.run())
	out, err := holding.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	holding.Stderr = os.Stderr
	if err := holding.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "holding\n" {
		t.Fatalf("the first process says %q, %v", line, err)
	}
	_, err = Run(context.Background(), m.spec(), Env{Dir: m.run()})
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), fmt.Sprintf("by process %d on %s", holding.Process.Pid, host)) {
		t.Errorf("a second run: %v", err)
	}
	if err := holding.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	holding.Wait()
	w := m.grind(Env{Until: "ingest"})
	if want := fmt.Sprintf("taking over the lock of process %d, which died", holding.Process.Pid); !strings.Contains(w.note, want) {
		t.Errorf("the run after a dead one notes %q, want %s", w.note, want)
	}
	if w = m.grind(Env{Until: "ingest"}); w.note != "" {
		t.Errorf("a run after one that ended well notes %q", w.note)
	}
	if bad := leftovers(m.run()); bad != nil {
		t.Errorf("left behind: %q", bad)
	}

	b, err := json.Marshal(holder{PID: 4711, Host: host + "-other", Since: "2026-01-01T00:00:00Z"})
	if err == nil {
		err = os.WriteFile(filepath.Join(m.run(), "lock"), b, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = Run(context.Background(), m.spec(), Env{Dir: m.run()})
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), "process 4711 on another host, "+host+"-other") {
		t.Errorf("a lock of another host: %v", err)
	}
	if err := os.WriteFile(filepath.Join(m.run(), "lock"), []byte("{half a"), 0o666); err != nil {
		t.Fatal(err)
	}
	if w = m.grind(Env{Until: "ingest"}); w.note != "" {
		t.Errorf("a lock that nobody could finish writing notes %q", w.note)
	}
}

// interrupt runs the mill until event number at and tells how many events there were and what Run said.
func (m *mill) interrupt(dir string, at int) (events int, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, err = Run(ctx, m.spec(), Env{Dir: dir, Workers: 1, Event: func(Event) {
		if events++; events == at {
			cancel()
		}
	}})
	return events, err
}

func TestInterruptedGoesOn(t *testing.T) {
	m := newMill(t, millSpec+millTrain)
	undisturbed := m.grind(Env{})
	want := digests(t, m.run(), undisturbed.rec)
	all, err := m.interrupt(filepath.Join(m.dir, "count"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if all < 2*len(want) {
		t.Fatalf("%d events", all)
	}
	points := 4
	if testing.Short() {
		points = 2
	}
	again := filepath.Join(m.dir, "again-and-again")
	for i := range points {
		at := 1 + (2*i+1)*all/(2*points)
		once := filepath.Join(m.dir, fmt.Sprint("at-", at))
		for _, dir := range []string{once, again} {
			n, err := m.interrupt(dir, at)
			if err == nil && n >= at {
				t.Errorf("interrupted at event %d of %d: no error", at, n)
			}
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("interrupted at event %d: %v", at, err)
			}
			if bad := leftovers(dir); bad != nil {
				t.Errorf("interrupted at event %d: left behind: %q", at, bad)
			}
		}
		w := m.grind(Env{Dir: once})
		sameDigests(t, fmt.Sprint("interrupted at event ", at), digests(t, once, w.rec), want)
	}
	w := m.grind(Env{Dir: again})
	sameDigests(t, "interrupted again and again", digests(t, again, w.rec), want)
	if len(w.made) == len(undisturbed.made) {
		t.Error("all steps were made anew")
	}
}

func TestInputThatChangesWhileItIsRead(t *testing.T) {
	m := newMill(t, millSpec)
	changed := false
	_, err := Run(context.Background(), m.spec(), Env{Dir: m.run(), Event: func(e Event) {
		if e.Step == "ingest.notes" && e.State == "progress" && !changed {
			changed = true
			m.write("notes.jsonl", notes(39))
		}
	}})
	if err == nil || !strings.Contains(err.Error(), "notes.jsonl changed while it was read") {
		t.Errorf("have %v", err)
	}
	w := &world{dir: quern.Local(m.dir), known: map[string]stamp{}}
	gone := filepath.Join(m.dir, "notes.jsonl")
	if _, err := w.digest(gone); err != nil {
		t.Fatal(err)
	}
	if err := w.unchanged(localFiles(gone)); err != nil {
		t.Errorf("nobody touched it: %v", err)
	}
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	if err := w.unchanged(localFiles(gone)); err == nil || !strings.Contains(err.Error(), "vanished while it was read") {
		t.Errorf("a file that vanished: %v", err)
	}
	if _, err := Run(context.Background(), m.spec(), Env{Dir: m.run()}); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "notes.jsonl") {
		t.Errorf("an input that is gone: %v", err)
	}
	if _, err := Plan(context.Background(), m.spec(), Env{Dir: m.run()}); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "ingest.notes") {
		t.Errorf("the plan of an input that is gone: %v", err)
	}
}
