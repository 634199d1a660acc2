package ingest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

var (
	errNoMember = errors.New("not the start of a member")
	errBomb     = errors.New("a member unpacks to far more than it is")
)

// errMember ends each sound member: the place where a record may end, too.
var errMember = errors.New("end of a member")

// memberBytes is what a member may unpack to whatever its ratio.
const memberBytes = 2 * maxPayload

// damage is a fault in a member, or in a record that goes on in the next.
type damage struct {
	at     int64  // where the member starts
	cut    bool   // the file ends within it
	reason string // of the record; "" = the member is bad
	err    error
}

func (d *damage) Error() string { return fmt.Sprint(d.reason, d.err) }
func (d *damage) Unwrap() error { return d.err }

// members reads the members of one codec: gzip members or zstd frames.
type members interface {
	reset(r *bufio.Reader) error // at the start of a member
	Read(p []byte) (int, error)  // io.EOF once its checksum has been compared
}

// warcBytes are the unpacked bytes of a WARC or ARC file. Reads stop at the end of each member with errMember, so that a record is
// believed only after the checksum of the member that it ends. They can go back, and after damage they find the next member.
type warcBytes struct {
	d      *disk
	size   int64
	codec  codec
	arc    bool
	raw    *bufio.Reader // of the file
	gzip   gzipMembers
	zstd   zstdMembers
	z      members // one of them
	live   bool
	bad    error // a fault, which stays until seek: a Peek would swallow it
	member int64 // offset where the current member starts
	out    int64 // bytes that it has given
	pre    []byte
	in     *bufio.Reader // of all that
	at     int64         // plain: offset of the next byte of in
}

// use takes a file of the given path and reads the dictionary of a zstd file. The error is about that.
func (b *warcBytes) use(d *disk, path string, c codec, arc bool) error {
	b.d, b.size, b.codec, b.arc = d, d.size, c, arc
	want := 64 << 10
	if d.size > int64(want) {
		want = rawBuffer
	}
	if b.raw == nil || b.raw.Size() < want {
		b.raw = bufio.NewReaderSize(nil, want)
	}
	if b.in == nil {
		b.in = bufio.NewReaderSize(nil, 64<<10)
	}
	switch c {
	case gzipped:
		b.z = &b.gzip
	case zstandard:
		b.z = &b.zstd
		return b.zstd.use(d, path)
	}
	return nil
}

func (b *warcBytes) packed() bool { return b.codec != plain }

// seek goes to an offset of the file, which must be the start of a member or record.
func (b *warcBytes) seek(to int64) error {
	if _, err := b.d.Seek(to, io.SeekStart); err != nil {
		return err
	}
	b.d.n = to
	b.raw.Reset(b.d)
	b.live, b.bad, b.pre, b.at, b.member = false, nil, nil, to, to
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
	if !b.packed() {
		return b.raw.Read(p)
	}
	if b.bad != nil {
		return 0, b.bad
	}
	if !b.live {
		if err := b.nextMember(); err != nil {
			return 0, err
		}
	}
	n, err := b.z.Read(p)
	if b.out += int64(n); b.out > memberBytes && b.out > maxExpansion*(b.offset()-b.member) {
		return 0, b.fault(errBomb)
	}
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
	b.bad = &damage{at: b.member, cut: err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF), err: err}
	return b.bad
}

// skipFrames goes over the frames of zstd that hold no data.
func (b *warcBytes) skipFrames() error {
	for b.codec == zstandard {
		head, _ := b.raw.Peek(8)
		n := skippable(head)
		if n == 0 {
			break
		}
		b.member = b.offset()
		if n > b.size-b.member {
			return b.fault(io.ErrUnexpectedEOF)
		}
		if _, err := b.raw.Discard(int(n)); err != nil {
			return b.fault(err)
		}
	}
	return nil
}

// nextMember starts the member at the current offset. Zero bytes to the end of the file are padding.
func (b *warcBytes) nextMember() error {
	if err := b.skipFrames(); err != nil {
		return err
	}
	b.member, b.out = b.offset(), 0
	head, err := b.raw.Peek(4)
	switch {
	case len(head) == 0 && err == io.EOF:
		return io.EOF
	case len(head) == 0:
		return b.fault(err)
	case sniff(head) == b.codec:
	case head[0] == 0 && b.zeroToEnd():
		return io.EOF
	default:
		return b.fault(errNoMember)
	}
	if err := b.z.reset(b.raw); err != nil {
		return b.fault(err)
	}
	b.live = true
	return nil
}

