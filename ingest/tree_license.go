package ingest

import (
	"io"
	"os"
	"path"
	"strings"

	"github.com/seed-83c59573/quern/ingest/code"
)

// licenses finds the license of a folder: what its own files say, or the nearest folder above it. It remembers what it has found; what it
// finds never depends on what was asked before.
type licenses struct {
	own  func(dir string) string // of one folder alone; "." is the top
	seen map[string]string
	top  string // what is put before a folder that is asked for
}

const maxSeenFolders = 1 << 16

func newLicenses(own func(dir string) string) *licenses {
	return &licenses{own: own, seen: map[string]string{}}
}

// below asks for folders below top.
func (l *licenses) below(top string) *licenses {
	l.top = top
	return l
}

// of gives the license that holds for a file at this path, "" if no folder tells one.
func (l *licenses) of(name string) string {
	dir := path.Dir(l.top + name)
	if strings.Count(dir, "/") >= maxLicenseDepth {
		return ""
	}
	if id, ok := l.seen[dir]; ok {
		return id
	}
	if len(l.seen) > maxSeenFolders {
		clear(l.seen)
	}
	id, at := "", dir
	for {
		var known bool
		if id, known = l.seen[at]; known {
			break
		}
		if id = l.own(at); id != "" || at == "." {
			break
		}
		at = path.Dir(at)
	}
	for d := dir; len(l.seen) <= 2*maxSeenFolders; d = path.Dir(d) {
		l.seen[d] = id
		if d == at || d == "." {
			break
		}
	}
	return id
}

const maxLicenseDepth = 256 // folders; deeper ones are not looked at

// diskLicenses looks into the folders of a root, and never above it. A file that was named itself has no folder.
func diskLicenses(o *Options, f input) *licenses {
	if f.entry == "" {
		return newLicenses(func(string) string { return "" })
	}
	root := f.root
	return newLicenses(func(dir string) string {
		where := o.locate(root, dir)
		entries, err := os.ReadDir(where)
		if err != nil {
			return "" // the files in it tell what is wrong
		}
		var found code.Folder
		for _, e := range entries {
			if !e.Type().IsRegular() || !code.LicenseFile(e.Name()) {
				continue
			}
			if text := firstOfFile(o.locate(root, path.Join(dir, e.Name()))); text != nil {
				found.Add(e.Name(), text)
			}
		}
		return found.License()
	})
}

func firstOfFile(name string) []byte {
	f, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, code.MaxLicense))
	if err != nil {
		return nil
	}
	return b
}

// both joins two licenses that both hold.
func both(a, b string) string {
	switch {
	case a == "" || a == b:
		return b
	case b == "" || strings.Contains(" AND "+a+" AND ", " AND "+b+" AND "):
		return a
	}
	return a + " AND " + b
}
