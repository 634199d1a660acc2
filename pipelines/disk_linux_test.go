package pipelines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/seed-83c59573/quern"
)

var diskChildren = map[string]func(args []string) error{
	"tiny-disk":   func(args []string) error { return tiny(args, mountTiny, mountLarge) },
	"small-files": func(args []string) error { return tiny(args, limitFiles, unlimitFiles) },
}

// outcome is what the child tells: how the run on too small a disk failed, what it left, and the datasets after there was room.
type outcome struct {
	Denied  string // why the system did not let it shrink the disk
	Failed  string
	NoSpace bool
	Bad     []string
	Digests map[string]quern.Digest
}

// tiny runs a spec where there is no room, makes room, and runs it again.
func tiny(args []string, shrink, grow func(dir string) error) error {
	var o outcome
	defer func() { json.NewEncoder(os.Stdout).Encode(o) }()
	spec, err := LoadSpec(args[0], nil)
	if err != nil {
		return err
	}
	dir := args[1]
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if err := shrink(dir); err != nil {
		o.Denied = err.Error()
		return nil
	}
	run := filepath.Join(dir, "run")
	if _, err = Run(context.Background(), spec, Env{Dir: run}); err != nil {
		o.Failed, o.NoSpace = err.Error(), errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EFBIG)
	}
	o.Bad = leftovers(run)
	if err := grow(dir); err != nil {
		return err
	}
	rec, err := Run(context.Background(), spec, Env{Dir: run})
	if err != nil {
		return err
	}
	o.Digests, err = datasets(run, rec)
	return err
}

// A file system of its own in a mount namespace of its own, which ends with the process.
func mountTiny(dir string) error {
	if err := syscall.Mount("none", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return err
	}
	return syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=160k")
}

func mountLarge(dir string) error {
	return syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=64m")
}

func limitFiles(string) error {
	signal.Ignore(syscall.SIGXFSZ)
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
		return err
	}
	l.Cur = 12 << 10
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l)
}

func unlimitFiles(string) error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
		return err
	}
	l.Cur = l.Max
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l)
}

func TestDiskFull(t *testing.T) {
	m := newMill(t, millSpec)
	want := digests(t, m.run(), m.grind(Env{}).rec)
	for _, how := range []string{"tiny-disk", "small-files"} {
		t.Run(how, func(t *testing.T) {
			cmd := child(t, how, filepath.Join(m.dir, "spec.yaml"), filepath.Join(m.dir, how))
			cmd.Stderr = os.Stderr
			if how == "tiny-disk" {
				cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
					UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
					GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}}
			}
			b, err := cmd.Output()
			if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.ENOSPC) {
				t.Skip("no namespace of its own is given: ", err)
			}
			var o outcome
			if err == nil {
				err = json.Unmarshal(b, &o)
			}
			if err != nil {
				t.Fatalf("%v: %s", err, b)
			}
			if o.Denied != "" {
				t.Skip("no small disk is given: ", o.Denied)
			}
			if !o.NoSpace {
				t.Errorf("without room the run said %q", o.Failed)
			}
			if len(o.Bad) > 0 {
				t.Errorf("left behind: %q", o.Bad)
			}
			sameDigests(t, fmt.Sprint("after ", o.Failed), o.Digests, want)
		})
	}
}
