package ingest

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/seed-83c59573/quern"
)

// tar walks a tar archive, packed or not. It has been walked to its end before, so that a damaged one gives nothing.
func (a *archive) tar(s *spool, visit func(member) error) error {
	r, _, err := s.content(a.f, func(r io.Reader) error { return scanTar(r, a.f.key(), a.verify) })
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

// verify reads an entry to its end.
func (a *archive) verify(t *tar.Reader, h *tar.Header) error {
	if a.first != nil {
		if err := a.first(t, h); err != nil {
			return streamFault{err}
		}
	}
	if h.Typeflag != tar.TypeReg || sparse(h) {
		return nil
	}
	if _, err := io.Copy(io.Discard, onlyReader{t}); err != nil {
		return streamFault{err}
	}
	return nil
}

// streamFault is what reading an entry gave.
type streamFault struct{ error }

// sparse reports a file of which holes were left out: it may claim any size.
func sparse(h *tar.Header) bool {
	for k := range h.PAXRecords {
		if strings.HasPrefix(k, "GNU.sparse.") {
			return true
		}
	}
	return false
}

// scanTar calls visit for each entry. Damage is a refusal of the file, with the offset of the entry.
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
		err = visit(t, h)
		var fault streamFault
		if errors.As(err, &fault) {
			return tarFault(name, c, fault.error)
		}
		if err != nil {
			return err
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
