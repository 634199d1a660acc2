package dedup

import (
	"bytes"
	"encoding/json"
	"strings"
)

// metaField appends the value at a path of keys with dots between them in a JSON object: of a string its letters, of another value its
// bytes as they stand. Without such a key, of null, an empty string and of what is not JSON it appends nothing. Keys that have dots
// cannot be named. Nothing but the path is decoded.
func metaField(dst, object []byte, path string) []byte {
	s := scanner{b: object}
	for key, rest, more := "", path, true; more; {
		key, rest, more = strings.Cut(rest, ".")
		if !s.enter(key) {
			return dst
		}
	}
	from := s.at
	if !s.skip(0) {
		return dst
	}
	value := s.b[from:s.at]
	switch {
	case string(value) == "null":
		return dst
	case value[0] == '"':
		return append(dst, unquote(value)...)
	}
	return append(dst, value...)
}

// unquote decodes a JSON string, nil if it is none.
func unquote(b []byte) []byte {
	if len(b) > 1 && bytes.IndexByte(b, '\\') < 0 {
		return b[1 : len(b)-1]
	}
	var s string
	if json.Unmarshal(b, &s) != nil {
		return nil
	}
	return []byte(s)
}

const maxDepth = 200

// scanner walks over JSON. It is looser than the grammar in what it passes over, since what it is given was valid where it was read.
type scanner struct {
	b  []byte
	at int
}

func (s *scanner) space() byte {
	for s.at < len(s.b) {
		switch c := s.b[s.at]; c {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return c
		}
	}
	return 0
}

// enter moves to the value of a key of the object that stands here; of a key that is there twice, to the first.
func (s *scanner) enter(key string) bool {
	if s.space() != '{' {
		return false
	}
	s.at++
	for {
		if s.space() == ',' {
			s.at++
		}
		if s.space() != '"' {
			return false
		}
		from := s.at
		if !s.text() {
			return false
		}
		found := string(unquote(s.b[from:s.at])) == key
		if s.space() != ':' {
			return false
		}
		s.at++
		s.space()
		if found {
			return true
		}
		if !s.skip(0) {
			return false
		}
	}
}

// skip passes over one value.
func (s *scanner) skip(depth int) bool {
	if depth > maxDepth {
		return false
	}
	switch c := s.space(); c {
	case 0, ',', ':', '}', ']':
		return false
	case '"':
		return s.text()
	case '{', '[':
		s.at++
		for {
			switch s.space() {
			case c + 2: // the bracket that closes
				s.at++
				return true
			case ',', ':':
				s.at++
			default:
				if !s.skip(depth + 1) {
					return false
				}
			}
		}
	}
	n := bytes.IndexAny(s.b[s.at:], ",:}] \t\r\n\"{[")
	if n < 0 {
		n = len(s.b) - s.at
	}
	s.at += n
	return true
}

// text passes over a string.
func (s *scanner) text() bool {
	for s.at++; s.at < len(s.b); s.at++ {
		switch s.b[s.at] {
		case '\\':
			s.at++
		case '"':
			s.at++
			return true
		}
	}
	s.at = min(s.at, len(s.b))
	return false
}
