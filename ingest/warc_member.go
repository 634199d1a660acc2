package ingest

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// What of a file lies in memory at a time, and what one member may unpack to, for members to be unpacked at one go.
const (
	rawBuffer   = 512 << 10
	wholeMember = 4 << 20
)

// gzipMembers reads the members of a gzip file, at one go where they are small and sound.
type gzipMembers struct {
	z      gzip.Reader
	whole  inflater
	buf    []byte
	small  []byte // what is left of a small member
	stream bool
}

func (m *gzipMembers) reset(r *bufio.Reader) error {
	m.small, m.stream = nil, false
	for want := max(r.Buffered(), 32<<10); r.Size() >= 64<<10; want = r.Size() {
		p, err := r.Peek(want)
		if err != nil && err != io.EOF {
			break // it comes again
		}
		var n int
		if m.buf, n, err = m.whole.member(m.buf[:0], p, wholeMember); err == nil {
			m.small = m.buf
			_, err = r.Discard(n)
			return err
		}
		if err != errShort || len(p) < want || want == r.Size() {
			break
		}
	}
	m.stream = true
	if err := m.z.Reset(r); err != nil {
		return err
	}
	m.z.Multistream(false)
	return nil
}

func (m *gzipMembers) Read(p []byte) (int, error) {
	if m.stream {
		return m.z.Read(p)
	}
	if len(m.small) == 0 {
		return 0, io.EOF
	}
	n := copy(p, m.small)
	m.small = m.small[n:]
	return n, nil
}

// Limits of the dictionary of a zstd file, packed or not: what the format's description demands of a reader.
const maxDictionary = 8 << 20

// What a frame of zstd may be made of and still be decoded at one go: its blocks hold at most 128 KiB each.
const (
	zstdBlock   = 128 << 10
	smallBlocks = 8
)

// zstdMembers reads the frames of a zstd file one by one, so that where each starts and ends is known. Small ones are decoded at one
// go, which is twice as fast as by stream.
type zstdMembers struct {
	path   string // of the file that dict belongs to
	dict   []byte
	z      *zstd.Decoder
	cut    frameCutter
	packed []byte
	small  []byte // what is left of a small frame
	buf    []byte
	stream bool
}

// use prepares for the file at path, and reads the dictionary that it may begin with.
func (m *zstdMembers) use(d *disk, path string) error {
	if m.path == path && m.z != nil {
		return nil
	}
	dict, err := zstdDictionary(d)
	if err != nil {
		return err
	}
	if m.z != nil && (len(dict) > 0 || len(m.dict) > 0) {
		m.z.Close()
		m.z = nil
	}
	m.path, m.dict = path, dict
	return m.decoder()
}

func (m *zstdMembers) decoder() error {
	if m.z != nil {
		return nil
	}
	options := []zstd.DOption{zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderMaxMemory(zstdWindow + zstdWindow/2)}
	if len(m.dict) > 0 {
		options = append(options, zstd.WithDecoderDicts(m.dict))
	}
	var err error
	m.z, err = zstd.NewReader(nil, options...)
	return err
}

func (m *zstdMembers) reset(r *bufio.Reader) error {
	if err := m.decoder(); err != nil {
		return err
	}
	if m.stream { // which may have been left in its middle
		if err := m.z.Reset(nil); err != nil {
			return err
		}
	}
	m.cut = frameCutter{r: r}
	m.packed, m.small, m.stream = m.packed[:0], nil, false
	if err := m.cut.header(); err != nil {
		return err
	}
	for blocks := 0; m.cut.size <= smallBlocks*zstdBlock && blocks <= smallBlocks; {
		n, err := m.cut.next()
		if err == io.EOF {
			m.buf, err = m.z.DecodeAll(m.packed, m.buf[:0])
			m.small = m.buf
			return err
		}
		if err != nil {
			return err
		}
		if blocks++; blocks > smallBlocks+2 { // the header and the checksum are pieces, too
			break
		}
		from := len(m.packed)
		m.packed = append(m.packed, make([]byte, n)...)
		if _, err := io.ReadFull(&m.cut, m.packed[from:]); err != nil {
			return unexpected(err)
		}
	}
	m.stream = true
	return m.z.Reset(io.MultiReader(bytes.NewReader(m.packed), &m.cut))
}

