package ingest

import (
	"errors"
	"io"
	"sync"

	"github.com/seed-83c59573/quern"
)

// spool gives verified streams: it has read to the end of what it hands out, without a fault, before the first byte is used. Up to
// spoolBytes are held and decoded once; a longer stream is decoded twice, so that memory stays bounded.
type spool struct {
	dec decoders
}

// verified reads open's stream through scan (which may be nil) and on to its end, then gives it again from the start.
func (s *spool) verified(open func() (io.ReadCloser, error), scan func(io.Reader) error) (io.ReadCloser, error) {
	rc, err := open()
	if err != nil {
		return nil, err
	}
	t := &tee{r: rc}
	if scan != nil {
		err = scan(t)
	}
	if err == nil {
		err = t.drain()
	}
	rc.Close()
	switch {
	case err != nil:
		t.kept.Close()
		return nil, err
	case t.over:
		t.kept.Close()
		return open()
	}
	return &t.kept, nil
}

// member opens a member of an archive for reading as a file of its own. One of a zip archive is verified first; a tar has been verified as
// a whole, and is not read twice.
func (s *spool) member(m member, scan func(io.Reader) error) (io.ReadCloser, error) {
	if named(m.name) != plain {
		return nil, &quern.RecordError{Reason: "nested-archive", Path: quoted(m.key), Offset: m.index, Unit: "member", Cause: errors.New("compressed within the archive")}
	}
	rc, err := m.open()
	if err != nil {
		return nil, err
	}
	if _, ok := rc.(*zipMember); !ok {
		return rc, nil
	}
	rc.Close()
	return s.verified(m.open, scan)
}

type onlyReader struct{ io.Reader }

// kept is a stream in memory, in pieces that serve again when it is closed.
type kept struct {
	pieces []*[pieceBytes]byte
	size   int // bytes in them
	at     int // where reading stands
}

const pieceBytes = 1 << 20

// pieces are lent to all readers: what one has read is room for the next.
var pieces = sync.Pool{New: func() any { return new([pieceBytes]byte) }}

// room is where the next bytes go; it is never empty.
func (k *kept) room() []byte {
	if k.size == len(k.pieces)*pieceBytes {
		k.pieces = append(k.pieces, pieces.Get().(*[pieceBytes]byte))
	}
	return k.pieces[len(k.pieces)-1][k.size%pieceBytes:]
}

func (k *kept) write(p []byte) {
	for len(p) > 0 {
		n := copy(k.room(), p)
		k.size += n
		p = p[n:]
	}
}

func (k *kept) Read(p []byte) (int, error) {
	if k.at == k.size {
		return 0, io.EOF
	}
	from := k.at % pieceBytes
	n := copy(p, k.pieces[k.at/pieceBytes][from:min(pieceBytes, from+k.size-k.at)])
	k.at += n
	return n, nil
}

func (k *kept) Close() error {
	for _, p := range k.pieces {
		pieces.Put(p)
	}
	*k = kept{}
	return nil
}

// tee keeps what is read, up to spoolBytes.
type tee struct {
	r    io.Reader
	kept kept
	over bool
}

func (t *tee) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if !t.over {
		if t.over = t.kept.size+n > spoolBytes; !t.over {
			t.kept.write(p[:n])
		}
	}
	return n, err
}

// drain reads to the end, straight into what is kept as long as there is room.
func (t *tee) drain() error {
	for {
		room := t.kept.room()
		n, err := t.r.Read(room)
		if !t.over {
			if t.over = t.kept.size+n > spoolBytes; !t.over {
				t.kept.size += n
			}
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
