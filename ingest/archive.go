package ingest

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

const (
	maxMembers    = 1 << 20 // entries of one archive
	maxMemberName = 64 << 10
)

type container uint8

const (
	noContainer container = iota
	zipArchive
	tarArchive
)

// containerOf tells an archive by its name: a damaged one has no magic number left, and it must not be taken for text.
func containerOf(name string) container {
	switch strings.ToLower(path.Ext(bareName(name))) {
	case ".zip":
		return zipArchive
	case ".tar":
		return tarArchive
	}
	return noContainer
}

// member is one file of an archive. Its name is only a name: nothing is ever written or opened by it.
type member struct {
	name  string // clean, inside the archive
	key   string // archive!name, with #2 for the second of that name
	index int64
	size  int64                         // as the archive says; a limit is set by who reads
	open  func() (io.ReadCloser, error) // once, before the next member
}

// archive walks the members of one archive.
type archive struct {
	w    *out
	f    input
	from int64
	to   int64 // 0 = to the end
	seen map[string]int
	n    int64

	// What looks at the whole archive before the first member is visited; either may be nil.
	directory func(z *zip.Reader, d *disk)
	first     func(t *tar.Reader, h *tar.Header) error // may read the start of the entry
}

// enter counts a member and reports whether it belongs to the range.
func (a *archive) enter() bool {
	i := a.n
	a.n++
	return i >= a.from && (a.to == 0 || i < a.to)
}

// bad counts a member that cannot be read.
func (a *archive) bad(name, reason string, cause error) error {
	return a.w.skip(&quern.RecordError{Reason: reason, Path: a.f.key() + "!" + quoted(name), Offset: a.n - 1, Unit: "member", Cause: cause})
}

// named gives a member its key, or says what is wrong with its name.
func (a *archive) named(name string) (m member, reason string) {
	clean, ok := safeName(name)
	if !ok {
		return m, "bad-name"
	}
	if a.seen == nil {
		a.seen = map[string]int{}
	}
	a.seen[clean]++
	m = member{name: clean, key: a.f.key() + "!" + clean, index: a.n - 1}
	if n := a.seen[clean]; n > 1 {
		m.key += fmt.Sprintf("#%d", n)
	}
	return m, ""
}

// safeName cleans the name of a member. A name that would leave the folder, were it unpacked, on any system, is refused.
func safeName(name string) (string, bool) {
	if name == "" || len(name) > maxMemberName || strings.ContainsAny(name, "\\\x00") || name[0] == '/' || len(name) > 1 && name[1] == ':' {
		return "", false
	}
	for e := range strings.SplitSeq(name, "/") {
		if e == ".." {
			return "", false
		}
	}
	return strings.ToValidUTF8(path.Clean(name), "\uFFFD"), true
}

// quoted makes a foreign name safe for a message: one line, no control signs, not too long.
func quoted(name string) string {
	name = strings.ToValidUTF8(name, "\uFFFD")
	if len(name) > 200 {
		name = strings.ToValidUTF8(name[:200], "") + "…"
	}
	q := fmt.Sprintf("%q", name)
	if q[1:len(q)-1] == name {
		return name
	}
	return q
}

// readAll reads a member or file of at most limit bytes into buf; more is a bad record.
func readAll(r io.Reader, buf []byte, limit int64, key string) ([]byte, error) {
	b := bytes.NewBuffer(buf[:0])
	n, err := b.ReadFrom(io.LimitReader(r, limit+1))
	if err != nil {
		return b.Bytes(), err
	}
	if n > limit {
		return b.Bytes(), &quern.RecordError{Reason: "too-large", Path: quoted(key), Offset: -1, Cause: fmt.Errorf("more than %d bytes", limit)}
	}
	return b.Bytes(), nil
}

func validName(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
