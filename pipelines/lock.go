package pipelines

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// holder is what the lock's file says of its process.
type holder struct {
	PID   int    `json:"pid"`
	Host  string `json:"host"`
	Since string `json:"since"`
}

// lockName is the file that a process at work in a folder holds.
const lockName = "lock"

// ErrLocked means that another run works in the folder.
var ErrLocked = errors.New("locked")

// lock refuses two runs in one folder. The system drops the lock when its process dies, so a holder who is named in the file but
// no longer holds it is dead: the lock is taken over and note says from whom. A holder on another host cannot be seen to be dead.
func lock(dir string) (unlock func(), note string, err error) {
	name := filepath.Join(dir, lockName)
	host, err := os.Hostname()
	if err != nil {
		return nil, "", err
	}
	fl := flock.New(name, flock.SetFlag(os.O_CREATE|os.O_RDWR))
	got, err := fl.TryLock()
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", name, err)
	}
	var was holder
	b, err := os.ReadFile(name)
	if err != nil {
		fl.Unlock()
		return nil, "", err
	}
	known := json.Unmarshal(b, &was) == nil && was.PID != 0
	if !got {
		if !known {
			return nil, "", fmt.Errorf("%s: %w by a process that is just starting", dir, ErrLocked)
		}
		return nil, "", fmt.Errorf("%s: %w by process %d on %s since %s; wait for it or stop it", dir, ErrLocked, was.PID, was.Host, was.Since)
	}
	if known && was.Host != host {
		fl.Unlock()
		return nil, "", fmt.Errorf("%s: %w by process %d on another host, %s, since %s; if it is dead, remove %s", dir, ErrLocked, was.PID, was.Host, was.Since, name)
	}
	if known {
		note = fmt.Sprintf("taking over the lock of process %d, which died; it had started at %s", was.PID, was.Since)
	}
	b, err = json.Marshal(holder{os.Getpid(), host, time.Now().UTC().Format(time.RFC3339)})
	if err == nil {
		err = os.WriteFile(name, b, 0o666) // in place: the lock belongs to this file, a renamed one would be another
	}
	if err != nil {
		fl.Unlock()
		return nil, "", err
	}
	return func() {
		os.Truncate(name, 0) // an empty file means: nobody, and nobody died
		fl.Unlock()
	}, note, nil
}
