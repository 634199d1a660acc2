package ingest

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"

	"github.com/ulikunitz/xz"
)

// newUnxz opens an xz stream, also one of several streams.
func newUnxz(in *bufio.Reader, r *disk, name string) (io.ReadCloser, error) {
	u := &unpacker{in: r, name: name, codec: xzipped}
	if err := u.affordable(); err != nil {
		return nil, err
	}
	z, err := xz.NewReader(in)
	if err != nil {
		return nil, u.fault(err)
	}
	u.r = z
	return u, nil
}

// unpacker turns the errors of a decoder into refusals, and stops a stream that grows beyond all reason.
type unpacker struct {
	r     io.Reader
	in    *disk
	name  string
	codec codec
	out   int64
}

func (u *unpacker) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	u.out += int64(n)
	switch {
	case err == nil:
		err = tooDense(u.name, u.out, u.in.n)
	case err != io.EOF:
		err = u.fault(err)
	}
	return n, err
}

func (u *unpacker) fault(err error) error {
	if u.in.err != nil {
		return u.in.err
	}
	return refuse(u.name, "bad-"+u.codec.short(), u.in.n, err)
}

func (u *unpacker) Close() error { return nil }

// affordable refuses a stream whose first block asks for more memory than the strongest presets do (64 MiB): the decoder allocates
// all of its window at once, up to 4 GiB. The block's header follows the 12 bytes of the stream's (the .xz file format, 3.1).
func (u *unpacker) affordable() error {
	head := make([]byte, 12+1024)
	n, err := u.in.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return err
	}
	if n < 14 || head[12] == 0 { // no block: the index comes at once
		return nil
	}
	b := head[13:min(n, 12+4*(int(head[12])+1))]
	flags := b[0]
	b = b[1:]
	number := func() uint64 {
		v, n := binary.Uvarint(b)
		b = b[max(n, 0):]
		return v
	}
	for _, has := range []byte{0x40, 0x80} { // the block's sizes
		if flags&has != 0 {
			number()
		}
	}
	for range flags&3 + 1 {
		id, size := number(), number()
		if size > uint64(len(b)) {
			return u.fault(io.ErrUnexpectedEOF)
		}
		if id == lzma2Filter && size == 1 && b[0] > xzWindow {
			return u.fault(errors.New("its window is larger than 192 MiB"))
		}
		b = b[size:]
	}
	return nil
}

const (
	lzma2Filter = 0x21
	xzWindow    = 31 // 192 MiB: (2 | bits&1) << (bits/2 + 11)
)
