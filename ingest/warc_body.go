package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

var (
	errEncoding = errors.New("content encoding")
	errTooLarge = fmt.Errorf("more than %d bytes when unpacked", maxPayload)
)

// bodyDecoder undoes what a server did to a page on its way. Its buffers and decoders are reused from page to page.
type bodyDecoder struct {
	in    bytes.Reader
	whole inflater
	gzip  gzip.Reader
	zlib  io.ReadCloser
	bare  io.ReadCloser
	br    *brotli.Reader
	zstd  *zstd.Decoder
	raw   []byte    // without chunks
	bufs  [2][]byte // unpacked, in turns
}

// body gives the page of a response, and as whole what it was before it was unpacked. Of a record that says that it was cut what is
// there is taken. What comes back is lent.
func (x *bodyDecoder) body(r *httpResponse, cut bool) (body, whole []byte, reason string, err error) {
	whole = r.body
	if r.chunked {
		if whole, err = unchunk(x.raw[:0], whole); err != nil && !cut {
			return nil, nil, "bad-http", err
		}
		if len(whole) != len(r.body) {
			x.raw = whole
		}
	}
	body, err = x.decode(r.encodings, whole)
	switch {
	case err == nil || cut && len(body) > 0:
		return body, whole, "", nil
	case errors.Is(err, errTooLarge):
		return nil, nil, "too-large", err
	}
	return nil, nil, "bad-encoding", err
}

// decode undoes the content encodings, last first. A body that is not packed although its head says so was unpacked by the crawler.
// With an error comes what was unpacked before.
func (x *bodyDecoder) decode(encodings []string, b []byte) ([]byte, error) {
	if len(encodings) > 8 {
		return nil, fmt.Errorf("%w: %d of them", errEncoding, len(encodings))
	}
	for i, e := range slices.Backward(encodings) {
		out := &x.bufs[i%2]
		if (e == "gzip" || e == "x-gzip") && sniff(b) == gzipped { // at one go if it is sound, and all there is
			var n int
			var err error
			if *out, n, err = x.whole.member((*out)[:0], b, maxPayload); err == nil && n == len(b) {
				b = *out
				continue
			}
		}
		x.in.Reset(b)
		r, err := x.open(e, b)
		if err != nil {
			return nil, fmt.Errorf("%w %s: %w", errEncoding, clip(e, 20), err)
		}
		if r == nil {
			continue
		}
		*out, err = readAtMost((*out)[:0], r, maxPayload)
		switch {
		case err == errTooLarge:
			return nil, err
		case err != nil && (e == "deflate" || e == "br") && looksMarkup(b): // these have no magic number
			continue
		case err != nil:
			return *out, fmt.Errorf("%w %s: %w", errEncoding, e, err)
		}
		b = *out
	}
	return b, nil
}

// open starts the decoder of one encoding; nil if b is not packed that way.
func (x *bodyDecoder) open(encoding string, b []byte) (io.Reader, error) {
	switch encoding {
	case "gzip", "x-gzip":
		if sniff(b) != gzipped {
			return nil, nil
		}
		return &x.gzip, x.gzip.Reset(&x.in)
	case "deflate": // zlib by the standard, bare deflate by some servers
		if len(b) > 1 && b[0]&15 == 8 && (int(b[0])<<8|int(b[1]))%31 == 0 {
			if x.zlib != nil {
				return x.zlib, x.zlib.(zlib.Resetter).Reset(&x.in, nil)
			}
			var err error
			x.zlib, err = zlib.NewReader(&x.in)
			return x.zlib, err
		}
		if x.bare != nil {
			return x.bare, x.bare.(flate.Resetter).Reset(&x.in, nil)
		}
		x.bare = flate.NewReader(&x.in)
		return x.bare, nil
	case "br":
		if x.br == nil {
			x.br = brotli.NewReader(&x.in)
			return x.br, nil
		}
		return x.br, x.br.Reset(&x.in)
	case "zstd":
		if sniff(b) != zstandard {
			return nil, nil
		}
		if x.zstd == nil {
			var err error
			if x.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(8<<20)); err != nil {
				return nil, err
			}
		}
		return x.zstd, x.zstd.Reset(&x.in)
	}
	return nil, errors.New("not known")
}

// readAtMost appends what r gives to dst.
func readAtMost(dst []byte, r io.Reader, limit int) ([]byte, error) {
	for {
		if len(dst) == cap(dst) {
			dst = slices.Grow(dst, max(len(dst)/2, 32<<10))
		}
		n, err := r.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		switch {
		case len(dst) > limit:
			return dst, errTooLarge
		case err == io.EOF:
			return dst, nil
		case err != nil:
			return dst, err
		}
	}
}
