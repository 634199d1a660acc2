package ingest

import (
	"bufio"
	"bytes"
	"compress/bzip2"
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
	spoolBytes   = 64 << 20  // what one reader holds of a stream so as not to decode it twice
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
	bzipped
	xzipped
)

func (c codec) String() string { return c.short() + " data" }

// short is the codec's name within reasons such as bad-gzip.
func (c codec) short() string { return [...]string{"plain", "gzip", "zstd", "bzip2", "xz"}[c] }

// sniff tells the codec by its magic number.
func sniff(head []byte) codec {
	switch {
	case len(head) >= 2 && head[0] == 0x1f && head[1] == 0x8b:
		return gzipped
	case len(head) >= 4 && bytes.Equal(head[1:4], []byte{0xb5, 0x2f, 0xfd}) && head[0] == 0x28:
		return zstandard
	case len(head) >= 4 && bytes.Equal(head[1:4], []byte{0x2a, 0x4d, 0x18}) && head[0]&0xf0 == 0x50: // a skippable frame
		return zstandard
	case len(head) >= 10 && string(head[:3]) == "BZh" && (string(head[4:10]) == "\x31\x41\x59\x26\x53\x59" || string(head[4:10]) == "\x17\x72\x45\x38\x50\x90"):
		return bzipped
	case len(head) >= 6 && string(head[:6]) == "\xfd7zXZ\x00":
		return xzipped
	}
	return plain
}

// named tells the codec that a file's name promises.
func named(name string) codec {
	switch strings.ToLower(path.Ext(withoutQuery(name))) {
	case ".gz", ".tgz", ".gzip":
		return gzipped
	case ".zst", ".zstd", ".tzst":
		return zstandard
	case ".bz2", ".tbz", ".tbz2":
		return bzipped
	case ".xz", ".txz":
		return xzipped
	}
	return plain
}

// bareName is a name without the ending of its codec.
func bareName(name string) string {
	name = withoutQuery(name)
	switch ext := path.Ext(name); strings.ToLower(ext) {
	case ".gz", ".gzip", ".zst", ".zstd", ".bz2", ".xz":
		return strings.TrimSuffix(name, ext)
	case ".tgz", ".tzst", ".tbz", ".tbz2", ".txz":
		return strings.TrimSuffix(name, ext) + ".tar"
	}
	return name
}

// store is what a reader needs of a file, wherever it lies.
type store interface {
	io.ReadSeekCloser
	io.ReaderAt
}

// withoutQuery cuts a URL behind its path.
func withoutQuery(name string) string {
	if IsURL(name) {
		if i := strings.IndexAny(name, "?#"); i >= 0 {
			return name[:i]
		}
	}
	return name
}

// disk reads a file and remembers a fault of the disk, which must not be taken for a fault of the data.
type disk struct {
	store
	size int64 // of the file when it was opened
	n    int64 // bytes read
	err  error // other than io.EOF
}

func (d *disk) Read(p []byte) (int, error) {
	n, err := d.store.Read(p)
	d.n += int64(n)
	if err != nil && err != io.EOF {
		d.err = err
	}
	return n, err
}

func (f input) open() (*disk, error) {
	if IsURL(f.path) {
		return f.web.open(f.ctx, f.path)
	}
	file, err := os.Open(f.path)
	if err != nil {
		return nil, err
	}
	st, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, err
	}
	return &disk{store: file, size: st.Size()}, nil
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
		return plain, refuse(name, "bad-"+want.short(), 0, fmt.Errorf("named as %v, %s", want, looksLike(head[:n])))
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

// decoders unpack one stream after another; what they have allocated serves again.
type decoders struct {
	in     *bufio.Reader
	gzip   *gzip.Reader
	zstd   *zstd.Decoder
	window uint64 // of zstd
}

// unpack decodes one layer. Closing it does not close r, but it must be closed before the next is opened.
func (u *decoders) unpack(c codec, r *disk, name string) (io.ReadCloser, error) {
	if c == zstandard {
		return u.newUnzstd(r, name)
	}
	if u.in == nil {
		u.in = bufio.NewReaderSize(nil, 64<<10)
	}
	u.in.Reset(r)
	switch c {
	case gzipped:
		if u.gzip == nil {
			u.gzip = new(gzip.Reader)
		}
		return newGunzip(u.in, u.gzip, r, name), nil
	case bzipped:
		return &unpacker{r: bzip2.NewReader(u.in), in: r, name: name, codec: c}, nil
	case xzipped:
		return newUnxz(u.in, r, name)
	}
	return io.NopCloser(r), nil
}

// tooDense stops a stream that grows beyond all reason.
func tooDense(name string, out, in int64) error {
	if out <= freeBytes || out <= maxExpansion*in {
		return nil
	}
	return refuse(name, "bomb", in, fmt.Errorf("%d bytes unpack to more than %d", in, out))
}
