package ingest

import (
	"bytes"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"
)

// unzstd turns the decoder's errors into refusals.
type unzstd struct {
	z    *zstd.Decoder
	in   *disk
	name string
	out  int64
}

// newUnzstd chooses by the window of the first frame: a decoder asks for all of it at once, so a small file that declares a large
// one is unpacked as a whole instead.
func (u *decoders) newUnzstd(r *disk, name string) (io.ReadCloser, error) {
	options := []zstd.DOption{zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true)}
	window := uint64(zstdWindow)
	var h zstd.Header
	head := make([]byte, zstd.HeaderMaxSize)
	n, err := r.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if h.Decode(head[:n]) == nil && !h.SingleSegment && h.WindowSize > zstdWindow {
		if r.size <= smallFile {
			return unzstdWhole(r, r.size, name, options)
		}
		window = zstdLong
	}
	if u.zstd == nil || u.window != window {
		z, err := zstd.NewReader(nil, append(options, zstd.WithDecoderMaxWindow(window), zstd.WithDecoderMaxMemory(window+window/2))...)
		if err != nil {
			return nil, err
		}
		u.zstd, u.window = z, window
	}
	if err := u.zstd.Reset(r); err != nil {
		return nil, err
	}
	return &unzstd{z: u.zstd, in: r, name: name}, nil
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

// Close lets go of the file; the decoder serves the next one.
func (u *unzstd) Close() error { return u.z.Reset(nil) }
