package ingest

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"

	"github.com/ulikunitz/xz/lzma"
)

const (
	xzMagic     = "\xfd7zXZ\x00"
	xzEnd       = "YZ"
	lzma2Filter = 0x21
	xzWindow    = 192 << 20 // the strongest preset has 64 MiB; a header may ask for 4 GiB
	xzBlocks    = 1 << 20   // of one stream
)

var errXZ = errors.New("its framing is damaged")

// unxz reads the frames of .xz (The .xz File Format 1.2): one or more streams of blocks, with zero bytes between streams. The frames are read here
// because the windows of the blocks must be known before they are asked for; what is in the blocks is left to the library.
type unxz struct {
	in    *countReader
	check byte
	sum   hash.Hash
	size  int // of the check
	block io.Reader
	head  xzBlock
	from  int64 // where the block's header starts
	data  int64 // where its data start
	n     int64 // bytes that came out of it
	index []xzRecord
	some  bool // a stream has begun
	live  bool // inside a stream
}

type xzBlock struct{ packed, size int64 } // -1 = not told

type xzRecord struct{ unpadded, size int64 }

// countReader counts what is taken of the reader below it.
type countReader struct {
	*bufio.Reader
	n int64
}

func (c *countReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

func (c *countReader) ReadByte() (byte, error) {
	b, err := c.Reader.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

func (c *countReader) full(n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(c, b)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return b, err
}

func newUnxz(in *bufio.Reader, r *disk, name string) (io.ReadCloser, error) {
	return &unpacker{r: &unxz{in: &countReader{Reader: in}}, in: r, name: name, codec: xzipped}, nil
}

func (u *unxz) Read(p []byte) (int, error) {
	for {
		if u.block == nil {
			if err := u.next(); err != nil {
				return 0, err
			}
			continue
		}
		n, err := u.block.Read(p)
		u.n += int64(n)
		u.sum.Write(p[:n])
		switch {
		case u.head.size >= 0 && u.n > u.head.size:
			return 0, errXZ
		case err == io.EOF:
			if err := u.endBlock(); err != nil {
				return 0, err
			}
		case err != nil:
			return 0, err
		}
		if n > 0 {
			return n, nil
		}
	}
}

// next goes to the next block; io.EOF at the end of the last stream.
func (u *unxz) next() error {
	if !u.live {
		return u.begin()
	}
	u.from = u.in.n
	size, err := u.in.full(1)
	switch {
	case err != nil:
		return err
	case size[0] == 0:
		return u.end()
	case len(u.index) == xzBlocks:
		return fmt.Errorf("more than %d blocks", xzBlocks)
	}
	rest, err := u.in.full(4*(int(size[0])+1) - 1)
	if err != nil {
		return err
	}
	window, err := u.header(append(size, rest...))
	if err != nil {
		return err
	}
	if window > xzWindow {
		return fmt.Errorf("a window of %d bytes, the limit is %d", window, xzWindow)
	}
	if u.head.size >= 0 {
		window = min(window, max(u.head.size, 4096))
	}
	u.data, u.n = u.in.n, 0
	u.sum.Reset()
	u.block, err = lzma.Reader2Config{DictCap: int(max(window, lzma.MinDictCap))}.NewReader2(u.in)
	return err
}

// begin reads the header of a stream, after the padding of the one before.
func (u *unxz) begin() error {
	if u.some {
		zeros := 0
		for {
			b, err := u.in.Peek(1)
			if err == io.EOF && zeros%4 != 0 {
				return errXZ
			}
			if err != nil {
				return err
			}
			if b[0] != 0 {
				break
			}
			zeros++
			u.in.ReadByte()
		}
		if zeros%4 != 0 {
			return errXZ
		}
	}
	h, err := u.in.full(12)
	if err != nil {
		return err
	}
	if string(h[:6]) != xzMagic || h[6] != 0 || h[7] > 15 || crc32.ChecksumIEEE(h[6:8]) != binary.LittleEndian.Uint32(h[8:]) {
		return errXZ
	}
	u.check, u.some, u.live, u.index = h[7], true, true, u.index[:0]
	switch u.check {
	case 0:
		u.sum, u.size = nothing{}, 0
	case 1:
		u.sum, u.size = crc32.NewIEEE(), 4
	case 4:
		u.sum, u.size = crc64.New(crc64.MakeTable(crc64.ECMA)), 8
	case 10:
		u.sum, u.size = sha256.New(), 32
	default:
		return fmt.Errorf("check %d is not known", u.check)
	}
	return nil
}

// header reads a block's header and gives its window.
func (u *unxz) header(h []byte) (window int64, err error) {
	n := len(h) - 4
	if crc32.ChecksumIEEE(h[:n]) != binary.LittleEndian.Uint32(h[n:]) || h[1]&0x3c != 0 {
		return 0, errXZ
	}
	b := h[2:n]
	number := func() int64 {
		v, k := binary.Uvarint(b)
		if k <= 0 || v > 1<<62 {
			err = errXZ
			return 0
		}
		b = b[k:]
		return int64(v)
	}
	u.head = xzBlock{-1, -1}
	if h[1]&0x40 != 0 {
		u.head.packed = number()
	}
	if h[1]&0x80 != 0 {
		u.head.size = number()
	}
	if id, size := number(), number(); err == nil && (h[1]&3 != 0 || id != lzma2Filter || size != 1 || len(b) < 1 || b[0] > 40) {
		return 0, errors.New("a filter other than LZMA2, which is not read")
	}
	if err != nil || len(bytes.Trim(b[1:], "\x00")) > 0 {
		return 0, errXZ
	}
	return int64(2|b[0]&1) << (b[0]/2 + 11), nil
}

// endBlock reads the padding and check of a block.
func (u *unxz) endBlock() error {
	u.block = nil
	packed := u.in.n - u.data
	pad, err := u.in.full(int(-packed & 3))
	if err != nil {
		return err
	}
	sum, err := u.in.full(u.size)
	if err != nil {
		return err
	}
	want := u.sum.Sum(nil)
	if u.check == 1 || u.check == 4 { // the other way around in the file
		for i, j := 0, len(want)-1; i < j; i, j = i+1, j-1 {
			want[i], want[j] = want[j], want[i]
		}
	}
	switch {
	case len(bytes.Trim(pad, "\x00")) > 0, u.head.packed >= 0 && u.head.packed != packed, u.head.size >= 0 && u.head.size != u.n:
		return errXZ
	case !bytes.Equal(sum, want):
		return errors.New("checksum does not match")
	}
	u.index = append(u.index, xzRecord{u.data - u.from + packed + int64(u.size), u.n})
	return nil
}

// end reads the index and the footer of a stream and holds them against its blocks.
func (u *unxz) end() error {
	raw := []byte{0}
	number := func() int64 {
		v, shift := uint64(0), 0
		for {
			b, err := u.in.ReadByte()
			if err != nil || shift > 56 {
				return -1
			}
			raw = append(raw, b)
			v |= uint64(b&0x7f) << shift
			if b < 0x80 {
				return int64(v)
			}
			shift += 7
		}
	}
	if number() != int64(len(u.index)) {
		return errXZ
	}
	for _, r := range u.index {
		if number() != r.unpadded || number() != r.size {
			return errXZ
		}
	}
	pad, err := u.in.full(-len(raw) & 3)
	if err != nil {
		return err
	}
	raw = append(raw, pad...)
	f, err := u.in.full(16) // the index's checksum and the footer
	if err != nil {
		return err
	}
	size := uint64(binary.LittleEndian.Uint32(f[8:])+1) * 4
	if len(bytes.Trim(pad, "\x00")) > 0 || crc32.ChecksumIEEE(raw) != binary.LittleEndian.Uint32(f) ||
		crc32.ChecksumIEEE(f[8:14]) != binary.LittleEndian.Uint32(f[4:]) || size != uint64(len(raw)+4) ||
		f[12] != 0 || f[13] != u.check || string(f[14:]) != xzEnd {
		return errXZ
	}
	u.live = false
	return nil
}

// nothing is the check of streams that have none.
type nothing struct{}

func (nothing) Write(p []byte) (int, error) { return len(p), nil }
func (nothing) Sum(b []byte) []byte         { return b }
func (nothing) Reset()                      {}
func (nothing) Size() int                   { return 0 }
func (nothing) BlockSize() int              { return 1 }

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
