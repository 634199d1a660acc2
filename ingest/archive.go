package ingest

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/flate"

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

// zip walks a zip archive by its directory.
func (a *archive) zip(visit func(member) error) error {
	d, err := openDisk(a.f.path)
	if err != nil {
		return err
	}
	defer d.Close()
	z, err := openZip(d, a.f.key())
	if err != nil {
		return err
	}
	for _, f := range z.File {
		in := a.enter()
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		m, reason := a.named(f.Name)
		if reason == "" {
			reason = badZipMember(f)
		}
		if !in {
			continue
		}
		if reason != "" {
			if err := a.bad(f.Name, reason, nil); err != nil {
				return err
			}
			continue
		}
		m.size = int64(min(f.UncompressedSize64, 1<<62))
		m.open = func() (io.ReadCloser, error) {
			rc, err := f.Open()
			if err != nil {
				return nil, zipFault(m, d, err)
			}
			return &zipMember{rc, m, d, int64(f.CompressedSize64), 0}, nil
		}
		if err := visit(m); err != nil {
			var bad *quern.RecordError
			if !errors.As(err, &bad) {
				return err
			}
			if err := a.w.skip(bad); err != nil {
				return err
			}
		}
	}
	return nil
}

// openZip reads the directory and refuses an archive whose parts contradict each other.
func openZip(d *disk, name string) (*zip.Reader, error) {
	st, err := d.Stat()
	if err != nil {
		return nil, err
	}
	z, err := zip.NewReader(d, st.Size())
	if err != nil && !(errors.Is(err, zip.ErrInsecurePath) && z != nil) {
		if d.err != nil {
			return nil, d.err
		}
		return nil, refuse(name, "bad-zip", -1, err)
	}
	if len(z.File) > maxMembers {
		return nil, refuse(name, "bad-zip", -1, fmt.Errorf("%d members, the limit is %d", len(z.File), maxMembers))
	}
	z.RegisterDecompressor(zip.Deflate, func(r io.Reader) io.ReadCloser { return flate.NewReader(r) })
	return z, overlap(z, d, name)
}

