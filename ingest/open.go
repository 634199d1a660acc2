package ingest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Limits on compressed input. Text rarely packs better than 20:1 and logs than 200:1; the densest legal deflate is 1032:1.
const (
	spoolBytes   = 16 << 20  // what one reader holds of a stream so as not to decode it twice
	freeBytes    = 64 << 20  // a stream may grow to this whatever its ratio
	maxExpansion = 500       // beyond that, bytes out per byte in
	zstdWindow   = 128 << 20 // what the strongest levels use
	zstdLong     = 2 << 30   // what long mode may use, if the file is large, too
	smallFile    = 64 << 20  // below this a file with a large window is unpacked in memory, which follows its content
)

type codec uint8

const (
	plain codec = iota
	gzipped
	zstandard
)

func (c codec) String() string { return [...]string{"plain data", "gzip data", "zstd data"}[c] }

// sniff tells the codec by its magic number.
func sniff(head []byte) codec {
	switch {
	case len(head) >= 2 && head[0] == 0x1f && head[1] == 0x8b:
		return gzipped
	case len(head) >= 4 && bytes.Equal(head[1:4], []byte{0xb5, 0x2f, 0xfd}) && head[0] == 0x28:
		return zstandard
	case len(head) >= 4 && bytes.Equal(head[1:4], []byte{0x2a, 0x4d, 0x18}) && head[0]&0xf0 == 0x50: // a skippable frame
		return zstandard
	}
	return plain
}

// named tells the codec that a file's name promises.
func named(name string) codec {
	switch strings.ToLower(path.Ext(name)) {
	case ".gz", ".tgz", ".gzip":
		return gzipped
	case ".zst", ".zstd", ".tzst":
		return zstandard
	}
	return plain
}

// bareName is a name without the ending of its codec.
func bareName(name string) string {
	switch ext := path.Ext(name); strings.ToLower(ext) {
	case ".gz", ".gzip", ".zst", ".zstd":
		return strings.TrimSuffix(name, ext)
	case ".tgz", ".tzst":
		return strings.TrimSuffix(name, ext) + ".tar"
	}
	return name
}

// disk reads a file and remembers a fault of the disk, which must not be taken for a fault of the data.
type disk struct {
	*os.File
	n   int64 // bytes read
	err error // other than io.EOF
}

func (d *disk) Read(p []byte) (int, error) {
	n, err := d.File.Read(p)
	d.n += int64(n)
	if err != nil && err != io.EOF {
		d.err = err
	}
	return n, err
}

func openDisk(name string) (*disk, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	return &disk{File: f}, nil
}

// codecOf looks at the first bytes of f, holds them against its name, and goes back to the start.
func codecOf(f io.ReadSeeker, name string) (codec, error) {
	head := make([]byte, 64)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return plain, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return plain, err
	}
	c, want := sniff(head[:n]), named(name)
	if want != plain && c != want {
		return plain, refuse(name, "bad-"+[...]string{"", "gzip", "zstd"}[want], 0, fmt.Errorf("named as %v, %s", want, looksLike(head[:n])))
	}
	return c, nil
}

// looksLike says in words what bytes are, for messages.
func looksLike(head []byte) string {
	t := bytes.TrimLeft(head, " \t\r\n")
	switch {
	case len(head) == 0:
		return "but empty"
	case sniff(head) != plain:
		return "looks like " + sniff(head).String()
	case len(head) >= 4 && bytes.Equal(head[1:4], []byte{0xb5, 0x2f, 0xfd}):
		return "looks like zstd of an older format"
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return "looks like a zip archive"
	case bytes.HasPrefix(head, []byte("PAR1")):
		return "looks like Parquet"
	case len(t) > 0 && (t[0] == '{' || t[0] == '['):
		return "looks like plain JSON"
	case len(t) > 0 && t[0] == '<':
		return "looks like markup"
	case bytes.IndexByte(head, 0) < 0:
		return "looks like plain text"
	}
	return "looks like something else"
}

// unpack decodes one layer. Closing it does not close r.
func unpack(c codec, r *disk, name string) (io.ReadCloser, error) {
	switch c {
	case gzipped:
		return newGunzip(bufio.NewReaderSize(r, 64<<10), r, name), nil
	case zstandard:
		return newUnzstd(r, name)
	}
	return io.NopCloser(r), nil
}

// gunzip reads gzip members one by one: unlike a plain multi-member reader it knows where each starts, takes zero bytes after the
// last for the padding of a tape, and refuses anything else there.
type gunzip struct {
	in   *bufio.Reader
	disk *disk
	name string
	z    *gzip.Reader
	live bool // inside a member
	out  int64
	err  error
}

func newGunzip(in *bufio.Reader, d *disk, name string) *gunzip {
	return &gunzip{in: in, disk: d, name: name}
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
	first := g.z == nil
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
	if first {
		g.z = new(gzip.Reader)
	}
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

// unzstd turns the decoder's errors into refusals.
type unzstd struct {
	z    *zstd.Decoder
	in   *disk
	name string
	out  int64
}

// newUnzstd chooses by the window of the first frame: a decoder asks for all of it at once, so a small file that declares a large
// one is unpacked as a whole instead.
func newUnzstd(r *disk, name string) (io.ReadCloser, error) {
	options := []zstd.DOption{zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true)}
	window := uint64(zstdWindow)
	var h zstd.Header
	head := make([]byte, zstd.HeaderMaxSize)
	n, err := r.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if h.Decode(head[:n]) == nil && !h.SingleSegment && h.WindowSize > zstdWindow {
		st, err := r.Stat()
		if err != nil {
			return nil, err
		}
		if st.Size() <= smallFile {
			return unzstdWhole(r, st.Size(), name, options)
		}
		window = zstdLong
	}
	z, err := zstd.NewReader(r, append(options, zstd.WithDecoderMaxWindow(window), zstd.WithDecoderMaxMemory(window+window/2))...)
	if err != nil {
		return nil, err
	}
	return &unzstd{z: z, in: r, name: name}, nil
}

func unzstdWhole(r *disk, size int64, name string, options []zstd.DOption) (io.ReadCloser, error) {
	z, err := zstd.NewReader(nil, append(options, zstd.WithDecoderMaxWindow(zstdLong), zstd.WithDecodeAllCapLimit(true))...)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	packed, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	var b []byte
	most := min(max(freeBytes, maxExpansion*size), 4*smallFile)
	for room := min(4*size+1<<20, most); ; room = min(2*room, most) {
		b, err = z.DecodeAll(packed, make([]byte, 0, room))
		if !errors.Is(err, zstd.ErrDecoderSizeExceeded) || room == most {
			break
		}
	}
	if err != nil {
		return nil, refuse(name, "bad-zstd", -1, err)
	}
	return io.NopCloser(bytes.NewReader(b)), nil
}

func (u *unzstd) Read(p []byte) (int, error) {
	n, err := u.z.Read(p)
	u.out += int64(n)
	switch {
	case err == nil:
		if e := tooDense(u.name, u.out, u.in.n); e != nil {
			return n, e
		}
	case err != io.EOF:
		if u.in.err != nil {
			return n, u.in.err
		}
		return n, refuse(u.name, "bad-zstd", u.in.n, err)
	}
	return n, err
}

func (u *unzstd) Close() error { u.z.Close(); return nil }

// tooDense stops a stream that grows beyond all reason.
func tooDense(name string, out, in int64) error {
	if out <= freeBytes || out <= maxExpansion*in {
		return nil
	}
	return refuse(name, "bomb", in, fmt.Errorf("%d bytes unpack to more than %d", in, out))
}
