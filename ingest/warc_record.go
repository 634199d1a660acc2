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

// warcHeader are the fields of a record that are used.
type warcHeader struct {
	version, kind, id, uri, date, contentType, blockDigest, payloadDigest, truncated string

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

func knownVersion(v string) bool {
	switch v {
	case "0.17", "0.18", "1.0", "1.1":
		return true
	}
	return false
}

// parseWARCHeader reads the lines of a header without its blank line. Lines may end with LF alone and may be folded; a line without
// a colon is ignored, as the crawlers that wrote it do.
func parseWARCHeader(lines []byte) warcHeader {
	h := warcHeader{lengthErr: errors.New("no Content-Length")}
	first, rest, _ := bytes.Cut(lines, []byte("\n"))
	h.version = strings.TrimPrefix(string(bytes.TrimSpace(first)), "WARC/")
	var name string
	var value []byte
	for len(rest) > 0 {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
		line = bytes.TrimRight(line, "\r")
		if len(line) > 0 && (line[0] == ' ' || line[0] == '\t') {
			value = append(append(value, ' '), bytes.TrimSpace(line)...)
			continue
		}
		h.set(name, string(value))
		k, v, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			name = ""
			continue
		}
		name, value = strings.ToLower(string(bytes.TrimSpace(k))), bytes.Clone(bytes.TrimSpace(v))
	}
	h.set(name, string(value))
	return h
}

func (h *warcHeader) set(name, value string) {
	switch name {
	case "warc-type":
		h.kind = strings.ToLower(value)
	case "warc-record-id":
		h.id = value
	case "warc-target-uri":
		h.uri = cleanURI(value)
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
	case "content-length":
		n, err := strconv.ParseInt(value, 10, 64)
		switch {
		case err != nil || n < 0 || value[0] == '+':
			h.length, h.lengthErr = -1, fmt.Errorf("Content-Length %q", clip(value, 40))
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
func digestMatches(digest string, block []byte) bool {
	kind, want, ok := strings.Cut(digest, ":")
	if !ok {
		return true
	}
	var sum []byte
	switch strings.ToLower(kind) {
	case "sha1", "sha-1":
		s := sha1.Sum(block)
		sum = s[:]
	case "sha256", "sha-256":
		s := sha256.Sum256(block)
		sum = s[:]
	case "md5":
		s := md5.Sum(block)
		sum = s[:]
	default:
		return true
	}
	want = strings.TrimSpace(want)
	if strings.EqualFold(want, hex.EncodeToString(sum)) {
		return true
	}
	return strings.EqualFold(strings.TrimRight(want, "="), strings.TrimRight(base32.StdEncoding.EncodeToString(sum), "="))
}
