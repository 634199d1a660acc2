package git

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
)

// Kind is the kind of an object, with the numbers that packs use.
type Kind uint8

// The kinds of objects.
const (
	Commit Kind = iota + 1
	Tree
	Blob
	Tag
	offsetDelta = Kind(6)
	hashDelta   = Kind(7)
)

var kindNames = map[string]Kind{"commit": Commit, "tree": Tree, "blob": Blob, "tag": Tag}

const (
	maxObject = 128 << 20 // bytes of any object, also of those that others are made of
	maxLoose  = 64        // bytes of a loose object's header
)

// Object gives an object of at most limit bytes, which must not be changed.
func (r *Repo) Object(h Hash, limit int64) (Kind, []byte, error) {
	limit = min(limit, maxObject)
	for _, p := range r.packs {
		at, ok, err := p.find(h)
		if err != nil {
			return 0, nil, err
		}
		if ok {
			k, b, err := r.packed(p, at, limit)
			return k, b, hashError(h, err)
		}
	}
	k, b, err := r.loose(h, limit)
	return k, b, hashError(h, err)
}

func hashError(h Hash, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("object %v: %w", h, err)
}

// Size gives the kind and size of an object without reading it whole. Of a delta the kind is not known: 0.
func (r *Repo) Size(h Hash) (Kind, int64, error) {
	for _, p := range r.packs {
		at, ok, err := p.find(h)
		if err != nil {
			return 0, 0, err
		}
		if ok {
			k, n, err := r.packedSize(p, at)
			return k, n, hashError(h, err)
		}
	}
	f, err := r.openLoose(h)
	if err != nil {
		return 0, 0, hashError(h, err)
	}
	defer f.Close()
	k, n, _, err := r.looseHeader(f)
	return k, n, hashError(h, err)
}

func (r *Repo) openLoose(h Hash) (*os.File, error) {
	s := h.String()
	f, _, err := r.open("objects/" + s[:2] + "/" + s[2:])
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	return f, err
}

func (r *Repo) loose(h Hash, limit int64) (Kind, []byte, error) {
	f, err := r.openLoose(h)
	if err != nil {
		return 0, nil, err
	}
	defer f.Close()
	k, n, rest, err := r.looseHeader(f)
	if err != nil {
		return 0, nil, err
	}
	if n > limit {
		return k, nil, ErrLarge
	}
	b, err := readExactly(io.MultiReader(bytes.NewReader(rest), r.z.z), n)
	return k, b, err
}

// looseHeader reads "blob 123\x00" and what was read behind it.
func (r *Repo) looseHeader(f io.Reader) (Kind, int64, []byte, error) {
	if err := r.z.reset(f); err != nil {
		return 0, 0, nil, err
	}
	head := make([]byte, maxLoose)
	n, err := io.ReadFull(r.z.z, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return 0, 0, nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	line, rest, ok := bytes.Cut(head[:n], []byte{0})
	kind, size, ok2 := strings.Cut(string(line), " ")
	bytes, err := strconv.ParseInt(size, 10, 64)
	if !ok || !ok2 || err != nil || bytes < 0 || kindNames[kind] == 0 {
		return 0, 0, nil, fmt.Errorf("%w: header", ErrDamaged)
	}
	return kindNames[kind], bytes, rest, nil
}

// readExactly reads n bytes and the end behind them. Memory grows with what comes, not with what was promised.
func readExactly(in io.Reader, n int64) ([]byte, error) {
	b := bytes.NewBuffer(make([]byte, 0, min(n+bytes.MinRead, 1<<20)))
	got, err := b.ReadFrom(io.LimitReader(in, n+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if got != n {
		return nil, fmt.Errorf("%w: %d bytes, %d were promised", ErrDamaged, got, n)
	}
	return b.Bytes(), nil
}

// Head is what a commit says.
type Head struct {
	Hash Hash
	Tree Hash
	Time time.Time // of the committer
}

const (
	maxCommit = 1 << 20
	tagDepth  = 8
)

// Commit reads the commit with this hash, or the one that a tag of this hash names.
func (r *Repo) Commit(h Hash) (Head, error) {
	for range tagDepth {
		k, text, err := r.Object(h, maxCommit)
		if err != nil {
			return Head{}, err
		}
		switch k {
		case Tag:
			next, ok := field(text, "object ")
			if !ok {
				return Head{}, fmt.Errorf("tag %v: %w", h, ErrDamaged)
			}
			h = next
			continue
		case Commit:
			tree, ok := field(text, "tree ")
			if !ok {
				return Head{}, fmt.Errorf("commit %v: %w", h, ErrDamaged)
			}
			return Head{h, tree, committed(text)}, nil
		}
		return Head{}, fmt.Errorf("object %v: %w: not a commit", h, ErrDamaged)
	}
	return Head{}, fmt.Errorf("%w: tags of tags", ErrDamaged)
}

func field(text []byte, name string) (Hash, bool) {
	line, _, _ := strings.Cut(string(text[:min(len(text), 100)]), "\n")
	s, ok := strings.CutPrefix(line, name)
	h, ok2 := parseHash(s)
	return h, ok && ok2
}

// committed reads the time in "committer Name <mail> 1700000000 +0100"; the zero time if there is none.
func committed(text []byte) time.Time {
	for line := range bytes.Lines(text) {
		if len(bytes.TrimSpace(line)) == 0 {
			break
		}
		if !bytes.HasPrefix(line, []byte("committer ")) {
			continue
		}
		f := bytes.Fields(line[bytes.LastIndexByte(line, '>')+1:])
		if len(f) == 0 {
			break
		}
		n, err := strconv.ParseInt(string(f[0]), 10, 64)
		if err != nil || n < 0 || n > 1<<37 {
			break
		}
		return time.Unix(n, 0).UTC()
	}
	return time.Time{}
}
