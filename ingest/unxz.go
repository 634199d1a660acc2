package ingest

import (
	"bufio"
	"io"

	"github.com/ulikunitz/xz"
)

// newUnxz opens an xz stream, also one of several streams.
func newUnxz(r *disk, name string) (io.ReadCloser, error) {
	u := &unpacker{in: r, name: name, codec: xzipped}
	z, err := xz.NewReader(bufio.NewReaderSize(r, 64<<10))
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