// overlap refuses an archive whose members share bytes: such archives are made, not found.
func overlap(z *zip.Reader, r io.ReaderAt, name string) error {
	type span struct{ from, to int64 }
	spans := make([]span, 0, len(z.File))
	for _, f := range z.File {
		from, err := f.DataOffset()
		if err != nil {
			return refuse(name, "bad-zip", -1, fmt.Errorf("%s: %w", quoted(f.Name), err))
		}
		to := from + int64(min(f.CompressedSize64, 1<<62))
		spans = append(spans, span{from, to})
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	for i := 1; i < len(spans); i++ {
		if spans[i].from < spans[i-1].to {
			return refuse(name, "bad-zip", spans[i].from, errors.New("members overlap"))
		}
		if spans[i].from == spans[i-1].from {
			return refuse(name, "bad-zip", spans[i].from, errors.New("two members have one place"))
		}
	}
	return nil
}

func badZipMember(f *zip.File) string {
	switch {
	case f.Flags&1 != 0:
		return "encrypted"
	case !f.Mode().IsRegular():
		return "not-a-file"
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return "bad-method"
	}
	return ""
}

type zipMember struct {
	io.ReadCloser
	m    member
	d    *disk
	size int64 // packed
	n    int64
}

func (z *zipMember) Read(p []byte) (int, error) {
	n, err := z.ReadCloser.Read(p)
	z.n += int64(n)
	if err == nil {
		if e := tooDense(z.m.key, z.n, z.size); e != nil {
			return n, e
		}
		return n, nil
	}
	if err == io.EOF {
		return n, err
	}
	return n, zipFault(z.m, z.d, err)
}

func zipFault(m member, d *disk, err error) error {
	if d.err != nil {
		return d.err
	}
	reason := "bad-deflate"
	switch {
	case errors.Is(err, zip.ErrChecksum):
		reason = "bad-crc"
	case errors.Is(err, zip.ErrAlgorithm):
		reason = "bad-method"
	case errors.Is(err, zip.ErrFormat), errors.Is(err, io.ErrUnexpectedEOF):
		reason = "bad-size"
	}
	return &quern.RecordError{Reason: reason, Path: m.key, Offset: m.index, Unit: "member", Cause: err}
}

// tar walks a tar archive, packed or not. It has been walked to its end before, so that a damaged one gives nothing.
func (a *archive) tar(s *spool, visit func(member) error) error {
	r, _, err := s.content(a.f, func(r io.Reader) error { return scanTar(r, a.f.key(), nil) })
	if err != nil {
		return err
	}
	defer r.Close()
	return scanTar(r, a.f.key(), func(t *tar.Reader, h *tar.Header) error {
		in := a.enter()
		if h.Typeflag == tar.TypeDir || h.Typeflag == tar.TypeXGlobalHeader {
			return nil
		}
		m, reason := a.named(h.Name)
		switch {
		case h.Typeflag == tar.TypeGNUSparse || sparse(h):
			reason = "sparse"
		case h.Typeflag != tar.TypeReg:
			reason = "not-a-file"
		}
		if !in {
			return nil
		}
		if reason != "" {
			return a.bad(h.Name, reason, nil)
		}
		m.size = h.Size
		m.open = func() (io.ReadCloser, error) { return io.NopCloser(t), nil }
		err := visit(m)
		var bad *quern.RecordError
		if errors.As(err, &bad) {
			return a.w.skip(bad)
		}
		return err
	})
}

// sparse reports a file of which holes were left out: it may claim any size.
func sparse(h *tar.Header) bool {
	for k := range h.PAXRecords {
		if strings.HasPrefix(k, "GNU.sparse.") {
			return true
		}
	}
	return false
}

// scanTar calls visit (which may be nil) for each entry. Damage is a refusal of the file, with the offset of the entry.
func scanTar(r io.Reader, name string, visit func(*tar.Reader, *tar.Header) error) error {
	c := &counter{r: r}
	t := tar.NewReader(c)
	for n := 0; ; n++ {
		h, err := t.Next()
		if err == io.EOF {
			break
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return tarFault(name, c, err)
		}
		if n >= maxMembers {
			return refuse(name, "bad-tar", c.n, fmt.Errorf("more than %d members", maxMembers))
		}
		if visit != nil {
			if err := visit(t, h); err != nil {
				return err
			}
		} else if h.Typeflag == tar.TypeReg && !sparse(h) {
			if _, err := io.Copy(io.Discard, onlyReader{t}); err != nil {
				return tarFault(name, c, err)
			}
		}
	}
	if c.n == 0 {
		return refuse(name, "bad-tar", 0, errors.New("empty"))
	}
	return zeroTail(c, name)
}

// zeroTail refuses anything but zero bytes after the end of an archive: a second archive there would be lost in silence.
func zeroTail(c *counter, name string) error {
	buf := make([]byte, 32<<10)
	for {
		at := c.n
		n, err := c.Read(buf)
		if i := bytes.IndexFunc(buf[:n], func(r rune) bool { return r != 0 }); i >= 0 {
			return refuse(name, "bad-tar", at+int64(i), errors.New("data after the end of the archive"))
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func tarFault(name string, c *counter, err error) error {
	if c.err != nil {
		return c.err // of the stream below: it says itself what it is
	}
	return refuse(name, "bad-tar", c.n, err)
}

// counter counts what was read and keeps the error of the stream below.
type counter struct {
	r   io.Reader
	n   int64
	err error
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}

// zipPieces divides a zip archive by members; nil if it is damaged.
func zipPieces(f input, unit int64) []piece {
	d, err := openDisk(f.path)
	if err != nil {
		return nil
	}
	defer d.Close()
	z, err := openZip(d, f.key())
	if err != nil || len(z.File) == 0 {
		return nil
	}
	var all []piece
	var from, size int64
	for i, m := range z.File {
		size += int64(min(m.CompressedSize64, 1<<40))
		if size >= unit || i == len(z.File)-1 {
			all = append(all, piece{quern.Part{Path: f.root, Entry: f.entry, From: from, To: int64(i) + 1}, size})
			from, size = int64(i)+1, 0
		}
	}
	return all
}

// readAll reads a member or file of at most limit bytes into buf; more is a bad record.
func readAll(r io.Reader, buf []byte, limit int64, key string) ([]byte, error) {
	b := bytes.NewBuffer(buf[:0])
	n, err := b.ReadFrom(io.LimitReader(r, limit+1))
	if err != nil {
		return b.Bytes(), err
	}
	if n > limit {
		return b.Bytes(), &quern.RecordError{Reason: "too-large", Path: key, Offset: -1, Cause: fmt.Errorf("more than %d bytes", limit)}
	}
	return b.Bytes(), nil
}

func validName(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
