package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// object is an open remote object: a store. Seek only moves a number; the next Read goes on in the stream that is there, reads over a
// short gap, or asks for a new stream.
type object struct {
	ctx  context.Context
	web  *network
	file File

	pos   int64 // of the next Read
	body  *stream
	at    int64  // where body stands
	head  []byte // the first bytes of the object, once they were read
	begun bool   // head is complete
}

// Size is the size that the server told; -1 if it told none.
func (o *object) Size() int64 { return o.file.Size }

func (o *object) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += o.pos
	case io.SeekEnd:
		if o.file.Size < 0 {
			return o.pos, errRanges
		}
		offset += o.file.Size
	}
	if offset < 0 {
		return o.pos, errors.New("ingest: seek before the start")
	}
	o.pos = offset
	return offset, nil
}

func (o *object) Read(p []byte) (int, error) {
	switch {
	case len(p) == 0:
		return 0, nil
	case o.pos < int64(len(o.head)):
		n := copy(p, o.head[o.pos:])
		o.pos += int64(n)
		return n, nil
	case o.file.Size >= 0 && o.pos >= o.file.Size:
		return 0, io.EOF
	}
	var last error
	for try := 0; try < remoteTries; try++ {
		if try > 0 {
			if err := o.pause(try, last); err != nil {
				return 0, err
			}
		}
		if last = o.attach(); last != nil {
			if healable(last) {
				continue
			}
			return 0, fmt.Errorf("%s: offset %d: %w", o.file.Path, o.pos, last)
		}
		n, err := o.body.Read(p)
		if n > 0 {
			o.keep(p[:n])
			o.pos += int64(n)
			o.at = o.pos
			return n, nil
		}
		if err == io.EOF && o.file.Size < 0 {
			return 0, io.EOF // of a server that told no length, this is the end
		}
		last = err
		if err == io.EOF {
			last = io.ErrUnexpectedEOF
		}
		o.drop()
	}
	return 0, fmt.Errorf("%s: offset %d: gave up after %d attempts: %w", o.file.Path, o.pos, remoteTries, last)
}

// keep holds on to the first bytes, so that looking at the start of a file costs no second request.
func (o *object) keep(p []byte) {
	if o.begun || o.pos != int64(len(o.head)) {
		return
	}
	n := min(len(p), remoteHead-len(o.head))
	o.head = append(o.head, p[:n]...)
	o.begun = len(o.head) == remoteHead
}

// attach makes body stand at pos.
func (o *object) attach() error {
	if o.body != nil && o.at <= o.pos && o.pos-o.at <= remoteNear {
		if _, err := io.CopyN(io.Discard, o.body, o.pos-o.at); err == nil {
			o.at = o.pos
			return nil
		}
	}
	o.drop()
	body, err := o.open(o.pos, -1)
	if err != nil {
		return err
	}
	o.body, o.at = body, o.pos
	return nil
}

func (o *object) drop() {
	if o.body != nil {
		o.body.Close()
		o.body = nil
	}
}

// ReadAt asks for a piece of its own and leaves the stream where it is.
func (o *object) ReadAt(p []byte, off int64) (int, error) {
	size := int64(len(p))
	if end := int64(len(o.head)); off+size <= end {
		return copy(p, o.head[off:]), nil
	}
	if o.file.Size >= 0 {
		size = min(size, o.file.Size-off)
	}
	if size <= 0 {
		return 0, io.EOF
	}
	n := 0
	var last error
	for try := 0; n < int(size) && try < remoteTries; try++ {
		if try > 0 {
			if err := o.pause(try, last); err != nil {
				return n, err
			}
		}
		body, err := o.open(off+int64(n), off+size)
		if err != nil {
			if last = err; healable(err) {
				continue
			}
			return n, fmt.Errorf("%s: offset %d: %w", o.file.Path, off, err)
		}
		k, err := io.ReadFull(body, p[n:size])
		body.Close()
		if k > 0 {
			try = 0
		}
		n, last = n+k, err
	}
	if n < int(size) {
		return n, fmt.Errorf("%s: offset %d: gave up after %d attempts: %w", o.file.Path, off, remoteTries, last)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (o *object) Close() error { o.drop(); return nil }

// healable reports an error that another attempt may not meet.
func healable(err error) bool {
	var status statusError
	return !errors.As(err, &status) && !errors.Is(err, errChanged) && !errors.Is(err, errRanges) && !errors.Is(err, context.Canceled)
}

// pause waits before another attempt, longer each time.
func (o *object) pause(try int, cause error) error {
	c := o.web.reads
	wait := time.NewTimer(retryablehttp.DefaultBackoff(c.RetryWaitMin, c.RetryWaitMax, try-1, nil))
	defer wait.Stop()
	select {
	case <-o.ctx.Done():
		return fmt.Errorf("%s: %w (after %w)", o.file.Path, o.ctx.Err(), cause)
	case <-wait.C:
		return nil
	}
}

// open starts a stream of bytes [from, to), which ends by itself when the server is silent for too long.
func (o *object) open(from, to int64) (*stream, error) {
	ctx, cancel := context.WithCancelCause(o.ctx)
	resp, err := o.web.get(ctx, o.web.reads, &o.file, from, to)
	if err != nil {
		cancel(nil)
		return nil, err
	}
	s := &stream{body: resp.Body, cancel: cancel}
	s.watch = time.AfterFunc(remoteStall, func() { cancel(errStalled) })
	return s, nil
}

var errStalled = fmt.Errorf("the server was silent for %v", remoteStall)

// stream is the body of an answer.
type stream struct {
	body   io.ReadCloser
	cancel context.CancelCauseFunc
	watch  *time.Timer
}

func (s *stream) Read(p []byte) (int, error) {
	s.watch.Reset(remoteStall)
	return s.body.Read(p)
}

func (s *stream) Close() error {
	s.watch.Stop()
	err := s.body.Close()
	s.cancel(nil)
	return err
}
