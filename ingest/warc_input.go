package ingest

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"

	"github.com/klauspost/compress/gzip"
)

var errNoMember = errors.New("not a gzip member")

// errMember ends each sound gzip member: the place where a record may end, too.
var errMember = errors.New("end of a gzip member")

// damage is a fault in a gzip member.
type damage struct {
	at  int64 // where the member starts
	cut bool  // the file ends within it
	err error
}

func (d *damage) Error() string { return d.err.Error() }
func (d *damage) Unwrap() error { return d.err }

// warcBytes are the unpacked bytes of a WARC file. Reads stop at the end of each member with errMember, so that a record is believed
// only after the checksum of the member that it ends. They can go back, and after damage they find the next member.
type warcBytes struct {
	d      *disk
	size   int64
	packed bool
	raw    *bufio.Reader // of the file
	z      *gzip.Reader
	live   bool
	member int64 // offset where the current member starts
	pre    []byte
	in     *bufio.Reader // of all that
	at     int64         // plain: offset of the next byte of in
}

// open starts at offset from of a file, which must be the start of a member or record.
func (b *warcBytes) open(d *disk, size, from int64, packed bool) error {
	b.d, b.size, b.packed = d, size, packed
	if b.raw == nil {
		b.raw = bufio.NewReaderSize(nil, 64<<10)
		b.in = bufio.NewReaderSize(nil, 64<<10)
	}
	return b.seek(from)
}

func (b *warcBytes) seek(to int64) error {
	if _, err := b.d.Seek(to, io.SeekStart); err != nil {
		return err
	}
	b.d.n = to
	b.raw.Reset(b.d)
	b.live, b.pre, b.at, b.member = false, nil, to, to
	b.in.Reset(readFunc(b.read))
	return nil
}

type readFunc func(p []byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

func (b *warcBytes) read(p []byte) (int, error) {
	if len(b.pre) > 0 {
		n := copy(p, b.pre)
		b.pre = b.pre[n:]
		return n, nil
	}
	if !b.packed {
		return b.raw.Read(p)
	}
	if !b.live {
		if err := b.nextMember(); err != nil {
			return 0, err
		}
	}
	n, err := b.z.Read(p)
	switch {
	case n > 0: // an error comes again, alone
		return n, nil
	case err == io.EOF:
		b.live = false
		return 0, errMember
	case err != nil:
		return 0, b.fault(err)
	}
	return 0, nil
}

func (b *warcBytes) offset() int64 { return b.d.n - int64(b.raw.Buffered()) }

func (b *warcBytes) fault(err error) error {
	if b.d.err != nil {
		return b.d.err
	}
	b.live = false
	return &damage{at: b.member, cut: err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF), err: err}
}

// nextMember starts the member at the current offset. Zero bytes to the end of the file are padding.
func (b *warcBytes) nextMember() error {
	b.member = b.offset()
	head, err := b.raw.Peek(4)
	if len(head) == 0 {
		if err == io.EOF {
			return io.EOF
		}
		return b.fault(err)
	}
	if sniff(head) != gzipped {
		if head[0] == 0 && b.zeroToEnd() {
			return io.EOF
		}
		return &damage{at: b.member, err: errNoMember}
	}
	if b.z == nil {
		b.z = new(gzip.Reader)
	}
	if err := b.z.Reset(b.raw); err != nil {
		return b.fault(err)
	}
	b.z.Multistream(false)
	b.live = true
	return nil
}

// zeroToEnd looks ahead without moving.
func (b *warcBytes) zeroToEnd() bool {
	buf := make([]byte, 32<<10)
	for at := b.offset(); at < b.size; {
		n, err := b.d.ReadAt(buf, at)
		if bytes.IndexFunc(buf[:n], func(r rune) bool { return r != 0 }) >= 0 {
			return false
		}
		if err != nil {
			return err == io.EOF
		}
		at += int64(n)
	}
	return true
}

