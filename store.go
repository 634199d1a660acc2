package quern

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
)

// Dir holds named blobs. Names use slashes, are relative and stay inside. A blob is whole or absent: it begins to exist under its
// name when Commit returns. Methods may be called from many goroutines.
type Dir interface {
	Create(name string) (Blob, error)
	Open(name string) (File, error)       // an error that is fs.ErrNotExist if there is none
	List(prefix string) ([]string, error) // the names below a prefix, sorted; no error if there are none
}

// Blob is a blob being written. Exactly one of Commit and Abort ends it; after a failed Commit nothing stands under the name.
type Blob interface {
	io.Writer
	Commit() error
	Abort()
}

// File is a committed blob.
type File interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// Mapper is a File that can lend its bytes where they are, without a copy: files of this machine on systems that map files, and
// blobs in memory. The bytes are read-only and end with Close. When another process cuts a mapped file short, what is gone reads
// as zeros to the end of its page, and touching it further on is a fault of memory, not an error: read under debug.SetPanicOnFault, or
// take ReadAt. Nothing that Commit wrote is ever cut by this program.
type Mapper interface {
	Map() ([]byte, error) // an error, such as errors.ErrUnsupported, where ReadAt must do
}

// Remover is a Dir that can take blobs away, for what is kept by a policy: old checkpoints. A folder that nothing is left in goes, too.
type Remover interface {
	Remove(name string) error // no error if there is none
}

// Sub is the part of d below prefix.
func Sub(d Dir, prefix string) Dir { return sub{d, prefix} }

type sub struct {
	dir    Dir
	prefix string
}

func (s sub) Create(name string) (Blob, error) { return s.dir.Create(path.Join(s.prefix, name)) }
func (s sub) Open(name string) (File, error)   { return s.dir.Open(path.Join(s.prefix, name)) }
func (s sub) List(prefix string) ([]string, error) {
	names, err := s.dir.List(path.Join(s.prefix, prefix))
	for i := range names {
		names[i] = strings.TrimPrefix(names[i], s.prefix+"/")
	}
	return names, err
}

func (s sub) Remove(name string) error {
	r, ok := s.dir.(Remover)
	if !ok {
		return errors.ErrUnsupported
	}
	return r.Remove(path.Join(s.prefix, name))
}

// Local is a folder of this machine. A blob is written aside under a name that starts with ".tmp-", synced, renamed, and the
// folder synced, so that a crash at any moment leaves a whole blob or none.
type Local string

var tmpCount atomic.Int64

// Path is where the blob called name stands, for programs that must map it into memory.
func (l Local) Path(name string) string { return filepath.Join(string(l), filepath.FromSlash(name)) }

func (l Local) Create(name string) (Blob, error) {
	if !fs.ValidPath(name) || name == "." {
		return nil, fmt.Errorf("blob name %q: want a relative path that stays inside", name)
	}
	final := l.Path(name)
	if err := os.MkdirAll(filepath.Dir(final), 0o777); err != nil {
		return nil, err
	}
	aside := filepath.Join(filepath.Dir(final), fmt.Sprintf(".tmp-%d-%d-%s", os.Getpid(), tmpCount.Add(1), filepath.Base(final)))
	f, err := os.OpenFile(aside, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return nil, err
	}
	return &localBlob{f: f, final: final}, nil
}

type localBlob struct {
	f     *os.File
	final string
	err   error
}

func (b *localBlob) Write(p []byte) (int, error) {
	n, err := b.f.Write(p)
	if err != nil && b.err == nil {
		b.err = err
	}
	return n, err
}

// Commit makes the blob durable. A failed sync is final: the page may be lost although a second sync would succeed.
func (b *localBlob) Commit() error {
	if b.err != nil {
		b.Abort()
		return b.err
	}
	if err := b.f.Sync(); err != nil {
		b.Abort()
		return err
	}
	if err := b.f.Close(); err != nil {
		os.Remove(b.f.Name())
		return err
	}
	if err := os.Rename(b.f.Name(), b.final); err != nil {
		os.Remove(b.f.Name())
		return err
	}
	return syncFolder(filepath.Dir(b.final))
}