// zeroToEnd looks ahead without moving.
func (b *warcBytes) zeroToEnd() bool {
	buf := make([]byte, 32<<10)
	for at := b.offset(); at < b.size; {
		n, err := b.d.ReadAt(buf, at)
		if slices.ContainsFunc(buf[:n], func(c byte) bool { return c != 0 }) {
			return false
		}
		if err != nil {
			return err == io.EOF
		}
		at += int64(n)
	}
	return true
}

// find returns the offset of the first member in [from, to) that begins with a record; -1 if there is none. Magic numbers occur by
// chance in packed data, so a find is unpacked before it is believed.
func (b *warcBytes) find(from, to int64) (int64, error) {
	magic := []byte{0x1f, 0x8b, 8}
	if b.codec == zstandard {
		magic = []byte{0x28, 0xb5, 0x2f, 0xfd}
	}
	buf := make([]byte, max(0, min(256<<10, to-from+int64(len(magic))-1)))
	for at := from; at < to; {
		n, err := b.d.ReadAt(buf, at)
		if err != nil && err != io.EOF {
			return -1, err
		}
		for i := 0; at+int64(i) < to; i++ {
			k := bytes.Index(buf[i:n], magic)
			if k < 0 {
				break
			}
			i += k
			if at+int64(i) < to && b.startsRecord(at+int64(i)) {
				return at + int64(i), nil
			}
		}
		if n < len(buf) {
			break
		}
		at += int64(n - len(magic) + 1)
	}
	return -1, nil
}

// startsRecord reports whether a member that begins with a record stands at an offset.
func (b *warcBytes) startsRecord(at int64) bool {
	in := bufio.NewReaderSize(io.NewSectionReader(b.d, at, math.MaxInt64-at), 4096)
	var z members = new(gzipMembers)
	if b.codec == zstandard {
		z = &zstdMembers{dict: b.zstd.dict}
	}
	if z.reset(in) != nil {
		return false
	}
	want := len("WARC/")
	if b.arc {
		want = maxARCLine
	}
	head := make([]byte, want)
	n, _ := io.ReadFull(z, head)
	if b.arc {
		return startsARC(head[:n])
	}
	return string(head[:n]) == "WARC/"
}

// isStart reports the first line of a record.
func (b *warcBytes) isStart(line []byte) bool {
	if b.arc {
		_, ok := arcHeader(line)
		return ok
	}
	return isVersionLine(line)
}

// nextRecord finds the first line of a record; -1 if there is none.
func (b *warcBytes) nextRecord(p []byte) int {
	if b.arc {
		return nextARCLine(p)
	}
	return nextVersionLine(p)
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

// appendLine appends the next line with its end, across members; limit bounds it, and what is longer is an error.
func (b *warcBytes) appendLine(buf []byte, limit int) ([]byte, error) {
	from := len(buf)
	for {
		p, err := b.in.ReadSlice('\n')
		b.at += int64(len(p))
		buf = append(buf, p...)
		switch {
		case len(buf)-from > limit:
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
		if len(buf) == cap(buf) { // memory follows what is there, not what is said
			buf = slices.Grow(buf, int(min(n-int64(len(buf)), int64(max(len(buf), 256<<10)))))
		}
		got, err := b.in.Read(buf[len(buf):min(int64(cap(buf)), n)])
		buf = buf[:len(buf)+got]
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
	if !b.packed() {
		return b.size - b.at
	}
	densest := int64(1040) // of deflate, rounded up
	if b.codec == zstandard {
		densest = 128 << 10 / 4 // a block of one byte repeated
	}
	left := max(0, b.size-b.offset())
	if left > math.MaxInt64/2/densest {
		return math.MaxInt64 / 2
	}
	return left*densest + 1<<20 + int64(b.in.Buffered()+len(b.pre))
}

// between reports that the next byte, if any, starts a member.
func (b *warcBytes) between() bool {
	return b.packed() && !b.live && b.in.Buffered() == 0 && len(b.pre) == 0
}

// place is where the reader stands, for messages: the byte of a plain file, the start of the member of a packed one.
func (b *warcBytes) place() int64 {
	if b.packed() {
		return b.member
	}
	return b.at
}