// findMember returns the offset of the first member in [from, to) that begins with a WARC record; -1 if there is none. Three bytes
// of magic number occur by chance in packed data, so a find is unpacked before it is believed.
func findMember(d *disk, from, to int64) (int64, error) {
	buf := make([]byte, 256<<10)
	for at := from; at < to; {
		n, err := d.ReadAt(buf, at)
		if err != nil && err != io.EOF {
			return -1, err
		}
		for i := 0; at+int64(i) < to; i++ {
			k := bytes.Index(buf[i:n], []byte{0x1f, 0x8b, 8})
			if k < 0 {
				break
			}
			i += k
			if at+int64(i) < to && startsWARC(io.NewSectionReader(d, at+int64(i), math.MaxInt64-at-int64(i))) {
				return at + int64(i), nil
			}
		}
		if n < len(buf) {
			break
		}
		at += int64(n) - 2
	}
	return -1, nil
}

func startsWARC(r io.Reader) bool {
	z, err := gzip.NewReader(bufio.NewReaderSize(r, 4096))
	if err != nil {
		return false
	}
	var head [5]byte
	_, err = io.ReadFull(z, head[:])
	return err == nil && string(head[:]) == "WARC/"
}

// unread puts bytes back before what comes next.
func (b *warcBytes) unread(p []byte) {
	rest, _ := b.in.Peek(b.in.Buffered())
	pre := make([]byte, 0, len(p)+len(rest)+len(b.pre))
	pre = append(append(append(pre, p...), rest...), b.pre...)
	b.at -= int64(len(p))
	b.pre = pre
	b.in.Reset(readFunc(b.read))
}

// line reads the next line with its end, across members; limit bounds it, and what is longer is an error.
func (b *warcBytes) line(buf []byte, limit int) ([]byte, error) {
	buf = buf[:0]
	for {
		p, err := b.in.ReadSlice('\n')
		b.at += int64(len(p))
		buf = append(buf, p...)
		switch {
		case len(buf) > limit:
			return buf, errLongLine
		case err == nil:
			return buf, nil
		case err == errMember || err == bufio.ErrBufferFull:
		default:
			return buf, err
		}
	}
}

var errLongLine = errors.New("a line too long")

// block reads n bytes, across members.
func (b *warcBytes) block(buf []byte, n int64) ([]byte, error) {
	buf = buf[:0]
	for int64(len(buf)) < n {
		want := min(n-int64(len(buf)), 256<<10) // memory follows what is there, not what is said
		buf = append(buf, make([]byte, want)...)
		got, err := b.in.Read(buf[int64(len(buf))-want:])
		buf = buf[:int64(len(buf))-want+int64(got)]
		b.at += int64(got)
		if err == io.EOF {
			return buf, io.ErrUnexpectedEOF
		}
		if err != nil && err != errMember {
			return buf, err
		}
	}
	return buf, nil
}

// discard reads over n bytes, across members.
func (b *warcBytes) discard(n int64) error {
	for n > 0 {
		k, err := b.in.Discard(int(min(n, 1<<30)))
		n -= int64(k)
		b.at += int64(k)
		if err == io.EOF {
			return io.ErrUnexpectedEOF
		}
		if err != nil && err != errMember {
			return err
		}
	}
	return nil
}

// room is an upper bound of the bytes that may follow: a length beyond it is a lie.
func (b *warcBytes) room() int64 {
	if !b.packed {
		return b.size - b.at
	}
	const densest = 1040 // of deflate, rounded up
	return (b.size-b.offset())*densest + 1<<20 + int64(b.in.Buffered()+len(b.pre))
}

// between reports that the next byte, if any, starts a member.
func (b *warcBytes) between() bool {
	return b.packed && !b.live && b.in.Buffered() == 0 && len(b.pre) == 0
}

// place is where the reader stands, for messages: the byte of a plain file, the start of the member of a packed one.
func (b *warcBytes) place() int64 {
	if b.packed {
		return b.member
	}
	return b.at
}
