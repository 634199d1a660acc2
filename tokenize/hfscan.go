package tokenize

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Nearly all of a tokenizer.json are the model's vocab and merges. They are cut out here and read apart, vocabularies of bytes by a parser of their own that is ten
// times faster than encoding/json; that package reads the rest.

// part is a value as it stands in a file; nil if it does not.
type part struct {
	b  []byte
	at int // where in the file
}

// cutModel gives a tokenizer.json in which the model's vocab and merges are empty, and the values of these two as they stand in b; nil if there is none. ok
// is false if b is no JSON object: encoding/json can say better what is wrong with it.
func cutModel(b []byte) (rest []byte, vocab, merges part, ok bool) {
	s := jsonScanner{b: b}
	var cuts [2]span
	err := s.members(func(key []byte) error {
		if !bytes.Equal(key, []byte("model")) || s.peek() != '{' {
			return s.skip()
		}
		return s.members(func(key []byte) error {
			k := -1
			if bytes.Equal(key, []byte("vocab")) {
				k = 0
			} else if bytes.Equal(key, []byte("merges")) {
				k = 1
			}
			from := s.at
			err := s.skip()
			if k >= 0 && (b[from] == '{' || b[from] == '[') {
				if cuts[k].to != 0 {
					return errors.New("twice")
				}
				cuts[k] = span{int32(from), int32(s.at)}
			}
			return err
		})
	})
	if err != nil {
		return nil, part{}, part{}, false
	}
	of := func(c span) part {
		if c.to == 0 {
			return part{}
		}
		return part{b[c.from:c.to], int(c.from)}
	}
	vocab, merges = of(cuts[0]), of(cuts[1])
	if cuts[1].to != 0 && cuts[1].from < cuts[0].from {
		cuts[0], cuts[1] = cuts[1], cuts[0]
	}
	at := 0
	for _, c := range cuts {
		if c.to != 0 {
			rest = append(rest, b[at:c.from+1]...) // the bracket that opens the value
			at = int(c.to) - 1                     // and the one that closes it
		}
	}
	return append(rest, b[at:]...), vocab, merges, true
}

// jsonScanner walks over JSON. It takes some of what is no JSON for it where nobody looks at the value.
type jsonScanner struct {
	b    []byte
	base int // where b begins in the file
	at   int
	word []byte // of text, if there are escapes in it
}

var errJSON = errors.New("not as JSON has it")

// fail says where the scanner stands.
func (s *jsonScanner) fail() error { return fmt.Errorf("offset %d: %w", s.base+s.at, errJSON) }

// peek is the next byte that is no white space, 0 at the end.
func (s *jsonScanner) peek() byte {
	for ; s.at < len(s.b); s.at++ {
		switch c := s.b[s.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// take passes over c.
func (s *jsonScanner) take(c byte) bool {
	if s.peek() != c || s.at >= len(s.b) {
		return false
	}
	s.at++
	return true
}

// members calls f for each member of an object, with the scanner at its value, which f passes over. The key is valid until the scanner moves.
func (s *jsonScanner) members(f func(key []byte) error) error {
	return s.list('{', '}', func() error {
		key, err := s.text()
		if err != nil {
			return err
		}
		if !s.take(':') {
			return s.fail()
		}
		if s.peek() == 0 {
			return s.fail()
		}
		return f(key)
	})
}

// list calls f for what stands between commas.
func (s *jsonScanner) list(open, end byte, f func() error) error {
	if !s.take(open) {
		return s.fail()
	}
	if s.take(end) {
		return nil
	}
	for {
		if err := f(); err != nil {
			return err
		}
		if s.take(end) {
			return nil
		}
		if !s.take(',') {
			return s.fail()
		}
	}
}

// skip passes over a value.
func (s *jsonScanner) skip() error {
	depth := 0
	for {
		switch s.peek() {
		case 0:
			return s.fail()
		case '"':
			if err := s.skipText(); err != nil {
				return err
			}
		case '{', '[':
			depth++
			s.at++
			continue
		case '}', ']':
			if depth--; depth < 0 {
				return s.fail()
			}
			s.at++
		case ',', ':':
			if depth == 0 {
				return s.fail()
			}
			s.at++
			continue
		default:
			for s.at < len(s.b) && !bytes.ContainsRune([]byte("{}[],:\" \t\r\n"), rune(s.b[s.at])) {
				s.at++
			}
		}
		if depth == 0 {
			return nil
		}
	}
}

// skipText passes over a string.
func (s *jsonScanner) skipText() error {
	s.at++
	for {
		i := bytes.IndexByte(s.b[s.at:], '"')
		if i < 0 {
			return s.fail()
		}
		end := s.at + i
		slashes := 0
		for slashes < i && s.b[end-1-slashes] == '\\' {
			slashes++
		}
		s.at = end + 1
		if slashes%2 == 0 {
			return nil
		}
	}
}

// text reads a string. It is valid until the scanner moves.
func (s *jsonScanner) text() ([]byte, error) {
	if s.peek() != '"' {
		return nil, s.fail()
	}
	from := s.at
	if i := bytes.IndexByte(s.b[from+1:], '"'); i >= 0 {
		t := s.b[from+1 : from+1+i]
		if plainText(t) {
			s.at = from + i + 2
			return t, nil
		}
	}
	if err := s.skipText(); err != nil {
		return nil, err
	}
	if t, ok := s.unescape(s.b[from+1 : s.at-1]); ok {
		return t, nil
	}
	var t string
	if err := json.Unmarshal(s.b[from:s.at], &t); err != nil {
		s.at = from
		return nil, s.fail()
	}
	s.word = append(s.word[:0], t...)
	return s.word, nil
}

// plainText reports whether a string stands as it is; bytes beyond ASCII are looked at by those who read it.
func plainText(t []byte) bool {
	for _, c := range t {
		if c < ' ' || c == '\\' {
			return false
		}
	}
	return utf8.Valid(t)
}

// unescape reads the escapes that vocabularies have: those of one character, and those of a code point that is no surrogate.
func (s *jsonScanner) unescape(t []byte) ([]byte, bool) {
	out := s.word[:0]
	for i := 0; i < len(t); i++ {
		c := t[i]
		if c < ' ' || c >= 0x80 && !utf8.FullRune(t[i:]) {
			return nil, false
		}
		if c != '\\' {
			out = append(out, c)
			continue
		}
		if i++; i >= len(t) {
			return nil, false
		}
		if k := bytes.IndexByte([]byte(`"\/bfnrt`), t[i]); k >= 0 {
			out = append(out, "\"\\/\b\f\n\r\t"[k])
			continue
		}
		if t[i] != 'u' || i+4 >= len(t) {
			return nil, false
		}
		r := rune(0)
		for _, h := range t[i+1 : i+5] {
			k := bytes.IndexByte([]byte("0123456789abcdef"), h|0x20)
			if k < 0 || h < '0' {
				return nil, false
			}
			r = r<<4 | rune(k)
		}
		if r>>11 == 27 {
			return nil, false
		}
		out = utf8.AppendRune(out, r)
		i += 4
	}
	s.word = out
	return out, utf8.Valid(out)
}

// id reads a whole number below 1<<32.
func (s *jsonScanner) id() (uint32, error) {
	s.peek()
	from, n := s.at, uint64(0)
	for s.at < len(s.b) && s.b[s.at]-'0' <= 9 && s.at-from < 10 {
		n = 10*n + uint64(s.b[s.at]-'0')
		s.at++
	}
	if s.at == from || s.b[from] == '0' && s.at-from > 1 || n>>32 != 0 {
		s.at = from
		return 0, s.fail()
	}
	return uint32(n), nil
}
