package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// httpResponse is an HTTP response as a crawler stored it.
type httpResponse struct {
	status      int
	contentType string // as sent
	mediaType   string // its type alone, lower case
	language    string // Content-Language, as sent
	chunked     bool
	encodings   []string
	body        []byte
}

var errHTTP = errors.New("not an HTTP response")

const maxHTTPLines = 10000

// parseResponse splits a block into head and body. Bytes are taken as they are: foreign heads are not always ASCII.
func parseResponse(block []byte) (r httpResponse, err error) {
	line, rest, ok := cutLine(block)
	if !ok || !bytes.HasPrefix(line, []byte("HTTP/")) {
		return r, errHTTP
	}
	_, after, ok := bytes.Cut(line, []byte(" "))
	if !ok {
		return r, errHTTP
	}
	status, _, _ := bytes.Cut(bytes.TrimLeft(after, " "), []byte(" "))
	if r.status, err = strconv.Atoi(string(bytes.TrimSpace(status))); err != nil || r.status < 100 || r.status > 999 {
		return r, fmt.Errorf("%w: status %q", errHTTP, clip(string(status), 20))
	}
	for n := 0; ; n++ {
		if line, rest, ok = cutLine(rest); !ok || n > maxHTTPLines {
			return r, fmt.Errorf("%w: its head does not end", errHTTP)
		}
		if len(line) == 0 {
			break
		}
		k, v, _ := bytes.Cut(line, []byte(":"))
		r.set(bytes.TrimSpace(k), bytes.TrimSpace(v))
	}
	r.body = rest
	return r, nil
}

func (r *httpResponse) set(name, value []byte) {
	switch {
	case equalFold(name, "content-type"):
		r.contentType, r.mediaType = string(value), mediaType(value)
	case equalFold(name, "content-language"):
		r.language = string(value)
	case equalFold(name, "transfer-encoding"):
		r.chunked = r.chunked || strings.Contains(strings.ToLower(string(value)), "chunked")
	case equalFold(name, "content-encoding"):
		for e := range strings.SplitSeq(strings.ToLower(string(value)), ",") {
			if e = strings.TrimSpace(e); e != "" && e != "identity" && e != "none" {
				r.encodings = append(r.encodings, e)
			}
		}
	}
}

// cutLine cuts at LF or CRLF.
func cutLine(b []byte) (line, rest []byte, ok bool) {
	line, rest, ok = bytes.Cut(b, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), rest, ok
}

// unchunk undoes chunked transfer encoding, into dst. A body whose first line is no chunk size was stored without it. With an error
// comes what was there before.
func unchunk(dst, b []byte) ([]byte, error) {
	for first := true; ; first = false {
		line, rest, ok := cutLine(b)
		size, _, _ := bytes.Cut(line, []byte(";"))
		n, err := strconv.ParseUint(string(bytes.TrimSpace(size)), 16, 64)
		if err != nil && first && !errors.Is(err, strconv.ErrRange) {
			return b, nil
		}
		if ok && err == nil && n > uint64(len(rest)) {
			return append(dst, rest...), fmt.Errorf("%w: a chunk of %d bytes is cut", errHTTP, n)
		}
		if !ok || err != nil {
			return dst, fmt.Errorf("%w: chunk size %q", errHTTP, clip(string(line), 20))
		}
		if n == 0 {
			return dst, nil
		}
		dst = append(dst, rest[:n]...)
		b = bytes.TrimPrefix(bytes.TrimPrefix(rest[n:], []byte("\r")), []byte("\n"))
	}
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
