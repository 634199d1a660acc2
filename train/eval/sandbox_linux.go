package eval

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// confine runs inside the interpreter before the program does: limits, and Landlock, after which nothing can be started, nothing read
// but Python's own library, and nothing written outside the folder. Then it runs the program, and only if that comes to its end it
// gives back the word that it read from standard input, which no way of leaving early does.
const confine = `
import ctypes, os, resource, struct, sys
memory, seconds = int(sys.argv[1]), int(sys.argv[2])
word = sys.stdin.readline().strip()
for what, n in ((resource.RLIMIT_CPU, seconds + 1), (resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, 1 << 20),
                (resource.RLIMIT_NOFILE, 64), (resource.RLIMIT_CORE, 0)):
    resource.setrlimit(what, (n, n))
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
def call(*a):
    n = libc.syscall(*a)
    if n < 0:
        sys.stderr.write("confine: system call %d: %s\n" % (a[0], os.strerror(ctypes.get_errno())))
        os._exit(97)
    return n
abi = call(444, None, ctypes.c_size_t(0), 1)
handled = 0x1fff | (0x2000 if abi >= 2 else 0) | (0x4000 if abi >= 3 else 0)
rules = call(444, ctypes.c_char_p(struct.pack("=Q", handled)), ctypes.c_size_t(8), 0)
def allow(path, access):
    if os.path.exists(path):
        fd = os.open(path, os.O_PATH)
        call(445, rules, 1, ctypes.c_char_p(struct.pack("=Qi", access & handled, fd)), 0)
        os.close(fd)
for path in {sys.base_prefix, sys.prefix, "/usr/lib", "/lib", "/lib64"}:
    allow(path, 0xc)
allow(os.getcwd(), handled & ~1)
if libc.prctl(38, 1, 0, 0, 0) != 0:
    os._exit(97)
call(446, rules, 0)
os.close(rules)
source = open("program.py").read()
exec(compile(source, "program.py", "exec"), {"__name__": "__main__"})
sys.stdout.flush()
os.write(2, word.encode())
os._exit(0)
`

// sandbox runs Python programs.
type sandbox struct {
	python []string
	memory int64
}

const boxMemory = 1 << 30

// newSandbox finds the interpreter and tries the confinement; where it cannot be had, nothing runs.
func newSandbox(ctx context.Context, python []string) (*sandbox, error) {
	if len(python) == 0 {
		python = []string{"python3"}
	}
	// The interpreter itself, not a script that looks for it.
	out, err := exec.CommandContext(ctx, python[0], append(python[1:], "-I", "-c", "import sys; print(sys.executable)")...).Output()
	if err != nil {
		return nil, fmt.Errorf("no Python to run programs: %s: %w", python[0], err)
	}
	b := &sandbox{python: []string{strings.TrimSpace(string(out)), "-I", "-B"}, memory: boxMemory}
	probe := "import socket\ntry:\n    socket.create_connection(('127.0.0.1', 9), 1)\nexcept OSError:\n    pass\nfor f in ('/etc/passwd',):\n    try:\n        open(f)\n    except PermissionError:\n        continue\n    raise SystemError('not confined')\n"
	pass, why, err := b.run(ctx, probe, 10*time.Second)
	if err == nil && !pass {
		err = errors.New(why)
	}
	if err != nil {
		return nil, fmt.Errorf("this machine cannot confine programs (namespaces and Landlock are needed), so none is run: %w", err)
	}
	return b, nil
}

// run reports whether a program came to its end, and if not why. An error is that it could not be run at all.
func (b *sandbox) run(ctx context.Context, source string, limit time.Duration) (pass bool, why string, err error) {
	dir, err := os.MkdirTemp("", "quern-eval-")
	if err != nil {
		return false, "", err
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "program.py"), []byte(source), 0o666); err != nil {
		return false, "", err
	}
	var secret [16]byte
	rand.Read(secret[:])
	word := hex.EncodeToString(secret[:])
	ctx, stop := context.WithTimeout(ctx, limit)
	defer stop()
	args := append(b.python[1:len(b.python):len(b.python)], "-c", confine, fmt.Sprint(b.memory), fmt.Sprint(int(limit.Seconds())))
	cmd := exec.CommandContext(ctx, b.python[0], args...)
	tail := &tailWriter{}
	cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stderr = dir, []string{"HOME=" + dir, "TMPDIR=" + dir, "PATH=", "LC_ALL=C.UTF-8"}, strings.NewReader(word+"\n"), tail
	cmd.WaitDelay = time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 1000, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 1000, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	if err := cmd.Start(); err != nil {
		return false, "", err
	}
	err = cmd.Wait()
	said := tail.b.String()
	switch {
	case ctx.Err() == context.DeadlineExceeded:
		return false, "took longer than " + limit.String(), nil
	case ctx.Err() != nil:
		return false, "", ctx.Err()
	case cmd.ProcessState.ExitCode() == 97:
		return false, "", errors.New(strings.TrimSpace(said))
	case err == nil && strings.HasSuffix(said, word):
		return true, "", nil
	case err == nil:
		return false, "left before its end", nil
	}
	lines := strings.Split(strings.TrimSpace(said), "\n")
	return false, lines[len(lines)-1], nil
}

// tailWriter keeps the last bytes of what is written.
type tailWriter struct{ b bytes.Buffer }

func (w *tailWriter) Write(p []byte) (int, error) {
	const keep = 4 << 10
	n := len(p)
	p = p[max(0, n-keep):]
	if w.b.Len()+len(p) > 2*keep {
		w.b.Next(w.b.Len() - keep)
	}
	w.b.Write(p)
	return n, nil
}
