package ingest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

// pageDecoder reads pages and unpacks them.
type pageDecoder struct {
	r      io.ReaderAt
	hold   arena
	packed []byte
	unpack pageCodecs
}

// pageRoom is where a column unpacks what is not kept: its dictionary, and one page after another.
type pageRoom struct{ dict, page []byte }

// read reads the next page of a column, and says how many bytes it takes with its header.
func (d *pageDecoder) read(c *byteColumn, keep *bool) (p bytePage, n int64, err error) {
	at, end := c.at, c.end
	f, n, err := readPageHeader(d.r, at, end)
	if err != nil {
		return p, 0, err
	}
	at += n
	n += f.packed
	switch {
	case f.packed < 0 || f.packed > end-at:
		return p, 0, fmt.Errorf("%d packed bytes, %d are left", f.packed, end-at)
	case f.size < 0 || f.size > maxPage:
		return p, 0, fmt.Errorf("%d bytes when unpacked, the limit is %d", f.size, maxPage)
	case f.entries < 0 || f.entries > f.size:
		return p, 0, fmt.Errorf("a dictionary of %d entries in %d bytes", f.entries, f.size)
	case f.kind < 0 || f.kind > 3:
		return p, 0, fmt.Errorf("unknown type %d", f.kind)
	}
	codec := c.chunk.Codec
	if f.kind == 3 && !f.isPacked {
		codec = format.Uncompressed
	}
	p.facts = f
	dst := d.packed
	if f.kind == 1 {
		codec = format.Uncompressed
	} else if codec != format.Uncompressed || f.size == f.packed {
		dst = d.room(c.room, f, keep)
	}
	packed := dst // what is not packed is read to where it is used
	if codec != format.Uncompressed || f.size != f.packed {
		if d.packed, err = readAt(d.r, at, f.packed, d.packed); err != nil {
			return p, 0, err
		}
		packed = d.packed
	} else if packed, err = readAt(d.r, at, f.packed, dst); err != nil {
		return p, 0, err
	}
	switch {
	case f.hasCRC && crc32.ChecksumIEEE(packed) != f.crc:
		return p, 0, errors.New("checksum does not match")
	case f.kind == 1:
		return p, n, nil
	case codec == format.Uncompressed && f.size != f.packed:
		return p, 0, fmt.Errorf("%d bytes that are not packed, the page says %d", f.packed, f.size)
	}
	levels := int64(0)
	if f.kind == 3 {
		if levels = f.defBytes + f.repBytes; f.defBytes < 0 || f.repBytes != 0 || levels > f.packed || levels > f.size {
			return p, 0, fmt.Errorf("levels of %d and %d bytes", f.defBytes, f.repBytes)
		}
	}
	if codec != format.Uncompressed {
		copy(dst, packed[:levels])
		if err := d.unpack.into(dst[levels:], packed[levels:], codec); err != nil {
			return p, 0, err
		}
	}
	return p, n, p.divide(dst, levels, c.maxDef)
}

// room is where a page is unpacked to.
func (d *pageDecoder) room(r *pageRoom, f pageFacts, keep *bool) []byte {
	if *keep {
		if b := d.hold.take(int(f.size)); b != nil {
			return b
		}
		*keep = false
	}
	own := &r.page
	if f.kind == 2 {
		own = &r.dict
	}
	if int64(cap(*own)) < f.size {
		*own = make([]byte, f.size)
	}
	return (*own)[:f.size]
}

// divide separates the levels of a page from its values.
func (p *bytePage) divide(b []byte, levels int64, maxDef int) error {
	p.data = b
	switch {
	case p.facts.kind == 3:
		p.levels, p.data = b[:levels], b[levels:]
	case p.facts.kind == 0 && maxDef > 0:
		if p.facts.defEncoding != int64(format.RLE) {
			return fmt.Errorf("definition levels in encoding %d", p.facts.defEncoding)
		}
		if len(b) < 4 {
			return errPage
		}
		n := binary.LittleEndian.Uint32(b)
		if uint64(n) > uint64(len(b)-4) {
			return errPage
		}
		p.levels, p.data = b[4:4+n], b[4+n:]
	}
	return nil
}

// arena lends memory that is all given back at once, up to spoolBytes of it.
type arena struct {
	blocks [][]byte
	n      int // the block that is lent from
	used   int // of it
	total  int
}

const arenaBlock = 4 << 20

func (a *arena) reset() { a.n, a.used, a.total = 0, 0, 0 }

// take lends n bytes, nil if there is no room.
func (a *arena) take(n int) []byte {
	if a.total+n > spoolBytes {
		return nil
	}
	for a.n < len(a.blocks) && n > len(a.blocks[a.n])-a.used {
		a.total += len(a.blocks[a.n]) - a.used
		a.n, a.used = a.n+1, 0
		if a.total+n > spoolBytes {
			return nil
		}
	}
	if a.n == len(a.blocks) {
		a.blocks = append(a.blocks, make([]byte, max(n, arenaBlock)))
	}
	b := a.blocks[a.n][a.used:][:n:n]
	a.used += n
	a.total += n
	return b
}

// pageCodecs unpack the pages of a column chunk.
type pageCodecs struct {
	zstd   *zstd.Decoder
	gzip   gzip.Reader
	brotli brotli.Reader
}

// into unpacks src, which must fill dst exactly.
func (u *pageCodecs) into(dst, src []byte, codec format.CompressionCodec) error {
	n := 0
	var err error
	switch codec {
	case format.Snappy:
		if n, err = snappy.DecodedLen(src); err == nil && n == len(dst) {
			_, err = snappy.Decode(dst, src)
		}
	case format.Zstd:
		if u.zstd == nil {
			u.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxPage), zstd.WithDecodeAllCapLimit(true))
			if err != nil {
				return err
			}
		}
		var b []byte
		b, err = u.zstd.DecodeAll(src, dst[:0:len(dst)])
		n = len(b)
	case format.Lz4Raw:
		n, err = lz4.UncompressBlock(src, dst)
	case format.Gzip:
		if err = u.gzip.Reset(bytes.NewReader(src)); err == nil {
			n, err = fill(&u.gzip, dst)
		}
	case format.Brotli:
		if err = u.brotli.Reset(bytes.NewReader(src)); err == nil {
			n, err = fill(&u.brotli, dst)
		}
	default:
		return fmt.Errorf("codec %v is not read", codec)
	}
	if err == nil && n != len(dst) {
		err = fmt.Errorf("it unpacks to another size than the %d bytes that it says", len(dst))
	}
	return err
}

// fill reads dst full, and to the end of r, which must come then.
func fill(r io.Reader, dst []byte) (int, error) {
	n, err := io.ReadFull(r, dst)
	if err != nil && !(err == io.EOF && len(dst) == 0) {
		return n, err
	}
	var one [1]byte
	k, err := io.ReadFull(r, one[:])
	if err == io.EOF {
		err = nil
	}
	return n + k, err
}
