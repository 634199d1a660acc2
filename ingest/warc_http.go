package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"strconv"
	"strings"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// response is an HTTP response as a crawler stored it.
type response struct {
	status      int
	contentType string // as sent
	mediaType   string // its type alone, lower case
	chunked     bool
	encodings   []string
	body        []byte
}

var errHTTP = errors.New("not an HTTP response")

// parseResponse splits a block into head and body. Bytes are taken as they are: foreign heads are not always ASCII.
func parseResponse(block []byte) (r response, err error) {
	line, rest, ok := cutLine(block)
	if !ok || !bytes.HasPrefix(line, []byte("HTTP/")) {
		return r, errHTTP
	}
	f := bytes.Fields(line)
	if len(f) < 2 {
		return r, errHTTP
	}
	if r.status, err = strconv.Atoi(string(f[1])); err != nil || r.status < 100 || r.status > 999 {
		return r, fmt.Errorf("%w: status %q", errHTTP, clip(string(f[1]), 20))
	}
	for n := 0; ; n++ {
		if line, rest, ok = cutLine(rest); !ok || n > 10000 {
			return r, fmt.Errorf("%w: its head does not end", errHTTP)
		}
		if len(line) == 0 {
			break
		}
		k, v, _ := bytes.Cut(line, []byte(":"))
		v = bytes.TrimSpace(v)
		switch strings.ToLower(string(bytes.TrimSpace(k))) {
		case "content-type":
			r.contentType = string(v)
		case "transfer-encoding":
			r.chunked = r.chunked || strings.Contains(strings.ToLower(string(v)), "chunked")
		case "content-encoding":
			for e := range strings.SplitSeq(strings.ToLower(string(v)), ",") {
				if e = strings.TrimSpace(e); e != "" && e != "identity" && e != "none" {
					r.encodings = append(r.encodings, e)
				}
			}
		}
	}
	r.body = rest
	if t, _, err := mime.ParseMediaType(r.contentType); err == nil || t != "" {
		r.mediaType = t
	} else {
		t, _, _ := strings.Cut(r.contentType, ";")
		r.mediaType = strings.ToLower(strings.TrimSpace(t))
	}
	return r, nil
}

// cutLine cuts at LF or CRLF.
func cutLine(b []byte) (line, rest []byte, ok bool) {
	line, rest, ok = bytes.Cut(b, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), rest, ok
}

// unchunk undoes chunked transfer encoding, into dst. A body whose first line is no chunk size was stored without it.
func unchunk(dst, b []byte) ([]byte, error) {
	for first := true; ; first = false {
		line, rest, ok := cutLine(b)
		size, _, _ := bytes.Cut(line, []byte(";"))
		n, err := strconv.ParseUint(string(bytes.TrimSpace(size)), 16, 64)
		if err != nil && first && !errors.Is(err, strconv.ErrRange) {
			return b, nil
		}
		if !ok || err != nil || n > uint64(len(rest)) {
			return nil, fmt.Errorf("%w: chunk size %q", errHTTP, clip(string(line), 20))
		}
		if n == 0 {
			return dst, nil
		}
		dst = append(dst, rest[:n]...)
		b = bytes.TrimPrefix(bytes.TrimPrefix(rest[n:], []byte("\r")), []byte("\n"))
	}
}

var (
	errEncoding = errors.New("content encoding")
	errTooLarge = fmt.Errorf("more than %d bytes when unpacked", maxPayload)
)

// decodeBody undoes the content encodings, last first. A body that is not packed although its head says so was unpacked by the crawler.
func decodeBody(encodings []string, b []byte) ([]byte, error) {
	for i := len(encodings) - 1; i >= 0; i-- {
		var r io.Reader
		var err error
		switch encodings[i] {
		case "gzip", "x-gzip":
			if sniff(b) != gzipped {
				continue
			}
			r, err = gzip.NewReader(bytes.NewReader(b))
		case "deflate": // zlib by the standard, bare deflate by some servers
			if len(b) > 1 && b[0]&15 == 8 && (int(b[0])<<8|int(b[1]))%31 == 0 {
				r, err = zlib.NewReader(bytes.NewReader(b))
			} else {
				r = flate.NewReader(bytes.NewReader(b))
			}
		case "zstd":
			if sniff(b) != zstandard {
				continue
			}
			z, zerr := zstd.NewReader(bytes.NewReader(b), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(8<<20))
			if zerr == nil {
				defer z.Close()
			}
			r, err = z, zerr
		default:
			return nil, fmt.Errorf("%w %q is not known", errEncoding, clip(encodings[i], 20))
		}
		if err != nil {
			return nil, fmt.Errorf("%w %s: %w", errEncoding, encodings[i], err)
		}
		var buf bytes.Buffer
		n, err := buf.ReadFrom(io.LimitReader(r, maxPayload+1))
		if err != nil && encodings[i] == "deflate" && looksMarkup(b) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%w %s: %w", errEncoding, encodings[i], err)
		}
		if n > maxPayload {
			return nil, errTooLarge
		}
		b = buf.Bytes()
	}
	return b, nil
}

func looksMarkup(b []byte) bool {
	t := bytes.TrimLeft(bytes.TrimPrefix(b, []byte(bom)), " \t\r\n")
	return len(t) > 0 && t[0] == '<'
}

// otherFormat reports bytes that are no page, whatever they are served as: other formats by their magic numbers.
func otherFormat(b []byte) bool {
	for _, magic := range []string{"\xff\xd8\xff", "\x89PNG\r\n", "GIF87a", "GIF89a", "%PDF-", "PK\x03\x04", "\x1f\x8b", "RIFF", "\x7fELF", "MZ\x90", "BZh", "\xfd7zXZ", "7z\xbc\xaf", "Rar!", "\x00\x00\x01\x00", "OggS", "ID3", "wOFF", "wOF2", "\xca\xfe\xba\xbe", "\x00asm"} {
		if bytes.HasPrefix(b, []byte(magic)) {
			return true
		}
	}
	return len(b) > 11 && string(b[4:8]) == "ftyp"
}
