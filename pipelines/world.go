package pipelines

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/ingest"
)

// world knows the digests of files that are not ours. They are cached by path, size and time of change, so that a second plan of
// the same input reads nothing.
type world struct {
	dir   quern.Dir
	mu    sync.Mutex
	known map[string]stamp
	dirty bool

	fetched map[string]quern.Digest // of URLs, in this run
}

type stamp struct {
	Size   int64        `json:"size"`
	Time   int64        `json:"time"` // of the last change, in nanoseconds
	Digest quern.Digest `json:"digest"`
}

const worldName = "cache/world.json"

func openWorld(dir quern.Dir) *world {
	w := &world{dir: dir, known: map[string]stamp{}, fetched: map[string]quern.Digest{}}
	if b, err := quern.ReadBlob(dir, worldName); err == nil {
		if json.Unmarshal(b, &w.known) != nil {
			w.known = map[string]stamp{} // a damaged cache costs time, nothing else
		}
	}
	return w
}

// localFiles are paths as inputs.
func localFiles(paths ...string) []ingest.File {
	files := make([]ingest.File, len(paths))
	for i, p := range paths {
		files[i].Path = p
	}
	return files
}

// inputs digests files, named relative to base, in the order given. Of a URL not the bytes are digested but what its server calls
// their version: nobody wants to fetch a crawl twice.
func (w *world) inputs(ctx context.Context, base string, files []ingest.File, workers int) ([]quern.Input, error) {
	in := make([]quern.Input, len(files))
	err := quern.Each(ctx, workers, len(files), func(_ context.Context, _, i int) error {
		f := files[i]
		if ingest.IsURL(f.Path) {
			in[i] = quern.Input{Name: f.Path, Digest: urlDigest(f), Size: max(f.Size, 0)}
			w.mu.Lock()
			w.fetched[f.Path] = in[i].Digest
			w.mu.Unlock()
			return nil
		}
		s, err := w.digest(f.Path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(base, f.Path)
		if err != nil {
			name = f.Path
		}
		in[i] = quern.Input{Name: filepath.ToSlash(name), Digest: s.Digest, Size: s.Size}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return in, w.save()
}

func urlDigest(f ingest.File) quern.Digest {
	m := quern.NewMeter(io.Discard)
	fmt.Fprintf(m, "%s\n%d\n%s", f.Path, f.Size, f.Version)
	return m.Digest()
}

func (w *world) digest(path string) (stamp, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return stamp{}, err
	}
	st, err := os.Stat(abs)
	if err != nil {
		return stamp{}, err
	}
	w.mu.Lock()
	s, ok := w.known[abs]
	w.mu.Unlock()
	if ok && s.Size == st.Size() && s.Time == st.ModTime().UnixNano() {
		return s, nil
	}
	f, err := os.Open(abs)
	if err != nil {
		return stamp{}, err
	}
	defer f.Close()
	m := quern.NewMeter(io.Discard)
	if _, err := io.Copy(m, f); err != nil {
		return stamp{}, fmt.Errorf("%s: %w", path, err)
	}
	s = stamp{m.N, st.ModTime().UnixNano(), m.Digest()}
	w.mu.Lock()
	w.known[abs], w.dirty = s, true
	w.mu.Unlock()
	return s, nil
}

// unchanged reports an error if a file is no longer what was digested: it grew or was replaced while a step read it.
func (w *world) unchanged(files []ingest.File) error {
	for _, f := range files {
		path := f.Path
		if ingest.IsURL(path) {
			// Its readers have compared versions with every answer: what is left to compare is the version that they began with.
			if urlDigest(f) != w.fetched[path] {
				return fmt.Errorf("%s changed since the plan was made: run again", path)
			}
			continue
		}
		abs, err := filepath.Abs(path)
		if err != nil {
			return err
		}
		st, err := os.Stat(abs)
		if err != nil {
			return fmt.Errorf("%s vanished while it was read: %w", path, err)
		}
		if s := w.known[abs]; s.Size != st.Size() || s.Time != st.ModTime().UnixNano() {
			return fmt.Errorf("%s changed while it was read: run again when nobody writes to it", path)
		}
	}
	return nil
}

func (w *world) save() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.dirty {
		return nil
	}
	b, err := json.Marshal(w.known)
	if err != nil {
		return err
	}
	w.dirty = false
	return quern.WriteBlob(w.dir, worldName, b)
}
