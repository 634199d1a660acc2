package ingest

import (
	"bufio"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
)

// gunzip reads gzip members one by one: unlike a plain multi-member reader it knows where each starts, takes zero bytes after the
// last for the padding of a tape, and refuses anything else there.
type gunzip struct {
	in   *bufio.Reader
	disk *disk
	name string
	z    *gzip.Reader
	some bool // a member has begun
	live bool // inside a member
	out  int64
	err  error
}

// newGunzip reads with z, which may have read other streams before.
func newGunzip(in *bufio.Reader, z *gzip.Reader, d *disk, name string) *gunzip {
	return &gunzip{in: in, z: z, disk: d, name: name}
}

func (g *gunzip) offset() int64 { return g.disk.n - int64(g.in.Buffered()) }

func (g *gunzip) Read(p []byte) (int, error) {
	for g.err == nil {
		if !g.live {
			if g.err = g.next(); g.err != nil {
				break
			}
		}
		n, err := g.z.Read(p)
		g.out += int64(n)
		if err == io.EOF {
			g.live, err = false, nil
		}
		if err != nil {
			g.err = g.fault(err)
		} else if e := tooDense(g.name, g.out, g.offset()); e != nil {
			g.err = e
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, g.err
}

// next goes to the next member; io.EOF if there is none.
func (g *gunzip) next() error {
	head, err := g.in.Peek(2)
	first := !g.some
	switch {
	case len(head) == 0 && err == io.EOF:
		if first {
			return refuse(g.name, "bad-gzip", 0, io.ErrUnexpectedEOF)
		}
		return io.EOF
	case len(head) == 0:
		return err
	case !first && head[0] == 0:
		return g.padding()
	case sniff(head) != gzipped:
		return refuse(g.name, "bad-gzip", g.offset(), errors.New("not a gzip member"))
	}
	g.some = true
	if err := g.z.Reset(g.in); err != nil {
		return g.fault(err)
	}
	g.z.Multistream(false)
	g.live = true
	return nil
}

func (g *gunzip) padding() error {
	at := g.offset()
	for {
		b, err := g.in.ReadByte()
		if err != nil {
			return err
		}
		if b != 0 {
			return refuse(g.name, "bad-gzip", at, errors.New("garbage after the last member"))
		}
	}
}

func (g *gunzip) fault(err error) error {
	if g.disk.err != nil {
		return g.disk.err
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return refuse(g.name, "bad-gzip", g.offset(), err)
}

func (g *gunzip) Close() error { return nil }
