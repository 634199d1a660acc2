package quern

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestRemove(t *testing.T) {
	root := t.TempDir()
	for name, d := range map[string]Dir{"local": Local(root), "memory": &Memory{}, "a part of one": Sub(Local(t.TempDir()), "x/y")} {
		for _, n := range []string{"old/a", "old/b", "new/a"} {
			if err := WriteBlob(d, n, []byte(n)); err != nil {
				t.Fatal(err)
			}
		}
		r := d.(Remover)
		for _, n := range []string{"old/a", "old/b", "old/b", "none/at/all"} {
			if err := r.Remove(n); err != nil {
				t.Errorf("%s: %s: %v", name, n, err)
			}
		}
		if names, err := d.List(""); err != nil || len(names) != 1 || names[0] != "new/a" {
			t.Errorf("%s: %v is left, %v", name, names, err)
		}
	}
	if _, err := os.Stat(filepath.Join(root, "old")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty folder is left: %v", err)
	}
	if err := Local(root).Remove("../x"); err == nil {
		t.Error("a name may lead outside")
	}
}
