package pipelines

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/seed-83c59573/quern"
)

// aside is a folder that is made under another name beside its place and takes its name when it is whole.
type aside struct {
	dir   quern.Local
	out   string
	force bool
	free  func()
}

// newAside begins a folder. One that is there already and holds anything is refused without force; what a crashed process left aside is removed.
func newAside(out string, force bool) (*aside, error) {
	out, err := filepath.Abs(out)
	if err != nil {
		return nil, err
	}
	a := &aside{out: out, force: force, dir: quern.Local(filepath.Join(filepath.Dir(out), ".tmp-"+filepath.Base(out)))}
	if err := a.vacant(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(string(a.dir), 0o777); err != nil {
		return nil, err
	}
	if a.free, _, err = lock(string(a.dir)); err != nil {
		return nil, err
	}
	left, err := os.ReadDir(string(a.dir))
	for _, e := range left {
		if e.Name() != lockName {
			err = errors.Join(err, os.RemoveAll(filepath.Join(string(a.dir), e.Name())))
		}
	}
	if err != nil {
		a.remove()
		return nil, err
	}
	return a, nil
}

// vacant tells whether the place may be taken.
func (a *aside) vacant() error {
	there, err := os.ReadDir(a.out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(there) > 0 && !a.force:
		return fmt.Errorf("%s: %w and holds %d files: name another folder, or replace it with --force", a.out, fs.ErrExist, len(there))
	}
	return nil
}

// commit gives the folder its name. What stood there is moved away first and removed when the new one is in place.
func (a *aside) commit() error {
	if err := a.vacant(); err != nil {
		return err
	}
	a.free()
	if err := os.Remove(a.dir.Path(lockName)); err != nil {
		return err
	}
	old := string(a.dir) + ".old"
	if err := os.RemoveAll(old); err != nil {
		return err
	}
	if err := os.Rename(a.out, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(string(a.dir), a.out); err != nil {
		return errors.Join(err, os.Rename(old, a.out))
	}
	return os.RemoveAll(old)
}

// remove removes what was not committed.
func (a *aside) remove() {
	a.free()
	os.RemoveAll(string(a.dir))
}
