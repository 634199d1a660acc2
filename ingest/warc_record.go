package ingest

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

const (
	maxWARCHeader = 64 << 10 // bytes of one record's header
	maxPayload    = 16 << 20 // bytes of a block that is held, and of a page when unpacked
)

// warcHeader are the fields of a record that are used. They lie in the buffer of the header's lines.
type warcHeader struct {
	kind                                                          kind
	version, kindName, id, uri, date, contentType                 []byte
	blockDigest, payloadDigest, truncated, payloadType, languages []byte

	length    int64
	lengthErr error // of the length: absent, twice, or no number
}

// isVersionLine reports the first line of a record, of any version.
func isVersionLine(line []byte) bool {
	line = bytes.TrimRight(line, "\r\n")
	if !bytes.HasPrefix(line, []byte("WARC/")) || len(line) > 12 {
		return false
	}
	for _, c := range line[5:] {
		if c != '.' && (c < '0' || c > '9') {
			return false
		}
	}
	return len(line) > 5
}

func knownVersion(v []byte) bool {
	switch string(v) {
	case "0.17", "0.18", "1.0", "1.1":
		return true
	}
	return false
}

var errNoLength = errors.New("no Content-Length")

// parseWARCHeader reads the lines of a header without its blank line. Lines may end with LF alone and may be folded; a line without
// a colon is ignored, as the crawlers that wrote it do. In lines names become lower case and folds become spaces.
func parseWARCHeader(lines []byte) warcHeader {
	h := warcHeader{lengthErr: errNoLength}
	first, rest, _ := bytes.Cut(lines, []byte("\n"))
	h.version = bytes.TrimPrefix(bytes.TrimSpace(first), []byte("WARC/"))
	for len(rest) > 0 {
		end := endOfField(rest)
		line := rest[:end]
		rest = rest[end:]
		k, v, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			continue
		}
		k = bytes.TrimSpace(k)
		for i, c := range k {
			k[i] = lowerASCII(c)
		}
		h.set(k, bytes.TrimSpace(v))
	}
	return h
}

// endOfField finds the end of the field that b begins with, and undoes its folds.
func endOfField(b []byte) int {
	for end := 0; ; {
		k := bytes.IndexByte(b[end:], '\n')
		if k < 0 {
			return len(b)
		}
		if end += k + 1; end == len(b) || b[end] != ' ' && b[end] != '\t' {
			return end
		}
		b[end-1] = ' '
		if end > 1 && b[end-2] == '\r' {
			b[end-2] = ' '
		}
	}
}

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c |= 0x20
	}
	return c
}

func (h *warcHeader) set(name, value []byte) {
	switch string(name) {
	case "warc-type":
		h.kindName, h.kind = value, kindOf(value)
	case "warc-record-id":
		h.id = value
	case "warc-target-uri":
		h.uri = value
	case "warc-date":
		h.date = value
	case "content-type":
		h.contentType = value
	case "warc-block-digest":
		h.blockDigest = value
	case "warc-payload-digest":
		h.payloadDigest = value
	case "warc-truncated":
		h.truncated = value
	case "warc-identified-payload-type":
		h.payloadType = value
	case "warc-identified-content-language":
		h.languages = value
	case "warc-segment-number": // the rest of the block is in records of their own
		if h.truncated == nil {
			h.truncated = []byte("segment")
		}
	case "content-length":
		n, err := strconv.ParseInt(string(value), 10, 64)
		switch {
		case err != nil || n < 0 || value[0] == '+':
			h.length, h.lengthErr = -1, fmt.Errorf("Content-Length %q", clip(string(value), 40))
		case h.lengthErr == nil && n != h.length, h.length < 0:
			h.length, h.lengthErr = -1, errors.New("two lengths")
		default:
			h.length, h.lengthErr = n, nil
		}
	}
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n] + "…"
	}
	return s
}

// nextVersionLine finds the first line of a record; -1 if there is none.
func nextVersionLine(b []byte) int {
	for at := 0; ; {
		k := bytes.Index(b[at:], []byte("WARC/"))
		if k < 0 {
			return -1
		}
		at += k
		end := bytes.IndexByte(b[at:], '\n')
		if end < 0 {
			return -1
		}
		if (at == 0 || b[at-1] == '\n') && isVersionLine(b[at:at+end]) {
			return at
		}
		at += 5
	}
}

// cleanURI drops the angle brackets that one crawler writes, and what no URI holds.
func cleanURI(s string) string {
	if len(s) > 1 && s[0] == '<' && s[len(s)-1] == '>' {
		s = s[1 : len(s)-1]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, validName(s))
}

// digestMatches checks "sha1:BASE32", also in hexadecimal and for md5 and sha256; a digest of another kind passes.
func digestMatches(digest, block []byte) bool {
	kind, want, ok := bytes.Cut(digest, []byte(":"))
	if !ok {
		return true
	}
	var sum [sha256.Size]byte
	n := 0
	switch {
	case equalFold(kind, "sha1"), equalFold(kind, "sha-1"):
		s := sha1.Sum(block)
		n = copy(sum[:], s[:])
	case equalFold(kind, "sha256"), equalFold(kind, "sha-256"):
		s := sha256.Sum256(block)
		n = copy(sum[:], s[:])
	case equalFold(kind, "md5"):
		s := md5.Sum(block)
		n = copy(sum[:], s[:])
	default:
		return true
	}
	want = bytes.TrimSpace(want)
	var text [2 * sha256.Size]byte
	if equalFold(want, string(hex.AppendEncode(text[:0], sum[:n]))) {
		return true
	}
	is := base32.StdEncoding.AppendEncode(text[:0], sum[:n])
	return equalFold(bytes.TrimRight(want, "="), string(bytes.TrimRight(is, "=")))
}

// equalFold compares ASCII without regard to case.
func equalFold(a []byte, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if lowerASCII(a[i]) != lowerASCII(b[i]) {
			return false
		}
	}
	return true
}