func (b *localBlob) Abort() {
	b.f.Close()
	os.Remove(b.f.Name())
}

func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be synced there; rename is durable with the file system's journal
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

func (l Local) Open(name string) (File, error) {
	f, err := os.Open(l.Path(name))
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	return &localFile{File: f, size: st.Size()}, nil
}

type localFile struct {
	*os.File
	size int64

	once   sync.Once
	mem    []byte
	mapErr error
}

func (f *localFile) Size() int64 { return f.size }

func (f *localFile) Map() ([]byte, error) {
	f.once.Do(func() { f.mem, f.mapErr = mapFile(f.File, f.size) })
	return f.mem, f.mapErr
}

func (f *localFile) Close() error {
	f.once.Do(func() { f.mapErr = fs.ErrClosed })
	unmapFile(f.mem)
	f.mem = nil
	return f.File.Close()
}

func (l Local) List(prefix string) ([]string, error) {
	var names []string
	root := l.Path(prefix)
	err := filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		if e.IsDir() || strings.HasPrefix(e.Name(), ".tmp-") {
			return nil
		}
		rel, err := filepath.Rel(string(l), p)
		if err != nil {
			return err
		}
		names = append(names, filepath.ToSlash(rel))
		return nil
	})
	sort.Strings(names)
	return names, err
}

// Remove deletes a blob, and its folder if that is empty then.
func (l Local) Remove(name string) error {
	if !fs.ValidPath(name) || name == "." {
		return fmt.Errorf("blob name %q: want a relative path that stays inside", name)
	}
	p := l.Path(name)
	if err := os.Remove(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if folder := path.Dir(name); folder != "." {
		os.Remove(l.Path(folder)) // fails, as it should, where anything is left
	}
	return nil
}

// Sweep removes what crashed writers left aside below prefix. Call it under the run's lock only.
func (l Local) Sweep(prefix string) error {
	return filepath.WalkDir(l.Path(prefix), func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		if !e.IsDir() && strings.HasPrefix(e.Name(), ".tmp-") {
			return os.Remove(p)
		}
		return nil
	})
}

// Memory is a Dir for tests and examples.
type Memory struct {
	mu    sync.Mutex
	blobs map[string][]byte
}

func (m *Memory) Create(name string) (Blob, error) {
	if !fs.ValidPath(name) || name == "." {
		return nil, fmt.Errorf("blob name %q: want a relative path that stays inside", name)
	}
	return &memoryBlob{dir: m, name: name}, nil
}

type memoryBlob struct {
	bytes.Buffer
	dir  *Memory
	name string
}

func (b *memoryBlob) Commit() error {
	b.dir.mu.Lock()
	defer b.dir.mu.Unlock()
	if b.dir.blobs == nil {
		b.dir.blobs = map[string][]byte{}
	}
	b.dir.blobs[b.name] = b.Bytes()
	return nil
}

func (b *memoryBlob) Abort() {}

func (m *Memory) Open(name string) (File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.blobs[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return memoryFile{bytes.NewReader(b), b}, nil
}

type memoryFile struct {
	*bytes.Reader
	b []byte
}

func (f memoryFile) Size() int64          { return f.Reader.Size() }
func (f memoryFile) Close() error         { return nil }
func (f memoryFile) Map() ([]byte, error) { return f.b, nil }

// Remove deletes a blob.
func (m *Memory) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.blobs, name)
	return nil
}

func (m *Memory) List(prefix string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var names []string
	for name := range m.blobs {
		if prefix == "" || prefix == "." || name == prefix || strings.HasPrefix(name, prefix+"/") {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names, nil
}

// ReadBlob reads a whole blob.
func ReadBlob(d Dir, name string) ([]byte, error) {
	f, err := d.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, f.Size())
	if n, err := f.ReadAt(b, 0); err != nil && !(err == io.EOF && n == len(b)) {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return b, nil
}

// WriteBlob writes a whole blob.
func WriteBlob(d Dir, name string, b []byte) error {
	w, err := d.Create(name)
	if err != nil {
		return err
	}
	if _, err := w.Write(b); err != nil {
		w.Abort()
		return err
	}
	return w.Commit()
}
