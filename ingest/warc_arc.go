package ingest

import (
	"bytes"
	"strconv"
)

// An ARC file is records of one header line, a block of the length that the line ends with, and a line end. Version 1 has five
// fields, divided by single spaces:
//
//	URL IP-address date content-type length
//
// Version 2 has checksum and place between content-type and length:
//
//	URL IP-address date content-type result-code checksum location offset filename length
//
// Both begin with a record that describes the file, filedesc:. Since URLs may hold spaces, fields are counted from the end.

// maxARCLine bounds a header line; URLs of crawlers are at most 4 KiB.
const maxARCLine = 16 << 10

// arcHeader reads a header line; ok is false for any other line.
func arcHeader(line []byte) (h warcHeader, ok bool) {
	line = bytes.TrimRight(line, "\r\n")
	if k := bytes.IndexByte(line, ':'); k < 1 || len(line) > maxARCLine || !letter(line[0]) || bytes.IndexByte(line[:k], ' ') >= 0 {
		return h, false
	}
	var fields [9][]byte // from the end
	rest := line
	for i := range fields {
		k := bytes.LastIndexByte(rest, ' ')
		if k < 0 {
			return h, false
		}
		rest, fields[i] = rest[:k], rest[k+1:]
		first := i == 3 && isARCDate(fields[2])
		if !first && (i < 8 || !isARCDate(fields[7])) {
			continue
		}
		n, err := strconv.ParseInt(string(fields[0]), 10, 64)
		if err != nil || n < 0 || fields[0][0] == '+' || len(rest) == 0 {
			return h, false
		}
		h.kind, h.uri, h.length = response, rest, n
		if h.date, h.contentType = fields[2], fields[1]; !first {
			h.date, h.contentType = fields[7], fields[6]
		}
		if bytes.HasPrefix(line, []byte("filedesc:")) {
			h.kind = filedesc
		}
		return h, true
	}
	return h, false
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// isARCDate reports digits alone: 14 of them, YYYYMMDDhhmmss, of which some crawlers left out the last.
func isARCDate(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) == 14 || len(b) == 12
}

// arcTime is the date as RFC 3339 has it; "" if there is no such time.
func arcTime(b []byte) string {
	if len(b) < 12 {
		return ""
	}
	seconds := "00"
	if len(b) >= 14 {
		seconds = string(b[12:14])
	}
	return rfc3339(string(b[:4]) + "-" + string(b[4:6]) + "-" + string(b[6:8]) + "T" + string(b[8:10]) + ":" + string(b[10:12]) + ":" + seconds + "Z")
}

// startsARC reports bytes that begin with a header line.
func startsARC(b []byte) bool {
	end := bytes.IndexByte(b, '\n')
	if end < 0 {
		return false
	}
	_, ok := arcHeader(b[:end])
	return ok
}

// nextARCLine finds the header line of a record; -1 if there is none.
func nextARCLine(b []byte) int {
	for at := 0; at < len(b); {
		end := bytes.IndexByte(b[at:], '\n')
		if end < 0 {
			return -1
		}
		if _, ok := arcHeader(b[at : at+end]); ok {
			return at
		}
		at += end + 1
	}
	return -1
}
