package ingest

import (
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/seed-83c59573/quern"
)

// A bzip2 file is a chain of blocks of up to 900,000 bytes, each with a magic number and a checksum of its own, at any bit. So every
// block can be found and unpacked alone: a file of 20 GB, of one stream or of many, is divided anywhere, and damage costs the blocks
// that it hits.
const (
	bzBlockMagic = 0x314159265359
	bzEndMagic   = 0x177245385090
	bzMagicBits  = 48
	maxBzPacked  = 2 << 20 // bytes of a packed block: more than the worst of 900,000
	maxBzBlock   = 8 << 20 // bytes of an unpacked one: runs may blow it up to 46 MB, text does not
	bzDensest    = 2000    // the ratio beyond which a block is no text
	maxBzHurt    = 10_000  // damaged blocks of a unit: each costs a decoder, and so many are made, not found
)

// bzBlocks gives the blocks of a bzip2 file that begin at a byte or later.
type bzBlocks struct {
	d      *disk
	name   string
	buf    []byte // of the file, for the search
	at     int64  // offset of buf[0]
	next   int64  // the bit of the next magic number, -1 = none
	end    bool   // it is the end of a stream, not a block
	packed []byte
	out    []byte
	hurt   int // damaged blocks
}

func (b *bzBlocks) open(d *disk, name string, from int64) (err error) {
	b.d, b.name, b.buf, b.at, b.hurt = d, name, b.buf[:0], from, 0
	b.next, b.end, err = b.find(from * 8)
	return err
}

// bzByte tells the bytes of packed data that may be the third whole byte of a magic number, at any shift.
var bzByte = makeBzByte()

func makeBzByte() (may [256]bool) {
	for shift := range 8 {
		may[bzBlockMagic>>(16+shift)&0xff] = true
		may[bzEndMagic>>(16+shift)&0xff] = true
	}
	return may
}

// find returns the bit of the first magic number at bit from or later, -1 if there is none.
func (b *bzBlocks) find(from int64) (bit int64, end bool, err error) {
	for p := from / 8; ; {
		if p < b.at || b.at+int64(len(b.buf))-p < 8 {
			if err := b.fill(p); err != nil {
				return -1, false, err
			}
		}
		s := b.buf[p-b.at:]
		k := 0
		for k+8 <= len(s) && !bzByte[s[k+3]] {
			k++
		}
		p, s = p+int64(k), s[k:]
		if len(s) < 6 {
			return -1, false, nil
		}
		if len(s) < 8 && p+int64(len(s)) < b.d.size {
			continue
		}
		var word [8]byte
		copy(word[:], s)
		w := binary.BigEndian.Uint64(word[:])
		for shift := range int64(8) {
			m := w << shift >> 16
			if (m == bzBlockMagic || m == bzEndMagic) && p*8+shift >= from && int64(len(s))*8-shift >= bzMagicBits {
				return p*8 + shift, m == bzEndMagic, nil
			}
		}
		p++
	}
}

// fill makes buf begin at offset p, with up to 1 MiB of what is there.
func (b *bzBlocks) fill(p int64) error {
	if cap(b.buf) == 0 {
		b.buf = make([]byte, 0, 1<<20)
	}
	n, err := b.d.ReadAt(b.buf[:cap(b.buf)], p)
	b.buf, b.at = b.buf[:n], p
	if err == io.EOF {
		return nil
	}
	return err
}

// block unpacks the next block, which begins in the byte at. io.EOF tells that there is none; a *quern.RecordError without File that
// this one is damaged and the next may be read. A magic number may stand within a block by chance, once in 10^14 bits: where a block
// does not end at the next, the one behind it is tried.
func (b *bzBlocks) block() (data []byte, at int64, err error) {
	for b.end && b.next >= 0 {
		if b.next, b.end, err = b.find(b.next + bzMagicBits); err != nil {
			return nil, 0, err
		}
	}
	if b.next < 0 {
		return nil, 0, io.EOF
	}
	start := b.next
	at = start / 8
	if b.next, b.end, err = b.find(start + bzMagicBits); err != nil {
		return nil, at, err
	}
	data, err = b.unpack(start, b.next)
	if bad, ok := err.(*quern.RecordError); ok && !bad.File && b.next >= 0 && !b.end {
		beyond, end, e := b.find(b.next + bzMagicBits)
		if e != nil {
			return nil, at, e
		}
		if data, e = b.unpack(start, beyond); e == nil {
			b.next, b.end, err = beyond, end, nil
		}
	}
	if err != nil {
		if b.hurt++; b.hurt > maxBzHurt {
			err = refuse(b.name, "bad-bzip2", at, fmt.Errorf("more than %d damaged blocks: %w", maxBzHurt, err))
		}
		return nil, at, err
	}
	return data, at, nil
}

// unpack decodes the block in bits [start, end) as a file of its own.
func (b *bzBlocks) unpack(start, end int64) ([]byte, error) {
	at := start / 8
	bad := func(cause error) error {
		return &quern.RecordError{Reason: "bad-bzip2", Path: b.name, Offset: at, Unit: "offset", Cause: cause}
	}
	if end < 0 {
		end = b.d.size * 8
	}
	n := int((end+7)/8 - at)
	if n > maxBzPacked {
		return nil, bad(errors.New("a block without an end"))
	}
	src := make([]byte, n)
	if _, err := b.d.ReadAt(src, at); err != nil && err != io.EOF {
		return nil, err
	}
	b.packed = bzAlone(append(b.packed[:0], "BZh9"...), src, int(start%8), int(end-start))
	z := bzip2.NewReader(bytes.NewReader(b.packed))
	b.out = b.out[:0]
	for {
		if len(b.out) == cap(b.out) {
			b.out = append(b.out, make([]byte, max(1<<20, cap(b.out)))...)[:len(b.out)]
		}
		k, err := z.Read(b.out[len(b.out):cap(b.out)])
		b.out = b.out[:len(b.out)+k]
		if len(b.out) > maxBzBlock || len(b.out) > bzDensest*(n+40) {
			return nil, refuse(b.name, "bomb", at, fmt.Errorf("a block of %d bytes unpacks to more than %d", n, len(b.out)))
		}
		if err == io.EOF {
			return b.out, nil
		}
		if err != nil {
			return nil, bad(err)
		}
	}
}

// bzAlone appends bits [shift, shift+n) of src, which are a block, and an end of stream with the checksum of that one block.
func bzAlone(dst, src []byte, shift, n int) []byte {
	head := len(dst)
	for i := range n / 8 {
		c := src[i] << shift
		if shift > 0 {
			c |= src[i+1] >> (8 - shift)
		}
		dst = append(dst, c)
	}
	var tail uint64 // the last bits, then the end of the stream
	bits := n % 8
	for k := range bits {
		bit := shift + n - bits + k
		tail = tail<<1 | uint64(src[bit/8]>>(7-bit%8)&1)
	}
	var sum uint32
	if n >= bzMagicBits+32 {
		sum = binary.BigEndian.Uint32(dst[head+6:])
	}
	push := func(v uint64, width int) {
		for width > 0 {
			k := min(8-bits, width)
			tail = tail<<k | v>>(width-k)&(1<<k-1)
			width -= k
			if bits += k; bits == 8 {
				dst = append(dst, byte(tail))
				tail, bits = 0, 0
			}
		}
	}
	push(bzEndMagic, bzMagicBits)
	push(uint64(sum), 32)
	if bits > 0 {
		push(0, 8-bits)
	}
	return dst
}
