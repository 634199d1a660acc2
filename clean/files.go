package clean

import "path/filepath"

// Filed is a Config that reads files of its user's: models, lists, programs. What is in them decides what becomes of documents, so
// whoever keeps results apart by their cause must ask for Files.
type Filed interface {
	Config
	At(dir string)   // relative paths are below dir; without a call, below the working directory
	Files() []string // all that Stage reads, in a fixed order
}

// base is where the relative paths of a Config begin.
type base struct{ dir string }

// At sets the folder that relative paths are below.
func (b *base) At(dir string) { b.dir = dir }

func (b *base) path(p string) string {
	if p == "" || b.dir == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(b.dir, p)
}
