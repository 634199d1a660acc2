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

// newAside begins a folder that is made from what stands at from. One that is there already and holds anything is refused without force; what a
// crashed process left aside is removed.
func newAside(out, from string, force bool) (*aside, error) {
	out, err := filepath.Abs(out)
	if err != nil {
		return nil, err
	}
	a := &aside{out: out, force: force, dir: quern.Local(filepath.Join(filepath.Dir(out), ".tmp-"+filepath.Base(out)))}
	if err := a.vacant(); err != nil {
		return nil, err
	}
	if err := a.spares(from); err != nil {
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

// spares refuses to replace a folder that is more than what is made: that of the source, of the user or of the work at hand, or one above them.
func (a *aside) spares(from string) error {
	out, err := os.Stat(a.out)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if m, err := quern.LoadManifest(quern.Local(a.out)); err == nil && m.Step != importStepName {
		return fmt.Errorf("%s: is a dataset of a run, which would be lost: name another folder", a.out)
	}
	if from, err = filepath.Abs(from); err != nil {
		return err
	}
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	home, _ := os.UserHomeDir() // who has none loses none
	for _, keep := range [][2]string{{from, "what is read"}, {here, "the working directory"}, {home, "your home"}} {
		if keep[0] == "" {
			continue
		}
		if keep[0], err = filepath.EvalSymlinks(keep[0]); errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return err
		}
		for at := keep[0]; ; at = filepath.Dir(at) {
			if st, err := os.Stat(at); err == nil && os.SameFile(st, out) {
				return fmt.Errorf("%s: holds %s, which would be lost: name another folder", a.out, keep[1])
			}
			if at == filepath.Dir(at) {
				break
			}
		}
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
