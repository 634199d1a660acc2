package ingest

import (
	"bytes"
	"errors"
	"io"
)

// spool gives verified streams: it has read to the end of what it hands out, without a fault, before the first byte is used. Up to
// spoolBytes are held and decoded once; a longer stream is decoded twice, so that memory stays bounded.
type spool struct {
	buf []byte
	dec decoders
}

// verified reads open's stream through scan (which may be nil) and on to its end, then gives it again from the start.
func (s *spool) verified(open func() (io.ReadCloser, error), scan func(io.Reader) error) (io.ReadCloser, error) {
	rc, err := open()
	if err != nil {
		return nil, err
	}
	t := &tee{r: rc, buf: s.buf[:0]}
	if scan != nil {
		err = scan(t)
	}
	if err == nil {
		err = t.drain()
	}
	rc.Close()
	s.buf = t.buf
	if err != nil {
		return nil, err
	}
	if !t.over {
		return io.NopCloser(bytes.NewReader(t.buf)), nil
	}
	return open()
}

type onlyReader struct{ io.Reader }

// tee keeps what is read, up to spoolBytes.
type tee struct {
	r    io.Reader
	buf  []byte
	over bool
}

func (t *tee) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if !t.over {
		if len(t.buf)+n > spoolBytes {
			t.over = true
		} else {
			if len(t.buf)+n > cap(t.buf) {
				t.grow(n)
			}
			t.buf = append(t.buf, p[:n]...)
		}
	}
	return n, err
}

// grow makes room for n bytes more, in few steps: what is grown out of is garbage for a while.
func (t *tee) grow(n int) {
	b := make([]byte, len(t.buf), max(len(t.buf)+n, min(4*cap(t.buf), spoolBytes+1), 1<<20))
	copy(b, t.buf)
	t.buf = b
}

// drain reads to the end, straight into what is kept as long as there is room.
func (t *tee) drain() error {
	for {
		if len(t.buf) == cap(t.buf) && !t.over {
			t.grow(1)
		}
		room := t.buf[len(t.buf):cap(t.buf)]
		if t.over {
			room = t.buf[:cap(t.buf)]
		}
		n, err := t.r.Read(room)
		if !t.over {
			t.buf = t.buf[:len(t.buf)+n]
			t.over = len(t.buf) > spoolBytes
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// content opens a file for reading from the start, unpacked. Compressed content has been verified to its end.
func (s *spool) content(f input, scan func(io.Reader) error) (io.ReadCloser, codec, error) {
	d, err := f.open()
	if err != nil {
		return nil, plain, err
	}
	c, err := codecOf(d, f.key())
	if err != nil {
		d.Close()
		return nil, c, err
	}
	if c == plain && scan == nil {
		return d, c, nil
	}
	r, err := s.verified(func() (io.ReadCloser, error) {
		if _, err := d.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		d.n = 0
		return s.dec.unpack(c, d, f.key())
	}, scan)
	if err != nil {
		d.Close()
		return nil, c, err
	}
	return &closers{r, d}, c, nil
}

// closers reads from the first and closes both.
type closers struct {
	io.ReadCloser
	second io.Closer
}

func (c *closers) Close() error {
	err := c.ReadCloser.Close()
	return errors.Join(err, c.second.Close())
}