func (m *zstdMembers) Read(p []byte) (int, error) {
	if m.stream {
		return m.z.Read(p)
	}
	if len(m.small) == 0 {
		return 0, io.EOF
	}
	n := copy(p, m.small)
	m.small = m.small[n:]
	return n, nil
}

// zstdDictionary reads the skippable frame at the start of a file: a dictionary, itself packed or not. nil = there is none.
func zstdDictionary(d *disk) ([]byte, error) {
	var head [8]byte
	if n, err := d.ReadAt(head[:], 0); n < len(head) || string(head[:4]) != "\x5d\x2a\x4d\x18" {
		if err == io.EOF {
			err = nil
		}
		return nil, err
	}
	size := int64(binary.LittleEndian.Uint32(head[4:]))
	if size > maxDictionary || size > d.size-8 {
		return nil, fmt.Errorf("a dictionary of %d bytes, the limit is %d", size, maxDictionary)
	}
	dict := make([]byte, size)
	if _, err := d.ReadAt(dict, 8); err != nil {
		return nil, err
	}
	if sniff(dict) == zstandard {
		z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxDictionary))
		if err != nil {
			return nil, err
		}
		defer z.Close()
		if dict, err = z.DecodeAll(dict, nil); err != nil {
			return nil, fmt.Errorf("its dictionary: %w", err)
		}
	}
	if _, err := zstd.InspectDictionary(dict); err != nil {
		return nil, fmt.Errorf("its dictionary: %w", err)
	}
	return dict, nil
}

// skippable is the size of the skippable zstd frame that head begins; 0 for anything else.
func skippable(head []byte) int64 {
	if len(head) < 8 || head[0]&0xf0 != 0x50 || string(head[1:4]) != "\x2a\x4d\x18" {
		return 0
	}
	return 8 + int64(binary.LittleEndian.Uint32(head[4:]))
}

// frameCutter passes one frame on and stops at its end, which the headers of its blocks tell.
type frameCutter struct {
	r        *bufio.Reader
	left     int // bytes of the piece at hand
	size     uint64
	checksum bool
	last     bool // the last block has been seen
}

var errFrame = errors.New("not a zstd frame")

// header looks at the head of the frame.
func (c *frameCutter) header() error {
	head, err := c.r.Peek(zstd.HeaderMaxSize)
	if err != nil && len(head) < 6 {
		return unexpected(err)
	}
	var h zstd.Header
	if err := h.Decode(head); err != nil {
		return unexpected(err)
	}
	if h.Skippable {
		return errFrame
	}
	c.left, c.size, c.checksum = h.HeaderSize, h.FrameContentSize, h.HasCheckSum
	return nil
}

// next is the length of the piece at hand: the head of the frame, a block, or the checksum. io.EOF ends the frame.
func (c *frameCutter) next() (int, error) {
	switch {
	case c.left > 0:
	case !c.last:
		head, err := c.r.Peek(3)
		if len(head) < 3 {
			return 0, unexpected(err)
		}
		v := int(head[0]) | int(head[1])<<8 | int(head[2])<<16
		c.last, c.left = v&1 == 1, 3+v>>3
		switch v >> 1 & 3 {
		case 1: // one byte, repeated
			c.left = 4
		case 3:
			return 0, errFrame
		}
		if c.left > 3+zstdBlock {
			return 0, errFrame
		}
	case c.checksum:
		c.checksum, c.left = false, 4
	default:
		return 0, io.EOF
	}
	return c.left, nil
}

func (c *frameCutter) Read(p []byte) (int, error) {
	n, err := c.next()
	if err != nil {
		return 0, err
	}
	n, err = c.r.Read(p[:min(n, len(p))])
	c.left -= n
	return n, unexpected(err)
}

// unexpected is an end of the file where none may be.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
