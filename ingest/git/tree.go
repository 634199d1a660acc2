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
	maxTrees = 2 << 30  // bytes of all that are unpacked in one walk
	keptTree = 16 << 20 // bytes of those that are kept, since folders may be shared
	maxDepth = 512
	maxName  = 4096 // bytes of a path
)

// Walk calls visit for each file of a tree, in the order that trees have, until it gives an error. More than max entries, folders
// counted, are an error: trees may share folders, so that a small repository can hold any number of paths.
func (r *Repo) Walk(tree Hash, max int, visit func(File) error) error {
	w := walker{r: r, left: max, visit: visit, kept: map[Hash][]byte{}}
	return w.folder(tree, nil, maxDepth)
}

type walker struct {
	r     *Repo
	left  int
	visit func(File) error
	kept  map[Hash][]byte
	size  int // of kept
	total int // unpacked so far
}

// read gives the entries of a folder.
func (w *walker) read(h Hash) ([]byte, error) {
	if text, ok := w.kept[h]; ok {
		return text, nil
	}
	k, text, err := w.r.Object(h, maxTree)
	if err != nil {
		return nil, err
	}
	if k != Tree {
		return nil, fmt.Errorf("object %v: %w: not a tree", h, ErrDamaged)
	}
	if w.total += len(text); w.total > maxTrees {
		return nil, fmt.Errorf("%w: folders of more than %d bytes", ErrDamaged, maxTrees)
	}
	if w.size += len(text) + 64; w.size > keptTree {
		clear(w.kept)
		w.size = len(text) + 64
	}
	w.kept[h] = text
	return text, nil
}

func (w *walker) folder(h Hash, prefix []byte, depth int) error {
	if depth == 0 {
		return fmt.Errorf("%w: folders more than %d deep", ErrDamaged, maxDepth)
	}
	text, err := w.read(h)
	if err != nil {
		return err
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
