package git

import (
	"bytes"
	"fmt"
)

// File is a file of a tree. Links and submodules are none.
type File struct {
	Name string // its path, with slashes; foreign: it may hold any bytes but NUL
	Hash Hash
}

const (
	maxTree  = 64 << 20 // bytes of one folder
	maxDepth = 512
	maxName  = 4096 // bytes of a path
)

// Walk calls visit for each file of a tree, in the order that trees have, until it gives an error. More than max entries, folders
// counted, are an error: trees may share folders, so that a small repository can hold any number of paths.
func (r *Repo) Walk(tree Hash, max int, visit func(File) error) error {
	w := walker{r, max, visit}
	return w.folder(tree, nil, maxDepth)
}

type walker struct {
	r     *Repo
	left  int
	visit func(File) error
}

func (w *walker) folder(h Hash, prefix []byte, depth int) error {
	if depth == 0 {
		return fmt.Errorf("%w: folders more than %d deep", ErrDamaged, maxDepth)
	}
	k, text, err := w.r.Object(h, maxTree)
	if err != nil {
		return err
	}
	if k != Tree {
		return fmt.Errorf("object %v: %w: not a tree", h, ErrDamaged)
	}
	for len(text) > 0 {
		mode, rest, ok := bytes.Cut(text, []byte(" "))
		name, rest, ok2 := bytes.Cut(rest, []byte{0})
		if !ok || !ok2 || len(rest) < 20 || len(mode) > 6 || len(prefix)+len(name) > maxName || len(name) == 0 {
			return fmt.Errorf("tree %v: %w", h, ErrDamaged)
		}
		if w.left--; w.left < 0 {
			return fmt.Errorf("%w: too many entries", ErrDamaged)
		}
		var to Hash
		copy(to[:], rest)
		text = rest[20:]
		path := append(prefix[:len(prefix):len(prefix)], name...)
		switch string(mode) {
		case "40000", "040000":
			err = w.folder(to, append(path, '/'), depth-1)
		case "100644", "100755", "100664":
			err = w.visit(File{string(path), to})
		}
		if err != nil {
			return err
		}
	}
	return nil
}
